"""The engine as its process uses it: levels and policies by name, TensorFlow imported late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

OnProgress = Callable[[str, float, int], None]


class Outcome(Protocol):
    """What an engine returns: bytes, 'cloaked' or 'no_face', and a receipt."""

    data: bytes
    status: str
    receipt: Any


class WarmEngine(Protocol):
    """An engine as the worker uses it; levels and policies by name."""

    def warm_up(self) -> None: ...

    def devices(self) -> tuple[str, ...]: ...

    def enrol(self, data: bytes) -> None: ...

    def cloak(
        self,
        data: bytes,
        level: str,
        policy: str,
        accept: tuple[str, ...],
        progress: OnProgress,
        cancelled: Callable[[], bool],
        remember: bool,
    ) -> Outcome: ...


class PipelineEngine:
    """The real engine, behind names instead of its own types."""

    def __init__(self, device: str) -> None:
        from fawkes_host.engine.pipeline import Engine
        from fawkes_host.tensors.runtime import Device

        self._engine = Engine.load(Device(device))

    def warm_up(self) -> None:
        self._engine.warm_up()

    def devices(self) -> tuple[str, ...]:
        if self._engine.device != "GPU":
            return (self._engine.device,)
        import tensorflow as tf

        details = map(
            tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU")
        )
        return tuple(str(detail.get("device_name", "GPU")) for detail in details)

    def enrol(self, data: bytes) -> None:
        self._engine.enrol(data)

    def cloak(
        self,
        data: bytes,
        level: str,
        policy: str,
        accept: tuple[str, ...],
        progress: OnProgress,
        cancelled: Callable[[], bool],
        remember: bool,
    ) -> Outcome:
        from fawkes_host.engine import decoy
        from fawkes_host.engine.levels import LEVELS
        from fawkes_host.photo.metadata import Policy

        if level == decoy.LEVEL.name:
            made = self._engine.decoy_of_remembered(
                data, Policy(policy), progress=progress, cancelled=cancelled, accept=accept
            )
            return cast(Outcome, made)
        result = self._engine.cloak(
            data,
            LEVELS[level],
            Policy(policy),
            progress=progress,
            cancelled=cancelled,
            accept=accept,
            enrol=remember,
        )
        return cast(Outcome, result)


def make_engine(device: str) -> WarmEngine:
    """The engine of this installation."""
    return PipelineEngine(device)
