"""The pictures of a run: drawn in a process of their own, or said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands import run_words as words
from bot.reply import Part, Text
from sandbox.protocol import Result

if TYPE_CHECKING:
    from bot.app import Core


async def drawn(core: Core, result: Result) -> list[Part]:
    """One part for each picture of a run, in order."""
    raws = result.value.get("pictures", []) if isinstance(result.value, dict) else []
    del core
    return [Text(text=f"A picture that cannot be drawn here: {words.picture(raw)}.") for raw in raws]
