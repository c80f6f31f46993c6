"""The card of the day as a channel lives with it, and as its organiser sets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.actions import Action
from bot.adapters.wall import WallPoster
from bot.command import Incoming, Place
from bot.completion import complete
from bot.errors import PostFailed, PostRefused
from bot.reply import Buttons, Code, MessageRef, Reply, plain
from bot.study.making import Did
from tests.bot.commands.learning import right, wrong
from tests.bot.conversation import Conversation, conversation

FRIDAY = datetime(2026, 3, 27, 7, 0, tzinfo=UTC)  # eight in Berlin, two days before the clocks change
NINE = FRIDAY + timedelta(hours=1)
SET = "/daily set 09:00 Europe/Berlin"


class Channel(Conversation):
    """A channel to which things come by themselves."""

    async def comes(self, at: datetime) -> list[dict[str, Any]]:
        """All that falls due at a moment; what became of it."""
        self.clock.at = at
        found: list[Did] = await self.core.study.rounds.once(at)
        return [each.data for each in found if each.what in {"daily", "reveal"}]

    async def posts(self) -> list[Reply]:
        """What stands in the channel that nobody asked for."""
        said = await self.core.history(self.place, viewer="test:nobody")
        return [each.reply for each in said if not each.person]

    async def card(self, at: datetime) -> dict[str, Any]:
        """The card that comes at a moment, and nothing else."""
        [came] = [each for each in await self.comes(at) if each["kind"] == "daily"]
        return came


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    """A group that has Stride post, with torch away."""
    async with conversation(tmp_path, organisers=frozenset({"olga"})) as talk:
        talk.clock.at = FRIDAY
        found = Channel(talk.core, talk.clock, talk.place, talk.organisers)
        found.core.posters["test"] = WallPoster("test", "page", talk.core.store, talk.clock)
        yield found


class Troubled:
    """A platform that does not take what is posted."""

    platform = "test"

    def __init__(self, fault: Exception) -> None:
        self.fault = fault
        self.asked: list[str] = []

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        del place, reply, person
        self.asked.append(key)
        raise self.fault

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:
        del place, key, since, person
        return None

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        del place, message, reply
        raise self.fault


def said(reply: Reply) -> str:
    return plain(reply)


# A day.


async def test_a_day_of_the_card(channel: Channel) -> None:
    """It comes at nine, people answer in private, and the next day all see the spread, the key and nobody's name."""
    await channel.says("olga", SET)
    assert await channel.comes(NINE - timedelta(seconds=1)) == []
    came = await channel.card(NINE)
    assert came["state"] == "sent"
    assert await channel.comes(NINE) == []
    [post] = await channel.posts()
    assert not post.private
    question = await channel.core.tutor.posed(came["question"])
    assert question is not None
    assert question.person == ""

    channel.clock.advance(hours=3)
    good = await channel.says("alice", f"/answer {question.id} {right(question)}")
    bad = await channel.says("bob", f"/answer {question.id} {wrong(question)}")
    assert good.private
    assert good.data["correct"]
    assert bad.private
    assert not bad.data["correct"]
    again = await channel.says("bob", f"/answer {question.id} {right(question)}")
    assert not again.data["correct"]

    assert await channel.comes(NINE + timedelta(hours=23, minutes=59)) == []
    reveal, card = await channel.comes(NINE + timedelta(days=1))
    assert (reveal["kind"], card["kind"]) == ("reveal", "daily")
    told = (await channel.posts())[1]
    assert told.data["answers"] == 2
    assert told.data["right"] == 1
    assert sum(each["count"] for each in told.data["distribution"]) == 2
    assert told.data["key"] == question.key
    assert "alice" not in said(told)
    assert "bob" not in said(told)
    assert told.data["proof"] == question.proof
    assert any(isinstance(part, Code) and part.code in question.proof for part in told.parts)
    assert [type(part).__name__ for part in told.parts].count("Picture") == 1


