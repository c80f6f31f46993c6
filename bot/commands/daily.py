"""`/daily`: the organisers say when a card comes to a channel, what about, and when it rests."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import daily_said as said
from bot.commands import daily_words as words
from bot.commands.timezone_reply import unknown_zone
from bot.errors import StaleAction, WrongUsage
from bot.group.dates import read_date
from bot.group.schedule import LATEST, Schedule
from bot.reply import Reply, Text
from bot.store import posting_rows as rows
from bot.store.members import Happening, What
from bot.store.posting_rows import Planned, schedule_id
from cards.calendar import zone_info

if TYPE_CHECKING:
    from bot.app import Core

SET, SHOW, PREVIEW, PAUSE, RESUME, SKIP, OFF = "set", "show", "preview", "pause", "resume", "skip", "off"
LONGEST_PAUSE = timedelta(days=366)
LATELY = timedelta(days=14)  # what was left out before that is not spoken of any more
MOST_SKIPPED = 60  # dates
UNDO = "daily-undo"
NONE = "none"  # in the place of what was before, where nothing was
KEY_BYTES = 10
NEVER_CAME = frozenset({"nothing", "missed", "refused"})  # states of a posting

Answer = Callable[["Core", Incoming, str], Awaitable[Reply]]


async def daily(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/daily`."""
    if incoming.place.private:
        raise WrongUsage("The card of the day comes to a channel of the group: say this there.")
    return await _ANSWERS[given.get("what", SHOW)](core, incoming, given.get("details", "").strip())


async def _set(core: Core, incoming: Incoming, details: str) -> Reply:
    wish = await asyncio.to_thread(words.read, details, incoming.at)
    zone = wish.zone or await _zone_here(core, incoming)
    try:
        understood = await core.tutor.understood_for_channel(incoming.place, wish.topic, wish.difficulty)
    except WrongUsage as fault:
        nor = "" if wish.zone else " Nor do I know a time zone of that name; the nearest large city will do."
        raise WrongUsage(f"{fault.message}{nor}", suggestion=f"/daily set {wish.at:%H:%M} {zone} conv") from fault
    before = await core.study.daily.of(incoming.place)
    options = {"topic": wish.topic, "difficulty": wish.difficulty}
    planned = Planned(
        id=schedule_id("daily", incoming.place),
        kind="daily",
        place=incoming.place,
        schedule=Schedule(at=wish.at, zone=zone, weekdays=wish.weekdays),
        options={name: value for name, value in options.items() if value},
        last=incoming.at,
        by=incoming.user.id,
    )
    kept = await core.store.schedules.keep(await _once_a_date(core, planned, before))
    core.study.wake()
    meant = understood.removesuffix(f" about `{wish.topic.replace('`', '')}`")
    taken = f" ({meant})" if meant.strip("`").casefold() != wish.topic.casefold() else ""
    says = f"A card of the day comes here {said.described_words(kept)}{taken}."
    says += await asyncio.to_thread(said.of_today, kept, before, incoming.at)
    if await _is_the_first_zone(core, incoming):
        await core.study.standing.move_group(incoming.place, zone, incoming.at)
        says += f" The group's days are those of {zone} from now on; `/timezone community` and a zone changes that."
    return await core.study.with_obstacle(incoming.place, await _changed(core, incoming, says, kept, before))


async def _zone_here(core: Core, incoming: Incoming) -> str:
    """The zone of the community, for whoever names none."""
    if await _is_the_first_zone(core, incoming):
        raise WrongUsage("In which time zone? Name it, or a city in it.", suggestion=words.EXAMPLE)
    return await core.study.standing.group_zone(incoming.place)


async def _is_the_first_zone(core: Core, incoming: Incoming) -> bool:
    """Nobody has said yet where the group is, so streaks would go by UTC."""
    community = await core.store.members.community(incoming.place)
    return community is None or not community.zone


