"""What a group is asked next."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.group.picking import Candidate, Stock, Tally, level, picks

names = st.integers(0, 30)
decks = st.lists(
    st.builds(
        lambda topic, rule, difficulty: (f"t{topic}", f"r{rule}", difficulty),
        st.integers(0, 5),
        st.integers(0, 8),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
).map(
    lambda found: [
        Candidate(name=f"c{number}", topic=topic, rule=rule, difficulty=difficulty)
        for number, (topic, rule, difficulty) in enumerate(found)
    ]
)
tallies = st.dictionaries(
    names.map("c{}".format),
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda two: Tally(max(two), min(two))),
)


def asked(candidates: list[Candidate], count: int, seed: int = 1, **known: object) -> list[str]:
    """The first that are asked."""
    fields: dict[str, object] = {"recent": [], "tallies": {}, **known}
    return list(islice(picks(Stock(candidates), draw=Random(seed), **fields), count))  # type: ignore[arg-type]  # noqa: S311 - as written above; an order, no secret


@given(candidates=decks, recent=st.lists(names.map("c{}".format), max_size=80), told=tallies, seed=st.integers())
def test_nothing_is_asked_twice_in_a_row(
    candidates: list[Candidate], recent: list[str], told: dict[str, Tally], seed: int
) -> None:
    """Whatever was asked before, however the group does: as far as there is anything else."""
    found = asked(candidates, 40, seed, recent=recent, tallies=told)
    assert len(found) == 40
    of = {each.name: each for each in candidates}
    before = [name for name in recent if name in of][-1:]
    if len(candidates) > 1:
        assert all(one != other for one, other in pairwise([*before, *found]))


@given(candidates=decks, told=tallies, seed=st.integers())
def test_the_same_seed_asks_the_same(candidates: list[Candidate], told: dict[str, Tally], seed: int) -> None:
    assert asked(candidates, 10, seed, tallies=told) == asked(candidates, 10, seed, tallies=told)


def _deck(topics: int, cards: int) -> list[Candidate]:
    return [
        Candidate(name=f"{topic}/{card}", topic=f"t{topic}", rule=f"{topic}{card}", difficulty=1)
        for topic in range(topics)
        for card in range(cards)
    ]


def test_in_a_deck_of_many_topics_no_two_neighbours_are_of_one() -> None:
    found = asked(_deck(6, 10), 300)
    assert all(one[0] != other[0] for one, other in pairwise(found))
    assert len(set(found)) == 60


def test_weak_spots_come_more_often_and_the_others_still_come() -> None:
    """What the group gets wrong every time, against what it always knows."""
    deck = _deck(6, 10)
    told = {each.name: Tally(20, 20 if each.topic == "t0" else 0) for each in deck}
    counts = Counter(name[0] for name in asked(deck, 600, tallies=told))
    assert counts["0"] > 1.5 * max(count for topic, count in counts.items() if topic != "0")
    assert min(counts.values()) > 30


def test_nothing_is_asked_where_there_is_nothing() -> None:
    assert asked([], 5) == []


def test_a_skill_gets_harder_as_the_group_does_better() -> None:
    assert [level(Tally(*each)) for each in ((0, 0), (4, 0), (10, 9), (10, 4), (10, 2), (10, 0))] == [1, 1, 1, 2, 3, 3]
