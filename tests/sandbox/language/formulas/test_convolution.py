"""The convolution layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.model import Dtype, Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

PLAIN = ("Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d")
TRANSPOSED = tuple(name.replace("Conv", "ConvTranspose") for name in PLAIN)
NAMES = (*PLAIN, *TRANSPOSED)
WEIGHTS = ("float64", "float16", "bfloat16", "complex64", "int64", "bool")


def arguments(name: str, ask: Questioner, channels: int, groups: int) -> dict[str, Value]:
    axes = int(name[-2])
    args: dict[str, Value] = {
        "in_channels": ask.mostly([channels], [0, 1, 5, -1]),
        "out_channels": ask.mostly([groups, groups * 2], [0, 1, 5, -2]),
        "kernel_size": ask.spread(axes, [1, 2, 3], [0, -1, 5]),
        "groups": ask.mostly([groups], [0, -1]),
        "bias": ask.pick([True, False]),
        "stride": ask.spread(axes, [1, 2, 3], [0, -1]),
        "padding": ask.spread(axes, [0, 1, 2], [-1, 4, 8]),
        "dilation": ask.spread(axes, [1, 2, 3], [0, -1]),
        "dtype": Dtype(ask.pick(WEIGHTS)),
    }
    if name.startswith("Lazy"):
        del args["in_channels"]
    if "Transpose" in name:
        # Which kernel torch chooses decides about dilation 0, and for half precision the processor chooses it.
        args["dilation"] = ask.spread(axes, [1, 2, 3], [-1])
        args["dtype"] = Dtype(ask.pick(["float64", "complex64", "int64"]))
        args["output_padding"] = ask.spread(axes, [0, 1, 2], [-1, 3])
        args["padding"] = ask.mostly([args["padding"]], ["same", "valid"])
        args["padding_mode"] = ask.mostly(["zeros"], ["reflect"])
    else:
        args["padding"] = ask.mostly([args["padding"]], ["same", "valid", "full"], 0.2)
        args["padding_mode"] = ask.mostly(["zeros"], ["reflect", "replicate", "circular", "mirror"], 0.3)
        if args["padding_mode"] != "zeros" and isinstance(args["padding"], tuple) and len(args["padding"]) != axes:
            args["padding"] = 1  # torch would take the channels for an axis of space
    return ask.some(args, stride=0.5, padding=0.6, dilation=0.3, output_padding=0.5, dtype=0.08)


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        groups = ask.pick([1, 1, 1, 2, 3])
        channels = groups * ask.pick([1, 2])
        args = arguments(name, ask, channels, groups)
        shape = ask.shape(int(name[-2]), channels)
        weights = args.get("dtype")
        dtype = weights.name if isinstance(weights, Dtype) else "float32"
        if 0 not in shape:  # where there is nothing to compute, torch does not always look at the dtype
            dtype = ask.dtype(dtype)
        outcome = assert_agrees(name, args, [(shape, dtype)], macs=ask.odds(0.2) and not dtype.startswith("complex"))
        accepted += outcome.error is None
        # That oneDNN takes empty results where torch's own kernel does not is known for numbers only.
        if dtype == "float32" and 0 not in shape and not any(0 in made for made, _ in outcome.outputs):
            assert_agrees_for_free_sizes(name, args, shape, ask.free(shape))
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_convolutions_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, parameters, multiply-adds and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_convolutions_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1200, seed=2)
