"""Finds the time zone that somebody means: by its name, a city, a country, an abbreviation or its distance from UTC."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from cards.calendar import zone_info

MOST = 10
_ALIKE = 0.75
_FARTHEST = timedelta(hours=14)  # that any place is from UTC
_NO_PLACE = frozenset({"localtime", "Factory", "posixrules"})  # a computer's own, and of one that was told none
_AREAS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific", "UTC"}
)
# What people call a zone that has no city of that name.
_CALLED = {
    "utc": "UTC",
    "z": "UTC",
    "zulu": "UTC",
    "london time": "Europe/London",
    "england": "Europe/London",
    "scotland": "Europe/London",
    "wales": "Europe/London",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "wien": "Europe/Vienna",
    "munchen": "Europe/Berlin",
    "koln": "Europe/Berlin",
    "west": "Europe/Lisbon",
    "eest": "Europe/Athens",
    "msk": "Europe/Moscow",
    "sast": "Africa/Johannesburg",
    "wat": "Africa/Lagos",
    "eat": "Africa/Nairobi",
    "munich": "Europe/Berlin",
    "hamburg": "Europe/Berlin",
    "cologne": "Europe/Berlin",
    "frankfurt": "Europe/Berlin",
    "barcelona": "Europe/Madrid",
    "milan": "Europe/Rome",
    "geneva": "Europe/Zurich",
    "holland": "Europe/Amsterdam",
    "eastern": "America/New_York",
    "edt": "America/New_York",
    "nyc": "America/New_York",
    "boston": "America/New_York",
    "washington": "America/New_York",
    "cdt": "America/Chicago",
    "texas": "America/Chicago",
    "mountain": "America/Denver",
    "mdt": "America/Denver",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pacific time": "America/Los_Angeles",
    "california": "America/Los_Angeles",
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "rio": "America/Sao_Paulo",
    "rio de janeiro": "America/Sao_Paulo",
    "akst": "America/Anchorage",
    "akdt": "America/Anchorage",
    "nst": "America/St_Johns",
    "ndt": "America/St_Johns",
    "adt": "America/Halifax",
    "brt": "America/Sao_Paulo",
    "turkiye": "Europe/Istanbul",
    "jst": "Asia/Tokyo",
    "osaka": "Asia/Tokyo",
    "korea": "Asia/Seoul",
    "kst": "Asia/Seoul",
    "beijing": "Asia/Shanghai",
    "shenzhen": "Asia/Shanghai",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "new delhi": "Asia/Kolkata",
    "bangalore": "Asia/Kolkata",
    "bengaluru": "Asia/Kolkata",
    "hyderabad": "Asia/Kolkata",
    "chennai": "Asia/Kolkata",
    "islamabad": "Asia/Karachi",
    "lahore": "Asia/Karachi",
    "tel aviv": "Asia/Jerusalem",
    "abu dhabi": "Asia/Dubai",
    "uae": "Asia/Dubai",
    "hanoi": "Asia/Ho_Chi_Minh",
    "saigon": "Asia/Ho_Chi_Minh",
    "canberra": "Australia/Sydney",
    "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
    "acst": "Australia/Adelaide",
    "acdt": "Australia/Adelaide",
    "awst": "Australia/Perth",
    "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland",
    "hkt": "Asia/Hong_Kong",
    "sgt": "Asia/Singapore",
    "pkt": "Asia/Karachi",
    "npt": "Asia/Kathmandu",
    "wib": "Asia/Jakarta",
    "bombay": "Asia/Kolkata",
    "madras": "Asia/Kolkata",
    "ivory coast": "Africa/Abidjan",
    "wellington": "Pacific/Auckland",
    "cape town": "Africa/Johannesburg",
}
# Cities of very many people, or of students, that no zone is named for.
_CITIES = {
    "America/New_York": "atlanta baltimore charlotte cleveland miami orlando philadelphia pittsburgh princeton raleigh",
    "America/Chicago": "austin dallas houston madison memphis milwaukee minneapolis nashville new_orleans st_louis",
    "America/Denver": "albuquerque boulder salt_lake_city",
    "America/Los_Angeles": "berkeley las_vegas palo_alto sacramento san_diego stanford",
    "America/Toronto": "ottawa quebec waterloo",
    "America/Edmonton": "calgary",
    "America/Mexico_City": "guadalajara puebla",
    "America/Bogota": "cali medellin",
    "America/Sao_Paulo": "belo_horizonte brasilia campinas curitiba florianopolis porto_alegre",
    "Europe/London": "belfast bristol cardiff edinburgh glasgow leeds liverpool manchester oxford",
    "Europe/Berlin": "aachen bonn bremen darmstadt dortmund dresden dusseldorf freiburg gottingen hannover heidelberg "
    "jena karlsruhe leipzig mainz mannheim munster nuremberg nurnberg potsdam saarbrucken stuttgart tubingen wurzburg",
    "Europe/Vienna": "graz innsbruck linz salzburg",
    "Europe/Zurich": "basel bern lausanne lugano",
    "Europe/Paris": "bordeaux grenoble lille lyon marseille nantes nice strasbourg toulouse",
    "Europe/Madrid": "bilbao granada malaga sevilla seville valencia zaragoza",
    "Europe/Rome": "bologna florence genoa milano naples napoli padua pisa roma torino turin venice",
    "Europe/Amsterdam": "delft eindhoven groningen leiden rotterdam the_hague utrecht",
    "Europe/Brussels": "antwerp ghent leuven",
    "Europe/Lisbon": "coimbra porto",
    "Europe/Warsaw": "cracow gdansk krakow poznan warszawa wroclaw",
    "Europe/Prague": "brno praha",
    "Europe/Stockholm": "goteborg gothenburg lund malmo uppsala",
    "Europe/Oslo": "bergen trondheim",
    "Europe/Copenhagen": "aarhus",
    "Europe/Helsinki": "espoo tampere",
    "Europe/Athens": "thessaloniki",
    "Europe/Kyiv": "kharkiv lviv odesa",
    "Europe/Moscow": "st_petersburg",
    "Europe/Istanbul": "ankara izmir",
    "Africa/Cairo": "alexandria giza",
    "Africa/Johannesburg": "durban pretoria",
    "Africa/Lagos": "abuja ibadan",
    "Asia/Kolkata": "ahmedabad indore jaipur kanpur kochi lucknow nagpur pune surat",
    "Asia/Karachi": "faisalabad peshawar rawalpindi",
    "Asia/Shanghai": "chengdu guangzhou hangzhou hefei nanjing suzhou tianjin wuhan xiamen xian",
    "Asia/Tokyo": "fukuoka hiroshima kobe kyoto nagoya sapporo sendai yokohama",
    "Asia/Seoul": "busan daegu daejeon incheon",
    "Asia/Ho_Chi_Minh": "da_nang haiphong",
    "Asia/Jakarta": "bandung surabaya yogyakarta",
    "Asia/Riyadh": "jeddah mecca",
    "Australia/Brisbane": "gold_coast",
}
_CALLED |= {city.replace("_", " "): zone for zone, cities in _CITIES.items() for city in cities.split()}
# What several zones are called.
_SEVERAL = {
    "portland": ("America/Los_Angeles", "America/New_York"),
    "san jose": ("America/Los_Angeles", "America/Costa_Rica"),
    "birmingham": ("Europe/London", "America/Chicago"),
    "cambridge": ("Europe/London", "America/New_York"),
    "gmt": ("Europe/London", "Africa/Accra", "UTC"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "est": ("America/New_York", "America/Panama", "Australia/Sydney"),
    "cst": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "mst": ("America/Denver", "America/Phoenix"),
    "et": ("America/New_York", "Africa/Addis_Ababa"),
    "ct": ("America/Chicago", "America/Mexico_City"),
    "mt": ("America/Denver", "Europe/Malta"),
    "pt": ("America/Los_Angeles", "Europe/Lisbon"),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "ast": ("America/Halifax", "Asia/Riyadh"),
    "eet": ("Europe/Athens", "Europe/Helsinki", "Europe/Kyiv", "Africa/Cairo"),
    "central": ("America/Chicago", "Europe/Berlin", "Africa/Maputo"),
    "pacific": ("America/Los_Angeles", "Pacific/Auckland", "Pacific/Honolulu"),
}
# Of the zones that are as far from UTC, these are offered first.
_OFTEN = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Africa/Lagos", "Africa/Johannesburg",
    "Africa/Nairobi", "Africa/Cairo", "Asia/Dubai", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu",
    "Asia/Dhaka", "Asia/Bangkok", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Australia/Adelaide",
    "Australia/Sydney", "Pacific/Auckland", "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles",
    "America/Denver", "America/Phoenix", "America/Chicago", "America/Mexico_City", "America/New_York",
    "America/Bogota", "America/Halifax", "America/Caracas", "America/Sao_Paulo", "America/Argentina/Buenos_Aires",
    "America/St_Johns",
)  # fmt: skip
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-\u2212])\s*(\d{1,2})(?::?([0-5]\d))?\Z", re.ASCII)
_COUNTRY = {"us": "US", "usa": "US", "america": "US", "united kingdom": "GB", "great britain": "GB", "czechia": "CZ"}


@dataclass(frozen=True, slots=True)
class Found:
    """Zones that somebody may mean, the likeliest first; `sure` says that it is the first, and no other."""

    zones: tuple[str, ...]
    sure: bool = False


def search(words: str, at: datetime, most: int = MOST) -> Found:
    """The zones that somebody may mean; none where nothing is like it.

    With the first search the list of zones is read from the disk.

    Args:
        words: a zone's name, a city, a country or its two letters, an abbreviation, or such as `gmt+2`.
        at: the moment at which a zone is so far from UTC.
        most: zones.
    """
    wanted = _plain(words)
    if not wanted:
        return Found(())
    names = _names()
    if "/" in wanted and (named := _every().get(wanted)):
        return Found((named,), sure=True)
    if wanted in names:
        return Found((names[wanted],), sure=True)
    if match := _OFFSET.match(wanted):
        return Found(_as_far(match, at)[:most])
    if wanted in _SEVERAL:
        return Found(_SEVERAL[wanted][:most])
    cities = [zone for name, zone in names.items() if _city(name) == wanted]
    exact = list(dict.fromkeys([*([_CALLED[wanted]] if wanted in _CALLED else ()), *cities, *_of_country(wanted, at)]))
    if not exact and wanted in _every():
        exact = [_every()[wanted]]
    if exact:
        return Found(tuple(exact[:most]), sure=len(exact) == 1)
    begins = [zone for name, zone in names.items() if _city(name).startswith(wanted)]
    inside = [zone for name, zone in names.items() if wanted in name]
    found = tuple(dict.fromkeys([*begins, *inside])) or _alike(wanted, names)
    return Found(found[:most], sure=found == tuple(begins) and len(begins) == 1)


def begun(words: str, most: int = MOST) -> tuple[str, ...]:
    """The zones whose names or cities begin so, for words that are still being typed; none before `read_in`."""
    wanted = _plain(words)
    if len(wanted) < 2 or not _names.cache_info().currsize:
        return ()
    called = [zone for name, zone in _CALLED.items() if name.startswith(wanted)]
    cities = [zone for name, zone in _names().items() if name.startswith(wanted) or _city(name).startswith(wanted)]
    return tuple(dict.fromkeys([*called, *cities]))[:most]


def read_in() -> None:
    """Reads the lists of zones and countries from the disk."""
    _names()
    _every()
    _country_names()


def several(words: str) -> bool:
    """Whether more than one zone is called just so, such as EST, or is so far from UTC."""
    return (plain := _plain(words)) in _SEVERAL or _OFFSET.match(plain) is not None


def label(zone: str) -> str:
    """A zone as people read it; those that are no place say how far they are from UTC."""
    area, _, name = zone.partition("/")
    if area == "Etc" and name.startswith("GMT") and name[3:4] in {"+", "-"}:
        return f"UTC{'-' if name[3] == '+' else '+'}{name[4:]} all year"  # their names count the other way round
    return zone.replace("_", " ")


def offset(zone: str, at: datetime) -> str:
    """How far a zone is from UTC at a moment, such as `UTC+5:30`."""
    away = at.astimezone(zone_info(zone)).utcoffset() or timedelta()
    minutes = abs(away) // timedelta(minutes=1)
    sign = "-" if away < timedelta() else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "") if minutes else "UTC"


def _as_far(match: re.Match[str], at: datetime) -> tuple[str, ...]:
    """The zones that are so far from UTC now: first what people often mean, last the one that is no place."""
    away = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if away > _FARTHEST:
        return ()
    ahead = match[1] == "+"
    wanted = away if ahead else -away
    places = dict.fromkeys([*_OFTEN, *(zone for zones in _countries().values() for zone in zones)])
    found = _different((zone for zone in places if at.astimezone(ZoneInfo(zone)).utcoffset() == wanted), at)
    fixed = "UTC" if not away else f"Etc/GMT{'-' if ahead else '+'}{int(match[2])}"
    whole = match[3] in {None, "00"} and fixed in _known()
    return (*found[: MOST - 1], *([fixed] if whole and fixed not in found else ()))


def _of_country(wanted: str, at: datetime) -> tuple[str, ...]:
    """The zones of a country, the one with the most people first as a rule."""
    code = _COUNTRY.get(wanted) or _country_names().get(wanted, wanted.upper())
    return tuple(_different(_countries().get(code, ()), at))


def _different(zones: Iterable[str], at: datetime) -> list[str]:
    """Of the zones whose clocks are the same in this year's winter and summer, the first."""
    found: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        moments = (datetime(at.year, month, 1, tzinfo=ZoneInfo(zone)) for month in (1, 7))
        found.setdefault(tuple(moment.utcoffset() for moment in moments), zone)
    return list(found.values())


