"""The pooling layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.pooling import FORMULAS
from sandbox.language.model import Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)


def windowed(name: str, ask: Questioner) -> dict[str, Value]:
    axes = int(name[-2])
    args: dict[str, Value] = {
        "kernel_size": ask.spread(axes, [1, 2, 3, 4], [0, -1, 7]),
        "stride": ask.spread(axes, [1, 2, 3, 4], [0, -1]),
        "padding": ask.spread(axes, [0, 0, 1], [-1, 2, 3]),
        "ceil_mode": ask.pick([True, False]),
    }
    if name.startswith("MaxPool"):
        args["dilation"] = ask.spread(axes, [1, 2], [0, -1])
        args["return_indices"] = ask.pick([True, False])
    if name.startswith("AvgPool"):
        args["count_include_pad"] = ask.pick([True, False])
    if name.startswith("AvgPool") and axes > 1:
        args["divisor_override"] = ask.mostly([None, 3], [0, -2])
    if name.startswith("LP"):
        del args["padding"]
        args["norm_type"] = ask.mostly([1, 2, 3, 1.5, 2.0], [0, -1, float("inf")])
    return ask.some(args, stride=0.6, padding=0.5, ceil_mode=0.6, dilation=0.4, divisor_override=0.3)


def adaptive(name: str, ask: Questioner) -> dict[str, Value]:
    axes = int(name[-2])
    size = ask.spread(axes, [1, 2, 5, 9], [0, -1])
    if ask.odds(0.4):
        size = tuple(ask.pick([None, 2, 3]) for _ in range(ask.mostly([axes], [1, axes + 1])))
    args: dict[str, Value] = {"output_size": ask.mostly([size], [None])}
    return args | ({"return_indices": ask.pick([True, False])} if "Max" in name else {})


def fractional(name: str, ask: Questioner) -> dict[str, Value]:
    axes = int(name[-2])
    ratio = ask.mostly([0.5, 0.75, 0.3, 0.7, 0.29], [0.0, 1.0, 1.5, 1, -0.5])
    args: dict[str, Value] = {
        "kernel_size": ask.spread(axes, [1, 2, 3], [0, -1]),
        "output_size": ask.spread(axes, [1, 2, 3], [0, -1, 5]),
        "output_ratio": ratio if ask.odds(0.8) else (0.5,) * ask.mostly([axes], [1, axes + 1]),
        "return_indices": ask.pick([True, False]),
    }
    missing = ask.mostly(["output_size", "output_ratio"], ["return_indices"])
    return {name: value for name, value in args.items() if name != missing}


def unpooled(name: str, ask: Questioner) -> dict[str, Value]:
    axes = int(name[-2])
    args: dict[str, Value] = {
        "kernel_size": ask.spread(axes, [1, 2, 3], [0, -1]),
        "stride": ask.spread(axes, [1, 2, 3], [0, -1]),
        "padding": ask.spread(axes, [0, 1], [-1, 3]),
    }
    args["output_size"] = ask.pick([(6,) * axes, (1, 2, *((9,) * axes)), (4,)])
    return ask.some(args, stride=0.5, padding=0.4, output_size=0.2)


def arguments(name: str, ask: Questioner) -> dict[str, Value]:
    for start, make in (("Adaptive", adaptive), ("Fractional", fractional), ("MaxUnpool", unpooled)):
        if name.startswith(start):
            return make(name, ask)
    return windowed(name, ask)


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args = arguments(name, ask)
        shape = ask.shape(int(name[-2]), ask.pick([1, 2]), range(2, 10))
        dtype = ask.dtype(share=0.1)
        rest = [(ask.mostly([shape], [[*shape[:-1], 1]]), ask.mostly(["int64"], ["int32"]))]
        others = rest if name.startswith("MaxUnpool") else []
        accepted += assert_agrees(name, args, [(shape, dtype), *others]).error is None
        # A ratio that binary cannot hold exactly needs the numbers: its product may be rounded either way.
        inexact = isinstance(args.get("output_ratio"), float) and args["output_ratio"] not in (0.5, 0.75)
        if dtype == "float32" and 0 not in shape and not others and not inexact:
            assert_agrees_for_free_sizes(name, args, shape, ask.free(shape))
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_pools_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_pools_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1200, seed=2)
