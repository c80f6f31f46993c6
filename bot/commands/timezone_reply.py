"""What `/timezone` says: a zone with the time that it is there, so that everybody sees whether it is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.actions import Action
from bot.group.dates import MONTHS
from bot.group.schedule import DAYS
from bot.group.zones import label, offset
from bot.reply import Button, Buttons, Reply, Table, Text
from cards.calendar import calendar, named_zone, zone_info

COMMUNITY, RESET, MINE = "community", "reset", "mine"
SET = "timezone-set"
_KEEPS = "The day that you are in ends when it would have: nothing is lost, and nothing won."


def shown(zone: str, at: datetime, *, own: bool, changed: bool) -> Reply:
    """Somebody's own zone. Zones are read from the disk."""
    whose = "Your days are those of" if own else "You have said no time zone of your own, so you have your community's:"
    said = f"{whose} {label(zone)}. It is {local(zone, at)} there, and each day begins at 04:00."
    parts = [Text(text=said, tone="good" if changed else "normal")]
    if unknown := unknown_zone(zone):
        parts.append(Text(text=unknown, tone="bad"))
    if changed:
        parts.append(Text(text=_KEEPS))
    parts.append(Text(text="Not the time that your clock shows? Say `/timezone` and a city near you.", tone="note"))
    return Reply(parts=tuple(parts), private=True, data=_data(zone, at) | {"own": own})


def community(zone: str, at: datetime, *, changed: bool) -> Reply:
    """The community's zone. Zones are read from the disk."""
    now = "from now on " if changed else ""
    said = f"The group's days are {now}those of {label(zone)}. It is {local(zone, at)} there."
    note = "Its season and streak go by it, and so does everybody who has said no time zone of their own."
    unknown = unknown_zone(zone)
    warned = (Text(text=unknown, tone="bad"),) if unknown else ()
    parts = (Text(text=said, tone="good" if changed else "normal"), *warned, Text(text=note, tone="note"))
    return Reply(parts=parts, private=True, data=_data(zone, at) | {"community": True})


def asked(zones: Sequence[str], at: datetime, *, community: bool) -> Reply:
    """Which of several zones is meant. Zones are read from the disk."""
    whose = COMMUNITY if community else MINE
    buttons = tuple(Button(label=label(zone), action=Action(SET, (whose, zone))) for zone in zones)
    said = "Which one?" if len(zones) > 1 else "Did you mean this one?"
    table = Table(headers=("zone", "time there now"), rows=tuple((label(zone), local(zone, at)) for zone in zones))
    data = {"zones": [_data(zone, at) for zone in zones]}
    return Reply(parts=(Text(text=said), table, Buttons(buttons=buttons)), private=True, data=data)


def unknown_zone(zone: str) -> str:
    """What to say of a zone that this computer knows no more; empty where it does."""
    try:
        named_zone(zone)
    except ValueError:
        return f"I know no time zone {label(zone)} any more: its days are UTC's, and nothing comes by its clock."
    return ""


def local(zone: str, at: datetime) -> str:
    """A moment as a zone's clocks and calendars show it: `Tue 3 Mar, 10:15`."""
    here = at.astimezone(zone_info(zone))
    return f"{DAYS[here.weekday()].title()} {here.day} {MONTHS[here.month - 1].title()}, {here:%H:%M}"


def _data(zone: str, at: datetime) -> dict[str, object]:
    days = calendar(zone)
    here = at.astimezone(zone_info(zone))
    return {
        "zone": zone,
        "local": here.replace(microsecond=0).isoformat(),
        "offset": offset(zone, at),
        "day": days.day(at).isoformat(),
        "day_ends": days.ends(days.day(at)).isoformat(),
    }
