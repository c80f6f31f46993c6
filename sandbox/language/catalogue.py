"""Signatures of torch's classes and functions, read from the generated `catalogue.json`.

The language must know torch's parameter names and defaults without importing torch; a test compares the file with
the torch that is installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Stage, Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a class or function; `default` means nothing where it is `required`."""

    name: str
    default: Value = None
    required: bool = False
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a class or function takes.

    Attributes:
        name: as torch exports it.
        parameters: in torch's order.
        positional: the names that may be given by place, in order.
        by_name: the same parameters by name.
        says: torch's own first sentence about it.
        kind: the file of `torch.nn.modules` that holds it, `conv`; `functional` for a function.
    """

    name: str
    parameters: tuple[Parameter, ...]
    says: str = ""
    kind: str = ""
    positional: tuple[str, ...] = field(init=False)
    by_name: Mapping[str, Parameter] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "positional", tuple(p.name for p in self.parameters if not p.keyword_only))
        object.__setattr__(self, "by_name", {p.name: p for p in self.parameters})

    def __str__(self) -> str:
        """`Conv1d(in_channels, out_channels, kernel_size, stride=1, ...)`, as torch's documentation has it."""
        return f"{self.name}({', '.join(_written(p) for p in self.parameters if p.name not in _RARE)})"


_RARE = {"device", "dtype", "size_average", "reduce"}  # takes room in a signature, and no beginner writes them


def _written(parameter: Parameter) -> str:
    return parameter.name if parameter.required else f"{parameter.name}={parameter.default!r}"


@cache
def load() -> Mapping[str, Any]:
    """The file as it is."""
    text = resources.files("sandbox.language").joinpath("catalogue.json").read_text(encoding="utf-8")
    content: Mapping[str, Any] = json.loads(text)
    return content


def names() -> tuple[str, ...]:
    """Every class of `torch.nn` that is a module, supported by the language or not."""
    return tuple(load()["layers"])


@cache
def signature(name: str) -> Signature:
    """What `torch.nn.NAME` or the operation takes; raises `KeyError` for a name that is neither."""
    if name in load()["layers"]:
        entry = load()["layers"][name]
        return Signature(name, _parameters(entry["parameters"]), entry["says"], entry["kind"])
    return operation(name)


@cache
def operation(name: str) -> Signature:
    """What a tensor operation takes, `flatten` as `torch.flatten` has it; raises `KeyError`."""
    parameters = (
        Parameter(key, None if default is ... else default, default is ...)  # type: ignore[arg-type] # Values or `...`
        for key, default in OPS[name].parameters.items()
    )
    return Signature(name, tuple(parameters), kind="op")


@cache
def function(name: str) -> Signature | None:
    """What `torch.nn.functional.NAME` takes, or None where there is no such function."""
    entry = load()["functions"].get(name)
    return None if entry is None else Signature(name, _parameters(entry), kind="functional")


@cache
def home(place: str) -> frozenset[str]:
    """The functions and operations of the language that torch has in this place: `torch`, `F` or `Tensor`."""
    return frozenset(load()["homes"][place])


def full_args(stage: Stage) -> dict[str, Value]:
    """Every parameter of the stage's signature by name: what was written, else the language's or torch's default.

    A required parameter that nobody wrote is missing.
    """
    return {**_defaults(stage.kind, stage.name), **stage.args}


@cache
def short_order(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A layer's parameters in the short spelling: those that may be given by place, and those that must be written.

    A layer made of others, TransformerEncoder, takes there what its inner layer takes.
    """
    spec, own = LAYERS[name], signature(name)
    places = tuple(place for place in own.positional if place not in spec.nested)
    inner = (parameter for kind in spec.nested.values() for parameter in signature(kind).parameters)
    needed = [parameter.name for parameter in inner if parameter.required and parameter.name in spec.extra]
    needed += [p.name for p in own.parameters if p.required and p.name not in spec.nested and p.name not in needed]
    first = spec.positional or (*(key for key in needed if key in spec.extra), *places)
    rest = (place for place in places if place not in first)
    return (*first, *rest), tuple(needed)


@cache
def _defaults(kind: str, name: str) -> Mapping[str, Value]:
    if kind == "op":
        parameters = operation(name).parameters
        return {p.name: p.default for p in parameters if not p.required}
    defaults = {p.name: p.default for p in signature(name).parameters if not p.required}
    return {**defaults, **(LAYERS[name].extra if name in LAYERS else {})}


def _parameters(entries: list[dict[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(
            entry["name"],
            _frozen(entry.get("default")),
            "default" not in entry,
            entry.get("keyword_only", False),
        )
        for entry in entries
    )


def _frozen(value: Any) -> Value:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
