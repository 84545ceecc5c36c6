"""Who may talk to the service."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fawkes_host.protocol import messages
from fawkes_host.protocol.errors import NotAuthorised, ServiceLost, ServiceUnavailable
from fawkes_host.service import endpoint, proof
from fawkes_host.service.client import Link, ServiceClient
from fawkes_host.system import files, folders
from tests.support.fake_engine import cloaked
from tests.support.processes import until

CHROME = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
FIREFOX = "moz-extension://0f0e0d0c-1111-2222-3333-444455556666"


@pytest.fixture(scope="module")
def port(served_on_tcp) -> int:
    line = next(line for line in served_on_tcp.log().splitlines() if "also on ws" in line)
    return int(line.rsplit(":", 1)[1].strip("/"))


@pytest.fixture(scope="module")
def served_on_tcp(tmp_path_factory):
    from tests.support.processes import World

    with pytest.MonkeyPatch.context() as patch:
        made = World(tmp_path_factory.mktemp("tcp"), patch)
        made.set(FAWKES_TCP_PORT="0", FAWKES_MAX_CLIENTS="2")
        made.serve()
        until(lambda: "also on ws" in made.log())
        yield made
        made.close()


def dial(port: int, offer: str | None = None, host: str | None = None, path: str = "/", **headers):
    """A connection to the stand-alone port, as a browser or anybody else would make it."""
    offers = ["fawkes.1", *([] if offer is None else [offer])]
    return connect(
        f"ws://{host or f'127.0.0.1:{port}'}{path}",
        additional_headers={name.title(): value for name, value in headers.items()},
        subprotocols=offers,
        compression=None,
        proxy=None,
        sock=_socket(port),
    )


def _socket(port: int):
    import socket

    return socket.create_connection(("127.0.0.1", port))


@pytest.fixture(scope="module")
def token(port, served_on_tcp) -> bytes:
    return endpoint.stand_alone(served_on_tcp.endpoint).token


@contextlib.contextmanager
def admitted(port: int, token: bytes, **options):
    """A connection on which the service has proved who it is, before anything was said to it."""
    offer, wanted = proof.offer(token, port)
    with dial(port, offer, **options) as connection:
        assert proof.holds(connection.recv(60), wanted)
        yield connection


@pytest.mark.parametrize("headers", [{}, {"origin": CHROME}, {"origin": FIREFOX}])
def test_proof_opens_the_port_to_programs_and_extensions(port, token, headers):
    with admitted(port, token, **headers) as connection:
        assert connection.subprotocol == "fawkes.1"
        photo = ServiceClient(Link(connection)).cloak(b"face")
        assert photo.data == cloaked(b"face")


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}"])
def test_both_names_of_this_machine_are_known(port, token, host):
    with admitted(port, token, host=host.format(port=port)) as connection:
        assert connection.subprotocol == "fawkes.1"


@pytest.mark.parametrize(
    ("status", "change"),
    [
        pytest.param(401, {"offer": None}, id="no proof"),
        pytest.param(401, {"offer": f"proof.{'0' * 64}.{'0' * 64}"}, id="wrong proof"),
        pytest.param(401, {"offer": "proof"}, id="empty proof"),
        pytest.param(403, {"origin": "https://example.org"}, id="a page"),
        pytest.param(403, {"origin": "null"}, id="a sandboxed page"),
        pytest.param(403, {"origin": "http://127.0.0.1"}, id="a local page"),
        pytest.param(403, {"origin": CHROME + ".example.org"}, id="a page named like us"),
        pytest.param(403, {"host": "example.org:{port}"}, id="a rebound name"),
        pytest.param(403, {"host": "127.0.0.1:1"}, id="another port"),
        pytest.param(403, {"host": "127.0.0.1.example.org:{port}"}, id="a name that starts well"),
        pytest.param(404, {"path": "/photo"}, id="another path"),
    ],
)
def test_everybody_else_is_refused_before_a_websocket_opens(port, token, status, change):
    wanted = {"offer": proof.offer(token, port)[0], **change}
    if "host" in wanted:
        wanted["host"] = wanted["host"].format(port=port)
    with pytest.raises(InvalidStatus) as refusal, dial(port, **wanted):
        pass
    assert refusal.value.response.status_code == status


def test_token_itself_opens_nothing(port, token):
    with (
        pytest.raises(InvalidStatus) as refusal,
        dial(port, f"token.{token.hex()}"),
    ):
        pass
    assert refusal.value.response.status_code == 401


def test_stop_is_not_heard_on_the_port(port, token, served_on_tcp):
    with admitted(port, token) as connection:
        connection.send('{"type":"stop","now":true}')
        assert '"bad_message"' in connection.recv(60)
    assert len(served_on_tcp.service_pids()) == 1


def test_clients_beyond_the_limit_are_refused_until_one_leaves(port, token, served_on_tcp):
    def dial_in() -> bool:
        try:
            with admitted(port, token):
                return True
        except InvalidStatus as refusal:
            assert refusal.response.status_code == 503
            return False

    with admitted(port, token), admitted(port, token):
        assert not dial_in()
        with pytest.raises(ServiceUnavailable, match="too many clients"):
            served_on_tcp.endpoint.connect()
    until(dial_in)


def test_token_is_kept_private_and_is_new_at_every_start(world):
    world.set(FAWKES_TCP_PORT="0")
    place = endpoint.stand_alone(world.endpoint)
    tokens = []
    for stops in (False, True):
        service = world.serve()
        tokens.append(until(lambda: place.token))
        assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
        if stops:
            service.terminate()
        else:
            service.kill()  # and leaves its address behind
        service.wait(60)
        assert place.path.exists() is not stops
    assert tokens[0] != tokens[1]
    assert all(token.hex() not in world.log() for token in tokens)


def test_address_of_a_service_that_was_killed_goes_with_the_next_start(world):
    place = endpoint.stand_alone(world.endpoint)
    folders.make_private(place.folder)
    place.listen().close()
    world.serve()
    assert not place.path.exists()


def test_port_that_is_taken_again_at_once_is_free(world):
    world.set(FAWKES_TCP_PORT="0")
    place = endpoint.stand_alone(world.endpoint)
    for _ in range(2):
        service = world.serve()
        until(lambda: place.token)
        with Link(place.connect()) as link:
            assert ServiceClient(link).cloak(b"face").data == cloaked(b"face")
            taken = link.connection.remote_address[1]
            service.terminate()
            service.wait(60)
        world.set(FAWKES_TCP_PORT=str(taken))


def test_service_listens_on_a_socket_for_the_user_alone_and_on_no_port(world):
    service = world.serve()
    path = world.endpoint.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "also on" not in world.log()
    sockets = set()
    for fd in Path(f"/proc/{service.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # Closed since it was listed.
            sockets.add(fd.readlink().name)
    inodes = {name[8:-1] for name in sockets if name.startswith("socket:")}
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    assert inodes.isdisjoint(line.split()[9] for line in lines)
    assert inodes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
@pytest.mark.parametrize("open_the_way", [False, True])
def test_other_user_is_refused(world, open_the_way):
    """By the folder's mode; and where somebody opened that, by the service itself."""
    world.serve()
    path = world.endpoint.path
    if open_the_way:
        path.chmod(0o666)
        for folder in path.parents:
            if folder.stat().st_mode & 0o005 != 0o005:
                folder.chmod(0o755)  # All of them are of this test's temporary folder.
    script = f"""
import os, socket
os.setgroups([]); os.setgid(65534); os.setuid(65534)
peer = socket.socket(socket.AF_UNIX)
try:
    peer.connect({str(path)!r})
except PermissionError:
    print("not let in")
else:
    peer.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\n"
        b"Connection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n")
    print(peer.recv(4096).split(b"\\r\\n")[0].decode())
"""
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    expected = "HTTP/1.1 403 Forbidden" if open_the_way else "not let in"
    assert told.stdout.strip() == expected


