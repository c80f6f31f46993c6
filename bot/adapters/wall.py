"""How something is said unasked where Stride keeps the history itself: on the page and in the terminal.

What is posted stands in the store, and whoever shows a channel watches the store for it: so it is seen by everybody
who looks, whichever bot posted it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from bot.command import Place
from bot.errors import PostRefused
from bot.reply import MessageRef, Reply
from bot.store import posts

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.store.posts import Change
    from bot.store.store import Store

LOOK_S = 1.0  # how late what another bot posts is seen
GATHER_S = 0.05  # between two looks where much is posted


class WallPoster:
    """Posts to a platform whose messages are rows of the store; exactly once, since a row's key is one.

    Attributes:
        platform: as places name it.
    """

    def __init__(
        self, platform: str, community: str, store: Store, clock: Clock, *, told: Callable[[], None] | None = None
    ) -> None:
        """`told` is called after each change; it may be that of `Watch.wake`."""
        self.platform = platform
        self._community = community
        self._store = store
        self._clock = clock
        self._told = told or (lambda: None)

    def named(self, place: Place) -> str:  # noqa: ARG002 - other platforms have several
        """There is one community, which has no name; see `Poster`."""
        return ""

    async def obstacle(self, place: Place) -> str:  # noqa: ARG002 - other platforms ask who may
        """Nothing; see `Poster`."""
        return ""

    async def post(self, place: Place, reply: Reply, *, key: str, person: str = "") -> MessageRef:
        """Sends a reply to a channel, or to one person alone; see `Poster`."""
        self._check(place)
        if person and not person.startswith(f"{self.platform}:"):
            raise PostRefused(f"nobody on {self.platform} goes by {person.partition(':')[0]}'s names")
        number = await self._store.posts.put(key, place, reply, self._clock.now(), person=person)
        self._told()
        return MessageRef(channel=place.channel, message=str(number))

    async def find(self, place: Place, *, key: str, since: datetime, person: str = "") -> MessageRef | None:  # noqa: ARG002 - other platforms have to search a person's messages, from a moment on
        """The message that a key was sent with; see `Poster`. Here it is known at any time."""
        number = await self._store.posts.find(key)
        return None if number is None else MessageRef(channel=place.channel, message=str(number))

    async def edit(self, place: Place, message: MessageRef, reply: Reply) -> None:
        """Puts a reply in the place of a message that was posted; see `Poster`."""
        self._check(place)
        if not await self._store.posts.edit(place, int(message.message), reply):
            raise PostRefused("there is no such message any more")
        self._told()

    def _check(self, place: Place) -> None:
        if (place.platform, place.community) != (self.platform, self._community):
            raise PostRefused(f"{place.platform} {place.community} is not {self.platform} {self._community}")


class Watch:
    """Tells of posts and their edits as they come. While nobody looks it asks the store nothing."""

    def __init__(
        self,
        platform: str,
        community: str,
        store: Store,
        *,
        channels: Callable[[], Collection[str]],
        people: Callable[[], Collection[str]],
        show: Callable[[Change], None],
        look_s: float = LOOK_S,
    ) -> None:
        """Nothing is told before `run`.

        Args:
            platform: of the channels.
            community: of the channels.
            store: where posts are.
            channels: those that somebody looks at just now.
            people: who looks.
            show: is told of each change of what is said in these channels or to these people alone, in their order; of
                one change perhaps twice.
            look_s: how often the store is asked.
        """
        self._platform = platform
        self._community = community
        self._store = store
        self._channels = channels
        self._people = people
        self._show = show
        self._look_s = look_s
        self._after: int | None = None  # the newest change that was told of; None: nobody looks
        self._woken = asyncio.Event()
        self._log = structlog.get_logger("posts")

    async def begin(self) -> None:
        """Whoever looks at a channel reads its history after this: what comes later is told."""
        if self._after is None:
            newest = await self._store.posts.newest()
            if self._after is None:  # still: what another has begun with is told of already
                self._after = newest
        self.wake()

    def wake(self) -> None:
        """Something was posted here: it is told of at once."""
        self._woken.set()

    async def run(self) -> None:
        """Tells for as long as it is not cancelled."""
        while True:
            self._woken.clear()
            if self._channels():
                await self._looked()
                await asyncio.sleep(GATHER_S)
            else:
                self._after = None
            try:
                async with asyncio.timeout(self._look_s if self._channels() else None):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _looked(self) -> None:
        try:
            await self._look()
        except Exception as fault:  # noqa: BLE001 - whatever a driver raises, the next look may find the store again
            self._log.warning("posts.look", error=type(fault).__name__)

    async def _look(self) -> None:
        upto = await self._store.posts.newest()
        # After the number: who comes now reads a history that has all up to it.
        channels, people = frozenset(self._channels()), frozenset(self._people())
        while channels and self._after is not None and self._after < upto:
            changes = await self._store.posts.changes(
                self._platform, self._community, channels, people, after=self._after, upto=upto
            )
            for change in changes:
                self._show(change)
            self._after = (changes[-1].exchange.change or upto) if len(changes) == posts.MOST else upto
