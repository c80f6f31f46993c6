"""`%timeit` in a snippet: how long something takes, and how sure that is."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from itertools import repeat
from typing import Any

from sandbox.jobs.snippet import Timing

_clock = time.perf_counter
_REPEATS = 7
_SAMPLE_S = 0.05  # a sample this long is not the clock's own noise
_MOST_LOOPS = 1_000_000
_NOISY = 0.2  # quartiles further apart than this part of the median
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "\u00b5s"), (1e-9, "ns"))

Timed = Callable[[Any, Callable[[], float]], float]


def measure(timed: Timed, asked: Timing, budget_s: float, clock: Callable[[], float] = _clock) -> dict[str, Any]:
    """Time something within a budget: median, quartiles and loops; seconds a loop.

    One loop runs at least, however long it takes; samples that the budget does not allow are left out.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = clock()
        first = timed(repeat(None, 1), clock)  # also the warm-up: what is loaded late is loaded here
        loops, samples = 1, [first]
        repeats = min(asked.repeats or _REPEATS, 100)
        left = budget_s - (clock() - started)
        if left > first:
            loops, once = _loops(timed, asked.loops, min(_SAMPLE_S, left / (2 * repeats)), clock)
            samples = [once / loops]
            while len(samples) < repeats and clock() - started + samples[-1] * loops < budget_s:
                samples.append(timed(repeat(None, loops), clock) / loops)
    finally:
        if collecting:
            gc.enable()
    samples.sort()
    low, median, high = (_quantile(samples, part) for part in (0.25, 0.5, 0.75))
    return {
        "line": asked.line,
        "code": asked.code[:300],
        "median_s": median,
        "low_s": low,
        "high_s": high,
        "loops": loops,
        "samples": len(samples),
        "noisy": len(samples) < 3 or high - low > _NOISY * median,
    }


def words(found: dict[str, Any]) -> str:
    """One line that says it."""
    samples, loops = found["samples"], found["loops"]
    if samples == 1:
        return f"{_time(found['median_s'])}, run {loops:,} time{'s' * (loops > 1)}: too slow here to repeat"
    text = (
        f"{_time(found['median_s'])} per loop (median; half of {samples} samples between "
        f"{_time(found['low_s'])} and {_time(found['high_s'])}; {loops:,} loop{'s' * (loops > 1)} each)"
    )
    return f"{text}; noisy: other work disturbed it" if found["noisy"] else text


def _loops(timed: Timed, asked: int | None, sample_s: float, clock: Callable[[], float]) -> tuple[int, float]:
    """How many loops make a sample, and how long that sample took."""
    loops = asked or 1
    once = timed(repeat(None, loops), clock)
    while asked is None and once < sample_s and loops < _MOST_LOOPS:
        # Aim at the goal from what is known, but never leap further than a measurement this short can carry.
        loops = min(_MOST_LOOPS, max(loops + 1, min(loops * 10, int(loops * 1.2 * sample_s / max(once, 1e-9)))))
        once = timed(repeat(None, loops), clock)
    return loops, once


def _quantile(ordered: list[float], part: float) -> float:
    at = part * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def _time(seconds: float) -> str:
    scale, unit = next((row for row in _UNITS if seconds >= row[0]), _UNITS[-1])
    return f"{seconds / scale:.3g} {unit}"
