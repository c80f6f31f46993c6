"""What was said in a channel and what came back, as it is shown and as its rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot import codec

if TYPE_CHECKING:
    from datetime import datetime

    from bot.command import Place
    from bot.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One thing that was said or pressed, and what came back. `id` grows with time.

    Attributes:
        person: who said it; of a post to one person alone: to whom; of one to the channel: empty.
        change: of what Stride said unasked: grows with each change of any such post; None: somebody asked.
    """

    id: int
    person: str
    name: str
    at: datetime
    said: str
    action: str | None
    reply: Reply
    change: int | None = None


def exchange(row: Any) -> Exchange:
    """The exchange in a row."""
    return Exchange(
        id=row.id,
        person=row.person,
        name=row.name,
        at=row.at,
        said=row.said,
        action=row.action,
        reply=codec.loads(row.reply),
        change=row.change,
    )


def place_row(place: Place) -> dict[str, str]:
    """A channel, as the columns that name it."""
    return {"platform": place.platform, "community": place.community, "channel": place.channel}
