"""The real engine behind the relay and the service."""

from __future__ import annotations

import io
import os
import signal

import pytest

from tests.support.processes import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def astronaut() -> bytes:
    """A photo of a face in the public domain, as JPEG."""
    skimage = pytest.importorskip("skimage.data")
    image = pytest.importorskip("PIL.Image")
    buffer = io.BytesIO()
    image.fromarray(skimage.astronaut()).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


@pytest.fixture
def real(world):
    pytest.importorskip("fawkes_host.engine.pipeline")
    world.set(FAKE_ENGINE=None, FAWKES_DEVICE="cpu")
    return world


def test_no_variable_names_another_engine(world):
    """Whoever sets a variable of a browser runs nothing of theirs in the process with the photos."""
    world.set(
        PYTHONPATH=os.environ["PYTHONPATH"].rpartition(os.pathsep)[0],
        FAWKES_ENGINE_FACTORY="tests.support.fake_engine:make",
        FAWKES_DEVICE="cpu",
    )
    relay = world.relay().ready()
    assert relay.hello()["devices"] == ["CPU"]


def test_photo_is_cloaked_through_relay_service_and_engine(real, astronaut):
    import pillow_heif
    from PIL import Image

    relay = real.relay().ready()
    relay.send_photo("a", astronaut, level="low", deadline_s=900.0)
    result, data = relay.receive_photo("a")
    assert result["type"] == "result", result
    assert (result["status"], len(result["receipt"]["faces"])) == ("cloaked", 1)
    face = result["receipt"]["faces"][0]
    assert face["ssimulacra2"] > 50
    assert set(face["similarity"]) == {"dlib_resnet", "mobilefacenet", "faceres"}
    assert all(value < 0.9 for value in face["similarity"].values())
    with Image.open(io.BytesIO(data)) as cloaked:
        assert (cloaked.format, cloaked.size) == ("JPEG", (512, 512))

    relay.send_photo("again", astronaut, level="low")
    again, same = relay.receive_photo("again")
    assert (again["cached"], same == data) == (True, True)

    with Image.open(io.BytesIO(astronaut)) as photo:
        heic = io.BytesIO()
        pillow_heif.from_pillow(photo).save(heic)
    relay.send_photo("heic", heic.getvalue(), level="low", accept=["image/jpeg", "image/png"])
    result, data = relay.receive_photo("heic")
    assert (result["status"], len(result["receipt"]["faces"])) == ("cloaked", 1)
    assert "converted_to_jpeg" in result["receipt"]["notices"]
    with Image.open(io.BytesIO(data)) as cloaked:
        assert (cloaked.format, cloaked.size) == ("JPEG", (512, 512))

    # A decoder that crashes is one photo's fault: the engine and its networks stay.
    (codec,), (engine,) = real.codec_pids(), real.engine_pids()
    os.kill(codec, signal.SIGSTOP)
    relay.send_photo("crashed", astronaut + bytes(9), level="low")
    relay.receive("progress", id="crashed", stage="decode")
    os.kill(codec, signal.SIGSEGV)
    os.kill(codec, signal.SIGCONT)
    assert relay.receive("error", id="crashed")["code"] == "damaged_image"
    relay.send_photo("after", astronaut + bytes(9), level="low")
    assert relay.receive_photo("after")[0]["status"] == "cloaked"
    assert real.engine_pids() == [engine]
    assert real.codec_pids() != [codec]

    relay.send_photo("cancelled", astronaut, level="high")
    while relay.receive("progress", id="cancelled")["stage"] != "cloak":
        pass
    relay.send(type="cancel", id="cancelled")
    assert relay.receive("error", id="cancelled")["code"] == "cancelled"

    relay.send_photo("killed", astronaut, level="high")
    while relay.receive("progress", id="killed")["stage"] != "cloak":
        pass
    (pid,) = real.engine_pids()
    os.kill(pid, signal.SIGKILL)
    assert relay.receive("error", id="killed")["code"] == "engine_crashed"

    relay.send_photo("text", b"not a photo")
    assert relay.receive("error", id="text")["code"] == "not_an_image"
    until(lambda: len(real.engine_pids()) == 1)
