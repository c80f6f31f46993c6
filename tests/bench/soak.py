"""Two thousand runs of which one in ten is hostile: right answers, steady memory, nothing left."""

from __future__ import annotations

import sys

from tests.attacks.soak import soak
from tests.bench.measure import Figure

RUNS = 2_000
WALL_S = 1.0


async def figures() -> list[Figure]:
    """Takes minutes: what hostile runs break is replaced, and each jail imports torch."""
    found = await soak(RUNS, wall_s=WALL_S)
    for line in found.wrong[:20]:
        print(line, file=sys.stderr)  # noqa: T201 - what to look at, where a budget is missed
    grown = (found.after_mb / found.before_mb - 1) * 100
    return [
        Figure(name=f"wrong answers among {RUNS:,} runs, 10 % hostile", value=len(found.wrong), unit="", at_most=0),
        Figure(name="memory of the pool afterwards, more than before", value=grown, unit="%", at_most=10),
        Figure(name="processes and files left", value=len(found.left), unit="", at_most=0),
        Figure(name="jails replaced meanwhile", value=found.restarts, unit=""),
        Figure(name="runs a second, hostile ones included", value=RUNS / found.seconds, unit="/s"),
    ]
