"""How people stand, worked out from what is in the store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.command import Place, User
from bot.group.streaks import Kind
from bot.store.members import Happening, What
from tests.bot.conversation import GROUP, START, Conversation
from tests.bot.study.standing_lab import answered

ALICE = User(id="test:alice", name="alice")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def kinds(group: Conversation, now: datetime) -> str:
    found = await group.core.study.standing.streak(ALICE, GROUP, now)
    return " ".join(each.kind for each in found.history)


async def test_who_never_answered_has_no_streak(group: Conversation) -> None:
    found = await group.core.study.standing.streak(ALICE, GROUP, START)
    assert (found.days, found.history) == (0, ())


async def test_saying_that_one_does_not_know_is_no_meaningful_answer(group: Conversation) -> None:
    await answered(group.core, "alice", START, tried=False)
    assert await kinds(group, START) == ""
    await answered(group.core, "alice", START + HOUR, right=False)
    assert await kinds(group, START + HOUR) == "answered"


async def test_whoever_said_no_zone_has_their_communitys_also_when_it_changes(group: Conversation) -> None:
    standing, members = group.core.study.standing, group.core.store.members
    await answered(group.core, "alice", START)
    assert await standing.zone(ALICE, GROUP) == "UTC"
    await members.set_community_zone(GROUP, "Asia/Tokyo", START + HOUR)
    assert await standing.zone(ALICE, GROUP) == "Asia/Tokyo"
    found = await standing.streak(ALICE, GROUP, START + 3 * DAY)
    assert [each.day.zone for each in found.history] == ["UTC", "Asia/Tokyo", "Asia/Tokyo", "Asia/Tokyo"]


async def test_their_own_zone_counts_before_the_communitys_until_they_take_it_back(group: Conversation) -> None:
    standing, tutor = group.core.study.standing, group.core.tutor
    await group.core.store.members.set_community_zone(GROUP, "Asia/Tokyo", START)
    await answered(group.core, "alice", START)
    await tutor.set_zone(ALICE, "Europe/Berlin", START)
    assert await standing.zone(ALICE, GROUP) == "Europe/Berlin"
    await tutor.set_zone(ALICE, "", START + HOUR)
    assert await standing.zone(ALICE, GROUP) == "Asia/Tokyo"


async def test_a_new_learner_begins_with_the_communitys_days(group: Conversation) -> None:
    await group.core.store.members.set_community_zone(GROUP, "America/New_York", START)
    await group.says("alice", "/help")
    assert (await group.core.tutor.calendar(ALICE)).zone == "UTC"  # nobody learns before they answer
    await answered(group.core, "alice", START)
    assert (await group.core.tutor.calendar(ALICE)).zone == "America/New_York"


async def test_who_belongs_to_two_communities_has_the_zone_of_the_first_that_has_one(group: Conversation) -> None:
    other = Place(platform="test", community="other", channel="hall")
    await answered(group.core, "alice", START)
    await answered(group.core, "alice", START + HOUR, place=other)
    await group.core.store.members.set_community_zone(other, "Asia/Tokyo", START + HOUR)
    assert await group.core.study.standing.zone(ALICE, GROUP) == "Asia/Tokyo"
    await group.core.store.members.set_community_zone(GROUP, "Europe/Berlin", START + 2 * HOUR)
    assert await group.core.study.standing.zone(ALICE, other) == "Europe/Berlin"


async def test_holidays_of_the_group_and_outages_excuse_and_what_came_later_is_not_looked_at(
    group: Conversation,
) -> None:
    await answered(group.core, "alice", START, START + 3 * DAY)
    assert await kinds(group, START + 3 * DAY) == "answered missed none answered"
    away = {"from": (START + DAY).isoformat(), "to": (START + DAY + HOUR).isoformat()}
    rest = {"dates": [(START + 2 * DAY).date().isoformat()]}
    await group.core.store.members.note(
        Happening(at=START + DAY + HOUR, kind=What.OUTAGE, data=away),
        Happening(at=START + DAY, kind=What.HOLIDAY, platform="test", community="page", data=rest),
    )
    assert await kinds(group, START + 3 * DAY) == "answered downtime holiday answered"
    assert await kinds(group, START + HOUR) == "answered"


async def test_a_holiday_that_was_taken_back_or_is_another_groups_excuses_nobody(group: Conversation) -> None:
    await answered(group.core, "alice", START)
    rest = {"dates": [(START + DAY).date().isoformat()]}
    note = group.core.store.members.note
    await note(Happening(at=START, kind=What.HOLIDAY, platform="test", community="other", data=rest))
    await note(Happening(at=START, kind=What.HOLIDAY, platform="test", community="page", data=rest))
    assert await kinds(group, START + 2 * DAY) == "answered holiday open"
    await note(Happening(at=START + HOUR, kind=What.WORKDAY, platform="test", community="page", data=rest))
    assert await kinds(group, START + 2 * DAY) == "answered missed open"


async def test_a_group_day_takes_half_of_those_who_were_active_that_week(group: Conversation) -> None:
    for name in ("alice", "bob", "carol"):
        await answered(group.core, name, START)
    for name in ("alice", "bob"):
        await answered(group.core, name, START + DAY)
    await answered(group.core, "alice", START + 2 * DAY)
    found = await group.core.study.standing.group_streak(GROUP, START + 2 * DAY)
    assert (found.days, found.today.answered, found.today.needed) == (2, 1, 2)
    await answered(group.core, "carol", START + 2 * DAY + HOUR)
    assert (await group.core.study.standing.group_streak(GROUP, START + 2 * DAY + HOUR)).days == 3


async def test_a_quorum_holds_from_when_it_was_chosen(group: Conversation) -> None:
    for name in ("alice", "bob"):
        await answered(group.core, name, START, START + DAY, START + 2 * DAY)
    note, standing = group.core.store.members.note, group.core.study.standing
    chosen = Happening(at=START + 2 * DAY, kind=What.QUORUM, platform="test", community="page", data={"people": 3})
    await note(chosen)
    found = await standing.group_streak(GROUP, START + 2 * DAY)
    assert (found.days, found.today.needed) == (2, 3)
    assert (await standing.group_streak(GROUP, START + 3 * DAY)).days == 0


async def test_a_summers_holiday_breaks_no_groups_streak(group: Conversation) -> None:
    for name in ("alice", "bob"):
        await answered(group.core, name, START, START + DAY, START + 64 * DAY)
    rest = {"dates": [(START + number * DAY).date().isoformat() for number in range(2, 64)]}
    note, standing = group.core.store.members.note, group.core.study.standing
    await note(Happening(at=START, kind=What.HOLIDAY, platform="test", community="page", data=rest))
    assert (await standing.group_streak(GROUP, START + 64 * DAY)).days == 3
    assert (await standing.group_streak(GROUP, START + 66 * DAY)).days == 0


async def test_a_group_that_moves_keeps_the_days_that_it_had(group: Conversation) -> None:
    """Early on Tuesday and late on Wednesday in Tokyo; in Los Angeles there would be a day between."""
    members, standing = group.core.store.members, group.core.study.standing
    await members.set_community_zone(GROUP, "Asia/Tokyo", START - 7 * DAY)
    for name in ("alice", "bob"):
        await answered(group.core, name, START + 11 * HOUR, START + 2 * DAY + 9 * HOUR)
    now = START + 2 * DAY + 10 * HOUR
    before = await standing.group_streak(GROUP, now)
    assert (before.days, before.today.date) == (2, date(2026, 3, 5))
    await members.set_community_zone(GROUP, "America/Los_Angeles", now + HOUR)
    assert await standing.group_streak(GROUP, now) == before
    assert (await standing.group_streak(GROUP, now + 2 * HOUR)).days == 2


async def test_what_a_group_did_later_that_day_is_not_looked_at(group: Conversation) -> None:
    for name in ("alice", "bob"):
        await answered(group.core, name, START + HOUR)
    standing = group.core.study.standing
    assert (await standing.group_streak(GROUP, START)).today.answered == 0
    assert (await standing.group_streak(GROUP, START + HOUR)).today.answered == 2


async def test_a_season_counts_ten_points_a_day_at_most_and_ties_share_a_place(group: Conversation) -> None:
    await answered(group.core, "veteran", *[START + n * timedelta(minutes=1) for n in range(30)])
    await answered(group.core, "newcomer", *[START + n * timedelta(minutes=1) for n in range(7)])
    await answered(group.core, "late", START + HOUR, right=False)
    await answered(group.core, "lazy", START + HOUR, tried=False, right=False)
    board = await group.core.study.standing.leaderboard(GROUP, START + 2 * HOUR)
    assert [(each.place, each.person, each.value) for each in board.points] == [
        (1, "test:newcomer", 10),
        (1, "test:veteran", 10),
        (3, "test:late", 3),
    ]


async def test_the_gain_is_against_ones_own_weeks_up_to_the_same_time_of_the_week(group: Conversation) -> None:
    """START is a Monday at 9: what came later in the weeks before does not count against anybody."""
    week = 7 * DAY
    await answered(group.core, "alice", START - week, START - 2 * week, START - week + DAY)
    await answered(group.core, "bob", *[START - week + n * timedelta(minutes=1) for n in range(-9, 0)])
    await answered(group.core, "alice", START, START + timedelta(minutes=1), START + timedelta(minutes=2))
    await answered(group.core, "bob", START)
    await answered(group.core, "newcomer", START)
    board = await group.core.study.standing.leaderboard(GROUP, START + timedelta(minutes=5))
    assert [(each.person, each.value) for each in board.gains] == [("test:alice", 2)]
    last = await group.core.study.standing.leaderboard(GROUP, START + HOUR, back=1)
    assert last.season.monday == date(2026, 2, 23)
    assert [(each.person, each.value) for each in last.points] == [("test:bob", 10), ("test:alice", 8)]


async def test_who_came_in_the_week_in_which_the_clocks_were_put_back_was_there_for_that_one(
    group: Conversation,
) -> None:
    """That week has an hour more than seven days; whoever came in its first hour was in no week before it."""
    await group.core.store.members.set_community_zone(GROUP, "Europe/Berlin", START)
    came, monday = datetime(2026, 10, 19, 2, 30, tzinfo=UTC), datetime(2026, 10, 26, 3, 30, tzinfo=UTC)
    await answered(group.core, "alice", came, monday, monday + timedelta(minutes=1))
    board = await group.core.study.standing.leaderboard(GROUP, monday + HOUR)
    assert [each.value for each in board.gains] == [1]


async def test_who_hides_is_in_no_ranking(group: Conversation) -> None:
    await answered(group.core, "alice", START)
    assert await group.core.store.members.hide(GROUP, "test:alice", START, hidden=True)
    assert not await group.core.store.members.hide(GROUP, "test:alice", START, hidden=True)
    board = await group.core.study.standing.leaderboard(GROUP, START)
    assert (board.points, board.left_out) == ((), frozenset({"test:alice"}))


async def test_seasons_begin_on_monday_at_four_in_the_communitys_zone(group: Conversation) -> None:
    await group.core.store.members.set_community_zone(GROUP, "Asia/Tokyo", START)
    monday = datetime(2026, 3, 8, 19, tzinfo=UTC)  # Monday, 04:00 in Tokyo
    await answered(group.core, "alice", monday - timedelta(seconds=1))
    assert (await group.core.study.standing.leaderboard(GROUP, monday)).points == ()
    assert len((await group.core.study.standing.leaderboard(GROUP, monday - timedelta(seconds=1))).points) == 1


async def test_an_outage_of_today_makes_today_safe(group: Conversation) -> None:
    await answered(group.core, "alice", START)
    away = {"from": (START + DAY - HOUR).isoformat(), "to": (START + DAY).isoformat()}
    await group.core.store.members.note(Happening(at=START + DAY, kind=What.OUTAGE, data=away))
    found = await group.core.study.standing.streak(ALICE, GROUP, START + DAY)
    assert (found.days, found.safe, found.history[-1].kind) == (1, True, Kind.OPEN)
