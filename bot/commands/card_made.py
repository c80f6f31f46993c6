"""The button "Make a card": a form filled in from an answer of `/shape` or `/run`, and the card that comes of it.

Nothing of the form is trusted: the proof is made here, from the question or the code that was kept, and torch has to
confirm the card before it is saved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Incoming
from bot.commands import run_code
from bot.commands.card_draft import FROM_SHAPE, LONGEST_ANSWER, LONGEST_CODE, LONGEST_FRONT, Draft, of_run, of_shape
from bot.commands.deck_import import MINE
from bot.errors import StaleAction, UserError, WrongUsage
from bot.reply import Button, Buttons, Code, Field, Form, Part, Reply, Text
from bot.store.deck_rows import Standing
from cards.model import Card, Deck, Place, Proof
from cards.proof import Outcome, Prover, Verdict

if TYPE_CHECKING:
    from bot.app import Core
    from sandbox.oracle import Answer

SAVE, TAKE_OUT = "card-save", "card-out"
SHAPE, CODE = "shape", "code"  # what the form was about; also topics of the deck
TOPICS = {SHAPE: "Shapes", CODE: "What code gives"}
_ID_BYTES = 6


class NotSaved(UserError):  # noqa: N818 - named for what happened, as all of `bot.errors`
    """A card that torch does not confirm; nothing was saved."""


async def from_shape(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under an answer of `/shape`: opens the form."""
    del incoming
    draft = of_shape(await _asked(core, action))
    return _form("Make a card of this shape", draft, Action(SAVE, (SHAPE, action.args[0])))