def _alike(wanted: str, names: dict[str, str]) -> tuple[str, ...]:
    known = {_city(name): zone for name, zone in names.items()} | _CALLED
    known |= {name: zones[0] for name, code in _country_names().items() if (zones := _countries().get(code))}
    near = difflib.get_close_matches(wanted, known, n=MOST, cutoff=_ALIKE)
    return tuple(dict.fromkeys(known[each] for each in near))


@cache
def _known() -> frozenset[str]:
    """Every zone that means the same everywhere."""
    return frozenset(available_timezones()) - _NO_PLACE


@cache
def _names() -> dict[str, str]:
    """Every zone that is named for a place, by its names as they are compared."""
    return {_plain(zone): _now_called(zone) for zone in sorted(_known()) if zone.partition("/")[0] in _AREAS}


@cache
def _every() -> dict[str, str]:
    """Every zone that a computer may have, by its names as they are compared: `us/pacific` and `etc/gmt-2`, too."""
    return {_plain(zone): _now_called(zone) for zone in sorted(_known())}


def _now_called(zone: str) -> str:
    """A zone by the name that it has today: old ones, such as Asia/Calcutta, are not on every computer."""
    target = zone if zone in _in_countries() else _links().get(zone, zone)
    return "UTC" if target in {"Etc/UTC", "Etc/GMT", "GMT"} else target if target in _known() else zone


