"""`/shape`: what comes out of a layer, a chain or a tensor operation, as torch has run it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from bot.actions import Action
from bot.command import Command, Completion, Example, Incoming, Option
from bot.commands import shape_words as words
from bot.commands.shape_explained import explanation
from bot.errors import StaleAction
from bot.reply import Button, Buttons, Code, Fault, Part, Reply, Table, Text
from sandbox.language.complete import complete
from sandbox.language.model import CodeGivenError, LanguageError
from sandbox.language.python import write
from sandbox.language.size import Size
from sandbox.language.walk import condition_text
from sandbox.oracle import Answer

if TYPE_CHECKING:
    from bot.app import Core

log = structlog.get_logger(__name__)

QUESTION_BYTES = 10  # of a digest: enough to tell any questions apart that a database can hold
MAX_TABLE_ROWS = 60


async def shape(core: Core, incoming: Incoming, arguments: Mapping[str, str]) -> Reply:
    """Answers `/shape LAYER`."""
    text = arguments["layer"]
    known = core.shapes.get(text)
    if known is not None:
        return known
    try:
        answer = await core.oracle.ask(text)
    except LanguageError as fault:
        return mistake(fault, text)
    if answer.disagreement:
        log.error("formula and torch disagree", question=question_id(text), difference=answer.disagreement)
    core.store.keep_question(question_id(text), text, incoming.at)
    reply = failure(core, incoming, answer, text) if answer.failure else success(answer, text)
    if not answer.unchecked:
        core.shapes.put(text, reply)
    return reply


async def explain(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button under an answer: every step of the working, and what its letters mean."""
    text = await _question(core, action)
    try:
        answer = await core.oracle.ask(text)
    except LanguageError as fault:
        return mistake(fault, text)
    del incoming
    return Reply(parts=tuple(explanation(answer)), data=data(answer))


