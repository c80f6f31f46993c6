"""What a learner is told about each layer is there, and true: torch runs every rule and counts every parameter."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import nn

from sandbox.language import catalogue
from sandbox.language.grammar import parse
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.lessons import RARE, lesson
from sandbox.language.size import symbols
from sandbox.language.walk import walk
from sandbox.language.words import Meaning

FILE: dict[str, Any] = tomllib.loads(
    resources.files("sandbox.language").joinpath("lessons.toml").read_text(encoding="utf-8")
)
PROVED = [(entry, name) for entry in FILE["lesson"] for name in ("proof", "also_proof") if name in entry]
EVERYTHING = [Meaning("layer", name) for name in LAYERS] + [Meaning("op", name) for name in OPS]
COUNTED = [Meaning("layer", name) for name in LAYERS if lesson(Meaning("layer", name)).params]
ONE_SCREEN = 150  # characters of a sentence


def named(meaning: Meaning) -> str:
    return meaning.name


@pytest.mark.parametrize(
    ("entry", "proof"), PROVED, ids=lambda each: each if isinstance(each, str) else each["layers"][0]
)
def test_torch_computes_what_the_rule_says(entry: dict[str, Any], proof: str) -> None:
    assert "assert" in entry[proof], "a proof must be able to fail"
    torch.manual_seed(0)
    exec(entry[proof], {"torch": torch, "nn": nn, "F": F})  # noqa: S102 - our own file


def test_what_is_said_of_numbers_and_of_other_shapes_has_a_proof() -> None:
    for said, proof in (("value", "proof"), ("also", "also_proof")):
        assert not [entry["layers"] for entry in FILE["lesson"] if said in entry and proof not in entry]


def test_every_layer_stands_in_one_lesson_and_every_operation_has_one() -> None:
    layers = [name for entry in FILE["lesson"] for name in entry["layers"]]
    assert sorted(layers) == sorted(LAYERS)
    assert set(FILE["operations"]) == set(OPS)


def test_no_meaning_of_an_argument_is_left_over() -> None:
    taken = {each.name for meaning in EVERYTHING for each in lesson(meaning).arguments}
    known = taken | {name for spec in LAYERS.values() for name in spec.extra}
    assert set(FILE["arguments"]) <= known
    for entry in FILE["lesson"]:
        own = {each.name for name in entry["layers"] for each in lesson(Meaning("layer", name)).arguments}
        extra = {name for layer in entry["layers"] for name in LAYERS[layer].extra}
        assert set(entry.get("arguments", ())) <= own | extra, entry["layers"]


@pytest.mark.parametrize("meaning", EVERYTHING, ids=named)
def test_a_lesson_is_whole_and_fits_on_a_screen(meaning: Meaning) -> None:
    found = lesson(meaning)
    assert 10 < len(found.does) <= ONE_SCREEN
    assert found.does.endswith(".")
    assert "{" not in f"{found.does}{found.params}"
    assert found.signature
    assert all(each.says and len(each.says) <= 110 for each in found.arguments)
    assert found.shapes.inputs
    assert found.shapes.outputs
    assert all(found.shapes.letters.values())
    if meaning.kind == "layer":
        expected = [each.name for each in catalogue.signature(meaning.name).parameters if each.name not in RARE]
        assert [each.name for each in found.arguments] == expected
        assert bool(found.value) or len(found.does) > 40


@pytest.mark.parametrize("meaning", EVERYTHING, ids=named)
def test_the_example_works_and_leaves_no_size_open(meaning: Meaning) -> None:
    walked = walk(parse(lesson(meaning).line))
    assert walked.failure is None
    assert not any(symbols(size) for each in walked.steps[-1].outputs for size in each.tensor.shape)
    assert meaning.name in {step.stage.name for step in walked.steps}


@pytest.mark.parametrize("meaning", COUNTED, ids=named)
@pytest.mark.parametrize("times", [1, 2])
def test_the_count_of_parameters_is_the_one_of_the_closed_form(meaning: Meaning, times: int) -> None:
    """Which torch confirms in the tests of the formulas; with `times`, every number of the example is doubled."""
    found = lesson(meaning)
    name, *rest = found.line.split(" ")
    rest = [re.sub(r"(?<![A-Z])\d+", lambda size: str(int(size[0]) * times), word) for word in rest]
    walked = walk(parse(" ".join([name, *rest])))
    step = walked.steps[0]
    given: dict[str, Any] = dict(catalogue.full_args(step.stage))
    given |= {
        axis: given["kernel_size"]
        for axis in ("kernel_height", "kernel_width", "kernel_depth")
        if "kernel_size" in given
    }
    channels = step.inputs[0].shape[-1 if meaning.name == "LazyLinear" else 1]
    if "Lazy" in meaning.name:
        given |= dict.fromkeys(("in_channels", "in_features", "num_features"), channels)
    assert eval(found.params, {"__builtins__": {}}, given) == step.params.value  # noqa: S307 - our own file


def test_a_layer_without_a_count_learns_nothing_by_itself() -> None:
    silent = [name for name in LAYERS if not lesson(Meaning("layer", name)).params]
    learning = [name for name in silent if walk(parse(lesson(Meaning("layer", name)).line)).params != 0]
    assert learning == ["AdaptiveLogSoftmaxWithLoss"], "whose count is told in words"


@pytest.mark.parametrize(
    ("name", "inputs", "outputs", "rule"),
    [
        ("Conv1d", "(N, in_channels, L)", "(N, out_channels, L_out)", "L_out = floor((L + 2p - d(k-1) - 1)/s) + 1"),
        ("Conv2d", "(N, in_channels, H, W)", "(N, out_channels, H_out, W_out)", "W_out = floor((W + 2p - d(k-1) - 1)/s) + 1"),  # noqa: E501 - one row
        ("Linear", "(N, in_features)", "(N, out_features)", None),
        ("MaxPool2d", "(N, C, H, W)", "(N, C, H_out, W_out)", "H_out = floor((H + 2p - d(k-1) - 1)/s) + 1"),
        ("LSTM", "(L, N, input_size)", "(L, N, hidden_size)", "h_n layers = directions*num_layers"),
        ("MultiheadAttention", "(L, N, embed_dim)", "(L, N, embed_dim)", "head_dim = embed_dim/num_heads"),
        ("Embedding", "(N, L) int64", "(N, L, embedding_dim)", None),
        ("Flatten", "(N, C, H, W)", "(N, C*H*W)", None),
        ("Unfold", "(N, C, H, W)", "(N, C_out, L_out)", "C_out = C * k_H * k_W"),
        ("PixelShuffle", "(N, C, H, W)", "(N, C_out, H_out, W_out)", "C_out = C / r^2"),
        ("CrossEntropyLoss", "(N, C)", "()", None),
        ("ReLU", "(N, C)", "(N, C)", None),
    ],
)  # fmt: skip
def test_shapes_are_told_in_the_arguments_own_names(name: str, inputs: str, outputs: str, rule: str | None) -> None:
    shapes = lesson(Meaning("layer", name)).shapes
    assert shapes.inputs[0] == inputs
    assert shapes.outputs[0][1] == outputs
    assert rule is None or rule in shapes.rules


def test_signatures_are_pythons() -> None:
    assert lesson(Meaning("layer", "Linear")).signature == "nn.Linear(in_features, out_features, bias=True)"
    assert lesson(Meaning("layer", "ReLU")).function == "F.relu(input, inplace=False)"
    assert lesson(Meaning("op", "permute")).signature == "x.permute(*dims)"
