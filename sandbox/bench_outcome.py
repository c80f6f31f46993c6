"""The value of a BENCH result, checked at the border as `sandbox.outcome` checks a RUN's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_TEXT = 600
_PASSES = ("forward", "backward", "total")
_MEMORY = ("parameters", "inputs", "outputs", "kept", "gradients", "forward", "backward")


def bench_value(value: Any) -> dict[str, Any]:
    """The value with every field in its place; raises `TypeError`, `KeyError` or `ValueError` on anything else."""
    fields = _object(value)
    if fields["error"] is not None:
        return {"error": _error(_object(fields["error"]))}
    times, memory = _object(fields["times"]), _object(fields["memory"])
    return {
        "times": {name: _time(times[name]) for name in _PASSES},
        "no_backward": _text(fields["no_backward"]),
        "threads": _whole(fields["threads"]),
        "params": _whole(fields["params"]),
        "memory": {name: None if memory[name] is None else _whole(memory[name]) for name in _MEMORY},
        "rate": _number(fields["rate"]),
        "error": None,
    }


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _time(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    fields = _object(value)
    found: dict[str, Any] = {name: _number(fields[name]) for name in ("median_ms", "low_ms", "high_ms")}
    return found | {"runs": _whole(fields["runs"]), "noisy": fields["noisy"] is True}


def _error(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": _text(fields["type"]),
        "message": _text(fields["message"]),
        "stage": _whole(fields["stage"]),
        "step": "build" if fields["step"] == "build" else "forward",
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:_TEXT].encode("utf-8", "replace").decode()


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise TypeError("not a quantity")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
