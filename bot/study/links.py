"""One person on several platforms: accounts that share a memory, a streak and a standing.

An account shows by a code that it belongs to whoever has another one. The account that was here first stays who it is;
what was learnt with the other is added to it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from bot.errors import Busy, StaleAction, WrongUsage
from bot.fairness.rates import Buckets, Rate
from bot.store.joining import Union
from bot.store.learning import memory_rows
from bot.store.learning_rows import entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app import Core
    from bot.command import User
    from bot.store.learning_rows import Line, Pupil
    from bot.store.links import Account

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without what is easily confused
LETTERS = 12  # 60 bits: nobody tries them all within ten minutes, not even with the digests
GROUP = 4  # letters that are written together
HOLDS = timedelta(minutes=10)
GUESSES = Rate(burst=5, per_minute=0.5)  # of one account
GIVEN = Rate(burst=5, per_minute=1.0)  # codes that one account is given
TRIES = 20
OVER = "That code is not one that holds now: a code holds for ten minutes, and once. Get a new one with `/link`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two who may become one.

    Attributes:
        person: their id.
        accounts: the one whose id that is, then the others.
        answers: how many questions they have answered, ever.
    """

    person: str
    accounts: tuple[Account, ...]
    answers: int

    @property
    def name(self) -> str:
        """What they are called."""
        return self.accounts[0].name

    @property
    def since(self) -> datetime | None:
        """When they were first here."""
        return self.accounts[0].since


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a code would do: `kept` stays who they are, and what `added` has is added to it."""

    code: str
    kept: Side
    added: Side
    twice: int  # questions that both have answered: the earlier answer counts


class Links:
    """The verbs; `Study` has one."""

    def __init__(self, core: Core, *, draw: Callable[[str], str] = secrets.choice) -> None:
        """Nobody has guessed yet; `draw` chooses a letter."""
        self._core = core
        self._draw = draw
        self._guesses = Buckets(GUESSES)
        self._given = Buckets(GIVEN)

    async def reached_on(self, person: str, platform: str) -> str | None:
        """The account by which a person is reached on a platform, for whoever says something to them unasked there.

        None where they have none there.
        """
        return await self._core.store.links.account_on(person, platform)

    async def side(self, person: str) -> Side:
        """Somebody with all their accounts."""
        store = self._core.store
        await store.drain()
        accounts = await store.links.accounts(person)
        return Side(person=person, accounts=tuple(accounts), answers=await store.links.count_answers(person))

    async def give_code(self, user: User, now: datetime) -> str:
        """A new code for this account, in place of the one before; raises `Busy`."""
        if wait := self._given.wait(user.account, now):
            raise Busy(f"You have had many codes just now. The next can be given in {_minutes(wait)}.")
        self._given.take(user.account, now)
        self._core.store.remember_person(replace(user, id=user.account), now)  # may be the first that they say here
        await self._core.store.drain()  # which whoever takes the code has to find, with another bot, too
        code = "".join(self._draw(ALPHABET) for _ in range(LETTERS))
        await self._core.store.links.keep_code(_digest(code), user.account, until=now + HOLDS, now=now)
        return _grouped(code)

    async def propose(self, user: User, typed: str, now: datetime) -> Proposal:
        """What a code would do that this account brings; it is not used up.

        Raises:
            UserError: there is no such code now, too many were tried, or there is nothing to link.
        """
        if wait := self._guesses.wait(user.account, now):
            raise Busy(f"You have tried several codes. Try again in {_minutes(wait)}.")
        code = _read(typed)
        self._core.store.remember_person(replace(user, id=user.account), now)  # may be the first that they say here
        giver = await self._core.store.links.code(_digest(code), now)
        if giver is None:
            self._guesses.take(user.account, now)
            raise StaleAction(OVER, suggestion="/link")
        if giver == user.account:
            raise WrongUsage(
                "That is this account's own code: type it where you are somebody else to me, on another platform or in "
                "another browser."
            )
        links = self._core.store.links
        persons = [await links.person_of(account) for account in (giver, user.account)]
        if persons[0] == persons[1]:
            raise WrongUsage("Those two accounts are linked already: they are one person.", suggestion="/link show")
        gave, brought = [await self.side(person) for person in persons]
        kept, added = (gave, brought) if _before(gave, brought) else (brought, gave)
        twice = await links.answered_by_both(kept.person, added.person)
        return Proposal(code=code, kept=kept, added=added, twice=twice)

    async def join(self, user: User, typed: str, now: datetime) -> Side:
        """Does what `propose` says; raises `UserError`."""
        for _ in range(TRIES):
            proposal = await self.propose(user, typed, now)
            digest = _digest(proposal.code)
            giver = await self._core.store.links.code(digest, now)
            if giver is None:
                raise StaleAction(OVER, suggestion="/link")
            union = await self._union(proposal.kept.person, proposal.added.person)
            outcome = await self._core.store.links.join(digest, (giver, user.account), union, now)
            if outcome == "over":
                raise StaleAction(OVER, suggestion="/link")
            if outcome == "done":
                return await self.side(proposal.kept.person)
        raise Busy("Somebody answers with one of these accounts just now. Try again in a moment.")

    async def part(self, user: User, now: datetime) -> tuple[str, list[str]]:
        """Separates this account from the person's others.

        Returns:
            The person, who keeps what was learnt, and the accounts that begin anew: this one; or, where it is the one
            whose name and memory they all have, the others.

        Raises:
            WrongUsage: it is linked to none.
        """
        side = await self.side(user.id)
        others = [each.id for each in side.accounts if each.id != side.person]
        if not others:
            raise WrongUsage("This account is linked to no other.", suggestion="/link")
        leaving = others if user.account == side.person else [user.account]
        parted = await self._core.store.links.part(leaving, side.person, now)
        if not parted:
            raise StaleAction("This account was separated already.", suggestion="/link show")
        return side.person, parted

    async def _union(self, person: str, other: str) -> Union:
        """What both come to together, by both their logs."""
        learning = self._core.store.learning
        await self._core.store.drain()
        found = [await learning.pupil(each) for each in (person, other)]
        pupils = tuple(each for each in found if each is not None)
        if not pupils:
            return Union(person=person, other=other, pupils=(), pupil=None, rows=[])
        weights = next((each.weights for each in pupils if each.weights is not None), None)
        pupil = replace(pupils[0], person=person, weights=weights)
        logs = [await learning.log(each) for each in (person, other)]
        rows = await asyncio.to_thread(_memories, pupil, logs)
        return Union(person=person, other=other, pupils=pupils, pupil=pupil, rows=rows)


def _memories(pupil: Pupil, logs: Sequence[Sequence[Line]]) -> list[dict[str, Any]]:
    """What two logs come to as one; of two answers to one question, the earlier counts."""
    from cards.calendar import calendar
    from cards.memory import Teacher
    from cards.replay import replay

    lines = sorted(chain.from_iterable(logs), key=lambda line: line.id)
    first: dict[str, Line] = {}
    for line in sorted(lines, key=lambda line: (line.at, line.id)):
        if line.posed is not None:
            first.setdefault(line.posed, line)
    counting = [line for line in lines if line.posed is None or first[line.posed] is line]
    found = replay(entries(counting), seed=pupil.seed, teacher=Teacher(weights=pupil.weights))
    return memory_rows(pupil.person, found, calendar(pupil.zone))


def _before(one: Side, other: Side) -> bool:
    """Whether the one was here first, or both came at once; whoever never spoke comes last."""
    if one.since is None or other.since is None:
        return one.since is not None or other.since is None
    return one.since <= other.since


def _digest(code: str) -> str:
    return hashlib.blake2b(code.encode("utf-8", "replace"), digest_size=32, person=b"stride link").hexdigest()


def _read(typed: str) -> str:
    """A code as it was given, however it was typed."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _minutes(wait: timedelta) -> str:
    minutes = -(-wait.total_seconds() // 60)
    return f"{minutes:.0f} minute{'' if minutes == 1 else 's'}"
