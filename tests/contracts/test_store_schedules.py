"""What is due is taken by exactly one of any number of bots, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.command import Place
from bot.group.schedule import LATEST, Schedule
from bot.store.members import What
from bot.store.posting_rows import Planned, Posting, posting_id, schedule_id
from bot.store.store import Store, open_store

ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
NOW = datetime(2026, 3, 27, 7, 59, tzinfo=UTC)
BERLIN = Schedule(at=time(9), zone="Europe/Berlin")
TURN = timedelta(minutes=2)
_NUMBERS = count(1)


@pytest.fixture
async def bots(database: Path | SecretStr) -> AsyncIterator[list[Store]]:
    """Three bots on one database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_store(database)) for _ in range(3)]


def planned(platform: str, channel: str = "c", schedule: Schedule = BERLIN, last: datetime = NOW) -> Planned:
    place = Place(platform=platform, community="g", channel=channel)
    return Planned(id=schedule_id("daily", place), kind="daily", place=place, schedule=schedule, last=last, by="olga")


def somewhere() -> str:
    """A platform of a test's own."""
    return f"platform{next(_NUMBERS)}"


async def claimed(bot: Store, platform: str, at: datetime, name: str = "b", limit: int = 1000) -> list[Posting]:
    return await bot.schedules.claim_due([platform], at, bot=name, until=at + TURN, limit=limit)


async def all_claim(bots: Sequence[Store], platform: str, at: datetime) -> list[Posting]:
    """All bots look at once; what any of them got."""
    found = await asyncio.gather(*(claimed(bot, platform, at, name=str(n)) for n, bot in enumerate(bots)))
    return [each for got in found for each in got]


async def test_many_that_were_missed_hide_none_that_is_not_too_late(bots: list[Store]) -> None:
    """A tick ends when nothing more is claimed, so nothing must be claimed only when nothing is due."""
    platform, later = somewhere(), Schedule(at=time(13), zone="Europe/Berlin")
    for number in range(5):
        await bots[0].schedules.keep(planned(platform, f"missed{number}"))
    await bots[0].schedules.keep(planned(platform, "in time", schedule=later))
    [came] = await claimed(bots[1], platform, NOW + timedelta(hours=5), limit=2)
    assert came.place.channel == "in time"
    assert await claimed(bots[2], platform, NOW + timedelta(hours=5), limit=2) == []


