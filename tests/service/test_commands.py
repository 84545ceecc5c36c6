"""``fawkes-host serve``, ``status`` and ``stop`` as processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from tests.support.fake_engine import cloaked
from tests.support.processes import until


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fawkes_host.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_status_and_stop_without_a_service(world):
    told = run("status")
    assert (told.returncode, "No service is running" in told.stdout) == (0, True)
    told = run("status", "--json")
    assert (told.returncode, json.loads(told.stdout)["running"]) == (0, False)
    told = run("stop")
    assert (told.returncode, told.stdout) == (0, "No service is running.\n")
    assert world.service_pids() == []


def test_status_tells_what_the_service_does_and_stop_ends_it(world):
    service = world.serve()
    world.client().cloak(b"face")
    status = json.loads(run("status", "--json").stdout)
    assert (status["pid"], status["photos_done"], status["engine"]) == (service.pid, 1, "ready")
    assert status["uptime_s"] > 0
    assert status["memory_bytes"] > 0
    assert status["engine_memory_bytes"] > 0
    text = run("status").stdout
    assert f"pid {service.pid}" in text
    assert "ready on Fake" in text
    assert "1 done, 0 failed" in text
    told = run("stop")
    assert (told.returncode, told.stdout) == (0, "The service has stopped.\n")
    assert service.wait(60) == 0


@pytest.mark.slow
def test_status_wakes_no_engine(world):
    world.set(FAKE_WARM_UP_FATE="weights")
    world.serve()
    until(lambda: json.loads(run("status", "--json").stdout)["problem"] == "weights_missing")
    started = world.log().count("the engine ended")
    assert "last problem: weights_missing" in run("status").stdout
    assert world.log().count("the engine ended") == started == 1


@pytest.mark.slow
def test_stop_waits_for_photos_and_tells_if_it_waited_in_vain(world):
    service = world.serve()
    link = world.link()
    link.send_photo(b"steps=2000,step_s=0.02 face")
    link.expect_running()
    told = run("stop", "--timeout", "0.1")
    assert told.returncode != 0
    assert "did not leave within 0.1 s" in told.stderr
    assert service.poll() is None
    assert run("stop", "--now").returncode == 0
    assert link.error().code == "shutting_down"
    assert service.wait(60) == 0


def test_serve_says_where_it_listens_and_ends_with_control_c(world):
    process = subprocess.Popen(
        [sys.executable, "-m", "fawkes_host.cli.main", "serve", "--tcp", "0", "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0].startswith("Listening on ws://127.0.0.1:")
        assert lines[1].rstrip().endswith("stand-alone.json")
        assert (
            run("serve").stderr == "Error (already_running): A Fawkes service is running already.\n"
        )
        assert world.client().cloak(b"face").cached is False
        assert world.client().cloak(b"face").cached is False
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "listening, pid" in process.stderr.read()


def test_cloak_by_the_service_starts_it_and_reports_like_the_engine(world, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"face")
    (tmp_path / "b.jpg").write_bytes(b"fate=damaged face")
    (tmp_path / "c.jpg").write_bytes(b"fate=die face")
    (tmp_path / "d.jpg").write_bytes(b"fate=no_face nobody")
    told = run("cloak", "--service", "--level", "high", "--json", str(tmp_path))
    assert told.returncode == 3, told.stderr
    results = {one["input"][-5:]: one for one in json.loads(told.stdout)["results"]}
    assert (tmp_path / "a_cloaked.jpg").read_bytes() == cloaked(b"face", "high")
    assert results["a.jpg"]["faces"][0]["similarity"] == {"a": 0.5}
    assert results["a.jpg"]["notices"] == ["layers_removed"]
    assert results["b.jpg"]["error"]["code"] == "damaged_image"
    assert results["c.jpg"]["error"]["code"] == "engine_crashed"
    assert (results["d.jpg"]["status"], results["d.jpg"]["faces"]) == ("no_face", [])
    assert len(world.service_pids()) == 1


def test_device_is_not_for_who_lets_the_service_do_it(world, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"face")
    told = run("cloak", "--service", "--device", "cpu", str(tmp_path / "a.jpg"))
    assert (told.returncode, "fawkes-host serve" in told.stderr) == (2, True)


@pytest.mark.parametrize("flag", ["--tcp=-1", "--tcp=65536", "--device=tpu", "--idle-minutes=0"])
def test_flags_of_serve_are_checked(world, flag):
    assert run("serve", flag).returncode == 2


def other_photos(told: subprocess.CompletedProcess[str]) -> list[int]:
    results = json.loads(told.stdout)["results"]
    return [face["other_photos"] for result in results for face in result["faces"]]


def test_photos_that_are_cloaked_by_the_service_know_those_that_follow(world, tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.jpg").write_bytes(name.encode())
    to = tmp_path / "out"
    told = run("cloak", "--service", "--json", "-o", str(to), str(tmp_path))
    assert told.returncode == 0, told.stderr
    assert other_photos(told) == [2, 2, 2]  # As many as the engine has looked at.
    assert [(to / f"{n}.jpg").read_bytes() for n in "abc"] == [cloaked(n.encode()) for n in "abc"]


def test_photos_that_are_not_to_be_cloaked_are_not_sent_to_the_service(world, tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.jpg").write_bytes(name.encode())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.jpg").write_bytes(b"it is there")
    told = run("cloak", "--service", "--json", "-o", str(tmp_path / "out"), str(tmp_path))
    assert told.returncode == 3, told.stderr
    assert json.loads(run("status", "--json").stdout)["photos_done"] == 2
    assert (tmp_path / "out" / "b.jpg").read_bytes() == b"it is there"


@pytest.mark.slow
def test_photos_for_which_the_service_has_no_room_ahead_are_sent_when_their_turn_comes(
    world, tmp_path
):
    world.set(FAWKES_QUEUE_PHOTOS="4")
    for number in range(6):
        (tmp_path / f"{number}.jpg").write_bytes(b"steps=3,step_s=0.05 %d" % number)
    told = run("cloak", "--service", "--json", "-o", str(tmp_path / "out"), str(tmp_path))
    assert told.returncode == 0, told.stdout
    assert len(other_photos(told)) == 6


def test_a_service_that_is_killed_costs_the_photo_that_it_works_on_and_no_other(world, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"steps=2000,step_s=0.05 a")
    for name in "bc":
        (tmp_path / f"{name}.jpg").write_bytes(name.encode())
    service = world.serve()
    command = [sys.executable, "-m", "fawkes_host.cli.main", "cloak", "--service", "--json"]
    with subprocess.Popen([*command, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        until(lambda: json.loads(run("status", "--json").stdout)["photo_running"])
        service.kill()
        told, _ = process.communicate(timeout=60)
    results = json.loads(told)["results"]
    assert [result["status"] for result in results] == ["failed", "cloaked", "cloaked"]
    assert results[0]["error"]["code"] == "service_lost"
