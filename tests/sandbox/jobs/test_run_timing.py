"""`%timeit` says how long something takes, how sure that is, and never takes longer than it may."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.jobs.snippet import Timing
from sandbox.jobs.timing import measure, words

if TYPE_CHECKING:
    from tests.sandbox.jobs.conftest import Host


class Work:
    """Something that takes as long as it says, on a clock that moves with it."""

    def __init__(self, *durations: float) -> None:
        self._durations = itertools.cycle(durations)
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def __call__(self, rounds: Any, clock: Callable[[], float]) -> float:
        started = clock()
        for _ in rounds:
            self.now += next(self._durations)
        return clock() - started


def timed(work: Work, budget_s: float, loops: int | None = None, repeats: int | None = None) -> dict[str, Any]:
    return measure(work, Timing("f()", 1, loops, repeats), budget_s, work.clock)


def test_a_steady_thing_has_its_time_and_no_noise() -> None:
    work = Work(2e-6)
    found = timed(work, 1.0)
    assert found["median_s"] == pytest.approx(2e-6)
    assert not found["noisy"]
    assert found["samples"] == 7
    assert work.now < 1
    assert words(found).startswith("2 µs per loop (median; half of 7 samples between 2 µs and 2 µs; ")


def test_an_unsteady_thing_is_called_noisy() -> None:
    found = timed(Work(1e-3, 3e-3), 1.0, loops=1)
    assert found["noisy"]
    assert "noisy" in words(found)


def test_what_is_too_slow_to_repeat_is_run_once_and_says_so() -> None:
    work = Work(3.0)
    found = timed(work, 1.0)
    assert work.now == 3
    assert words(found) == "3 s, run 1 time: too slow here to repeat"


def test_no_more_samples_are_taken_than_the_budget_allows() -> None:
    work = Work(0.3)
    assert timed(work, 1.0)["samples"] <= 3
    assert work.now <= 1.2


def test_loops_and_repeats_can_be_asked_for() -> None:
    found = timed(Work(1e-6), 1.0, loops=10, repeats=3)
    assert (found["loops"], found["samples"]) == (10, 3)


def test_a_line_is_timed_and_the_rest_runs_on(host: Host) -> None:
    ran = host.run("x = torch.ones(3)\n%timeit -n 5 -r 3 x + 1\ndef f(y):\n    %timeit -n 2 -r 3 y * 2\nf(3)\nx.sum()")
    assert ran.shown == "tensor(3.)"
    assert len(ran.stdout.splitlines()) == 2
    assert [(row["line"], row["code"], row["loops"], row["samples"]) for row in ran.value["timings"]] == [
        (2, "x + 1", 5, 3),
        (4, "y * 2", 2, 3),
    ]
    assert all(row["median_s"] > 0 for row in ran.value["timings"])


def test_a_whole_snippet_is_timed_after_its_first_line(host: Host) -> None:
    ran = host.run("%%timeit -n 3 x = torch.ones(3)\ny = x + 1\ny * 2")
    assert ran.status == "ok", ran.error
    assert [(row["line"], row["code"], row["loops"]) for row in ran.value["timings"]] == [(1, "y = x + 1\ny * 2", 3)]
    assert ran.value["value"] is None


def test_what_is_timed_is_not_watched(host: Host) -> None:
    ran = host.run("net = nn.Linear(2, 3)\nx = torch.ones(1, 2)\n%timeit -n 2 -r 2 y = net(x)")
    assert ran.value["calls"] == []
    assert ran.made("y") == []


def test_a_failure_while_timing_stands_in_its_line(host: Host) -> None:
    ran = host.run("a = torch.ones(2)\n%timeit a + torch.ones(3)")
    assert (ran.error["line"], ran.error["column"], ran.error["code"]) == (2, 9, "%timeit a + torch.ones(3)")
    assert ran.operand("a") == ("float32", (2,))


def test_the_word_within_a_text_is_no_timing(host: Host) -> None:
    assert host.run("x = '''\n%timeit 1\n'''\nx").shown == "'\\n%timeit 1\\n'"
