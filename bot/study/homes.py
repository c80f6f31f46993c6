"""Of which group somebody speaks in their own chat with Stride, where the platform says of none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import Incoming


@dataclass(frozen=True, slots=True)
class Homes:
    """The verbs; `Study` has one."""

    core: Core

    async def at_home(self, incoming: Incoming) -> Incoming:
        """The same with a community: somebody's own chat is taken for one of the first group that they came to.

        What they answer there counts in it, and they are asked from its decks. A chat of somebody who is in no group is
        a community of its own, called as their account.
        """
        place = incoming.place
        if place.community:
            return incoming
        own, store = _own(incoming), self.core.store
        theirs = await store.members.memberships(await store.links.person_of(incoming.user.account))
        groups = (each.community for each in theirs if each.platform == place.platform)
        return replace(incoming, place=replace(place, community=next((each for each in groups if each != own), own)))

    def alone(self, incoming: Incoming) -> bool:
        """Whether this was said by somebody of whose groups none is known."""
        return incoming.place.private and incoming.place.community == _own(incoming)

    def called(self, incoming: Incoming) -> str:
        """What to call the group in somebody's own chat; empty in the group itself, and where no name is known."""
        place = incoming.place
        poster = self.core.posters.get(place.platform)
        return poster.named(place) if place.private and poster is not None and not self.alone(incoming) else ""


def _own(incoming: Incoming) -> str:
    return incoming.user.account.partition(":")[2]
