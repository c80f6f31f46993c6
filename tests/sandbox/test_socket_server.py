"""A worker behind a Unix socket: who may connect, what happens when it goes, and how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from sandbox import __main__ as command_line
from sandbox.protocol import VERSION, Status, encode
from sandbox.settings import SandboxSettings
from sandbox.socket_client import SocketSandbox
from sandbox.socket_server import SocketInUseError, open_to_others
from tests.attacks.lab import ask, local_rogue
from tests.attacks.processes import open_descriptors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker.sock"


def mode_of(path: Path) -> int | None:
    """Its permissions, or None where there is nothing."""
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except FileNotFoundError:
        return None


def client(path: Path, **settings: float) -> SocketSandbox:
    return SocketSandbox(SandboxSettings(socket=path, **settings))  # type: ignore[arg-type]  # numbers by name


@pytest.mark.parametrize("mode", [0o600, 0o660])
async def test_the_socket_has_the_mode_that_was_asked_for_and_goes_with_the_server(path: Path, mode: int) -> None:
    async with local_rogue() as behind, open_to_others(behind, path, mode=mode):
        assert mode_of(path) == mode
    assert mode_of(path) is None


async def test_a_dead_servers_socket_is_taken_over_and_a_living_ones_is_not(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with local_rogue() as behind, open_to_others(behind, path):
        with pytest.raises(SocketInUseError):
            async with open_to_others(behind, path):
                pass
        async with client(path) as sandbox:
            assert (await ask(sandbox, "echo", 1)).value == [1]


async def test_another_kind_of_file_is_left_alone(tmp_path: Path) -> None:
    async with local_rogue() as behind:
        with pytest.raises(SocketInUseError, match="not a socket"):
            async with open_to_others(behind, tmp_path):
                pass


async def test_without_a_server_the_answer_is_unavailable_and_says_where(path: Path) -> None:
    async with client(path) as sandbox:
        result = await ask(sandbox, "echo")
        report = await sandbox.report()
    assert result.status is Status.UNAVAILABLE
    assert str(path) in result.error
    assert not report.alive
    assert str(path) in report.reason


async def test_a_client_comes_back_when_the_server_does(path: Path) -> None:
    async with local_rogue() as behind, client(path) as sandbox:
        async with open_to_others(behind, path):
            assert (await ask(sandbox, "echo", 1)).value == [1]
        assert (await ask(sandbox, "echo", 2)).status is Status.UNAVAILABLE
        async with open_to_others(behind, path):
            assert (await ask(sandbox, "echo", 3)).value == [3]


async def test_closing_a_server_waits_for_the_jobs_on_their_way(path: Path) -> None:
    async with local_rogue() as behind, client(path) as sandbox:
        async with open_to_others(behind, path):
            await ask(sandbox, "echo")
            busy = asyncio.ensure_future(ask(sandbox, "busy", 0.1))
            while (await sandbox.report()).in_flight == 0:  # noqa: ASYNC110 the server has no event for us
                await asyncio.sleep(0)
        assert (await busy).status is Status.OK


@pytest.mark.parametrize(
    "greeting", [b'{"v":%d,"hello":"stride"}\n' % (VERSION + 1), b"HTTP/1.1 400\n", encode({"hello": "someone"}), b""]
)
async def test_a_server_of_another_kind_or_version_is_not_talked_to(path: Path, greeting: bytes) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_unix_server(greet, path), client(path) as sandbox:
        result = await ask(sandbox, "echo")
    assert result.status is Status.UNAVAILABLE


@pytest.mark.parametrize("nonsense", [b"nonsense\n", b'{"v":1}\n', b"\x00" * 100 + b"\n", b'{"v":1,"id":"1","ki'])
async def test_nonsense_from_a_client_ends_its_connection_and_no_other(path: Path, nonsense: bytes) -> None:
    async with local_rogue() as behind, open_to_others(behind, path), client(path) as sandbox:
        assert (await ask(sandbox, "echo", 1)).value == [1]
        reader, writer = await asyncio.open_unix_connection(path)
        await reader.readline()
        writer.write(nonsense)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        assert (await ask(sandbox, "echo", 2)).value == [2]


async def test_closing_a_client_answers_its_askers_and_leaves_no_descriptor(path: Path) -> None:
    async with local_rogue() as behind, open_to_others(behind, path):
        await ask(behind, "echo")
        before = open_descriptors()
        async with client(path) as sandbox:
            asked = [asyncio.ensure_future(ask(sandbox, "busy", 0.05)) for _ in range(3)]
            await ask(sandbox, "echo")
            late = asyncio.ensure_future(ask(sandbox, "hang", wall_s=0.1))
            await asyncio.sleep(0)
        assert (await late).status is Status.UNAVAILABLE
        await asyncio.gather(*asked)
        await ask(behind, "echo")
        assert open_descriptors() <= before


async def test_the_command_line_serves_until_it_is_told_to_stop(path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "serve", "--device", "cpu", "--socket", str(path)),
        cwd=Path(__file__).parents[2],
        stderr=asyncio.subprocess.PIPE,
    )
    assert server.stderr is not None
    assert b"ready" in await server.stderr.readline()
    server.send_signal(signal.SIGTERM)
    assert await server.wait() == 0
    assert mode_of(path) is None


def test_the_command_line_says_in_one_line_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["serve", "--socket", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SystemExit) as wrong:
        command_line.main(["serve", "--socket", str(tmp_path / "s"), "--mode", "777"])
    assert wrong.value.code == 2
