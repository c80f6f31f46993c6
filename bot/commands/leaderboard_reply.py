"""What `/leaderboard` says: at most ten places and one's own, by points and by what somebody gained on themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.arguments import shorten
from bot.commands.learning_words import after
from bot.commands.streak_reply import group_data, in_group
from bot.group.seasons import SCORING, Placed
from bot.group.together import Together
from bot.reply import Part, Reply, Table, Text
from bot.study.standing import Board

ROWS = 10
NOBODY = "somebody"  # whoever has no name


def shown(
    board: Board, names: Mapping[str, str], person: str, at: datetime, *, group: Together | None, called: str = ""
) -> Reply:
    """A season, of the group that is `called` so; for whoever is left out of it, what they alone see."""
    parts: list[Part] = [Text(text=_title(board, at), tone="heading")]
    if called:
        parts.append(Text(text=f"Of the group `{shorten(called)}`."))
    if board.points:
        parts.append(_table(board.points, names, person, "points", ""))
    else:
        over = at >= board.season.ends
        parts.append(Text(text=f"Nobody {'had points then' if over else 'has points yet: the first answer leads'}."))
    if board.gains:
        parts.append(Text(text="Against their own last four weeks, as far as this one has gone:"))
        parts.append(_table(board.gains, names, person, "gained", "+"))
    if group is not None:
        parts.append(Text(text=in_group(group)))
    parts.append(Text(text=SCORING, tone="note"))
    hidden = person in board.left_out
    if hidden:
        parts.append(Text(text="You are left out, by your own wish. `/leaderboard show` brings you back.", tone="note"))
    return Reply(parts=tuple(parts), private=hidden, data=_data(board, names, person, group))


def seen(board: Board, person: str) -> list[str]:
    """Of whom the names are needed."""
    return sorted({each.person for ranking in (board.points, board.gains) for each in _rows(ranking, person)})


def season_name(board: Board) -> str:
    """Such as `2 to 8 March 2026`, or `29 December 2025 to 4 January 2026`."""
    first, last = board.season.monday, board.season.monday + timedelta(days=6)
    year = "" if first.year == last.year else f" {first.year}"
    begins = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}{year}"
    return f"{begins} to {last.day} {last:%B %Y}"


def _title(board: Board, at: datetime) -> str:
    if at >= board.season.ends:
        return f"The week from {season_name(board)}"
    return f"This week, {season_name(board)}; it ends {after(board.season.ends - at)}"


def _rows(ranking: Sequence[Placed], person: str) -> list[Placed]:
    """The first ten, and one's own."""
    return [*ranking[:ROWS], *(each for each in ranking[ROWS:] if each.person == person)]


def _table(ranking: Sequence[Placed], names: Mapping[str, str], person: str, what: str, sign: str) -> Table:
    rows = tuple(
        (f"{each.place}.", names.get(each.person, NOBODY)[:40], f"{sign}{each.value:g}")
        for each in _rows(ranking, person)
    )
    more = len(ranking) - ROWS
    title = f"The first {ROWS} of {len(ranking)}" if more > 0 else ""
    return Table(headers=("place", "who", what), rows=rows, title=title)


def _data(board: Board, names: Mapping[str, str], person: str, group: Together | None) -> dict[str, Any]:
    def rows(ranking: Sequence[Placed]) -> list[dict[str, Any]]:
        return [
            {
                "place": each.place,
                "name": names.get(each.person, NOBODY),
                "value": each.value,
                "you": each.person == person,
            }
            for each in _rows(ranking, person)
        ]

    return {
        "season": {
            "monday": board.season.monday.isoformat(),
            "begins": board.season.begins.isoformat(),
            "ends": board.season.ends.isoformat(),
            "zone": board.zone,
        },
        "scoring": SCORING,
        "people": len(board.points),
        "points": rows(board.points),
        "gains": rows(board.gains),
        "hidden": person in board.left_out,
        "group": None if group is None else group_data(group),
    }
