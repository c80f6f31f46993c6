"""The rules of a quiz: any order of presses, stops and restarts, and a scoreboard that nobody can argue with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.group.quiz import (
    LOBBY,
    LONGEST_AWAY,
    PAUSE,
    SILENT,
    Course,
    Given,
    Player,
    begun,
    due,
    lobby,
    may_join,
    scoreboard,
    shown,
    stopped,
    timing,
    to_practise,
)

START = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cyd")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@dataclass
class Played:
    """A quiz as a store would keep it, slow and plain: who is there, and what was taken in."""

    course: Course
    there: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    given: dict[tuple[str, int], datetime] = field(default_factory=dict)

    def goes_on(self, now: datetime) -> None:
        answered = [
            sum((person, position) in self.given for person in self.there)
            for position in range(1, self.course.position + 1)
        ]
        self.course = due(self.course, now, players=len(self.there), answered=answered) or self.course

    def presses(self, person: str, position: int, now: datetime) -> bool:
        if timing(self.course, position, now) != "counts" or (person, position) in self.given:
            return False
        self.there.add(person)
        self.known.add(person)
        self.given[person, position] = now
        return True


steps = st.lists(
    st.tuples(
        st.sampled_from(["press", "join", "leave", "begin", "stop", "restart", "look"]),
        st.sampled_from(PEOPLE),
        st.integers(min_value=1, max_value=4),
        st.floats(min_value=0, max_value=40),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(steps=steps, total=st.integers(min_value=1, max_value=4))
def test_whatever_happens_an_answer_counts_only_while_its_question_is_open_and_once(
    steps: list[tuple[str, str, int, float]], total: int
) -> None:
    """Nobody answers twice, late or early; a quiz only goes forward, and stays over once it is over."""
    quiz, now = Played(lobby(total=total, seconds=20, now=START)), START
    for what, person, position, later in steps:
        now += seconds(later)
        before = quiz.course
        match what:
            case "press":
                known = (person, position) in quiz.given
                counted = quiz.presses(person, position, now)
                opened = before.opened[position - 1] if position <= len(before.opened) else START
                was_open = before.state == "open" and before.position == position
                assert counted == (was_open and not known and now < opened + seconds(20))
            case "join" if may_join(before):
                quiz.there.add(person)
                quiz.known.add(person)
            case "leave":
                quiz.there.discard(person)
            case "begin":
                quiz.course = begun(before, now)
            case "stop" if later < 2:
                quiz.course = stopped(before, "said")
            case "restart":
                quiz.goes_on(now + seconds(5))
                now += seconds(5)
            case _:
                quiz.goes_on(now)
        after = quiz.course
        assert (after.position, len(after.opened)) >= (before.position, len(before.opened))
        assert after.position == len(after.opened) <= total
        assert after.position - 1 <= after.closed <= after.position or after.position == 0 == after.closed
        assert all(one < other for one, other in pairwise(after.opened))
        assert (after.next is None) == after.ended
        if before.ended:
            assert after == before
            assert quiz.presses(person, position, now) is False
    for (_, position), at in quiz.given.items():
        opened = quiz.course.opened[position - 1]
        assert opened <= at < opened + seconds(20)


def test_a_quiz_from_the_lobby_to_its_end_by_the_clock_alone() -> None:
    course = lobby(total=2, seconds=20, now=START)
    told: list[tuple[str, int]] = []
    now = START
    while not course.ended:
        now += seconds(1)
        course = due(course, now, players=2, answered=[1] * course.position) or course
        if not told or told[-1] != (course.state, course.position):
            told.append((course.state, course.position))
    assert told == [("lobby", 0), ("open", 1), ("between", 1), ("open", 2), ("between", 2), ("over", 2)]
    assert now - START == LOBBY + 2 * (seconds(20) + PAUSE)
    assert course.closed == 2


def test_a_question_closes_as_soon_as_everybody_has_answered() -> None:
    course = begun(lobby(total=2, seconds=20, now=START), START)
    assert due(course, START + seconds(1), players=2, answered=[1]) is None
    closed = due(course, START + seconds(1), players=2, answered=[2])
    assert closed is not None
    assert (closed.state, closed.closed, closed.next) == ("between", 1, START + seconds(1) + PAUSE)


@pytest.mark.parametrize(
    ("course", "players", "answered", "later", "why"),
    [
        (lobby(total=2, seconds=20, now=START), 0, [], LOBBY, "nobody"),
        (begun(lobby(total=2, seconds=20, now=START), START), 0, [0], seconds(1), "left"),
        (lobby(total=2, seconds=20, now=START), 2, [], LOBBY + LONGEST_AWAY + seconds(1), "away"),
    ],
)
def test_a_quiz_for_nobody_ends(course: Course, players: int, answered: list[int], later: timedelta, why: str) -> None:
    after = due(course, START + later, players=players, answered=answered)
    assert after is not None
    assert (after.state, after.why) == ("stopped", why)


def test_questions_in_a_row_that_nobody_answers_end_it() -> None:
    course, now = begun(lobby(total=9, seconds=20, now=START), START), START
    while not course.ended:
        now += seconds(1)
        course = due(course, now, players=3, answered=[0] * course.position) or course
    assert (course.position, course.why) == (SILENT, "silent")


def test_the_time_of_a_question_runs_from_when_it_could_be_seen() -> None:
    course = begun(lobby(total=2, seconds=20, now=START), START)
    seen = shown(course, START + seconds(7))
    assert seen.next == START + seconds(27)
    assert seen.opened == (START + seconds(7),)
    assert shown(seen, START) == seen
    assert shown(lobby(total=2, seconds=20, now=START), START + seconds(7)).next == START + seconds(7) + LOBBY
    assert shown(stopped(course, "said"), START + seconds(7)).next is None


def test_a_press_is_early_in_time_late_or_of_a_quiz_that_is_over() -> None:
    course = begun(lobby(total=3, seconds=20, now=START), START)
    assert timing(course, 1, START + seconds(19.9)) == "counts"
    assert timing(course, 1, START + seconds(20)) == "late"
    assert timing(course, 2, START) == "early"
    between = due(course, START + seconds(20), players=1, answered=[0])
    assert between is not None
    assert timing(between, 1, START + seconds(1)) == "late", "also where the press was made in time and came later"
    assert timing(stopped(course, "said"), 1, START) == "over"
    assert timing(stopped(course, "said"), 2, START) == "over"
    assert timing(lobby(total=3, seconds=20, now=START), 1, START) == "early"


# The scoreboard.

moments = st.floats(min_value=0, max_value=20).map(lambda later: seconds(round(later, 1)))
rows = st.lists(
    st.builds(
        lambda person, position, later, correct: Given(
            person=person, position=position, at=START + 30 * (position - 1) * seconds(1) + later, correct=correct
        ),
        st.sampled_from(PEOPLE),
        st.integers(min_value=1, max_value=4),
        moments,
        st.booleans(),
    ),
    max_size=20,
    unique_by=lambda each: (each.person, each.position),
)
OPENED = [START + seconds(30 * number) for number in range(4)]
PLAYERS = [Player(person=person, name=person.title()) for person in PEOPLE]


def slow_right(found: Iterable[Given], person: str, upto: int) -> list[Given]:
    return [each for each in found if each.person == person and each.correct and each.position <= upto]


@settings(max_examples=60, deadline=None)
@given(found=rows, upto=st.integers(min_value=0, max_value=4), data=st.data())
def test_the_scoreboard_does_not_depend_on_the_order_of_rows_or_of_joining(
    found: list[Given], upto: int, data: st.DataObject
) -> None:
    """Nor on a row that comes twice."""
    mixed = data.draw(st.permutations([*found, *found[:3]]))
    players = data.draw(st.permutations(PLAYERS))
    assert scoreboard(players, mixed, OPENED, upto=upto) == scoreboard(PLAYERS, found, OPENED, upto=upto)


@settings(max_examples=60, deadline=None)
@given(found=rows, upto=st.integers(min_value=0, max_value=4))
def test_correct_answers_come_first_and_speed_only_parts_those_who_are_equal(found: list[Given], upto: int) -> None:
    scores = scoreboard(PLAYERS, found, OPENED, upto=upto)
    assert {score.person for score in scores} == set(PEOPLE)
    for score in scores:
        right = slow_right(found, score.person, upto)
        assert score.right == len(right)
        assert score.took == sum((each.at - OPENED[each.position - 1] for each in right), timedelta())
    for one, other in pairwise(scores):
        assert (one.right, -one.took) >= (other.right, -other.took)
        assert (one.place == other.place) == (one.right == other.right and one.took == other.took)
    for number, score in enumerate(scores, start=1):
        ahead = [each for each in scores if (each.right, -each.took) > (score.right, -score.took)]
        assert score.place == len(ahead) + 1 <= number
        alike = [each for each in scores if each.right == score.right and each.took != score.took]
        assert score.by_speed == bool(alike and score.right)


def test_equals_share_a_place_and_the_next_place_is_left_out() -> None:
    found = [
        Given(person="ann", position=1, at=START + seconds(5), correct=True),
        Given(person="bob", position=1, at=START + seconds(5.04), correct=True),
        Given(person="cyd", position=1, at=START + seconds(9), correct=True),
    ]
    scores = scoreboard(PLAYERS, found, OPENED, upto=1)
    assert [(score.place, score.person, score.by_speed) for score in scores] == [
        (1, "ann", True),
        (1, "bob", True),
        (3, "cyd", True),
    ]


def test_a_wrong_answer_is_no_slower_and_no_worse_than_none() -> None:
    wrong = [Given(person="ann", position=1, at=START + seconds(19), correct=False)]
    scores = scoreboard(PLAYERS[:2], wrong, OPENED, upto=1)
    assert [(score.place, score.right, score.took) for score in scores] == [(1, 0, timedelta()), (1, 0, timedelta())]
    assert [score.answered for score in scores] == [1, 0]


def test_what_to_practise_is_what_went_wrong_for_most_with_the_commonest_mistake() -> None:
    found = [
        Given(person="ann", position=1, at=START, correct=False, mistake="M1"),
        Given(person="bob", position=1, at=START, correct=False, mistake="M5"),
        Given(person="cyd", position=1, at=START, correct=False, mistake="M5"),
        Given(person="ann", position=2, at=START, correct=True),
        Given(person="bob", position=2, at=START, correct=True),
        Given(person="ann", position=3, at=START, correct=True),
        Given(person="bob", position=3, at=START, correct=True),
        Given(person="cyd", position=3, at=START, correct=True),
    ]
    weak = to_practise(["Conv1d", "Pooling", "Linear"], found, players=3)
    assert [(each.topic, each.wrong, each.mistake) for each in weak] == [("Conv1d", 3, "M5"), ("Pooling", 1, "")]
    assert to_practise(["Conv1d"], [replace(found[0], correct=True)], players=1) == ()
