"""Whatever people do, in whatever order and on however many bots: the log says what the store remembers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from bot.errors import UserError
from bot.tutor.model import Marked, Posed
from cards.grade import Confidence, Rating
from tests.bot.conversation import START, conversation
from tests.bot.tutor.tutor_lab import Pupil, mistake, number

STEPS = 60
CARDS = [
    *(number(f"n{place}", family="f" if place % 2 else "", difficulty=1 + place % 3) for place in range(6)),
    *(mistake(f"m{place}") for place in range(3)),
]
ZONES = ("Europe/Berlin", "Asia/Tokyo", "America/New_York", "UTC")


async def do_something(pupil: Pupil, draw: Random, seen: list[Posed]) -> None:
    """One thing that a learner may do, most often an answer."""
    what = draw.choices(["practise", "review", "override", "again", "zone", "plan"], [6, 8, 3, 1, 1, 1])[0]
    if what == "practise":
        seen += await pupil.asked(*draw.sample([card.id for card in CARDS], 2))
    elif what == "review" and (posed := await pupil.reviews()) is not None:
        seen.append(posed)
    elif what == "override" and seen:
        await pupil.tutor.override(pupil.event(), draw.choice(seen), draw.choice(list(Rating)))
    elif what == "zone":
        await pupil.tutor.set_zone(pupil.user, draw.choice(ZONES), pupil.group.clock.now())
    elif what == "plan":
        await pupil.tutor.take_up(pupil.event())
    if what in {"practise", "review", "again"} and seen:
        posed = draw.choice(seen[-2:])
        if draw.random() < 0.3:
            await pupil.rates(posed, Rating.AGAIN)
        elif posed.rated:
            await pupil.rates(posed, draw.choice(list(Rating)))
        else:
            typed, sure = draw.choice(["7", "8", posed.key]), draw.choice([None, *Confidence])
            await pupil.tutor.answer(pupil.event(), posed, typed=typed, confidence=sure)


@pytest.mark.parametrize("seed", range(4))
async def test_the_log_replayed_gives_what_is_stored(tmp_path: Path, seed: int) -> None:
    """Also across bots on one file, of which each has its own learners in memory."""
    draw = Random(seed)  # noqa: S311 - a test's own
    async with conversation(tmp_path) as one, conversation(tmp_path) as other:
        bots = [Pupil(one, "alice"), Pupil(other, "alice")]
        await bots[0].brings(*CARDS)
        seen: list[Posed] = []
        now = START
        for _ in range(STEPS):
            now += timedelta(seconds=draw.choice([5, 700, 90_000, 700_000]))
            pupil = draw.choice(bots)
            pupil.group.clock.at = now
            try:
                await do_something(pupil, draw, seen)
            except UserError:
                continue  # nothing to rate, nothing piled up, words that are no answer: nothing is kept
        assert await bots[0].replayed() == await bots[1].memories()
        log = await one.core.store.learning.log("test:alice")
        assert len({line.kind for line in log}) >= 2
        assert len(log) > STEPS // 4


async def test_answers_that_come_at_once_on_two_bots_all_count_and_each_once(tmp_path: Path) -> None:
    async with conversation(tmp_path) as one, conversation(tmp_path) as other:
        bots = [Pupil(one, "alice"), Pupil(other, "alice")]
        await bots[0].brings(*CARDS)
        asked = await bots[0].asked(*(card.id for card in CARDS))
        marked = await asyncio.gather(
            *(pupil.tutor.answer(pupil.event(), posed, rating=Rating.AGAIN) for posed in asked for pupil in bots)
        )
        assert all(isinstance(each, Marked) for each in marked)
        assert sum(not each.again for each in marked if isinstance(each, Marked)) == len(asked)
        assert len(await one.core.store.learning.log("test:alice")) == len(asked)
        assert await bots[1].replayed() == await bots[0].memories()


async def test_an_answer_whose_press_comes_again_after_a_crash_is_not_counted_twice(tmp_path: Path) -> None:
    """The bot went down after it had written and before it could speak; the platform delivers the press again."""
    async with conversation(tmp_path) as group:
        pupil = Pupil(group, "alice")
        await pupil.brings(*CARDS)
        [posed] = await pupil.asked("n1")
        event = pupil.event("press-1")
        first = await pupil.tutor.answer(event, posed, typed="8")
    async with conversation(tmp_path) as group:
        pupil = Pupil(group, "alice")
        kept = await pupil.tutor.posed(posed.id)
        assert kept == posed
        again = await pupil.tutor.answer(event, kept, typed="8")
        assert isinstance(first, Marked)
        assert isinstance(again, Marked)
        assert (again.again, again.due, again.understood) == (True, first.due, first.understood)
        assert len(await group.core.store.learning.log("test:alice")) == 1


async def test_an_answer_that_was_cut_off_leaves_nothing_half_done(tmp_path: Path) -> None:
    async with conversation(tmp_path) as group:
        pupil = Pupil(group, "alice")
        await pupil.brings(*CARDS)
        asked = await pupil.asked(*(card.id for card in CARDS))
        for turns, posed in enumerate(asked):
            task = asyncio.create_task(pupil.tutor.answer(pupil.event(), posed, rating=Rating.AGAIN))
            for _ in range(turns * 3):  # a little further with each
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert await pupil.replayed() == await pupil.memories()
        for posed in asked:
            await pupil.rates(posed, Rating.AGAIN)
        assert len(await group.core.store.learning.log("test:alice")) == len(asked)
        assert await pupil.replayed() == await pupil.memories()
