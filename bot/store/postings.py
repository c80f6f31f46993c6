"""The outbox: what is to be said unasked, how far it has come, and whose turn it is to take it further.

A turn is known by its number, `Posting.tries`: whoever has lost it to another bot, because it took too long, changes
nothing any more. Each change is on the disk before the next step is taken, so that a crash leaves no doubt but one:
whether what was `sending` has been sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, literal, select, update

from bot.store import posting_rows as rows
from bot.store import turns
from bot.store.batches import Batches
from bot.store.dialect import insert
from bot.store.engine import looking
from bot.store.group_tables import postings
from bot.store.many import among, listed, many
from bot.store.members import Happening, note
from bot.store.posting_rows import OVER, Posting, PostingKind, State, posting_id

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlalchemy.sql.dml import ReturningUpdate

    from bot.command import Place

REVEAL_LATEST = timedelta(days=1)  # how late an answer is still told
_ABOUT = select(postings).where(among(postings.c.posed, "posed")).order_by(postings.c.moment)
TOLD: tuple[State, ...] = ("sent", "unknown")  # what may have been seen, and is revealed


@dataclass(frozen=True, slots=True)
class _Step:
    """How a posting goes on, where its turn is not lost, and what the log says of it then."""

    posting: Posting
    changed: dict[str, Any]
    happened: Sequence[Happening]


class Postings:
    """The verbs; `Store.postings` is one. What is awaited here has happened when it returns."""

    def __init__(self, engine: AsyncEngine) -> None:
        """The engine stays the store's."""
        self._engine, self._looking = engine, looking(engine)
        self._taken: Batches[_Step, bool] = Batches(self._all_taken)
        self._about: Batches[str, list[Posting]] = Batches(self._all_about)

    # Turns.

    async def put(self, posting: Posting) -> bool:
        """Has something said; whether it was not there before."""
        async with self._engine.begin() as connection:
            added = insert(postings).on_conflict_do_nothing()
            return (await connection.execute(added, rows.columns(posting))).rowcount > 0

    async def claim_reveals(
        self, platforms: Sequence[str], at: datetime, *, bot: str, until: datetime, limit: int
    ) -> list[Posting]:
        """Takes the reveals that are due; of any number of bots exactly one gets each. What is too late is left out."""
        if not platforms:
            return []
        async with self._engine.connect() as connection:
            wanted = select(postings).where(postings.c.state.in_(TOLD))
            due = await turns.taken(connection, wanted, postings.c.closes, platforms, at, limit)
            found = [rows.posting(row._mapping) for row in due]  # noqa: SLF001 - its public name for its columns
            if not found:
                await connection.rollback()
                return []
            reveals = [_reveal(each, at, bot, until) for each in found]
            closed = update(postings).where(postings.c.id.in_([each.id for each in found]))
            await connection.execute(closed.values(closes=None))
            await connection.execute(
                insert(postings).on_conflict_do_nothing(), [rows.columns(each) for each in reveals]
            )
            await connection.commit()
        fresh = [each for each in reveals if each.state == "claimed"]
        # Behind many that are too late may be some that are not.
        return fresh or await self.claim_reveals(platforms, at, bot=bot, until=until, limit=limit)

    async def take_over(
        self,
        platforms: Sequence[str],
        at: datetime,
        *,
        bot: str,
        until: datetime,
        first: datetime | None = None,
        limit: int,
        kinds: Iterable[PostingKind] = ("daily", "reveal", "quiz", "digest", "reminder"),
    ) -> list[Posting]:
        """Takes what waits for its next turn: it is to be tried again, or whoever was at work on it is gone.

        Args:
            platforms: on which this bot can say something.
            at: the moment.
            bot: whose turn begins.
            until: when it ends.
            first: when it ends of what nobody has had a turn at before; None: at the same moment.
            limit: postings at most.
            kinds: of postings.
        """
        if not platforms:
            return []
        async with self._engine.connect() as connection:
            wanted = select(postings).where(postings.c.kind.in_(sorted(kinds)))
            due = await turns.taken(connection, wanted, postings.c.until, platforms, at, limit)
            found = [rows.posting(row._mapping) for row in due]  # noqa: SLF001 - as above
            if not found:
                await connection.rollback()
                return []
            taken = update(postings).where(postings.c.id.in_([each.id for each in found]))
            soon, later = (literal(each, postings.c.until.type) for each in (first or until, until))
            ends = case((postings.c.tries == 0, soon), else_=later)
            await connection.execute(taken.values(bot=bot, until=ends, tries=postings.c.tries + 1))
            await connection.commit()
        return [
            replace(each, bot=bot, until=until if each.tries else first or until, tries=each.tries + 1)
            for each in found
        ]

    async def next_due(self, platforms: Sequence[str], kinds: Iterable[PostingKind]) -> datetime | None:
        """When something has its next turn, or is to be revealed, on these platforms; None where nothing is."""
        chosen = sorted(kinds)
        async with self._engine.connect() as connection:
            found = [await turns.soonest(connection, postings.c.until, platforms, postings.c.kind.in_(chosen))]
            if "reveal" in chosen:
                told = postings.c.state.in_(TOLD)
                found.append(await turns.soonest(connection, postings.c.closes, platforms, told))
        return min((each for each in found if each is not None), default=None)

    # Steps of a turn.

    async def ready(
        self, posting: Posting, *, content: str, posed: str, closes: datetime | None, until: datetime
    ) -> Posting | None:
        """What is to be sent has been chosen; None where another bot has taken the turn."""
        return await self._step(posting, state="ready", content=content, posed=posed, closes=closes, until=until)

    async def sending(self, posting: Posting, *, until: datetime) -> Posting | None:
        """From now on it may have been sent; None where another bot has taken the turn."""
        return await self._step(posting, state="sending", until=until)

    async def again(self, posting: Posting, *, at: datetime, why: str, state: State | None) -> Posting | None:
        """It is tried again at a moment; `state` is what is known of it until then, None: what is kept."""
        known: dict[str, Any] = {} if state is None else {"state": state}
        return await self._step(posting, until=at, why=why, **known)

    async def over(
        self,
        posting: Posting,
        state: State,
        *,
        message: str = "",
        sent: datetime | None = None,
        why: str = "",
        happened: Sequence[Happening] = (),
    ) -> Posting | None:
        """Nothing is left to do; what nobody can have seen is not revealed."""
        closes = posting.closes if state in TOLD else None
        changed = {"state": state, "until": None, "message": message, "sent": sent, "why": why, "closes": closes}
        return await self._step(posting, happened, **changed)

    async def _step(self, posting: Posting, happened: Sequence[Happening] = (), **changed: Any) -> Posting | None:
        return replace(posting, **changed) if await self._taken(_Step(posting, changed, happened)) else None

    async def _all_taken(self, steps: Sequence[_Step]) -> list[bool]:
        """Steps of different postings in one transaction, and what follows from each that was still to be taken."""
        alike: dict[tuple[str, ...], list[_Step]] = {}
        for step in steps:
            alike.setdefault(tuple(step.changed), []).append(step)
        mine: set[tuple[str, int]] = set()
        async with self._engine.begin() as connection:
            for names, those in alike.items():
                given = many(dict(step.changed, id=step.posting.id, tries=step.posting.tries) for step in those)
                mine.update((row.id, row.tries) for row in await connection.execute(_stepping(names), {"steps": given}))
            done = [(step.posting.id, step.posting.tries) in mine for step in steps]
            await note(
                connection, [each for step, taken in zip(steps, done, strict=True) if taken for each in step.happened]
            )
        return done

    async def idle(self) -> None:
        """Returns when nothing is asked or written any more, for whoever closes the database."""
        await self._taken.idle()
        await self._about.idle()

    # What was said.

    async def one(self, posting: str) -> Posting | None:
        """The posting of an id."""
        found = await self._read(select(postings).where(postings.c.id == posting))
        return found[0] if found else None

    async def about(self, posed: str) -> list[Posting]:
        """The posting of a question, and its reveal, in their order; empty where it was not posted."""
        return await self._about(posed)

    async def _all_about(self, posed: Sequence[str]) -> list[list[Posting]]:
        """Each answer begins with it, so that those who ask at once do so in one query."""
        found: dict[str, list[Posting]] = {each: [] for each in posed}
        async with self._looking.connect() as connection:
            for row in (await connection.execute(_ABOUT, {"posed": many(found)})).mappings():
                found[row["posed"]].append(rows.posting(row))
        return [list(found[each]) for each in posed]

    async def newest(self, place: Place, kinds: Iterable[PostingKind], limit: int) -> list[Posting]:
        """What came or was to come in a channel last, the newest first."""
        here = {"platform": place.platform, "community": place.community, "channel": place.channel}
        wanted = select(postings).where(
            *(postings.c[name] == value for name, value in here.items()), postings.c.kind.in_(sorted(kinds))
        )
        return await self._read(wanted.order_by(postings.c.moment.desc(), postings.c.id).limit(limit))

    async def by(self, schedule: str, kind: PostingKind, limit: int) -> list[Posting]:
        """What came or was to come by a schedule last, the newest first."""
        wanted = select(postings).where(postings.c.schedule == schedule, postings.c.kind == kind)
        return await self._read(wanted.order_by(postings.c.moment.desc()).limit(limit))

    async def _read(self, wanted: Any) -> list[Posting]:
        async with self._looking.connect() as connection:
            return [rows.posting(row) for row in (await connection.execute(wanted)).mappings()]


@cache
def _stepping(names: tuple[str, ...]) -> ReturningUpdate[Any]:
    """Changes these columns of postings whose turns have not been lost; which they were."""
    given = listed("steps", [postings.c[name] for name in ("id", "tries", *names)]).subquery()
    mine = (postings.c.id == given.c.id, postings.c.tries == given.c.tries, postings.c.state.not_in(sorted(OVER)))
    changed = update(postings).where(*mine).values({name: given.c[name] for name in names})
    return changed.returning(postings.c.id, postings.c.tries)


def _reveal(of: Posting, at: datetime, bot: str, until: datetime) -> Posting:
    """The posting that reveals one."""
    moment = of.closes or at
    late = at - moment >= REVEAL_LATEST
    return Posting(
        id=posting_id(of.id, moment, "reveal"),
        schedule=of.schedule,
        kind="reveal",
        place=of.place,
        moment=moment,
        state="missed" if late else "claimed",
        bot=bot,
        until=None if late else until,
        tries=1,
        posed=of.posed,
        why="nobody was there within a day to say what the answer was" if late else "",
    )
