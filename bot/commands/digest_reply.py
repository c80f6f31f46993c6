"""What `/digest` says, and the digest itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.commands.given_up import given_up
from bot.commands.leaderboard_reply import NOBODY, season_name
from bot.commands.learning_words import counted
from bot.commands.practise_button import practise_button
from bot.commands.streak_reply import group_data, in_group
from bot.commands.timezone_reply import local
from bot.group.schedule import weekdays_in_words, weekdays_spoken
from bot.group.seasons import SCORING, Placed
from bot.group.together import Together
from bot.group.zones import label
from bot.pictures.chart_words import percent
from bot.pictures.charts import Scorer, Season
from bot.reply import Buttons, Part, Picture, Reply, Table, Text
from bot.store.posting_rows import Planned
from bot.study.digest import Weak
from bot.study.standing import Board
from cards.misconceptions import MISCONCEPTIONS

FIRST = 3  # places
NONE = "Nobody answered anything in the week that it would speak of, so no digest would come now."


def digest(
    board: Board,
    names: Mapping[str, str],
    group: Together,
    at: datetime,
    drawn: Picture | None = None,
    weak: Weak | None = None,
) -> Reply:
    """A group's week; `drawn` is its `chart`."""
    over = at >= board.season.ends
    share = f", {percent(board.right, board.tried)} of them right" if board.right <= board.tried else ""
    said = (
        f"{counted(board.people, 'person').replace('persons', 'people')} gave {counted(board.tried, 'answer')}{share}. "
        f"{in_group(group)}"
    )
    parts: list[Part] = [
        Text(text=f"{'The week' if over else 'This week so far,'} {season_name(board)}", tone="heading"),
        Text(text=said),
    ]
    if board.points:
        rows = tuple(
            (f"{each.place}.", names.get(each.person, NOBODY)[:40], f"{each.value:g}") for each in _first(board.points)
        )
        parts.append(Table(headers=("place", "who", "points"), rows=rows))
    if drawn is not None:
        parts.append(drawn)
    if gains := _first(board.gains, 1):
        who = " and ".join(names.get(each.person, NOBODY)[:40] for each in gains)
        parts.append(Text(text=f"Gained most on their own last four weeks: {who}, +{gains[0].value:g} points."))
    parts += _weak(weak)
    parts.append(Text(text=f"{SCORING} `/leaderboard` shows more, `/leaderboard hide` leaves you out.", tone="note"))
    return Reply(parts=tuple(parts), data=_digest_data(board, names, group, weak))


def _weak(weak: Weak | None) -> list[Part]:
    """What most people mixed up, with what is right, and a button to practise it."""
    if weak is None or weak.mistake not in MISCONCEPTIONS:
        return []
    rule = MISCONCEPTIONS[weak.mistake]
    said = Text(text=f"The commonest mistake ({weak.people} people): {rule.name}. What is right: {rule.right}")
    button = practise_button(weak.topic)
    return [said] if button is None else [said, Buttons(buttons=(button,))]


def chart(boards: Sequence[Board], names: Mapping[str, str]) -> Season | None:
    """The weeks of those who have the first places in the last one, since any of them had points.

    None where nobody has points in the last one, or none of them any before. Who is hidden has no place, and so no
    points here.
    """
    first = _first(boards[-1].points)
    if not first:
        return None
    points = [{each.person: round(each.value) for each in board.points} for board in boards]
    begins = next(number for number, week in enumerate(points) if any(each.person in week for each in first))
    if begins == len(boards) - 1:  # the table says as much of one week
        return None
    people = tuple(
        Scorer(
            name=names.get(each.person, NOBODY),
            points=tuple(week.get(each.person, 0) for week in points[begins:]),
            place=each.place,
        )
        for each in first
    )
    weeks = tuple(board.season.monday for board in boards[begins:])
    return Season(weeks=weeks, people=people, title="Points by the week")


def named(board: Board) -> list[str]:
    """Of whom the names are needed."""
    return sorted({each.person for each in (*_first(board.points), *_first(board.gains, 1))})


def preview(written: Reply | None) -> Reply:
    """What it would say now, for an organiser alone."""
    if written is None:
        return Reply(parts=(Text(text=NONE),), private=True, data={"digest": None})
    note = Text(text="So it would read now. Only you see this.", tone="note")
    return Reply(parts=(*written.parts, note), private=True, data=written.data)


def shown(planned: Planned | None, at: datetime) -> Reply:
    """Whether it comes. Zones are read from the disk."""
    if planned is None:
        said = "No digest comes here. `/digest on` has one come on Mondays at nine."
        return Reply(parts=(Text(text=said),), private=True, data={"schedule": None})
    parts = (Text(text=_when(planned, at)), *given_up(planned, _again(planned)))
    return Reply(parts=parts, private=True, data=_data(planned))


def _again(planned: Planned) -> str:
    """The command that has it come again."""
    return f"/digest on {weekdays_in_words(planned.schedule.weekdays)} {planned.schedule.at:%H:%M}"


def changed(planned: Planned, at: datetime) -> Reply:
    """It was switched on. Zones are read from the disk."""
    return Reply(parts=(Text(text=_when(planned, at), tone="good"),), private=True, data=_data(planned))


def ended(*, was: bool) -> Reply:
    """It comes no more."""
    said = "No digest comes here any more." if was else "No digest comes here."
    return Reply(parts=(Text(text=said, tone="good"),), private=True, data={"schedule": None})


def _first(ranking: tuple[Placed, ...], places: int = FIRST) -> list[Placed]:
    """The first places, at most ten people where many share one."""
    return [each for each in ranking if each.place <= places][:10]


def _when(planned: Planned, at: datetime) -> str:
    when = planned.schedule
    coming = None if planned.stopped else next(iter(when.coming(at, 1)), None)
    ahead = f" The next: {local(when.zone, coming)}." if coming is not None else ""
    return f"A digest comes here {weekdays_spoken(when.weekdays)} at {when.at:%H:%M} ({label(when.zone)}).{ahead}"


def _data(planned: Planned) -> dict[str, Any]:
    when = planned.schedule
    return {
        "schedule": {
            "at": f"{when.at:%H:%M}",
            "zone": when.zone,
            "weekdays": sorted(when.weekdays),
            "due": None if planned.due is None else planned.due.isoformat(),
        }
    }


def _digest_data(board: Board, names: Mapping[str, str], group: Together, weak: Weak | None) -> dict[str, Any]:
    def rows(ranking: list[Placed]) -> list[dict[str, Any]]:
        return [{"place": each.place, "name": names.get(each.person, NOBODY), "value": each.value} for each in ranking]

    return {
        "digest": {
            "monday": board.season.monday.isoformat(),
            "people": board.people,
            "answers": board.tried,
            "right": board.right,
            "points": rows(_first(board.points)),
            "gains": rows(_first(board.gains, 1)),
            "group": group_data(group),
            "mistake": None if weak is None else {"id": weak.mistake, "people": weak.people, "topic": weak.topic},
        }
    }
