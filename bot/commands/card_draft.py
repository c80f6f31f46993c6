"""Questions made of answers: what a card would ask about an answer of `/shape` or `/run`, and the buttons for it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.actions import Action
from bot.commands import run_data
from bot.reply import Button
from sandbox.protocol import Result, Status

if TYPE_CHECKING:
    from sandbox.language.model import Tensor
    from sandbox.oracle import Answer

FROM_SHAPE, FROM_RUN = "card-shape", "card-run"
LABEL = "Make a card"
LONGEST_CODE, LONGEST_ANSWER, LONGEST_FRONT = 1_500, 600, 600  # characters: more is no question for a head


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A card to be, as the form shows it."""

    front: str
    answer: str
    code: str = ""
    reason: str = ""


def shape_button(question: str) -> Button:
    """Under an answer of `/shape`, the same for everyone: the question's name is in it, and nobody's."""
    return Button(label=LABEL, action=Action(FROM_SHAPE, (question,)))


def run_button(code_key: str, run: str) -> Button:
    """Under an answer of `/run`: the names of the code and of the run."""
    return Button(label=LABEL, action=Action(FROM_RUN, (code_key, run)))


def is_a_question(code: str, result: Result) -> bool:
    """Whether a run can be asked about: it ended well, gave text that a head can hold, and nothing else."""
    value = run_data.value(result)
    if result.status is not Status.OK or len(code) > LONGEST_CODE or value["pictures"] or value["timings"]:
        return False
    draft = of_run(code, result)
    return draft is not None and 0 < len(draft.answer) <= LONGEST_ANSWER


def of_shape(answer: Answer) -> Draft:
    """The question what shape comes out, with numbers for the sizes that were left free."""
    from bot.commands import shape_words as words
    from sandbox.language.python import comfortable_sizes, expression
    from sandbox.language.size import evaluate
    from sandbox.language.spelling import spell_stage

    walk = answer.walk
    sizes = comfortable_sizes(walk)
    stages = walk.pipeline.stages

    def shape(tensor: Tensor) -> str:
        return str(tuple(evaluate(size, sizes) for size in tensor.shape))

    inputs = " and ".join(shape(tensor) for tensor in walk.pipeline.inputs)
    line = (
        expression(stages[0])
        if len(stages) == 1 and stages[0].kind == "layer" and not stages[0].children
        else " | ".join(spell_stage(step.stage, python=walk.pipeline.python) for step in walk.steps)
    )
    first = answer.outputs[0]
    what = (
        "What shape comes out"
        if len(answer.outputs) == 1
        else f"What shape has `{first.name}`, the first that comes out"
    )
    working = "; ".join(words.working(walk.steps[0])) if len(stages) == 1 else ""
    return Draft(
        front=" ".join(f"{what} of `{line}` for an input of {inputs}?".split())[:LONGEST_FRONT],
        answer=shape(first.tensor),
        reason=working,
    )


def of_run(code: str, result: Result) -> Draft | None:
    """The question what some code gives; of a large tensor, what shape it has. None where it gives nothing."""
    value = run_data.value(result)
    printed = "".join(str(piece["text"]) for piece in value["output"] if piece["stream"] == "stdout").strip()
    last = value.get("value")
    if isinstance(last, str) and (large := _large(value)) and not printed:
        shorter = _asks_for_shape(code)
        if shorter is None:
            return None
        return Draft(front="What shape does this give?", answer=f"torch.Size({large})", code=shorter)
    answer = "\n".join(each for each in (printed, last) if isinstance(each, str) and each)
    front = "What does this code print?" if printed and not last else "What does this code give?"
    return Draft(front=front, answer=answer, code=code) if answer else None


def _large(value: Mapping[str, Any]) -> list[int] | None:
    """The shape of a last value that is shown shortened."""
    about = value.get("about") or {}
    shape = about.get("shape")
    shown = str(value.get("value"))
    return list(shape) if shape is not None and not shown.startswith("tensor(") else None


def _asks_for_shape(code: str) -> str | None:
    """The code with `.shape` behind its last expression."""
    try:
        last = ast.parse(code).body[-1]
    except (SyntaxError, ValueError, IndexError, RecursionError):
        return None
    if not isinstance(last, ast.Expr) or (text := ast.get_source_segment(code, last)) is None:
        return None
    whole = text if isinstance(last.value, ast.Name | ast.Call | ast.Attribute | ast.Subscript) else f"({text})"
    return code[: code.rindex(text)] + whole + ".shape"
