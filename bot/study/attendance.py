"""Says once a minute that this bot is there, and finds out when none was."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.store.attendance import QUIET

if TYPE_CHECKING:
    from bot.app import Core
    from bot.store.attendance import Attendance as Kept

EVERY_S = 60.0
SETTLED = timedelta(seconds=90)  # by then every bot that is there has spoken


class Attendance:
    """Of one bot, for as long as it runs."""

    def __init__(self, kept: Kept, bot: str) -> None:
        """`bot` names this process: a name that comes again would hide that it was away."""
        self._kept = kept
        self._bot = bot
        self._came: datetime | None = None
        self._left: datetime | None = None  # the last sign of life before this bot came, until that is settled

    async def beat(self, at: datetime) -> None:
        """Says that this bot is there at a moment."""
        last = await self._kept.beat(self._bot, at)
        if self._came is None:
            self._came = at
            self._left = last if last is not None and last < at <= last + QUIET else None
        elif self._left is not None and at - self._came >= SETTLED:
            left, self._left = self._left, None
            await self._kept.settle(self._bot, left, self._came)


async def attend(core: Core) -> None:
    """Says it every minute, by a clock that is right, until it is cancelled."""
    attendance = Attendance(core.store.attendance, core.new_event())
    log = structlog.get_logger("attendance")
    while True:
        try:
            await core.put_clock_right()
            await attendance.beat(core.clock.now())
        except Exception as fault:  # noqa: BLE001 - whatever a database raises, people are answered meanwhile
            log.warning("attendance.failed", error=type(fault).__name__)
        await asyncio.sleep(EVERY_S)
