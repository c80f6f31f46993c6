"""What a learner has to know about one layer or operation, read from `lessons.toml`; torch runs its rules in the tests.

Signatures come from the catalogue, shapes and their rules from the closed forms, so that this says nothing twice.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sandbox.language import catalogue
from sandbox.language.examples import example
from sandbox.language.grammar import parse
from sandbox.language.layers.registry import LAYERS
from sandbox.language.model import Output, Stage, Tensor
from sandbox.language.python import comfortable_sizes
from sandbox.language.size import Size, symbols
from sandbox.language.walk import Step, Walk, walk
from sandbox.language.words import Meaning

RARE = frozenset({"device", "dtype", "size_average", "reduce"})  # arguments that no beginner writes
_AXES = {"1": "the length", "2": "height and width", "3": "depth, height and width"}
_KERNEL = {
    "1": "kernel_size",
    "2": "kernel_height * kernel_width",
    "3": "kernel_depth * kernel_height * kernel_width",
}
_DEPRECATED = {"upsample_nearest", "upsample_bilinear"}  # functions that torch wants nobody to use any more
_SAID = ("axis", "axes", "last", "loss", "elements")  # what these lines of working say, the shapes of a layer show
_NAMED = (  # arguments that are the size of an axis
    *("in_channels", "out_channels", "in_features", "out_features", "in1_features", "in2_features", "num_features"),
    *("num_channels", "embedding_dim", "input_size", "hidden_size", "embed_dim", "d_model", "normalized_shape"),
    *("num_classes", "n_classes"),
)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `default` as Python writes it, empty where it is needed; `letter` of the short spelling."""

    name: str
    letter: str
    default: str
    says: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """What goes in and comes out, with letters, and the rules of the letters that change.

    Attributes:
        inputs: `(N, in_channels, L)`, one a tensor.
        outputs: name and shape of each.
        letters: letters of the shapes -> what they count.
        rules: `L_out = floor((L + 2p - d(k-1) - 1)/s) + 1`.
    """

    inputs: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]
    letters: Mapping[str, str]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A layer or an operation.

    Attributes:
        meaning: which.
        signature: `Conv1d(in_channels, out_channels, kernel_size, stride=1, ...)`.
        does: one sentence.
        also: other shapes that it takes; may be empty.
        value: the rule of its numbers; may be empty.
        params: how its parameters are counted, in names of arguments; empty where nothing is learned by default.
        params_note: what the count leaves out; may be empty.
        arguments: in the order of the signature.
        function: the same as a function, `F.relu(input, inplace=False)`; may be empty.
        line: a line of the language that works, every size written.
    """

    meaning: Meaning
    signature: str
    does: str
    also: str
    value: str
    params: str
    params_note: str
    arguments: tuple[Argument, ...]
    function: str
    line: str
    shapes: Shapes


@cache
def lesson(meaning: Meaning) -> Lesson:
    """The lesson about a layer or an operation of the language."""
    name = meaning.name
    entry: Mapping[str, Any] = _entries()[meaning.kind, name]
    says = {**_file()["arguments"], **entry.get("arguments", {})}
    rank = name[-2] if re.search(r"[123]d\Z", name) else ""
    line = example(meaning.kind, name)
    open_walk = walk(parse(line.partition(" @")[0] if meaning.kind == "layer" else line))
    return Lesson(
        meaning=meaning,
        signature=_signature(meaning),
        does=entry["does"].replace("{axes}", _AXES.get(rank, "")),
        also=entry.get("also", ""),
        value=entry.get("value", ""),
        params=entry.get("params", "").replace("{kernel}", _KERNEL.get(rank, "")),
        params_note=entry.get("params_note", ""),
        arguments=tuple(_arguments(meaning, says)),
        function=_function(meaning),
        line=_worked(meaning, open_walk),
        shapes=_shapes(open_walk, {**_file()["letters"], **entry.get("letters", {})}),
    )


def read_all() -> None:
    """Reads the file, so that no question waits for a disk."""
    _entries()


@cache
def _file() -> Mapping[str, Any]:
    text = resources.files("sandbox.language").joinpath("lessons.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _entries() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    layers = {("layer", name): entry for entry in _file()["lesson"] for name in entry["layers"]}
    return layers | {("op", name): entry for name, entry in _file()["operations"].items()}


def _signature(meaning: Meaning) -> str:
    if meaning.kind == "layer":
        return f"nn.{catalogue.signature(meaning.name)}"
    written = _entries()["op", meaning.name].get("signature")
    return written or f"x.{catalogue.operation(meaning.name)}"


def _arguments(meaning: Meaning, says: Mapping[str, str]) -> Iterator[Argument]:
    layer = meaning.kind == "layer"
    known = catalogue.signature(meaning.name) if layer else catalogue.operation(meaning.name)
    letters = {parameter: flag for flag, parameter in LAYERS[meaning.name].flags.items()} if layer else {}
    for each in known.parameters:
        if each.name not in RARE:
            default = "" if each.required else repr(each.default)
            letter = letters.get(each.name, "")
            yield Argument(each.name, letter if letter != each.name else "", default, says[each.name])


def _function(meaning: Meaning) -> str:
    if meaning.kind != "layer":
        return ""
    names = (name for name in LAYERS[meaning.name].functional if name not in _DEPRECATED)
    known = (catalogue.function(name) for name in names)
    return next((f"F.{signature}" for signature in known if signature is not None), "")


def _worked(meaning: Meaning, open_walk: Walk) -> str:
    """The example with a number for every letter."""
    line = example(meaning.kind, meaning.name)
    if "@" in line or meaning.kind == "op":
        return line
    sizes = comfortable_sizes(open_walk)
    return " ".join([line, *(f"{letter}{sizes[letter]}" for letter in sorted(sizes, key=_order))])


def _order(letter: str) -> int:
    order = "NCTSLDHWE"
    return order.index(letter) if letter in order else len(order)


def _shapes(walked: Walk, says: Mapping[str, str]) -> Shapes:
    step = walked.steps[0]
    named = _named(step.stage)
    free = sorted({letter for tensor in step.inputs for size in tensor.shape for letter in symbols(size)}, key=_order)
    return Shapes(
        inputs=tuple(_tensor(tensor, named) for tensor in step.inputs),
        outputs=tuple((each.name, _output(each, step, named)) for each in step.outputs),
        letters={letter: says[letter] for letter in free},
        rules=tuple(_rules(step)),
    )


def _named(stage: Stage) -> dict[int, str]:
    """Sizes that are an argument: number -> its name."""
    given = catalogue.full_args(stage)
    found: dict[int, str] = {}
    for name in _NAMED:
        value = given.get(name)
        value = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        if isinstance(value, int) and not isinstance(value, bool):
            found.setdefault(value, name)
    return found


def _tensor(tensor: Tensor, named: Mapping[int, str]) -> str:
    return _written([_size(size, named) for size in tensor.shape], tensor.dtype)


def _output(output: Output, step: Step, named: Mapping[int, str]) -> str:
    """A shape in which a size that has a rule of its own is named by it: `L_out`."""
    changed: dict[Size, list[str]] = {}  # height and width may come out alike, and are two axes
    for line in step.lines:
        if _is_axis(line.axis):
            changed.setdefault(line.value, []).append(line.axis)
    for size in {size for tensor in step.inputs for size in tensor.shape}:
        changed.pop(size, None)
    sizes = [f"{changed[size].pop(0)}_out" if changed.get(size) else _size(size, named) for size in output.tensor.shape]
    return _written(sizes, output.tensor.dtype)


def _rules(step: Step) -> Iterator[str]:
    """The lines of working that say more than the shapes do."""
    for line in step.lines:
        said = line.formula.isidentifier() or line.axis.startswith(_SAID)
        if _is_axis(line.axis) and (not line.formula.islower() or any(sign in line.formula for sign in "*/[_")):
            yield f"{line.axis}_out = {line.formula}"
        elif step.stage.kind == "op" or not said:
            sign = " =" if any(each in line.formula for each in "*/") else ":"
            yield f"{line.axis}{sign} {line.formula}"


def _is_axis(axis: str) -> bool:
    return len(axis) == 1 and axis.isupper()


def _size(size: Size, named: Mapping[int, str]) -> str:
    return named.get(size, str(size)) if isinstance(size, int) else str(size)


def _written(sizes: list[str], dtype: str) -> str:
    shape = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
    return shape if dtype == "float32" else f"{shape} {dtype}"