async def from_run(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under an answer of `/run`: opens the form."""
    from bot.commands.run import again

    code = await core.store.question(action.args[0]) if action.args else None
    if code is None:
        raise StaleAction("I no longer have that code.", suggestion="/run torch.arange(6).reshape(2, 3).T")
    result = core.runs.get(action.args[1]) if len(action.args) == 2 else None
    if result is None:
        result = await again(core, incoming, code)
    draft = of_run(code, result)
    if draft is None:
        raise StaleAction("That run gave nothing that a card could ask for.")
    return _form("Make a card of this code", draft, Action(SAVE, (CODE,)))


def _form(title: str, draft: Draft, action: Action) -> Reply:
    fields = [Field(name="front", label="Question", value=draft.front)]
    if draft.code:
        fields.append(Field(name="code", label="Code", value=draft.code, multiline=True))
    several = "\n" in draft.answer
    fields.append(Field(name="answer", label="Answer, as torch gave it", value=draft.answer, multiline=several))
    fields.append(Field(name="reason", label="Why (may be empty)", value=draft.reason, required=False))
    return Reply(parts=(Form(title=title, fields=tuple(fields), action=action),), private=True)


async def save(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The form was sent: the card is proved, and goes into one's own deck.

    Raises:
        NotSaved: torch does not confirm it, or could not be asked.
        TooMuchKept: there is no room.
    """
    draft = _sent(incoming.values)
    if action.args[:1] == (SHAPE,):
        card = await _shape_card(core, Action(FROM_SHAPE, action.args[1:]), draft)
    elif action.args[:1] == (CODE,):
        card = _code_card(draft)
    else:
        raise StaleAction("This form is of another version of Stride. Ask again to get a new one.")
    verdict = await core.gate.do(incoming, lambda: Prover(core.sandbox).card(card, Place("the card", None)))
    if verdict.outcome is not Outcome.PROVED:
        raise _refused(verdict)
    name = await core.store.deck_ids.of(incoming.user.id, MINE)
    deck = Deck(id=name, title=MINE, says="Cards that you made of answers.", topics=TOPICS)
    torch = verdict.torch.partition("+")[0]
    standing = Standing(Outcome.PROVED, torch)
    fresh = await core.store.decks.put_card(deck, card, standing, owner=incoming.user.id, at=incoming.at)
    await core.store.decks.use(incoming.user.id, deck.id)
    done = "Saved" if fresh else "You have this card already; it is as you wrote it now"
    out = Button(label="Take it out again", action=Action(TAKE_OUT, (card.id,)))
    parts: tuple[Part, ...] = (
        Text(
            text=f"{done}: torch {torch} confirms it. It comes up in `/review`, from your deck `{MINE}`.", tone="good"
        ),
        Text(text=card.front),
        *((Code(code=card.code, language="python"),) if card.code else ()),
        Code(code=draft.answer),
        Buttons(buttons=(out,)),
    )
    data = {"deck": deck.id, "card": f"{deck.id}/{card.id}", "new": fresh, "proof": _proof_of(card), "torch": torch}
    return Reply(parts=parts, private=True, data=data)


async def take_out(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that takes a card out of one's own deck again."""
    deck = await core.store.deck_ids.of(incoming.user.id, MINE)
    if not action.args or not await core.store.decks.take_card(deck, action.args[0]):
        raise StaleAction("That card is no longer there.", suggestion=f"/deck show {MINE}")
    return Reply(parts=(Text(text="The card is out of your deck.", tone="good"),), private=True, data={"deck": deck})


def _sent(values: Mapping[str, str]) -> Draft:
    draft = Draft(
        front=" ".join(values.get("front", "").split()),
        answer=values.get("answer", "").strip(),
        code=run_code.understood(values.get("code", "")),
        reason=values.get("reason", "").strip(),
    )
    limits = (("question", draft.front, LONGEST_FRONT), ("answer", draft.answer, LONGEST_ANSWER))
    for what, text, most in (*limits, ("code", draft.code, LONGEST_CODE), ("reason", draft.reason, LONGEST_FRONT)):
        if len(text) > most:
            raise WrongUsage(f"The {what} has {len(text):,} characters, and may have {most:,}.")
    if not draft.front or not draft.answer:
        raise WrongUsage("A card needs a question and an answer.")
    return draft


async def _shape_card(core: Core, action: Action, draft: Draft) -> Card:
    from cards.reading import UnreadableError, clean, read_shape
    from sandbox.language.python import comfortable_sizes, write

    walk = (await _asked(core, action)).walk
    try:
        shape = read_shape(clean(draft.answer)).value
    except UnreadableError as fault:
        raise NotSaved(f"{fault}") from fault
    if not isinstance(shape, tuple) or not all(type(size) is int for size in shape):
        raise NotSaved("The answer of this card is a shape in numbers, such as (32, 16, 100).")
    proof = f"{write(walk.pipeline, sizes=comfortable_sizes(walk))}\nclaim(y.shape)"
    return Card(
        id=_card_id(draft.front, proof),
        kind="shape",
        topic=SHAPE,
        front=draft.front,
        answer=shape,
        reason=draft.reason,
        proof=Proof(code=proof, value=shape),
        source="made of an answer",
    )


def _code_card(draft: Draft) -> Card:
    if not draft.code.strip():
        raise WrongUsage("There is no code in it.")
    return Card(
        id=_card_id(draft.front, draft.code),
        kind="predict",
        topic=CODE,
        front=draft.front,
        code=draft.code,
        answer=draft.answer,
        reason=draft.reason,
        proof=Proof(code="claim(shown(code))", value=draft.answer),
        source="made of an answer",
    )


async def _asked(core: Core, action: Action) -> Answer:
    text = await core.store.question(action.args[0]) if action.args else None
    if text is None:
        raise StaleAction("I no longer have that question.", suggestion="/shape conv1d 3 16 k3 L100")
    answer = await (await core.oracle()).ask(text)
    if answer.failure is not None or not answer.outputs:
        raise StaleAction("Nothing comes out of that, so there is nothing to ask.")
    return answer


def _refused(verdict: Verdict) -> NotSaved:
    if verdict.outcome is Outcome.UNASKED:
        return NotSaved(f"Nothing was saved: torch cannot be asked just now ({verdict.why}). Try again in a minute.")
    return NotSaved(f"Nothing was saved, because torch does not confirm it: {verdict.why}.")


def _card_id(front: str, what: str) -> str:
    digest = hashlib.blake2b(f"{front}\0{what}".encode("utf-8", "replace"), digest_size=_ID_BYTES).hexdigest()
    return f"made-{digest}"


def _proof_of(card: Card) -> str:
    return card.proof.code if card.proof else ""
