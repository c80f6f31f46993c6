"""`/bench`: how long a layer's forward and backward take and how much memory, measured in a jail while you wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.command import Command, Example, Incoming, Option
from bot.commands.run import job_limits, teller
from bot.commands.shape import completions
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core

DEVICES = ("cpu", "cuda")


async def bench(core: Core, incoming: Incoming, arguments: Mapping[str, str]) -> Reply:
    """Answers `/bench LAYER`."""
    text = arguments["layer"]
    oracle = await core.oracle()
    from bot.commands import bench_reply, shape_reply
    from sandbox.language.model import LanguageError
    from sandbox.protocol import Job, JobKind, Result

    try:
        question = bench_reply.read(text)
    except LanguageError as fault:
        return shape_reply.mistake(fault, text, command="bench")
    if question.walk.failure is not None:
        return shape_reply.answered(await oracle.answer(question.walk.pipeline), text, core.store, incoming)

    async def measure() -> dict[str, Result]:
        payload, limits = question.payload(), job_limits(core)
        found = {}
        for device in DEVICES:  # one after the other: side by side they would disturb each other
            job = Job(id=core.new_event(), kind=JobKind.BENCH, payload=payload, limits=limits, device=device)
            found[device] = await core.sandbox.run(job)
        return found

    results = await core.gate.do(incoming, measure, tell=teller(incoming))
    return bench_reply.answered(question, results)


BENCH = Command(
    name="bench",
    says="How long a layer takes forward and backward, and how much memory; measured now",
    help=(
        "Describe a layer or a chain as for `/shape`. It is run many times with random numbers, forward and backward, "
        "with gradients for its parameters and for its input: you get the median, between which times half of the "
        "runs lay, the most memory at a time, and what that is in GFLOP/s. Sizes you leave out get common values, and "
        "the answer says which. Other work may be running on the machine: the spread says how much it disturbed. "
        "What would take more memory or time than a run may is refused, with the figure."
    ),
    options=(
        Option(
            name="layer",
            says="a layer or a chain with |, and its input: conv1d 3 16 k3 L100 N32",
            rest=True,
            complete=completions,
        ),
    ),
    examples=(
        Example(text="/bench conv1d 3 16 k3 L100 N32", says="one layer, forward and backward"),
        Example(text="/bench nn.Linear(512, 512) @ 64x512", says="in Python's spelling"),
        Example(text="/bench conv2d 3 8 k3 | relu | flatten | linear ? 10 @ 8x3x16x16", says="a whole chain"),
    ),
    handler=bench,
    slow=True,
)
