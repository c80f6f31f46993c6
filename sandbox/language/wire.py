"""Stages as JSON and back: what a worker is sent instead of a line of text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sandbox.language.model import Dtype, Stage, Unknown, Value

_DEEPEST = 64  # stages inside stages


class WireError(ValueError):
    """Not a stage, or a stage that cannot be sent."""


def stage_to_wire(stage: Stage) -> dict[str, Any]:
    """A stage as JSON's values.

    Raises:
        WireError: a `?` is still unsolved.
    """
    return {
        "kind": stage.kind,
        "name": stage.name,
        "args": {name: _write(value) for name, value in stage.args.items()},
        "children": [stage_to_wire(child) for child in stage.children],
    }


def stage_from_wire(data: Any, depth: int = 0) -> Stage:
    """The stage in JSON's values; its place in the line is not sent.

    Raises:
        WireError: it is not a stage.
    """
    if depth > _DEEPEST:
        raise WireError(f"stages nest deeper than {_DEEPEST}")
    if (
        not isinstance(data, Mapping)
        or data.get("kind") not in {"layer", "op"}
        or not isinstance(data.get("name"), str)
    ):
        raise WireError("not a stage")
    args, children = data.get("args", {}), data.get("children", [])
    if not isinstance(args, Mapping) or not isinstance(children, list):
        raise WireError("a stage has arguments by name and a list of children")
    return Stage(
        kind=data["kind"],
        name=data["name"],
        args={str(name): _read(value, depth) for name, value in args.items()},
        children=tuple(stage_from_wire(child, depth + 1) for child in children),
    )


def _write(value: Value) -> Any:
    match value:
        case tuple():
            return [_write(item) for item in value]
        case Dtype():
            return {"dtype": value.name}
        case Stage():
            return {"stage": stage_to_wire(value)}
        case float() if not math.isfinite(value):
            return {"float": str(value)}
        case Unknown():
            raise WireError("a ? must be solved before torch can run it")
        case _:
            return value


def _read(data: Any, depth: int) -> Value:
    match data:
        case None | bool() | int() | float() | str():
            return data
        case list():
            if depth > _DEEPEST:
                raise WireError(f"lists nest deeper than {_DEEPEST}")
            return tuple(_read(item, depth + 1) for item in data)
        case {"dtype": str(name)}:
            return Dtype(name)
        case {"stage": stage}:
            return stage_from_wire(stage, depth + 1)
        case {"float": "inf" | "-inf" | "nan" as text}:
            return float(text)
        case _:
            raise WireError(f"not a value: {str(data)[:80]}")
