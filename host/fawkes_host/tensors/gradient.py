"""Gradients that come out the same, bit for bit, in every run, of graphs that are soon traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from fawkes_host.tensors import Tensor


def gradient(loss: Tensor, variable: Tensor) -> Tensor:
    """Return the gradient of a scalar by a tensor, of the tensor's shape, inside a graph.

    A tape adds three terms and more in one go, in an order that depends on which thread is done
    first, and the last bits with it; here they are added in pairs.
    """
    import tensorflow as tf

    pairwise = tf.AggregationMethod.EXPERIMENTAL_TREE
    (result,) = tf.gradients(loss, variable, aggregation_method=pairwise)
    return result


@contextmanager
def known_broadcasts() -> Iterator[None]:
    """Take a size that is not known while tracing for that of the other operand.

    TensorFlow lets the graph find out, for every product and sum, along which axes an operand was
    repeated: in the gradient of visibility, whose planes have any size, two fifths of all
    operations and of the time for tracing.  Here it was repeated where it has no such axis, or
    one of size 1.
    """
    import tensorflow as tf

    with tf.compat.v1.get_default_graph().gradient_override_map(_rules()):
        yield


@cache
def _rules() -> dict[str, str]:
    """Return the gradients' names by operation; TensorFlow takes each once a process."""
    import tensorflow as tf

    Rule = Callable[[Tensor, Tensor, Tensor], Tensor]
    rules: dict[str, tuple[Rule, Rule]] = {
        "AddV2": (lambda up, *_: up, lambda up, *_: up),
        "Sub": (lambda up, *_: up, lambda up, *_: -up),
        "Mul": (lambda up, _, y: up * y, lambda up, x, _: up * x),
        "RealDiv": (lambda up, _, y: up / y, lambda up, x, y: -up * (x / (y * y))),
    }

    def register(name: str, by_operand: tuple[Rule, Rule]) -> str:
        def apply(operation: Any, upstream: Tensor) -> list[Tensor]:
            x, y = operation.inputs
            return [
                None
                if operand.op.type == "Const"
                else _summed_to(rule(upstream, x, y), operand.shape)
                for rule, operand in zip(by_operand, (x, y), strict=True)
            ]

        tf.RegisterGradient(f"KnownBroadcast{name}")(apply)
        return f"KnownBroadcast{name}"

    return {name: register(name, rule) for name, rule in rules.items()}


def _summed_to(term: Tensor, shape: Any) -> Tensor:
    """Sum a gradient over the axes along which an operand of ``shape`` was repeated."""
    import tensorflow as tf

    missing = term.shape.rank - shape.rank
    if missing:
        term = tf.reduce_sum(term, axis=list(range(missing)))
    repeated = [
        axis
        for axis, (size, whole) in enumerate(zip(shape, term.shape, strict=True))
        if size == 1 and whole != 1
    ]
    return tf.reduce_sum(term, axis=repeated, keepdims=True) if repeated else term