schedules = st.builds(
    Schedule,
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    skipped=st.frozensets(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=3),
)
starts = st.datetimes(datetime(2024, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds UTC
pauses = st.lists(
    st.one_of(st.timedeltas(timedelta(seconds=1), timedelta(hours=5)), st.timedeltas(timedelta(0), timedelta(days=4))),
    max_size=8,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(schedule=schedules, start=starts, pauses=pauses)
async def test_each_moment_comes_once_or_is_noted_as_missed(
    bots: list[Store], schedule: Schedule, start: datetime, pauses: list[timedelta]
) -> None:
    """In any zone and with any outage, however many bots look.

    A moment comes if somebody looks within three hours of it, and no newer one has passed by then; else it is noted.
    """
    platform = somewhere()
    await bots[0].schedules.keep(planned(platform, schedule=schedule, last=start))
    looks = [start]
    for pause in pauses:
        looks.append(looks[-1] + pause)

    came = [posting.moment for look in looks for posting in await all_claim(bots, platform, look)]

    passed = list(takewhile(lambda moment: moment <= looks[-1], schedule.after(start)))
    found_at = {moment: next(look for look in looks if look >= moment) for moment in passed}
    newest = {look: max(moment for moment in passed if found_at[moment] == look) for look in found_at.values()}
    in_time = [moment for look, moment in sorted(newest.items()) if look - moment < LATEST]
    assert came == in_time
    happened = await bots[0].members.happened_in([(platform, "g")], [What.MISSED])
    assert sum(each.data["times"] for each in happened) == len(passed) - len(in_time)


async def test_of_many_that_are_due_each_bot_gets_its_own(bots: list[Store]) -> None:
    """However the bots share them, every channel is claimed by one of them, and then nothing is due any more."""
    platform = somewhere()
    for number in range(40):
        await bots[0].schedules.keep(planned(platform, f"channel {number}"))
    at = NOW + timedelta(minutes=2)
    found: list[Posting] = []
    while got := await asyncio.gather(*(claimed(bot, platform, at, limit=7) for bot in bots)):
        if not any(got):
            break
        found += [each for those in got for each in those]
    assert sorted(each.place.channel for each in found) == sorted(f"channel {number}" for number in range(40))
    assert await bots[0].schedules.next_due([platform], ["daily"]) == datetime(2026, 3, 28, 8, tzinfo=UTC)


async def test_only_what_a_bot_can_say_is_claimed(bots: list[Store]) -> None:
    """A bot without a platform leaves what belongs there to others."""
    platform = somewhere()
    await bots[0].schedules.keep(planned(platform))
    at = NOW + timedelta(minutes=1)
    assert await claimed(bots[0], "elsewhere", at) == []
    assert await bots[0].schedules.claim_due([], at, bot="b", until=at, limit=10) == []
    assert len(await claimed(bots[0], platform, at)) == 1


async def test_a_change_that_did_not_see_the_newest_is_not_made(bots: list[Store]) -> None:
    """Of two organisers who change a schedule at once, the second is told; so is one whose card came meanwhile."""
    platform = somewhere()
    kept = await bots[0].schedules.keep(planned(platform))
    seen = await bots[1].schedules.one(kept.id)
    assert seen is not None
    changed = await bots[0].schedules.change(seen)
    assert changed is not None
    assert await bots[1].schedules.change(seen) is None
    await claimed(bots[2], platform, NOW + timedelta(minutes=1))
    assert await bots[0].schedules.change(changed) is None


async def test_a_schedule_that_is_set_again_comes_once_for_a_moment(bots: list[Store]) -> None:
    """Whoever sets the same time again after the card came does not have it twice."""
    platform = somewhere()
    await bots[0].schedules.keep(planned(platform))
    at = NOW + timedelta(minutes=1)
    assert len(await claimed(bots[0], platform, at)) == 1
    await bots[0].schedules.keep(planned(platform))
    assert await claimed(bots[0], platform, at) == []


async def test_a_turn_that_was_lost_changes_nothing(bots: list[Store]) -> None:
    """A bot that took too long finds that another has its turn, whatever it wants to write."""
    platform = somewhere()
    await bots[0].schedules.keep(planned(platform))
    at = NOW + timedelta(minutes=1)
    [mine] = await claimed(bots[0], platform, at, name="slow")
    assert await bots[1].postings.take_over([platform], at + TURN / 2, bot="quick", until=at + TURN, limit=9) == []
    later = at + TURN
    [theirs] = await bots[1].postings.take_over([platform], later, bot="quick", until=later + TURN, limit=9)
    slow = bots[0].postings
    assert await slow.ready(mine, content="x", posed="", closes=None, until=later + TURN) is None
    assert await slow.sending(mine, until=later + TURN) is None
    assert await slow.over(mine, "sent") is None
    assert theirs.tries == 2
    assert await bots[1].postings.sending(theirs, until=later + TURN) is not None


async def test_a_first_turn_may_be_shorter_than_that_of_whoever_takes_over(bots: list[Store]) -> None:
    """Of what was put there for anybody, as of what is claimed."""
    platform, soon = somewhere(), NOW + TURN / 4
    place = Place(platform=platform, community="g", channel="c")
    waiting = Posting(
        id=posting_id(platform, NOW, "quiz"),
        schedule="s",
        kind="quiz",
        place=place,
        moment=NOW,
        state="claimed",
        until=NOW,
    )
    await bots[0].postings.put(waiting)

    async def taken(at: datetime) -> list[Posting]:
        found = await bots[1].postings.take_over([platform], at, bot="b", until=at + TURN, first=soon, limit=9)
        assert found == [await bots[2].postings.one(each.id) for each in found]
        return found

    assert [each.until for each in await taken(NOW)] == [soon]
    assert await taken(soon - timedelta(seconds=1)) == []
    assert [(each.until, each.tries) for each in await taken(soon)] == [(soon + TURN, 2)]


async def test_of_bots_that_take_over_at_once_one_does(bots: list[Store]) -> None:
    platform = somewhere()
    await bots[0].schedules.keep(planned(platform))
    at = NOW + timedelta(minutes=1)
    await claimed(bots[0], platform, at)
    later = at + TURN
    found = await asyncio.gather(
        *(
            bot.postings.take_over([platform], later, bot=str(n), until=later + TURN, limit=9)
            for n, bot in enumerate(bots)
        )
    )
    assert sorted(len(each) for each in found) == [0, 0, 1]


async def test_a_reveal_is_claimed_by_one_and_only_of_what_may_have_been_seen(bots: list[Store]) -> None:
    """What was missed or refused has no reveal; a reveal more than a day late is left out."""
    platform = somewhere()
    at, closes = NOW, NOW + timedelta(days=1)
    for channel, state in (("a", "sent"), ("b", "unknown"), ("c", "missed")):
        posting = Posting(
            id=posting_id(channel + platform, at, "daily"),
            schedule="s",
            kind="daily",
            place=Place(platform=platform, community="g", channel=channel),
            moment=at,
            state="sending",
            bot="b",
            until=at,
            tries=1,
            posed=f"q{channel}",
            closes=closes,
        )
        assert await bots[0].postings.put(posting)
        assert not await bots[1].postings.put(posting)
        assert await bots[0].postings.over(posting, state) is not None  # type: ignore[arg-type]  # one of its words

    async def reveals(bot: Store, moment: datetime) -> list[Posting]:
        return await bot.postings.claim_reveals([platform], moment, bot="b", until=moment + TURN, limit=9)

    assert await bots[0].postings.next_due([platform], ["reveal"]) == closes
    assert await reveals(bots[0], closes - timedelta(seconds=1)) == []
    found = await asyncio.gather(*(reveals(bot, closes) for bot in bots))
    assert sorted(each.place.channel for got in found for each in got) == ["a", "b"]
    assert [each.kind for each in await bots[0].postings.about("qa")] == ["daily", "reveal"]


async def test_what_is_kept_comes_back_as_it_was(bots: list[Store]) -> None:
    full = Schedule(
        at=time(17, 30),
        zone="Asia/Kathmandu",
        weekdays=frozenset({0, 3}),
        paused_until=date(2026, 4, 1),
        skipped=frozenset({date(2026, 4, 6)}),
    )
    kept = await bots[0].schedules.keep(planned(somewhere(), schedule=full))
    assert kept.due == datetime(2026, 4, 2, 11, 45, tzinfo=UTC)
    assert await bots[1].schedules.of(kept.place, "daily") == [await bots[1].schedules.one(kept.id)]
    assert await bots[1].schedules.remove(kept.id) == kept
    assert await bots[1].schedules.one(kept.id) is None
