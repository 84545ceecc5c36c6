"""The service as relays and commands start it: ``python -m fawkes_host.service``."""

from __future__ import annotations

import sys

from fawkes_host.protocol.errors import FawkesError
from fawkes_host.service import endpoint, lifecycle, settings
from fawkes_host.service.main import serve
from fawkes_host.system import child


def main() -> int:
    """Serves until stopped; leaves the reason behind if it cannot."""
    child.leave_no_dump()
    place = endpoint.default()
    try:
        serve(settings.load(), place)
    except FawkesError as error:
        lifecycle.leave_failure(place, error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
