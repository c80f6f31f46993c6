"""What `/shape` says: an answer, a failure with its repair, or a mistake in the line, as a `Reply` and as data.

Imported with the first question: the layer language behind it would make Stride slow to start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from bot.actions import Action
from bot.command import Completion, Incoming
from bot.commands import shape_words as words
from bot.commands.card_draft import shape_button
from bot.commands.shape_explained import explanation
from bot.reply import Button, Buttons, Code, Fault, Part, Reply, Table, Text
from bot.store.store import Store
from sandbox.language.complete import complete
from sandbox.language.model import CodeGivenError, LanguageError
from sandbox.language.python import comfortable_sizes, write
from sandbox.language.size import Size
from sandbox.language.walk import condition_text
from sandbox.oracle import Answer

QUESTION_BYTES = 10  # of a digest: enough to tell any questions apart that a database can hold
MAX_TABLE_ROWS = 60


def answered(answer: Answer, text: str, store: Store, incoming: Incoming) -> Reply:
    """The reply to a question; keeps what its buttons need."""
    store.keep_question(question_id(text), text, incoming.at)
    return success(answer, text) if answer.failure is None else failure(answer, text, store, incoming)


def explained(answer: Answer, text: str) -> Reply:
    """The deeper explanation of an answer."""
    card = tuple(_card(answer, text))
    return Reply(parts=(*explanation(answer), *((Buttons(buttons=card),) if card else ())), data=data(answer))


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
    parts.append(Code(code=write(walk.pipeline, sizes=comfortable_sizes(walk)), language="python"))
    parts.append(Text(text=words.stamp(answer), tone="bad" if answer.disagreement else "note"))
    explain = Button(label="Explain", action=Action("explain", (question_id(text),)))
    parts.append(Buttons(buttons=(explain, *_card(answer, text))))
    return Reply(parts=tuple(parts), data=data(answer))


def failure(answer: Answer, text: str, store: Store, incoming: Incoming) -> Reply:
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
        store.keep_question(question_id(failed.repair.line), failed.repair.line, incoming.at)
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


def mistake(fault: LanguageError, text: str, *, command: str = "shape") -> Reply:
    """A line that is not in the language: the column marked, what was expected, and what to type instead."""
    parts: list[Part] = [Text(text=fault.message, tone="bad")]
    if not isinstance(fault, CodeGivenError):
        parts.append(Code(code=words.marked(text, fault.column, fault.token)))
    if fault.expected:
        parts.append(Text(text=f"Expected: {fault.expected}"))
    if fault.suggestion:
        parts.append(Text(text=f"Did you mean {words.quoted(fault.suggestion)}?", tone="good"))
    parts.append(Text(text=f"This works: {words.quoted(f'/{command} {fault.example}')}", tone="note"))
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


def completions(typed: str) -> list[Completion]:
    """Ways to go on typing a layer."""
    return [Completion(text=each.text, label=each.label, says=each.says) for each in complete(typed)]


def _card(answer: Answer, text: str) -> Iterator[Button]:
    """The button that makes a card, of what torch has confirmed."""
    if answer.failure is None and answer.outputs and answer.torch and not answer.unchecked:
        yield shape_button(question_id(text))


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


def _shape(shape: tuple[Size, ...]) -> list[int | str]:
    return [_axis(size) for size in shape]


def _axis(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)
