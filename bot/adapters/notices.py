"""What adapters say on their own, where there is nothing to ask the core."""

from __future__ import annotations

from bot.reply import Fault, Reply, Text


def _notice(kind: str, text: str) -> Reply:
    return Reply(parts=(Text(text=text, tone="bad"),), private=True, fault=Fault(kind=kind, message=text))


OUTDATED = _notice("usage", "This button is from another version of me. Send the command again for a fresh one.")
TOO_LATE = _notice("unavailable", "The form took too long to get ready. Ask for it again, please.")
