"""The value of a RUN result, checked at the border: what a jail sends was perhaps written by the code it ran.

Everything downstream may rely on these fields and their types; nothing else passes.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any

_TEXT = 1 << 20
_ROWS = 2_000
_PICTURES = 16
_PICTURE_BYTES = 5 << 17  # an image of 224 by 224 points takes 588 KiB
_KINDS = frozenset({"image", "line", "heat"})


def nothing() -> dict[str, Any]:
    """Of a run that gave nothing."""
    return {
        "output": [],
        "value": None,
        "about": None,
        "trace": [],
        "calls": [],
        "pictures": [],
        "timings": [],
        "error": None,
        "truncated": False,
    }


def run_value(value: Any) -> dict[str, Any]:
    """The value with every field in its place; raises `TypeError`, `KeyError` or `ValueError` on anything else."""
    fields = _object(value)
    return {
        "output": _list(fields.get("output", []), _piece, _ROWS * 20),
        "value": _optional(fields.get("value"), _text),
        "about": _optional(fields.get("about"), _plain),
        "trace": _list(fields.get("trace", []), _plain, _ROWS),
        "calls": _list(fields.get("calls", []), _plain, _ROWS),
        "pictures": _list(fields.get("pictures", []), _picture, _PICTURES),
        "timings": _list(fields.get("timings", []), _plain, _ROWS),
        "error": _optional(fields.get("error"), _error),
        "truncated": fields.get("truncated") is True,
    }


def within(pieces: list[dict[str, str]], room: int) -> tuple[list[dict[str, str]], bool]:
    """The pieces that fit into so many bytes, neighbours of one stream joined; whether something was cut."""
    kept: list[dict[str, str]] = []
    for piece in pieces:
        text = piece["text"].encode("utf-8", "replace")
        fitting = text[:room].decode("utf-8", "ignore")
        room -= len(text)
        if kept and kept[-1]["stream"] == piece["stream"]:
            kept[-1]["text"] += fitting
        elif fitting:
            kept.append({"stream": piece["stream"], "text": fitting})
        if room < 0:
            return kept, True
    return kept, False


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    # Half of a surrogate pair is text to JSON, and to nothing else.
    return value[:_TEXT].encode("utf-8", "replace").decode()


def _optional(value: Any, check: Callable[[Any], Any]) -> Any:
    return None if value is None else check(value)


def _list(value: Any, check: Callable[[Any], Any], most: int) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return [check(each) for each in value[:most]]


def _piece(value: Any) -> dict[str, str]:
    fields = _object(value)
    return {"stream": "stderr" if fields["stream"] == "stderr" else "stdout", "text": _text(fields["text"])}


_TRACED = {"line": int, "name": str, "dtype": str, "shape": list, "device": str, "module": str}


def _plain(value: Any, depth: int = 4) -> dict[str, Any]:
    """An object of numbers, texts and lists of them; the fields that are known have their types."""
    fields = _object(value)
    for name, kind in _TRACED.items():
        if name in fields and fields[name] is not None and not isinstance(fields[name], kind):
            raise TypeError(f"{name} is no {kind.__name__}")
    return {_text(name)[:40]: _data(each, depth) for name, each in list(fields.items())[:16]}


def _data(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("not a number that JSON has")
        return value
    if depth == 0:
        raise ValueError("too deep")
    if isinstance(value, list):
        return [_data(each, depth - 1) for each in value[:_ROWS]]
    return {_text(name)[:40]: _data(each, depth - 1) for name, each in list(_object(value).items())[:16]}


def _error(value: Any) -> dict[str, Any]:
    fields = _plain(value)
    line = fields.get("line")
    operands = fields.get("operands") or []
    return fields | {
        "type": _text(fields.get("type") or ""),
        "message": _text(fields.get("message") or ""),
        "line": line if isinstance(line, int) else None,
        "code": _optional(fields.get("code"), _text),
        "operands": _list(operands, _plain, _ROWS),
        "means": _optional(fields.get("means"), _text),
    }


def _picture(value: Any) -> dict[str, Any]:
    """Raw numbers and how to draw them: as many as the shape says, four bytes each."""
    fields = _object(value)
    if fields["kind"] not in _KINDS:
        raise ValueError("no such kind of picture")
    shape = _list(fields["shape"], _size, 4)
    values = _text(fields["values"])
    try:
        raw = base64.b64decode(values, validate=True)
    except binascii.Error as fault:
        raise ValueError("not base64") from fault
    if len(raw) > _PICTURE_BYTES or len(raw) != 4 * math.prod(shape):
        raise ValueError("not the numbers that its shape needs")
    title, dtype = _optional(fields.get("title"), _text), _optional(fields.get("dtype"), _text)
    return {
        "kind": fields["kind"],
        "shape": shape,
        "values": values,
        "title": None if title is None else title[:200],
        "of": _list(fields.get("of", shape), _size, 16),
        "dtype": None if dtype is None else dtype[:32],
        "low": _optional(fields.get("low"), _number),
        "high": _optional(fields.get("high"), _number),
    }


def _size(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("not a size")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("not a number")
    return float(value)
