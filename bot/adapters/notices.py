"""What adapters say on their own, beside what the core says."""

from __future__ import annotations

from dataclasses import replace

from bot.adapters.layout import shortened
from bot.command import Incoming
from bot.reply import Fault, Form, Reply, Text

MAX_QUESTION = 300


def _notice(kind: str, text: str) -> Reply:
    return Reply(parts=(Text(text=text, tone="bad"),), private=True, fault=Fault(kind=kind, message=text))


OUTDATED = _notice("usage", "This button is from another version of me. Send the command again for a fresh one.")
TOO_LATE = _notice("unavailable", "The form took too long to get ready. Ask for it again, please.")


def under_question(reply: Reply, incoming: Incoming, *, by: str = "") -> Reply:
    """An answer under the line that it answers, for chats that keep to themselves what follows a slash.

    Errors point at what was typed themselves, and are read by the one who typed it.

    Args:
        reply: what the core says.
        incoming: what was typed; a press has no line.
        by: who typed it, where the chat does not show that either.
    """
    if not incoming.text or reply.fault or any(isinstance(part, Form) for part in reply.parts):
        return reply
    question = shortened(f"{by}: {incoming.text}" if by else incoming.text, MAX_QUESTION)
    return replace(reply, parts=(Text(text=question, tone="note"), *reply.parts))