async def _show(core: Core, incoming: Incoming, details: str) -> Reply:
    _nothing_after(SHOW, details)
    planned = await core.study.daily.of(incoming.place)
    if planned is None:
        text = "No card of the day comes here. An organiser can have one come:"
        return Reply(parts=(Text(text=f"{text} `{words.EXAMPLE}`."),), private=True, data={"daily": None})
    last = await core.store.postings.newest(incoming.place, ("daily",), 1)
    left_out = await _left_out(core, planned, incoming)
    shown = await asyncio.to_thread(said.shown, planned, last[0] if last else None, left_out, incoming.at)
    return await core.study.with_obstacle(incoming.place, shown)


async def _left_out(core: Core, planned: Planned, incoming: Incoming) -> tuple[datetime, int] | None:
    """When it was found out last that cards had been missed because nobody was there, and how many."""
    place = (planned.place.platform, planned.place.community)
    happened = await core.store.members.happened_in([place], [What.MISSED])
    ours = [each for each in happened if each.data.get("schedule") == planned.id and "posting" not in each.data]
    if not ours or ours[-1].at < incoming.at - LATELY:
        return None
    return ours[-1].at, int(ours[-1].data["times"])


async def _preview(core: Core, incoming: Incoming, details: str) -> Reply:
    _nothing_after(PREVIEW, details)
    planned = await _there(core, incoming)
    moments = await asyncio.to_thread(said.next_times, planned, incoming.at)
    moment = moments[0] if moments else incoming.at
    posed = await core.study.daily.preview(incoming.place, planned, moment)
    return said.preview(planned, posed, moment)


async def _pause(core: Core, incoming: Incoming, details: str) -> Reply:
    planned = await _there(core, incoming)
    today = await _today(planned, incoming)
    if not details:
        raise WrongUsage("Until when?", suggestion=f"/daily pause until {today + timedelta(days=7)}")
    until = _date(details, today, suggestion=f"/daily pause until {today + timedelta(days=7)}")
    if until <= today:
        raise WrongUsage(
            f"{until} is not after today ({today}).", suggestion=f"/daily pause until {today + timedelta(days=7)}"
        )
    if until - today > LONGEST_PAUSE:
        raise WrongUsage(
            "That is more than a year. `/daily off` ends it; it can be set again at any time.", suggestion="/daily off"
        )
    changed = replace(planned, schedule=replace(planned.schedule, paused_until=until))
    says = f"No card comes before {said.day_words([until])}."
    return await _kept(core, incoming, says, planned, changed)


async def _resume(core: Core, incoming: Incoming, details: str) -> Reply:
    _nothing_after(RESUME, details)
    planned = await _there(core, incoming)
    paused = planned.schedule.paused_until
    if not planned.stopped and (paused is None or paused <= await _today(planned, incoming)):
        return await asyncio.to_thread(said.changed, "Cards are not paused.", planned, incoming.at)
    changed = replace(planned.resume(), schedule=replace(planned.schedule, paused_until=None))
    kept = await _kept(core, incoming, "Cards come again.", planned, changed)
    return await core.study.with_obstacle(incoming.place, kept)


async def _skip(core: Core, incoming: Incoming, details: str) -> Reply:
    planned = await _there(core, incoming)
    today = await _today(planned, incoming)
    if unknown := await asyncio.to_thread(unknown_zone, planned.schedule.zone):
        raise WrongUsage(unknown, suggestion=words.EXAMPLE)
    if details:
        day = _date(details, today, suggestion="/daily skip tomorrow")
        if day < today:
            raise WrongUsage(f"{said.day_words([day])} is past already.", suggestion="/daily skip")
        moment = await asyncio.to_thread(planned.schedule.on, day)
        if moment is None:
            raise WrongUsage(f"No card would come on {said.day_words([day])}.", suggestion="/daily show")
        if moment <= incoming.at and (planned.due is None or planned.due > incoming.at):
            raise WrongUsage(
                f"The time of the card of {said.day_words([day])} is past already.", suggestion="/daily skip"
            )
    else:
        moments = await asyncio.to_thread(said.next_times, planned, incoming.at)
        if not moments:
            raise WrongUsage("No card comes within the next year.", suggestion="/daily show")
        day = await asyncio.to_thread(planned.schedule.date_of, moments[0])
    skipped = frozenset({day, *(each for each in planned.schedule.skipped if each >= today)})
    if len(skipped) > MOST_SKIPPED:
        raise WrongUsage(
            "Too many days are skipped already; a pause does the same.", suggestion="/daily pause until 2 weeks"
        )
    changed = replace(planned, schedule=replace(planned.schedule, skipped=skipped))
    happened = Happening(
        at=incoming.at,
        kind=What.SKIPPED,
        platform=planned.place.platform,
        community=planned.place.community,
        channel=planned.place.channel,
        data={"schedule": planned.id, "kind": planned.kind, "date": day.isoformat()},
    )
    return await _kept(core, incoming, f"No card comes on {said.day_words([day])}.", planned, changed, happened)


