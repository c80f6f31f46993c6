"""One question to the worker, and what its answer says of a closed form: the pure half of asking torch.

A `Trial` holds the closed form at one choice of the free sizes. Torch is asked on the meta device, and where the
tensors are small also with real numbers on the CPU, since meta accepts things that a real run refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.language.model import Tensor
from sandbox.language.size import Bindings, Size, evaluate, product, symbols
from sandbox.language.walk import Step, Walk
from sandbox.language.wire import stage_to_wire

# A real run beside the meta one must cost no more than a question is worth; larger ones are checked at smaller sizes.
MAX_CPU_ELEMENTS = 500_000  # of one stage's outputs, or of the inputs
MAX_CPU_PARAMS = 4_000_000  # of one stage
MAX_CPU_MACS = 4_000_000  # of one stage

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchError:
    """What torch said: the stage counted from 0, `build` or `forward`, the exception's name and words."""

    stage: int
    step: str
    type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run gave: output shapes and dtypes a stage, parameters a stage, and the error that ended it."""

    outputs: tuple[tuple[tuple[Shape, str], ...], ...]
    params: tuple[int, ...]
    error: TorchError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The closed form at one choice of sizes: concrete inputs, and the outputs and parameters that it predicts."""

    inputs: tuple[tuple[Shape, str], ...]
    outputs: tuple[tuple[tuple[Shape, str], ...], ...]
    params: tuple[int, ...]
    real: bool

    def case(self) -> dict[str, Any]:
        """The case of a SHAPE job that asks torch the same."""
        inputs = [{"shape": list(shape), "dtype": dtype} for shape, dtype in self.inputs]
        return {"inputs": inputs, "meta": True, "cpu": self.real}


def trial(walk: Walk, bindings: Bindings) -> Trial:
    """The closed form at these sizes; raises `UnboundSizeError` where a free size has no number."""
    return Trial(
        inputs=tuple((_shape(tensor, bindings), tensor.dtype) for tensor in walk.pipeline.inputs),
        outputs=tuple(
            tuple((_shape(output.tensor, bindings), output.tensor.dtype) for output in step.outputs)
            for step in walk.steps
        ),
        params=tuple(evaluate(step.params.value, bindings) for step in walk.steps),
        real=is_small(walk, bindings),
    )


def is_small(walk: Walk, bindings: Bindings) -> bool:
    """Whether a run with real numbers costs little."""
    return all(_step_is_small(step, bindings) for step in walk.steps) and _elements(walk.pipeline.inputs, bindings) <= (
        MAX_CPU_ELEMENTS
    )


def payload(walk: Walk, trials: list[Trial], *, stages: int | None = None) -> dict[str, Any]:
    """A SHAPE job's payload: the first `stages` stages (all, unless said) on the inputs of every trial."""
    pipeline = walk.pipeline
    return {
        "stages": [stage_to_wire(stage) for stage in pipeline.stages[:stages]],
        "training": pipeline.training,
        "python": pipeline.python,
        "cases": [each.case() for each in trials],
    }


def read_run(raw: Mapping[str, Any] | None) -> Run | None:
    """A worker's run, or None where it was not made (`skipped`)."""
    if raw is None or raw.get("skipped"):
        return None
    stages = raw["stages"]
    error = raw["error"]
    return Run(
        outputs=tuple(
            tuple((tuple(output["shape"]), output["dtype"]) for output in stage["outputs"]) for stage in stages
        ),
        params=tuple(stage["params"] for stage in stages),
        error=None
        if error is None
        else TorchError(stage=error["stage"], step=error["step"], type=error["type"], text=error["text"]),
    )


def agrees(expected: Trial, run: Run) -> bool:
    """Whether torch gave exactly the shapes, dtypes and parameter counts that the closed form predicts."""
    return run.error is None and run.outputs == expected.outputs and run.params == expected.params


def free_sizes(walk: Walk) -> frozenset[str]:
    """The sizes that the question leaves open."""
    return frozenset().union(*(symbols(size) for tensor in walk.pipeline.inputs for size in tensor.shape))


def _shape(tensor: Tensor, bindings: Bindings) -> Shape:
    return tuple(evaluate(size, bindings) for size in tensor.shape)


def _elements(tensors: tuple[Tensor, ...], bindings: Bindings) -> int:
    return sum(evaluate(product(tensor.shape), bindings) for tensor in tensors)


def _step_is_small(step: Step, bindings: Bindings) -> bool:
    def number(size: Size) -> int:
        return evaluate(size, bindings)

    elements = _elements(tuple(output.tensor for output in step.outputs), bindings)
    return (
        elements <= MAX_CPU_ELEMENTS
        and number(step.params.value) <= MAX_CPU_PARAMS
        and number(step.macs.value) <= MAX_CPU_MACS
    )
