"""What is shown before an answer is there, on platforms that can; the answer comes all the same where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = structlog.get_logger(__name__)


async def show(progress: Callable[[Reply], Awaitable[None]], reply: Reply) -> None:
    """Shows it with an `Incoming.progress`; a failure is logged, and nothing else."""
    try:
        await progress(reply)
    except Exception as fault:  # noqa: BLE001 - what is said before the answer is never needed
        log.warning("progress was not shown", error=type(fault).__name__)
