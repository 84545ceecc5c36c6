"""The face detector with weights whose checksum is known."""

from __future__ import annotations

from functools import cache
from typing import Any

from fawkes_models import registry, store


@cache
def load() -> Any:
    """The package's ``MTCNN``, made once a process.

    Its own constructor unpickles a file of its package, or one of the same name that lies in the
    working folder: a pickle may run anything.  Raises ``store.WeightsMissing`` and
    ``store.WeightsCorrupt``.
    """
    from mtcnn import MTCNN
    from mtcnn.network.onet import ONet
    from mtcnn.network.pnet import PNet
    from mtcnn.network.rnet import RNet
    from mtcnn.stages import StageONet, StagePNet, StageRNet
    from mtcnn.stages.base import StageBase

    weights = store.read(registry.DETECTOR.weights)
    stages = []
    for number, (kind, network) in enumerate(
        ((StagePNet, PNet), (StageRNet, RNet), (StageONet, ONet)), start=1
    ):
        model = network()
        model.build()
        name = network.__name__.lower()
        model.set_weights(
            [
                weights[f"{name}/{layer.name}/{variable.name}"]
                for layer in model.layers
                for variable in layer.weights
            ]
        )
        stage = kind.__new__(kind)
        StageBase.__init__(stage, f"Stage {network.__name__.upper()}", number, model=model)
        stages.append(stage)
    return MTCNN(stages=stages)