async def test_whoever_answers_late_is_told_and_not_counted(channel: Channel) -> None:
    """Before the reveal, at its very moment, and after it, by a button and by typing; earlier answers stay."""
    await channel.says("olga", SET)
    question = await channel.core.tutor.posed((await channel.card(NINE))["question"])
    assert question is not None
    [post] = await channel.posts()
    button = next(part for part in post.parts if isinstance(part, Buttons)).buttons[0]
    channel.clock.at = NINE + timedelta(days=1) - timedelta(seconds=1)
    early = await channel.says("alice", f"/answer {question.id} {right(question)}")
    assert early.data["correct"]
    channel.clock.at = NINE + timedelta(days=1)
    for late in (
        await channel.presses("bob", button),
        await channel.says("bob", f"/answer {question.id} {right(question)}"),
    ):
        assert late.private
        assert late.fault is not None
        assert question.key.split("\n")[0] in said(late)
    assert not (await channel.says("alice", f"/answer {question.id} {right(question)}")).fault
    assert len(await channel.core.tutor.answers_of_all(question)) == 1


async def test_a_press_is_answered_after_a_restart(channel: Channel, tmp_path: Path) -> None:
    await channel.says("olga", SET)
    await channel.comes(NINE)
    [post] = await channel.posts()
    button = next(part for part in post.parts if isinstance(part, Buttons)).buttons[0]
    async with conversation(tmp_path) as later:
        later.clock.at = NINE + timedelta(hours=2)
        assert (await later.presses("alice", button)).fault is None


async def test_of_two_bots_that_get_the_same_answer_one_counts(channel: Channel, tmp_path: Path) -> None:
    """A platform delivers it to both: there is one answer, and both say the same of it."""
    await channel.says("olga", SET)
    question = await channel.core.tutor.posed((await channel.card(NINE))["question"])
    assert question is not None
    press = channel.incoming("alice", text=f"/answer {question.id} {right(question)}", id="test:the-same-event")
    async with conversation(tmp_path) as other:
        both = await asyncio.gather(channel.core.handle(press), other.core.handle(press))
    assert [None if each is None else each.data["correct"] for each in both] == [True, True]
    assert len(await channel.core.tutor.answers_of_all(question)) == 1
    assert len(await channel.core.store.learning.log("test:alice")) == 1


async def test_who_types_an_answer_alone_means_the_open_card(channel: Channel) -> None:
    """Where no question of their own is open; whoever has answered has none left."""
    await channel.says("olga", SET)
    question = await channel.core.tutor.posed((await channel.card(NINE))["question"])
    assert question is not None
    assert (await channel.says("alice", f"/answer {right(question)}")).data["correct"]
    assert (await channel.says("alice", f"/answer {right(question)}")).fault is not None


async def test_the_card_of_a_group_is_nobody_elses(channel: Channel) -> None:
    """An id proves nothing: somebody of another community is not answered."""
    await channel.says("olga", SET)
    came = await channel.card(NINE)
    event = channel.incoming("mallory", text=f"/answer {came['question']} a")
    reply = await channel.core.handle(replace(event, place=replace(channel.place, community="elsewhere")))
    assert reply is not None
    assert reply.fault is not None
    assert "another group" in said(reply)


async def test_no_card_comes_twice_in_a_row_and_topics_take_turns(channel: Channel) -> None:
    await channel.says("olga", SET)
    cards = []
    for day in range(5):
        question = await channel.core.tutor.posed((await channel.card(NINE + timedelta(days=day)))["question"])
        assert question is not None
        cards.append(question)
    assert len({each.card for each in cards}) == len(cards)
    assert all(one.topic != other.topic for one, other in pairwise(cards))


# What goes wrong.


@pytest.mark.parametrize(
    ("late", "comes"), [(timedelta(hours=3) - timedelta(seconds=1), True), (timedelta(hours=3), False)]
)
async def test_what_was_missed_comes_less_than_three_hours_late(channel: Channel, late: timedelta, comes: bool) -> None:
    await channel.says("olga", SET)
    found = await channel.comes(NINE + late)
    assert bool(found) is comes
    shown = await channel.says("olga", "/daily show")
    assert ("left out" in said(shown)) is not comes


async def test_after_days_away_one_card_comes(channel: Channel) -> None:
    await channel.says("olga", SET)
    found = await channel.comes(NINE + timedelta(days=3))
    assert [each["kind"] for each in found] == ["daily"]
    assert "3 cards were left out" in said(await channel.says("olga", "/daily show"))


async def test_a_platform_that_refuses_is_not_asked_again_and_show_says_so(channel: Channel) -> None:
    await channel.says("olga", SET)
    refusing = channel.core.posters["test"] = Troubled(PostRefused("I may not write in this channel"))
    [came] = await channel.comes(NINE)
    assert came["state"] == "refused"
    assert await channel.comes(NINE + timedelta(minutes=30)) == []
    assert len(refusing.asked) == 1
    assert "I may not write in this channel" in said(await channel.says("olga", "/daily show"))


