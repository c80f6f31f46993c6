"""`/card`: looks a card up by words, and shows it with its answer, why it is so, and the cards that are near."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import asked, card_reply, run
from bot.errors import NothingFound, StaleAction
from bot.reply import Button, Buttons, Reply
from cards.model import Card

if TYPE_CHECKING:
    from bot.app import Core
    from cards.search import Found

NEAR = 4  # cards that are offered beside the one that is shown
LONGEST = 72  # characters of a card's name that a button carries itself
_KEPT = "="  # before the key of a longer one


async def card(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/card [topic or words]`."""
    words = given.get("words", "").strip()
    if not words:
        return await _any(core, incoming)
    if asked.is_card(words):
        return await _shown(core, incoming, words.casefold())
    found = await core.tutor.find(incoming.user, incoming.place, words, NEAR + 1)
    if not found.hits:
        raise _nothing(words, found)
    name, *near = (hit.name for hit in found.hits)
    return await _shown(core, incoming, name, near=near, read=found.read)


async def pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button of a card that is near, and the one that shows the answer."""
    return await _shown(core, incoming, await named(core, action))


async def another(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button for one more card, whichever."""
    del action
    return await _any(core, incoming)


async def searched(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button of a word that would find something."""
    return await card(core, incoming, {"words": action.args[0] if action.args else ""})


def completions(core: Core, typed: str) -> list[Completion]:
    """Cards of the house deck that have what was typed, and topics, once the decks have been read."""
    start = typed.strip().casefold()
    topics = [
        Completion(text=title, label=title, says="a topic")
        for title in core.tutor.topics.values()
        if title.casefold().startswith(start)
    ]
    cards = [
        Completion(text=hit.name, label=card_reply.label(hit.card), says=hit.name) for hit in core.tutor.begun(typed)
    ]
    return topics + cards


async def named(core: Core, action: Action) -> str:
    """The card's name that a button carries; raises `StaleAction`."""
    name = action.args[0] if action.args else ""
    if name.startswith(_KEPT):
        name = await core.store.question(name.removeprefix(_KEPT)) or ""
    if not asked.is_card(name):
        raise StaleAction("I no longer know which card that was.", suggestion="/card conv1d length")
    return name


def reference(core: Core, incoming: Incoming, name: str) -> str:
    """What a button carries for a card: its name, or where that is too long the key under which it is kept."""
    return name if len(name) <= LONGEST else _KEPT + run.keep(core, incoming, name)


async def buttons(core: Core, incoming: Incoming, names: Sequence[str]) -> Buttons:
    """One button a card, its question on it; its name before that, where two begin alike."""
    catalogue = await core.tutor.cards(incoming.user, incoming.place)
    cards = {name: catalogue.cards[name] for name in names if name in catalogue.cards}
    labels = Counter(card_reply.label(each) for each in cards.values())
    return Buttons(
        buttons=tuple(
            Button(
                label=card_reply.label(each, name if labels[card_reply.label(each)] > 1 else ""),
                action=Action("card", (reference(core, incoming, name),)),
            )
            for name, each in cards.items()
        )
    )


async def open_to_all(core: Core, incoming: Incoming, names: Sequence[str]) -> list[str]:
    """Those of some cards that everybody here may see: what is in one's own deck is nobody else's to read."""
    decks = await core.tutor.shared(incoming.place)
    return [name for name in names if name.partition("/")[0] in decks]


async def _any(core: Core, incoming: Incoming) -> Reply:
    """A card that is due or new for this person, else any; the question first, since it was not looked up."""
    name = await core.tutor.next_card(incoming.user, incoming.place, incoming.at)
    if name is None:
        catalogue = await core.tutor.cards(incoming.user, incoming.place)
        name = Random(incoming.id).choice(sorted(catalogue.cards))  # noqa: S311 - a card, not a secret
    looked = await core.tutor.look_up(incoming.user, incoming.place, name)
    private = not await open_to_all(core, incoming, [name])
    return replace(card_reply.front(looked, reference(core, incoming, name)), private=private)


async def _shown(
    core: Core,
    incoming: Incoming,
    name: str,
    *,
    near: Sequence[str] | None = None,
    read: Mapping[str, str] | None = None,
) -> Reply:
    looked = await core.tutor.look_up(incoming.user, incoming.place, name)
    if near is None:
        found = await core.tutor.find(incoming.user, incoming.place, _about(looked.card), NEAR + 1)
        near = [hit.name for hit in found.hits if hit.name != name][:NEAR]
    private = not await open_to_all(core, incoming, [name])
    if not private:
        near = await open_to_all(core, incoming, near)
    others = await buttons(core, incoming, near)
    ways = _ways(core, incoming, name, looked.card)
    return replace(card_reply.back(looked, ways=ways, near=others, names=near, read=read or {}), private=private)


def _ways(core: Core, incoming: Incoming, name: str, found: Card) -> Buttons:
    """What can be done with a card: run its example, see its proof, be asked it."""
    carried = reference(core, incoming, name)
    ways = []
    if found.example:
        line = found.example.startswith(card_reply.SHAPE)
        key = run.keep(core, incoming, found.example.removeprefix(card_reply.SHAPE))
        action = Action("shape", (key,)) if line else Action("rerun", (key, run.CPU))
        ways.append(Button(label="Run the example", action=action, style="primary"))
    if found.proof is not None:
        ways.append(Button(label="Why", action=Action("why-card", (carried,))))
    ways.append(Button(label="Ask me this", action=Action("practice-card", (carried,))))
    return Buttons(buttons=tuple(ways))


def _about(found: Card) -> str:
    """Words that find what is like a card."""
    return f"{found.front} {' '.join(fact.rpartition('/')[2] for fact in found.facts)}"


def _nothing(words: str, found: Found) -> NothingFound:
    offers = tuple(
        Button(label=each, action=Action("card-words", (each.replace(":", " ")[:LONGEST],))) for each in found.instead
    )
    return NothingFound(
        f"I found no card about `{shorten(words)}`.",
        suggestion=f"/card {found.instead[0]}" if found.instead else None,
        buttons=Buttons(buttons=offers) if offers else None,
    )


CARD = Command(
    name="card",
    says="Looks a card up: the question, its answer, why it is so, and what torch ran",
    help=(
        "Finds the card that is nearest to your words. They may be misspelt, short (`bn`, `mha`, `seq len`) or code "
        "(`nn.Conv1d`, `batch_first`), or be a card's name. It shows the question with its answer, since looking up is "
        "no test; `/practice` and `/review` ask. Without words you get one that is due or new for you, with its answer "
        "behind a button."
    ),
    options=(
        Option(
            name="words",
            says="a topic or any words; a card that is due or new for you if you leave it out",
            required=False,
            rest=True,
            complete=completions,
        ),
    ),
    examples=(
        Example(text="/card conv1d padding", says="the nearest card to two words"),
        Example(text="/card batch_first", says="an argument, as code spells it"),
        Example(text="/card", says="a card that is due or new for you"),
    ),
    handler=card,
    actions={"card": pressed, "card-any": another, "card-words": searched},
)
