"""What `/run` says: what came out, what was made on the way, and where it failed, as a `Reply` and as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.actions import Action
from bot.commands import card_draft, run_data
from bot.commands import run_words as words
from bot.commands.run_meanings import meaning
from bot.reply import Button, Buttons, Code, Fault, File, Part, Reply, Table, Text
from sandbox.protocol import Result, Status

MOST_MADE = 10  # rows in the answer itself; the rest waits behind a button
MOST_CALLS = 4
MOST_OPERANDS = 8
MOST_DETAILS = 100
WHOLE_OUTPUT, WHOLE_VALUE = "output.txt", "value.txt"
_CLASS = re.compile(r"^class ([A-Za-z_]\w*)", re.MULTILINE)


def answered(code: str, result: Result, drawn: Sequence[Part], buttons: Sequence[Button]) -> Reply:
    """The reply to a run.

    Args:
        code: that was run.
        result: how it ended.
        drawn: its pictures, or the words that stand for them.
        buttons: to go on with; the one for details is only shown where there are any.
    """
    if result.status is Status.UNAVAILABLE:
        return _unavailable(result)
    value = run_data.value(result)
    failed = result.status is not Status.OK
    shown_made, more_made = _split(_made(value), MOST_MADE)
    # Of a failure the failing line is what matters; it shows what went in there.
    calls, more_calls = _split([] if failed else value["calls"], MOST_CALLS)
    parts: list[Part] = [*_failure(code, result, value), *_output(value, failed=failed)]
    parts += [*_last(value), *drawn]
    if not parts:
        parts.append(Text(text=_silent(code, value)))
    parts += [*_trace_table(shown_made, len(more_made)), *_calls_table(calls, len(more_calls))]
    parts.append(Text(text=stamp(result), tone="note"))
    parts.append(Buttons(buttons=tuple(each for each in buttons if _wanted(each, code, result))))
    return Reply(parts=tuple(parts), data=run_data.data(result, drawn), fault=_fault(result))


def details(code: str, result: Result, buttons: Sequence[Button] = ()) -> Reply:
    """Everything that the answer left out, and buttons to go on with."""
    value = run_data.value(result)
    error = value["error"] or {}
    steps = error.get("traceback") or []
    parts: list[Part] = []
    if steps:
        lines = [f"line {step.get('line')}, in {step.get('in') or 'the code'}: {step.get('code')}" for step in steps]
        said = f"{error['type']}: {error['message']}"
        parts += [Text(text="How it got there, the last call at the bottom:"), _block("\n".join([*lines, said]))]
    every = value["trace"][:MOST_DETAILS]
    parts += [*_trace_table(every, len(value["trace"]) - len(every)), *_calls_table(value["calls"], 0)]
    parts += _statistics(value)
    if not parts:
        parts.append(Text(text="There is nothing more to say about this run: it made no names and called no layers."))
    if len(code) <= words.SHOWN_CHARACTERS:
        parts.insert(0, Code(code=code, language="python"))
    parts.append(Text(text=stamp(result), tone="note"))
    if wanted := tuple(each for each in buttons if _wanted(each, code, result)):
        parts.append(Buttons(buttons=wanted))
    return Reply(parts=tuple(parts), private=True, data=run_data.data(result, ()))


def _wanted(button: Button, code: str, result: Result) -> bool:
    """Whether a button leads anywhere after this run."""
    if button.action.name == card_draft.FROM_RUN:
        return card_draft.is_a_question(code, result)
    return button.action.name != "details" or has_details(result)


def has_details(result: Result) -> bool:
    """Whether `details` says more than the answer does."""
    value = run_data.value(result)
    steps = (value["error"] or {}).get("traceback") or []
    calls = MOST_CALLS if result.status is Status.OK else 0
    hidden = len(value["trace"]) > len(_made(value)[:MOST_MADE]) or len(value["calls"]) > calls
    return hidden or len(steps) > 1 or bool(value.get("about"))


def stamp(result: Result) -> str:
    """What has run it, and how long it took."""
    took = f"{result.elapsed_ms:.0f} ms" if result.elapsed_ms < 1000 else f"{result.elapsed_ms / 1000:.1f} s"
    return (
        f"torch {run_data.version(result)}, {result.device}, {took}"
        if result.torch_version
        else f"{result.device}, {took}"
    )


def code_block(code: str) -> Code:
    """The code itself, for those who did not see it being typed."""
    return Code(code=words.cut(words.visible(code))[0], language="python")


def _unavailable(result: Result) -> Reply:
    why = words.visible(result.error[:1].upper() + result.error[1:])
    parts = [Text(text="I cannot run that just now.", tone="bad"), Text(text=why or "The sandbox did not say why.")]
    if result.device != "cpu":
        parts.append(Text(text=f"Without `--{result.device}` it runs on the processor."))
    fault = Fault(kind=result.status.value, message=result.error)
    return Reply(parts=tuple(parts), data=run_data.data(result, ()), fault=fault)


def _fault(result: Result) -> Fault | None:
    if result.status is Status.OK:
        return None
    message = _limit(result)[0] or result.error
    return Fault(kind=result.status.value, message=message or "the run did not end well")


# What failed.


def _failure(code: str, result: Result, value: Mapping[str, Any]) -> Iterator[Part]:
    if result.status is Status.OK:
        return
    error = value["error"]
    line = error["line"] if error else None
    says, way_out = _limit(result)
    yield Text(text=says or _headline(result, line), tone="bad")
    if error and line is not None and (marked := words.marked(code, line, error.get("column"))):
        yield Code(code=marked)
    if error and result.status is Status.USER_ERROR:
        yield from _operands(error)
        yield _block(f"{error['type']}: {error['message']}")
        if means := meaning(error, [str(row["name"]) for row in value["trace"]]):
            yield Text(text=means)
    if result.status is Status.TIMEOUT and "matplotlib" in code:
        way_out = "Importing matplotlib takes most of that time; `show(tensor)` draws pictures without it."
    if way_out:
        yield Text(text=way_out)


def _headline(result: Result, line: int | None) -> str:
    if result.status is Status.USER_ERROR:
        return "This failed." if line is None else f"Line {line} failed."
    if result.status is Status.MEMORY:
        return "It needed more memory than a run may use. Make the tensors smaller."
    how = words.visible(result.error) or "the process ended"
    return f"The run was over before it was done: {how}."


def _limit(result: Result) -> tuple[str, str]:
    limit = result.limit
    return ("", "") if limit is None else words.limit(str(limit["name"]), limit["value"], str(limit["unit"]))


def _operands(error: Mapping[str, Any]) -> Iterator[Part]:
    """Every operand of the failing line, those with a shape first looked for."""
    rows = tuple((_name(row), words.what(row), words.shape(row), _device(row)) for row in error["operands"])
    if rows:
        yield Table(headers=("in that line", "is", "shape", "on"), rows=rows[:MOST_OPERANDS])


# What came out.


def _output(value: Mapping[str, Any], *, failed: bool) -> Iterator[Part]:
    text, both = words.written(value["output"])
    if not text:
        return
    only_errors = all(piece["stream"] == "stderr" for piece in value["output"])
    if failed:
        yield Text(text="What it had written before to stderr:" if only_errors else "What it had printed before:")
    elif only_errors:
        yield Text(text="Written to stderr:")
    yield from _shortened(text, WHOLE_OUTPUT)
    if both:
        yield Text(text=f"Lines that begin with `{words.STDERR.strip()}` were written to stderr.", tone="note")


def _shortened(text: str, name: str, *, language: str = "") -> Iterator[Part]:
    """A text as far as a chat shows it, and all of it in a file where that is less."""
    shown, whole = words.cut(text)
    yield Code(code=shown, language=language)
    if whole:
        yield Text(text=f"That is only a part: `{name}` has all of it, {whole}.", tone="note")
        yield File(name=name, data=text.encode("utf-8", "replace"))


def _last(value: Mapping[str, Any]) -> Iterator[Part]:
    shown = value.get("value")
    if not isinstance(shown, str):
        return
    if value["output"] or value["pictures"]:
        yield Text(text="Value of the last line:")
    yield from _shortened(words.visible(shown), WHOLE_VALUE, language="python")


def _silent(code: str, value: Mapping[str, Any]) -> str:
    """For a run that shows nothing: how to see something."""
    names = [str(row["name"]) for row in value["trace"] if str(row["name"]).isidentifier()]
    if not names and (classes := _CLASS.findall(code)):
        return (
            f"It ran: `{classes[-1]}` is defined, and nothing has used it yet. Add lines that do, such as "
            f"`net = {classes[-1]}()` and `net(torch.randn(...))` with the size of your input."
        )
    if "plt." in code:
        return "It ran. Pictures come from `show(tensor)` here: what matplotlib draws, nobody sees."
    name = names[-1] if names else "x"
    return f"It ran, and printed nothing. To see a value, end with its name (`{name}`), or use `print({name})`."


# What was made.


def _made(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The names that were given a tensor or a layer; plain numbers and texts are for those who ask."""
    shown = {
        row["name"] for row in (value["error"] or {}).get("operands", ())
    }  # in the failing line, with their shapes
    return [
        row
        for row in value["trace"]
        if row["name"] not in shown and (row.get("shape") is not None or row.get("params") is not None)
    ]


