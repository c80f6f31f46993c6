"""`/remind` and `/digest`: what comes unasked, only when it helps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.wall import WallPoster
from bot.command import User
from bot.pictures.charts import Chart, Season
from bot.pictures.errors import DrawingError
from bot.reply import Buttons, Picture, Reply, plain
from cards.memory import Memory
from tests.bot.conversation import GROUP, START, Conversation, conversation
from tests.bot.study.own_lab import credited, learnt
from tests.bot.study.standing_lab import answered

ALICE = User(id="test:alice", name="alice")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def told(tmp_path: Path) -> AsyncIterator[Conversation]:
    """A group whose bot can say something unasked."""
    async with conversation(tmp_path, organisers=frozenset({"olga"})) as found:
        found.core.posters["test"] = WallPoster("test", "page", found.core.store, found.clock)
        yield found


@pytest.fixture
def undrawn(told: Conversation, monkeypatch: pytest.MonkeyPatch) -> list[Chart]:
    """What is to be drawn where nothing can be."""
    wanted: list[Chart] = []

    async def chart(given: Chart) -> Picture:
        wanted.append(given)
        raise DrawingError("nothing is drawn here")

    monkeypatch.setattr(told.core.pictures, "chart", chart)
    return wanted


async def came(told: Conversation, at: datetime, viewer: str = "alice") -> list[Reply]:
    """What is said by a moment that this person sees."""
    told.clock.at = at
    await told.core.study.rounds.once(at)
    seen = await told.core.history(GROUP, viewer=f"test:{viewer}", limit=200)
    return [each.reply for each in seen if not each.said and each.action is None]


async def test_a_reminder_comes_at_ones_own_hour_to_oneself_alone(told: Conversation) -> None:
    await told.says("alice", "/timezone tokyo")
    await answered(told.core, "alice", START)
    reply = await told.says("alice", "/remind at 6pm")
    assert "every day at 18:00 (Asia/Tokyo)" in plain(reply)
    six = datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert await came(told, six - timedelta(seconds=1)) == []
    [reminder] = await came(told, six)
    assert "Your streak of 1 day needs one answer before Wed 4 Mar, 04:00" in plain(reminder)
    assert await came(told, six, viewer="bob") == []


async def test_no_reminder_comes_to_whoever_answered_or_has_nothing_to_lose(told: Conversation) -> None:
    await told.says("alice", "/remind at 18:00")
    assert await came(told, START + DAY) == []  # she never answered anything
    await answered(told.core, "alice", START + DAY)
    assert await came(told, START.replace(hour=18) + DAY) == []
    assert len(await came(told, START.replace(hour=18) + 2 * DAY)) == 1


async def test_one_comes_a_day_also_when_the_hour_is_changed_or_the_zone(told: Conversation) -> None:
    await answered(told.core, "alice", START)
    await told.says("alice", "/remind at 10:00")
    tomorrow = START + DAY
    assert len(await came(told, tomorrow.replace(hour=10))) == 1
    await told.says("alice", "/remind at 12:00")
    assert len(await came(told, tomorrow.replace(hour=12))) == 1
    await told.says("alice", "/timezone lima")
    assert (await told.says("alice", "/remind")).data["reminder"]["zone"] == "America/Lima"
    assert len(await came(told, tomorrow.replace(hour=17))) == 1


async def test_one_comes_a_day_also_to_whoever_has_no_streak(told: Conversation) -> None:
    """They only ever said that they do not know: cards are due, and no day has counted."""
    await answered(told.core, "alice", START, tried=False)
    pupil = await told.core.store.learning.pupil("test:alice")
    assert pupil is not None
    known = Memory(
        card="stride/conv1d-k3p1",
        phase="review",
        step=None,
        stability=1.0,
        difficulty=5.0,
        due=START.date(),
        first=START.date(),
        day=START.date(),
        last=START,
    )
    assert await told.core.store.learning.put_right(pupil, [known], await told.core.tutor.calendar(ALICE))
    await told.says("alice", "/remind at 10:00")
    tomorrow = START + DAY
    assert len(await came(told, tomorrow.replace(hour=10))) == 1
    await told.says("alice", "/remind at 12:00")
    assert len(await came(told, tomorrow.replace(hour=12))) == 1


async def test_a_reminder_keeps_to_the_hour_of_a_zone_that_somebody_has_from_another_community(
    told: Conversation,
) -> None:
    """Nobody had said where this group is; then she comes to one in Tokyo."""
    await answered(told.core, "alice", START)
    await told.says("alice", "/remind at 20:00")
    other = replace(GROUP, community="other")
    await told.core.store.members.set_community_zone(other, "Asia/Tokyo", START)
    await answered(told.core, "alice", START + HOUR, place=other)
    assert await came(told, START.replace(hour=20) + DAY) == []
    assert len(await came(told, START.replace(hour=11) + 2 * DAY)) == 1
    assert (await told.says("alice", "/remind")).data["reminder"]["zone"] == "Asia/Tokyo"


async def test_a_late_reminder_stays_out_of_the_quiet_hours(told: Conversation) -> None:
    """The bot comes back at 22:30, which is less than three hours late, and in the night."""
    await answered(told.core, "alice", START)
    await told.says("alice", "/remind at 21:00")
    assert await came(told, START.replace(hour=22, minute=30) + DAY) == []
    assert len(await came(told, START.replace(hour=21, minute=30) + 2 * DAY)) == 1


async def test_days_and_quiet_hours_are_read_as_people_write_them(told: Conversation) -> None:
    reply = await told.says("alice", "/remind at 7pm mon, wed quiet 20:00-09:00")
    assert "on Mondays and Wednesdays at 19:00" in plain(reply)
    assert "never from 20:00 to 09:00" in plain(reply)
    assert "never from 20:00 to 09:00" in plain(await told.says("alice", "/remind"))
    assert reply.data["reminder"]["quiet"] == "20:00-09:00"
    for wrong in ("", "25:00", "18:00 someday", "18:00 quiet", "18:00 quiet 9", "23:00 quiet 22:00-08:00"):
        assert (await told.says("alice", f"/remind at {wrong}")).fault, wrong
    by_night = await told.says("alice", "/remind at 23:00")
    assert by_night.fault is None  # whoever asks for the night means it
    assert "never" not in plain(by_night)


async def test_the_word_that_a_digest_cannot_read_is_named(told: Conversation) -> None:
    refused = plain(await told.says("olga", "/digest on someday 9:00"))
    assert "`someday` is neither a day of the week nor a time of day." in refused
    assert "`25:00` is no time of day" in plain(await told.says("olga", "/digest on sun 25:00"))


async def test_off_ends_it_and_so_does_the_button_under_each(told: Conversation) -> None:
    assert "not reminded of anything" in plain(await told.says("alice", "/remind"))
    await told.says("alice", "/remind at 18:00")
    assert "not reminded any more" in plain(await told.says("alice", "/remind off"))
    await answered(told.core, "alice", START)
    await told.says("alice", "/remind at 18:00")
    [reminder] = await came(told, START.replace(hour=18) + DAY)
    await told.presses("alice", "No more reminders", reminder)
    assert len(await came(told, START.replace(hour=18) + 2 * DAY)) == 1


async def test_a_digest_comes_once_a_week_where_an_organiser_wants_it(told: Conversation) -> None:
    assert "Only organisers" in plain(await told.says("alice", "/digest on"))
    assert "on Mondays at 09:00 (UTC)" in plain(await told.says("olga", "/digest on"))
    await told.says("alice", "/help")
    await answered(told.core, "alice", START + HOUR, START + 2 * HOUR)
    await answered(told.core, "bob", START + HOUR, right=False)
    assert await came(told, START + 6 * DAY) == []
    [digest] = await came(told, START + 7 * DAY)
    assert "The week 2 to 8 March 2026" in plain(digest)
    assert "2 people gave 3 answers, 67 % of them right." in plain(digest)
    assert "alice" in plain(digest)
    assert not [part for part in digest.parts if isinstance(part, Picture)], "there is no week to compare it with"
    assert await came(told, START + 8 * DAY) == [digest]
    await answered(told.core, "alice", START + 9 * DAY)
    [_, second] = await came(told, START + 14 * DAY)
    [picture] = [part for part in second.parts if isinstance(part, Picture)]
    assert picture.alt == (
        "Points by the week: bars by the week; points in the week of 9 March 2026: 1. alice 4 points, after 5 the week "
        "before."
    )
    assert len(await came(told, START + 21 * DAY)) == 2  # nobody did anything: nothing is said


async def test_a_digests_picture_has_the_weeks_since_anybody_had_points_and_nobody_who_is_hidden(
    told: Conversation, undrawn: list[Chart]
) -> None:
    for name in ("alice", "bob", "eve"):
        await told.says(name, "/help")
        await answered(told.core, name, START + HOUR, START + 15 * DAY)
    await told.says("eve", "/leaderboard hide")
    await answered(told.core, "alice", START + 16 * DAY)
    told.clock.at = START + 17 * DAY
    preview = await told.says("olga", "/digest preview")
    assert "who" in plain(preview), "the table says the same"
    [season] = undrawn
    assert isinstance(season, Season)
    assert [str(week) for week in season.weeks] == ["2026-03-02", "2026-03-09", "2026-03-16"]
    assert [(each.place, each.name, each.points) for each in season.people] == [
        (1, "alice", (4, 0, 8)),
        (2, "bob", (4, 0, 4)),
    ]


@pytest.mark.usefixtures("undrawn")
async def test_a_digest_keeps_its_time_where_the_group_moves_to_and_comes_once_on_a_date(told: Conversation) -> None:
    await told.says("olga", "/digest on")
    await answered(told.core, "alice", START + HOUR, START + 8 * DAY)
    assert len(await came(told, START + 7 * DAY)) == 1
    await told.says("olga", "/timezone community los angeles")
    assert "on Mondays at 09:00 (America/Los Angeles)" in plain(await told.says("olga", "/digest"))
    assert len(await came(told, START + 7 * DAY + 8 * HOUR)) == 1  # nine on that same Monday
    assert len(await came(told, START + 14 * DAY)) == 1
    assert len(await came(told, START + 14 * DAY + 7 * HOUR)) == 2


@pytest.mark.usefixtures("undrawn")
async def test_a_digest_names_what_most_people_mixed_up_and_never_whose_mistake_it_is(told: Conversation) -> None:
    skill = next(iter((await told.core.tutor.cards(ALICE, GROUP)).skills))
    topic = (await told.core.tutor.cards(ALICE, GROUP)).topic_title(skill)
    for name, mistake in (("alice", "M2"), ("alice", "M5"), ("bob", "M5"), ("bob", "M5"), ("eve", "M1")):
        await learnt(told.core, name, skill, START + HOUR, right=False, mistake=mistake)
    told.clock.at = START + DAY
    assert "mistake" not in plain(await told.says("olga", "/digest preview")), "two people are too few to say it"
    line = await learnt(told.core, "eve", skill, START + 2 * HOUR, right=False, mistake="M5")
    preview = await told.says("olga", "/digest preview")
    assert (
        "The commonest mistake (3 people): stride left out. What is right: the window moves s at a time, so divide by "
        "it before the +1."
    ) in plain(preview)
    assert preview.data["digest"]["mistake"] == {"id": "M5", "people": 3, "topic": topic}
    [buttons] = [part for part in preview.parts if isinstance(part, Buttons)]
    assert [button.label for button in buttons.buttons] == [f"Practise {topic}"]
    await credited(told.core, line, START + 3 * HOUR)
    assert "mistake" not in plain(await told.says("olga", "/digest preview")), "what a dispute made right is none"


@pytest.mark.usefixtures("undrawn")
async def test_a_digest_can_be_looked_at_and_switched_off(told: Conversation) -> None:
    assert "no digest would come" in plain(await told.says("olga", "/digest preview"))
    await told.says("alice", "/help")
    await answered(told.core, "alice", START)
    assert "no digest would come" in plain(await told.says("olga", "/digest preview"))  # on a Monday, of last week
    told.clock.advance(days=1)
    preview = await told.says("olga", "/digest preview")
    assert preview.private
    assert "1 person gave 1 answer, 100 % of them right." in plain(preview)
    assert "on Fridays at 17:00" in plain(await told.says("olga", "/digest on fri 5pm"))
    assert "on Fridays at 17:00" in plain(await told.says("olga", "/digest"))
    for wrong in ("weekdays 9:00", "mon 25:00", "sometimes"):
        assert (await told.says("olga", f"/digest on {wrong}")).fault, wrong
    assert "any more" in plain(await told.says("olga", "/digest off"))
    assert await came(told, START + 4 * DAY + 8 * HOUR) == []