def test_loopback_endpoint_serves_as_the_socket_does(world, monkeypatch):
    """What Windows uses, here over the same loopback."""
    import asyncio
    import threading

    from fawkes_host.protocol.messages import Stop
    from fawkes_host.service import server, settings

    place = endpoint.LoopbackEndpoint(world.folder / "run" / "fawkes-host")
    assert not place.alive()
    with pytest.raises(ServiceUnavailable):
        place.connect()

    async def serve() -> None:
        await server.Service(settings.load(), place, None).run()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    until(place.alive)
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    with Link(place.connect()) as link:
        assert ServiceClient(link).cloak(b"face").data == cloaked(b"face")
        kept = place.path.read_bytes()
        files.write_private(place.path, kept.replace(place.token.hex().encode(), b"0" * 64))
        with pytest.raises(NotAuthorised):
            place.connect()
        files.write_private(place.path, kept)
        link.send(Stop())
        thread.join()
    assert not place.path.exists()


def test_address_too_long_for_a_socket_moves_to_a_short_private_folder(world, monkeypatch):
    long = world.folder / ("x" * 100)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    place = endpoint.default()
    assert len(os.fsencode(place.folder / "service.sock")) < 100
    assert place.folder == endpoint.default().folder


def test_session_without_a_runtime_folder_is_served_without_a_warning(monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert folders.runtime_folder().is_absolute()  # Warnings are errors here.


@pytest.mark.parametrize(
    "says",
    [
        None,
        '{"type":"hello","protocol":1,"version":"0","engine":"ready"}',
        '{"type":"proof","proof":"' + "0" * 64 + '"}',
        "the client's own proof",
        '{"type":"proof"}',
        '{"type":"proof","proof":7}',
        "[" * 100_000,
        b"\xff",
    ],
    ids=lambda says: str(says)[:24],
)
@pytest.mark.parametrize("name", ["endpoint.json", "stand-alone.json"])
def test_program_that_took_the_port_learns_nothing_and_is_told_nothing(
    tmp_path, monkeypatch, name, says
):
    """What a service that was killed leaves: the address of whoever comes next."""
    import threading

    from websockets.sync.server import serve

    heard = []

    def hear(connection) -> None:
        if says == "the client's own proof":
            own = connection.request.headers["Sec-WebSocket-Protocol"].rsplit(".")[-1]
            connection.send(json.dumps({"type": "proof", "proof": own}))
        elif says is not None:
            connection.send(says)
        heard.extend(connection)

    def answer_anything(connection, request, response) -> None:
        heard.append(str(request.headers))
        if says is None:  # It lets wait, and nobody waits for long.
            monkeypatch.setitem(endpoint.CLIENT_OPTIONS, "open_timeout", 0.1)

    place = endpoint.LoopbackEndpoint(tmp_path, name)
    with serve(
        hear,
        "127.0.0.1",
        0,
        process_response=answer_anything,
        select_subprotocol=lambda _connection, offers: offers[0],
    ) as server:
        threading.Thread(target=server.serve_forever).start()
        port, token = server.socket.getsockname()[1], os.urandom(32)
        files.write_private(place.path, json.dumps({"port": port, "token": token.hex()}).encode())
        with pytest.raises(NotAuthorised, match="another program"):
            place.connect()
        server.shutdown()
    (headers,) = heard
    assert token.hex() not in headers


def told(shown: str | None) -> str:
    return messages.encode(messages.Proof(proof=shown or "")).decode()


def test_proof_is_one_sides_for_one_port_and_one_token():
    token, other = os.urandom(32), os.urandom(32)
    offered, wanted = proof.offer(token, 1000)
    assert proof.holds(told(proof.answer(token, 1000, offered)), wanted)
    assert proof.answer(token, 1001, offered) is None
    assert proof.answer(other, 1000, offered) is None
    nonce, shown = offered.split(".")[1:]
    for wrong in ("", "proof", f"proof.{nonce}", f"proof.{nonce}.{wanted}", f"token.{shown}"):
        assert proof.answer(token, 1000, wrong) is None
    for wrong in ("", shown, "é", wanted.upper()):
        assert not proof.holds(told(wrong), wanted)
    assert not proof.holds(told(wanted).replace("proof", "hello", 1), wanted)
    assert proof.offer(token, 1000)[0] != offered


def test_proofs_are_those_of_the_golden_frame():
    golden = json.loads((Path(__file__).parents[1] / "data/frames/proof.json").read_text())
    token, port = bytes.fromhex(golden["token"]), golden["port"]
    offered, wanted = proof.offer(token, port, golden["nonce"])
    assert offered == golden["subprotocol"]
    assert told(wanted) == golden["message"]
    assert proof.answer(token, port, offered) == wanted


def test_connections_that_say_nothing_are_counted_too(world, monkeypatch):
    import asyncio
    import select
    import threading

    from fawkes_host.protocol.messages import Stop
    from fawkes_host.service import listeners, server, settings

    monkeypatch.setitem(listeners._OPTIONS, "open_timeout", 600.0)
    world.set(FAWKES_MAX_CLIENTS="2")
    place = endpoint.UnixEndpoint(world.folder / "run" / "fawkes-host")

    async def serve() -> None:
        await server.Service(settings.load(), place, None).run()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    until(place.alive)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(place.dial()) for _ in range(20)]
        until(lambda: len(select.select(silent, [], [], 0)[0]) >= 20 - 2 * listeners._HALF_OPEN)
        for one in select.select(silent, [], [], 0)[0]:
            with contextlib.suppress(ConnectionResetError):
                assert one.recv(1) == b""
    link = until(lambda: _link_or_none(place))
    link.send(Stop())
    thread.join()
    link.close()


def _link_or_none(place) -> Link | None:
    try:
        return Link(place.connect())
    except (ServiceUnavailable, ServiceLost):
        return None
