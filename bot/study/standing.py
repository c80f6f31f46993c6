"""How everybody stands: their own days, their streak, and the group's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import Place, User

HOME_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Standing:
    """The verbs; `Study` has one."""

    core: Core

    async def zone(self, user: User, place: Place) -> str:
        """Whose days somebody has: their own zone if they ever said one, else their community's, else UTC.

        Whoever belongs to several communities has the zone of the first that has one; `place` counts for whoever
        belongs to none yet.
        """
        pupil = await self.core.store.learning.pupil(user.id)
        if pupil is not None:
            return pupil.zone
        community = await self.core.store.members.community(place)
        return (community.zone if community else "") or HOME_ZONE
