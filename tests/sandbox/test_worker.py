"""The worker as it is: torch imported, confined, and asked about everything that the language knows."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal

import pytest
from torch import nn

from sandbox.client import open_sandbox
from sandbox.language.examples import example
from sandbox.language.grammar import parse
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.walk import bindings, walk
from sandbox.protocol import Job, JobKind, Limits, Result, Status
from sandbox.resident import Resident
from sandbox.settings import SandboxSettings
from sandbox.trial import payload, trial
from tests.attacks.processes import taken_megabytes, until_gone

_PATIENT = SandboxSettings(wait_s=60, start_s=300, wall_s=30)
_LAZILY_LOADED = "may not load"
_ids = itertools.count(1)

pytestmark = pytest.mark.long


def question(line: str) -> Job:
    walked = walk(parse(line))
    trials = [trial(walked, sizes) for sizes in bindings(walked, 1)]
    asked = payload(walked, trials)
    for case in asked["cases"]:
        case["cpu"] = True  # also where an answer would make do with smaller sizes
    return Job(id=str(next(_ids)), kind=JobKind.SHAPE, payload=asked, limits=Limits(wall_s=30))


@pytest.fixture
def examples() -> dict[str, Job]:
    """Made before the event loop runs: the language reads its files when it is first used."""
    lines = [example("layer", name) for name in LAYERS if hasattr(nn, name)] + [example("op", name) for name in OPS]
    return {line: question(line) for line in lines}


@pytest.fixture
def absurd() -> list[Job]:
    lines = ("conv1d 3 16 k3 L1e12", "conv2d 3 16 k1000000000 @ 1x3x64x64", "linear 1000000000 1000000000")
    return [question(line) for line in lines]


async def test_a_confined_worker_answers_for_every_layer_and_operation(examples: dict[str, Job]) -> None:
    """It can open no file, so whatever torch would load late must be there already."""
    async with open_sandbox(_PATIENT) as sandbox:
        results = await asyncio.gather(*(sandbox.run(job) for job in examples.values()))
        report = await sandbox.report()
    assert report.restarts == 0
    for line, result in zip(examples, results, strict=True):
        assert result.status is Status.OK, line
        for case in result.value["cases"]:
            assert case["cpu"]["error"] is None, line
            assert case["cpu"]["skipped"] is None, line
            assert case["meta"]["error"] is None, line
            assert _LAZILY_LOADED not in (case["meta"]["skipped"] or ""), line


async def test_absurd_questions_take_no_memory_and_a_killed_worker_answers_the_next_one(
    examples: dict[str, Job], absurd: list[Job]
) -> None:
    async with Resident(_PATIENT) as sandbox:
        usual = next(iter(examples.values()))
        await sandbox.run(usual)
        _, child = sandbox.processes()
        before = taken_megabytes(child)
        results: list[Result] = [await sandbox.run(job) for job in absurd]
        assert taken_megabytes(child) - before < 64
        os.kill(child, signal.SIGKILL)
        await until_gone(child)
        after = await sandbox.run(usual)
    assert {result.status for result in (*results, after)} == {Status.OK}
