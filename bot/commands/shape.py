"""`/shape`: what comes out of a layer, a chain or a tensor operation, as torch has run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.actions import Action
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import run
from bot.errors import StaleAction
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core

log = structlog.get_logger(__name__)


async def shape(core: Core, incoming: Incoming, arguments: Mapping[str, str]) -> Reply:
    """Answers `/shape LAYER`."""
    text = arguments["layer"]
    known = core.shapes.get(text)
    if known is not None:
        return known
    oracle = await core.oracle()
    from bot.commands import shape_reply
    from sandbox.language.model import CodeGivenError, LanguageError

    try:
        answer = await oracle.ask(text)
    except CodeGivenError as fault:
        reply = shape_reply.mistake(fault, text)
        return replace(reply, parts=(*reply.parts, run.offer(core, incoming, text)))
    except LanguageError as fault:
        return shape_reply.mistake(fault, text)
    if answer.disagreement:
        name = shape_reply.question_id(text)
        log.error("formula and torch disagree", question=name, difference=answer.disagreement)
    reply = shape_reply.answered(answer, text, core.store, incoming)
    if not answer.unchecked:
        core.shapes.put(text, reply)
    return reply


async def explain(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under an answer: every step of the working, and what its letters mean."""
    del incoming
    text = await _question(core, action)
    oracle = await core.oracle()
    from bot.commands import shape_reply
    from sandbox.language.model import LanguageError

    try:
        return shape_reply.explained(await oracle.ask(text), text)
    except LanguageError as fault:
        return shape_reply.mistake(fault, text)


async def ask_again(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that asks a kept question: a suggestion, or an example."""
    return await shape(core, incoming, {"layer": await _question(core, action)})


def completions(core: Core, typed: str) -> list[Completion]:
    """Ways to go on typing a layer, once the language has been read in."""
    if not core.knows_the_language:
        return []
    from bot.commands import shape_reply

    return shape_reply.completions(typed)


async def _question(core: Core, action: Action) -> str:
    text = await core.store.question(action.args[0]) if action.args else None
    if text is None:
        raise StaleAction("I no longer have that question.", suggestion="/shape conv1d 3 16 k3 L100")
    return text


SHAPE = Command(
    name="shape",
    says="What comes out of a layer, a chain or a tensor operation; torch runs it",
    help=(
        "Describe a layer in one line: its name, its arguments, and the size of its input. Sizes you leave out stay "
        "free, and the answer holds for every value of them. `k s p d g op` are kernel_size, stride, padding, "
        "dilation, groups and output_padding; `N C L T S E D H W` are the sizes of the input; `@ 32x3x100` gives the "
        "whole input. `|` joins stages, and `?` is worked out from the input. Python pasted from a notebook works too."
    ),
    options=(
        Option(
            name="layer",
            says="a layer, a chain with |, or a tensor operation: conv1d 3 16 k3 s1 p1 L100",
            rest=True,
            complete=completions,
        ),
    ),
    examples=(
        Example(text="/shape conv1d 3 16 k3 s1 p1 L100", says="a layer in the short spelling"),
        Example(text="/shape nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3) @ 1x3x224x224", says="in Python"),
        Example(
            text="/shape conv2d 3 16 k3 p1 H32 W32 | relu | maxpool2d k2 | flatten | linear ? 10",
            says="a chain, with the number that beginners look for",
        ),
        Example(text="/shape lstm 10 20 num_layers=2 bidirectional=true N8 T50", says="several outputs"),
        Example(text="/shape broadcast 8x1x6x1 7x1x5", says="shapes that meet"),
        Example(
            text="/shape linear 512 10 @ 32x4096", says="a mistake, explained, with a change that works", fails=True
        ),
    ),
    handler=shape,
    actions={"explain": explain, "shape": ask_again},
    aliases=("s",),
)