def _split(rows: Sequence[Any], most: int) -> tuple[Sequence[Any], Sequence[Any]]:
    return rows[:most], rows[most:]


def _trace_table(rows: Sequence[Mapping[str, Any]], more: int) -> Iterator[Part]:
    if not rows:
        return
    cells = tuple((_name(row), words.what(row), words.shape(row), _device(row), str(row["line"])) for row in rows)
    yield Table(headers=("name", "is", "shape", "on", "line"), rows=cells, title="What was made")
    if more > 0:
        yield Text(text=f"and {more} more", tone="note")


def _calls_table(calls: Sequence[Mapping[str, Any]], more: int) -> Iterator[Part]:
    if not calls:
        return
    rows = tuple(
        ("  " * int(call.get("depth") or 0) + str(call["module"]), _shapes(call.get("inputs")), _outcome(call))
        for call in calls
    )
    yield Table(headers=("layer", "goes in", "comes out"), rows=rows, title="Layers that were called")
    if more > 0:
        yield Text(text=f"and {more} more", tone="note")


def _statistics(value: Mapping[str, Any]) -> Iterator[Part]:
    about = value.get("about")
    if not about or about.get("mean") is None:
        return
    names = ("min", "mean", "max", "std", "nan", "inf")
    cells = tuple((name, f"{about[name]:.6g}") for name in names if about.get(name) is not None)
    yield Table(headers=("of the last value", ""), rows=cells)


def _name(row: Mapping[str, Any]) -> str:
    return words.visible(str(row["name"]))


def _device(row: Mapping[str, Any]) -> str:
    return str(row.get("device") or "")


def _outcome(call: Mapping[str, Any]) -> str:
    return "failed here" if call.get("outputs") is None else _shapes(call["outputs"])


def _shapes(values: Any) -> str:
    return ", ".join(words.shape(each) for each in values or ()) or "no tensor"


def _block(text: str) -> Code:
    return Code(code=words.cut(words.visible(text))[0])


def again_buttons(key: str, device: str, run: str) -> tuple[Button, ...]:
    """What can be done with a run: edit it, run it again, look closer, make a card of it."""
    card = (card_draft.run_button(key, run),) if device == "cpu" else ()  # cards are proved on the processor
    return (
        Button(label="Edit and run again", action=Action("edit", (key, device)), style="primary"),
        Button(label="Run again", action=Action("rerun", (key, device))),
        Button(label="Details", action=Action("details", (key, device, run))),
        *card,
    )
