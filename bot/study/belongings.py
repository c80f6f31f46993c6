"""What is somebody's own: to take out, and to have forgotten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import User
    from bot.store.belongings import Holdings


@dataclass(frozen=True, slots=True)
class Belongings:
    """The verbs; `Study` has one."""

    core: Core

    async def holdings(self, user: User) -> Holdings:
        """How much there is of somebody's, with all their accounts."""
        return await self.core.store.belongings.holdings(user.id)

    async def forget(self, user: User) -> tuple[str, ...]:
        """Takes somebody out of everything, with all their accounts, whose ids come back.

        What stays of them is that something was answered, and when: of an id that is drawn here and kept nowhere else.
        """
        return await self.core.store.belongings.forget(user.id, f"gone:{secrets.token_hex(12)}")
