"""Serving the page and the platforms, and ending."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot import serve as program
from bot.adapters.slack.client import StrideApp
from bot.app import Core, build_core
from bot.duties import Done, do_due
from bot.errors import LoginRefused, PortTaken, StoreError
from bot.serve import serve
from bot.settings import DiscordSettings, Settings, SlackSettings, WebSettings
from sandbox.local import Local
from sandbox.settings import SandboxSettings
from tests.bot.store.beside import beside

ROOT = Path(__file__).parent.parent.parent
NO_TORCH = SandboxSettings(python="/bin/false")


def chosen(folder: Path, **groups: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, "web": WebSettings(port=0), "sandbox": NO_TORCH} | groups)


@asynccontextmanager
async def platform(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    """A server that stands for a platform's; its address."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_the_page_answers_at_the_address_that_is_announced_until_the_end(tmp_path: Path) -> None:
    stop, said = asyncio.Event(), asyncio.Queue[str]()
    serving = asyncio.create_task(serve(chosen(tmp_path), announce=said.put_nowait, stop=stop))
    address = re.findall(r"http://\S+", await said.get())[0]
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{address}health") as answer:
            assert answer.status == 200
        link = re.findall(r"http://\S+", await said.get())[0]
        async with client.get(link, allow_redirects=False) as answer:
            assert answer.status == 303
        stop.set()
        await serving
        with pytest.raises(aiohttp.ClientError):
            await client.get(f"{address}health")


async def test_the_jails_are_started_once_the_commands_are_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch would take the processors from what a page that was just opened waits for."""
    stop, order = asyncio.Event(), list[str]()
    read_in = Core.read_in

    async def reading(core: Core) -> None:
        await read_in(core)
        order.append("commands")

    async def warming(_sandbox: Local) -> None:
        order.append("jails")
        stop.set()

    monkeypatch.setattr(Core, "read_in", reading)
    monkeypatch.setattr(Local, "warm", warming)
    await serve(chosen(tmp_path), announce=lambda _: None, stop=stop)
    assert order[0] == "commands"


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} .* STRIDE_WEB__PORT"):
            await serve(chosen(tmp_path, web=WebSettings(port=port)), announce=print, stop=asyncio.Event())


async def test_what_falls_due_every_day_is_looked_at_again_where_the_store_could_not_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else ends by that, and no look is left out after it."""
    looks = asyncio.Queue[list[str]]()

    async def noted(*given: Any) -> list[Done]:
        done: list[Done] = []
        try:
            done = await do_due(*given)
            return done
        finally:
            looks.put_nowait([each.duty for each in done])

    monkeypatch.setattr(program, "do_due", noted)
    monkeypatch.setattr(program, "DUTIES_EVERY_S", 0.0)
    settings = chosen(tmp_path)
    async with build_core(settings) as core, asyncio.timeout(60):
        await beside(settings.database, "ALTER TABLE duties RENAME TO away")
        duties = asyncio.create_task(program._duties(core))
        assert await looks.get() == []
        assert await looks.get() == []
        await beside(settings.database, "ALTER TABLE away RENAME TO duties")
        while not (done := await looks.get()):
            pass
        assert done == ["forget", "history"]
        duties.cancel()


async def test_a_store_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        await serve(chosen(tmp_path / "file"), announce=print, stop=asyncio.Event())


async def test_a_token_that_discord_refuses_ends_the_program(tmp_path: Path) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)

    async with platform([web.get("/api/v10/users/@me", refuse)]) as address:
        discord = DiscordSettings.model_validate({"token": "no", "api_base": f"{address}/api/v10"})
        with pytest.raises(LoginRefused, match="STRIDE_DISCORD__TOKEN"):
            await serve(chosen(tmp_path, discord=discord), announce=lambda _: None, stop=asyncio.Event())


SOCKET = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
OVER_HTTP = {"bot_token": "xoxb-1", "signing_secret": "s3cret", "port": 0}


@pytest.mark.parametrize("way", [SOCKET, OVER_HTTP], ids=["socket", "http"])
async def test_a_token_that_slack_refuses_ends_the_program(tmp_path: Path, way: dict[str, object]) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": "invalid_auth"})

    async with platform([web.post("/api/{method}", refuse)]) as address:
        slack = SlackSettings.model_validate(way | {"api_base": f"{address}/api/"})
        with pytest.raises(LoginRefused, match="STRIDE_SLACK__APP_TOKEN"):
            await serve(chosen(tmp_path, slack=slack), announce=lambda _: None, stop=asyncio.Event())


async def test_over_http_slack_can_be_posted_to_once_it_has_taken_the_token_and_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting, stop, apps = asyncio.Event(), asyncio.Event(), list[StrideApp]()
    enters = StrideApp.enters

    async def entered(app: StrideApp) -> None:
        await enters(app)
        apps.append(app)
        posting.set()

    async def accept(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": "http://127.0.0.1", "team": "Study", "team_id": "T0"})

    monkeypatch.setattr(StrideApp, "enters", entered)
    async with platform([web.post("/api/auth.test", accept)]) as address:
        slack = SlackSettings.model_validate(OVER_HTTP | {"api_base": f"{address}/api/"})
        serving = asyncio.create_task(serve(chosen(tmp_path, slack=slack), announce=lambda _: None, stop=stop))
        await posting.wait()
        posters = apps[0]._core.posters
        assert "slack" in posters
        stop.set()
        await serving
        assert "slack" not in posters


async def test_a_platform_that_cannot_be_reached_leaves_the_page_be(tmp_path: Path) -> None:
    stop, said, asked = asyncio.Event(), asyncio.Queue[str](), asyncio.Event()

    async def fail(_request: web.Request) -> web.Response:
        asked.set()
        return web.json_response({"ok": False, "error": "fatal_error"}, status=500)

    async with platform([web.post("/api/{method}", fail)]) as address:
        slack = SlackSettings.model_validate(
            {"bot_token": "xoxb-1", "app_token": "xapp-1", "api_base": f"{address}/api/"}
        )
        serving = asyncio.create_task(serve(chosen(tmp_path, slack=slack), announce=said.put_nowait, stop=stop))
        page = re.findall(r"http://\S+", await said.get())[0]
        await asked.wait()
        async with aiohttp.ClientSession() as client, client.get(f"{page}health") as answer:
            assert answer.status == 200
        stop.set()
        await serving


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGTERM])
async def test_a_signal_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIDE_")}
    environment |= {"STRIDE_DATA_DIR": str(tmp_path), "STRIDE_WEB__PORT": "0", "STRIDE_SANDBOX__PYTHON": "/bin/false"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert b"Stride is at http://127.0.0.1:" in await process.stdout.readline()
    process.send_signal(number)
    assert await process.wait() == 0
