"""Registers the host with the browsers, checks it, and takes it away again."""
