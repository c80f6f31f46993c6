"""What the spatial layers' formulas say: the worked lines, the sums, and the way out of a mistake."""

from __future__ import annotations

import time

import pytest

from sandbox.language.formulas.working import Assumed, Condition, Fix, Misfit
from sandbox.language.model import UNKNOWN, Dtype, Tensor, Value
from sandbox.language.size import Size, symbol
from tests.sandbox.language.formulas.oracle import Args, ask_torch, work

CONV = {"in_channels": 3, "out_channels": 16, "kernel_size": 3}

FOLDED = (
    "An image of 4*5 has floor((4 + 2*0 - 1*(2-1) - 1)/1) + 1 = 3 on H and "
    "floor((5 + 2*0 - 1*(2-1) - 1)/1) + 1 = 4 on W, so 12 columns, and your input has 16."
)


def axis(size: int | str) -> Size:
    return symbol(size) if isinstance(size, str) else size


def shape(*sizes: int | str) -> tuple[Tensor, ...]:
    return (Tensor(tuple(axis(size) for size in sizes)),)


def test_a_line_of_working_has_the_numbers_put_in() -> None:
    """As one would write it on paper."""
    working = work("Conv1d", {**CONV, "padding": 1}, shape("N", 3, 100))
    (line,) = working.lines
    assert (line.axis, line.formula) == ("L", "floor((L + 2p - d(k-1) - 1)/s) + 1")
    assert f"{line.filled} = {line.value}" == "floor((100 + 2*1 - 1*(3-1) - 1)/1) + 1 = 100"
    assert str(working.outputs[0].tensor) == "(N, 16, 100)"
    assert (working.params.worked, working.params.value) == ("16*3*3 + 16", 160)
    assert str(working.macs.value) == "14400*N"


def test_groups_stand_in_the_sum_of_the_weights() -> None:
    """Every output channel sees only its group's inputs."""
    working = work("Conv2d", {**CONV, "in_channels": 4, "groups": 2, "bias": False}, shape(1, 4, 8, 8))
    assert (working.params.worked, working.params.value) == ("16*(4/2)*3*3", 288)


def test_a_free_size_goes_through_the_formula() -> None:
    """The answer holds for every L, on the condition that the kernel fits."""
    working = work("Conv1d", {**CONV, "stride": 2}, shape(1, 3, "L"))
    assert str(working.outputs[0].tensor) == "(1, 16, floor((L - 1)/2))"
    assert working.conditions == [Condition(symbol("L") - 3)]
    assert working.field_of_view is not None
    assert (working.field_of_view.reach, working.field_of_view.step) == ((3,), (2,))


def test_free_channels_can_only_be_what_the_layer_was_built_for() -> None:
    """C is 3 where a Conv1d(3, ...) follows."""
    with pytest.raises(Assumed) as caught:
        work("Conv1d", CONV, shape("N", "C", "L"))
    assert (caught.value.name, caught.value.value) == ("C", 3)


def test_a_question_mark_is_what_the_input_has() -> None:
    """`conv2d ? 16 k3` on 5 channels."""
    assert work("Conv2d", {**CONV, "in_channels": UNKNOWN}, shape(1, 5, 8, 8)).solved == {"in_channels": 5}


