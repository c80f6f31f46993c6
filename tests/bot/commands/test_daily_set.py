"""The card of the day as its organiser sets it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.actions import Action
from bot.command import Incoming
from bot.completion import complete
from bot.reply import Buttons
from tests.bot.commands.daily_lab import NINE, SET, Channel, a_channel, said


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    async with a_channel(tmp_path) as found:
        yield found


async def test_set_names_the_next_three_in_local_time(channel: Channel) -> None:
    """Across the change of the clocks nine stays nine."""
    reply = await channel.says("olga", f"{SET} conv hard")
    assert "every day at 09:00 (Europe/Berlin), about `conv`, hard ones" in said(reply)
    assert "The next: Fri 27 Mar 09:00, Sat 28 Mar 09:00, Sun 29 Mar 09:00." in said(reply)
    assert reply.data["daily"]["next"][-1] == "2026-03-29T07:00:00+00:00"


async def test_the_first_card_says_where_the_group_is(channel: Channel) -> None:
    """Else its streaks would go by UTC; who said so before is not overruled."""
    first = await channel.says("olga", "/daily set 9 Berlin")
    assert "The group's days are those of Europe/Berlin from now on" in said(first)
    assert "Europe/Berlin" in said(await channel.says("alice", "/timezone"))
    assert "group's days" not in said(await channel.says("olga", "/daily set 9 Tokyo"))
    assert "Europe/Berlin" in said(await channel.says("alice", "/timezone"))


@pytest.mark.parametrize(
    ("typed", "said_back"),
    [
        ("9 berlin weekdays", "on weekdays at 09:00 (Europe/Berlin)."),
        ("9 am New York mon,wed", "on Mondays and Wednesdays at 09:00 (America/New York)."),
        ("17:30 Asia/Kathmandu mon, wed, fri", "on Mondays, Wednesdays and Fridays at 17:30 (Asia/Kathmandu)."),
        ("6pm every day London", "every day at 18:00 (Europe/London)."),
        ("08:00 Europe/Berlin pooling", "about `pooling`."),
        ("08:00 Europe/Berlin easy", "easy ones."),
    ],
)
async def test_set_is_read_as_people_write_it(channel: Channel, typed: str, said_back: str) -> None:
    assert said_back in said(await channel.says("olga", f"/daily set {typed}"))


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("set", "Say a time of day"),
        ("set 25:00 Europe/Berlin", "no time of day"),
        ("set 9", "In which time zone?"),
        ("set 9 Belrin", "Did you mean `Europe/Berlin`?"),
        ("set 9 est", "Several zones"),
        ("set 9 Europe/Berlin xyzzy", "no questions about `xyzzy`"),
        ("pause", "No card of the day comes here yet"),
        ("fly", "not one of"),
        ("show me", "takes nothing more"),
    ],
)
async def test_what_cannot_be_read_says_what_to_write(channel: Channel, typed: str, fault: str) -> None:
    reply = await channel.says("olga", f"/daily {typed}")
    assert reply.fault is not None
    assert fault in reply.fault.message
    assert reply.fault.suggestion is not None


async def test_only_organisers_may(channel: Channel) -> None:
    """Neither by typing nor by an organiser's button."""
    for verb in ("set 9 Berlin", "show", "preview", "pause until tomorrow", "resume", "skip", "off"):
        assert "Only organisers" in said(await channel.says("alice", f"/daily {verb}"))
    undo = channel.button(await channel.says("olga", SET), "Undo")
    assert "Only organisers" in said(await channel.presses("alice", undo))
    assert "The next" in said(await channel.says("olga", "/daily show"))


