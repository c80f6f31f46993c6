"""What was said in a channel and what came back, as it is shown and as its rows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, select

from bot import codec
from bot.store.dialect import insert
from bot.store.tables import exchanges
from bot.store.writer import Write

if TYPE_CHECKING:
    from datetime import datetime

    from bot.command import Place
    from bot.reply import Reply

_ASKED = [column for column in exchanges.c if column.name not in {"id", "post", "change"}]
_given = {column.name: bindparam(column.name, type_=column.type) for column in _ASKED}
_there = exists().where(
    *(
        exchanges.c[name] == _given[name]
        for name in ("person", "at", "platform", "community", "channel", "said", "reply")
    )
)
ADD_EXCHANGE = Write(
    4,
    insert(exchanges),
    again=Write(4, insert(exchanges).from_select([*_given], select(*_given.values()).where(~_there))),
)


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