async def test_a_platform_that_fails_is_asked_again_with_growing_pauses_for_three_hours(channel: Channel) -> None:
    """The same post each time, and at last it is left out and noted."""
    await channel.says("olga", SET)
    failing = channel.core.posters["test"] = Troubled(PostFailed("no connection"))
    pauses, last, at = [], NINE, NINE
    while at < NINE + timedelta(hours=4):
        before = len(failing.asked)
        await channel.comes(at)
        if len(failing.asked) > before:
            pauses.append(at - last)
            last = at
        following = await channel.core.store.postings.next_due(["test"], ["daily"])
        if following is None:
            break
        at = following
    assert len(set(failing.asked)) == 1
    assert 10 < len(failing.asked) < 40
    assert pauses == sorted(pauses)
    assert last < NINE + timedelta(hours=3)
    assert "did not come: no connection" in said(await channel.says("olga", "/daily show"))


async def test_a_platform_that_comes_back_gets_the_same_card(channel: Channel) -> None:
    await channel.says("olga", SET)
    wall = channel.core.posters["test"]
    channel.core.posters["test"] = Troubled(PostFailed("no connection"))
    [failed] = await channel.comes(NINE)
    channel.core.posters["test"] = wall
    [came] = await channel.comes(NINE + timedelta(minutes=1))
    assert came["state"] == "sent"
    assert came["question"] == failed["question"]


async def test_what_falls_due_is_looked_for_at_its_moment(channel: Channel) -> None:
    """Without anybody asking: the loop wakes when something is set, and posts when it is time."""
    posted = asyncio.Event()
    channel.core.posters["test"] = WallPoster("test", "page", channel.core.store, channel.clock, told=posted.set)
    looking = asyncio.create_task(channel.core.study.rounds.run())
    try:
        channel.clock.at = NINE - timedelta(milliseconds=300)
        await channel.says("olga", SET)
        channel.clock.at = NINE
        async with asyncio.timeout(30):
            await posted.wait()
    finally:
        looking.cancel()
        await asyncio.wait([looking])
    assert len(await channel.posts()) == 1


# What organisers say.


async def test_set_names_the_next_three_in_local_time(channel: Channel) -> None:
    """Across the change of the clocks nine stays nine."""
    reply = await channel.says("olga", f"{SET} conv hard")
    assert "every day at 09:00 (Europe/Berlin), about `conv`, hard ones" in said(reply)
    assert "The next: Fri 27 Mar 09:00, Sat 28 Mar 09:00, Sun 29 Mar 09:00." in said(reply)
    assert reply.data["daily"]["next"][-1] == "2026-03-29T07:00:00+00:00"


@pytest.mark.parametrize(
    ("typed", "said_back"),
    [
        ("9 berlin weekdays", "on weekdays at 09:00 (Europe/Berlin)."),
        ("9 am New York mon,wed", "on mon, wed at 09:00 (America/New York)."),
        ("17:30 Asia/Kathmandu mon, wed, fri", "on mon, wed, fri at 17:30 (Asia/Kathmandu)."),
        ("6pm every day London", "every day at 18:00 (Europe/London)."),
        ("08:00 Europe/Berlin pooling", "about `pooling`."),
        ("08:00 Europe/Berlin easy", "easy ones."),
    ],
)
async def test_set_is_read_as_people_write_it(channel: Channel, typed: str, said_back: str) -> None:
    assert said_back in said(await channel.says("olga", f"/daily set {typed}"))


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("set", "Say a time of day"),
        ("set 25:00 Europe/Berlin", "no time of day"),
        ("set 9", "In which time zone?"),
        ("set 9 Belrin", "Did you mean `Europe/Berlin`?"),
        ("set 9 est", "Several zones"),
        ("set 9 Europe/Berlin xyzzy", "no questions about `xyzzy`"),
        ("pause", "No card of the day comes here yet"),
        ("fly", "not one of"),
        ("show me", "takes nothing more"),
    ],
)
async def test_what_cannot_be_read_says_what_to_write(channel: Channel, typed: str, fault: str) -> None:
    reply = await channel.says("olga", f"/daily {typed}")
    assert reply.fault is not None
    assert fault in reply.fault.message
    assert reply.fault.suggestion is not None


