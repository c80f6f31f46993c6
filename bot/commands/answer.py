"""`/answer`, and the buttons under a question: however somebody answers, it counts once and is answered at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Example, Flag, Incoming, Option, bare
from bot.commands import asked, marked_reply, question_reply, quiz_answers
from bot.commands.learning_words import says_unknown
from bot.errors import StaleAction, UnreadableAnswer, UserError, WrongUsage
from bot.reply import Reply, Text
from bot.tutor.model import Marked, Posed, Revealed
from cards.grade import Confidence, Rating

if TYPE_CHECKING:
    from bot.app import Core

KEY_BYTES = 10  # of a digest that names what was said
PICKED, TYPED = "pick", "typed"
_SURE = {"guessed": Confidence.GUESSED, "unsure": Confidence.UNSURE, "sure": Confidence.SURE}
_FLAG = re.compile(rf"\A--({'|'.join(_SURE)})(?:\s+|\Z)|\s+--({'|'.join(_SURE)})\s*\Z", re.IGNORECASE)
_RATINGS = {rating.name.casefold(): rating for rating in Rating}


async def answer(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/answer [ID] TEXT`; without a text, opens a form for it."""
    confidence = next((sure for name, sure in _SURE.items() if name in given), None)
    text = given.get("answer", "")
    if (named := await _card(core, incoming, text)) is not None:
        posed, text = named
    else:
        posed, text = await asked.meant(core, incoming, text)
    if await quiz_answers.owns(core, incoming, posed):
        return await quiz_answers.typed(core, incoming, posed, text)
    if flag := _FLAG.search(text):
        confidence = _SURE[(flag[1] or flag[2]).casefold()]
        text = _FLAG.sub("", text, count=1)
    return await _typed(core, incoming, posed, text, confidence) if text.strip() else await _form(core, incoming, posed)


async def _card(core: Core, incoming: Incoming, text: str) -> tuple[Posed, str] | None:
    """A card that is answered by its name, asked with that; None where no card is named."""
    word, _, rest = text.strip().partition(" ")
    if not (rest.strip() and asked.is_card(word)):
        return None
    catalogue = await core.tutor.cards(incoming.user, incoming.place)
    if word not in catalogue.cards:
        return None
    session = await core.tutor.practise(incoming, names=(word,), count=1)
    return session.questions[0], rest.strip()


async def _typed(
    core: Core, incoming: Incoming, posed: Posed, text: str, confidence: Confidence | None, *, ask: bool = False
) -> Reply:
    """What was typed: an answer, that they do not know, or how well they knew it.

    `ask` asks how sure they are before anything is shown. What cannot be read comes back with the question's buttons.
    """
    try:
        return await _understood(core, incoming, posed, text, confidence, ask=ask)
    except UnreadableAnswer as fault:
        raise UnreadableAnswer(fault.message, buttons=question_reply.buttons(posed)) from None


async def _understood(
    core: Core, incoming: Incoming, posed: Posed, text: str, confidence: Confidence | None, *, ask: bool
) -> Reply:
    said = " ".join(text.split())
    word = said.casefold().rstrip(".!")
    if says_unknown(text):
        return await _unknown(core, incoming, posed)
    if word in _RATINGS:
        if await core.tutor.marked(posed, incoming.user) is not None:
            return await _overridden(core, incoming, posed, _RATINGS[word])
        if posed.rated:
            return await _show(core, incoming, await core.tutor.answer(incoming, posed, rating=_RATINGS[word]))
    if ask and not posed.rated and await core.tutor.marked(posed, incoming.user) is None:
        understood = await core.tutor.read(posed, text)
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=KEY_BYTES).hexdigest()
        core.store.keep_question(key, text, incoming.at)
        return marked_reply.unsure(posed, understood, f"{TYPED}-{key}")
    return await _show(core, incoming, await core.tutor.answer(incoming, posed, typed=text, confidence=confidence))


async def _show(core: Core, incoming: Incoming, found: Marked | Revealed) -> Reply:
    """What became of an answer, and what comes next."""
    if isinstance(found, Revealed):
        return marked_reply.revealed(found)
    following = await core.tutor.following(found.posed, incoming.user)
    over = following is None and found.posed.purpose == "practice" and not found.again
    results = await core.tutor.results(found.posed, incoming.user) if over else ()
    return marked_reply.marked(found, following, results)


async def _form(core: Core, incoming: Incoming, posed: Posed) -> Reply:
    """The form for an answer; what was said before where there is one."""
    before = await core.tutor.marked(posed, incoming.user)
    if before is None:
        return question_reply.form(posed)
    return await _show(core, incoming, replace(before, again=True))


# The buttons.


async def form_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that opens the form."""
    return await _form(core, incoming, await asked.to_answer(core, incoming, action))


async def form_sent(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The form was sent."""
    posed = await asked.to_answer(core, incoming, action)
    text = incoming.values.get("answer", "")
    if not text.strip():
        return question_reply.form(posed)
    return await _typed(core, incoming, posed, text, None, ask=posed.purpose == "review")


async def picked(core: Core, incoming: Incoming, action: Action) -> Reply:
    """A choice was pressed."""
    posed = await asked.to_answer(core, incoming, action)
    place = _choice(posed, action.args[1] if len(action.args) > 1 else "")
    if posed.purpose == "review" and await core.tutor.marked(posed, incoming.user) is None:
        return marked_reply.unsure(posed, posed.choices[place], f"{PICKED}-{place}")
    return await _show(core, incoming, await core.tutor.answer(incoming, posed, choice=place))


