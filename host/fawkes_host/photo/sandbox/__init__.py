"""The codecs in a process of their own, so that a hostile file reaches nothing else."""
