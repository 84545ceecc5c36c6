"""What ``--json`` prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import click

SCHEMA: Final = 1
"""Of each command's object; raised when a field changes its meaning or goes."""


def print_result(fields: Mapping[str, Any]) -> None:
    """Print one JSON object, in ASCII: names of files need not be in any encoding."""
    click.echo(json.dumps({"schema": SCHEMA, **fields}, indent=2))
