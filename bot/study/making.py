"""What is said unasked, and what else falls due by itself: what each of the study's services gives to the loop.

A posting of a kind is claimed by one bot, which asks the kind for its content, stores that, and sends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from bot.group.schedule import LATEST

if TYPE_CHECKING:
    from bot.reply import MessageRef, Reply
    from bot.store.posting_rows import Posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is to be sent.

    Attributes:
        reply: as it is sent; its buttons hold after a restart.
        posed: the id of the question in it; empty where there is none.
        closes: when its reveal is due; None where it has none.
    """

    reply: Reply
    posed: str = ""
    closes: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How postings of a kind are made.

    Attributes:
        make: what is to be sent at a moment; None where there is nothing to say after all. A bot that dies before it
            has stored what was made leaves another to make it again, so the same posting must come to the same: take
            ids and randomness from `Posting.id`. An error is logged, and it is tried again within three hours.
        sent: what is done once it is there; it may be done twice, and never where nobody knows whether it was sent.
        latest: how long after its moment it may still come.
        names: people stand in it by their names; where somebody was forgotten meanwhile, it is made again.
        wanted: whether what has been made is still to be sent; without it, it is.
    """

    make: Callable[[Posting, datetime], Awaitable[Made | None]]
    sent: Callable[[Posting, MessageRef, datetime], Awaitable[None]] | None = None
    latest: timedelta = LATEST
    names: bool = False
    wanted: Callable[[Posting], Awaitable[bool]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """Something that was done because it was due.

    Attributes:
        what: in a word or two, such as `quiz question`.
        data: the same for programs (`stride tick --json`).
    """

    what: str
    data: dict[str, Any] = field(default_factory=dict)


class FallsDue(Protocol):
    """A service with moments of its own, beside what is posted by a schedule."""

    async def next_due(self, platforms: Sequence[str]) -> datetime | None:
        """When something is due next on these platforms; a past moment: now. None: nothing that is known."""

    async def do_due(self, platforms: Sequence[str], at: datetime) -> Sequence[Did]:
        """Does all that is due at a moment and may be done by this bot; of several bots one does each."""