async def test_a_pause_ends_by_itself_or_by_a_word(channel: Channel) -> None:
    await channel.says("olga", SET)
    paused = await channel.says("olga", "/daily pause until 3 Apr")
    assert "The next: Fri 3 Apr 09:00" in said(paused)
    assert await channel.comes(NINE) == []
    assert "It is paused until Fri 3 Apr" in said(await channel.says("olga", "/daily show"))
    resumed = await channel.says("olga", "/daily resume")
    assert "The next: Sat 28 Mar 09:00" in said(resumed)
    assert await channel.comes(NINE + timedelta(hours=1)) == []
    assert len(await channel.comes(NINE + timedelta(days=1))) == 1


async def test_a_word_that_is_neither_topic_nor_zone_is_told_as_such(channel: Channel) -> None:
    await channel.says("olga", SET)
    refused = said(await channel.says("olga", "/daily set 09:00 springfield"))
    assert "no questions about `springfield`" in refused
    assert "Nor do I know a time zone of that name" in refused
    assert "time zone" not in said(await channel.says("olga", "/daily set 09:00 Europe/Berlin springfield"))


async def test_what_a_topic_was_taken_for_is_told_once(channel: Channel) -> None:
    taken = said(await channel.says("olga", "/daily set 09:00 Europe/Berlin conv"))
    assert "about `conv` (6 topics)." in taken


async def test_a_day_that_cannot_be_skipped_says_why(channel: Channel) -> None:
    await channel.says("olga", "/daily set 09:00 Europe/Berlin weekdays")
    for day, why in (
        ("2025-12-01", "Mon 1 Dec is past already"),
        ("saturday", "No card would come on Sat"),
        ("until xyzzy", "`xyzzy` is no date"),
    ):
        refused = await channel.says("olga", f"/daily skip {day}")
        assert refused.fault is not None
        assert why in said(refused)
        assert (refused.fault.suggestion or "").startswith(("/daily skip", "/daily show"))


async def test_skip_leaves_one_out_and_can_be_undone(channel: Channel) -> None:
    await channel.says("olga", SET)
    skipped = await channel.says("olga", "/daily skip")
    assert "The next: Sat 28 Mar 09:00" in said(skipped)
    undone = await channel.presses("olga", "Undo", skipped)
    assert "The next: Fri 27 Mar 09:00" in said(undone)
    assert "No card comes on" in said(await channel.says("olga", "/daily skip 2026-04-02"))
    assert len(await channel.comes(NINE)) == 1


async def test_off_can_be_undone_and_still_tells_the_last_answer(channel: Channel) -> None:
    await channel.says("olga", SET)
    await channel.card(NINE)
    gone = await channel.says("olga", "/daily off")
    assert (await channel.says("olga", "/daily show")).data["daily"] is None
    assert [each["kind"] for each in await channel.comes(NINE + timedelta(days=1))] == ["reveal"]
    await channel.presses("olga", "Undo", gone)
    assert [each["kind"] for each in await channel.comes(NINE + timedelta(days=2))] == ["daily"]


async def test_what_has_been_changed_since_is_not_undone(channel: Channel) -> None:
    """Though cards that came in between are no change."""
    first = await channel.says("olga", SET)
    second = await channel.says("olga", "/daily set 10:00 Europe/Berlin")
    assert "changed since" in said(await channel.presses("olga", "Undo", first))
    await channel.card(NINE + timedelta(hours=1))
    assert "at 09:00" in said(await channel.presses("olga", "Undo", second))
    assert "changed since" in said(await channel.presses("olga", "Undo", second))


@pytest.mark.parametrize(
    ("typed", "comes_next"),
    [
        ("12:00 Europe/Berlin", "Sat 28 Mar 12:00"),  # later that day
        ("09:00 Europe/London", "Sat 28 Mar 09:00"),  # where it is not nine yet
        ("09:00 Asia/Tokyo", "Sat 28 Mar 09:00"),  # where Saturday's nine is fifteen hours away
    ],
)
async def test_a_date_that_has_had_its_card_gets_no_other_by_a_new_time(
    channel: Channel, typed: str, comes_next: str
) -> None:
    await channel.says("olga", SET)
    await channel.card(NINE)
    changed = await channel.says("olga", f"/daily set {typed}")
    assert "The card of Fri 27 Mar has come already." in said(changed) or "Tokyo" in typed
    assert f"The next: {comes_next}" in said(changed)
    rest = [await channel.comes(NINE + timedelta(minutes=30 * each)) for each in range(1, 29)]
    assert [each for came in rest for each in came if each["kind"] == "daily"] == []


