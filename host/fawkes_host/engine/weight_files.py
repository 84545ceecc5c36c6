"""What the package of networks raises, as errors of this project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fawkes_host.protocol.errors import WeightsCorrupt, WeightsMissing


@contextmanager
def coded_errors() -> Iterator[None]:
    """Raise ``WeightsMissing`` and ``WeightsCorrupt`` of ``protocol.errors`` for ``store``'s."""
    from fawkes_models import store

    try:
        yield
    except store.WeightsMissing as error:
        raise WeightsMissing(network=error.network) from error
    except store.WeightsCorrupt as error:
        raise WeightsCorrupt(network=error.network) from error
