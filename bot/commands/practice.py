"""`/practice`: questions now, with fresh numbers, one after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import asked, card, marked_reply, question_reply, session_reply
from bot.errors import StaleAction, WrongUsage
from bot.reply import Reply, Text
from bot.tutor.model import Posed, Session

if TYPE_CHECKING:
    from bot.app import Core

FEW, MOST = 5, 20
NEXT = "next"  # in place of a topic: the question that is open
_NUMBER_LAST = re.compile(r"(?:\A|\s+)(-?\d{1,9})\Z", re.ASCII)
_NUMBER_FIRST = re.compile(r"\A(\d{1,9})\s+", re.ASCII)


async def practice(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/practice [topic] [n]`."""
    words, count = _read(given)
    if words.casefold() == NEXT:
        return await _open(core, incoming)
    names = (words,) if asked.is_card(words) else ()
    session = await core.tutor.practise(incoming, "" if names else words, 1 if names else count, names=names)
    return _first(session, words)


async def started(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that begins with a bit of everything."""
    del action
    return _first(await core.tutor.practise(incoming, count=FEW))


async def about(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that practises a topic or a layer, by the words that a `/practice` would have."""
    return _first(await core.tutor.practise(incoming, action.args[0] if action.args else "", FEW))


async def one_card(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under a card that was looked up: it is asked."""
    return _first(await core.tutor.practise(incoming, count=1, names=(await card.named(core, action),)))


async def following(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button for the next question of the session."""
    posed = await asked.whole(core, incoming, action)
    upcoming = await core.tutor.following(posed, incoming.user)
    if upcoming is not None:
        return question_reply.question(upcoming)
    results = await core.tutor.results(posed, incoming.user)
    if not results:
        raise StaleAction("That session is over.", suggestion=asked.START, buttons=asked.start())
    return session_reply.session_over(results)


async def again(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The buttons at the end of a session: what was missed, or all of it, with fresh numbers."""
    posed = await asked.whole(core, incoming, action)
    results = await core.tutor.results(posed, incoming.user)
    missed_only = action.args[1:] == ("missed",)
    names = tuple(
        dict.fromkeys(each.posed.card for each in results if not (missed_only and session_reply.counts(each)))
    )
    if not names:
        raise WrongUsage("There is nothing to practise again in that session.", suggestion=asked.START)
    return _first(await core.tutor.practise(incoming, count=min(MOST, len(names)), names=names))


def completions(core: Core, typed: str) -> list[Completion]:
    """Topics that begin so, or whose titles hold it."""
    start = typed.strip().casefold()
    found = [
        (not name.startswith(start), Completion(text=name, label=name, says=title))
        for topic, title in core.tutor.topics.items()
        if (name := topic.rpartition("/")[2]).startswith(start) or start in title.casefold()
    ]
    return [completion for _, completion in sorted(found, key=lambda each: each[0])]


async def _open(core: Core, incoming: Incoming) -> Reply:
    """The question that is open here, shown once more."""
    posed = await core.tutor.open_question(incoming.user, incoming.place)
    if posed is None:
        raise WrongUsage("No question is open for you here.", suggestion=asked.START, buttons=asked.start())
    return question_reply.question(posed)


def _first(session: Session, words: str = "") -> Reply:
    """The first question for people, below how their words were understood if that is news; all for programs."""
    first = session.questions[0]
    known = {"", words.casefold(), first.topic.casefold()}
    above = () if session.says.strip("`").casefold() in known else (Text(text=session.says),)
    reply = question_reply.question(first, above=above)
    data = {
        "session": session.id,
        "topics": list(session.topics),
        "says": session.says,
        "questions": [question_reply.described(posed) for posed in session.questions],
        "torch": _torch(session.questions),
    }
    return replace(reply, data=data)


def _torch(questions: Sequence[Posed]) -> str:
    """The version that confirmed the keys, where torch was asked about any."""
    return next((marked_reply.version(posed.torch) for posed in questions if posed.torch), "")


def _read(given: Mapping[str, str]) -> tuple[str, int]:
    """Topic and number, in whatever order they were typed; raises `WrongUsage`."""
    words, number = given.get("topic", "").strip(), given.get("n", "").strip()
    if not number and (found := _NUMBER_LAST.search(words) or _NUMBER_FIRST.search(words)):
        number, words = found[1], (words[: found.start()] + words[found.end() :]).strip()
    if not number:
        return words, FEW
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:9]) <= MOST):
        raise WrongUsage(
            f"I ask 1 to {MOST} questions at a time.", suggestion=f"/practice {words} {FEW}".replace("  ", " ")
        )
    return words, int(number)


PRACTICE = Command(
    name="practice",
    says="Questions now, with fresh numbers each time, one after the other",
    help=(
        "Asks a few questions about a topic, or about a bit of everything, never two in a row by the same rule. Every "
        "answer is told at once: whether it is right, why, the mistake behind a wrong one, and what torch ran. In the "
        "end you can practise again what you missed. `/practice next` shows the question that is open once more."
    ),
    options=(
        Option(
            name="topic",
            says="a topic or words for one, such as conv, pooling or receptive field; or a card's name",
            required=False,
            rest=True,
            complete=completions,
        ),
        Option(name="n", says=f"how many questions, from 1 to {MOST}; {FEW} if you leave it out", required=False),
    ),
    examples=(
        Example(text="/practice conv 5", says="five questions about convolutions"),
        Example(text="/practice", says="a bit of everything"),
        Example(text="/practice stride/conv1d-length", says="one card, by its name"),
    ),
    handler=practice,
    actions={
        "practice-start": started,
        "practice-about": about,
        "practice-card": one_card,
        "practice-next": following,
        "practice-again": again,
    },
    private=True,
)
