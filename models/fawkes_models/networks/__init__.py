"""One file a network: its geometry as constants, and its forward pass.

Every module has ``INPUT_SIZE`` (pixels), ``EMBEDDING_SIZE``, ``TEMPLATE`` (where the
five landmarks lie in its chip) and ``embed(chips, weights)``.
"""
