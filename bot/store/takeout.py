"""Everything in the store that is somebody's own, for a file: which tables, which columns, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from bot import codec
from bot.reply import plain
from bot.store.group_tables import (
    happenings,
    link_codes,
    links,
    members,
    postings,
    quiz_answers,
    quiz_players,
    quizzes,
    schedules,
)
from bot.store.tables import (
    answers,
    deck_cards,
    deck_uses,
    decks,
    disputes,
    exchanges,
    learners,
    memories,
    people,
    posed,
    tallies,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column, ColumnElement, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

PLACE = {
    "platform": "Discord, Slack, the web page or the terminal",
    "community": "the server, workspace or page",
    "channel": "the channel in it",
}
SECRET = "secret"  # noqa: S105 - the field of a question that holds its key
REPLIES = frozenset({"content", "reply"})
JSON = frozenset({"data", "effect", "marked", "options", "skipped", "topics", "weights"})


@dataclass(frozen=True, slots=True)
class Taken:
    """What is taken out of a table.

    Attributes:
        table: which.
        says: what a row is.
        fields: what each column that is taken says; those of the key of somebody else's are left out.
        whose: the columns that name whoever a row belongs to.
    """

    table: Table
    says: str
    fields: Mapping[str, str]
    whose: tuple[Column[Any], ...]


TAKEN: tuple[Taken, ...] = (
    Taken(
        people,
        "one of your accounts",
        {
            "id": "the platform's own id of it",
            "name": "what it is called",
            "role": "member or organiser",
            "first_seen": "when it first spoke to Stride",
            "last_seen": "when it last did, to the hour",
        },
        (people.c.id,),
    ),
    Taken(
        links,
        "an account that is linked to yours",
        {"account": "its id", "person": "the account whose memory they share", "at": "since when"},
        (links.c.account, links.c.person),
    ),
    Taken(
        link_codes,
        "a code of yours to link an account with, for a few minutes",
        {"person": "your id", "until": "how long it holds"},
        (link_codes.c.person,),
    ),
    Taken(
        members,
        "a group that you belong to",
        {
            "platform": PLACE["platform"],
            "community": PLACE["community"],
            "person": "your id in it",
            "since": "since when",
            "hidden": "1: you are left out of what others see",
        },
        (members.c.person,),
    ),
    Taken(
        learners,
        "how you are taught",
        {
            "person": "your id",
            "zone": "your time zone; empty: your group's",
            "seed": "decides what is drawn at random for you",
            "weights": "of the model of your memory, where they were fitted to you",
            "version": "grows with each answer",
            "since": "since when",
        },
        (learners.c.person,),
    ),
    Taken(
        memories,
        "a card that you remember",
        {
            "person": "your id",
            "card": "deck/card; with ~ a skill whose numbers are fresh each time",
            "due": "when it is asked again",
            "data": "what is remembered: stability in days, difficulty, reviews, lapses, the last answer",
        },
        (memories.c.person,),
    ),
    Taken(
        answers,
        "an answer, or what changed one since",
        {
            "id": "in the order in which they came",
            "person": "your id",
            "at": "when",
            "zone": "the time zone of your day",
            "kind": "answer; override: you rated it anew; credit: its question was wrong; plan: spread over days; "
            "brought: came with a deck; double: given with two accounts, counts for nothing",
            "platform": PLACE["platform"],
            "community": PLACE["community"],
            "posed": "the question's id",
            "about": "of an override or a credit: the answer that it changes",
            "card": "deck/card or ~skill",
            "source": "what exactly was asked",
            "correct": "1: right; empty, like all that would say so, until a quiz has told everybody",
            "rating": "1 again, 2 hard, 3 good, 4 easy",
            "confidence": "how sure you said you were, 1 to 3",
            "mistake": "the wrong rule that was followed, M1 to M24",
            "said": "what you answered",
            "tried": "0: you said that you do not know",
            "effect": "the days that were chosen",
            "marked": "what you were told",
        },
        (answers.c.person,),
    ),
    Taken(
        tallies,
        "a day on which you answered something in a group",
        {
            "platform": PLACE["platform"],
            "community": PLACE["community"],
            "day": "when it began in the group's time zone",
            "person": "your id",
            "tried": "answers, other than that you do not know",
            "correct": "right ones, and those whose question was wrong",
        },
        (tallies.c.person,),
    ),
    Taken(
        posed,
        "a question that you were asked",
        {
            "number": "in the order in which they were asked",
            "id": "its id",
            "person": "your id",
            **PLACE,
            "at": "when",
            "session": "those that were asked together have one",
            "position": "its place among them",
            "total": "how many they are",
            "purpose": "practice or review",
            "card": "deck/card or ~skill",
            "source": "what exactly was asked",
            "data": "as it was shown, without the key",
        },
        (posed.c.person,),
    ),
    Taken(
        disputes,
        "a question that you doubted",
        {
            "id": "in the order in which they came",
            "person": "your id",
            "at": "when",
            "source": "what had been asked",
            "outcome": "what torch said",
            "why": "in words",
            "torch": "its version",
            "credited": "how many people were credited",
        },
        (disputes.c.person,),
    ),
    Taken(
        decks,
        "a deck of your own",
        {
            "id": "its id",
            "owner": "your id",
            "title": "what it is called",
            "says": "about it",
            "topics": "their titles by their ids",
            "made": "when it came",
            "changed": "when it last changed",
            "edition": "grows with each change",
            "removed": "since when it is removed, until it goes for good",
        },
        (decks.c.owner,),
    ),
    Taken(
        deck_cards,
        "a card of a deck of your own",
        {
            "deck": "the deck's id",
            "card": "the card's id in it",
            "position": "its place",
            "data": "the card",
            "proof": "what came of its proof",
            "torch": "the version that said so",
        },
        (deck_cards.c.deck,),
    ),
    Taken(
        deck_uses,
        "a deck that you practise",
        {"owner": "your id", "deck": "the deck's id"},
        (deck_uses.c.owner,),
    ),
    Taken(
        happenings,
        "something that happened to you",
        {
            "id": "in the order in which they came",
            "at": "when",
            "kind": "zone: your days are another zone's; linked, unlinked, hidden, shown, quiz, posted, missed",
            **PLACE,
            "person": "your id",
            "data": "what exactly",
        },
        (happenings.c.person,),
    ),
    Taken(
        schedules,
        "something that comes again and again: to you alone, or to a group because you set it",
        {
            "id": "its id",
            "kind": "reminder, daily, quiz or digest",
            **PLACE,
            "person": "your id where it is for you alone",
            "at": "the time of day",
            "zone": "whose time",
            "weekdays": "a bit each, 1 for Monday",
            "options": "what was chosen for it",
            "paused_until": "a date",
            "skipped": "dates",
            "last": "up to when all has been done",
            "due": "when it comes next",
            "by": "who set it",
            "version": "grows with each change",
        },
        (schedules.c.person, schedules.c.by),
    ),
    Taken(
        postings,
        "what was said to you alone, unasked",
        {
            "id": "its id",
            "schedule": "what it came by",
            "kind": "what it was",
            **PLACE,
            "person": "your id",
            "moment": "for when it was meant",
            "state": "what became of it",
            "posed": "the question in it",
            "content": "what was said",
            "message": "the platform's own name of it",
            "sent": "when it was sent",
            "closes": "when its reveal is due",
            "why": "why it was not sent",
        },
        (postings.c.person,),
    ),
    Taken(
        quizzes,
        "a quiz that you began",
        {
            "id": "its id",
            **PLACE,
            "by": "your id",
            "at": "when",
            "topic": "about what",
            "total": "how many questions",
            "seconds": "for each",
            "state": "how far it came",
            "position": "the last question",
        },
        (quizzes.c.by,),
    ),
    Taken(
        quiz_players,
        "a quiz in which you took part",
        {
            "quiz": "its id",
            "person": "your id",
            "name": "what you were called",
            "joined": "since when",
            "gone": "until when",
        },
        (quiz_players.c.person,),
    ),
    Taken(
        quiz_answers,
        "an answer of yours that came in time in a quiz",
        {
            "quiz": "its id",
            "position": "the question's place",
            "person": "your id",
            "at": "when",
            "said": "what it was, until it was marked",
        },
        (quiz_answers.c.person,),
    ),
    Taken(
        exchanges,
        "what you said or pressed, and what came back",
        {
            "id": "in the order in which they came",
            **PLACE,
            "person": "the account that it was said with",
            "name": "what that was called then",
            "at": "when",
            "said": "what you typed",
            "action": "what you pressed, as the platform sends it back",
            "private": "1: nobody else saw the answer",
            "reply": "the answer as text",
            "post": "empty: you asked",
            "change": "empty: you asked",
        },
        (exchanges.c.person,),
    ),
)


async def taken_out(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """All rows that belong to somebody with these ids, by table; moments as ISO 8601 with their zone."""
    ids = tuple(ids)
    found = {}
    for each in TAKEN:
        columns = [column for column in each.table.c if column.name in each.fields]
        if each.table is deck_cards:
            own = select(decks.c.id).where(decks.c.owner.in_(ids))
            mine: ColumnElement[bool] = deck_cards.c.deck.in_(own)
        else:
            mine = or_(*(column.in_(ids) for column in each.whose))
        rows = await connection.execute(select(*columns).where(mine).order_by(*each.table.primary_key))
        found[each.table.name] = [dict(row) for row in rows.mappings()]
    return found


def shown(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it stands in a file."""
    return {name: _shown(table, name, value) for name, value in row.items()}


def _shown(table: str, name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if name in REPLIES:
        return _said(value)
    if name in JSON or (table, name) == ("quiz_answers", "said"):
        return _read(value)
    return value


def _read(written: str | None) -> Any:
    data = json.loads(written) if written else None
    return {name: value for name, value in data.items() if name != SECRET} if isinstance(data, dict) else data


def _said(written: str) -> str:
    """A reply as text: pictures and files by their names."""
    try:
        return plain(codec.loads(written)) if written else ""
    except codec.CodecError:  # of another version
        return ""
