"""Answers to a quiz's questions, by a button, a form or typed: noted in private, told once the question closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.actions import Action
from bot.commands import asked, marked_reply, quiz_private, quiz_reply
from bot.commands.learning_words import says_unknown
from bot.errors import StaleAction, UnreadableAnswer
from cards.grade import Rating

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.app import Core
    from bot.command import Incoming
    from bot.reply import Reply
    from bot.tutor.model import Posed


async def owns(core: Core, incoming: Incoming, posed: Posed) -> bool:
    """Whether a quiz decides what becomes of an answer: until somebody sees how theirs was."""
    if posed.purpose != "quiz":
        return False
    return await core.study.quizzes.is_secret(posed) or await core.tutor.marked(posed, incoming.user) is None


async def typed(core: Core, incoming: Incoming, posed: Posed, text: str) -> Reply:
    """What was typed, or the form for it."""
    if not text.strip():
        return await _form(core, incoming, posed)
    how: dict[str, Any] = {"rating": int(Rating.AGAIN)} if says_unknown(text) else {"typed": text}
    try:
        return await _given(core, incoming, posed, how)
    except UnreadableAnswer as fault:
        raise UnreadableAnswer(fault.message, buttons=quiz_reply.buttons(posed)) from None


async def _form(core: Core, incoming: Incoming, posed: Posed) -> Reply:
    outcome = await core.study.quizzes.still(incoming, posed)
    if outcome != "counts":
        return quiz_private.refused(await core.study.quizzes.of(posed.session), posed, outcome)
    return quiz_private.form(posed)


async def _given(core: Core, incoming: Incoming, posed: Posed, how: Mapping[str, Any]) -> Reply:
    told = await core.study.quizzes.answer(incoming, posed, how)
    if told.outcome != "noted":
        return quiz_private.refused(told.quiz, posed, told.outcome)
    said = marked_reply.spoken(posed, told.said.replace("`", "'")) if told.said else "you do not know."
    return quiz_private.noted(told.quiz, posed, said)


# The buttons.


async def picked(core: Core, incoming: Incoming, action: Action) -> Reply:
    """A choice was pressed."""
    posed = await _posed(core, incoming, action)
    place = action.args[1] if len(action.args) > 1 else ""
    if not (place.isascii() and place.isdecimal()):
        raise StaleAction("This button is of another version of Stride.", suggestion="/quiz show")
    return await _given(core, incoming, posed, {"choice": int(place[:3])})


async def form_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that opens the form; after an answer, or too late, what there is to say instead."""
    return await _form(core, incoming, await _posed(core, incoming, action))


async def form_sent(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The form was sent."""
    return await typed(core, incoming, await _posed(core, incoming, action), incoming.values.get("answer", ""))


async def unknown(core: Core, incoming: Incoming, action: Action) -> Reply:
    """They do not know."""
    return await _given(core, incoming, await _posed(core, incoming, action), {"rating": int(Rating.AGAIN)})


async def mine(core: Core, incoming: Incoming, action: Action) -> Reply:
    """Somebody's own answer to a closed question, and the mistake behind it."""
    posed = await _posed(core, incoming, action)
    if await core.study.quizzes.is_secret(posed):
        raise StaleAction("How it was, everybody sees when the question closes.")
    found = await core.tutor.marked(posed, incoming.user)
    return quiz_private.unanswered(posed) if found is None else marked_reply.marked(found, None)


async def _posed(core: Core, incoming: Incoming, action: Action) -> Posed:
    posed = await core.tutor.posed(action.args[0]) if action.args else None
    if posed is None or posed.purpose != "quiz":
        raise StaleAction("I no longer have that question.", suggestion="/quiz start")
    return asked.theirs(posed, incoming)
