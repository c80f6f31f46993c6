"""What a run gave, for programs: the `data` of its reply."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.commands import run_words as words
from bot.reply import Part, Picture
from sandbox.protocol import Result

_NOTHING: Mapping[str, Any] = {"output": [], "trace": [], "calls": [], "pictures": [], "timings": [], "error": None}


def data(result: Result, drawn: Sequence[Part]) -> dict[str, Any]:
    """The answer for programs; complete however it ended."""
    given = value(result)
    return {
        "status": result.status.value,
        "output": given["output"],
        "stdout": "".join(piece["text"] for piece in given["output"] if piece["stream"] == "stdout"),
        "value": given.get("value"),
        "about": given.get("about"),
        "trace": given["trace"],
        "calls": given["calls"],
        "pictures": [_described(raw, part) for raw, part in _paired(given["pictures"], drawn)],
        "timings": given["timings"],
        "error": given["error"],
        "truncated": bool(given.get("truncated")),
        "limit": result.limit,
        "elapsed_ms": result.elapsed_ms,
        "device": result.device,
        "torch": version(result),
    }


def value(result: Result) -> dict[str, Any]:
    """What a run gave, with every field that is read here."""
    given = result.value if isinstance(result.value, Mapping) else {}
    return {**_NOTHING, **given}


def version(result: Result) -> str | None:
    """The torch that ran it, without the name of its build."""
    return result.torch_version.partition("+")[0] or None


def _paired(
    raws: Sequence[Mapping[str, Any]], drawn: Sequence[Part]
) -> Iterator[tuple[Mapping[str, Any], Part | None]]:
    for number, raw in enumerate(raws):
        yield raw, drawn[number] if number < len(drawn) else None


def _described(raw: Mapping[str, Any], part: Part | None) -> dict[str, Any]:
    """What was shown, and the picture itself where it was drawn; the raw numbers stay behind."""
    png = base64.b64encode(part.data).decode("ascii") if isinstance(part, Picture) else None
    about = {name: raw.get(name) for name in ("kind", "title", "shape", "of", "low", "high")}
    return {**about, "alt": part.alt if isinstance(part, Picture) else words.picture(raw), "png": png}
