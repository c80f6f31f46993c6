"""How a person is taken out of every table, as the steps of one transaction.

What they said goes. That something was answered stays, of nobody: whoever counts, or works everything out anew, comes
to the same as before. So their lines in the logs belong to an id afterwards that leads to nobody, and say nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, exists, func, insert, or_, select, tuple_, update

from bot.store import tallying
from bot.store.group_tables import (
    communities,
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
from bot.store.joining import parts
from bot.store.members import What
from bot.store.tables import (
    answers,
    channels,
    deck_uses,
    decks,
    disputes,
    events,
    exchanges,
    learners,
    people,
    posed,
    questions,
    withdrawn,
)

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.store.scrub import Scrub

HOUSE = "stride"  # the deck that comes with Stride
KEPT_BUTTON = re.compile(r"(?<![0-9a-f])[0-9a-f]{12,64}(?![0-9a-f])")  # a name under which a text is kept for a button
NOTHING = json.dumps({"understood": ""})  # of what was marked

# Rows that are about them alone.
THEIRS: tuple[Column[str], ...] = (
    deck_uses.c.owner,
    decks.c.owner,
    exchanges.c.person,
    link_codes.c.person,
    links.c.account,
    links.c.person,
    people.c.id,
    posed.c.person,
    postings.c.person,
    schedules.c.person,
)
# Lines that stay, of nobody.
NOBODYS: tuple[Column[str], ...] = (
    answers.c.person,
    disputes.c.person,
    happenings.c.person,
    quiz_answers.c.person,
    quiz_players.c.person,
)
# What was done for a whole group stays; who did it does not matter.
BY: tuple[Column[str], ...] = (quizzes.c.by, schedules.c.by)
# What says in its data who it was about: other accounts, and schedules whose names follow from a person's id.
TRACED = tuple(each.value for each in (What.LINKED, What.UNLINKED, What.POSTED, What.MISSED, What.STOPPED))
# What was said about several people together.
TOLD: tuple[Column[str], ...] = (exchanges.c.reply, postings.c.content)
# What programs read about several people together: by their ids, and never by a name.
NOTED: tuple[Column[str], ...] = (communities.c.settings, happenings.c.data, quizzes.c.data, schedules.c.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Somebody who is to be forgotten.

    Attributes:
        ids: theirs, then those of their other accounts.
        gone: an id that leads to nobody, for what stays.
        scrub: takes them out of what was said about several people.
        places: communities in which others may have been told of them, as (platform, community).
    """

    ids: tuple[str, ...]
    gone: str
    scrub: Scrub
    places: tuple[tuple[str, str], ...]


async def forget(connection: AsyncConnection, leaving: Leaving) -> None:
    """Takes them out."""
    # First of all, so that an answer that is on its way finds nobody and is not written after them.
    await connection.execute(delete(learners).where(learners.c.person.in_(leaving.ids)))
    await _buttons(connection, leaving)
    await _cards(connection, leaving)
    await _answers(connection, leaving)
    await _happenings(connection, leaving)
    await _hidden(connection, leaving)
    for column in THEIRS:
        await connection.execute(delete(column.table).where(column.in_(leaving.ids)))
    for column in NOBODYS:
        await connection.execute(_of(column, leaving).values({column.name: leaving.gone}))
    await tallying.recount_people(connection, leaving.ids, leaving.gone)
    for column in BY:
        await connection.execute(_of(column, leaving).values({column.name: ""}))
    for each in leaving.ids:
        await connection.execute(delete(events).where(events.c.id.startswith(f"{each}:", autoescape=True)))
    alone = ~exists().where(*(exchanges.c[name] == channels.c[name] for name in ("platform", "community", "channel")))
    await connection.execute(delete(channels).where(channels.c.private == 1, alone))
    scrub = leaving.scrub
    for column in TOLD:
        await _told(connection, column, leaving, scrub.clues, scrub.reply)
    for column in NOTED:
        await _told(connection, column, leaving, scrub.ids, scrub.data)
    await _titles(connection, leaving)


def _of(column: Column[str], leaving: Leaving) -> Any:
    return update(column.table).where(column.in_(leaving.ids))


async def _buttons(connection: AsyncConnection, leaving: Leaving) -> None:
    """The texts behind the buttons that they were shown."""
    mine = select(exchanges.c.reply, exchanges.c.action).where(exchanges.c.person.in_(leaving.ids))
    names: set[str] = set()
    async for row in await connection.stream(mine):
        names.update(KEPT_BUTTON.findall(row.reply), KEPT_BUTTON.findall(row.action or ""))
    for some in parts(names):
        await connection.execute(delete(questions).where(questions.c.id.in_(some)))


async def _cards(connection: AsyncConnection, leaving: Leaving) -> None:
    """The names of cards that they made, wherever what stays is about one."""
    for column in (answers.c.card, answers.c.source, disputes.c.source):
        theirs = column.table.c.person.in_(leaving.ids)
        found = (await connection.execute(select(column).where(theirs).distinct())).scalars()
        for some in parts(await _own(connection, [name for name in found if "/" in name], leaving)):
            await connection.execute(update(column.table).where(theirs, column.in_(some)).values({column.name: ""}))
    mine = (await connection.execute(select(decks.c.id).where(decks.c.owner.in_(leaving.ids)))).scalars().all()
    for deck in mine:
        await connection.execute(delete(withdrawn).where(withdrawn.c.source.startswith(f"{deck}/", autoescape=True)))


