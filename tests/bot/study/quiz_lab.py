"""A channel in which people play quizzes: bots on one store, a clock that is told to go on, and what they post."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.adapters.wall import WallPoster
from bot.app import build_core
from bot.reply import Reply, plain
from bot.settings import Settings
from bot.study.making import Did
from bot.tutor.model import Posed
from tests.bot.commands.learning import right, wrong
from tests.bot.commands.running import AT_EASE
from tests.bot.conversation import GROUP, Conversation, SettableClock, torch_away

if TYPE_CHECKING:
    from bot.command import Place
    from bot.store.quizzes import Quiz


@dataclass
class Party(Conversation):
    """A conversation in a channel where quizzes are played; torch is away, so that house cards are asked."""

    organisers: frozenset[str] = field(default_factory=lambda: frozenset({"olga"}))

    async def goes_on(self, seconds: float = 0) -> list[Did]:
        """Time passes, and what is due then is done."""
        self.clock.advance(seconds=seconds)
        return await self.core.study.rounds.once(self.clock.now())

    async def posts(self) -> list[Reply]:
        """What has been said in the channel unasked, each as it is now, the oldest first."""
        newest = await self.core.store.posts.newest()
        place = self.place
        found = await self.core.store.posts.changes(
            place.platform, place.community, {place.channel}, after=0, upto=newest
        )
        return [each.exchange.reply for each in sorted(found, key=lambda each: each.exchange.id)]

    async def last(self) -> Reply:
        """The newest post."""
        return (await self.posts())[-1]

    async def said(self) -> list[str]:
        """The first line of each post, in short."""
        return [plain(reply).partition("\n")[0] for reply in await self.posts()]

    async def quiz(self) -> Quiz:
        found = await self.core.study.quizzes.newest(self.place)
        assert found is not None, "there is a quiz"
        return found

    async def question(self) -> Posed:
        """The question that is open."""
        found = await self.core.study.quizzes.open_question(await self.quiz())
        assert found is not None, "a question is open"
        return found

    async def answers(self, name: str, *, rightly: bool = True, posed: Posed | None = None) -> Reply:
        """Somebody types their answer to the question that is open, or to another."""
        question = posed or await self.question()
        return await self.says(name, f"/answer {question.id} {right(question) if rightly else wrong(question)}")

    async def begins(self, *names: str, line: str = "/quiz start 3 20") -> Quiz:
        """People play: the first one starts it, all join, and the first question is there."""
        await self.says(names[0], line)
        for name in names:
            await self.says(name, "/quiz join")
        await self.goes_on()
        await self.says(names[0], "/quiz begin")
        await self.goes_on()
        return await self.quiz()


@asynccontextmanager
async def party(
    folder: Path, clock: SettableClock | None = None, *, database: Path | SecretStr | None = None, place: Place = GROUP
) -> AsyncIterator[Party]:
    """One bot that is connected; give the same folder or database again for another, or for what a restart keeps."""
    clock = clock or SettableClock()
    url = database if isinstance(database, SecretStr) else None
    settings = Settings(data_dir=folder, database_url=url, sandbox=torch_away(folder), fairness=AT_EASE)
    async with build_core(settings, clock=clock, patient=True) as core:
        core.posters[place.platform] = WallPoster(place.platform, place.community, core.store, clock)
        yield Party(core, clock, place)