async def _off(core: Core, incoming: Incoming, details: str) -> Reply:
    _nothing_after(OFF, details)
    before = await _there(core, incoming)
    gone = await core.store.schedules.remove(before.id)
    if gone is None:
        raise StaleAction("No card of the day comes here any more.", suggestion=words.EXAMPLE)
    says = "No card of the day comes here any more. The answer to one that is open is still told."
    return said.ended(says, _undo(core, incoming, gone, None))


_ANSWERS: Mapping[str, Answer] = {
    SET: _set,
    SHOW: _show,
    PREVIEW: _preview,
    PAUSE: _pause,
    RESUME: _resume,
    SKIP: _skip,
    OFF: _off,
}


# What changes, and how it is undone.


async def _kept(
    core: Core, incoming: Incoming, says: str, before: Planned, changed: Planned, *happened: Happening
) -> Reply:
    """Changes the schedule as it was seen; what was waited for until now is not missed by that."""
    if before.due is None or before.due > incoming.at:
        changed = replace(changed, last=max(before.last, incoming.at))
    kept = await core.store.schedules.change(changed, happened=happened)
    if kept is None:
        raise StaleAction("Somebody changed this at the same moment. Look, and try again.", suggestion="/daily show")
    core.study.wake()
    return await _changed(core, incoming, says, kept, before)


async def _changed(core: Core, incoming: Incoming, says: str, kept: Planned, before: Planned | None) -> Reply:
    undo = _undo(core, incoming, before, kept)
    return await asyncio.to_thread(lambda: said.changed(says, kept, incoming.at, undo=undo))


def _undo(core: Core, incoming: Incoming, before: Planned | None, after: Planned | None) -> Action:
    """Brings back what was before, for as long as nothing else was changed."""
    key = NONE
    if before is not None:
        text = rows.dumps(before)
        key = hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).hexdigest()
        core.store.keep_question(key, text, incoming.at)
    return Action(UNDO, (key, NONE if after is None else rows.seal(after)))


async def _undone(core: Core, incoming: Incoming, action: Action) -> Reply:
    if len(action.args) != 2:
        raise StaleAction("This button is of another version of Stride.", suggestion="/daily show")
    key, seal = action.args
    planned = await core.study.daily.of(incoming.place)
    if (NONE if planned is None else rows.seal(planned)) != seal:
        raise StaleAction("It has been changed since, so that cannot be undone any more.", suggestion="/daily show")
    if key == NONE:
        if planned is not None:
            await core.store.schedules.remove(planned.id)
        return said.ended("Undone: no card of the day comes here.", None)
    text = await core.store.question(key)
    before = None if text is None else rows.loads(text)
    if before is None or before.id != schedule_id("daily", incoming.place):
        raise StaleAction("I no longer have what was before.", suggestion="/daily show")
    # What came due meanwhile was not missed, since nobody wanted it; what is not too late still comes.
    wanted = incoming.at if before.due is None or before.due > incoming.at else incoming.at - LATEST
    before = replace(before, last=max(before.last, wanted))
    kept = await core.store.schedules.keep(await _once_a_date(core, before, planned))
    core.study.wake()
    return await asyncio.to_thread(
        said.changed, f"Undone. A card comes {said.described_words(kept)}.", kept, incoming.at
    )


