"""Settings and folders."""

from __future__ import annotations

import json

import pytest

from fawkes_host.protocol.errors import BadSetting
from fawkes_host.service import settings
from fawkes_host.system import folders


@pytest.fixture
def file(world):
    path = folders.config_folder() / settings.FILE_NAME
    path.parent.mkdir(parents=True)
    world.set(FAWKES_IDLE_MINUTES=None)
    return path


def test_flags_beat_the_environment_beats_the_file_beats_the_defaults(file, world):
    assert settings.load() == settings.Settings()
    file.write_text(json.dumps({"idle_minutes": 1, "max_clients": 2, "device": "cpu"}))
    world.set(FAWKES_IDLE_MINUTES="3", FAWKES_MAX_CLIENTS="4")
    loaded = settings.load({"idle_minutes": 5, "cache": None})
    assert (loaded.idle_minutes, loaded.max_clients, loaded.device) == (5.0, 4, "cpu")
    assert loaded.cache is settings.Settings().cache


@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("1", True)])
def test_switches_are_read_from_the_environment(file, world, text, value):
    world.set(FAWKES_CACHE=text)
    assert settings.load().cache is value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idle_minutes", 0),
        ("idle_minutes", "soon"),
        ("device", "tpu"),
        ("queue_mib", 199),
        ("tcp_port", 65536),
        ("cache", "perhaps"),
    ],
)
def test_setting_that_is_not_usable_is_named(file, name, value):
    file.write_text(json.dumps({"max_clients": 2, name: value}))
    with pytest.raises(BadSetting) as refusal:
        settings.load()
    assert refusal.value.parameters["name"] == name


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_file_that_is_no_settings_file_is_named(file, text):
    file.write_text(text, "latin-1")
    with pytest.raises(BadSetting) as refusal:
        settings.load()
    assert refusal.value.parameters["name"] == settings.FILE_NAME


def test_settings_of_a_later_version_are_passed_over(file):
    file.write_text(json.dumps({"later": 1, "max_clients": 2}))
    assert settings.load().max_clients == 2
