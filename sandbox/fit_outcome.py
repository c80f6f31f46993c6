"""The value of a FIT result, checked at the border as `sandbox.outcome` checks a RUN's."""

from __future__ import annotations

import math
from typing import Any

WEIGHTS = 21
_TEXT = 600


def fit_value(value: Any) -> dict[str, Any]:
    """The value with every field in its place; raises `TypeError`, `KeyError` or `ValueError` on anything else."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    weights = value["weights"]
    if weights is not None and (not isinstance(weights, list) or len(weights) != WEIGHTS):
        raise ValueError(f"not {WEIGHTS} weights")
    why = value["why"]
    if not isinstance(why, str):
        raise TypeError("not a text")
    return {
        "weights": None if weights is None else [_number(each) for each in weights],
        "reviews": _count(value["reviews"]),
        "held_out": _count(value["held_out"]),
        "before": None if value["before"] is None else _number(value["before"]),
        "after": None if value["after"] is None else _number(value["after"]),
        "why": why[:_TEXT].encode("utf-8", "replace").decode(),
    }


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("not a number")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("not a count")
    return value
