"""The deeper explanation behind `/shape`'s button: every step of the working, and what its letters mean."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.shape_words import counts, named, shapes, stamp
from bot.reply import Code, Part, Table, Text
from sandbox.language.about import About, about
from sandbox.language.spelling import spell_stage
from sandbox.language.walk import Step
from sandbox.oracle import Answer

MAX_STAGES = 12  # of a chain that are explained in one message

HOW_COUNTED = (
    "Multiply-adds count each weight times an input that is summed up; adding biases and element-wise steps are left "
    "out. Activations are what the stages write, at 4 bytes a float32."
)


def explanation(answer: Answer) -> Iterator[Part]:
    """Every stage: what it does, the formula with its letters and with its numbers, and what goes wrong with it."""
    walk = answer.walk
    yield Text(text=f"How {shapes(walk.pipeline.inputs)} gets there", tone="heading")
    told: set[str] = set()
    for number, step in enumerate(walk.steps[:MAX_STAGES], start=1):
        if len(walk.steps) > 1:
            title = spell_stage(step.stage, python=walk.pipeline.python)
            yield Text(text=f"{number}. `{title}`: {shapes(step.inputs)} → {named(step.outputs)}")
        yield from _stage(step, told)
    if len(walk.steps) > MAX_STAGES:
        yield Text(text=f"... and {len(walk.steps) - MAX_STAGES} more stages.", tone="note")
    if answer.failure is not None:
        yield Text(text=f"Then `{answer.failure.stage}`: {answer.failure.means}", tone="bad")
    if walk.receptive is not None:
        yield Text(text=_receptive(answer))
    if walk.macs != 0:
        yield Text(text=HOW_COUNTED, tone="note")
    yield Text(text=stamp(answer), tone="note")


def _stage(step: Step, told: set[str]) -> Iterator[Part]:
    entry = about(step.stage.name)
    fresh = entry is not None and entry.key not in told
    if entry is not None and fresh:
        told.add(entry.key)
        yield from _family(entry, letters=bool(step.lines))
    lines = [_worked(line.axis, line.formula, line.filled, str(line.value)) for line in step.lines]
    lines += counts(step)
    if lines:
        yield Code(code="\n".join(lines))
    if entry is not None and fresh:
        for trap in entry.traps:
            yield Text(text=f"Trap: {trap}", tone="note")


def _family(entry: About, *, letters: bool) -> Iterator[Part]:
    yield Text(text=entry.text)
    if letters and entry.letters:
        yield Table(headers=("letter", "is"), rows=entry.letters)


def _worked(axis: str, formula: str, filled: str, value: str) -> str:
    steps = [step for index, step in enumerate((formula, filled, value)) if index == 0 or step]
    distinct = [step for index, step in enumerate(steps) if index == 0 or step != steps[index - 1]]
    indent = " " * len(axis)
    return f"{axis} = " + f"\n{indent} = ".join(distinct)


def _receptive(answer: Answer) -> str:
    walk = answer.walk
    if walk.receptive is None:
        return ""
    sizes = " x ".join(str(size) for size in walk.receptive)
    until = walk.receptive_stages
    where = "" if until == len(walk.steps) else f" of stage {until}"
    return f"One element of the output{where} sees {sizes} elements of the input: its receptive field."
