"""The card of the day as a channel lives with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.adapters.wall import WallPoster
from bot.commands.daily_reply import key
from bot.errors import PostFailed, PostRefused
from bot.reply import Buttons, Code
from tests.bot.commands.daily_lab import NINE, SET, Channel, Troubled, a_channel, said
from tests.bot.commands.learning import right, wrong
from tests.bot.conversation import conversation


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    async with a_channel(tmp_path) as found:
        yield found


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
    [ran] = [part for part in key(question) if isinstance(part, Code)]
    assert ran in told.parts
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