async def test_an_undo_brings_no_second_card_on_a_date(channel: Channel) -> None:
    await channel.says("olga", SET)
    later = await channel.says("olga", "/daily set 10:00 Europe/Berlin")
    await channel.card(NINE + timedelta(hours=1))
    assert "The next: Sat 28 Mar 09:00" in said(await channel.presses("olga", "Undo", later))
    assert await channel.comes(NINE + timedelta(hours=2)) == []


async def test_a_time_that_has_passed_says_that_none_comes_today(channel: Channel) -> None:
    await channel.says("olga", SET)
    assert "None comes today any more." in said(await channel.says("olga", "/daily set 07:00 Europe/Berlin"))
    assert "None comes today" not in said(await channel.says("olga", "/daily set 10:00 Europe/Berlin"))


async def test_what_was_not_wanted_for_days_was_not_missed_by_anybody(channel: Channel) -> None:
    await channel.says("olga", SET)
    gone = await channel.says("olga", "/daily off")
    channel.clock.at = NINE + timedelta(days=5, hours=1)
    await channel.presses("olga", "Undo", gone)
    [came] = await channel.comes(channel.clock.at)
    assert came["moment"].startswith("2026-04-01")
    assert "left out" not in said(await channel.says("olga", "/daily show"))


async def test_todays_card_cannot_be_skipped_once_its_time_is_past(channel: Channel) -> None:
    await channel.says("olga", SET)
    assert (await channel.says("olga", "/daily skip today")).fault is None
    assert (await channel.says("olga", "/daily set 09:00 Europe/Berlin")).fault is None
    await channel.card(NINE)
    assert "is past already" in said(await channel.says("olga", "/daily skip today"))


async def test_an_undo_of_another_channel_or_version_does_nothing(channel: Channel) -> None:
    undo = channel.button(await channel.says("olga", SET), "Undo")
    event = channel.incoming("olga", action=undo.action)
    elsewhere: Incoming = replace(event, place=replace(channel.place, channel="other"))
    reply = await channel.core.handle(elsewhere)
    assert reply is not None
    assert reply.fault is not None
    assert (await channel.submits("olga", Action("daily-undo", ("x",)))).fault is not None
    assert "The next" in said(await channel.says("olga", "/daily show"))


async def test_a_preview_asks_nobody(channel: Channel) -> None:
    """The same card is shown twice, with its answer and without a button."""
    await channel.says("olga", SET)
    one, other = [await channel.says("olga", "/daily preview") for _ in range(2)]
    assert one.private
    assert said(one) == said(other)
    assert one.data["key"]
    assert not [part for part in one.parts if isinstance(part, Buttons)]
    assert await channel.core.tutor.posed("preview") is None


async def test_zones_days_topics_and_difficulties_complete(channel: Channel) -> None:
    await channel.says("olga", SET)  # with which the zones have been read in

    def ways(text: str) -> list[str]:
        return [each.text for each in complete(channel.core, text)]

    assert "/daily set " in ways("/daily s")
    assert "/daily set 09:00 " in ways("/daily set 0")
    assert "/daily set 09:00 Europe/Berlin " in ways("/daily set 09:00 berl")
    assert "/daily set 09:00 Europe/Berlin weekdays " in ways("/daily set 09:00 Europe/Berlin w")
    assert "/daily set 09:00 Europe/Berlin weekdays hard " in ways("/daily set 09:00 Europe/Berlin weekdays h")
