"""Settings and folders."""

from __future__ import annotations

import json
import os
import stat
import sys

import platformdirs
import pytest

from fawkes_host.protocol.errors import BadSetting, UnsafeFolder
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


def test_runtime_folder_is_the_one_of_platformdirs(world):
    assert folders.runtime_folder() == platformdirs.user_runtime_path("fawkes-host")


def test_private_folder_is_made_closed_and_an_open_one_is_closed(tmp_path):
    made = folders.make_private(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o755)
    folders.make_private(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_folder_behind_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UnsafeFolder):
        folders.make_private(tmp_path / "link")


def test_folder_that_others_could_replace_is_refused(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    with pytest.raises(UnsafeFolder):
        folders.make_private(tmp_path / "shared" / "mine")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give away")
def test_folder_of_another_user_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir(mode=0o700)
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(UnsafeFolder):
        folders.make_private(tmp_path / "theirs")


def test_secret_is_made_once_and_kept_private(world):
    first = folders.secret("token")
    assert len(first) == 32
    assert folders.secret("token") == first
    path = folders.config_folder() / "token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("damaged")
    assert folders.secret("token") != first
