"""Finds the question that somebody means: the one they pressed, one that they name, or the newest that is open."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten, split
from bot.errors import NotAllowed, StaleAction, WrongUsage
from bot.reply import Button, Buttons
from bot.tutor.model import Posed

if TYPE_CHECKING:
    from bot.app import Core
    from bot.command import Incoming

START = "/practice conv 5"
_ID = re.compile(r"[a-z0-9]{1,12}", re.ASCII)
_LIKE_ONE = re.compile(r"(?=[a-z]*\d)[a-z0-9]{12}", re.ASCII)  # as ids are drawn, and words are not
_CARD = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*", re.ASCII)


def start() -> Buttons:
    """A way to questions for whoever has none."""
    return Buttons(
        buttons=(
            Button(label="Practise", action=Action("practice-start"), style="primary"),
            Button(label="Review", action=Action("review-next")),
        )
    )


async def pressed(core: Core, incoming: Incoming, action: Action) -> Posed:
    """The question of a button; raises `StaleAction` or `NotAllowed`."""
    posed = await core.tutor.posed(action.args[0]) if action.args else None
    if posed is None:
        raise StaleAction("I no longer have that question.", suggestion=START)
    return await _told(core, theirs(posed, incoming))


async def _told(core: Core, posed: Posed) -> Posed:
    """The question, unless what it comes to is still kept from everybody; raises `StaleAction` then."""
    if await core.study.quizzes.is_secret(posed):
        raise StaleAction("The answer to this question comes when it closes, for everybody at once.")
    return posed


async def seen(core: Core, incoming: Incoming, posed: Posed) -> Posed:
    """A question as somebody may look at it: one that was told to all as a card by its name, answered or not."""
    told = posed.purpose == "quiz" or await core.study.daily.is_told(posed, incoming.at)
    if told and await core.tutor.marked(posed, incoming.user) is None:
        return replace(posed, id="")
    return posed


async def whole(core: Core, incoming: Incoming, action: Action) -> Posed:
    """The same, where it is about all questions of its session; raises `StaleAction` while a quiz goes on."""
    posed = await pressed(core, incoming, action)
    if posed.purpose == "quiz" and not (await core.study.quizzes.of(posed.session)).course.ended:
        raise StaleAction("The result comes at the end of the quiz.", suggestion="/quiz show")
    return posed


async def to_answer(core: Core, incoming: Incoming, action: Action) -> Posed:
    """The same, where it may still be answered here; else `TooLate`, or `StaleAction` for a quiz's."""
    posed = await pressed(core, incoming, action)
    if posed.purpose == "quiz" and await core.tutor.marked(posed, incoming.user) is None:
        raise StaleAction("This question belongs to a quiz, and is closed.", suggestion="/quiz show")
    return await still_open(core, incoming, posed)


async def still_open(core: Core, incoming: Incoming, posed: Posed) -> Posed:
    """The question; raises `TooLate` where everybody has been told the answer."""
    if posed.purpose == "daily":
        await core.study.daily.must_be_open(posed, incoming)
    return posed


def theirs(posed: Posed, incoming: Incoming) -> Posed:
    """The question, for whoever may answer it; raises `NotAllowed`."""
    if posed.person not in {"", incoming.user.id}:
        raise NotAllowed("That question was asked of somebody else. `/practice` gives you your own.", buttons=start())
    there, here = posed.place, incoming.place
    if not posed.person and (there.platform, there.community) != (here.platform, here.community):
        raise NotAllowed("That question was asked of another group. `/practice` gives you your own.", buttons=start())
    return posed


async def meant(core: Core, incoming: Incoming, text: str) -> tuple[Posed, str]:
    """The question that a typed answer is for, and what is left of the text.

    A word that is the id of a question names it. Else it is the newest open one of this person in this place.
    """
    word, rest = split(text)
    if _ID.fullmatch(word) and (posed := await core.tutor.posed(word)) is not None:
        return await still_open(core, incoming, theirs(posed, incoming)), rest
    if rest and _LIKE_ONE.fullmatch(word):  # nobody's answer to another question, which would count
        raise StaleAction(f"I have no question `{word}`.", suggestion="/practice next", buttons=start())
    open_one = await _in_a_quiz(core, incoming) or await core.tutor.open_question(incoming.user, incoming.place)
    if open_one is None:
        open_one = await core.study.daily.open_card(incoming.user, incoming.place, incoming.at)
    if open_one is None:
        raise WrongUsage("No question is open for you here.", suggestion=START, buttons=start())
    return open_one, text


async def _in_a_quiz(core: Core, incoming: Incoming) -> Posed | None:
    """The question of a quiz that is open here, for somebody who takes part."""
    quiz = await core.study.quizzes.running(incoming.place)
    if quiz is None or quiz.course.state != "open":
        return None
    there = {player.person for player in await core.study.quizzes.players(quiz) if not player.gone}
    return await core.study.quizzes.open_question(quiz) if incoming.user.id in there else None


async def answered(core: Core, incoming: Incoming, word: str) -> Posed:
    """The question that `/why` and `/dispute` are about: a named one, a card by its name, or the one answered last.

    For whoever has answered none here it is the last card of the day that everybody was told the answer to.
    """
    if not word:
        newest = await core.tutor.newest_answered(incoming.user, incoming.place)
        newest = newest or await core.study.daily.told_card(incoming.place, incoming.at)
        if newest is None:
            raise WrongUsage("You have not answered anything here yet.", suggestion=START, buttons=start())
        return await _told(core, newest)
    if is_card(word):
        return await core.tutor.card(incoming, word)
    posed = await core.tutor.posed(word) if _ID.fullmatch(word) else None
    if posed is None:
        raise WrongUsage(
            f"I have no question `{shorten(word)}`. Its id stands above the question; a card has a name.",
            suggestion="/why stride/conv1d-length",
        )
    return await _told(core, theirs(posed, incoming))


def is_card(word: str) -> bool:
    """Whether a word has the form of a card's name, `deck/card`."""
    return _CARD.fullmatch(word) is not None
