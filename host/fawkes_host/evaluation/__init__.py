"""Measures protection, visibility and speed."""