async def _once_a_date(core: Core, planned: Planned, before: Planned | None) -> Planned:
    """A schedule by which the date of the newest card gets no second one, though its time or its zone is another now.

    Args:
        core: whose store knows that card.
        planned: as it is to be kept.
        before: by whose zone that card had its date.
    """
    newest = await core.store.postings.newest(planned.place, ("daily",), 1)
    if not newest or newest[0].state in NEVER_CAME:
        return planned
    zone = await asyncio.to_thread(zone_info, (before or planned).schedule.zone)
    again = await asyncio.to_thread(planned.schedule.on, newest[0].moment.astimezone(zone).date())
    return planned if again is None else replace(planned, last=max(planned.last, again))


async def _there(core: Core, incoming: Incoming) -> Planned:
    """The channel's schedule; raises `WrongUsage` where it has none."""
    planned = await core.study.daily.of(incoming.place)
    if planned is None:
        raise WrongUsage("No card of the day comes here yet.", suggestion=words.EXAMPLE)
    return planned


async def _today(planned: Planned, incoming: Incoming) -> date:
    zone = await asyncio.to_thread(zone_info, planned.schedule.zone)
    return incoming.at.astimezone(zone).date()


def _date(details: str, today: date, *, suggestion: str) -> date:
    try:
        return read_date(details, today)
    except ValueError as fault:
        raise WrongUsage(f"{fault}.", suggestion=suggestion) from fault


def _nothing_after(verb: str, details: str) -> None:
    if details:
        raise WrongUsage(
            f"`/daily {verb}` takes nothing more; I cannot read `{shorten(details)}`.", suggestion=f"/daily {verb}"
        )


_SAYS: Mapping[str, str] = {
    SET: "when a card comes here, and what about",
    SHOW: "when it comes, and what became of the last one",
    PREVIEW: "a card as it might come, for you alone",
    PAUSE: "no cards until a date",
    RESUME: "end a pause; go on where posts were refused",
    SKIP: "leave the next one out, or that of a date",
    OFF: "no more cards here",
}


def _verbs(core: Core, typed: str) -> list[Completion]:
    del core
    found = ((verb, says) for verb, says in _SAYS.items() if verb.startswith(typed.casefold()))
    return [Completion(text=f"{verb} ", label=verb, says=says) for verb, says in found]


def _details(core: Core, typed: str) -> list[Completion]:
    return words.completions(typed, sorted(core.tutor.topics.values()))


DAILY = Command(
    name="daily",
    says="A card of the day for a channel, at the group's own time of day; organisers set it",
    help=(
        "`set` takes a time of day, a time zone or a city, then if you like days (`weekdays`, `mon,wed`, `mon-thu`), a "
        "topic and `easy`, `medium` or `hard`. The time stays the same on the clock there when the clocks change. The "
        "card is never the same twice in a row, topics take turns, and what the group gets wrong comes more often. "
        "Everybody answers in private; at the same time of the next day everybody sees how the answers were spread, "
        "the key and what torch ran, and nobody's name. `pause until 2026-12-24`, `resume`, `skip` (the next one, or "
        "that of a date) and `off` do what they say, and have an Undo. A card that I could not post in time comes up "
        "to three hours late, and else not at all: `show` tells."
    ),
    options=(
        Option(name="what", says="what to do", required=False, choices=tuple(_SAYS), complete=_verbs),
        Option(
            name="details",
            says="after set: time, zone, days, topic, difficulty; after pause and skip: a date",
            required=False,
            rest=True,
            complete=_details,
        ),
    ),
    examples=(
        Example(text="/daily set 09:00 Europe/Berlin weekdays", says="a card at nine on working days"),
        Example(text="/daily set 6pm New York mon,wed conv hard", says="hard ones about convolutions, twice a week"),
        Example(text="/daily show", says="when the next ones come"),
        Example(text="/daily skip", says="leave the next one out"),
    ),
    handler=daily,
    actions={UNDO: _undone},
    slow=True,
    private=True,
    organisers_only=True,
)
