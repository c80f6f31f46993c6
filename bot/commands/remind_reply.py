"""What `/remind` says, and the reminder itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.actions import Action
from bot.commands.given_up import given_up
from bot.commands.learning_words import after, counted
from bot.commands.timezone_reply import local
from bot.group import quiet
from bot.group.quiet import NIGHT
from bot.group.schedule import weekdays_spoken
from bot.group.streaks import Streak
from bot.group.zones import label
from bot.reply import Button, Buttons, Reply, Text
from bot.store.posting_rows import Planned

STOP = "remind-off"


def reminder(streak: Streak, due: int, zone: str, at: datetime) -> Reply:
    """What comes: what is due, what it keeps, and a way to it and out of it. Zones are read from the disk."""
    pieces = []
    if due:
        pieces.append(f"{counted(due, 'card')} {'is' if due == 1 else 'are'} due.")
    if streak.days:
        ends = streak.history[-1].day.ends
        until = f"{local(zone, ends)} ({after(ends - at)})"
        pieces.append(f"Your streak of {counted(streak.days, 'day')} needs one answer before {until}.")
    elif streak.lost and streak.earn_back_until is not None:
        more, until = counted(streak.earn_back_answers, "answer"), local(zone, streak.earn_back_until)
        brings = "brings" if streak.earn_back_answers == 1 else "bring"
        pieces.append(f"{more} before {until} {brings} your streak of {counted(streak.lost, 'day')} back.")
    buttons = (
        Button(label="Review", action=Action("review-next"), style="primary"),
        Button(label="No more reminders", action=Action(STOP)),
    )
    data = {"reminder": {"due": due, "streak": streak.days, "lost": streak.lost}}
    return Reply(parts=(Text(text=" ".join(pieces)), Buttons(buttons=buttons)), private=True, data=data)


def shown(planned: Planned | None, at: datetime) -> Reply:
    """How it is. Zones are read from the disk."""
    if planned is None:
        said = "You are not reminded of anything. `/remind at 18:00` changes that."
        return Reply(parts=(Text(text=said),), private=True, data={"reminder": None})
    again = f"/remind at {planned.schedule.at:%H:%M}"
    parts = (Text(text=_when(planned, at)), Text(text=_only(planned), tone="note"), *given_up(planned, again))
    return Reply(parts=parts, private=True, data=_data(planned))


def changed(planned: Planned, at: datetime) -> Reply:
    """It was set. Zones are read from the disk."""
    parts = (Text(text=_when(planned, at), tone="good"), Text(text=_only(planned), tone="note"))
    return Reply(parts=parts, private=True, data=_data(planned))


def ended(*, was: bool) -> Reply:
    """It comes no more."""
    said = "You are not reminded any more." if was else "You are not reminded of anything."
    return Reply(parts=(Text(text=said, tone="good"),), private=True, data={"reminder": None})


def _when(planned: Planned, at: datetime) -> str:
    when = planned.schedule
    coming = None if planned.stopped else next(iter(when.coming(at, 1)), None)
    ahead = f" The next could come {local(when.zone, coming)}." if coming is not None else ""
    return f"You are reminded {weekdays_spoken(when.weekdays)} at {when.at:%H:%M} ({label(when.zone)}).{ahead}"


def _only(planned: Planned) -> str:
    hours = quiet.read(planned.options.get("quiet", str(NIGHT)))
    never = f", and never from {hours.begins:%H:%M} to {hours.ends:%H:%M}" if hours.begins != hours.ends else ""
    return f"Only when something is due and you have not answered that day; once a day at most, to you alone{never}."


def _data(planned: Planned) -> dict[str, Any]:
    when = planned.schedule
    return {
        "reminder": {
            "at": f"{when.at:%H:%M}",
            "zone": when.zone,
            "weekdays": sorted(when.weekdays),
            "quiet": planned.options.get("quiet", ""),
            "due": None if planned.due is None else planned.due.isoformat(),
        }
    }
