"""Image files as their specifications cut them: segments, chunks, boxes and directories.

Nothing here decodes a pixel.  Every length and offset in a file is distrusted: whatever points
outside the file raises ``DamagedImage``.
"""
