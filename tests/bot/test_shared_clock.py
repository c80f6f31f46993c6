"""Bots on several machines whose clocks are wrong go by one clock: that of the database that they share."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.adapters.discord.parse import happened
from bot.app import build_core
from bot.clock import NEAR, SYSTEM_CLOCK, SharedClock
from bot.settings import Settings
from tests.bot.conversation import START, SettableClock, torch_away

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@dataclass
class Wrong:
    """A machine's clock that goes before or after."""

    by: timedelta

    def now(self) -> datetime:
        return SYSTEM_CLOCK.now() + self.by


async def test_two_bots_whose_machines_differ_by_minutes_have_one_time(
    postgres_database: SecretStr, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgres_database, sandbox=torch_away(tmp_path))
    async with AsyncExitStack() as bots:
        with capture_logs() as lines:
            ahead, behind = [
                await bots.enter_async_context(build_core(settings, clock=SharedClock(Wrong(by))))
                for by in (3 * MINUTE, -10 * MINUTE)
            ]
        assert [round(line["ahead_s"] / 60) for line in lines] == [3, -10]
        for core in (ahead, behind):
            assert abs(core.clock.now() - SYSTEM_CLOCK.now()) < MINUTE
            own = core.clock.own = Wrong(timedelta())  # type: ignore[attr-defined]  # somebody puts the machine right
            await core.put_clock_right()
            assert abs(core.clock.now() - own.now()) < MINUTE


def test_a_clock_that_is_right_is_left_alone_however_long_the_answer_took() -> None:
    own = SettableClock()
    clock = SharedClock(own)
    assert not clock.put_right(START, START + NEAR, START)
    assert not clock.put_right(START, START + SECOND, START + 20 * SECOND)
    assert clock.now() == START
    assert clock.put_right(START, START - MINUTE, START + SECOND)
    assert clock.now() == START - MINUTE - SECOND / 2
    assert not clock.put_right(START, START - MINUTE, START + SECOND / 10)


@pytest.mark.parametrize(("after", "counts"), [(0, 0), (2, 2), (600, 0), (-180, 0)])
def test_discords_word_for_when_something_was_done_counts_where_both_clocks_may_be_right(
    after: int, counts: int
) -> None:
    """A bot whose clock is late would else refuse every answer to a quiz, and one that is early take them all."""
    assert happened(START - after * SECOND, START) == START - counts * SECOND
