"""What is somebody's own: to take out, and to have forgotten."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.store.belongings import GONE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from bot.app import Core
    from bot.command import User
    from bot.store.belongings import Holdings
    from bot.study.export import Exported
    from cards.memory import Memory
    from cards.model import Deck

# By table, what tells whether an answer was right; of those whose question is open in a quiz.
UNTOLD = {
    "answers": dict.fromkeys(("correct", "rating", "mistake", "marked", "effect")),
    "memories": dict.fromkeys(("due", "data")),
    "tallies": dict.fromkeys(("correct",)),
}


@dataclass(frozen=True, slots=True)
class Belongings:
    """The verbs; `Study` has one."""

    core: Core

    async def holdings(self, user: User) -> Holdings:
        """How much there is of somebody's, with all their accounts."""
        return await self.core.store.belongings.holdings(user.id)

    async def export(self, user: User, now: datetime) -> Exported:
        """All that is somebody's own, as files."""
        from bot.study.export import exported

        tables = await self.core.store.belongings.take_out(user.id)
        secret = await self._secret(user)
        cards = _kept_secret(tables, secret)
        shelf = await self._shelf(user, cards)
        calendar = await self.core.tutor.calendar(user)
        return await asyncio.to_thread(exported, user.id, tables, shelf, now=now, calendar=calendar)

    async def _secret(self, user: User) -> set[str]:
        """The questions of quizzes that nobody is told the answers of yet, also who has given theirs."""
        accounts = (await self.holdings(user)).accounts
        going_on = await self.core.store.quizzes.answered_by(accounts)
        return {posed for quiz in going_on for posed in quiz.questions[quiz.course.closed :]}

    async def _shelf(self, user: User, untold: Collection[str]) -> list[tuple[Deck, Mapping[str, Memory]]]:
        """Their own decks, and of others the cards that they remember, each with what they remember of what is told."""
        from bot.tutor.catalogues import HOUSE, house

        store = self.core.store
        _, known = await store.learning.memories(user.id)
        own = [held.id for held in await store.decks.of([user.id])]
        others = dict.fromkeys(memory.card.partition("/")[0] for memory in known if "/" in memory.card)
        found: list[tuple[Deck, Mapping[str, Memory]]] = []
        for deck_id in (*own, *(each for each in others if each not in own)):
            remembered = await self.core.tutor.remembered(user, deck_id)
            memories = {card: memory for card, memory in remembered.items() if f"{deck_id}/{card}" not in untold}
            kept = None if deck_id == HOUSE else await store.decks.read(deck_id)
            deck = await asyncio.to_thread(house) if deck_id == HOUSE else None if kept is None else kept.deck
            if deck is not None and deck_id not in own:
                deck = replace(deck, cards=tuple(card for card in deck.cards if card.id in memories))
            if deck is not None and deck.cards:
                found.append((deck, memories))
        return found

    async def forget(self, user: User) -> tuple[str, ...]:
        """Takes somebody out of everything, with all their accounts, whose ids come back.

        What stays of them is that something was answered, and when: of an id that is drawn here and kept nowhere else.
        """
        return await self.core.store.belongings.forget(user.id, f"{GONE}{secrets.token_hex(12)}")


def _kept_secret(tables: Mapping[str, list[dict[str, Any]]], secret: Collection[str]) -> set[str]:
    """Empties what tells whether answers to such questions were right; about which cards they were."""
    given = [row for row in tables["answers"] if row["posed"] in secret]
    cards = {row["card"] for row in given}
    changed = {
        "answers": given,
        "memories": [row for row in tables["memories"] if row["card"] in cards],
        "tallies": [row for answer in given for row in _day_of(answer, tables["tallies"])],
    }
    for table, rows in changed.items():
        for row in rows:
            row.update(UNTOLD[table])
    return cards


def _day_of(answer: Mapping[str, Any], tallies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The count into which an answer went: the newest in its community that began before it."""
    same = ("platform", "community", "person")
    theirs = [row for row in tallies if all(row[name] == answer[name] for name in same) and row["day"] <= answer["at"]]
    return sorted(theirs, key=lambda row: row["day"])[-1:]
