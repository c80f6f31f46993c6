"""`/layer`: what a learner has to know about a layer or an operation on tensors, on one screen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import card
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core
    from sandbox.language.words import Meaning

CARDS = 4  # that are offered
LOOKED_AT = 40  # cards among which those about the layer are sought


async def layer(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/layer NAME`."""
    oracle = await core.oracle()
    from bot.commands import layer_reply, layer_words
    from sandbox.language.lessons import lesson

    words = given["name"]
    found = layer_words.meant(words)
    if not found:
        cards = await core.tutor.find(incoming.user, incoming.place, words, 1)
        raise layer_words.nothing(words, cards)
    if len(found) > 1:
        return layer_words.which(words, found)
    known = lesson(found[0])
    answer = await oracle.ask(known.line)
    key = layer_reply.keep(core.store, incoming, known)
    names = await _cards(core, incoming, known.meaning)
    return layer_reply.told(known, answer, key=key, cards=await card.buttons(core, incoming, names), names=names)


async def pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button of one of several layers that a word can mean."""
    return await layer(core, incoming, {"name": action.args[0] if action.args else ""})


def completions(core: Core, typed: str) -> list[Completion]:
    """Names of layers and operations that begin so, once the language has been read in."""
    if not core.knows_the_language:
        return []
    from bot.commands import layer_words

    return layer_words.completions(typed)


async def _cards(core: Core, incoming: Incoming, meaning: Meaning) -> list[str]:
    """Cards that name the layer; statements to find the mistake in come first, since they are its traps."""
    found = await core.tutor.find(incoming.user, incoming.place, meaning.name, LOOKED_AT)
    about = [hit for hit in found.hits if _names(meaning, f"{hit.card.front} {hit.card.code} {hit.card.answer}")]
    about.sort(key=lambda hit: hit.card.kind != "mistake")
    traps = [hit.name for hit in about if hit.card.kind == "mistake"]
    kept = [hit.name for hit in about if hit.name not in traps[CARDS // 2 :]]
    return (await card.open_to_all(core, incoming, kept))[:CARDS]


def _names(meaning: Meaning, text: str) -> bool:
    """Whether a text names a layer, or an operation as code does: `to`, `max` and `view` are English words, too."""
    name = re.escape(meaning.name)
    if meaning.kind == "layer":
        return re.search(rf"\b{name}\b", text, re.IGNORECASE) is not None
    return re.search(rf"(?:\bx|\btorch|\bF|\))\.{name}\b|\b{name}\(", text) is not None


LAYER = Command(
    name="layer",
    says="A layer on one screen: arguments, shapes, formula, parameters, traps, and a run",
    help=(
        "Tells what you need to know about a layer of `torch.nn`, or an operation on tensors: what it does, its "
        "signature, what goes in and comes out, the rule of its numbers, how its parameters are counted, what each "
        "argument means, and what goes wrong with it. One example is run by torch. Nicknames (`fc`, `bn2d`, `mha`) and "
        "functions (`F.relu`) are understood."
    ),
    options=(
        Option(
            name="name",
            says="a layer or an operation, such as conv1d, lstm, F.relu or einsum",
            rest=True,
            complete=completions,
        ),
    ),
    examples=(
        Example(text="/layer conv1d", says="a layer"),
        Example(text="/layer fc", says="by its nickname"),
        Example(text="/layer einsum", says="an operation on tensors"),
    ),
    handler=layer,
    actions={"layer": pressed},
)
