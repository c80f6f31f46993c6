"""Real bots that die: processes that share a store, each of which can be killed at any step of what it does.

Run as a program it reads what is needed once, and then forks bots by the lines that it is given on stdin: so that a
hundred of them start in seconds.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot import logs
from bot.app import build_core
from bot.clock import StoppedClock
from bot.command import Place
from bot.errors import PostFailed, PostUnsure
from bot.reply import MessageRef, Reply, plain
from bot.settings import Settings
from bot.tutor import catalogues
from sandbox.language import shelf
from tests.bot.conversation import torch_away

NEVER = -1
READ_IN = ("bot.store.postgres", "bot.tutor.parts", "bot.commands.daily_reply", "asyncpg")  # once, and not in each bot


@dataclass(frozen=True, kw_only=True)
class Life:
    """What a bot is for.

    Attributes:
        database: its URL.
        folder: for its other files.
        platform: that it posts to, at `server`.
        at: the moment that its clock shows.
        dies: the step before which it is killed; the server kills it while it is asked where that is `in flight`.
    """

    database: str
    folder: str
    platform: str
    server: str
    at: str
    dies: int | str = NEVER


Live = Callable[[Life], Coroutine[Any, Any, None]]


class Steps:
    """Kills its own process before a step: a commit, what follows one, a request, what follows its answer."""

    def __init__(self, dies: int | str) -> None:
        self._dies = dies
        self._count = count()
        self._committed = False

    def watch(self) -> None:
        event.listen(Engine, "commit", self._commits)
        event.listen(Engine, "before_cursor_execute", self._executes)

    def step(self) -> None:
        if next(self._count) == self._dies:
            os.kill(os.getpid(), signal.SIGKILL)

    def _commits(self, *_: object) -> None:
        self.step()
        self._committed = True

    def _executes(self, *_: object) -> None:
        if self._committed:
            self._committed = False
            self.step()


class HttpPoster:
    """Posts to the platform that `Platform` is."""

    def __init__(self, life: Life, session: aiohttp.ClientSession, steps: Steps) -> None:
        self.platform = life.platform
        self._life = life
        self._session = session
        self._steps = steps

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        sent = {"key": key, "channel": place.channel, "person": person, "text": plain(reply)}
        if self._life.dies == "in flight":
            sent["kill"] = str(os.getpid())
        self._steps.step()
        async with self._session.post(f"{self._life.server}/post", json=sent) as response:
            if response.status != 200:
                raise PostFailed("the platform does not take it")
            message = await response.text()
        self._steps.step()
        return MessageRef(channel=place.channel, message=message)

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        del since, person
        async with self._session.get(f"{self._life.server}/find", params={"key": key}) as response:
            if response.status == 501:
                raise PostUnsure("this platform remembers nothing")
            message = await response.text()
        return MessageRef(channel=place.channel, message=message) if message else None

    def named(self, place: Place) -> str:
        raise NotImplementedError  # everybody here is in the channel

    async def obstacle(self, place: Place) -> str:
        del place
        return ""

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        raise NotImplementedError  # nothing here is edited


class Platform:
    """Where posts arrive; a class of its own so that tests see all that did, also twice."""

    def __init__(self, *, findable: bool) -> None:
        self.arrived: list[dict[str, Any]] = []
        self.findable = findable

    async def post(self, request: web.Request) -> web.Response:
        sent = await request.json()
        assert sent["text"]
        assert len(sent["key"]) <= 25
        self.arrived.append(sent)
        if "kill" in sent:
            os.kill(int(sent["kill"]), signal.SIGKILL)
        return web.Response(text=str(len(self.arrived)))

    async def find(self, request: web.Request) -> web.Response:
        if not self.findable:
            return web.Response(status=501)
        keys = [sent["key"] for sent in self.arrived]
        key = request.query["key"]
        return web.Response(text=str(keys.index(key) + 1) if key in keys else "")


@asynccontextmanager
async def platform(*, findable: bool) -> AsyncIterator[tuple[Platform, str]]:
    """A platform, and its address."""
    there = Platform(findable=findable)
    app = web.Application()
    app.add_routes([web.post("/post", there.post), web.get("/find", there.find)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield there, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Nursery:
    """Starts bots; the program that forks them runs as long as this is open."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def live(self, *lives: Life) -> list[bool]:
        """All at once, each until it has done what is due; which of them lived to the end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([asdict(life) for life in lives]).encode() + b"\n")
        await self._process.stdin.drain()
        statuses = json.loads(await self._process.stdout.readline())
        assert all(status in {0, -signal.SIGKILL} for status in statuses), statuses
        return [status == 0 for status in statuses]


@asynccontextmanager
async def nursery(program: str = __name__) -> AsyncIterator[Nursery]:
    """Where bots are started, by a module that is run as a program."""
    root = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", program, cwd=root, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _live(life: Life) -> None:
    steps = Steps(life.dies)
    folder = Path(life.folder)
    settings = Settings(data_dir=folder, database_url=SecretStr(life.database), sandbox=torch_away(folder))
    clock = StoppedClock(datetime.fromisoformat(life.at))
    async with build_core(settings, clock=clock) as core, aiohttp.ClientSession() as session:
        core.posters[life.platform] = HttpPoster(life, session, steps)
        steps.watch()
        await core.study.rounds.once(clock.now())


def _fork(life: Life, live: Live) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        asyncio.run(live(life))
        status = 0
    finally:
        os._exit(status)


def main(live: Live = _live, also: Sequence[str] = ()) -> None:
    """Forks bots that live so until stdin ends; `also` is read in once, too."""
    logs.configure("error", "text", ())
    shelf.read_all()
    for module in (*READ_IN, *also):
        importlib.import_module(module)
    catalogues._house_shelf()
    for line in sys.stdin:
        children = [_fork(Life(**each), live) for each in json.loads(line)]
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), flush=True)  # noqa: T201 - its voice


if __name__ == "__main__":
    main()
