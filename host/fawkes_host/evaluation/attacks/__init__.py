"""Cloaks that are compared with ours."""
