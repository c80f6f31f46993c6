"""`/timezone`, and that moving neither loses nor wins anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.actions import Action
from bot.command import User
from bot.reply import Table, plain
from tests.bot.conversation import START, Conversation
from tests.bot.study.standing_lab import answered

ALICE = User(id="test:alice", name="alice")
DAY = timedelta(days=1)


async def test_a_city_is_taken_at_once_and_shows_what_time_it_is_there(group: Conversation) -> None:
    reply = await group.says("alice", "/timezone berlin")
    assert "Europe/Berlin. It is Mon 2 Mar, 10:00 there" in plain(reply)
    assert (reply.data["zone"], reply.data["own"], reply.data["offset"]) == ("Europe/Berlin", True, "UTC+1")
    assert (await group.says("alice", "/timezone")).data == reply.data
    assert (await group.core.tutor.calendar(ALICE)).zone == "Europe/Berlin"


async def test_what_several_zones_are_called_is_asked_about_with_buttons(group: Conversation) -> None:
    reply = await group.says("alice", "/timezone gmt+2")
    [table] = [part for part in reply.parts if isinstance(part, Table)]
    assert ("Europe/Athens", "Mon 2 Mar, 11:00") in table.rows
    assert "Europe/Athens" in plain(await group.presses("alice", "Europe/Athens", reply))
    fixed = await group.presses("alice", "UTC+2 all year", reply)
    assert fixed.data["zone"] == "Etc/GMT-2"


async def test_what_is_no_place_is_refused_with_a_way_out(group: Conversation) -> None:
    reply = await group.says("alice", "/timezone middle earth")
    assert reply.fault
    assert reply.fault.suggestion == "/timezone berlin"


async def test_a_button_that_names_no_zone_changes_nothing(group: Conversation) -> None:
    for args in ((), ("mine",), ("mine", "../../etc/passwd"), ("mine", "Etc/Nowhere"), ("community", "Asia/Tokyo")):
        assert (await group.submits("alice", Action("timezone-set", args))).fault, args
    assert await group.core.study.standing.own_zone(ALICE) == ""


async def test_organisers_say_the_groups_zone_and_whoever_said_none_has_it(group: Conversation) -> None:
    assert (await group.says("alice", "/timezone community tokyo")).fault
    assert "Asia/Tokyo" in plain(await group.says("olga", "/timezone community tokyo"))
    assert (await group.says("alice", "/timezone community")).data["zone"] == "Asia/Tokyo"
    shown = await group.says("alice", "/timezone")
    assert (shown.data["zone"], shown.data["own"]) == ("Asia/Tokyo", False)
    await group.says("alice", "/timezone lima")
    assert (await group.says("alice", "/timezone reset")).data["zone"] == "Asia/Tokyo"


async def test_moving_round_the_world_neither_breaks_a_streak_nor_wins_a_day(group: Conversation) -> None:
    await group.says("alice", "/timezone auckland")
    for number, city in enumerate(["honolulu", "kiritimati", "pago pago", "auckland"] * 3):
        group.clock.at = START + number * DAY
        await answered(group.core, "alice", group.clock.at)
        await group.says("alice", f"/timezone {city}")
    found = (await group.says("alice", "/streak")).data
    assert found["days"] <= 12
    assert {each["kind"] for each in found["history"]} == {"answered"}


async def test_the_night_on_which_the_clocks_change_is_a_day_like_others(group: Conversation) -> None:
    """On 29 March 2026 there is no 02:30 in Berlin."""
    await group.says("alice", "/timezone berlin")
    nights = [datetime(2026, 3, 28, 1, 30, tzinfo=UTC) + number * DAY for number in range(3)]
    await answered(group.core, "alice", *nights)
    group.clock.at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    found = (await group.says("alice", "/streak")).data
    assert (found["days"], found["safe"]) == (2, True)
    assert [each["date"] for each in found["history"]] == ["2026-03-27", "2026-03-28"]
    assert found["day_ends"] == "2026-03-29T02:00:00+00:00"


async def test_a_press_that_is_not_whole_is_one_of_another_version(group: Conversation) -> None:
    """Whoever writes presses by hand on the web page meets no fault of Stride's own."""
    for args in ((), ("own",), ("own", "Europe/", "Berlin")):
        pressed = await group.submits("alice", Action("timezone-set", args))
        assert pressed.fault is not None
        assert "another version" in pressed.fault.message
