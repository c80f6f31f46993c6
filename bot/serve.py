"""`stride run`: the web page, and Discord and Slack where their tokens are set, until a signal ends them.

The page serves at once. A platform that cannot be reached is tried again and again; one that refuses its token ends
the program, since only its operator can put that right.
"""

from __future__ import annotations

import asyncio
import errno
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.adapters.web import create_app
from bot.adapters.web.client import organiser_path
from bot.app import Core, build_core
from bot.duties import do_due
from bot.errors import LoginRefused, PortTaken, StartError
from bot.group import zones
from bot.study.attendance import attend

if TYPE_CHECKING:
    from bot.settings import Settings

CLOSE_S = 5.0  # for answers on their way when the end comes
DUTIES_EVERY_S = 900.0
TOKEN_REFUSED = 4004  # Discord's code for the end of a session that it does not let in
NO_TOKEN = "Discord does not accept STRIDE_DISCORD__TOKEN: get a new one for the bot"  # noqa: S105 - words about one
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0

Announce = Callable[[str], None]


async def serve(
    settings: Settings, *, announce: Announce, watched: bool = True, stop: asyncio.Event | None = None
) -> None:
    """Serves until SIGINT or SIGTERM, or until `stop` is set.

    Args:
        settings: as read from the environment.
        announce: says where to look.
        watched: whether a person reads what is announced; the organisers' link is a secret, and stays out of logs.
        stop: ends it, instead of a signal.

    Raises:
        StoreError: the store cannot be used.
        PortTaken: the page's address is in use.
        LoginRefused: a platform does not accept its token.
    """
    ending = stop or _signalled()
    async with build_core(settings) as core, _page(settings, core) as address:
        announce(f"Stride is at {address}/ (Ctrl-C ends it)")
        if settings.web.invite is not None:
            announce(f"People come in by {address}/join/ with the secret of STRIDE_WEB__INVITE behind it")
        refused: BaseException | None = None
        link = f"{address}{await organiser_path(core)}" if watched else "the link that `stride invite` prints"
        announce(f"Organisers come in by {link} (keep it to yourself)")
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(_duties(core), name="duties"),
                    group.create_task(_rounds(core), name="rounds"),
                    group.create_task(attend(core), name="attendance"),
                    group.create_task(_read_in(core), name="language and decks"),
                    group.create_task(_jails(core), name="jails"),
                ]
                tasks += [
                    group.create_task(_kept(name, connect), name=name) for name, connect in _platforms(settings, core)
                ]
                await ending.wait()
                for task in tasks:
                    task.cancel()
        except* StartError as faults:
            refused = faults.exceptions[0]
        if refused is not None:  # raised in there, Pythons before 3.11.4 would put it into a group
            raise refused


async def _read_in(core: Core) -> None:
    """What the first answers need, and what completion speaks of from the first key on."""
    await core.read_in()
    await core.oracle()
    await core.tutor.warm()
    await asyncio.to_thread(zones.read_in)


async def _jails(core: Core) -> None:
    """So that nobody's first run waits for torch; reading it in would hold up the commands, which come first."""
    await core.read_in()
    await core.sandbox.warm()


def _signalled() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def _page(settings: Settings, core: Core) -> AsyncIterator[str]:
    async with _listening(create_app(settings, core), settings.web.host, settings.web.port, "STRIDE_WEB__PORT") as port:
        host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
        yield (settings.web.url or f"http://{host}:{port}").rstrip("/")


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int, setting: str) -> AsyncIterator[int]:
    """An application on its port; which one it is."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as fault:
            raise _unusable(host, port, setting, fault) from fault
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _unusable(host: str, port: int, setting: str, fault: OSError) -> StartError:
    if fault.errno == errno.EADDRINUSE:
        return PortTaken(f"port {port} of {host} is in use by another program: end that one, or set {setting}")
    return StartError(f"cannot listen on {host}, port {port} ({fault.strerror or fault}): see {setting}")


async def _duties(core: Core) -> None:
    log = structlog.get_logger("duties")
    await core.read_in()
    while True:
        try:
            for done in await do_due(core.store, core.clock.now(), core.settings.keep):
                log.info("done", duty=done.duty, **done.counts)
        except Exception as fault:  # noqa: BLE001 - whatever a database raises, people are answered meanwhile
            log.warning("duties.failed", error=type(fault).__name__)
        await asyncio.sleep(DUTIES_EVERY_S)


async def _rounds(core: Core) -> None:
    await core.read_in()
    await core.study.rounds.run()


def _platforms(settings: Settings, core: Core) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
    chosen: list[tuple[str, Callable[[], Awaitable[None]]]] = []
    if settings.discord.token is not None:
        chosen.append(("discord", lambda: _discord(settings, core)))
    if settings.slack.bot_token is not None:
        chosen.append(("slack", lambda: _slack(settings, core)))
    return chosen


async def _kept(name: str, connect: Callable[[], Awaitable[None]]) -> None:
    """Connects, and connects again after a while where a connection could not be made or was lost for good."""
    log, pause = structlog.get_logger(name), FIRST_PAUSE_S
    while True:
        try:
            await connect()
        except StartError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever a library raises, the page goes on and this is tried again
            log.warning("connection.failed", error=type(fault).__name__, again_in_s=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def _discord(settings: Settings, core: Core) -> None:
    await core.read_in()
    import discord

    from bot.adapters.discord import create_bot

    token = settings.discord.token
    if token is None:
        return
    try:
        async with create_bot(settings, core) as bot:
            await bot.start(token.get_secret_value())
    except discord.LoginFailure as fault:
        raise LoginRefused(NO_TOKEN) from fault
    except discord.PrivilegedIntentsRequired as fault:
        raise LoginRefused(
            "Discord does not give the bot the intents it asks for: look at them on its page among your applications"
        ) from fault
    except discord.ConnectionClosed as fault:
        if fault.code == TOKEN_REFUSED:
            raise LoginRefused(NO_TOKEN) from fault
        raise


async def _slack(settings: Settings, core: Core) -> None:
    await core.read_in()
    from slack_sdk.errors import SlackApiError

    from bot.adapters.slack import create_app as create_slack
    from bot.adapters.slack import http
    from bot.adapters.slack.client import socket_mode

    app = create_slack(settings, core)
    try:
        if settings.slack.app_token is not None:
            handler = socket_mode(settings, app)
            try:
                await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
                await asyncio.Event().wait()
            finally:
                with suppress(Exception):  # it is going away, and may never have come
                    await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt's own
        else:
            pages = web.Application()
            pages.add_routes(http.routes(settings, app))
            async with _listening(pages, settings.web.host, settings.slack.port, "STRIDE_SLACK__PORT"):
                await app.client.auth_test()
                await app.enters()
                try:
                    await asyncio.Event().wait()
                finally:
                    app.leaves()
    except SlackApiError as fault:
        if fault.response.get("error") in {"invalid_auth", "not_authed", "account_inactive", "token_revoked"}:
            raise LoginRefused("Slack does not accept its tokens: see STRIDE_SLACK__APP_TOKEN") from fault
        raise
