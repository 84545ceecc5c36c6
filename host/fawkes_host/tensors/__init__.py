"""What runs on TensorFlow and knows nothing of faces or photos."""

from __future__ import annotations

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A ``tf.Tensor``, float32 where nothing else is said; TensorFlow has no types of its own."""
