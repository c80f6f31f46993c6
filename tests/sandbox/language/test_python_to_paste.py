"""The Python that comes back runs, and gives the shape that the line asked for."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import nn

from sandbox.language.examples import example
from sandbox.language.grammar import parse
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.python import comfortable_sizes, write
from sandbox.language.walk import bindings, walk


def written(line: str) -> str:
    walked = walk(parse(line))
    assert walked.failure is None, walked.failure
    return write(walked.pipeline, sizes=next(iter(bindings(walked, 1)), {}))


def run(code: str) -> Any:
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's remarks on some layers are not about the code
        exec(code, scope)  # noqa: S102 - the code under test is meant to be pasted and run
    return scope["y"]


def first(value: Any) -> torch.Tensor:
    while not isinstance(value, torch.Tensor):
        value = value[0]
    return value


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "conv1d 3 16 k3 p1 @ 32x3x100",
            "x = torch.randn(32, 3, 100)\nlayer = nn.Conv1d(3, 16, kernel_size=3, padding=1)\ny = layer(x)",
        ),
        (
            "lstm 10 20 num_layers=2 @ 5x8x10",
            "x = torch.randn(5, 8, 10)\nlayer = nn.LSTM(10, 20, num_layers=2)\ny, (h_n, c_n) = layer(x)",
        ),
        (
            "mha 64 8 @ 5x8x64",
            "x = torch.randn(5, 8, 64)\nlayer = nn.MultiheadAttention(64, 8)\ny, weights = layer(x, x, x)",
        ),
        ("dropout 0.5 eval @ 2x3", "x = torch.randn(2, 3)\nlayer = nn.Dropout(p=0.5).eval()\ny = layer(x)"),
        ("embedding 10 3 @ 2x3", "x = torch.randint(10, (2, 3))\nlayer = nn.Embedding(10, 3)\ny = layer(x)"),
        ("view 32 -1 @ 32x3x100", "x = torch.randn(32, 3, 100)\ny = x.view(32, -1)"),
        ("2x3 @ 3x4", "a = torch.randn(2, 3)\nb = torch.randn(3, 4)\ny = a @ b"),
        ("cat 2x3 4x3 dim=0", "a = torch.randn(2, 3)\nb = torch.randn(4, 3)\ny = torch.cat((a, b), dim=0)"),
        ("relu @ int64 2x3", "x = torch.zeros(2, 3, dtype=torch.int64)\nlayer = nn.ReLU()\ny = layer(x)"),
        (
            "flatten | linear ? 10 @ 8x3x4",
            (
                "x = torch.randn(8, 3, 4)\n"
                "model = nn.Sequential(\n    nn.Flatten(),\n    nn.Linear(12, 10),\n)\n"
                "y = model(x)"
            ),
        ),
        (
            "lstm 10 20 | linear 20 5 @ 5x8x10",
            "x = torch.randn(5, 8, 10)\nh, (h_n, c_n) = nn.LSTM(10, 20)(x)\ny = nn.Linear(20, 5)(h)",
        ),
        (
            "permute 1 0 | relu eval @ 2x3",
            "x = torch.randn(2, 3)\nh = x.permute(1, 0)\ny = nn.ReLU().eval()(h)",
        ),
    ],
)
def test_the_code_reads_as_a_person_would_write_it(line: str, code: str) -> None:
    assert written(line) == code
    run(code)


def test_a_free_size_gets_a_number_and_a_remark() -> None:
    code = write(parse("conv1d 3 16 k3"))
    assert code.splitlines()[0] == "x = torch.randn(32, 3, 100)  # free: L = 100, N = 32"
    assert write(parse("conv1d 3 16 k3"), sizes={"N": 2, "L": 9}).startswith("x = torch.randn(2, 3, 9)")


def test_an_unsolved_argument_has_no_python() -> None:
    with pytest.raises(ValueError, match="unsolved"):
        write(parse("linear ? 10"))


MORE = [
    "conv2d 3 16 k3 p1 H32 W32 | relu | maxpool2d k2 | flatten | linear ? 10",
    "conv2d 3 16 k3x5 padding=same padding_mode=reflect bias=false @ 3x20x20",
    "gru 10 20 bidirectional | relu | linear 40 2 @ 5x10",
    "lstm 10 20 proj_size=5 batch_first @ 8x5x10 1x8x5 1x8x20",
    "maxpool2d k2 return_indices | relu @ 1x2x8x8",
    "nn.Sequential(nn.Conv1d(3, 16, 3), nn.Sequential(nn.ReLU(), nn.Dropout()), nn.Flatten()) @ 2x3x10",
    "nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 8), num_layers=2) @ 5x2x64",
    "nn.TransformerEncoderLayer(64, 8, activation=F.gelu, dtype=torch.float64) @ float64 5x2x64",
    "nn.MultiheadAttention(64, 8)(q, k, v, need_weights=False) @ 10x2x64 5x2x64 5x2x64",
    "cat 2x3 4x3 | linear 3 4 | sum 1",
    "split 2 dim=1 | relu @ 4x6",
    "max 1 | relu @ 4x6",
    "mean 1 @ 4x6",
    "squeeze @ 4x1x6",
    "einsum bij,bjk->bik 2x3x4 2x4x5 | flatten",
    "broadcast 8x1x6x1 7x1x5 | relu",
    "F.cross_entropy(a, b, label_smoothing=0.1) @ 8x10 8",
    "crossentropyloss reduction=none @ 8x10 8x10",
    "torch.cat((a, b), dim=1) @ 2x3 2x4",
    "x.view(x.size(0), -1) @ 4x3x2",
    "upsample scale_factor=2.0 mode=bilinear align_corners=true @ 1x3x4x4",
]


@pytest.mark.parametrize(
    "line",
    MORE + [example("layer", name) for name in LAYERS if hasattr(nn, name)] + [example("op", name) for name in OPS],
)
def test_the_code_runs_on_torch_and_gives_the_shape(line: str) -> None:
    walked = walk(parse(line))
    assert walked.failure is None, walked.failure.words
    sizes = next(iter(bindings(walked, 1)), {})
    result = first(run(write(walked.pipeline, sizes=sizes)))
    expected = walked.steps[-1].outputs[0].tensor.with_sizes(sizes)
    assert list(result.shape) == list(expected.shape)


@pytest.mark.parametrize("line", MORE)
def test_the_code_is_in_the_language_again(line: str) -> None:
    """What comes back can be asked: the same stages, one by one, and the same inputs."""
    walked = walk(parse(line))
    again = walk(parse(write(walked.pipeline, sizes=next(iter(bindings(walked, 1)), {}))))
    assert again.failure is None
    assert [step.stage.name for step in again.steps] == [step.stage.name for step in walked.steps]


def test_free_sizes_are_common_ones_where_the_line_works_with_them() -> None:
    assert comfortable_sizes(walk(parse("conv1d 3 16 k3"))) == {"N": 32, "L": 100}


@pytest.mark.parametrize("line", ["conv2d 3 16 k40", "conv1d 3 16 k5 | avgpool1d 120 | relu", "pixelunshuffle 5"])
def test_free_sizes_are_others_where_common_ones_fail(line: str) -> None:
    walked = walk(parse(line))
    assert first(run(write(walked.pipeline, sizes=comfortable_sizes(walked)))).numel()
