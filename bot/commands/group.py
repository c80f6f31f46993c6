"""`/group`: what organisers take out of their group, and how long it keeps what was said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from bot.arguments import shorten
from bot.command import Command, Example, Incoming, Option
from bot.commands.deck_turn import Turn, in_turn
from bot.errors import WrongUsage
from bot.reply import File, Reply, Text
from bot.store.retention import KEEP

if TYPE_CHECKING:
    from bot.app import Core
    from bot.study.roll import Roll

EXPORT, KEEP_VERB = "export", "keep"
SHORTEST_DAYS = 1
KIND = "text/csv"


async def group(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/group`."""
    return await _ANSWERS[given["what"]](core, incoming, given.get("days", "").strip())


async def _export(core: Core, incoming: Incoming, _days: str) -> Reply:
    async def work(turn: Turn) -> Roll:
        turn.at = "The table is being put together."
        return await core.study.rolls.roll(incoming.place, incoming.at)

    roll = await in_turn(core, incoming, work)
    name = f"group-{incoming.at.date().isoformat()}.csv"
    said = f"`{name}`: {_count(roll.members, 'member')}, with numbers alone and nothing that anybody said."
    if roll.hidden:
        said += f" Left out: {_count(roll.hidden, 'member')} who hid from such lists."
    if roll.more:
        said += f" {roll.more:,} who answered longer ago did not fit in."
    data = {"file": name, "members": roll.members, "hidden": roll.hidden, "more": roll.more}
    file = File(name=name, data=roll.table, kind=KIND)
    return Reply(parts=(Text(text=said, tone="good"), file), private=True, data=data)


async def _keep(core: Core, incoming: Incoming, days: str) -> Reply:
    most = core.settings.keep.history_days
    if not days:
        known = await core.store.members.community(incoming.place)
        chosen = None if known is None else known.settings.get(KEEP)
        now = min(chosen, most) if isinstance(chosen, int) else most
        return _said(f"What is said here is kept for {_count(now, 'day')}. `/group keep 30` makes that 30.", now)
    word = days.casefold().removesuffix("days").removesuffix("day").strip()
    if not (word.isascii() and word.isdecimal() and SHORTEST_DAYS <= int(word[:9]) <= most):
        raise WrongUsage(
            f"`{shorten(days)}` is not a number of days from {SHORTEST_DAYS} to {most}, which is what whoever runs "
            "Stride allows.",
            suggestion=f"/group keep {min(90, most)}",
        )
    await core.store.members.choose(incoming.place, incoming.at, **{KEEP: int(word)})
    said = (
        f"From now on what is said here is kept for {_count(int(word), 'day')}; what is older goes within a day. "
        "Answers, memory and streaks stay."
    )
    return _said(said, int(word))


_ANSWERS: Mapping[str, Callable[[Core, Incoming, str], Awaitable[Reply]]] = {EXPORT: _export, KEEP_VERB: _keep}


def _said(text: str, days: int) -> Reply:
    return Reply(parts=(Text(text=text),), private=True, data={"days": days})


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"


GROUP = Command(
    name="group",
    says="For organisers: the members' numbers as a table, and how long the history is kept",
    help=(
        "`export` gives a CSV table: for each member the answers given here, how many were right, the last one, and "
        "the days with answers and the streak, which count what was answered anywhere. Nothing that anybody said is in "
        "it, and whoever hid from such lists is left out. `keep` and a number of days says for how long what is said "
        "here stays in the history; alone it tells how long that is."
    ),
    options=(
        Option(name="what", says="export, or keep", choices=(EXPORT, KEEP_VERB)),
        Option(name="days", says="after keep: for how many days", required=False, rest=True),
    ),
    examples=(
        Example(text="/group export", says="how everybody does, as a table"),
        Example(text="/group keep 90", says="forget what was said more than 90 days ago"),
    ),
    handler=group,
    slow=True,
    private=True,
    organisers_only=True,
    kept=False,
)
