"""A learner over days: what comes, in what order, how much of it, and that a log replayed gives the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cards.calendar import calendar
from cards.grade import Rating
from cards.learner import LEECH_LAPSES, Entry, Learner
from cards.memory import Memory, Teacher
from cards.model import Card
from cards.replay import replay
from cards.shelf import Rules

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
BERLIN = calendar("Europe/Berlin")
FREE = Rules(new_a_day=1000, cap_new=False)


def card(name: str, topic: str = "", family: str = "", needs: Sequence[str] = (), **more: object) -> Card:
    fields = {"kind": "recall", "front": "?", "answer": "!", "reason": "", **more}
    return Card(id=name, topic=topic or name[0], family=family, needs=tuple(needs), **fields)  # type: ignore[arg-type] # as written above


def learnt(name: str, due: int = 0, *, stability: float = 20.0, lapses: int = 0, ago: int = 30) -> Memory:
    day = TODAY - timedelta(days=ago)
    return Memory(
        card=name,
        phase="review",
        step=None,
        stability=stability,
        difficulty=5.0,
        due=TODAY + timedelta(days=due),
        first=day,
        day=day,
        last=datetime.combine(day, NOW.timetz()),
        reviews=4,
        lapses=lapses,
    )


def cards_of(topics: str, each: int) -> list[Card]:
    return [card(f"{topic}{number}") for topic in topics for number in range(each)]


def test_what_is_due_by_the_minute_comes_before_the_days_and_these_before_what_is_new() -> None:
    learner = Learner([card("a1"), card("b1"), card("c1")], seed=1, rules=FREE, memories=[learnt("b1")])
    learner.answer("c1", Rating.AGAIN, NOW, BERLIN)
    later = NOW + timedelta(minutes=2)
    assert list(learner.order(NOW, BERLIN)) == ["b1", "a1"]
    assert learner.waits_until(NOW) == NOW + timedelta(minutes=1)
    assert list(Learner([card("a1"), card("b1"), card("c1")], seed=1, rules=FREE, memories=learner.memories).order(
        later, BERLIN
    )) == ["b1", "c1", "a1"]  # c was the last one answered  # fmt: skip
    learner.answer("b1", Rating.GOOD, later, BERLIN)
    assert list(learner.order(later, BERLIN)) == ["c1", "a1"]


def test_what_is_due_tomorrow_is_due_from_four_in_the_morning() -> None:
    learner = Learner([card("a1")], seed=1, rules=FREE, memories=[learnt("a1", due=1)])
    assert learner.next(datetime(2026, 3, 3, 2, 59, tzinfo=UTC), BERLIN) is None
    assert learner.next(datetime(2026, 3, 3, 3, 0, tzinfo=UTC), BERLIN) == "a1"


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 6), min_size=1), st.integers(0, 99))
def test_two_of_one_topic_never_follow_each_other_while_there_is_another(sizes: dict[str, int], seed: int) -> None:
    cards = [card(f"{topic}{number}") for topic, size in sizes.items() for number in range(size)]
    learner = Learner(cards, seed=seed, memories=[learnt(each.id, due=-(seed % 5)) for each in cards])
    order = [name[0] for name in learner.order(NOW, BERLIN)]
    assert len(order) == len(cards)
    for place, (one, other) in enumerate(pairwise(order), start=1):
        assert one != other or set(order[place:]) == {one}


def test_without_interleaving_the_longest_due_comes_first() -> None:
    cards = cards_of("ab", 3)
    memories = [learnt(each.id, due=-3 if each.id[0] == "a" else -1) for each in cards]
    learner = Learner(cards, seed=1, rules=Rules(interleave=False), memories=memories)
    assert [name[0] for name in learner.order(NOW, BERLIN)] == ["a", "a", "a", "b", "b", "b"]


def test_what_a_card_needs_comes_before_it() -> None:
    cards = [card("a1", needs=["b1"]), card("b1", needs=["c1"]), card("c1")]
    memories = [learnt("a1", -9), learnt("b1", -5), learnt("c1", 0)]
    assert list(Learner(cards, seed=1, memories=memories).order(NOW, BERLIN)) == ["c1", "b1", "a1"]


def test_a_new_card_waits_until_what_it_needs_has_been_learnt() -> None:
    learner = Learner([card("a1", needs=["b1", "gone"]), card("b1")], seed=1, rules=FREE)
    assert list(learner.order(NOW, BERLIN)) == ["b1"]
    learner.answer("b1", Rating.GOOD, NOW, BERLIN)
    assert learner.next(NOW, BERLIN) is None
    learner.answer("b1", Rating.EASY, NOW, BERLIN)
    assert learner.next(NOW, BERLIN) == "a1"


def test_siblings_keep_off_each_others_days() -> None:
    cards = [card("a1", family="f"), card("b1", family="f"), card("c1", family="f"), card("d1")]
    learner = Learner(cards, seed=1, rules=FREE, memories=[learnt("a1", -2), learnt("b1", -1)])
    assert list(learner.order(NOW, BERLIN)) == ["a1", "d1"]
    learner.answer("a1", Rating.AGAIN, NOW, BERLIN)
    soon, tomorrow = NOW + timedelta(minutes=20), NOW + timedelta(days=1)
    assert list(learner.order(soon, BERLIN)) == ["d1", "a1"]  # its own minutes go on
    learner.answer("a1", Rating.GOOD, soon, BERLIN)
    assert learner.next(tomorrow, BERLIN) == "b1"
    free = Learner(cards, seed=1, rules=replace(FREE, bury=False), memories=[learnt("a1"), learnt("b1")])
    assert sorted(free.order(NOW, BERLIN)) == ["a1", "b1", "c1", "d1"]


def test_new_cards_get_fewer_as_the_day_fills_and_come_back_when_it_is_empty() -> None:
    cards = cards_of("abcdefgh", 15)
    rules = Rules(new_a_day=8, budget=60)

    def new_with(due: int) -> int:
        learner = Learner(cards, seed=1, rules=rules, memories=[learnt(each.id) for each in cards[:due]])
        order = list(learner.order(NOW, BERLIN))
        assert len(order) == due + learner.room_for_new(TODAY)
        return learner.room_for_new(TODAY)

    assert [new_with(due) for due in (0, 30, 45, 60, 100)] == [8, 8, 4, 0, 0]
    done = Learner(cards, seed=1, rules=rules, memories=[learnt(each.id) for each in cards[:60]])
    for each in cards[:60]:
        done.answer(each.id, Rating.GOOD, NOW, BERLIN)
    assert done.due(TODAY) == done.room_for_new(TODAY) == 0  # what has been done today was work, too
    assert done.room_for_new(TODAY + timedelta(days=1)) > 0


def test_after_a_break_what_has_piled_up_is_spread_over_days() -> None:
    cards = cards_of("abcdefghij", 11)
    memories = [learnt(each.id, due=-(place % 20) - 10, stability=5 + place) for place, each in enumerate(cards)]
    learner = Learner(cards, seed=1, rules=Rules(budget=12), memories=memories)
    plan = learner.catch_up(NOW, BERLIN)
    assert plan is not None
    assert (plan.cards, plan.a_day, plan.days) == (110, 11, 10)
    assert 0.5 < plan.retention < plan.at_once < 1
    assert str(plan) == f"11 a day for 10 days: about {plan.retention:.0%} will still be there"
    entry = learner.take_up(plan, NOW, BERLIN)
    assert entry.kind == "plan"
    assert [learner.load[TODAY + timedelta(days=each)] for each in range(11)] == [*[11] * 10, 0]
    assert learner.memories == replay_from(cards, learner.rules, memories, [entry]).memories
    assert learner.catch_up(NOW, BERLIN) is None
    assert Learner(cards, seed=1, rules=Rules(budget=12, smooth=False), memories=memories).catch_up(NOW, BERLIN) is None


def test_a_plan_leaves_room_for_what_is_due_on_its_days_anyway() -> None:
    cards = cards_of("abcdefghij", 11)
    busy = [learnt(each.id, due=1 if place < 50 else -3) for place, each in enumerate(cards)]
    plan = Learner(cards, seed=1, rules=Rules(budget=20), memories=busy).catch_up(NOW, BERLIN)
    assert plan is not None
    assert (plan.cards, plan.days) == (60, 4)  # 20, 5 beside fifty others, 20 and the rest


def replay_from(cards: list[Card], rules: Rules, memories: list[Memory], entries: list[Entry]) -> Learner:
    learner = Learner(cards, seed=1, rules=rules, memories=memories)
    for entry in entries:
        plan = learner.catch_up(entry.at, calendar(entry.zone))
        assert plan is not None
        learner.take_up(plan, entry.at, calendar(entry.zone))
    return learner


def test_a_card_that_is_forgotten_again_and_again_makes_way_for_an_easier_one() -> None:
    cards = [card("a1", family="f", difficulty=3), card("b1", family="f", difficulty=1), card("c1")]
    memories = [learnt("a1", lapses=LEECH_LAPSES - 1), learnt("c1")]
    learner = Learner(cards, seed=1, rules=FREE, memories=memories)
    answered = learner.answer("a1", Rating.AGAIN, NOW, BERLIN)
    assert (answered.leech, answered.easier) == (True, "b1")
    later = NOW + timedelta(minutes=15)
    assert list(learner.order(later, BERLIN)) == ["b1", "c1"]
    learner.answer("b1", Rating.AGAIN, later, BERLIN)
    assert learner.next(later, BERLIN) == "c1"
    learner.answer("c1", Rating.GOOD, later, BERLIN)
    soon = later + timedelta(minutes=2)
    assert learner.next(soon, BERLIN) == "b1"
    learner.answer("b1", Rating.GOOD, soon, BERLIN)
    memory = learner.memory("a1")
    assert memory is not None
    assert (memory.waits_for, memory.due) == ("", BERLIN.ends(TODAY))  # tomorrow, when it is not in the ear any more
    assert "a1" not in list(learner.order(soon + timedelta(hours=1), BERLIN))


def test_without_an_easier_one_a_leech_is_noticed_and_goes_on() -> None:
    learner = Learner([card("a1", difficulty=1)], seed=1, memories=[learnt("a1", lapses=LEECH_LAPSES - 1)])
    answered = learner.answer("a1", Rating.AGAIN, NOW, BERLIN)
    assert (answered.leech, answered.easier) == (True, "")
    assert learner.next(NOW + timedelta(minutes=11), BERLIN) == "a1"


FAMILIES = st.sampled_from(["", "f", "g"])
NAMES = [f"{topic}{number}" for topic in "abc" for number in range(4)]
DECKS = st.tuples(*[st.tuples(FAMILIES, st.integers(1, 3), st.booleans()) for _ in NAMES])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(Rating), st.integers(0, 60 * 60 * 60), st.sampled_from(["Europe/Berlin", "Pacific/Apia"])
    ),
    max_size=40,
)


def deck(drawn: Sequence[tuple[str, int, bool]]) -> list[Card]:
    return [
        card(name, family=family, difficulty=level, needs=NAMES[place - 1 : place] if needs else ())
        for place, (name, (family, level, needs)) in enumerate(zip(NAMES, drawn, strict=True))
    ]


@settings(deadline=None)
@given(DECKS, STEPS, st.integers())
def test_a_log_replayed_gives_the_same_learner(
    drawn: Sequence[tuple[str, int, bool]], steps: list[tuple[Rating, int, str]], seed: int
) -> None:
    """Also from its JSON, and from the memories alone."""
    cards, now, log = deck(drawn), NOW, []
    rules = Rules(new_a_day=5, budget=2)
    learner = Learner(cards, seed=seed, rules=rules)
    for rating, seconds, zone in steps:
        now, days = now + timedelta(seconds=seconds), calendar(zone)
        plan = learner.catch_up(now, days)
        if plan is not None:
            log.append(learner.take_up(plan, now, days))
        chosen = learner.next(now, days)
        if chosen is not None:
            log.append(learner.answer(chosen, rating, now, days).entry)
    stored = json.loads(json.dumps([entry.to_data() for entry in log]))
    replayed = replay([Entry.from_data(entry) for entry in stored], seed=seed, teacher=rules.teacher)
    assert replayed == learner.memories
    again = Learner(cards, seed=seed, rules=rules, memories=replayed)
    rebuilt = Learner(cards, seed=seed, rules=rules, memories=learner.memories)
    assert +rebuilt._shelf.load == +learner._shelf.load
    for later in (timedelta(), timedelta(hours=1), timedelta(days=3)):
        expected = list(learner.order(now + later, BERLIN))
        assert list(again.order(now + later, BERLIN)) == list(rebuilt.order(now + later, BERLIN)) == expected
        assert len(set(expected)) == len(expected)
        families = [each.family for each in cards if each.id in expected and each.family]
        assert len(set(families)) == len(families)


@settings(deadline=None)
@given(DECKS, st.lists(st.sampled_from(Rating), min_size=30, max_size=60), st.integers())
def test_somebody_who_goes_on_meets_every_card(
    drawn: Sequence[tuple[str, int, bool]], ratings: list[Rating], seed: int
) -> None:
    """No needs, siblings or leeches hold each other up for ever."""
    cards, now = deck(drawn), NOW
    learner = Learner(cards, seed=seed, rules=Rules(teacher=Teacher(fuzz=False)))
    for turn in range(400):
        chosen = learner.next(now, BERLIN)
        if chosen is None:
            now = min(learner.waits_until(now) or now + timedelta(days=1), now + timedelta(days=1))
        else:
            learner.answer(chosen, ratings[turn] if turn < len(ratings) else Rating.GOOD, now, BERLIN)
    assert {memory.card for memory in learner.memories} == set(NAMES)


def test_memories_of_cards_that_are_gone_are_kept_and_not_asked() -> None:
    learner = Learner([card("a1")], seed=1, memories=[learnt("a1"), replace(learnt("gone"), waits_for="a1")])
    assert list(learner.order(NOW, BERLIN)) == ["a1"]
    assert [memory.card for memory in learner.memories] == ["a1", "gone"]
