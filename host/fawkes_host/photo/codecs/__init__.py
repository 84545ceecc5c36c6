"""Pixels in and out of each format: the stored samples, and the change of a cloak applied to them.

Each module has ``read_pixels(data)``, which gives uint8 [h, w, 3] RGB, and ``write_pixels``, which
gives the parts of a file of the same format, with changed pixels and without metadata.
"""
