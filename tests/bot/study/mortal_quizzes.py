"""Bots that die in the middle of a quiz: as a program, a bot in whose channel people play until it is killed.

What people do follows from what they see, so that the same people go on with whichever bots are left.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from bot.app import build_core
from bot.command import Place
from bot.reply import MessageRef, Reply
from bot.settings import Settings
from bot.tutor.model import Posed
from tests.bot.commands.running import AT_EASE
from tests.bot.conversation import SettableClock, torch_away
from tests.bot.study.mortal_bots import NEVER, HttpPoster, Life, Platform, Steps, main
from tests.bot.study.quiz_lab import Party

PLAYERS = ("ann", "bob")
ROUNDS = 60  # of a few seconds each
READ_IN = ("bot.commands.registry", "bot.commands.quiz_reply", "bot.study.study", "bot.tutor.tutor")


class Channel(Platform):
    """Where a quiz is played; what people were told of their answers is noted, too."""

    def __init__(self, *, findable: bool) -> None:
        super().__init__(findable=findable)
        self.told: list[tuple[str, str]] = []  # whose answer to which question was noted

    async def tell(self, request: web.Request) -> web.Response:
        noted = await request.json()
        self.told.append((noted["person"], noted["question"]))
        return web.Response()


class QuizPoster(HttpPoster):
    """Edits, too; what an edit shows is of no weight here, that it may be the last step of a life is."""

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message, reply
        self._steps.step()


@dataclass
class Table:
    """People who play with some bots."""

    bots: list[Party]
    session: aiohttp.ClientSession
    server: str
    steps: Steps
    turn: int = 0

    def bot(self) -> Party:
        """Whichever they reach: one after the other."""
        self.turn += 1
        return self.bots[self.turn % len(self.bots)]

    async def play(self) -> None:
        """Until the quiz is over and nothing is left to be said."""
        for _ in range(ROUNDS):
            if await self._over():
                return
            await self._act()
            await asyncio.gather(*(each.core.study.rounds.once(each.clock.now()) for each in self.bots))
            self.bots[0].clock.advance(seconds=5)
        raise AssertionError("the quiz came to no end")

    async def _over(self) -> bool:
        party = self.bots[0]
        quiz = await party.core.study.quizzes.newest(party.place)
        said = None if quiz is None else await party.core.store.postings.one(quiz.posting)
        return quiz is not None and quiz.course.ended and (said is None or said.until is None)

    async def _act(self) -> None:
        party = self.bot()
        quiz = await party.core.study.quizzes.newest(party.place)
        if quiz is None:
            await party.says("ann", "/quiz start 2 20")
            return
        if quiz.course.state == "lobby":
            there = {player.person for player in await party.core.study.quizzes.players(quiz)}
            for name in PLAYERS:
                if f"test:{name}" not in there:
                    await self.bot().says(name, "/quiz join")
            if len(there) == len(PLAYERS):
                await self.bot().says("ann", "/quiz begin")
            return
        posed = await party.core.study.quizzes.open_question(quiz)
        for name in PLAYERS if posed is not None else ():
            assert posed is not None
            if not await party.core.store.quizzes.has(quiz.id, posed.position, f"test:{name}"):
                await self._answers(name, posed)

    async def _answers(self, name: str, posed: Posed) -> None:
        reply = await self.bot().answers(name, posed=posed, rightly=name == "ann")
        if reply.data.get("outcome") == "noted":
            noted = {"person": f"test:{name}", "question": posed.id}
            async with self.session.post(f"{self.server}/told", json=noted) as response:
                response.raise_for_status()
            self.steps.step()


async def _play(life: Life) -> None:
    """A bot that may die has the channel alone; those that come after it are two."""
    steps = Steps(life.dies)
    folder = Path(life.folder)
    settings = Settings(
        data_dir=folder, database_url=SecretStr(life.database), sandbox=torch_away(folder), fairness=AT_EASE
    )
    clock = SettableClock(datetime.fromisoformat(life.at))
    place = Place(platform=life.platform, community="g", channel="group")
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        bots = []
        for _ in range(2 if life.dies == NEVER else 1):
            core = await stack.enter_async_context(build_core(settings, clock=clock, patient=True))
            core.posters[life.platform] = QuizPoster(life, session, steps)
            bots.append(Party(core, clock, place))
        steps.watch()
        await Table(bots, session, life.server, steps).play()


if __name__ == "__main__":
    main(_play, READ_IN)
