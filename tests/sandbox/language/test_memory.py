"""Chains of operations and layers on real tensors: shapes, refusals, and the order in which the elements lie."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping
from typing import cast

import pytest
import torch

from sandbox.language.formulas.tensors import strides_of
from sandbox.language.model import UNKNOWN, Pipeline, Stage, Tensor, Value
from sandbox.language.walk import walk
from tests.sandbox.language.formulas import ops, oracle

Shape = tuple[int, ...]
Args = Mapping[str, Value]

LAYERS: tuple[tuple[str, Args], ...] = (
    ("ReLU", {}),
    ("GELU", {}),
    ("Softmax", {"dim": -1}),
    ("LogSigmoid", {}),
    ("RReLU", {}),
    ("Dropout", {}),
    ("Identity", {}),
    ("GLU", {"dim": 0}),
    ("Flatten", {}),
    ("ZeroPad2d", {"padding": 1}),
    ("AvgPool2d", {"kernel_size": 1}),
    ("MaxPool2d", {"kernel_size": 1}),
    ("AdaptiveAvgPool2d", {"output_size": 2}),
    ("AdaptiveMaxPool1d", {"output_size": 2}),
    ("AvgPool1d", {"kernel_size": 1}),
    ("MaxPool1d", {"kernel_size": 1}),
    ("Upsample", {"scale_factor": 2.0}),
    ("LSTM", {"input_size": UNKNOWN, "hidden_size": 3, "batch_first": True}),
    ("GRU", {"input_size": UNKNOWN, "hidden_size": 2, "batch_first": True}),
    ("Linear", {"in_features": UNKNOWN, "out_features": 3}),
    ("BatchNorm2d", {"num_features": UNKNOWN}),
    ("Conv2d", {"in_channels": UNKNOWN, "out_channels": 3, "kernel_size": 1}),
    ("InstanceNorm1d", {"num_features": UNKNOWN}),
)


def viewed(pick: random.Random, shape: Shape) -> Args:
    count = 1
    for size in shape:
        count *= size
    return {"shape": ops.new_shape(pick, count)}


def flattened(pick: random.Random, shape: Shape) -> Args:
    start = pick.randrange(len(shape)) if shape else 0
    return {"start_dim": start, "end_dim": pick.randrange(start, max(len(shape), 1))}


def two(first: str, second: str) -> Callable[[random.Random, Shape], Args]:
    return lambda pick, shape: {name: place(pick, shape) for name in (first, second)}


def place(pick: random.Random, shape: Shape) -> int:
    return pick.randrange(len(shape)) if shape else 0


def narrowed(pick: random.Random, shape: Shape) -> Args:
    dim = place(pick, shape)
    return {"dim": dim, "start": 0, "length": 1 + pick.randrange(shape[dim]) if shape else 1}


MOVES: dict[str, Callable[[random.Random, Shape], Args]] = {
    "view": viewed,
    "reshape": viewed,
    "flatten": flattened,
    "permute": lambda pick, shape: {"dims": tuple(pick.sample(range(len(shape)), len(shape)))},
    "transpose": two("dim0", "dim1"),
    "movedim": two("source", "destination"),
    "unsqueeze": lambda pick, shape: {"dim": place(pick, shape)},
    "squeeze": lambda pick, shape: {} if pick.random() < 0.5 else {"dim": place(pick, shape)},
    "expand": lambda _, shape: {"size": tuple(3 if size == 1 else -1 for size in shape)},
    "contiguous": lambda _pick, _shape: {},
    "select": lambda pick, shape: {"dim": place(pick, shape), "index": 0},
    "narrow": narrowed,
    "chunk": lambda pick, shape: {"chunks": 2, "dim": place(pick, shape)},
}


def step(pick: random.Random, x: Tensor) -> Stage:
    """An operation or a layer that may well fit.

    No layer is asked about axes of size 1 or read twice: there several orders in memory are the same, and each kernel
    of torch picks its own.
    """
    shape = cast("Shape", x.shape)
    if 1 not in shape and 0 not in strides_of(x) and pick.random() < 0.5:
        name, args = pick.choice(LAYERS)
        return Stage("layer", name, args)
    name = pick.choice((*MOVES, "view", "view", "view", "permute", "transpose"))
    return Stage("op", name, MOVES[name](pick, shape))


def run(stage: Stage, x: torch.Tensor) -> torch.Tensor | None:
    """What torch gives first, or None where it refuses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if stage.kind == "op":
                return ops.flat(ops.run(stage.name, stage.args, [x]))[0]
            module = oracle.build(stage.name, stage.args)
            return next(oracle.flat(oracle.call(stage.name, stage.args, module, [x])))
    except (RuntimeError, IndexError, ValueError):
        return None


def compare(seed: int) -> None:
    """One random chain, checked after every stage."""
    pick = random.Random(seed)  # noqa: S311 - seeded, so that a failure comes back
    first = Tensor(tuple(pick.choice((1, 2, 3, 4)) for _ in range(pick.choice((2, 3, 3, 4, 4)))))
    real: torch.Tensor | None = torch.rand(cast("Shape", first.shape))
    stages: list[Stage] = []
    here = first
    for _ in range(7):
        stages.append(step(pick, here))
        walked = walk(Pipeline("", tuple(stages), (first,)))
        stages = list(walked.pipeline.stages)
        story = f"{seed}: {first} {[(stage.name, dict(stage.args)) for stage in stages]}"
        if UNKNOWN in stages[-1].args.values():
            return  # nothing to build
        assert real is not None
        real = run(stages[-1], real)
        shape = None if real is None else tuple(real.shape)
        assert (real is None) == (walked.failure is not None), f"{story}: torch {shape}, walk {walked.failure}"
        if real is None:
            return
        here = walked.steps[-1].outputs[0].tensor
        assert shape == here.shape, story
        told = [stride for stride, size in zip(strides_of(here), here.shape, strict=True) if size != 1]
        assert [stride for stride, size in zip(real.stride(), real.shape, strict=True) if size != 1] == told, (
            f"{story}: strides {real.stride()} and not {strides_of(here)}"
        )


def test_a_view_works_exactly_where_the_memory_lies_in_order() -> None:
    for seed in range(300):
        compare(seed)


@pytest.mark.long
def test_a_view_works_exactly_where_the_memory_lies_in_order_in_thousands_of_chains() -> None:
    for seed in range(300, 6000):
        compare(seed)