async def ask_again(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that asks a kept question: a suggestion, or an example."""
    return await shape(core, incoming, {"layer": await _question(core, action)})


def success(answer: Answer, text: str) -> Reply:
    """What comes out, the working, and the Python to paste back."""
    walk = answer.walk
    several = len(walk.steps) > 1
    parts: list[Part] = [Text(text=words.headline(answer), tone="heading")]
    parts += [Text(text=note, tone="note") for note in words.notes(answer)]
    if several:
        parts.append(_stages(answer))
    working = words.totals(answer) if several else [*words.working(walk.steps[0]), *words.totals(answer)]
    if working:
        parts.append(Code(code="\n".join(working)))
    parts.append(Code(code=write(walk.pipeline), language="python"))
    parts.append(Text(text=words.stamp(answer), tone="bad" if answer.disagreement else "note"))
    parts.append(Buttons(buttons=(Button(label="Explain", action=Action("explain", (question_id(text),))),)))
    return Reply(parts=tuple(parts), data=data(answer))


def failure(core: Core, incoming: Incoming, answer: Answer, text: str) -> Reply:
    """Which stage fails, torch's words, what they mean, and the smallest change that works."""
    failed = answer.failure
    if failed is None:
        raise AssertionError("only a failed answer has a failure to show")
    parts: list[Part] = [Text(text=words.failed_headline(answer), tone="bad")]
    if answer.walk.steps:
        parts.append(_stages(answer))
    if failed.torch_words:
        parts.append(Code(code=f"{failed.torch_type}: {failed.torch_words}"))
    parts.append(Text(text=failed.means))
    buttons = [Button(label="Explain", action=Action("explain", (question_id(text),)))]
    if failed.repair is not None:
        parts.append(Text(text=words.repair(failed.repair), tone="good"))
        core.store.keep_question(question_id(failed.repair.line), failed.repair.line, incoming.at)
        again = Action("shape", (question_id(failed.repair.line),))
        buttons.insert(0, Button(label="Show that", action=again, style="primary"))
    parts.append(Text(text=words.stamp(answer), tone="note"))
    parts.append(Buttons(buttons=tuple(buttons)))
    fault = Fault(
        kind="shape",
        message=f"{failed.stage}: {failed.torch_words or failed.means}",
        suggestion=failed.repair.line if failed.repair else None,
    )
    return Reply(parts=tuple(parts), data=data(answer), fault=fault)


def mistake(fault: LanguageError, text: str) -> Reply:
    """A line that is not in the language: the column marked, what was expected, and what to type instead."""
    parts: list[Part] = [Text(text=fault.message, tone="bad")]
    if not isinstance(fault, CodeGivenError):
        parts.append(Code(code=words.marked(text, fault.column, fault.token)))
    if fault.expected:
        parts.append(Text(text=f"Expected: {fault.expected}"))
    if fault.suggestion:
        parts.append(Text(text=f"Did you mean {words.quoted(fault.suggestion)}?", tone="good"))
    parts.append(Text(text=f"This works: {words.quoted('/shape ' + fault.example)}", tone="note"))
    return Reply(
        parts=tuple(parts),
        fault=Fault(kind="language", message=fault.message, column=fault.column, suggestion=fault.suggestion),
    )


def data(answer: Answer) -> dict[str, object]:
    """The answer for programs."""
    walk = answer.walk
    return {
        "outputs": [{"name": each.name, "shape": _shape(each.tensor.shape)} for each in answer.outputs],
        "stages": [
            {
                "layer": step.stage.name,
                "inputs": [_shape(tensor.shape) for tensor in step.inputs],
                "outputs": [{"name": each.name, "shape": _shape(each.tensor.shape)} for each in step.outputs],
                "params": _axis(step.params.value),
                "macs": _axis(step.macs.value),
            }
            for step in walk.steps
        ],
        "params": _axis(walk.params),
        "macs": _axis(walk.macs),
        "activation_bytes": _axis(walk.activation_bytes),
        "receptive_field": None if walk.receptive is None else _shape(walk.receptive),
        "solved": {name: words.plain_value(value) for name, value in walk.solved.items()},
        "conditions": condition_text(walk),
        "agreed": list(answer.agreed),
        "checked_at": [[list(shape) for shape in inputs] for inputs in answer.checked_at],
        "torch": words.version(answer) or None,
        "device": answer.device,
        "repair": None if answer.failure is None or answer.failure.repair is None else answer.failure.repair.line,
    }


def question_id(text: str) -> str:
    """A short name for a question, the same for the same text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=QUESTION_BYTES).hexdigest()


def completions(core: Core, typed: str) -> list[Completion]:
    """Ways to go on typing a layer."""
    del core
    return [Completion(text=each.text, label=each.label, says=each.says) for each in complete(typed)]


def _stages(answer: Answer) -> Table:
    walk = answer.walk
    python = walk.pipeline.python
    rows = [words.stage_row(index, step, python=python) for index, step in enumerate(walk.steps, start=1)]
    if len(rows) > MAX_TABLE_ROWS:
        half = MAX_TABLE_ROWS // 2
        skipped = ("...", f"{len(rows) - 2 * half} more stages", "", "", "")
        rows = [*rows[:half], skipped, *rows[-half:]]
    if answer.failure is not None:
        rows.append((str(answer.failure.index + 1), answer.failure.stage, "fails here", "", ""))
    return Table(headers=("", "stage", "comes out", "parameters", "multiply-adds"), rows=tuple(rows))


async def _question(core: Core, action: Action) -> str:
    text = await core.store.question(action.args[0]) if action.args else None
    if text is None:
        raise StaleAction("I no longer have that question.", suggestion="/shape conv1d 3 16 k3 L100")
    return text


def _shape(shape: tuple[Size, ...]) -> list[int | str]:
    return [_axis(size) for size in shape]


def _axis(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)


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
        Example(text="/shape linear 512 10 @ 32x4096", says="a mistake, explained, with a change that works"),
    ),
    handler=shape,
    actions={"explain": explain, "shape": ask_again},
    aliases=("s",),
)