async def sure(core: Core, incoming: Incoming, action: Action) -> Reply:
    """How sure they are of what they have said."""
    posed = await asked.to_answer(core, incoming, action)
    if len(action.args) != 3 or action.args[2] not in {"1", "2", "3"}:
        raise _stale()
    how, _, what = action.args[1].partition("-")
    confidence = Confidence(int(action.args[2]))
    if how == PICKED:
        found = await core.tutor.answer(incoming, posed, choice=_choice(posed, what), confidence=confidence)
        return await _show(core, incoming, found)
    text = await core.store.question(what)
    if text is None:
        raise StaleAction(
            "I no longer have what you said. Answer once more, please.", buttons=question_reply.buttons(posed)
        )
    return await _typed(core, incoming, posed, text, confidence)


async def unknown(core: Core, incoming: Incoming, action: Action) -> Reply:
    """They do not know."""
    return await _unknown(core, incoming, await asked.to_answer(core, incoming, action))


async def shown(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The answer is shown, to be compared with what they have in mind."""
    posed = await asked.to_answer(core, incoming, action)
    if await core.tutor.marked(posed, incoming.user) is not None:
        return await _form(core, incoming, posed)
    return marked_reply.revealed(await core.tutor.reveal(incoming, posed))


async def rated(core: Core, incoming: Incoming, action: Action) -> Reply:
    """They say how well they knew it."""
    posed = await asked.to_answer(core, incoming, action)
    return await _show(core, incoming, await core.tutor.answer(incoming, posed, rating=_rating(action)))


async def overridden(core: Core, incoming: Incoming, action: Action) -> Reply:
    """They rate a right answer in another way than it was."""
    return await _overridden(core, incoming, await asked.pressed(core, incoming, action), _rating(action))


async def hint(core: Core, incoming: Incoming, action: Action) -> Reply:
    """A first help."""
    posed = await asked.to_answer(core, incoming, action)
    if not posed.hint:
        raise _stale()
    return Reply(parts=(Text(text=posed.hint), question_reply.buttons(posed, hint=False)), private=True)


async def _unknown(core: Core, incoming: Incoming, posed: Posed) -> Reply:
    return await _show(core, incoming, await core.tutor.answer(incoming, posed, rating=Rating.AGAIN))


async def _overridden(core: Core, incoming: Incoming, posed: Posed, rating: Rating) -> Reply:
    before = await core.tutor.marked(posed, incoming.user)
    if before is not None and not (posed.rated or before.correct or before.credited):
        raise WrongUsage("What was wrong comes back soon, however it is rated. If it was right, `/dispute` it.")
    found = await core.tutor.override(incoming, posed, rating)
    return marked_reply.overridden(found, await core.tutor.following(posed, incoming.user))


def _choice(posed: Posed, place: str) -> int:
    if not (place.isascii() and place.isdecimal()) or int(place[:3]) >= len(posed.choices):
        raise _stale()
    return int(place)


def _rating(action: Action) -> Rating:
    if len(action.args) != 2 or action.args[1] not in {"1", "2", "3", "4"}:
        raise _stale()
    return Rating(int(action.args[1]))


def _stale() -> UserError:
    return StaleAction("This button is of another version of Stride.", suggestion=asked.START)


ANSWER = Command(
    name="answer",
    says="Answers the question that you were asked, and shows at once what torch says",
    help=(
        "Type your answer after it. Shapes may be written `32x16x98`, `(32, 16, 98)` or `32 16 98`; numbers `1792`, "
        "`1,792`, `1/2` or `50%`; a choice by its letter or its words; steps in order as `b a c`. It answers the "
        "newest question that is open for you here; a question's id or a card's name before it answers that one. An "
        "answer that cannot be read does not count, and the first one that can does. `--sure` or `--guessed` before "
        "your answer says how sure you are: what you knew for sure comes back later. `?` says that you do not know. "
        "After an answer, `/answer ID hard` (or again, good, easy) rates it in another way."
    ),
    options=(
        Option(
            name="answer",
            says="your answer, such as 32x16x98; before it, if you like, a question's id",
            required=False,
            rest=True,
        ),
    ),
    flags=(
        Flag(name="sure", says="you are sure"),
        Flag(name="unsure", says="you are not quite sure"),
        Flag(name="guessed", says="you guessed"),
    ),
    examples=(
        Example(text="/answer stride/conv1d-length 12", says="a card by its name, and a right answer"),
        Example(text="/answer stride/conv1d-length 11", says="a wrong answer, and the mistake behind it"),
        Example(text="/answer --sure stride/conv1d-unbatched 16x98", says="a shape, and that you are sure"),
    ),
    handler=answer,
    actions={
        "answer-pick": picked,
        "answer-form": form_pressed,
        "answer-sent": form_sent,
        "answer-sure": sure,
        "answer-unknown": unknown,
        "answer-show": shown,
        "answer-rate": rated,
        "answer-override": overridden,
        "answer-hint": hint,
    },
    aliases=("a",),
    private=True,
    opens_form=bare,
    form_actions=frozenset({"answer-form"}),
)
