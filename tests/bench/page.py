"""How quick the web page stays while a bot claims and sends ten thousand cards of the day.

A browser in a process of its own opens the page, types and asks, all the while; the posts are real ones in channels of
the page, from their schedules through the outbox into the store. Somebody looks at one of these channels.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, web

from bot.adapters.web import create_app
from bot.adapters.web.parse import place
from bot.app import Core, build_core
from bot.group.schedule import Schedule
from bot.settings import Settings
from bot.store import posting_rows
from bot.store.dialect import insert
from bot.store.engine import open_engine
from bot.store.group_tables import schedules
from sandbox.settings import SandboxSettings
from tests.bench.group_load import DURABLE
from tests.bench.measure import Figure, milliseconds
from tests.bot.store.postgres_lab import postgres_in

if TYPE_CHECKING:
    from pydantic import SecretStr

POSTS = 10_000
AT_MOST_S = 120.0  # that the browser looks on: a slow disk takes longer to write so many down
QUIET_S = 10.0
CHANNEL = "c0"
EVERY_S = 0.1  # between two things that the browser does
ANSWER_EVERY = 12  # of these one is a message, since people may send one a second
P99_MS = 100.0
ASKED = ("a page opens", "a completion", "`/streak`")


async def figures() -> list[Figure]:
    """Every row, SQLite first."""
    found = await _measured("SQLite", None)
    with tempfile.TemporaryDirectory() as folder, postgres_in(Path(folder), DURABLE) as lab:
        found += await _measured("PostgreSQL", lab.url(await lab.make("stride")))
    return found


async def _measured(name: str, database: SecretStr | None) -> list[Figure]:
    """Times as the browser saw them, before and meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        away = SandboxSettings(socket=Path(folder) / "nobody.sock")  # cards are chosen all the same
        settings = Settings(data_dir=Path(folder), database_url=database, sandbox=away)
        async with build_core(settings) as core, _served(settings, core) as url:
            await core.tutor.warm()
            await core.oracle()
            quiet = await _seen(url, asyncio.sleep(QUIET_S))
            await _plan(settings, core.clock.now())
            began = time.perf_counter()
            meanwhile = await _seen(url, _posted(core))
            took = time.perf_counter() - began
            sent = await core.store.posts.newest()
    rows = [Figure(name=f"{name}: cards sent, of {POSTS:,} that are due", value=sent / took, unit="/s")]
    for what in ASKED:
        rows.append(
            Figure(
                name=f"{name}: {what}, p99, while nothing is posted", value=milliseconds(quiet[what], 0.99), unit="ms"
            )
        )
        value = milliseconds(meanwhile[what], 0.99)
        rows.append(Figure(name=f"{name}: {what}, p99, while they are sent", value=value, unit="ms", at_most=P99_MS))
    return rows


@asynccontextmanager
async def _served(settings: Settings, core: Core) -> AsyncIterator[str]:
    runner = web.AppRunner(create_app(settings, core), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _plan(settings: Settings, now: datetime) -> None:
    """A schedule for each channel that is due just now."""
    due = now.replace(second=0, microsecond=0)
    planned = [posting_rows.planned_columns(_planned(f"c{number}", due)) for number in range(POSTS)]
    engine = await open_engine(settings.database)
    async with engine.begin() as connection:
        await connection.execute(insert(schedules), planned)
    await engine.dispose()


def _planned(channel: str, due: datetime) -> posting_rows.Planned:
    where = place(channel)
    return posting_rows.Planned(
        id=posting_rows.schedule_id("daily", where),
        kind="daily",
        place=where,
        schedule=Schedule(at=due.time(), zone="UTC"),
        last=due - timedelta(days=1),
        due=due,
        by="web:bench",
    )


async def _posted(core: Core) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(AT_MOST_S):
            await core.study.rounds.once(core.clock.now())


async def _seen(url: str, work: Awaitable[None]) -> dict[str, list[float]]:
    """What a browser elsewhere measures while something is done, in seconds."""
    browser = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.page", url, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    if browser.stdout is None:
        raise AssertionError("a pipe was asked for")
    await browser.stdout.readline()  # it is there
    await work
    said, _ = await browser.communicate(b"enough\n")
    return dict(json.loads(said))


async def _browse(url: str) -> dict[str, list[float]]:
    """A page with its socket, until somebody says that it is enough."""
    loop = asyncio.get_running_loop()
    enough = loop.run_in_executor(None, sys.stdin.readline)
    times: dict[str, list[float]] = {name: [] for name in ASKED}
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        async with session.get(f"{url}/c/{CHANNEL}") as answer:
            await answer.read()
        async with session.ws_connect(f"{url}/ws?channel={CHANNEL}", headers={"Origin": url}) as socket:
            await _heard(socket, "welcome")
            print("ready", flush=True)  # noqa: T201 - to whoever started this process
            for number in itertools.count():
                if enough.done():
                    return times
                began = time.perf_counter()
                if number % 2:
                    async with session.get(f"{url}/c/{CHANNEL}") as answer:
                        await answer.read()
                    what = ASKED[0]
                elif number % ANSWER_EVERY:
                    await socket.send_json({"type": "complete", "number": number, "text": "/shape conv1d 3 "})
                    await _heard(socket, "completions")
                    what = ASKED[1]
                else:
                    event = secrets.token_hex(16)
                    await socket.send_json({"type": "say", "id": event, "text": "/streak"})
                    await _heard(socket, "message")
                    what = ASKED[2]
                times[what].append(time.perf_counter() - began)
                await asyncio.sleep(EVERY_S)
    raise AssertionError("a browser goes on until it is told")


async def _heard(socket: ClientWebSocketResponse, kind: str) -> None:
    while (await socket.receive_json())["type"] != kind:
        pass


if __name__ == "__main__":
    json.dump(asyncio.run(_browse(sys.argv[1])), sys.stdout)
