"""`/why`: the proof behind an answer, run once more; and `/dispute`, where somebody doubts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Example, Incoming, Option
from bot.commands import asked, card, run, shape, why_reply
from bot.commands.proof_code import runnable
from bot.errors import StaleAction
from bot.reply import Button, Reply
from bot.tutor.model import Posed

if TYPE_CHECKING:
    from bot.app import Core

RUN = "why-run"
LINE, PYTHON = "line", "python"
_SHAPE = "/shape "
_WHICH = Option(
    name="question",
    says="a question's id or a card's name; the one you answered last if you leave it out",
    required=False,
)


async def why(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/why [question]`."""
    posed = await asked.answered(core, incoming, given.get("question", ""))
    return await _why(core, incoming, await asked.seen(core, incoming, posed))


async def why_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under an answer."""
    posed = await asked.pressed(core, incoming, action)
    return await _why(core, incoming, await asked.seen(core, incoming, posed))


async def why_card(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under a card that was looked up."""
    return await _why(core, incoming, await core.tutor.card(incoming, await card.named(core, action)))


async def dispute(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/dispute [question]`."""
    posed = await asked.answered(core, incoming, given.get("question", ""))
    return await _dispute(core, incoming, await asked.seen(core, incoming, posed))


async def dispute_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button of whoever doubts an answer."""
    posed = await asked.pressed(core, incoming, action)
    return await _dispute(core, incoming, await asked.seen(core, incoming, posed))


async def run_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that runs a proof, for the one who asked why."""
    if len(action.args) != 2:
        raise StaleAction("This button is of another version of Stride.", suggestion="/why stride/conv1d-length")
    how, key = action.args
    if how == LINE:
        return await shape.ask_again(core, incoming, Action("shape", (key,)))
    return await run.rerun(core, incoming, Action("rerun", (key, run.CPU)))


async def _why(core: Core, incoming: Incoming, posed: Posed) -> Reply:
    checked = await core.gate.do(incoming, lambda: core.tutor.check(incoming, posed), tell=run.teller(incoming))
    return why_reply.why(checked, posed, _run_it(core, incoming, posed))


async def _dispute(core: Core, incoming: Incoming, posed: Posed) -> Reply:
    found = await core.gate.do(incoming, lambda: core.tutor.dispute(incoming, posed), tell=run.teller(incoming))
    return why_reply.disputed(found, _run_it(core, incoming, posed))


def _run_it(core: Core, incoming: Incoming, posed: Posed) -> tuple[Button, ...]:
    """A button that runs the proof as anybody would run it; none where there is nothing to run."""
    if not posed.proof:
        return ()
    line = posed.proof.startswith(_SHAPE)
    text = posed.proof.removeprefix(_SHAPE) if line else runnable(posed.proof, posed.code)
    key = run.keep(core, incoming, text)
    return (Button(label="Run it", action=Action(RUN, (LINE if line else PYTHON, key)), style="primary"),)


WHY = Command(
    name="why",
    says="The proof behind an answer, run by torch once more",
    help=(
        "Shows why an answer is right: the reason, the code that proves it, what torch gives for it at this moment, "
        "and what the usual mistakes would give. Without a name it is about the question that you answered last here; "
        "if you answered none, about the last card of the day that was told to everybody. A question's id stands "
        "above it; a card is named as `deck/card`."
    ),
    options=(_WHICH,),
    examples=(
        Example(text="/why stride/conv1d-length", says="the proof of a card, run now"),
        Example(text="/why stride/conv1d-length-rule", says="a rule, held against many layers"),
    ),
    handler=why,
    actions={"why": why_pressed, "why-card": why_card, RUN: run_pressed},
    slow=True,
    private=True,
)

DISPUTE = Command(
    name="dispute",
    says="Doubts an answer: torch runs its proof again, and decides",
    help=(
        "Runs the proof of a question again. If torch does not confirm it any more, the question is taken out, and "
        "everybody whose answer was counted wrong for it is credited. If it holds, you see what torch gave."
    ),
    options=(_WHICH,),
    examples=(Example(text="/dispute stride/conv1d-length", says="a card, held against torch"),),
    handler=dispute,
    actions={"dispute": dispute_pressed},
    slow=True,
    private=True,
)
