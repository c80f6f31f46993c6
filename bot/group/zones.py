"""Finds the time zone that somebody means: by its name, a city, a country's letters or a usual abbreviation."""

from __future__ import annotations

import difflib
from functools import cache
from zoneinfo import available_timezones

MOST = 10
_ALIKE = 0.75
_AREAS = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific", "UTC"}
)
# What people call a zone that has no city of that name; an abbreviation that several zones share is not here.
_CALLED = {
    "utc": "UTC",
    "gmt": "UTC",
    "london time": "Europe/London",
    "uk": "Europe/London",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "germany": "Europe/Berlin",
    "munich": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "france": "Europe/Paris",
    "spain": "Europe/Madrid",
    "barcelona": "Europe/Madrid",
    "italy": "Europe/Rome",
    "milan": "Europe/Rome",
    "geneva": "Europe/Zurich",
    "switzerland": "Europe/Zurich",
    "eastern": "America/New_York",
    "est": "America/New_York",
    "edt": "America/New_York",
    "nyc": "America/New_York",
    "boston": "America/New_York",
    "washington": "America/New_York",
    "central": "America/Chicago",
    "cdt": "America/Chicago",
    "texas": "America/Chicago",
    "mountain": "America/Denver",
    "mdt": "America/Denver",
    "pacific": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "california": "America/Los_Angeles",
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "brazil": "America/Sao_Paulo",
    "rio": "America/Sao_Paulo",
    "japan": "Asia/Tokyo",
    "jst": "Asia/Tokyo",
    "korea": "Asia/Seoul",
    "china": "Asia/Shanghai",
    "beijing": "Asia/Shanghai",
    "india": "Asia/Kolkata",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata",
    "bengaluru": "Asia/Kolkata",
    "pakistan": "Asia/Karachi",
    "israel": "Asia/Jerusalem",
    "tel aviv": "Asia/Jerusalem",
    "abu dhabi": "Asia/Dubai",
    "vietnam": "Asia/Ho_Chi_Minh",
    "hanoi": "Asia/Ho_Chi_Minh",
    "canberra": "Australia/Sydney",
    "new zealand": "Pacific/Auckland",
    "wellington": "Pacific/Auckland",
    "nigeria": "Africa/Lagos",
    "kenya": "Africa/Nairobi",
    "cape town": "Africa/Johannesburg",
    "south africa": "Africa/Johannesburg",
}


def search(words: str, most: int = MOST) -> list[str]:
    """The zones that are likeliest meant, the best first; none where nothing is like it.

    With the first search the list of zones is read from the disk.
    """
    wanted = _plain(words)
    if not wanted:
        return []
    names = _names()
    if wanted in names:
        return [names[wanted]]
    exact = [zone for name, zone in names.items() if _city(name) == wanted]
    called = [_CALLED[wanted]] if wanted in _CALLED else []
    begins = [zone for name, zone in names.items() if _city(name).startswith(wanted)]
    inside = [zone for name, zone in names.items() if wanted in name]
    found = list(dict.fromkeys([*called, *exact, *begins, *inside]))
    return (found or _alike(wanted, names))[:most]


def _alike(wanted: str, names: dict[str, str]) -> list[str]:
    known = {_city(name): zone for name, zone in names.items()} | _CALLED
    near = difflib.get_close_matches(wanted, known, n=MOST, cutoff=_ALIKE)
    return list(dict.fromkeys(known[each] for each in near))


@cache
def _names() -> dict[str, str]:
    """Every zone that is named for a place, by its name as it is compared."""
    return {_plain(zone): zone for zone in sorted(available_timezones()) if zone.partition("/")[0] in _AREAS}


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("_", " ").replace(",", " ").split())[:60]


def _city(name: str) -> str:
    return name.rpartition("/")[2]
