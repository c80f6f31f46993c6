"""How a group's members do, as a table for its organisers: numbers, and nothing that anybody said."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.group.streaks import Kind, Streak

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import Place
    from bot.store.belongings import Member

MOST = 2_000  # members in one table; those who answered last come first
AT_ONCE = 50  # members whose days are looked at together
HEADERS = (
    "name", "account", "member since", "answers here", "right here", "last answer here", "days with answers", "streak",
    "longest streak",
)  # fmt: skip
# A spreadsheet would run a cell that begins so.
_FORMULA = re.compile(r"[\s']*[=+\-@\t\r\u2212\uff1d\uff0b\uff0d\uff20|%]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """The table, and who is not in it."""

    table: bytes
    members: int
    hidden: int
    more: int


@dataclass(frozen=True, slots=True)
class Rolls:
    """The verb; `Study` has one."""

    core: Core

    async def roll(self, place: Place, now: datetime) -> Roll:
        """A group's members. Whoever hides is left out; of a linked person, the account is the one of this platform."""
        await self.core.store.drain()
        found, hidden = await self.core.store.belongings.members_of(place)
        rows: list[tuple[object, ...]] = []
        for begins in range(0, min(len(found), MOST), AT_ONCE):
            some = found[begins : min(begins + AT_ONCE, MOST)]
            persons = [each.person for each in some]
            streaks = await self.core.study.standing.streaks(persons, now)
            accounts = await self.core.store.links.accounts_on(persons, place.platform)
            rows += [
                _row(each, accounts.get(each.person, each.person), streaks.get(each.person, Streak())) for each in some
            ]
        table = await asyncio.to_thread(written, rows)
        return Roll(table=table, members=len(rows), hidden=hidden, more=len(found) - len(rows))


def _row(member: Member, account: str, streak: Streak) -> tuple[object, ...]:
    return (
        member.name or account,
        account,
        member.since.date().isoformat(),
        member.answers,
        member.right,
        "" if member.last is None else member.last.isoformat(timespec="minutes"),
        sum(day.kind is Kind.ANSWERED for day in streak.history),
        streak.days,
        streak.longest,
    )


def written(rows: Iterable[tuple[object, ...]]) -> bytes:
    """Rows as CSV that spreadsheets open as it is meant: in UTF-8, and without formulas of anybody's making."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)  # else some would cut a name at a semicolon or a tab
    writer.writerow(HEADERS)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
