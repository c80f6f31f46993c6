"""The store's verbs by what they are about, each read in with the first look at it.

Together they would be a tenth of what a page waits for before it is served, and it needs few of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.store.links import Links
from bot.store.members import Members
from bot.store.posts import Posts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from bot.store.attendance import Attendance
    from bot.store.belongings import Belongings
    from bot.store.deck_ids import DeckIds
    from bot.store.decks import Decks
    from bot.store.learning import Learning
    from bot.store.lives import Lives
    from bot.store.mine import OwnLog
    from bot.store.mistakes import Mistakes
    from bot.store.postings import Postings
    from bot.store.quizzes import Quizzes
    from bot.store.retention import Retention
    from bot.store.schedules import Schedules
    from bot.store.standing import Standings
    from bot.store.tallying import Tallies
    from bot.store.writer import Writer


class Busy(Protocol):
    """Verbs that may still be at work when nobody waits for them."""

    async def idle(self) -> None:
        """Returns when nothing is asked or written any more, for whoever closes the database."""


_Busy = TypeVar("_Busy", bound=Busy)


def read_in() -> None:
    """Reads all of them in, for a thread: so no first look holds up those who are answered meanwhile."""
    import bot.store.attendance
    import bot.store.belongings
    import bot.store.deck_ids
    import bot.store.decks
    import bot.store.joining
    import bot.store.learning
    import bot.store.lives
    import bot.store.mine
    import bot.store.mistakes
    import bot.store.postings
    import bot.store.quizzes
    import bot.store.retention
    import bot.store.schedules
    import bot.store.standing
    import bot.store.tallying  # noqa: F401 - to be found there


class Verbs:
    """What hangs on a store.

    Attributes:
        links: which accounts are one person's.
        members: communities, who belongs to them, and what happened there.
        posts: what Stride said unasked where it keeps the history itself.
    """

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        """Both stay the store's."""
        self._engine = engine
        self._writer = writer
        self._busy: list[Busy] = []
        self.links = Links(engine)
        self.members = Members(engine, writer)
        self.posts = self._waited_for(Posts(engine))

    def _waited_for(self, verbs: _Busy) -> _Busy:
        self._busy.append(verbs)
        return verbs

    async def idle(self) -> None:
        """Returns when nothing is asked or written any more, for whoever closes the database."""
        for verbs in self._busy:
            await verbs.idle()

    @cached_property
    def attendance(self) -> Attendance:
        """Which bots were there when."""
        from bot.store.attendance import Attendance

        return Attendance(self._engine)

    @cached_property
    def belongings(self) -> Belongings:
        """What is somebody's own, to take out and to have forgotten."""
        from bot.store.belongings import Belongings

        return Belongings(self._engine, self._writer, self.links)

    @cached_property
    def deck_ids(self) -> DeckIds:
        """Under which id each deck is kept."""
        from bot.store.deck_ids import DeckIds

        return DeckIds(self._engine)

    @cached_property
    def decks(self) -> Decks:
        """People's own and their communities'."""
        from bot.store.decks import Decks

        return self._waited_for(Decks(self._engine))

    @cached_property
    def learning(self) -> Learning:
        """What learners were asked, answered and remember."""
        from bot.store.learning import Learning

        return self._waited_for(Learning(self._engine))

    @cached_property
    def lives(self) -> Lives:
        """What streaks follow from."""
        from bot.store.lives import Lives

        return Lives(self._engine)

    @cached_property
    def mine(self) -> OwnLog:
        """What somebody's own page looks at."""
        from bot.store.mine import OwnLog

        return OwnLog(self._engine)

    @cached_property
    def mistakes(self) -> Mistakes:
        """The wrong rules that a group followed."""
        from bot.store.mistakes import Mistakes

        return Mistakes(self._engine)

    @cached_property
    def postings(self) -> Postings:
        """What is said unasked, and how far it has come."""
        from bot.store.postings import Postings

        return self._waited_for(Postings(self._engine))

    @cached_property
    def quizzes(self) -> Quizzes:
        """What goes on in channels, and who takes part."""
        from bot.store.quizzes import Quizzes

        return Quizzes(self._engine)

    @cached_property
    def retention(self) -> Retention:
        """What is too old to be kept."""
        from bot.store.retention import Retention

        return Retention(self._engine, self._writer)

    @cached_property
    def schedules(self) -> Schedules:
        """What comes again and again."""
        from bot.store.schedules import Schedules

        return self._waited_for(Schedules(self._engine))

    @cached_property
    def standing(self) -> Standings:
        """What seasons look at."""
        from bot.store.standing import Standings

        return Standings(self._engine)

    @cached_property
    def tallies(self) -> Tallies:
        """How much everybody did on each day."""
        from bot.store.tallying import Tallies

        return Tallies(self._engine)
