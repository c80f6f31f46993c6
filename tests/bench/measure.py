"""How the bench measures: medians of many, things compared in one run, a budget beside each figure."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the bench: what was measured, and what it may be at most (or at least)."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the budget holds; a figure without one is for information."""
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    def row(self) -> str:
        """A line of the table."""
        budget = ""
        if self.at_most is not None:
            budget = f"at most {self.at_most:g}"
        if self.at_least is not None:
            budget = f"at least {self.at_least:g}"
        verdict = "" if not budget else "ok" if self.kept else "MISSED"
        return f"| {self.name} | {self.value:,.4g} {self.unit} | {budget} | {verdict} |"


HEADER = "| measured | figure | budget | |\n| --- | ---: | --- | --- |"


def milliseconds(times: list[float], quantile: float = 0.5) -> float:
    """A quantile of durations given in seconds."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))] * 1e3


def timed(call: Callable[[], object], times: int) -> list[float]:
    """Durations of so many calls in seconds, one by one."""
    durations = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        durations.append(time.perf_counter() - began)
    return durations


async def timed_async(call: Callable[[int], Awaitable[object]], numbers: Iterator[int], times: int) -> list[float]:
    """Durations of so many awaited calls in seconds, each with a number of its own."""
    durations = []
    for _ in range(times):
        number = next(numbers)
        began = time.perf_counter()
        await call(number)
        durations.append(time.perf_counter() - began)
    return durations


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def resident_mb(pid: int) -> float:
    """A process's resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise ProcessLookupError(pid)
