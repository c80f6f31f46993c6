"""`/remind`: when somebody wants to be reminded, and that they do not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Command, Example, Incoming, Option
from bot.commands import remind_reply as reply
from bot.commands.remind_reply import STOP
from bot.errors import WrongUsage
from bot.group import quiet
from bot.group.quiet import NIGHT, Quiet
from bot.group.schedule import EVERY_DAY, read_time, read_weekdays
from bot.reply import Reply

if TYPE_CHECKING:
    from datetime import time

    from bot.app import Core

AT, OFF = "at", "off"
EXAMPLE = "/remind at 18:00"
_QUIET = re.compile(r"\bquiet\b", re.IGNORECASE)


async def remind(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/remind`."""
    match given.get("what"):
        case None:
            return await asyncio.to_thread(reply.shown, await core.study.reminders.of(incoming.user), incoming.at)
        case "off":
            return reply.ended(was=await core.study.reminders.end(incoming.user))
        case _:
            at, weekdays, hours = _read(given.get("when", ""))
            planned = await core.study.reminders.set(incoming, at, weekdays, hours)
            return await asyncio.to_thread(reply.changed, planned, incoming.at)


def _read(words: str) -> tuple[time, frozenset[int], Quiet]:
    """The time of day, the days and the quiet hours; raises `WrongUsage`."""
    when, *hours = _QUIET.split(words, maxsplit=1)
    tokens = when.split()
    if not tokens:
        raise WrongUsage("When?", suggestion=EXAMPLE)
    taken = 2 if len(tokens) > 1 and tokens[1].casefold() in {"am", "pm"} else 1
    rest = "".join(tokens[taken:]).casefold()
    weekdays = read_weekdays(rest) if rest else EVERY_DAY
    if weekdays is None:
        raise WrongUsage(
            f"`{shorten(' '.join(tokens[taken:]))}` are no days; write them like `mon,wed`, `mon-fri` or `weekdays`.",
            suggestion=f"{EXAMPLE} weekdays",
        )
    try:
        at = read_time(" ".join(tokens[:taken]))
        silent = quiet.read(hours[0]) if hours else NIGHT
    except ValueError as fault:
        raise WrongUsage(f"{fault}.", suggestion=EXAMPLE) from fault
    if at in silent:
        if hours:
            raise WrongUsage(f"{at:%H:%M} is within the quiet hours {silent}.", suggestion=EXAMPLE)
        silent = Quiet(silent.begins, silent.begins)  # whoever asks for a reminder at night means it
    return at, weekdays, silent


async def _stopped(core: Core, incoming: Incoming, action: Action) -> Reply:
    del action
    return reply.ended(was=await core.study.reminders.end(incoming.user))


REMIND = Command(
    name="remind",
    says="A reminder at your own hour, on days when something is due and you have not answered yet",
    help=(
        "`at` takes a time of day in your time zone, then if you like days (`weekdays`, `mon,wed`) and quiet hours "
        "(`quiet 21:00-08:00`; without them, 22:00 to 08:00). It comes to you alone, once a day at most, and only when "
        "cards are due or a streak needs an answer and you have given none today. `off` ends it, and so does the "
        "button under each."
    ),
    options=(
        Option(name="what", says="at, or off; nothing says how it is", required=False, choices=(AT, OFF)),
        Option(name="when", says="after at: a time, days and quiet hours", required=False, rest=True),
    ),
    examples=(
        Example(text="/remind at 18:00", says="every day at six in the evening"),
        Example(text="/remind at 7pm weekdays quiet 20:00-09:00", says="on working days, and never at night"),
        Example(text="/remind off", says="no more"),
    ),
    handler=remind,
    actions={STOP: _stopped},
    private=True,
)
