"""`/mine` as somebody uses it: pictures or their words, numbers, buttons that practise what was mixed up."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.actions import to_id
from bot.commands import mine
from bot.commands.mine_reply import streak_line
from bot.group.streaks import Streak
from bot.pictures.charts import Chart
from bot.pictures.errors import DrawingError
from bot.reply import Buttons, Picture, Reply, Text, plain
from tests.bot.conversation import GROUP, START, Conversation
from tests.bot.study.own_lab import learnt

DAY = timedelta(days=1)


@pytest.fixture
async def learner(group: Conversation, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    """Alice has learnt for three weeks; nothing is drawn, which other tests do."""

    async def undrawn(chart: Chart) -> Picture:
        raise DrawingError(f"no {type(chart).__name__} is drawn here")

    monkeypatch.setattr(group.core.pictures, "chart", undrawn)
    monkeypatch.setattr(group.core.pictures, "warm", lambda: None)
    catalogue = await group.core.tutor.cards(group.incoming("alice").user, GROUP)
    skills = list(catalogue.skills)
    for back in range(21, 0, -1):
        if back in {9, 10}:
            continue
        for number in range(3):
            right = (back + number) % 4 != 0
            mistake = "" if right else ("M1", "M5")[back % 2]
            at = group.clock.now() - back * DAY + number * timedelta(minutes=3)
            await learnt(group.core, "alice", skills[(back + number) % 9], at, right=right, mistake=mistake)
    return group


def labels(reply: Reply) -> list[str]:
    return [button.label for part in reply.parts if isinstance(part, Buttons) for button in part.buttons]


async def test_who_has_nothing_to_see_is_told_how_to_begin(group: Conversation) -> None:
    reply = await group.says("alice", "/mine")
    assert reply.private
    assert "Nothing to show yet" in plain(reply)
    assert labels(reply) == ["Practise", "Review"]
    assert reply.data == {"begun": False}


async def test_the_page_says_in_words_what_its_pictures_show(learner: Conversation) -> None:
    reply = await learner.says("alice", "/mine")
    assert reply.private
    said = plain(reply)
    for words in (
        "8 days in a row (your longest: 11): one answer today keeps it",
        "Your days: a calendar, 9 February 2026 to 2 March 2026; 57 answers on 19 days",
        "57 answers on 19 days, 75 % right.",
        "The last 7 days: 18 answers",
        "What you remember: bars;",
        "What you will remember: two curves;",
        "Mixed up in the last 90 days: bars; behind 14 wrong answers: ",
        "the +1 left out",
        "stride left out",
    ):
        assert words in said, said
    assert "Practise: the +1 left out" in labels(reply)


async def test_the_numbers_are_there_before_pictures_that_take_their_time(
    learner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Reply] = []
    seen = asyncio.Event()

    async def drawn(chart: Chart) -> Picture:
        async with asyncio.timeout(60):
            await seen.wait()
        return Picture(data=b"", alt=type(chart).__name__)

    async def progress(reply: Reply) -> None:
        shown.append(reply)
        seen.set()
        raise OSError("the platform is away for a moment, and the answer comes all the same")

    monkeypatch.setattr(mine, "AT_ONCE_S", 0.0)
    monkeypatch.setattr(learner.core.pictures, "chart", drawn)
    reply = await learner.core.handle(replace(learner.incoming("alice", text="/mine"), progress=progress))
    assert reply is not None
    assert "[picture: Year]" in plain(reply)
    [before] = shown
    assert before.private
    said = plain(before)
    for words in ("8 days in a row", "57 answers on 19 days", "due", "The pictures are being drawn."):
        assert words in said
    assert not [part for part in before.parts if isinstance(part, Picture | Buttons)]


async def test_pictures_that_are_there_at_once_come_with_the_numbers(
    learner: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Reply] = []

    async def progress(reply: Reply) -> None:
        shown.append(reply)

    monkeypatch.setattr(mine, "AT_ONCE_S", 60.0)
    assert await learner.core.handle(replace(learner.incoming("alice", text="/mine"), progress=progress))
    assert not shown


async def test_of_a_single_card_it_speaks_as_of_one(group: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    async def undrawn(chart: Chart) -> Picture:
        raise DrawingError(f"no {type(chart).__name__} is drawn here")

    monkeypatch.setattr(group.core.pictures, "chart", undrawn)
    monkeypatch.setattr(group.core.pictures, "warm", lambda: None)
    skill = next(iter((await group.core.tutor.cards(group.incoming("alice").user, GROUP)).skills))
    await learnt(group.core, "alice", skill, group.clock.now() - DAY, right=True)
    assert re.search(r"1 card begun of \d+; \d+ % of it is remembered now\.", plain(await group.says("alice", "/mine")))


async def test_programs_get_the_same_numbers(learner: Conversation) -> None:
    data: dict[str, Any] = json.loads(json.dumps(dict((await learner.says("alice", "/mine")).data)))
    assert data["answers"] == {"tried": 57, "right": 43}
    assert data["days"] == 19
    assert data["cards"]["begun"] == 9
    assert 0 < data["cards"]["remembered"] <= 9
    assert len(data["forecast"]["without"]) == len(data["forecast"]["with_reviews"]) == 57
    assert {each["id"]: each["count"] for each in data["mistakes"]} == {"M1": 9, "M5": 5}
    assert sum(topic["begun"] for topic in data["topics"]) == 9


async def test_a_topic_is_a_page_of_its_own_and_its_words_may_be_anything(learner: Conversation) -> None:
    whole = (await learner.says("alice", "/mine")).data["topics"]
    title = whole[0]["topic"]
    reply = await learner.says("alice", f"/mine {title}")
    assert reply.private
    assert reply.data["topic"] == title
    assert [each["topic"] for each in reply.data["topics"]] == [title]
    assert "what you remember least" in plain(reply)
    for part in reply.parts:
        if isinstance(part, Buttons):
            assert all(to_id(button.action) for button in part.buttons)


async def test_a_topic_not_yet_begun_says_how_much_waits_and_offers_it(learner: Conversation) -> None:
    reply = await learner.says("alice", "/mine dropout")
    assert "You have not begun this yet" in plain(reply)
    assert labels(reply) == ["Practise it"]


async def test_a_word_that_is_no_topic_is_answered_with_one_that_is(learner: Conversation) -> None:
    reply = await learner.says("alice", "/mine zzzzqqqq")
    assert reply.fault is not None
    assert (reply.fault.suggestion or "").startswith("/mine ")


async def test_a_mistakes_button_goes_stale_with_its_mistakes(learner: Conversation) -> None:
    reply = await learner.says("alice", "/mine")
    learner.clock.advance(days=200)
    pressed = await learner.presses("alice", "Practise: the +1 left out", reply)
    assert pressed.fault is not None
    assert "have not mixed that up" in plain(pressed)
    other = await learner.presses("bob", "Practise: the +1 left out", reply)
    assert other.fault is not None, "somebody else's mistakes are nobody's"


async def test_pictures_are_drawn_where_they_can_be(group: Conversation) -> None:
    skill = next(iter((await group.core.tutor.cards(group.incoming("alice").user, GROUP)).skills))
    await learnt(group.core, "alice", skill, START)
    reply = await group.says("alice", "/mine")
    pictures = [part for part in reply.parts if isinstance(part, Picture)]
    assert [part.alt.partition(":")[0] for part in pictures] == [
        "Your days",
        "What you remember",
        "What you will remember",
    ]
    assert all(len(part.data) < 100_000 for part in pictures)
    assert isinstance(reply.parts[0], Text)
    assert reply.parts[0].text == "1 day in a row: today is done"


@pytest.mark.parametrize(
    ("streak", "said"),
    [
        (Streak(), "No streak yet: one answer today begins one"),
        (Streak(days=0, lost=9, earn_back_answers=4), "4 more answers in time bring back your 9 days, see `/streak`"),
        (Streak(days=0, lost=9, earn_back_answers=1), "1 more answer in time brings back your 9 days, see `/streak`"),
    ],
)
def test_a_streak_in_one_line(streak: Streak, said: str) -> None:
    assert streak_line(streak).endswith(said)
