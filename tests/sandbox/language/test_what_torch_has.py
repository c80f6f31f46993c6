"""Functions in the place where the code looks for them: torch has some there, some elsewhere, some nowhere."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from sandbox.language import catalogue
from sandbox.language.grammar import parse
from sandbox.language.model import CodeGivenError, LanguageError

PLACES = {"torch": torch, "F": functional, "Tensor": torch.Tensor}


@pytest.mark.parametrize("place", PLACES)
def test_the_catalogue_says_where_torch_has_a_function(place: str) -> None:
    everywhere = frozenset[str]().union(*(catalogue.home(each) for each in PLACES))
    assert {"relu", "max_pool2d", "view"} <= everywhere
    assert catalogue.home(place) == {word for word in everywhere if callable(getattr(PLACES[place], word, None))}


@pytest.mark.parametrize(
    ("line", "words", "right"),
    [
        ("x.gelu() @ 2x3", "no `gelu` in a tensor; torch has it in torch.nn.functional", "F.gelu(x) @ 2x3"),
        ("x.max_pool2d(2) @ 1x3x8x8", "in a tensor", "F.max_pool2d(x, 2) @ 1x3x8x8"),
        ("torch.view(x, -1) @ 2x3", "no `view` in torch; torch has it in a tensor", "x.view(-1) @ 2x3"),
        ("torch.leaky_relu(x) @ 2x3", "in torch;", "F.leaky_relu(x) @ 2x3"),
        ("F.flatten(x, 1) @ 2x3x4", "in torch.nn.functional;", "x.flatten(1) @ 2x3x4"),
        ("F.cat((x, y)) @ 2x3 2x3", "in torch.nn.functional; torch has it in torch", "torch.cat((x, y)) @ 2x3 2x3"),
        ("x.cat(y) @ 2x3 2x3", "in a tensor; torch has it in torch", "torch.cat((x, y)) @ 2x3 2x3"),
        ("torch.pad(x, (1, 1)) @ 2x3", "in torch;", "F.pad(x, (1, 1)) @ 2x3"),
    ],
)
def test_a_function_looked_for_in_the_wrong_place_is_named_in_the_right_one(line: str, words: str, right: str) -> None:
    """Torch would raise an AttributeError; the line offered in its place is one that it runs."""
    with pytest.raises(LanguageError) as caught:
        parse(line)
    assert words in caught.value.message
    assert (caught.value.column, caught.value.token) == (0, line.split("(", maxsplit=1)[0])
    assert caught.value.suggestion == right
    parse(right)


def test_the_unfold_of_a_tensor_is_not_the_layer() -> None:
    with pytest.raises(CodeGivenError):
        parse("x.unfold(1, 2, 1) @ 3x7")


@pytest.mark.parametrize(("line", "shape"), [("x.T @ 3x4", "t"), ("y.mT @ 2x3x4", "transpose")])
def test_a_transpose_may_stand_alone(line: str, shape: str) -> None:
    assert [stage.name for stage in parse(line).stages] == [shape]


@pytest.mark.parametrize("line", ["nn.Sequential() @ 2x3", "nn.Identity(54, unused=0.1) @ 2x3"])
def test_what_changes_nothing_is_the_identity(line: str) -> None:
    pipeline = parse(line)
    assert [(stage.name, dict(stage.args)) for stage in pipeline.stages] == [("Identity", {})]
    assert pipeline.notes


def test_an_empty_sequential_may_stand_inside_another() -> None:
    (stage,) = parse("nn.Sequential(nn.Linear(3, 4), nn.Sequential()) @ 2x3").stages
    assert [child.name for child in stage.children] == ["Linear", "Identity"]


@pytest.mark.parametrize(
    ("line", "dtype"),
    [
        ("nn.Embedding(10, 3)(torch.LongTensor([[1, 2, 4, 5], [4, 3, 2, 9]]))", "int64"),
        ("nn.Linear(4, 3)(torch.FloatTensor([[1, 2, 4, 5], [4, 3, 2, 9]]))", "float32"),
        ("nn.Linear(4, 3)(torch.Tensor(2, 4))", "float32"),
    ],
)
def test_the_old_makers_of_tensors_take_lists_and_sizes(line: str, dtype: str) -> None:
    (tensor,) = parse(line).inputs
    assert (str(tensor), tensor.dtype) == ("(2, 4)", dtype)
