"""A log says by itself what a learner knows, whatever decks came and went meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cards.calendar import calendar
from cards.grade import Rating
from cards.learner import LEECH_LAPSES, Entry, Learner
from cards.memory import Teacher
from cards.model import Card
from cards.replay import concerning, replay
from cards.shelf import Rules

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
TEACHER = Teacher()
NAMES = [f"{topic}{number}" for topic in "ab" for number in range(3)]
CARDS = [
    Card(id=name, kind="recall", topic=name[0], front="?", answer="!", reason="", difficulty=1 + place % 3, family="f")
    for place, name in enumerate(NAMES)
]
STEPS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(NAMES)),  # the cards that are there just then
        st.sampled_from(NAMES),
        st.sampled_from([Rating.AGAIN, Rating.GOOD, Rating.EASY, Rating.EASY]),
        st.integers(0, 20 * 86_400),
        st.sampled_from(["Europe/Berlin", "Pacific/Apia"]),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS, st.integers(0, 2**63 - 1))
def test_decks_that_come_and_go_do_not_change_what_a_log_says(
    steps: list[tuple[set[str], str, Rating, int, str]], seed: int
) -> None:
    rules, now, log = Rules(budget=1, bury=False), NOW, []
    learner = Learner(CARDS, seed=seed, rules=rules)
    for there, chosen, rating, seconds, zone in steps:
        now, days = now + timedelta(seconds=seconds), calendar(zone)
        cards = [card for card in CARDS if card.id in there | {chosen}]
        learner = Learner(cards, seed=seed, rules=rules, memories=learner.memories)
        plan = learner.catch_up(now, days)
        if plan is not None:
            log.append(learner.take_up(plan, now, days))
        log.append(learner.answer(chosen, rating, now, days).entry)
    assert replay(log, seed=seed, teacher=rules.teacher) == learner.memories
    for memory in learner.memories:
        part = concerning(log, memory.card)
        assert memory in replay(part, seed=seed, teacher=rules.teacher)  # what is left out has no say in it


def entry(card: str, rating: Rating, day: int, **more: object) -> Entry:
    return Entry(kind="answer", at=NOW + timedelta(days=day), zone="UTC", card=card, rating=rating, **more)  # type: ignore[arg-type] # as written above


def test_an_answer_that_is_rated_anew_changes_its_own_card_alone() -> None:
    learner = Learner(CARDS, seed=1, rules=Rules(bury=False))
    log = [
        learner.answer(name, Rating.EASY, NOW + timedelta(days=day), calendar("UTC")).entry
        for day in (0, 9, 30)
        for name in NAMES
    ]
    before = {memory.card: memory for memory in learner.memories}
    log[1] = replace(log[1], rating=Rating.AGAIN)
    after = {memory.card: memory for memory in replay(log, seed=1, teacher=TEACHER)}
    assert {name for name in NAMES if before[name] != after[name]} == {log[1].card}
    assert after[log[1].card].stability < before[log[1].card].stability


def test_a_day_that_was_chosen_stays_where_the_range_has_it_and_else_another_is_taken() -> None:
    first = entry("a", Rating.EASY, 0)
    [free] = replay([first], seed=1, teacher=TEACHER)
    assert isinstance(free.due, date)
    days = [free.due + timedelta(days=off) for off in (-1, 1)]
    kept = [replay([replace(first, due=day)], seed=1, teacher=TEACHER)[0].due for day in days]
    assert set(days) & set(kept)
    assert set(kept) <= {*days, free.due}
    [far] = replay([replace(first, due=free.due + timedelta(days=300))], seed=1, teacher=TEACHER)
    assert far == free


def test_a_credit_for_the_answer_that_made_a_leech_takes_the_leech_back() -> None:
    log = [entry("a", Rating.EASY, 0)]
    log += [
        each
        for day in range(LEECH_LAPSES)
        for each in (
            entry("a", Rating.AGAIN, 60 * day + 30, easier="b" if day == LEECH_LAPSES - 1 else ""),
            entry("a", Rating.EASY, 60 * day + 31),
        )
    ]
    leech = next(memory for memory in replay(log, seed=1, teacher=TEACHER) if memory.card == "a")
    assert (leech.lapses, leech.waits_for) == (LEECH_LAPSES, "b")
    log[1] = replace(log[1], rating=Rating.GOOD)
    fine = next(memory for memory in replay(log, seed=1, teacher=TEACHER) if memory.card == "a")
    assert (fine.lapses, fine.waits_for) == (LEECH_LAPSES - 1, "")


def test_the_part_of_a_log_that_concerns_a_card_holds_the_cards_that_it_is_tied_to() -> None:
    log = [
        entry("a", Rating.GOOD, 0),
        entry("a", Rating.AGAIN, 1, easier="b"),
        entry("b", Rating.GOOD, 2),
        entry("b", Rating.AGAIN, 3, easier="c"),
        entry("c", Rating.GOOD, 4),
        entry("d", Rating.GOOD, 5),
        Entry(kind="plan", at=NOW, zone="UTC", days={"d": NOW.date()}),
    ]
    assert [each.card for each in concerning(log, "a")] == ["a", "a", "b", "b", "c", ""]
    assert [each.card for each in concerning(log, "d")] == ["d", ""]
