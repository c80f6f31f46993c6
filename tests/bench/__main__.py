"""`make bench`: measures what Stride promises about time and memory; exit status 1 where a budget is missed."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bot import logs
from tests.bench import (
    decks,
    group,
    measure,
    memory,
    models,
    nats,
    page,
    proof,
    question,
    run,
    search,
    shape,
    simulation,
    soak,
    start,
    tutor,
)

PARTS = {
    "shape": shape.figures,
    "run": run.figures,
    "nats": nats.figures,
    "page": page.figures,
    "decks": decks.figures,
    "memory": memory.figures,
    "models": models.figures,
    "proof": proof.figures,
    "question": question.figures,
    "search": search.figures,
    "start": start.figures,
    "tutor": tutor.figures,
}
BY_NAME = PARTS | {
    "group": group.figures,
    "group-small": group.small,
    "simulation": simulation.figures,
    "soak": soak.figures,
}  # they take too long to be done unasked


def main(chosen: list[str]) -> int:
    """Runs the named parts, or all."""
    with Path(os.devnull).open("w") as nowhere:
        logs.configure("info", "json", (), nowhere)  # as in production, but for the disk
        return _measure(chosen)


def _measure(chosen: list[str]) -> int:
    missed = 0
    print(measure.HEADER)  # noqa: T201 - the table is the output
    for name in chosen or PARTS:
        for figure in asyncio.run(BY_NAME[name]()):
            print(figure.row(), flush=True)  # noqa: T201 - the table is the output
            missed += not figure.kept
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
