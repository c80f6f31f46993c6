"""Somebody asks to be forgotten, and no table knows them any more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import BigInteger, Integer, LargeBinary, String, Table, select

from bot import codec
from bot.actions import Action
from bot.command import Place
from bot.errors import UserError
from bot.reply import Button, Buttons, Form, Picture, Reply, Text, plain
from bot.reply import Table as Rows
from bot.store import forgetting
from bot.store.members import Happening, What
from bot.store.posting_rows import schedule_id
from bot.store.schema import metadata
from bot.store.scrub import SOMEBODY
from bot.store.tables import Moment
from cards.grade import Rating
from tests.bot.commands.test_link import learns, linked
from tests.bot.conversation import START, Conversation, conversation
from tests.bot.tutor.tutor_lab import Pupil, number

NAME = "zerlina"
ME = f"test:{NAME}"
TOLD = (*forgetting.TOLD, *forgetting.NOTED)
REMINDER = schedule_id("reminder", Place(platform="", community="", channel=""), person=ME)
TRACES = (NAME, "wombat", "aardvark", REMINDER)  # her name, what she says, her other account, what her id comes to
EMPTY: dict[type, Any] = {Moment: START, BigInteger: 0, Integer: 0, String: "", LargeBinary: b""}


@pytest.fixture
async def group(tmp_path: Path, database: Path | SecretStr) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path, database=database, organisers=frozenset({"olga"})) as found:
        yield found


async def everything(group: Conversation) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    await group.core.store.drain()
    found = {}
    async with group.core.store._engine.connect() as connection:
        for table in metadata.sorted_tables:
            found[table.name] = [
                dict(row) for row in (await connection.execute(select(table).order_by(*table.primary_key))).mappings()
            ]
    return found


async def put(group: Conversation, table: Table, **values: Any) -> None:
    """A row as somebody may have left it; what is not said is empty."""
    row = {
        column.name: next(value for kind, value in EMPTY.items() if isinstance(column.type, kind))
        for column in table.columns
        if not column.nullable and column.autoincrement is not True
    }
    if {"platform", "community"} <= set(row):
        row |= {"platform": group.place.platform, "community": group.place.community}
    async with group.core.store._engine.begin() as connection:
        await connection.execute(table.insert(), row | values)


def text_of(found: object) -> str:
    return json.dumps(found, default=str, ensure_ascii=False).casefold()


async def asks_to_be_forgotten(group: Conversation, who: str = NAME) -> Reply:
    """As on a platform that has forms."""
    page = await group.says(who, "/forget-me")
    opened = await group.presses(who, "Forget me", page)
    [form] = [part for part in opened.parts if isinstance(part, Form)]
    return await group.submits(who, form.action, word="forget")


async def lives(group: Conversation) -> None:
    """She leaves something in every table that speaks of people."""
    store, at = group.core.store, group.clock.now()
    pupil = await learns(group, NAME, "7", "8")
    await pupil.asked("n2")
    await group.core.tutor.set_zone(pupil.user, "Antarctica/Troll", at)
    await group.says(NAME, "/help wombat")
    await group.says(NAME, "/shape wombat")
    await linked(group, NAME, "aardvark")
    await group.says(NAME, "/link")
    await group.says("aardvark", "/help wombat")
    await store.learning.disputed(ME, f"{NAME}-deck/n0", at=at, outcome="holds", why="wombat", torch="2", credited=0)
    await store.learning.withdraw(f"{NAME}-deck/n1", "0", at=at, why="wombat", torch="2")
    await store.members.hide(group.place, ME, at, hidden=True)
    await store.members.note(Happening(at=at, kind=What.HOLIDAY, person=ME, data={"dates": ["2026-03-09"]}))
    for kind in (What.POSTED, What.MISSED, What.STOPPED):
        about = {"schedule": REMINDER, "kind": "reminder"}
        await store.members.note(Happening(at=at, kind=kind, person=ME, data=about))
    await store.members.choose(group.place, at, said_by=f"{ME}, who says it", by=ME)
    await put(group, metadata.tables["schedules"], id="reminder", person=ME, by=ME, options='{"note": "wombat"}')
    await put(group, metadata.tables["schedules"], id="daily", by=ME, options=json.dumps({"by": ME}))
    said = codec.dumps(Reply(parts=(Text(text=f"1. {NAME}"), Picture(data=b"zerlina", alt=f"{NAME} leads"))))
    await put(group, metadata.tables["postings"], id="to her", person=ME, content=said)
    await put(group, metadata.tables["postings"], id="to all", content=said)
    await put(group, metadata.tables["quizzes"], id="q", by=ME, data=json.dumps({"lobby": f"{ME} is here"}))
    await put(group, metadata.tables["quiz_players"], quiz="q", person=ME, name=NAME)
    await put(group, metadata.tables["quiz_answers"], quiz="q", person=ME, said='{"typed": "wombat"}')
    await put(
        group,
        metadata.tables["decks"],
        id="ours",
        owner="community:test:page",
        title=f"The deck of {NAME}",
        topics="{}",
    )
    # What stands behind a button that she was shown.
    key = "0123456789abcdef0123"
    store.keep_question(key, "conv1d wombat", at)
    shown = Reply(parts=(Buttons(buttons=(Button(label="Again", action=Action("ask", (key,))),)),))
    store.record_exchange(group.incoming(NAME, text="/shape conv1d wombat"), shown)
    # What others were told, in which she stands.
    board = Reply(parts=(Rows(headers=("who", "points"), rows=((NAME, "3"), ("zerlinas", "2"))),), data={"first": ME})
    store.record_exchange(group.incoming("bob", text="/leaderboard"), board)


async def test_nothing_is_left_of_them_in_any_table(group: Conversation) -> None:
    await lives(group)
    await learns(group, "bob", "7")
    before = await everything(group)
    about_people = {column.table.name for column in (*forgetting.THEIRS, *forgetting.NOBODYS, *TOLD)}
    assert [name for name in about_people | {"questions", "withdrawn"} if not before[name]] == []
    done = await asks_to_be_forgotten(group)
    assert done.data["accounts"] == 2
    after = await everything(group)
    for name, rows in after.items():
        left = text_of(rows).replace("zerlinas", "").replace("antarctica/troll", "")
        assert not [trace for trace in TRACES if trace in left], name
    assert '"bob"' in text_of(after)
    assert SOMEBODY in text_of(after["exchanges"])


async def test_what_counts_for_the_group_is_as_it_was(group: Conversation) -> None:
    await lives(group)
    await learns(group, "bob", "7")

    def counted(found: dict[str, list[dict[str, Any]]]) -> object:
        kept = ("at", "zone", "kind", "platform", "community", "correct", "rating", "mistake", "tried", "about")
        lines = [tuple(row[name] for name in kept) for row in found["answers"]]
        people = {name: len({row["person"] for row in found[name]}) for name in ("answers", "happenings")}
        days = [row["data"] for row in found["happenings"] if row["kind"] in {"zone", "holiday"}]
        return lines, people, days, len(found["happenings"]), len(found["quiz_answers"]), len(found["quiz_players"])

    before = counted(await everything(group))
    bob = await Pupil(group, "bob").memories()
    await asks_to_be_forgotten(group)
    found = await everything(group)
    assert counted(found) == before
    assert {row["person"] for row in found["learners"]} == {"test:bob"}
    assert await Pupil(group, "bob").memories() == await Pupil(group, "bob").replayed() == bob
    [gone] = {row["person"] for row in found["answers"]} - {"test:bob"}
    assert [row["hidden"] for row in found["members"] if row["person"] == gone] == [1]


async def test_they_may_begin_anew_and_nobody_knows_them(group: Conversation) -> None:
    before = await learns(group, NAME, "7", "8")
    await asks_to_be_forgotten(group)
    assert await before.memories() == ()
    again = await learns(group, NAME, "7")
    assert len(await again.memories()) == 1
    assert await again.memories() == await again.replayed()
    reply = await group.says(NAME, "/forget-me")
    assert reply.data["answers"] == 1


async def test_it_takes_a_button_and_a_word(group: Conversation) -> None:
    await learns(group, NAME, "7")
    page = await group.says(NAME, "/forget-me")
    opened = await group.presses(NAME, "Forget me", page)
    [form] = [part for part in opened.parts if isinstance(part, Form)]
    for word in ("", "forgot", "no"):
        refused = await group.submits(NAME, form.action, word=word)
        assert refused.fault is not None
        assert "Nothing was forgotten" in refused.fault.message
    kept = await group.presses(NAME, "Keep everything", page)
    assert "still there" in plain(kept)
    typed = await group.says(NAME, "/forget-me `forget`")
    assert len(await Pupil(group, NAME).memories()) == 1
    assert "forgotten" in plain(await group.presses(NAME, "Forget me now", typed))
    assert await Pupil(group, NAME).memories() == ()


async def test_a_press_by_somebody_else_forgets_that_one_alone(group: Conversation) -> None:
    await learns(group, NAME, "7")
    typed = await group.says(NAME, "/forget-me FORGET")
    await group.presses("mallory", "Forget me now", typed)
    assert len(await Pupil(group, NAME).memories()) == 1


async def test_answers_on_their_way_leave_nothing_of_before(group: Conversation) -> None:
    """Each is either forgotten with the rest or is the first of somebody new."""
    pupil = Pupil(group, NAME)
    cards = [number(f"n{place}") for place in range(8)]
    await pupil.brings(*cards)
    asked = await pupil.asked(*(card.id for card in cards))
    answers = [asyncio.create_task(pupil.tutor.answer(pupil.event(), each, rating=Rating.AGAIN)) for each in asked]
    await asyncio.sleep(0)
    forgetting_ = asyncio.create_task(asks_to_be_forgotten(group))
    found = await asyncio.gather(*answers, return_exceptions=True)
    await forgetting_
    assert all(not isinstance(each, BaseException) or isinstance(each, UserError) for each in found)
    after = await everything(group)
    left = [row for row in after["answers"] if row["person"] == ME]
    assert left == []
    assert not [trace for trace in TRACES if trace in text_of(after)]


async def test_another_bot_knows_them_no_more(group: Conversation, tmp_path: Path, database: Path | SecretStr) -> None:
    async with conversation(tmp_path, database=database) as other:
        await learns(other, NAME, "7", "8")
        await asks_to_be_forgotten(group)
        other.core.store.links._fresh = 0.0  # a second later
        await other.says(NAME, "/help")
        assert await Pupil(other, NAME).memories() == ()
        again = await learns(other, NAME, "7")
        assert len(await again.memories()) == 1
        assert await again.memories() == await again.replayed()


async def test_no_byte_of_them_is_left_in_the_file(tmp_path: Path) -> None:
    """Neither in SQLite's file nor in its log, also where pages were split and rows overwritten before."""
    path = tmp_path / "stride.sqlite3"
    async with conversation(tmp_path) as group:
        for turn in range(40):
            await group.says(NAME, f"/help {'wombat ' * turn}")
            await group.says("bob", f"/help {'x' * 50 * turn}")
        await lives(group)
        await group.core.store.drain()
        assert b"wombat" in path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()
        await asks_to_be_forgotten(group)
        held = path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()
        held = held.replace(b"zerlinas", b"")
        assert not [trace for trace in TRACES if trace.encode() in held]


def test_every_table_was_thought_of() -> None:
    """A new one is named here, where it speaks of nobody, or in what is forgotten."""
    nobodys = {"bots", "counters", "duties", "secrets"}
    cleaned = {
        "channels",
        "deck_cards",
        "events",
        "members",
        "memories",
        "learners",
        "questions",
        "tallies",
        "withdrawn",
    }
    told = {column.table.name for column in (*forgetting.THEIRS, *forgetting.NOBODYS, *forgetting.BY, *TOLD)}
    assert nobodys | cleaned | told == set(metadata.tables)
