"""What a whole channel is asked, where two bots are at it at the same time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from bot.tutor.model import Posed
from tests.bot.conversation import GROUP, START, Conversation, conversation


@dataclass
class Overtaken:
    """Stands in for the pauses of a bot that is slow: meanwhile another one asks."""

    other: Conversation
    asked: tuple[Posed, ...] = ()

    async def turn(self) -> None:
        if not self.asked:
            self.asked = await asks(self.other, "drawn by the other")


async def asks(group: Conversation, seed: str) -> tuple[Posed, ...]:
    return await group.core.tutor.pose_for_channel(GROUP, START, ids=("q1", "q2", "q3"), seed=seed, purpose="quiz")


async def test_of_two_bots_that_draw_at_once_both_show_what_answers_are_held_to(
    tmp_path: Path, database: Path | SecretStr
) -> None:
    """One that took too long shows no questions of its own under ids that stand for the other's."""
    async with (
        conversation(tmp_path, database=database) as slow,
        conversation(tmp_path, database=database) as quick,
    ):
        parts = await slow.core.tutor._parts()
        pace = Overtaken(quick)
        found = await replace(parts.together, pace=pace).pose(  # type: ignore[arg-type]  # what it is asked for
            GROUP, START, ids=("q1", "q2", "q3"), seed="mine", words="", difficulty=None, purpose="quiz", keep=True
        )
        assert [each.source for each in found] == [each.source for each in pace.asked]
        assert found == tuple([await slow.core.tutor.posed(each.id) for each in found])
