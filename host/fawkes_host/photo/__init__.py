"""Reads and writes photo files: pixels, metadata, and what else lies in them."""
