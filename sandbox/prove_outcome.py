"""The value of a PROVE result, checked at the border as `sandbox.outcome` checks a RUN's."""

from __future__ import annotations

from typing import Any

_TEXT = 600
_MOST_DENIALS = 64


def prove_value(value: Any) -> dict[str, Any]:
    """The value with every field in its place; raises `TypeError`, `KeyError` or `ValueError` on anything else."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    denied = value["denied"]
    if not isinstance(denied, list) or len(denied) > _MOST_DENIALS:
        raise ValueError("not a list of denials")
    return {
        "held": value["held"] is True,
        "gave": _text(value["gave"]),
        "error": None if value["error"] is None else _error(value["error"]),
        "denied": [each is True for each in denied],
        "why": _text(value["why"]),
    }


def _error(error: Any) -> dict[str, Any]:
    line = error["line"]
    if line is not None and (isinstance(line, bool) or not isinstance(line, int)):
        raise TypeError("not a line")
    return {"type": _text(error["type"]), "message": _text(error["message"]), "line": line}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:_TEXT].encode("utf-8", "replace").decode()
