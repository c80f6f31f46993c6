"""What somebody sees of themselves, worked out from what is in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.command import User
from bot.errors import WrongUsage
from bot.study.mine import Answered, Mine
from tests.bot.conversation import GROUP, START, Conversation
from tests.bot.study.own_lab import credited, learnt

ALICE = User(id="test:alice", name="alice")
DAY = timedelta(days=1)


async def mine(group: Conversation, words: str = "", *, days: float = 0) -> Mine:
    found = await group.core.study.mine.of(ALICE, GROUP, START + days * DAY, words)
    assert found is not None
    return found


@pytest.fixture
async def skills(group: Conversation) -> tuple[str, str]:
    """A skill of one topic, and one of another."""
    catalogue = await group.core.tutor.cards(ALICE, GROUP)
    first, *others = catalogue.skills
    other = next(name for name in others if catalogue.topic_title(name) != catalogue.topic_title(first))
    return first, other


async def test_who_never_answered_has_nothing_to_see_and_is_not_enrolled_by_looking(group: Conversation) -> None:
    assert await group.core.study.mine.of(ALICE, GROUP, START) is None
    assert await group.core.store.learning.pupil(ALICE.id) is None


async def test_answers_are_counted_for_ever_and_for_the_last_two_weeks_of_ones_own_days(
    group: Conversation, skills: tuple[str, str]
) -> None:
    await group.core.tutor.set_zone(ALICE, "Pacific/Kiritimati", START - 40 * DAY)  # 14 hours ahead
    for back, right in ((30, True), (10, False), (8, True), (6, True), (0, False)):
        await learnt(group.core, "alice", skills[0], START - back * DAY, right=right)
    found = await mine(group)
    assert found.answers == Answered(tried=5, right=3)
    assert found.week == Answered(tried=2, right=1)
    assert found.before == Answered(tried=2, right=1)
    evening = START.replace(hour=14)  # of a day that begins at 14:00 in UTC
    await learnt(group.core, "alice", skills[0], evening - 7 * DAY)
    assert (await mine(group)).week == Answered(tried=3, right=2), "on their own day it was six days ago"


async def test_what_happens_after_the_moment_is_not_looked_at(group: Conversation, skills: tuple[str, str]) -> None:
    for ahead in (0, 1, 2):
        await learnt(group.core, "alice", skills[0], START + ahead * DAY, right=False, mistake="M1")
    found = await mine(group, days=1)
    assert found.answers.tried == 2
    assert [each.count for each in found.mistakes] == [2]
    assert await group.core.study.mine.of(ALICE, GROUP, START - DAY) is None, "nothing had been answered by then"


async def test_topics_say_how_much_is_remembered_and_that_falls_from_day_to_day(
    group: Conversation, skills: tuple[str, str]
) -> None:
    for name in skills:
        await learnt(group.core, "alice", name, START)
    now, later = (await mine(group)).knowledge, (await mine(group, days=30)).knowledge
    assert [topic.begun for topic in now.topics] == [1, 1]
    assert all(topic.cards > 1 for topic in now.topics)
    for one, other in zip(sorted(now.begun, key=str), sorted(later.begun, key=str), strict=True):
        assert one.remembered == 1.0
        assert other.remembered < 0.95
    assert later.forecast is not None
    assert later.forecast.left[0] == pytest.approx(sum(each.remembered for each in later.begun) / 2)
    assert later.standing.due == 2


async def test_a_topic_holds_its_own_answers_cards_and_mistakes_alone(
    group: Conversation, skills: tuple[str, str]
) -> None:
    catalogue = await group.core.tutor.cards(ALICE, GROUP)
    title = catalogue.topic_title(skills[0])
    await learnt(group.core, "alice", skills[0], START, right=False, mistake="M1")
    await learnt(group.core, "alice", skills[1], START, right=False, mistake="M5")
    found = await mine(group, title)
    assert found.knowledge.title == title
    assert [topic.title for topic in found.knowledge.topics] == [title]
    assert found.answers == Answered(tried=1, right=0)
    assert [(each.mistake, each.topic) for each in found.mistakes] == [("M1", title)]


async def test_a_topic_that_nobody_knows_says_what_there_is(group: Conversation, skills: tuple[str, str]) -> None:
    await learnt(group.core, "alice", skills[0], START)
    with pytest.raises(WrongUsage, match="no questions about `zzzzqqqq`"):
        await mine(group, "zzzzqqqq")


async def test_the_commonest_mistake_comes_first_with_the_topic_it_is_made_in(
    group: Conversation, skills: tuple[str, str]
) -> None:
    catalogue = await group.core.tutor.cards(ALICE, GROUP)
    for number, (name, mistake) in enumerate(
        [(skills[0], "M5"), (skills[1], "M1"), (skills[1], "M1"), (skills[0], "M1"), (skills[0], "")]
    ):
        await learnt(group.core, "alice", name, START + number * timedelta(minutes=1), right=False, mistake=mistake)
    found = (await mine(group, days=1)).mistakes
    assert [(each.mistake, each.count, each.topic) for each in found] == [
        ("M1", 3, catalogue.topic_title(skills[1])),
        ("M5", 1, catalogue.topic_title(skills[0])),
    ]
    assert (await mine(group, days=92)).mistakes == (), "what was mixed up a season ago is not held against anybody"


async def test_a_mistake_that_a_dispute_made_right_is_none(group: Conversation, skills: tuple[str, str]) -> None:
    line = await learnt(group.core, "alice", skills[0], START, right=False, mistake="M1")
    assert (await mine(group)).answers == Answered(tried=1, right=0)
    await credited(group.core, line, START)
    found = await mine(group)
    assert found.mistakes == ()
    assert found.answers == Answered(tried=1, right=1)


async def test_nobodys_answers_but_ones_own_count(group: Conversation, skills: tuple[str, str]) -> None:
    await learnt(group.core, "alice", skills[0], START)
    await learnt(group.core, "bob", skills[0], START, right=False, mistake="M1")
    found = await mine(group)
    assert found.answers == Answered(tried=1, right=1)
    assert found.mistakes == ()