async def test_only_organisers_may(channel: Channel) -> None:
    """Neither by typing nor by an organiser's button."""
    for verb in ("set 9 Berlin", "show", "preview", "pause until tomorrow", "resume", "skip", "off"):
        assert "Only organisers" in said(await channel.says("alice", f"/daily {verb}"))
    undo = channel.button(await channel.says("olga", SET), "Undo")
    assert "Only organisers" in said(await channel.presses("alice", undo))
    assert "The next" in said(await channel.says("olga", "/daily show"))


async def test_a_pause_ends_by_itself_or_by_a_word(channel: Channel) -> None:
    await channel.says("olga", SET)
    paused = await channel.says("olga", "/daily pause until 3 Apr")
    assert "The next: Fri 3 Apr 09:00" in said(paused)
    assert await channel.comes(NINE) == []
    assert "It is paused until Fri 3 Apr" in said(await channel.says("olga", "/daily show"))
    resumed = await channel.says("olga", "/daily resume")
    assert "The next: Sat 28 Mar 09:00" in said(resumed)
    assert await channel.comes(NINE + timedelta(hours=1)) == []
    assert len(await channel.comes(NINE + timedelta(days=1))) == 1


async def test_skip_leaves_one_out_and_can_be_undone(channel: Channel) -> None:
    await channel.says("olga", SET)
    skipped = await channel.says("olga", "/daily skip")
    assert "The next: Sat 28 Mar 09:00" in said(skipped)
    undone = await channel.presses("olga", "Undo", skipped)
    assert "The next: Fri 27 Mar 09:00" in said(undone)
    assert "No card comes on" in said(await channel.says("olga", "/daily skip 2026-04-02"))
    assert len(await channel.comes(NINE)) == 1


async def test_off_can_be_undone_and_still_tells_the_last_answer(channel: Channel) -> None:
    await channel.says("olga", SET)
    await channel.card(NINE)
    gone = await channel.says("olga", "/daily off")
    assert (await channel.says("olga", "/daily show")).data["daily"] is None
    assert [each["kind"] for each in await channel.comes(NINE + timedelta(days=1))] == ["reveal"]
    await channel.presses("olga", "Undo", gone)
    assert [each["kind"] for each in await channel.comes(NINE + timedelta(days=2))] == ["daily"]


async def test_what_has_been_changed_since_is_not_undone(channel: Channel) -> None:
    """Though cards that came in between are no change."""
    first = await channel.says("olga", SET)
    second = await channel.says("olga", "/daily set 10:00 Europe/Berlin")
    assert "changed since" in said(await channel.presses("olga", "Undo", first))
    await channel.card(NINE + timedelta(hours=1))
    assert "at 09:00" in said(await channel.presses("olga", "Undo", second))
    assert "changed since" in said(await channel.presses("olga", "Undo", second))


async def test_an_undo_of_another_channel_or_version_does_nothing(channel: Channel) -> None:
    undo = channel.button(await channel.says("olga", SET), "Undo")
    event = channel.incoming("olga", action=undo.action)
    elsewhere: Incoming = replace(event, place=replace(channel.place, channel="other"))
    reply = await channel.core.handle(elsewhere)
    assert reply is not None
    assert reply.fault is not None
    assert (await channel.submits("olga", Action("daily-undo", ("x",)))).fault is not None
    assert "The next" in said(await channel.says("olga", "/daily show"))


async def test_a_preview_asks_nobody(channel: Channel) -> None:
    """The same card is shown twice, with its answer and without a button."""
    await channel.says("olga", SET)
    one, other = [await channel.says("olga", "/daily preview") for _ in range(2)]
    assert one.private
    assert said(one) == said(other)
    assert one.data["key"]
    assert not [part for part in one.parts if isinstance(part, Buttons)]
    assert await channel.core.tutor.posed("preview") is None


async def test_zones_days_topics_and_difficulties_complete(channel: Channel) -> None:
    await channel.says("olga", SET)  # with which the zones have been read in

    def ways(text: str) -> list[str]:
        return [each.text for each in complete(channel.core, text)]

    assert "/daily set " in ways("/daily s")
    assert "/daily set 09:00 " in ways("/daily set 0")
    assert "/daily set 09:00 Europe/Berlin " in ways("/daily set 09:00 berl")
    assert "/daily set 09:00 Europe/Berlin weekdays " in ways("/daily set 09:00 Europe/Berlin w")
    assert "/daily set 09:00 Europe/Berlin weekdays hard " in ways("/daily set 09:00 Europe/Berlin weekdays h")
