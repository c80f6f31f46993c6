"""Follows a pipeline's shapes from stage to stage with the closed-form formulas: the answer before torch is asked.

The walk raises nothing for what a learner did wrong: a stage that cannot take its input ends it with a `Failure`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from sandbox.language import conditions as requirement
from sandbox.language.catalogue import full_args, operation, signature
from sandbox.language.formulas import activation, dropout, flatten, normalisation, padding
from sandbox.language.formulas.registry import LAYER_FORMULAS, OP_FORMULAS
from sandbox.language.formulas.working import Assumed, Condition, Count, Field, Fix, Line, Misfit, Working
from sandbox.language.layers.registry import LAYERS
from sandbox.language.memory import left_by
from sandbox.language.model import Output, Pipeline, Stage, Tensor, Value
from sandbox.language.size import Size, added, product, symbols

WIDTHS: Mapping[str, int] = {  # bytes of one element
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "float16": 2,
    "bfloat16": 2,
    "int32": 4,
    "float32": 4,
    "int64": 8,
    "float64": 8,
    "complex32": 4,
    "complex64": 8,
    "complex128": 16,
}

# Stages after which every element still stands for the same place: they leave the receptive field as it is.
_POINTWISE = frozenset((*activation.FORMULAS, *dropout.FORMULAS, *normalisation.FORMULAS, *padding.FORMULAS))

# Stages that give back their input's own memory.
_VIEWS = frozenset(
    (
        *("Flatten", "Unflatten", "Identity", "view", "flatten", "unflatten", "permute", "transpose", "t", "movedim"),
        *("swapaxes", "squeeze", "unsqueeze", "expand", "split", "chunk", "narrow", "select", "unbind"),
    )
)
_NOTHING = Count(0)
_MOST_BYTES = 2**63 - 1
_FEW = 4  # conditions told together


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on its way: what went in, what came out, and the working."""

    stage: Stage
    inputs: tuple[Tensor, ...]
    outputs: tuple[Output, ...]
    lines: tuple[Line, ...] = ()
    params: Count = _NOTHING
    macs: Count = _NOTHING
    field_of_view: Field | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The stage, counted from 0, that cannot take its input; why; and changes worth trying, nearest first."""

    index: int
    words: str
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """A pipeline followed as far as it goes.

    Attributes:
        pipeline: the line as it was understood: every `?` solved, every free size that can have one value only
            replaced by it, every `nn.Sequential` opened up, so that `steps[i]` belongs to `pipeline.stages[i]`.
        steps: one for each stage that worked.
        conditions: what the free sizes must satisfy.
        solved: what `?` and forced free sizes turned out to be, by name.
        params: parameters of all stages.
        macs: multiply-adds of all stages.
        activation_bytes: memory of everything the stages write; views and in-place steps write nothing new.
        receptive: how much of the input one element of the output sees, an axis each; None without a spatial stage.
        receptive_stages: how many stages that holds for: a stage that mixes all positions ends it.
        failure: where and why the walk ended early.
    """

    pipeline: Pipeline
    steps: tuple[Step, ...]
    conditions: tuple[Condition, ...] = ()
    solved: Mapping[str, Value] = field(default_factory=dict)
    params: Size = 0
    macs: Size = 0
    activation_bytes: Size = 0
    receptive: tuple[Size, ...] | None = None
    receptive_stages: int = 0
    failure: Failure | None = None


def walk(pipeline: Pipeline) -> Walk:
    """The shapes, counts and working of every stage, for all values of the sizes that were left out."""
    if any(stage.children for stage in pipeline.stages):
        pipeline = replace(pipeline, stages=tuple(_leaves(pipeline.stages)))
    solved: dict[str, Value] = {}
    while True:  # each turn takes one free size away, so this ends
        try:
            return _follow(pipeline, solved)
        except Assumed as assumed:
            solved[assumed.name] = assumed.value
            values = {assumed.name: assumed.value}
            pipeline = replace(pipeline, inputs=tuple(tensor.with_sizes(values) for tensor in pipeline.inputs))


def bindings(walked: Walk, count: int) -> list[dict[str, int]]:
    """Up to `count` different values for the free sizes that satisfy every condition, a comfortable small one first.

    `[{}]` where nothing is free. A refusal is shown at sizes of 2 and more if possible: at 1 many a mistake goes well.
    """
    names = _free(walked.pipeline.inputs)
    if walked.failure is not None:
        tensors = (*walked.pipeline.inputs, *(output.tensor for step in walked.steps for output in step.outputs))
        sizes = dict.fromkeys(size - 2 for tensor in tensors for size in tensor.shape if not isinstance(size, int))
        plural = requirement.simplify(Condition(size) for size in sizes)
        found = requirement.solutions(names, (*walked.conditions, *plural), count)
        if found:
            return found
    return requirement.solutions(names, walked.conditions, count)


def condition_text(walked: Walk) -> list[str]:
    """The conditions as one would say them: `L >= 3`, `C a multiple of 4`."""
    return requirement.words(walked.conditions)


def _leaves(stages: tuple[Stage, ...]) -> Iterator[Stage]:
    for stage in stages:
        if stage.name == "Sequential":
            yield from _leaves(stage.children)
        else:
            yield stage


def _follow(pipeline: Pipeline, solved: Mapping[str, Value]) -> Walk:
    trail = _Trail(pipeline, dict(solved))
    for index, stage in enumerate(pipeline.stages):
        try:
            trail.take(index, stage)
        except Misfit as misfit:
            return trail.end(Failure(index, misfit.words, misfit.fixes))
    return trail.end(trail.contradiction())


class _Trail:
    """What one attempt has gathered so far."""

    def __init__(self, pipeline: Pipeline, solved: dict[str, Value]) -> None:
        self.pipeline = pipeline
        self.solved = solved
        self.stages = list(pipeline.stages)
        self.changed = False
        self.steps: list[Step] = []
        self.conditions: list[tuple[int, Condition]] = []
        self.current = pipeline.inputs

    def take(self, index: int, stage: Stage) -> None:
        """One stage; raises `Misfit` and `Assumed`."""
        if self.steps:
            self._hand_on(stage)
        working = Working(stage, _arguments(stage), self.current, self.pipeline.training)
        (LAYER_FORMULAS if stage.kind == "layer" else OP_FORMULAS)[stage.name](working)
        if stage.kind == "layer":
            _lay_out(working)
        _require_countable(working)
        if working.solved:
            stage = self._settle(index, stage, working)
        if working.conditions:
            self.conditions += [(index, condition) for condition in requirement.simplify(working.conditions)]
        self.steps.append(
            Step(
                stage,
                self.current,
                tuple(working.outputs),
                tuple(working.lines),
                working.params,
                working.macs,
                working.field_of_view,
                tuple(working.notes),
            )
        )

    def _hand_on(self, stage: Stage) -> None:
        before = self.steps[-1]
        if self.pipeline.python and len(before.outputs) > 1:
            names = ", ".join(output.name for output in before.outputs)
            raise Misfit(
                f"{before.stage.name} returns a tuple ({names}); {stage.name} gets all of it and needs one tensor."
            )
        if not before.outputs:
            raise Misfit(f"{before.stage.name} gives no tensor here, and {stage.name} needs one.")
        self.current = (before.outputs[0].tensor,)

    def _settle(self, index: int, stage: Stage, working: Working) -> Stage:
        """Writes what was solved into the stage."""
        for name, value in working.solved.items():
            self.solved[name if name not in self.solved else f"{name}@{index + 1}"] = value
        stage = replace(stage, args={**stage.args, **working.solved})
        self.stages[index] = stage
        self.changed = True
        return stage

    def contradiction(self) -> Failure | None:
        """The first stage whose conditions no sizes can satisfy together with those before it."""
        conditions = [condition for _, condition in self.conditions]
        names = _free(self.pipeline.inputs)
        if not conditions or requirement.solutions(names, conditions, 1):
            return None
        count = bisect_left(
            range(len(conditions) + 1), True, key=lambda some: not requirement.solutions(names, conditions[:some], 1)
        )
        index, broken = self.conditions[count - 1]
        why = broken.words or f"{self.stages[index].name} cannot take this input."
        met = [other for other in conditions[:count] if symbols(other.size) & symbols(broken.size)]
        wanted = " and ".join(requirement.words(met if len(met) <= _FEW else [broken]))
        return Failure(index, f"{why} It would need {wanted}, and no sizes give that.")

    def end(self, failure: Failure | None) -> Walk:
        """The finished walk."""
        receptive, seen = _receptive(self.steps)
        return Walk(
            pipeline=replace(self.pipeline, stages=tuple(self.stages)) if self.changed else self.pipeline,
            steps=tuple(self.steps),
            conditions=tuple(condition for _, condition in self.conditions),
            solved=self.solved,
            params=added(step.params.value for step in self.steps),
            macs=added(step.macs.value for step in self.steps),
            activation_bytes=added(_written(step) for step in self.steps),
            receptive=receptive,
            receptive_stages=seen,
            failure=failure,
        )


def _require_countable(working: Working) -> None:
    """Torch counts the bytes of a new tensor in 63 bits."""
    if working.stage.name in _VIEWS:
        return
    for output in working.outputs:
        elements = requirement.least(product(output.tensor.shape))
        if elements is not None and elements * WIDTHS[output.tensor.dtype] > _MOST_BYTES:
            working.refuse(f"{working.stage.name} would give {output.tensor}: more bytes than torch can count.")


def _lay_out(working: Working) -> None:
    """Gives a layer's first output its place in memory."""
    if not working.inputs or not working.outputs or working.stage.name in flatten.FORMULAS:
        return
    first = working.outputs[0]
    strides = left_by(working.stage, working.x, first.tensor)
    if strides is not None:
        working.outputs[0] = replace(first, tensor=replace(first.tensor, strides=strides))


