"""Fawkes for the browser: the local program that cloaks photos."""

__version__ = "0.1.0"