def test_a_last_window_that_would_start_in_the_padding_is_dropped() -> None:
    """The line says by which rule."""
    working = work("MaxPool1d", {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}, shape(1, 1, 6))
    assert working.lines[0].formula == "floor((L + p - 1)/s) + 1: the last window starts inside"
    assert working.outputs[0].tensor.shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("name", "args", "sizes", "words", "fix"),
    [
        (
            "Conv2d",
            CONV,
            (8, 4, 9, 9),
            "Your input has 4 channels, the layer was built for 3.",
            Fix({"in_channels": 4}),
        ),
        (
            "Conv2d",
            {**CONV, "kernel_size": 7},
            (8, 3, 5, 5),
            "The kernel is 7 on H, and the input there is only 5.",
            Fix({"padding": 1}),
        ),
        (
            "Conv2d",
            {**CONV, "padding": "same", "stride": 2},
            (8, 3, 9, 9),
            "padding='same' keeps the size only with stride 1, and the stride is 2.",
            Fix({"stride": 1}),
        ),
        (
            "ConvTranspose1d",
            {**CONV, "output_padding": 1},
            (8, 3, 9),
            "`output_padding` 1 must be smaller than the stride 1 or the dilation 1.",
            Fix({"output_padding": 0}),
        ),
        (
            "Conv1d",
            {**CONV, "out_channels": 5, "in_channels": 4, "groups": 2},
            (8, 4, 9),
            "`groups` is 2, and does not divide out_channels 5.",
            Fix({"out_channels": 6}),
        ),
        (
            "MaxPool2d",
            {"kernel_size": 2, "padding": 2},
            (8, 3, 9, 9),
            "`padding` 2 is more than 1, half of the kernel: a window could see nothing but padding.",
            Fix({"padding": 1}),
        ),
        (
            "ReflectionPad1d",
            {"padding": (2, 9)},
            (8, 3, 5),
            "A reflection leaves the edge itself out, so 9 on L needs 10 or more, and there are 5.",
            Fix({"padding": (2, 4)}),
        ),
        (
            "Fold",
            {"output_size": (4, 5), "kernel_size": 2},
            (1, 12, 16),
            FOLDED,
            Fix({"output_size": 5}),
        ),
        (
            "PixelShuffle",
            {"upscale_factor": 3},
            (1, 8, 4, 4),
            "PixelShuffle makes one channel of 3*3 = 9, and 8 is not a multiple of that.",
            Fix({"upscale_factor": 2}),
        ),
        (
            "Upsample",
            {"scale_factor": 2, "mode": "linear"},
            (1, 3, 4, 4),
            "mode='linear' takes (N, C, L), and your input (1, 3, 4, 4) has 4 axes.",
            Fix({"mode": "bilinear"}),
        ),
    ],
)
def test_a_mistake_is_told_with_its_numbers_and_a_change_that_torch_takes(
    name: str, args: dict[str, Value], sizes: tuple[int, ...], words: str, fix: Fix
) -> None:
    """The first fix is the smallest change, and it works."""
    with pytest.raises(Misfit) as caught:
        work(name, args, shape(*sizes))
    assert caught.value.words == words
    assert caught.value.fixes[0] == fix
    assert ask_torch(name, args, [sizes]).error is not None
    assert ask_torch(name, {**args, **fix.args}, [sizes]).error is None


@pytest.mark.parametrize(
    ("args", "sizes", "operation", "its_args"),
    [
        (CONV, (8, 32, 32, 3), "permute", {"dims": (0, 3, 1, 2)}),
        ({**CONV, "in_channels": 1}, (64, 28, 28), "unsqueeze", {"dim": 1}),
        ({**CONV, "in_channels": 1}, (28, 28), "unsqueeze", {"dim": 0}),
        (CONV, (2, 3, 4, 5, 6), "flatten", {"start_dim": 3, "end_dim": -1}),
    ],
)
def test_axes_in_the_wrong_place_are_moved_before_anything_else_is_tried(
    args: Args, sizes: tuple[int, ...], operation: str, its_args: Args
) -> None:
    """Channels last, a missing channel axis, an axis too many."""
    with pytest.raises(Misfit) as caught:
        work("Conv2d", args, shape(*sizes))
    stage = caught.value.fixes[0].insert
    assert stage is not None
    assert (stage.kind, stage.name, dict(stage.args)) == ("op", operation, its_args)


def test_input_of_another_dtype_is_refused_before_torch_has_to() -> None:
    """The meta device would take it."""
    with pytest.raises(Misfit, match="Your input is float64, and Conv1d has float32 weights") as caught:
        work("Conv1d", CONV, (Tensor((1, 3, 9), "float64"),))
    assert caught.value.fixes == (Fix({"dtype": Dtype("float64")}),)


@pytest.mark.parametrize(
    ("name", "args", "sizes"),
    [
        ("Conv1d", {**CONV, "kernel_size": 10**9, "padding": 10**9}, ("N", 3, 10**12)),
        ("Conv3d", {**CONV, "stride": 10**9, "dilation": 10**9, "padding": 10**10}, (1, 3, "D", 10**12, 10**12)),
        ("MaxPool2d", {"kernel_size": 10**9, "padding": 10**8, "ceil_mode": True}, (1, 3, 10**12, "W")),
        ("FractionalMaxPool2d", {"kernel_size": 10**9, "output_ratio": 0.5}, (1, 3, 10**12, 10**12)),
        ("Unfold", {"kernel_size": 10**6}, (1, 3, 10**12, "W")),
        ("Fold", {"output_size": 10**9, "kernel_size": 10**3}, (1, 10**6, 10**12)),
        ("PixelShuffle", {"upscale_factor": 10**12}, (1, 10**12, 10**12, 10**12)),
        ("Upsample", {"scale_factor": 1e300}, (1, 3, 10**12, 10**12)),
        ("CircularPad1d", {"padding": 10**12}, (1, 3, 10**12)),
    ],
)
def test_absurd_sizes_take_no_time(name: str, args: Args, sizes: tuple[int | str, ...]) -> None:
    """An answer or a refusal within a tenth of a second, since nothing counts up to them."""
    start = time.process_time()
    try:
        assert work(name, args, shape(*sizes)).outputs
    except Misfit as misfit:
        assert misfit.words  # noqa: PT017 - either is an answer
    assert time.process_time() - start < 5  # seconds: hangs fail, a busy machine does not
