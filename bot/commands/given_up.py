"""What is told of something that comes by itself, where the platform has refused it again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.reply import Text

if TYPE_CHECKING:
    from bot.store.posting_rows import Planned


def given_up(planned: Planned, again: str) -> tuple[Text, ...]:
    """Why it does not come any more, and by which command it comes again; nothing where it comes."""
    if not planned.stopped:
        return ()
    why = planned.stopped.rstrip(".")
    says = f"It has stopped: it was refused three times in a row, on different days ({why})."
    return (Text(text=f"{says} Once that is put right, `{again}` has it come again.", tone="bad"),)
