"""Questions that were posed: which of a session is open, which comes next, and how the session went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.tutor import wire
from bot.tutor.answering import seal
from bot.tutor.model import Marked, Posed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.command import Place, User
    from bot.store.learning import Learning
    from bot.store.learning_rows import Asked, Line


@dataclass(frozen=True, slots=True)
class Sessions:
    """The verbs; `Tutor` has one."""

    learning: Learning

    async def posed(self, posed_id: str) -> Posed | None:
        """See `Tutor.posed`."""
        row = await self.learning.asked(posed_id)
        return None if row is None else wire.posed(row)

    async def open_question(self, user: User, place: Place) -> Posed | None:
        """See `Tutor.open_question`."""
        rows = await self.learning.newest(user.id, place)
        return await self._first_open(rows, user) if rows else None

    async def following(self, posed: Posed, user: User) -> Posed | None:
        """See `Tutor.following`."""
        if posed.purpose == "quiz":  # its questions come when the quiz asks them
            return None
        rows = await self.learning.session(posed.session)
        after = [row for row in rows if row.position > posed.position]
        return await self._first_open([*after, *(row for row in rows if row.position < posed.position)], user)

    async def results(self, posed: Posed, user: User) -> tuple[Marked, ...]:
        """See `Tutor.results`."""
        rows = await self.learning.session(posed.session)
        lines = await self.learning.answers_in(user.id, posed.session)
        return tuple(wire.marked(wire.posed(row), found) for row in rows if (found := _about(row, lines)))

    async def newest_answered(self, user: User, place: Place) -> Posed | None:
        """See `Tutor.newest_answered`."""
        row = await self.learning.newest_answered(user.id, place)
        return None if row is None else wire.posed(row)

    async def _first_open(self, rows: Sequence[Asked], user: User) -> Posed | None:
        """The first that this person has not answered and that is still asked."""
        if not rows:
            return None
        answered = {line.posed for line in await self.learning.answers_in(user.id, rows[0].session)}
        withdrawn = await self.learning.withdrawn()
        found = (wire.posed(row) for row in rows if row.id not in answered and row.person in {"", user.id})
        return next((posed for posed in found if (posed.source, seal(posed)) not in withdrawn), None)


def _about(row: Asked, lines: Sequence[Line]) -> list[Line]:
    """The answer to a question, and what changed it since."""
    given = [line for line in lines if line.posed == row.id]
    return given + [line for line in lines if given and line.about == given[0].id]
