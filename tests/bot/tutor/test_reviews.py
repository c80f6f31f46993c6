"""What is due comes by the rules of teaching, on the learner's own days. Torch is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise

import pytest
import pytest_asyncio

from bot.errors import TorchAway, WrongUsage
from bot.tutor.model import Rest
from cards.grade import Rating
from cards.learner import LEECH_LAPSES
from cards.memory import Memory
from tests.bot.conversation import GROUP, START, Conversation, conversation
from tests.bot.tutor.tutor_lab import Pupil, mistake, number

pytestmark = pytest.mark.asyncio(loop_scope="module")
_names = count()
TODAY = START.date()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def group(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path_factory.mktemp("reviews")) as found:
        yield found


@pytest.fixture
def pupil(group: Conversation) -> Pupil:
    group.clock.at = START
    return Pupil(group, f"alice{next(_names)}")


def learnt(name: str, due: int = 0, *, ago: int = 30, lapses: int = 0) -> Memory:
    day = TODAY - timedelta(days=ago)
    return Memory(
        card=name,
        phase="review",
        step=None,
        stability=20.0,
        difficulty=5.0,
        due=TODAY + timedelta(days=due),
        first=day,
        day=day,
        last=datetime.combine(day, START.timetz()),
        reviews=4,
        lapses=lapses,
    )


async def knows(pupil: Pupil, *memories: Memory) -> None:
    """Begins with these, and with one of another topic that was answered last."""
    other = learnt("other", due=90, ago=1)
    await pupil.tutor.take_over(pupil.user, pupil.deck, [other], pupil.group.clock.now())
    taken = await pupil.tutor.take_over(pupil.user, pupil.deck, memories, pupil.group.clock.now())
    assert taken == len(memories)


async def all_of(pupil: Pupil) -> list[str]:
    """Reviews until nothing is left but skills, which need torch, knowing it all within seconds; what came."""
    seen: list[str] = []
    with suppress(TorchAway):
        while (posed := await pupil.reviews()) is not None and len(seen) < 100:
            seen.append(posed.card)
            pupil.group.clock.advance(seconds=5)
            assert (await pupil.knows_it(posed)).correct, posed
    return seen


def own(pupil: Pupil, seen: list[str]) -> list[str]:
    return [name.removeprefix(f"{pupil.deck}/") for name in seen if name.startswith(pupil.deck)]


OTHER = replace(mistake("other"), topic="elsewhere")


async def test_what_is_due_comes_before_what_is_new_and_then_there_is_rest(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"), mistake("b"))
    await knows(pupil, learnt("b"))
    first = await pupil.reviews()
    assert first is not None
    assert (first.card, first.purpose, first.of) == (f"{pupil.deck}/b", "review", 1)
    marked = await pupil.rates(first, Rating.GOOD)
    assert isinstance(marked.due, date)
    standing = await pupil.tutor.standing(pupil.user, GROUP, START)
    assert (standing.due, standing.new, standing.done, standing.right, standing.learnt) == (0, 8, 1, 1, 2)


async def test_a_review_is_shown_again_until_it_is_answered(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"))
    await knows(pupil, learnt("a"))
    first = await pupil.reviews()
    assert first is not None
    assert await pupil.reviews() == first
    assert await pupil.tutor.open_question(pupil.user, GROUP) == first
    await pupil.rates(first, Rating.GOOD)
    assert await pupil.tutor.open_question(pupil.user, GROUP) is None


async def test_the_same_event_twice_asks_the_same(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"), mistake("b"))
    event = pupil.event()
    first = await pupil.tutor.review(event)
    assert not isinstance(first, Rest)
    await pupil.knows_it(first)
    assert await pupil.tutor.review(event) == first


async def test_siblings_keep_off_each_others_days(pupil: Pupil) -> None:
    family = [replace(mistake(name), family="same") for name in "abc"]
    await pupil.brings(OTHER, *family, mistake("d"))
    await knows(pupil, *(learnt(name) for name in "abcd"))
    seen = own(pupil, await all_of(pupil))
    assert len(seen) == 2
    assert "d" in seen


async def test_two_in_a_row_are_of_different_topics_while_there_are_others(pupil: Pupil) -> None:
    topics = [replace(mistake(f"{topic}{place}"), topic=topic) for topic in "xyz" for place in range(3)]
    await pupil.brings(OTHER, *topics)
    await knows(pupil, *(learnt(each.id) for each in topics))
    topic_of = [name[0] for name in own(pupil, await all_of(pupil))]
    assert len(topic_of) == 9
    for place, (one, other) in enumerate(pairwise(topic_of), start=1):
        assert one != other or set(topic_of[place:]) == {one}


async def test_a_backlog_is_spread_over_days_where_the_learner_takes_the_plan_up(pupil: Pupil) -> None:
    cards = [mistake(f"a{place}") for place in range(150)]
    await pupil.brings(OTHER, *cards)
    with pytest.raises(WrongUsage, match="piled up"):
        await pupil.tutor.take_up(pupil.event())
    await knows(pupil, *(learnt(each.id, due=-10) for each in cards))
    standing = await pupil.tutor.standing(pupil.user, GROUP, START)
    assert (standing.due, standing.new) == (150, 0)
    assert standing.plan is not None
    plan = await pupil.tutor.take_up(pupil.event())
    assert plan == standing.plan
    after = await pupil.tutor.standing(pupil.user, GROUP, START)
    assert (after.due, after.tomorrow, after.plan) == (plan.a_day, plan.a_day, None)
    assert await pupil.replayed() == await pupil.memories()


async def test_a_card_that_is_forgotten_again_and_again_makes_way_for_an_easier_one(pupil: Pupil) -> None:
    hard = replace(mistake("hard"), difficulty=3, family="f")
    easy = replace(mistake("easy"), family="f", topic="easier")
    await pupil.brings(OTHER, hard, easy)
    await knows(pupil, learnt("hard", lapses=LEECH_LAPSES - 1))
    posed = await pupil.reviews()
    assert posed is not None
    marked = await pupil.rates(posed, Rating.AGAIN)
    assert (marked.leech, marked.easier) == (True, f"{pupil.deck}/easy")
    following = await pupil.reviews()
    assert following is not None
    assert following.card == f"{pupil.deck}/easy"
    await pupil.rates(following, Rating.EASY)
    assert (await pupil.memory("hard")).waits_for == ""
    assert await pupil.replayed() == await pupil.memories()


async def test_days_begin_at_four_where_the_learner_is(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"))
    await knows(pupil, learnt("a", due=1))
    await pupil.tutor.set_zone(pupil.user, "Asia/Tokyo", START)
    assert (await pupil.tutor.calendar(pupil.user)).zone == "Asia/Tokyo"
    name = f"{pupil.deck}/a"
    for moment, due in ((datetime(2026, 3, 2, 18, 59, tzinfo=UTC), 0), (datetime(2026, 3, 2, 19, 0, tzinfo=UTC), 1)):
        assert (await pupil.tutor.standing(pupil.user, GROUP, moment)).due == due, name
    with pytest.raises(WrongUsage, match="Europe/Berlin"):
        await pupil.tutor.set_zone(pupil.user, "Middle/Earth", START)
    pupil.group.clock.at = datetime(2026, 3, 2, 19, 30, tzinfo=UTC)
    posed = await pupil.reviews()
    assert posed is not None
    assert posed.card == name
    await pupil.rates(posed, Rating.GOOD)
    assert (await pupil.memory("a")).day == date(2026, 3, 3)
    [line] = [line for line in await pupil.group.core.store.learning.log(pupil.user.id) if line.kind == "answer"]
    assert line.zone == "Asia/Tokyo"


async def test_what_somebody_brings_along_is_taken_once_and_can_be_taken_away_again(pupil: Pupil) -> None:
    await pupil.brings(number("a"), number("b"))
    [posed] = await pupil.asked("a")
    await pupil.says(posed, "7")
    own = await pupil.memory("a")
    brought = [learnt("a"), learnt("b", due=5), learnt("nobody")]
    assert await pupil.tutor.take_over(pupil.user, pupil.deck, brought, START) == 2
    assert await pupil.tutor.take_over(pupil.user, pupil.deck, brought, START) == 0
    remembered = await pupil.tutor.remembered(pupil.user, pupil.deck)
    assert remembered == {"a": replace(own, card="a"), "b": brought[1], "nobody": brought[2]}
    assert await pupil.replayed() == await pupil.memories()


async def test_without_torch_cards_are_asked_and_skills_are_not(pupil: Pupil) -> None:
    with pytest.raises(TorchAway, match="not confirmed"):
        await pupil.tutor.practise(pupil.event(), "conv", 5)
    assert await pupil.group.core.store.learning.newest(pupil.user.id, GROUP) == []
    posed = await pupil.reviews()
    assert posed is not None
    assert not posed.card.startswith("~")
    assert posed.torch == ""


async def test_practice_begins_with_what_is_due_then_what_is_new_then_what_is_known_least(pupil: Pupil) -> None:
    await pupil.brings(OTHER, *(mistake(name) for name in "abcd"))
    await knows(pupil, learnt("b", due=9), replace(learnt("c", due=9), stability=1.0), learnt("d"))
    session = await pupil.tutor.practise(pupil.event(), "Letters", 4)
    assert [posed.card.rpartition("/")[2] for posed in session.questions] == ["d", "a", "c", "b"]
    assert [(posed.position, posed.of) for posed in session.questions] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert session.topics == ("Letters",)


async def test_a_session_goes_on_with_what_is_unanswered_and_ends(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"), mistake("b"), mistake("c"))
    a, b, c = (await pupil.tutor.practise(pupil.event(), "Letters", 3)).questions
    assert await pupil.tutor.open_question(pupil.user, GROUP) == a
    await pupil.rates(b, Rating.GOOD)
    assert await pupil.tutor.following(b, pupil.user) == c
    await pupil.rates(c, Rating.AGAIN)
    assert await pupil.tutor.following(c, pupil.user) == a
    await pupil.rates(a, Rating.GOOD)
    assert await pupil.tutor.following(a, pupil.user) is None
    results = await pupil.tutor.results(a, pupil.user)
    assert [(each.posed.id, each.correct) for each in results] == [(a.id, True), (b.id, True), (c.id, False)]
    last = await pupil.tutor.newest_answered(pupil.user, GROUP)
    assert last == a


async def test_there_are_as_many_questions_as_there_are_and_what_nobody_knows_is_said(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"), mistake("b"))
    session = await pupil.tutor.practise(pupil.event(), "Letters", 9)
    assert len(session.questions) == 2
    assert "only 2" in session.says
    with pytest.raises(WrongUsage, match="no questions about"):
        await pupil.tutor.practise(pupil.event(), "qwxyzzy", 5)


async def test_the_same_press_twice_practises_the_same_questions(pupil: Pupil) -> None:
    await pupil.brings(OTHER, mistake("a"), mistake("b"), mistake("c"))
    event = pupil.event()
    first = await pupil.tutor.practise(event, "Letters", 3)
    again = await pupil.tutor.practise(event, "Letters", 3)
    assert again.questions == first.questions
    other = await pupil.tutor.practise(pupil.event(), "Letters", 3)
    assert {posed.id for posed in other.questions}.isdisjoint({posed.id for posed in first.questions})


async def test_what_a_community_uses_its_members_are_asked_there(group: Conversation) -> None:
    teacher, pupil = Pupil(group, "teacher"), Pupil(group, "member")
    await teacher.brings(mistake("a"), owner="community:test:page")
    there = await pupil.tutor.cards(pupil.user, GROUP)
    elsewhere = await pupil.tutor.cards(pupil.user, replace(GROUP, community="another"))
    name = f"{teacher.deck}/a"
    assert (name in there.cards, name in elsewhere.cards) == (True, False)
    assert there.topic_title(name) == "Letters"
    assert (await pupil.tutor.card(pupil.event(), name)).key == "Some are white."
    with pytest.raises(WrongUsage, match="no card"):
        await pupil.tutor.card(pupil.event(), "nobody-deck/a")
    await group.core.store.decks.remove(teacher.deck, START)
    assert name not in (await pupil.tutor.cards(pupil.user, GROUP)).cards
