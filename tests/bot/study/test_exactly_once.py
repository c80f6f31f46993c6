"""Three bots share one PostgreSQL, and one of them is killed at some step of a post: it comes exactly once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.command import Place
from bot.group.schedule import Schedule
from bot.store.posting_rows import OVER, Planned, Posting, schedule_id
from bot.store.store import Store, open_store
from bot.study.outbox import SOON, TURN
from tests.bot.study.mortal_bots import NEVER, Life, Nursery, Platform, nursery, platform

NINE = datetime(2026, 3, 29, 7, 0, tzinfo=UTC)  # in Berlin, on the day on which the clocks changed
MOST_STEPS = 200
MANY = 4  # channels
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]
_NUMBERS = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bots() -> AsyncIterator[Nursery]:
    async with nursery() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def store(postgres_database: SecretStr) -> AsyncIterator[Store]:
    async with open_store(postgres_database) as found:
        yield found


async def a_channel_with_a_card_at_nine(store: Store, on: str = "", channel: str = "group") -> Place:
    place = Place(platform=on or f"fake{next(_NUMBERS)}", community="g", channel=channel)
    schedule = Schedule(at=time(9), zone="Europe/Berlin")
    identity = schedule_id("daily", place)
    last = NINE - timedelta(hours=1)
    await store.schedules.keep(Planned(id=identity, kind="daily", place=place, schedule=schedule, last=last, by="olga"))
    return place


async def the_posting(store: Store, place: Place) -> Posting | None:
    found = await store.postings.newest(place, ("daily",), 2)
    assert len(found) <= 1
    return found[0] if found else None


async def one_dies(bots: Nursery, store: Store, there: Platform, life: Life, dies: int | str) -> tuple[bool, str, int]:
    """One bot looks at nine and dies; two others look then, and again minutes later until nothing is left to do.

    Returns:
        Whether it lived, what became of the posting, and how often it arrived.
    """
    place = await a_channel_with_a_card_at_nine(store)
    before = len(there.arrived)
    life = replace(life, platform=place.platform)
    [lived] = await bots.live(replace(life, dies=dies))
    at = NINE
    posting = None
    for _ in range(4):
        assert all(await bots.live(*[replace(life, at=at.isoformat())] * 2))
        posting = await the_posting(store, place)
        if posting is not None and posting.state in OVER:
            break
        at += 2 * TURN
    assert posting is not None
    return lived, posting.state, len(there.arrived) - before


def a_life(database: SecretStr, folder: Path, server: str) -> Life:
    return Life(
        database=database.get_secret_value(), folder=str(folder), platform="", server=server, at=NINE.isoformat()
    )


async def test_a_bot_killed_while_the_platform_takes_its_post_leaves_one_post(
    bots: Nursery, store: Store, postgres_database: SecretStr, tmp_path: Path
) -> None:
    """The platform has it, and nobody has heard: whoever comes next finds it there, and sends nothing."""
    async with platform(findable=True) as (there, server):
        life = a_life(postgres_database, tmp_path, server)
        assert await one_dies(bots, store, there, life, "in flight") == (False, "sent", 1)


async def test_where_a_platform_remembers_nothing_what_may_have_been_sent_is_never_sent_again(
    bots: Nursery, store: Store, postgres_database: SecretStr, tmp_path: Path
) -> None:
    """It is noted that nobody knows whether it came."""
    async with platform(findable=False) as (there, server):
        life = a_life(postgres_database, tmp_path, server)
        assert await one_dies(bots, store, there, life, "in flight") == (False, "unknown", 1)
        assert await one_dies(bots, store, there, life, NEVER) == (True, "sent", 1)


async def test_three_bots_that_look_at_the_same_moment_post_once(
    bots: Nursery, store: Store, postgres_database: SecretStr, tmp_path: Path
) -> None:
    """Each of many channels has its card, from one of them."""
    async with platform(findable=True) as (there, server):
        places = [await a_channel_with_a_card_at_nine(store) for _ in range(1)]
        life = a_life(postgres_database, tmp_path, server)
        life = replace(life, platform=places[0].platform)
        assert all(await bots.live(life, life, life))
        assert len(there.arrived) == 1


async def test_a_bot_that_dies_with_what_it_claimed_holds_it_for_half_a_minute(
    bots: Nursery, store: Store, postgres_database: SecretStr, tmp_path: Path
) -> None:
    """Nothing has been sent yet, so that nobody needs more time to be sure."""
    async with platform(findable=False) as (there, server):
        place = await a_channel_with_a_card_at_nine(store)
        life = replace(a_life(postgres_database, tmp_path, server), platform=place.platform)
        assert await bots.live(replace(life, dies=1)) == [False]
        held = await the_posting(store, place)
        assert held is not None
        assert (held.state, held.until) == ("claimed", NINE + SOON)
        assert await bots.live(replace(life, at=(NINE + SOON).isoformat())) == [True]
        assert len(there.arrived) == 1


@pytest.mark.parametrize("findable", [True, False])
async def test_killed_among_many_posts_that_go_out_together_a_bot_doubles_and_loses_none_of_them(
    bots: Nursery, store: Store, postgres_database: SecretStr, tmp_path: Path, findable: bool
) -> None:
    """They share transactions: what was written down together of several is sent once each, or known to be unknown."""
    async with platform(findable=findable) as (there, server):
        for step in range(1, MOST_STEPS, 3):
            life = replace(a_life(postgres_database, tmp_path, server), platform=f"many{next(_NUMBERS)}")
            places = [await a_channel_with_a_card_at_nine(store, life.platform, f"c{each}") for each in range(MANY)]
            before = len(there.arrived)
            [lived] = await bots.live(replace(life, dies=step))
            for later in (2, 4):  # the second for those whose first look another bot had
                at = (NINE + later * TURN).isoformat()
                assert all(await bots.live(*[replace(life, at=at)] * 2))
            states = [found.state for place in places if (found := await the_posting(store, place)) is not None]
            arrived = [sent["key"] for sent in there.arrived[before:]]
            assert len(arrived) == len(set(arrived)), f"killed before step {step}"
            assert len(states) == MANY
            assert set(states) <= ({"sent"} if findable else {"sent", "unknown"})
            assert states.count("sent") <= len(arrived) <= MANY
            if lived:
                break
    assert lived
    assert step >= MANY


@pytest.mark.long
@pytest.mark.parametrize("findable", [True, False])
async def test_killed_at_every_step_of_a_post_a_bot_neither_doubles_nor_loses_it(
    bots: Nursery, store: Store, postgres_database: SecretStr, tmp_path: Path, findable: bool
) -> None:
    """Before and after each commit and each request; where the platform can be asked, the post always comes."""
    unknown = 0
    async with platform(findable=findable) as (there, server):
        life = a_life(postgres_database, tmp_path, server)
        for step in range(MOST_STEPS):
            lived, state, arrived = await one_dies(bots, store, there, life, step)
            if state == "unknown" and not findable:
                unknown += 1
                assert arrived <= 1
            else:
                assert (state, arrived) == ("sent", 1), f"killed before step {step}"
            if lived:
                break
    assert lived
    assert step >= 10
    assert unknown <= 4  # between the record before and the record after, and nowhere else
