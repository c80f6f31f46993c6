"""How long a question with fresh numbers takes, with its key and distractors, until torch has confirmed it."""

from __future__ import annotations

import itertools
import time

from cards.generate import FAMILIES, Examiner
from sandbox.client import open_sandbox
from sandbox.oracle import Oracle
from sandbox.settings import JailSettings, SandboxSettings
from tests.bench.measure import Figure, milliseconds

ROUNDS = 4
LEVEL = 2
AT_ONCE = 20


async def figures() -> list[Figure]:
    """Each family in turn, with other numbers each time; the worker and the jails have torch by then."""
    seeds = itertools.count(1)
    settings = SandboxSettings(start_s=300, wait_s=60, wall_s=60, jail=JailSettings(wait_s=300))
    async with open_sandbox(settings) as sandbox:
        examiner = Examiner(sandbox, Oracle(sandbox))
        await examiner.several([(family, LEVEL, next(seeds)) for family in FAMILIES])
        lines: list[float] = []
        proofs: list[float] = []
        for _ in range(ROUNDS):
            for family in FAMILIES:
                began = time.perf_counter()
                question = await examiner.question(family, LEVEL, next(seeds))
                (lines if question.proof.startswith("/shape") else proofs).append(time.perf_counter() - began)
        began = time.perf_counter()
        await examiner.several([(family, LEVEL, next(seeds)) for family in FAMILIES[:AT_ONCE]])
        each = (time.perf_counter() - began) / AT_ONCE
    return [
        Figure(
            name="a question with key and distractors, p50", value=milliseconds(lines + proofs), unit="ms", at_most=20
        ),
        Figure(name="one that a line of `/shape` proves, p50", value=milliseconds(lines), unit="ms"),
        Figure(name="one that Python in a jail proves, p50", value=milliseconds(proofs), unit="ms"),
        Figure(name=f"one of {AT_ONCE} at once", value=each * 1e3, unit="ms", at_most=20),
    ]
