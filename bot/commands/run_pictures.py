"""The pictures of a run: drawn in a process of their own, or said in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.commands import run_words as words
from bot.pictures.errors import DrawingError
from bot.reply import Part, Text
from sandbox.protocol import Result

if TYPE_CHECKING:
    from bot.app import Core


async def drawn(core: Core, result: Result) -> list[Part]:
    """One part for each picture of a run, in order."""
    raws = result.value.get("pictures", []) if isinstance(result.value, dict) else []
    return [await _drawn(core, raw) for raw in raws]


async def _drawn(core: Core, raw: Mapping[str, Any]) -> Part:
    try:
        return await core.pictures.draw(raw)
    except DrawingError as fault:
        return Text(text=f"Here would be {words.picture(raw)}; it could not be drawn: {fault}.", tone="note")
