"""How a group's members do, as a table for its organisers: numbers, and nothing that anybody said."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.command import User
from bot.group.streaks import Kind

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import Place

MOST = 2_000  # members in one table; those who answered last come first
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
        rows = []
        for each in found[:MOST]:
            user = User(id=each.person, name=each.name)
            streak = await self.core.study.standing.streak(user, place, now)
            account = await self.core.study.links.reached_on(each.person, place.platform) or each.person
            last = "" if each.last is None else each.last.isoformat(timespec="minutes")
            days = sum(day.kind is Kind.ANSWERED for day in streak.history)
            since = each.since.date().isoformat()
            rows.append(
                (
                    each.name or account,
                    account,
                    since,
                    each.answers,
                    each.right,
                    last,
                    days,
                    streak.days,
                    streak.longest,
                )
            )
        return Roll(table=written(rows), members=len(rows), hidden=hidden, more=len(found) - len(rows))


def written(rows: Iterable[tuple[object, ...]]) -> bytes:
    """Rows as CSV that spreadsheets open as it is meant: in UTF-8, and without formulas of anybody's making."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADERS)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def _cell(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