@cache
def _in_countries() -> frozenset[str]:
    """The zones that some country has."""
    return frozenset(zone for zones in _countries().values() for zone in zones)


@cache
def _links() -> dict[str, str]:
    """The other names of zones, as the tz database itself tells them."""
    lines = (line.split() for line in files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text("utf-8").splitlines())
    return {line[2]: line[1] for line in lines if line[:1] == ["L"]}


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """The zones of each country, by its two letters."""
    known = _known()
    found: dict[str, list[str]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        if zone in known:
            found.setdefault(code, []).append(zone)
    return {code: tuple(zones) for code, zones in found.items()}


@cache
def _country_names() -> dict[str, str]:
    """The letters of each country, by its names as they are compared."""
    found: dict[str, str] = {}
    for code, name, *_ in _table("iso3166.tab"):
        for part in re.split(r"[()&]", name):
            if plain := _plain(part):
                found.setdefault(plain, code)
        found[_plain(name)] = code
        first, _, second = _plain(name).rstrip(")").partition(" (")
        found.setdefault(f"{second} {first}", code)  # South Korea is in there as Korea (South)
    return found


def _table(name: str) -> list[list[str]]:
    """The rows of one of the tz database's own tables, which come with Python's package of it."""
    text = files("tzdata").joinpath("zoneinfo", name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def _plain(words: str) -> str:
    """As words are compared: without capitals and accents."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", words[:200]) if not unicodedata.combining(each))
    return " ".join(bare.casefold().replace("_", " ").replace(",", " ").split())[:60]


def _city(name: str) -> str:
    return name.rpartition("/")[2]