async def _own(connection: AsyncConnection, cards: Sequence[str], leaving: Leaving) -> list[str]:
    """Those cards that are not of a deck which is there for others."""
    others = {HOUSE}
    for some in parts({card.partition("/")[0] for card in cards}):
        shared = select(decks.c.id).where(decks.c.id.in_(some), decks.c.owner.not_in(leaving.ids))
        others.update((await connection.execute(shared)).scalars())
    return [card for card in cards if card.partition("/")[0] not in others]


async def _one_row_each(connection: AsyncConnection, leaving: Leaving) -> None:
    """One id stands for several afterwards: where an account has rows of its own yet, none may meet the person's."""
    accounts = leaving.ids[1:]
    await connection.execute(update(answers).where(answers.c.person.in_(accounts)).values(posed=None))
    for table in (quiz_answers, quiz_players):
        await connection.execute(delete(table).where(table.c.person.in_(accounts)))


async def _answers(connection: AsyncConnection, leaving: Leaving) -> None:
    """What they answered, without a word of it: what can be chosen, is right or is a known mistake is none."""
    await _one_row_each(connection, leaving)
    mine = answers.c.person.in_(leaving.ids)
    own = select(posed.c.id).where(posed.c.person.in_(leaving.ids))
    shared = (
        select(answers.c.id, answers.c.correct, answers.c.mistake, answers.c.marked, posed.c.data)
        .join(posed, posed.c.id == answers.c.posed)
        .where(mine, answers.c.kind == "answer", posed.c.person.not_in(leaving.ids))
    )
    rows = (await connection.execute(shared)).all()
    kept = [(row.id, marked) for row in rows if (marked := _known(row)) is not None]
    await connection.execute(update(answers).where(mine, answers.c.posed.in_(own)).values(posed=None))
    await connection.execute(update(answers).where(mine).values(said="", effect="{}", marked=NOTHING))
    for id_, marked in kept:
        await connection.execute(update(answers).where(answers.c.id == id_).values(marked=marked))
    await connection.execute(update(disputes).where(disputes.c.person.in_(leaving.ids)).values(why=""))
    await connection.execute(_of(quiz_answers.c.person, leaving).values(said=""))
    # Nobody waits for their answers any more.
    gone = func.coalesce(quiz_players.c.gone, quiz_players.c.joined)
    await connection.execute(_of(quiz_players.c.person, leaving).values(name="", gone=gone))


def _known(row: Any) -> str | None:
    """How an answer was understood, where many give the same."""
    understood = json.loads(row.marked).get("understood", "")
    chosen = understood in json.loads(row.data).get("choices", ())
    return json.dumps({"understood": understood}) if row.correct or row.mistake or chosen else None


async def _happenings(connection: AsyncConnection, leaving: Leaving) -> None:
    """What happened to them says no more than when; only where their days began stays, for what follows from it."""
    mine = happenings.c.person.in_(leaving.ids)
    await connection.execute(update(happenings).where(mine, happenings.c.kind.in_(TRACED)).values(data="{}"))


async def _hidden(connection: AsyncConnection, leaving: Leaving) -> None:
    """Nobody is shown in any list: so what stays of them is hidden wherever it lies."""
    mine = members.c.person.in_(leaving.ids)
    belongs = (await connection.execute(select(members).where(mine))).all()
    there = {
        (row.platform, row.community): row.since for row in sorted(belongs, key=lambda row: row.since, reverse=True)
    }
    first = select(answers.c.platform, answers.c.community, answers.c.at).where(answers.c.person.in_(leaving.ids))
    for row in await connection.execute(first.order_by(answers.c.at)):
        there.setdefault((row.platform, row.community), row.at)
    await connection.execute(delete(members).where(mine))
    rows = [
        {"platform": platform, "community": community, "person": leaving.gone, "since": since, "hidden": 1}
        for (platform, community), since in there.items()
        if platform
    ]
    if rows:
        await connection.execute(insert(members), rows)


async def _told(
    connection: AsyncConnection,
    column: Column[str],
    leaving: Leaving,
    clues: Iterable[str],
    clean: Callable[[str], str],
) -> None:
    """What was written about several people, without them; by as many as are no burden to hold at once."""
    table = column.table
    key = list(table.primary_key)
    said = or_(*(column.contains(clue, autoescape=True) for clue in clues))
    for some in parts(leaving.places):
        here = or_(*(and_(table.c.platform == one, table.c.community == other) for one, other in some))
        which = (await connection.execute(select(*key).where(here, said))).all()
        for keys in parts(which):
            rows = select(*key, column.label("told")).where(tuple_(*key).in_([tuple(each) for each in keys]))
            found = (await connection.execute(rows)).all()
            cleaned = await asyncio.to_thread(list, map(clean, [row.told for row in found]))
            for row, after in zip(found, cleaned, strict=True):
                if after != row.told:
                    same = (each == row[place] for place, each in enumerate(key))
                    await connection.execute(update(table).where(*same).values({column.name: after}))


async def _titles(connection: AsyncConnection, leaving: Leaving) -> None:
    """The decks of groups stay, also those that they made; their name on one does not."""
    owners = [f"community:{platform}:{community}" for platform, community in leaving.places]
    for some in parts(owners):
        found = select(decks.c.id, decks.c.title, decks.c.says).where(decks.c.owner.in_(some))
        for row in (await connection.execute(found)).all():
            values = {"title": leaving.scrub.text(row.title), "says": leaving.scrub.text(row.says)}
            if values != {"title": row.title, "says": row.says}:
                await connection.execute(update(decks).where(decks.c.id == row.id).values(values))
