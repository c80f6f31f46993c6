"""What `/layer` says: a lesson and torch's answer to its example, as a `Reply` and as data.

Imported with the first question: the layer language behind it would make Stride slow to start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.actions import Action
from bot.command import Incoming
from bot.commands import shape_reply
from bot.commands import shape_words as words
from bot.reply import Button, Buttons, Code, Part, Reply, Table, Text
from bot.store.store import Store
from cards.misconceptions import MISCONCEPTIONS
from sandbox.language.about import About, about
from sandbox.language.lessons import Lesson
from sandbox.oracle import Answer

_SLIPS = {  # what people do wrong with a family of layers, commonest first
    "convolution": ("M1", "M3", "M2", "M24"),
    "transposed convolution": ("M17", "M3"),
    "pooling": ("M6", "M4", "M3"),
    "linear": ("M10", "M11"),
    "recurrent": ("M14", "M15"),
    "attention": ("M16", "M14"),
    "batch normalisation": ("M21", "M19"),
    "dropout": ("M20", "M19"),
    "flatten": ("M9",),
}
_SLIPS_OF = {  # of one layer or operation
    "CrossEntropyLoss": ("M18",),
    "MSELoss": ("M23",),
    "L1Loss": ("M23",),
    "view": ("M22",),
    "reshape": ("M22",),
    "permute": ("M22",),
    "transpose": ("M22",),
    "flatten": ("M9",),
    "broadcast": ("M23",),
}


def keep(store: Store, incoming: Incoming, lesson: Lesson) -> str:
    """Keeps the example for the buttons that ask it; its name."""
    key = shape_reply.question_id(lesson.line)
    store.keep_question(key, lesson.line, incoming.at)
    return key


def told(lesson: Lesson, answer: Answer, *, key: str, cards: Buttons, names: Sequence[str]) -> Reply:
    """Everything about a layer.

    Args:
        lesson: what is known about it.
        answer: torch's, to its example.
        key: of the example, for the buttons that ask it.
        cards: buttons of cards about it.
        names: of those cards.
    """
    family = about(lesson.meaning.name)
    title = f"nn.{lesson.meaning.name}" if lesson.meaning.kind == "layer" else lesson.meaning.name
    parts: list[Part] = [
        Text(text=title, tone="heading"),
        Text(text=lesson.does),
        Code(code=lesson.signature, language="python"),
        Code(code="\n".join(_rules(lesson))),
    ]
    if lesson.arguments:
        parts.append(_arguments(lesson))
    if lesson.function:
        parts.append(Text(text=f"As a function: `{lesson.function}`", tone="note"))
    parts += [Text(text=f"Trap: {trap}") for trap in _traps(family)]
    slips = _slips(lesson, family)
    if slips:
        parts.append(Text(text=f"Usual mistakes: {', '.join(slips)}.", tone="note"))
    parts += [*_example(lesson, answer), _ways(lesson, key, practised=bool(names))]
    if cards.buttons:
        parts += [Text(text="Cards about it:", tone="note"), cards]
    return Reply(parts=tuple(parts), data=_data(lesson, answer, family, slips, names))


def _rules(lesson: Lesson) -> Iterator[str]:
    """Shapes, then the rules of their letters, the rule of the numbers, and the count of parameters."""
    shapes = lesson.shapes
    several = len(shapes.outputs) > 1
    example = "" if lesson.meaning.kind == "layer" else " (in the example below)"
    yield f"in:  {', '.join(shapes.inputs)}{example}"
    yield f"out: {', '.join(f'{name} {shape}' if several else shape for name, shape in shapes.outputs)}"
    if shapes.letters:
        yield f"     {', '.join(f'{letter} {says}' for letter, says in shapes.letters.items())}"
    if lesson.also:
        yield f"also: {lesson.also}"
    yield from shapes.rules
    if lesson.value:
        yield f"numbers: {lesson.value}"
    if lesson.meaning.kind == "layer":
        yield f"parameters: {_params(lesson)}"


def _params(lesson: Lesson) -> str:
    note = lesson.params_note
    if not lesson.params:
        return f"none by default; {note}" if note.endswith("affine=True") else note or "none"
    return f"{lesson.params} ({note})" if note else lesson.params


def _arguments(lesson: Lesson) -> Table:
    rows = tuple(
        (f"{each.name} ({each.letter})" if each.letter else each.name, each.default or "needed", each.says)
        for each in lesson.arguments
    )
    return Table(headers=("argument", "default", "what it is"), rows=rows)


def _traps(family: About | None) -> tuple[str, ...]:
    return family.traps if family is not None else ()


def _slips(lesson: Lesson, family: About | None) -> list[str]:
    known = _SLIPS_OF.get(lesson.meaning.name) or (_SLIPS.get(family.key, ()) if family is not None else ())
    return [MISCONCEPTIONS[each].name for each in known]


def _example(lesson: Lesson, answer: Answer) -> Iterator[Part]:
    """The example and what came of it."""
    yield Text(text="An example:")
    lines = [f"/shape {lesson.line}"]
    if answer.failure is None:
        lines.append(f"{words.shapes(answer.walk.pipeline.inputs)} → {words.named(answer.outputs)}")
        lines += words.totals(answer)
    yield Code(code="\n".join(lines))
    yield Text(text=words.stamp(answer), tone="bad" if answer.disagreement else "note")


def _ways(lesson: Lesson, key: str, *, practised: bool) -> Buttons:
    """Where to go from here; there is nothing to practise where there is no card."""
    practise = Button(label="Practise", action=Action("practice-about", (lesson.meaning.name,)), style="primary")
    return Buttons(
        buttons=(
            *((practise,) if practised else ()),
            Button(label="Open the example", action=Action("shape", (key,))),
            Button(label="Explain it", action=Action("explain", (key,))),
        )
    )


def _data(
    lesson: Lesson, answer: Answer, family: About | None, slips: Sequence[str], names: Sequence[str]
) -> dict[str, Any]:
    return {
        "name": lesson.meaning.name,
        "kind": lesson.meaning.kind,
        "does": lesson.does,
        "signature": lesson.signature,
        "inputs": list(lesson.shapes.inputs),
        "outputs": [{"name": name, "shape": shape} for name, shape in lesson.shapes.outputs],
        "also": lesson.also,
        "rules": list(lesson.shapes.rules),
        "value": lesson.value,
        "parameters": lesson.params,
        "parameters_note": lesson.params_note,
        "arguments": [
            {"name": each.name, "default": each.default or None, "says": each.says} for each in lesson.arguments
        ],
        "function": lesson.function,
        "traps": list(_traps(family)),
        "mistakes": list(slips),
        "example": lesson.line,
        "answer": shape_reply.data(answer),
        "cards": list(names),
        "agreed": list(answer.agreed),
        "torch": words.version(answer),
    }