def _arguments(stage: Stage) -> dict[str, Value]:
    args = full_args(stage)
    for name in _required(stage.kind, stage.name):
        if name not in args:
            raise Misfit(f"{stage.name} needs `{name}`, and nothing was written for it.")
    return args


@cache
def _required(kind: str, name: str) -> tuple[str, ...]:
    taken = operation(name) if kind == "op" else signature(name)
    nested = LAYERS[name].nested if kind == "layer" else {}  # such a module may be written through its own arguments
    return tuple(each.name for each in taken.parameters if each.required and each.name not in nested)


def _written(step: Step) -> Size:
    """Bytes of new memory that a stage's outputs take."""
    if step.stage.name in _VIEWS or step.stage.args.get("inplace"):
        return 0
    return added(product(output.tensor.shape) * WIDTHS[output.tensor.dtype] for output in step.outputs)


def _free(inputs: tuple[Tensor, ...]) -> frozenset[str]:
    return frozenset().union(*(symbols(size) for tensor in inputs for size in tensor.shape))


def _receptive(steps: list[Step]) -> tuple[tuple[Size, ...] | None, int]:
    """Receptive field and for how many stages it holds: each kernel adds its reach in units of the steps before it."""
    reach: list[Size] | None = None
    jump: list[Size] = []
    seen = 0
    for count, step in enumerate(steps, start=1):
        view = step.field_of_view
        if view is None:
            if step.stage.kind == "layer" and step.stage.name in _POINTWISE:
                continue
            break
        if reach is None:
            reach, jump = [1] * len(view.reach), [1] * len(view.reach)
        if len(view.reach) != len(reach):
            break
        reach = [old + (new - 1) * apart for old, new, apart in zip(reach, view.reach, jump, strict=True)]
        jump = [old * new for old, new in zip(jump, view.step, strict=True)]
        seen = count
    return (None if reach is None else tuple(reach)), seen
