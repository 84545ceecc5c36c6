"""Errors tell what happened, and nothing to the terminal."""

from __future__ import annotations

import pytest

from fawkes_host.protocol.errors import OutputExists, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("straße 写真.jpg", "straße 写真.jpg"),
        ("Bildschirmfoto 12\u202f30.png", "Bildschirmfoto 12\u202f30.png"),
        ("\x1b]0;title\x07.jpg", "\\x1b]0;title\\x07.jpg"),
        ("a\r\nb\x9b2J", "a\\r\\nb\\x9b2J"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\udcff.jpg", "\\udcff.jpg"),
    ],
)
def test_names_of_files_are_no_commands_to_a_terminal(name, shown):
    assert printable(name) == shown
    assert shown in str(OutputExists(output=name))
