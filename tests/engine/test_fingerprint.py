"""Orders whose cloaked photos may differ are told apart."""

from __future__ import annotations

from types import SimpleNamespace

from fawkes_host.engine import remembered
from fawkes_host.engine.fingerprint import fingerprint


def test_fingerprint_depends_on_everything_that_changes_the_answer(monkeypatch):
    made = set()
    for stamp in (0, 1764300000000000000):
        monkeypatch.setattr(remembered, "stamp", lambda stamp=stamp: stamp)
        made |= {
            fingerprint(SimpleNamespace(sha256=sha256, level=level, policy=policy, accept=accept))
            for sha256 in ("a" * 64, "b" * 64)
            for level in ("low", "mid")
            for policy in ("keep", "strip")
            for accept in ((), ("image/jpeg",), ("image/jpeg", "image/heic"))
        }
    assert len(made) == 48


def test_media_types_that_change_nothing_do_not_count():
    def of(*accept: str) -> str:
        return fingerprint(SimpleNamespace(sha256="a", level="mid", policy="keep", accept=accept))

    assert of() == of("image/*") == of("image/*", "video/mp4")
    assert of("image/jpeg") == of("image/png", "image/jpeg")
