"""The sentences of `/shape`: pure functions from an answer to what a learner reads."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.language.model import Output, Tensor, Value
from sandbox.language.size import Size, evaluate
from sandbox.language.spelling import spell_stage
from sandbox.language.walk import Step, condition_text
from sandbox.oracle import Answer, Repair

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
MAX_MARKED = 100  # characters of a line that a mark is shown under


def headline(answer: Answer) -> str:
    """`Conv1d: (32, 3, 100) -> (32, 16, 100)`."""
    pipeline = answer.walk.pipeline
    name = pipeline.stages[0].name if len(pipeline.stages) == 1 else f"{len(pipeline.stages)} stages"
    return f"{name}: {shapes(pipeline.inputs)} → {named(answer.outputs)}"


def failed_headline(answer: Answer) -> str:
    """Which stage does not take which input."""
    failed = answer.failure
    if failed is None:
        raise AssertionError("only a failed answer has this headline")
    where = f"Stage {failed.index + 1}, " if len(answer.walk.pipeline.stages) > 1 else ""
    return f"{where}`{failed.stage}` does not take {shapes(failed.inputs)}."


def shapes(tensors: tuple[Tensor, ...]) -> str:
    """Shapes side by side, each with its dtype where that is not float32."""
    return ", ".join(shape(tensor) for tensor in tensors)


def shape(tensor: Tensor) -> str:
    """`(32, 16, 100)`, or `(32, 16) int64`."""
    return str(tensor) if tensor.dtype == "float32" else f"{tensor} {tensor.dtype}"


def named(outputs: tuple[Output, ...]) -> str:
    """One shape as it is; several with their names."""
    if len(outputs) == 1:
        return shape(outputs[0].tensor)
    return ", ".join(f"{output.name} {shape(output.tensor)}" for output in outputs)


def working(step: Step) -> list[str]:
    """The formula with the numbers put in, one line an axis; an axis that only stays is left to the headline."""
    return [f"{line.axis}: {line.filled} = {line.value}" for line in step.lines if line.filled != str(line.value)]


def totals(answer: Answer) -> list[str]:
    """Parameters, multiply-adds, memory and, for chains, the receptive field."""
    walk = answer.walk
    lines = []
    if len(walk.steps) == 1:
        lines += list(counts(walk.steps[0]))
    else:
        lines.append(f"parameters: {amount(walk.params)}")
        lines.append(f"multiply-adds: {amount(walk.macs)}")
    if walk.activation_bytes != 0:
        lines.append(f"activations: {memory(walk.activation_bytes)}")
    if walk.receptive is not None and len(walk.steps) > 1:
        seen = " x ".join(str(size) for size in walk.receptive)
        until = walk.receptive_stages
        where = "" if until == len(walk.steps) else f" (up to stage {until})"
        lines.append(f"receptive field: {seen}{where}")
    return lines


def notes(answer: Answer) -> list[str]:
    """What was solved or assumed, and for which sizes the answer holds."""
    walk = answer.walk
    found = list(walk.pipeline.notes)
    solved = [f"{name} = {plain_value(value)}" for name, value in walk.solved.items()]
    if solved:
        found.append("Worked out from the rest: " + ", ".join(solved) + ".")
    conditions = condition_text(walk)
    if conditions:
        found.append("Holds for " + ", ".join(conditions) + ".")
    for step in walk.steps:
        found += [note for note in step.notes if note not in found]
    return found


def stage_row(number: int, step: Step, *, python: bool) -> tuple[str, str, str, str, str]:
    """One row of the table of stages."""
    return (
        str(number),
        spell_stage(step.stage, python=python),
        named(step.outputs),
        amount(step.params.value) if step.params.value != 0 else "",
        amount(step.macs.value) if step.macs.value != 0 else "",
    )


def stamp(answer: Answer) -> str:
    """Who says so."""
    if answer.disagreement:
        return (
            f"torch {version(answer)}, {answer.device}: torch's word is shown, and the formula differs from it "
            f"({answer.disagreement}). This is a fault of the formula, and it has been logged."
        )
    if answer.unchecked:
        return f"Not checked by torch ({answer.unchecked}): this is the closed form alone."
    if not answer.torch:
        return "Torch was not needed to see this."
    voices = {"formula": "the formula", "meta": "torch's meta device", "cpu": "a real run"}
    agreed = [voices[name] for name in answer.agreed]
    said = f"{', '.join(agreed[:-1])} and {agreed[-1]} agree"
    at = ""
    if not _checked_as_asked(answer):
        at = ", checked at " + ", ".join(
            " and ".join("x".join(map(str, size)) or "()" for size in inputs) for inputs in answer.checked_at
        )
    return f"torch {version(answer)}, {answer.device}: {said}{at}."


def version(answer: Answer) -> str:
    """Torch's release, without the name of the build."""
    return answer.torch.partition("+")[0]


def repair(found: Repair) -> str:
    """`linear 4096 10` works; you wrote `linear 512 10`."""
    return f"{quoted(found.write)} works and gives {named(found.outputs)}; you wrote {quoted(found.wrote)}."


def marked(text: str, column: int, token: str) -> str:
    """The line with a mark under the column that is wrong."""
    line_start = text.rfind("\n", 0, column) + 1
    line = text[line_start:].split("\n", 1)[0]
    at = column - line_start
    start = max(0, at - MAX_MARKED // 2)
    shown = line[start : start + MAX_MARKED]
    prefix, suffix = "… " if start else "", " …" if start + MAX_MARKED < len(line) else ""
    visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in shown)
    width = max(1, min(len(token), MAX_MARKED - (at - start)))
    return f"{prefix}{visible}{suffix}\n{' ' * (len(prefix) + at - start)}{'^' * width}"


def quoted(text: str) -> str:
    """Text as code, with the backticks that would end it taken out."""
    return f"`{text.replace('`', '')}`"


def amount(size: Size) -> str:
    """`33,024`, or an expression as it stands."""
    return f"{size:,}" if isinstance(size, int) else str(size)


def memory(size: Size) -> str:
    """Bytes in the unit that reads best; an expression stays in bytes."""
    if not isinstance(size, int):
        return f"{size} bytes"
    number = float(size)
    for unit in UNITS:
        if number < 1000 or unit == UNITS[-1]:
            break
        number /= 1000
    return f"{size} bytes" if unit == "bytes" else f"{number:.3g} {unit}"


def plain_value(value: Value) -> object:
    """A solved argument for JSON and for a sentence."""
    return value if isinstance(value, int | float | str | bool | None) else str(value)


def counts(step: Step) -> Iterator[str]:
    """Parameters and multiply-adds of one stage, each with its sum written out."""
    for name, count in (("parameters", step.params), ("multiply-adds", step.macs)):
        if count.value == 0:
            continue
        worked = count.worked
        yield (
            f"{name}: {worked} = {amount(count.value)}"
            if worked and worked != str(count.value)
            else (f"{name}: {amount(count.value)}")
        )


def _checked_as_asked(answer: Answer) -> bool:
    if len(answer.checked_at) != 1:
        return False
    asked = answer.walk.pipeline.inputs
    return all(
        isinstance(size, int) and size == evaluate(given, {})
        for tensor, shape_given in zip(asked, answer.checked_at[0], strict=True)
        for size, given in zip(tensor.shape, shape_given, strict=True)
    )
