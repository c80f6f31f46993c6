"""A year of five hundred people in thirty zones, through the real store, against a calculation of its own."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.command import Place, User
from bot.group.streaks import Kind
from bot.store.dialect import insert
from bot.store.learning_rows import Line, columns
from bot.store.members import Happening, What
from bot.store.store import Store
from bot.store.tables import answers
from tests.bot.conversation import Conversation, conversation
from tests.bot.study.slow_streaks import Life, count

PEOPLE, DAYS = 500, 365
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=DAYS)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ZONES = (
    "UTC", "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Africa/Casablanca", "Africa/Cairo",
    "Africa/Nairobi", "Asia/Dubai", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dhaka",
    "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Adelaide", "Australia/Sydney", "Australia/Lord_Howe",
    "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Anchorage",
    "America/Los_Angeles", "America/Chicago", "America/New_York", "America/Santiago", "America/St_Johns",
)  # fmt: skip
PLACES = tuple(Place(platform="test", community=name, channel="group") for name in ("north", "south", "none"))


@dataclass
class Person:
    """Somebody, how diligent they are, and what they will have lived through."""

    user: User
    place: Place
    diligence: float
    life: Life = field(default_factory=Life)
    moves: list[tuple[datetime, str]] = field(default_factory=list)  # that they say themselves


def invented(draw: random.Random, number: int) -> Person:
    """A person who answers on most evenings of where they are, goes on journeys, and catches up after a miss."""
    person = Person(
        User(id=f"test:{number}", name=f"p{number}"), PLACES[number % 3], draw.choice([0.5, 0.8, 0.93, 0.99])
    )
    zone = draw.choice(ZONES)
    joined = BEGINS + draw.randrange(60) * DAY
    if number % 4:  # the others never say a zone
        person.moves.append((joined, zone))
        journeys = sorted(joined + timedelta(hours=draw.randrange(300 * 24)) for _ in range(draw.choice([0, 0, 1, 4])))
        person.moves += [(at, draw.choice(ZONES)) for at in journeys]
    day, missed = joined, False
    while day < ENDS:
        here = [name for at, name in person.moves if at <= day][-1:] or [zone]
        if draw.random() < person.diligence:
            local = datetime.combine(day.date(), datetime.min.time(), ZoneInfo(here[0]))
            at = local.astimezone(UTC) + timedelta(minutes=draw.randrange(5 * 60, 28 * 60))
            many = 12 if missed and draw.random() < 0.5 else draw.choice([1, 1, 1, 2, 3])
            person.life.answers += [at + number * MINUTE for number in range(many)]
            missed = False
        else:
            missed = True
        day += DAY
    person.life.answers = sorted(at for at in person.life.answers if joined <= at < ENDS)
    return person


def shared(person: Person, changes: list[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    """Where somebody's days were: where they said, and before they ever did where their community was."""
    first = person.life.answers[0]
    said = person.moves or changes
    before = [zone for at, zone in said if at <= first][-1:] or ["UTC"]
    return [(first, before[0]), *((at, zone) for at, zone in said if at > first)]


async def told(
    store: Store, people: list[Person]
) -> tuple[dict[str, list[tuple[datetime, str]]], list[tuple[datetime, datetime]]]:
    """Everything but the answers, by the store's own verbs."""
    zones = {
        "north": [(BEGINS - DAY, "Europe/Berlin")],
        "south": [(BEGINS + 20 * DAY, "Australia/Sydney"), (BEGINS + 200 * DAY, "Pacific/Auckland")],
        "none": [],
    }
    for place in PLACES:
        for at, zone in zones[place.community]:
            await store.members.set_community_zone(place, zone, at)
    rests = {"north": range(340, 345), "south": range(100, 102), "none": range(0)}
    for place in PLACES:
        free = [(BEGINS + number * DAY).date() for number in rests[place.community]]
        place_of = {"platform": place.platform, "community": place.community}
        data = {"dates": [day.isoformat() for day in free]}
        await store.members.note(Happening(at=BEGINS, kind=What.HOLIDAY, data=data, **place_of))
        back = {"dates": data["dates"][-1:]}
        await store.members.note(Happening(at=BEGINS + DAY, kind=What.WORKDAY, data=back, **place_of))
        for person in people:
            if person.place == place:
                person.life.holidays = set(free[:-1])
    lengths = [timedelta(minutes=5), 20 * MINUTE, 3 * HOUR, 30 * HOUR]
    away = [
        (at, at + lengths[number % 4]) for number, at in enumerate(BEGINS + 23 * DAY * each for each in range(1, 15))
    ]
    spans = [{"from": left.isoformat(), "to": back.isoformat()} for left, back in away]
    await store.members.note(
        *(Happening(at=back, kind=What.OUTAGE, data=each) for (_, back), each in zip(away, spans, strict=True))
    )
    return zones, away


async def kept(group: Conversation, people: list[Person]) -> None:
    """The answers, as many in a transaction as it takes to be done with a year in seconds."""
    lines = []
    for person in people:
        group.core.store.members.remember(person.place, person.user.id, person.life.answers[0])
        line = Line(
            person=person.user.id,
            at=BEGINS,
            zone="UTC",
            kind="answer",
            platform=person.place.platform,
            community=person.place.community,
            correct=True,
        )
        row = columns(line)
        del row["id"]
        lines += [row | {"at": at, "posed": f"q{number}"} for number, at in enumerate(person.life.answers)]
    engine = group.core.store._engine
    for first in range(0, len(lines), 5000):
        async with engine.begin() as connection:
            await connection.execute(insert(answers), lines[first : first + 5000])
    await group.core.store.drain()


@pytest.mark.long
async def test_after_a_year_everybody_has_the_streak_that_is_theirs(tmp_path: Path) -> None:
    """Summer times on both halves of the earth, journeys, holidays, outages, freezes and streaks earned back."""
    draw = random.Random(2026)  # noqa: S311 - a year that is always the same
    people = await asyncio.to_thread(lambda: [invented(draw, number) for number in range(PEOPLE)])
    async with conversation(tmp_path) as group:
        store = group.core.store
        zones, away = await told(store, people)
        await kept(group, people)
        said = ((person, at, zone) for person in people for at, zone in person.moves)
        await store.members.note(
            *(Happening(at=at, kind=What.ZONE, person=person.user.id, data={"zone": zone}) for person, at, zone in said)
        )
        seen = set()
        for person in people:
            person.life.zones = shared(person, zones[person.place.community])
            person.life.outages = away
            now = ENDS - draw.randrange(30) * DAY
            found = await group.core.study.standing.streak(person.user, person.place, now)
            expected = await asyncio.to_thread(count, person.life, now)
            assert (found.days, found.longest, found.freezes) == expected, person.user.id
            seen |= {each.kind for each in found.history} | {each.restored > 0 for each in found.history}
        assert len(seen) == len(Kind) + 2  # every kind of day, with and without a streak earned back, was among them
