"""Two accounts become one person, and part again, as people see it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.reply import Code, Reply, plain
from bot.tutor.model import Marked
from tests.bot.conversation import Conversation, conversation
from tests.bot.tutor.tutor_lab import Pupil, number

CARDS = [number(f"n{place}") for place in range(4)]


def code_of(reply: Reply) -> str:
    """What is typed elsewhere, as it is shown."""
    [found] = [part.code for part in reply.parts if isinstance(part, Code)]
    return found


async def linked(group: Conversation, one: str, other: str) -> Reply:
    """Makes two people one, as they would."""
    given = await group.says(one, "/link")
    shown = await group.says(other, code_of(given))
    return await group.presses(other, "Make them", shown)


async def learns(group: Conversation, name: str, *answers: str) -> Pupil:
    """Somebody answers cards of a deck of their own, each with the words given."""
    pupil = Pupil(group, name)
    await pupil.brings(*CARDS)
    for posed, typed in zip(await pupil.asked(*(card.id for card in CARDS[: len(answers)])), answers, strict=True):
        await pupil.says(posed, typed)
        group.clock.advance(minutes=1)
    return pupil


async def test_two_accounts_become_one_person_with_one_memory(group: Conversation) -> None:
    alice = await learns(group, "alice", "7", "7", "8")
    bob = await learns(group, "bob", "7", "9")
    await group.says("alice", "/help")  # so that she was here first
    group.clock.advance(minutes=1)
    done = await linked(group, "alice", "bob")
    assert "5 answers" in plain(done)
    pupils = [await group.core.store.learning.pupil(each.user.id) for each in (alice, bob)]
    assert [each is not None for each in pupils] == [True, False]
    assert await alice.replayed() == await alice.memories()
    assert {memory.card.partition("/")[0] for memory in await alice.memories()} == {"alice-deck", "bob-deck"}
