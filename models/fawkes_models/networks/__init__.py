"""One file a network: its geometry as constants, and its forward pass.

Every module has ``INPUT_SIZE`` (pixels), ``EMBEDDING_SIZE``, ``TEMPLATE`` (where left
eye, right eye, nose and the corners of the mouth lie in its chip, x and y in
pixels, left as in the image), and ``embed(chips, weights)``, which takes RGB
0..255 and normalises by itself.
"""
