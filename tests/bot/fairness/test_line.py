"""Turns go round the people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.fairness.line import Line, LineFullError

PEOPLE = ("alice", "bob", "carol", "dave")


def served(line: Line[tuple[str, int]]) -> list[str]:
    """Who is called, one after another, until nobody waits."""
    order = []
    while called := line.call():
        order += [ticket[0] for ticket in called]
        for ticket in called:
            line.leave(ticket)
    return order


def test_a_flood_of_one_person_waits_behind_one_of_each_other() -> None:
    line: Line[tuple[str, int]] = Line(at_a_time=1, waiting=100)
    for number in range(5):
        line.join("alice", ("alice", number))
    for name in ("bob", "carol"):
        line.join(name, (name, 0))
    assert served(line) == ["alice", "bob", "carol", "alice", "alice", "alice", "alice"]


def test_so_many_are_called_at_a_time_and_no_more() -> None:
    line: Line[str] = Line(at_a_time=2, waiting=10)
    for name in PEOPLE:
        line.join(name, name)
    assert line.call() == ["alice", "bob"]
    assert line.call() == []
    line.leave("bob")
    assert line.call() == ["carol"]


def test_a_full_line_refuses_and_a_turn_that_is_free_needs_no_line() -> None:
    line: Line[str] = Line(at_a_time=1, waiting=1)
    line.join("alice", "a")
    assert line.call() == ["a"]
    line.join("bob", "b")
    with pytest.raises(LineFullError):
        line.join("carol", "c")
    without: Line[str] = Line(at_a_time=1, waiting=0)
    without.join("alice", "a")
    assert without.call() == ["a"]
    with pytest.raises(LineFullError):
        without.join("bob", "b")


@given(joining=st.lists(st.sampled_from(PEOPLE), max_size=30))
def test_between_two_turns_of_one_person_everybody_who_waits_has_one(joining: list[str]) -> None:
    line: Line[tuple[str, int]] = Line(at_a_time=1, waiting=100)
    for number, name in enumerate(joining):
        line.join(name, (name, number))
    order = served(line)
    assert sorted(order) == sorted(joining)
    for first, name in enumerate(order):
        if name in order[first + 1 :]:
            second = order.index(name, first + 1)
            waiting = set(order[second:]) - {name}
            assert waiting <= set(order[first:second]), (order, name)


@given(joining=st.lists(st.sampled_from(PEOPLE), max_size=30))
def test_the_position_that_is_shown_is_the_turn_that_comes(joining: list[str]) -> None:
    line: Line[tuple[str, int]] = Line(at_a_time=1, waiting=100)
    tickets = [(name, number) for number, name in enumerate(joining)]
    for ticket in tickets:
        line.join(ticket[0], ticket)
    positions = {ticket: line.position(ticket) for ticket in tickets}
    turn = 0
    while called := line.call():
        turn += 1
        assert positions[called[0]] == turn
        line.leave(called[0])
    assert turn == len(tickets)


class AnyDay(RuleBasedStateMachine):
    """People come, are called, and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.line: Line[int] = Line(at_a_time=2, waiting=5)
        self.waiting: list[int] = []
        self.taken: list[int] = []
        self.next = 0

    @rule(name=st.sampled_from(PEOPLE))
    def comes(self, name: str) -> None:
        self.next += 1
        try:
            self.line.join(name, self.next)
        except LineFullError:
            assert len(self.waiting) >= 5
        else:
            self.waiting.append(self.next)
        self.called()

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def is_done(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self.taken))
        self.taken.remove(ticket)
        self.line.leave(ticket)
        self.called()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def gives_up(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(ticket)
        self.line.leave(ticket)
        self.called()

    def called(self) -> None:
        for ticket in self.line.call():
            self.waiting.remove(ticket)
            self.taken.append(ticket)

    @invariant()
    def nobody_waits_where_there_is_room_and_nobody_is_forgotten(self) -> None:
        assert len(self.taken) <= 2
        assert len(self.line) == len(self.waiting)
        assert len(self.taken) == 2 or not self.waiting
        assert sorted(map(self.line.position, self.waiting)) == list(range(1, len(self.waiting) + 1))
        assert all(self.line.position(ticket) == 0 for ticket in self.taken)


test_any_day = AnyDay.TestCase
