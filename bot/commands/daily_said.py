"""What an organiser is told about the card of the day: when it comes, what became of the last one, how to undo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bot.actions import Action
from bot.arguments import shorten
from bot.commands.daily_reply import key
from bot.commands.daily_words import DIFFICULTIES
from bot.commands.given_up import given_up
from bot.commands.question_reply import asked, described
from bot.commands.timezone_reply import unknown_zone
from bot.group.schedule import weekdays_spoken
from bot.group.zones import label
from bot.reply import Button, Buttons, Part, Reply, Text, Tone
from bot.store.posting_rows import Planned, Posting
from bot.tutor.model import Posed
from cards.calendar import zone_info

SHOWN = 3  # of the next times
_BECAME = {
    "sent": "came",
    "claimed": "is on its way",
    "ready": "is on its way",
    "sending": "is on its way",
    "nothing": "was left out: nothing was to be said",
    "missed": "did not come",
    "refused": "was refused",
    "unknown": "may not have come: nobody can tell, and I never post twice",
}


def changed(says: str, planned: Planned, now: datetime, *, undo: Action | None = None) -> Reply:
    """What was changed, the next times that it comes, and a way back."""
    parts: list[Part] = [Text(text=says, tone="good"), *_ahead(planned, now)]
    if undo is not None:
        parts.append(Buttons(buttons=(Button(label="Undo", action=undo),)))
    return Reply(parts=tuple(parts), private=True, data={"daily": described_plan(planned, now)})


def ended(says: str, undo: Action | None) -> Reply:
    """Nothing comes any more."""
    buttons = () if undo is None else (Buttons(buttons=(Button(label="Undo", action=undo),)),)
    return Reply(parts=(Text(text=says, tone="good"), *buttons), private=True, data={"daily": None})


def shown(planned: Planned, last: Posting | None, left_out: tuple[datetime, int] | None, now: datetime) -> Reply:
    """When cards come, what holds them up, and what became of the last one.

    Args:
        planned: the schedule.
        last: what came or was to come last.
        left_out: when Stride found out that cards had been missed, and how many; None where none were lately.
        now: the moment.
    """
    parts: list[Part] = [
        Text(text=f"A card of the day comes {described_words(planned)}."),
        *_ahead(planned, now),
    ]
    if planned.schedule.paused_until is not None and planned.schedule.paused_until > _today(planned, now):
        parts.append(Text(text=f"It is paused until {_day(planned.schedule.paused_until)}; `/daily resume` ends that."))
    skipped = sorted(day for day in planned.schedule.skipped if day >= _today(planned, now))
    if skipped:
        parts.append(Text(text=f"Skipped: {', '.join(map(_day, skipped))}."))
    if last is not None:
        why = f": {last.why}" if last.why and last.state not in {"sent", "nothing"} else ""
        tone: Tone = "normal" if last.state in {"sent", "claimed", "ready", "sending", "nothing"} else "bad"
        parts.append(
            Text(text=f"The last one, for {local(planned, last.moment)}, {_BECAME[last.state]}{why}.", tone=tone)
        )
    if left_out is not None:
        when, times = left_out
        cards = "One card was" if times == 1 else f"{times} cards were"
        parts.append(Text(text=f"{cards} left out before {local(planned, when)}: I was not there in time.", tone="bad"))
    data: dict[str, Any] = {"daily": described_plan(planned, now)}
    if last is not None:
        data["last"] = {"moment": last.moment.isoformat(), "state": last.state, "why": last.why}
    return Reply(parts=tuple(parts), private=True, data=data)


def preview(planned: Planned, posed: Posed, moment: datetime) -> Reply:
    """A card as it might come, with its answer, for an organiser alone."""
    question = tuple(part for part in asked(posed)[1:-1] if not isinstance(part, Buttons))
    when = local(planned, moment)
    parts: tuple[Part, ...] = (
        Text(text=f"Such a card may come on {when}, about {posed.topic}:", tone="heading"),
        *question,
        *key(posed),
        Text(text="Nobody was asked. What comes also depends on how the group answers until then.", tone="note"),
    )
    data = {"question": described(posed), "key": posed.key, "moment": moment.isoformat()}
    return Reply(parts=parts, private=True, data=data)


def described_words(planned: Planned) -> str:
    """Such as `weekdays at 09:00 (Europe/Berlin), about conv, hard ones`."""
    when, topic = planned.schedule, planned.options.get("topic", "")
    hard = next((name for name, level in DIFFICULTIES.items() if level == planned.options.get("difficulty")), "")
    about = f", about `{shorten(topic)}`" if topic else ""
    on = weekdays_spoken(when.weekdays)
    return f"{on} at {when.at:%H:%M} ({label(when.zone)}){about}{f', {hard} ones' if hard else ''}"


def of_today(planned: Planned, before: Planned | None, now: datetime) -> str:
    """What a change does to the card of today, where that is not what one may expect; empty, or a sentence."""
    if planned.last > now:
        return (
            f" The card of {_day(planned.last.astimezone(zone_info(planned.schedule.zone)).date())} has come already."
        )
    if before is None or before.due is None or planned.due is None:
        return ""
    today = _today(before, now)
    was, will = (each.due.astimezone(zone_info(each.schedule.zone)).date() for each in (before, planned) if each.due)
    return " None comes today any more." if was == today and will > was else ""


def _ahead(planned: Planned, now: datetime) -> tuple[Text, ...]:
    """The next times, or why there are none until somebody says so."""
    return given_up(planned, "/daily resume") or (Text(text=coming(planned, now)),)


def coming(planned: Planned, now: datetime) -> str:
    """The next times, as the clock shows them where the group is."""
    times = [local(planned, moment) for moment in next_times(planned, now)]
    if not times and (unknown := unknown_zone(planned.schedule.zone)):
        return unknown
    if not times:
        return "None comes within the next year."
    return f"The next: {', '.join(times)}."


def next_times(planned: Planned, now: datetime) -> list[datetime]:
    """The next moments at which it comes; a date that has had its card is over."""
    return planned.schedule.coming(max(now, planned.last), SHOWN)


def local(planned: Planned, moment: datetime) -> str:
    """A moment as a calendar and a clock show it where the group is."""
    here = moment.astimezone(zone_info(planned.schedule.zone))
    return f"{_day(here.date())} {here:%H:%M}"


def described_plan(planned: Planned, now: datetime) -> dict[str, Any]:
    """The schedule for programs."""
    when = planned.schedule
    return {
        "at": f"{when.at:%H:%M}",
        "zone": when.zone,
        "weekdays": sorted(when.weekdays),
        "topic": planned.options.get("topic", ""),
        "difficulty": planned.options.get("difficulty"),
        "paused_until": None if when.paused_until is None else when.paused_until.isoformat(),
        "skipped": sorted(day.isoformat() for day in when.skipped),
        "stopped": planned.stopped,
        "next": [] if planned.stopped else [moment.isoformat() for moment in next_times(planned, now)],
    }


def day_words(days: Sequence[date]) -> str:
    """Dates as they are spoken of."""
    return ", ".join(map(_day, days))


def _today(planned: Planned, now: datetime) -> date:
    return now.astimezone(zone_info(planned.schedule.zone)).date()


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
