"""The normalisation layers' closed forms against torch."""

from __future__ import annotations

import pytest

from sandbox.language.formulas.normalisation import FORMULAS
from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.model import UNKNOWN, Dtype, Tensor, Value
from tests.sandbox.language.formulas.oracle import assert_agrees, assert_agrees_for_free_sizes, work
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)
AXES = {"1d": 1, "2d": 2, "3d": 3}


def arguments(name: str, ask: Questioner, shape: list[int], channels: int) -> dict[str, Value]:
    """Arguments that mostly fit."""
    flag = ask.pick([True, False])
    args: dict[str, Value]
    if name in {"LocalResponseNorm", "CrossMapLRN2d"}:
        return {"size": ask.mostly([1, 2, 5], [0, -1])}
    if name == "GroupNorm":
        groups = ask.mostly([1, 2, channels], [0, -1, 3])
        args = {
            "num_groups": groups,
            "num_channels": ask.mostly([channels], [0, 3, -2]),
            "affine": flag,
        }
        args["bias"] = ask.pick([True, False])
        return ask.some(args, affine=0.5, bias=0.2)
    if name in {"LayerNorm", "RMSNorm"}:
        depth = ask.mostly([1, 2], [0, 3])
        fitting: Value = tuple(shape[len(shape) - depth :]) if depth <= len(shape) else (2,)
        odd: list[Value] = [3, (2, 3), (4, -1)]
        wanted = ask.mostly([fitting], odd, 0.15)
        args = {"normalized_shape": wanted, "elementwise_affine": flag, "bias": ask.pick([True, False])}
        if name == "RMSNorm":
            del args["bias"]
        return ask.some(args, elementwise_affine=0.5, bias=0.3)
    args = {
        "num_features": ask.mostly([channels], [0, 1, 5, -1], 0.1),
        "affine": flag,
        "track_running_stats": ask.pick([True, False]),
        "bias": ask.pick([True, False]),
        "eps": ask.mostly([1e-5], [0.0, -1.0]),
        "momentum": ask.mostly([0.1], [None]),
    }
    if name.startswith("Lazy"):
        del args["num_features"]
    return ask.some(args, affine=0.5, track_running_stats=0.5, bias=0.2, eps=0.4, momentum=0.2)


def shape_for(name: str, ask: Questioner, channels: int) -> list[int]:
    axes = AXES.get(name[-2:]) or ask.pick([0, 1, 2])
    if name == "CrossMapLRN2d":
        axes = 2
    return ask.shape(axes, channels, usual=(1, 2, 3))


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        channels = ask.pick([1, 2, 4])
        shape = shape_for(name, ask, channels)
        args = arguments(name, ask, shape, channels)
        dtype = "float32" if 0 in shape else ask.dtype(share=0.1)
        if 0 not in shape and ask.odds(0.05) and "LRN" not in name and "Response" not in name:
            args["dtype"] = Dtype(dtype := ask.pick(["float64", "float16", "bfloat16", "int64"]))
        training = ask.odds(0.7)
        outcome = assert_agrees(name, args, [(shape, dtype)], training=training)
        accepted += outcome.error is None
        if dtype == "float32" and 0 not in shape:
            assert_agrees_for_free_sizes(name, args, shape, ask.free(shape), training=training)
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_normalisations_are_what_torch_makes_of_them(name: str) -> None:
    """Shapes, dtypes, parameters and refusals, for right and wrong arguments and inputs."""
    ask_many(name, 150, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_normalisations_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 2500, seed=2)


def refused(name: str, args: dict[str, Value], shape: tuple[int, ...], *, training: bool = True) -> Misfit:
    with pytest.raises(Misfit) as caught:
        work(name, args, (Tensor(shape),), training=training)
    return caught.value


def test_one_value_per_channel_has_no_variance_in_training() -> None:
    """A batch of 1 through BatchNorm1d fails in training and works in eval."""
    misfit = refused("BatchNorm1d", {"num_features": 16}, (1, 16))
    assert "more than 1 value per channel" in misfit.words
    assert work("BatchNorm1d", {"num_features": 16}, (Tensor((1, 16)),), training=False).outputs


def test_wrong_channels_name_both_numbers_and_the_argument_that_fits() -> None:
    """The number of channels in the input is the first fix."""
    misfit = refused("BatchNorm2d", {"num_features": 64}, (8, 32, 4, 4))
    assert misfit.words == "BatchNorm2d(64) wants 64 channels on axis 1, and (8, 32, 4, 4) has 32 there."
    assert misfit.fixes == (Fix({"num_features": 32}),)


def test_the_question_mark_is_the_number_of_channels() -> None:
    """`batchnorm2d ?` after a convolution with 64 channels."""
    sheet = work("BatchNorm2d", {"num_features": UNKNOWN}, (Tensor((8, 64, 4, 4)),))
    assert sheet.solved == {"num_features": 64}
    assert sheet.params.worked == "64 + 64"


def test_groups_that_do_not_divide_the_channels_come_with_those_that_do() -> None:
    """GroupNorm(5, 16) suggests 4 groups."""
    misfit = refused("GroupNorm", {"num_groups": 5, "num_channels": 16}, (2, 16, 4, 4))
    assert misfit.words == "GroupNorm cannot split 16 channels into 5 equal groups."
    assert misfit.fixes[0] == Fix({"num_groups": 4})
