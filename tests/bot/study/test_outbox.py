"""Posts that hang, and bots that stand still: what others are to hear comes all the same, and nothing comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from bot.command import Place
from bot.group.schedule import Schedule
from bot.reply import MessageRef, Reply
from bot.store.backup import backup, restore
from bot.store.posting_rows import Planned, Posting, schedule_id
from bot.study import outbox
from bot.study.outbox import AT_ONCE, TURN
from tests.bot.conversation import START
from tests.bot.study.quiz_lab import Party, party

MINUTE = timedelta(minutes=1)


class Taking:
    """A platform that takes posts and knows them again, but for those to some channels, which it never answers."""

    def __init__(self, platform: str, *, hangs: frozenset[str] = frozenset()) -> None:
        self.platform = platform
        self.hangs = hangs
        self.asked: list[str] = []
        self.took: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    async def has_taken(self, count: int) -> None:
        while len(self.took) < count:
            self._news.clear()
            await self._news.wait()

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        del reply, person
        self.asked.append(place.channel)
        if place.channel in self.hangs:
            await asyncio.Event().wait()
        self.took.append((place.channel, key))
        self._news.set()
        return MessageRef(channel=place.channel, message=key)

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        del since, person
        there = (place.channel, key) in self.took
        return MessageRef(channel=place.channel, message=key) if there else None

    def named(self, place: Place) -> str:
        raise NotImplementedError  # everybody here is in the channel

    async def obstacle(self, place: Place) -> str:
        raise NotImplementedError  # nobody sets anything up here

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        raise NotImplementedError  # nothing here is edited


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Party]:
    async with party(tmp_path) as found:
        yield found


async def has_cards_come(group: Party, platform: str, channel: str, at: time) -> None:
    place = Place(platform=platform, community="page", channel=channel)
    identity = schedule_id("daily", place)
    schedule = Schedule(at=at, zone="UTC")
    planned = Planned(id=identity, kind="daily", place=place, schedule=schedule, last=START, by="olga")
    await group.core.store.schedules.keep(planned)


async def ends(rounds: asyncio.Task[object]) -> None:
    rounds.cancel()
    await asyncio.wait({rounds})


async def test_a_post_that_hangs_holds_up_neither_what_is_due_with_it_nor_what_falls_due_meanwhile(
    group: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LOOK_S", 0.2)
    monkeypatch.setattr(outbox, "TOGETHER", 4)
    many = 11
    poster = group.core.posters["fake"] = Taking("fake", hangs=frozenset({"c0"}))
    for number in range(many):
        await has_cards_come(group, "fake", f"c{number}", time(9, 1))
    await has_cards_come(group, "fake", "later", time(9, 2))
    group.clock.at = START + MINUTE
    rounds = asyncio.create_task(group.core.study.rounds.once(group.clock.at))
    async with asyncio.timeout(30):
        await poster.has_taken(many - 1)
        group.clock.at += MINUTE
        await poster.has_taken(many)
    assert "c0" in poster.asked
    assert {channel for channel, _ in poster.took} == {"later", *(f"c{number}" for number in range(1, many))}
    await ends(rounds)


async def test_a_platform_that_answers_nothing_at_all_holds_up_no_other_platform(group: Party) -> None:
    hanging = frozenset(f"c{number}" for number in range(AT_ONCE + 1))
    dead = group.core.posters["dead"] = Taking("dead", hangs=hanging)
    alive = group.core.posters["fake"] = Taking("fake")
    for channel in hanging:
        await has_cards_come(group, "dead", channel, time(9, 1))
    await has_cards_come(group, "fake", "group", time(9, 2))
    group.clock.at = START + 2 * MINUTE
    rounds = asyncio.create_task(group.core.study.rounds.once(group.clock.at))
    async with asyncio.timeout(30):
        await alive.has_taken(1)
    assert len(dead.asked) <= AT_ONCE
    await ends(rounds)


async def test_a_bot_that_stood_still_while_another_took_over_sends_nothing_any_more(
    tmp_path: Path, group: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped, or its machine sleeps, when it has recorded that it is about to send, and not yet sent."""
    poster = Taking("fake")
    await has_cards_come(group, "fake", "group", time(9, 1))
    group.clock.at = START + MINUTE
    async with party(tmp_path, group.clock) as other:
        group.core.posters["fake"] = other.core.posters["fake"] = poster
        sending = group.core.store.postings.sending

        async def stands_still(posting: Posting, *, until: datetime) -> Posting | None:
            begun = await sending(posting, until=until)
            group.clock.at += TURN + MINUTE
            await other.core.study.rounds.once(group.clock.at)
            return begun

        monkeypatch.setattr(group.core.store.postings, "sending", stands_still)
        await group.core.study.rounds.once(group.clock.at)
    assert [channel for channel, _ in poster.took] == ["group"]


async def test_a_bot_that_stood_still_for_long_and_was_missed_by_nobody_sends_it_after_all(
    group: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster = group.core.posters["fake"] = Taking("fake")
    await has_cards_come(group, "fake", "group", time(9, 1))
    group.clock.at = START + MINUTE
    sending = group.core.store.postings.sending

    async def stands_still(posting: Posting, *, until: datetime) -> Posting | None:
        monkeypatch.undo()
        begun = await sending(posting, until=until)
        group.clock.at += TURN + MINUTE
        return begun

    monkeypatch.setattr(group.core.store.postings, "sending", stands_still)
    [held_up] = await group.core.study.rounds.once(group.clock.at)
    assert (held_up.data["state"], poster.took) == ("ready", [])
    group.clock.at += MINUTE
    [sent] = await group.core.study.rounds.once(group.clock.at)
    assert sent.data["state"] == "sent"
    assert len(poster.took) == 1


async def test_after_an_older_backup_was_brought_back_nothing_that_has_come_since_comes_again(
    group: Party, tmp_path: Path
) -> None:
    """The store knows nothing of it any more, and the platform does."""
    poster = group.core.posters["fake"] = Taking("fake")
    await has_cards_come(group, "fake", "group", time(9, 1))
    await backup(group.core.store._engine, tmp_path / "older")
    group.clock.at = START + MINUTE
    [came] = await group.core.study.rounds.once(group.clock.at)
    await restore(group.core.store._engine, tmp_path / "older", force=True)
    group.clock.at += 20 * MINUTE
    [again] = await group.core.study.rounds.once(group.clock.at)
    assert (came.data["state"], again.data["state"]) == ("sent", "sent")
    assert again.data["question"] == came.data["question"]
    assert len(poster.asked) == 1
