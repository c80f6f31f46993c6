"""One person on several platforms: accounts that share a memory, a streak and a standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app import Core


@dataclass(frozen=True, slots=True)
class Links:
    """The verbs; `Study` has one."""

    core: Core

    async def reached_on(self, person: str, platform: str) -> str | None:
        """The account by which a person is reached on a platform, for whoever says something to them unasked there.

        None where they have none there.
        """
        return await self.core.store.links.account_on(person, platform)
