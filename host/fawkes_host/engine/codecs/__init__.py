"""Pixels in and out of each format: the stored samples, and the change of a cloak applied to them.

Each module has ``read_pixels(data)``, uint8 [h, w, 3] RGB in the stored orientation, and
``write_pixels(data, pixels, change)``, a file of the same format that holds the changed pixels and
no metadata.
"""
