"""Asks torch what a line of the layer language gives, and holds the closed form against it.

Three opinions are compared: the formula, torch's meta device, and a real run on the CPU. Where they differ, torch's
word counts and the difference is reported. A failure comes with the smallest change that torch has seen work.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sandbox.client import Sandbox
from sandbox.language.formulas.working import Fix
from sandbox.language.grammar import parse
from sandbox.language.meanings import meaning
from sandbox.language.model import Output, Pipeline, Stage, Tensor, Unknown
from sandbox.language.repairs import repairs
from sandbox.language.size import Size, evaluate, symbol
from sandbox.language.spelling import spell_pipeline, spell_stage, spell_stages
from sandbox.language.walk import Walk, bindings, walk
from sandbox.protocol import Job, JobKind, Result, Status
from sandbox.trial import Run, TorchError, Trial, agrees, free_sizes, payload, read_run, trial

CHOICES = 3  # of free sizes that an answer for every value is checked at
CHOICES_OF_LARGE = 2  # the same for models whose single run takes torch some time
LARGE_PARAMS, LARGE_STAGES = 1_000_000, 32
MAX_REPAIRS = 6  # changes that are tried before none is offered
SMALL_AXIS = 8  # longer axes may shrink in a check at smaller sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A change that torch has run: `write` instead of `wrote`, or the whole `line`."""

    line: str
    write: str
    wrote: str
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Which stage cannot take its input (counted from 0), torch's words, what they mean, and what would work."""

    index: int
    stage: str
    inputs: tuple[Tensor, ...]
    torch_words: str
    torch_type: str
    means: str
    repair: Repair | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes out of a pipeline, and who says so.

    Attributes:
        walk: the closed form, with the working of every stage.
        outputs: what comes out: torch's word where it differs from the closed form's.
        agreed: which of `formula`, `meta` and `cpu` gave the same, the formula first.
        torch: torch's version, or empty where it did not answer.
        checked_at: the inputs that torch was given.
        failure: set where the pipeline does not work.
        unchecked: why torch did not confirm; empty where it did.
        disagreement: what differs between formula and torch; for the log and for the reader.
    """

    walk: Walk
    outputs: tuple[Output, ...]
    agreed: tuple[str, ...]
    torch: str = ""
    device: str = "cpu"
    checked_at: tuple[tuple[tuple[int, ...], ...], ...] = ()
    failure: Failed | None = None
    unchecked: str = ""
    disagreement: str = ""


@dataclass(slots=True)
class Oracle:
    """Answers lines of the language; holds nothing between questions but a counter for job ids."""

    sandbox: Sandbox
    ids: itertools.count[int] = field(default_factory=itertools.count)

    async def ask(self, text: str) -> Answer:
        """What the line gives. Raises `LanguageError` where it is not in the language, and nothing else."""
        return await self.answer(parse(text))

    async def answer(self, pipeline: Pipeline) -> Answer:
        """What the pipeline gives."""
        closed = walk(pipeline)
        if closed.failure is not None:
            return await self._confirm_failure(closed)
        trials = [trial(closed, each) for each in _choices(closed)]
        result = await self._run(payload(closed, trials))
        if result.status is not Status.OK:
            return Answer(walk=closed, outputs=_last(closed), agreed=("formula",), unchecked=_why(result))
        answer = self._judge(closed, trials, result)
        if answer.failure is not None:
            return replace(answer, failure=await self._repaired(closed, answer.failure))
        if "cpu" not in answer.agreed and not answer.disagreement:
            return await self._check_smaller(closed, answer)
        return answer

    # ---- where the formula sees an answer

    def _judge(self, closed: Walk, trials: Sequence[Trial], result: Result) -> Answer:
        agreed = {"formula"}
        for expected, case in zip(trials, result.value["cases"], strict=True):
            runs = {"meta": read_run(case["meta"]), "cpu": read_run(case["cpu"])}
            real = runs["cpu"] or runs["meta"]
            if real is None:
                continue
            if real.error is not None:
                return self._fails(closed, expected, real.error, result)
            if not agrees(expected, real):
                return self._differs(closed, expected, real, result)
            agreed |= {name for name, run in runs.items() if run is not None and agrees(expected, run)}
        unchecked = "" if len(agreed) > 1 else "torch was not asked: this size is too large to run here"
        return Answer(
            walk=closed,
            outputs=_last(closed),
            agreed=tuple(name for name in ("formula", "meta", "cpu") if name in agreed),
            torch=result.torch_version,
            device=result.device,
            checked_at=tuple(tuple(shape for shape, _ in each.inputs) for each in trials) if len(agreed) > 1 else (),
            unchecked=unchecked,
        )

    def _fails(self, closed: Walk, at: Trial, error: TorchError, result: Result) -> Answer:
        step = closed.steps[error.stage]
        failed = Failed(
            index=error.stage,
            stage=spell_stage(step.stage, python=closed.pipeline.python),
            inputs=step.inputs,
            torch_words=error.text,
            torch_type=error.type,
            means=meaning(error.text) or "Torch refuses this combination of arguments and input.",
            repair=None,
        )
        return Answer(
            walk=closed,
            outputs=(),
            agreed=(),
            torch=result.torch_version,
            device=result.device,
            checked_at=(tuple(shape for shape, _ in at.inputs),),
            failure=failed,
            disagreement=f"the formula expected an answer; torch raised {error.type} at stage {error.stage + 1}",
        )

    def _differs(self, closed: Walk, at: Trial, run: Run, result: Result) -> Answer:
        names = [output.name for output in _last(closed)]
        given = run.outputs[-1]
        outputs = tuple(
            Output(names[index] if index < len(names) else f"output {index + 1}", Tensor(shape, dtype))
            for index, (shape, dtype) in enumerate(given)
        )
        return Answer(
            walk=closed,
            outputs=outputs,
            agreed=("meta", "cpu") if at.real else ("meta",),
            torch=result.torch_version,
            device=result.device,
            checked_at=(tuple(shape for shape, _ in at.inputs),),
            disagreement=f"the formula gives {at.outputs[-1]} and {sum(at.params)} parameters, "
            f"torch gives {given} and {sum(run.params)}",
        )

    async def _check_smaller(self, closed: Walk, answer: Answer) -> Answer:
        """Where a real run would be too large: the same rule at small sizes, if it is the same rule."""
        for apart in (False, True):
            small = _at_free_sizes(closed, apart=apart)
            trials = [trial(small, each) for each in bindings(small, CHOICES)] if small is not None else []
            if small is not None and any(each.real for each in trials):
                return await self._check_at(small, trials, answer)
        return answer

    async def _check_at(self, small: Walk, trials: list[Trial], answer: Answer) -> Answer:
        """The answer with what torch says at these sizes, where it agrees there."""
        result = await self._run(payload(small, trials))
        if result.status is not Status.OK:
            return answer
        verdict = self._judge(small, trials, result)
        if verdict.failure is not None or verdict.disagreement or len(verdict.agreed) < 2:
            return answer
        agreed = tuple(name for name in ("formula", "meta", "cpu") if name in {*answer.agreed, *verdict.agreed})
        return replace(
            answer,
            agreed=agreed,
            torch=result.torch_version,
            checked_at=answer.checked_at + verdict.checked_at,
            unchecked="",
        )

    # ---- where the formula sees a failure

    async def _confirm_failure(self, closed: Walk) -> Answer:
        failure = closed.failure
        if failure is None:
            raise AssertionError("only a walk that failed is confirmed")
        stage = closed.pipeline.stages[failure.index]
        step_inputs = _inputs_of(closed, failure.index)
        failed = Failed(
            index=failure.index,
            stage=spell_stage(stage, python=closed.pipeline.python),
            inputs=step_inputs,
            torch_words="",
            torch_type="",
            means=failure.words,
            repair=None,
        )
        answer = Answer(walk=closed, outputs=(), agreed=("formula",), failure=failed)
        if _has_unknown(stage):
            return replace(answer, failure=await self._repaired(closed, failed))
        choice = _choices(closed)[0]
        at = trial(closed, choice)
        result = await self._run(payload(closed, [at], stages=failure.index + 1))
        if result.status is not Status.OK:
            return replace(answer, unchecked=_why(result))
        case = result.value["cases"][0]
        meta, real = read_run(case["meta"]), read_run(case["cpu"])
        told = real or meta
        answer = replace(
            answer,
            torch=result.torch_version,
            device=result.device,
            checked_at=(tuple(shape for shape, _ in at.inputs),),
        )
        if told is None:
            return replace(answer, unchecked="torch was not asked: this size is too large to run here")
        if told.error is None:
            return await self._torch_accepts(closed, answer, told)
        error = told.error
        names = [name for name, run in (("meta", meta), ("cpu", real)) if run is not None and run.error is not None]
        failed = replace(failed, torch_words=error.text, torch_type=error.type)
        return replace(answer, agreed=("formula", *names), failure=await self._repaired(closed, failed))

    async def _torch_accepts(self, closed: Walk, answer: Answer, run: Run) -> Answer:
        """The formula was wrong to refuse: torch's word counts."""
        outputs = tuple(
            Output("output" if index == 0 else f"output {index + 1}", Tensor(shape, dtype))
            for index, (shape, dtype) in enumerate(run.outputs[-1])
        )
        whole = len(run.outputs) == len(closed.pipeline.stages)
        words = "" if answer.failure is None else answer.failure.means
        return replace(
            answer,
            outputs=outputs if whole else (),
            agreed=("meta", "cpu"),
            failure=None if whole else answer.failure,
            disagreement=f"the formula refuses ({words}), torch accepts",
        )

    async def _repaired(self, closed: Walk, failed: Failed) -> Failed:
        """The failure with the first change that torch accepts, if one of the nearest few does."""
        failure = closed.failure
        if failure is None:
            return failed
        for fix, repaired in itertools.islice(repairs(closed), MAX_REPAIRS):
            trials = [trial(repaired, each) for each in _choices(repaired)]
            result = await self._run(payload(repaired, trials))
            if result.status is not Status.OK:
                continue
            verdict = self._judge(repaired, trials, result)
            if verdict.failure is None and not verdict.disagreement and not verdict.unchecked:
                return replace(
                    failed,
                    repair=Repair(
                        line=spell_pipeline(repaired.pipeline),
                        write=_written(repaired.pipeline, failure.index, fix),
                        wrote=_wrote(closed.pipeline, failure.index, fix),
                        outputs=verdict.outputs,
                    ),
                )
        return failed

    async def _run(self, job: dict[str, object]) -> Result:
        return await self.sandbox.run(Job(id=f"shape-{next(self.ids)}", kind=JobKind.SHAPE, payload=job))


def _choices(closed: Walk) -> list[dict[str, int]]:
    free = free_sizes(closed)
    if not free:
        return [{}]
    large = len(closed.steps) > LARGE_STAGES or not isinstance(closed.params, int) or closed.params > LARGE_PARAMS
    count = 1 if closed.failure is not None else CHOICES_OF_LARGE if large else CHOICES
    return bindings(closed, count) or [dict.fromkeys(free, 4)]


def _last(closed: Walk) -> tuple[Output, ...]:
    return closed.steps[-1].outputs


def _inputs_of(closed: Walk, index: int) -> tuple[Tensor, ...]:
    if index == 0 or not closed.steps:
        return closed.pipeline.inputs
    return (closed.steps[min(index, len(closed.steps)) - 1].outputs[0].tensor,)


def _has_unknown(stage: Stage) -> bool:
    return any(isinstance(value, Unknown) for value in stage.args.values())


def _why(result: Result) -> str:
    match result.status:
        case Status.TIMEOUT:
            return "torch took too long over it"
        case Status.MEMORY:
            return "torch ran out of the memory it may use"
        case _:
            return result.error or "the torch worker is not up"


def _at_free_sizes(closed: Walk, *, apart: bool) -> Walk | None:
    """The same question with its long axes left free, where the closed form is the same rule there.

    Axes of one size mostly belong together and shrink together. `apart`: each shrinks by itself, since the 28 of
    `lstm 28 64 @ 8x28x28` stands for the features, which cannot, and for the steps, which can.
    """
    names: dict[str, int] = {}

    def freed(tensor: Tensor) -> Tensor:
        shape: list[Size] = []
        for size in tensor.shape:
            if isinstance(size, int) and size > SMALL_AXIS:
                alike = (known for known, number in names.items() if number == size and not apart)
                name = next(alike, f"a{len(names)}")
                names[name] = size
                shape.append(symbol(name))
            else:
                shape.append(size)
        return Tensor(tuple(shape), tensor.dtype)

    inputs = tuple(freed(tensor) for tensor in closed.pipeline.inputs)
    if not names:
        return None
    small = walk(replace(closed.pipeline, inputs=inputs))
    if small.failure is not None:
        return None
    actual = names
    for ours, theirs in zip(_last(closed), _last(small), strict=True):
        for exact, rule in zip(ours.tensor.shape, theirs.tensor.shape, strict=True):
            if isinstance(exact, int) and evaluate(rule, actual) != exact:
                return None
    return small


def _written(pipeline: Pipeline, index: int, fix: Fix) -> str:
    """The part of the line that a fix changed, as it is now."""
    if fix.inputs:
        return spell_pipeline(replace(pipeline, stages=pipeline.stages[:1]))
    if fix.insert is not None:
        return spell_stages(pipeline.stages[index : index + 2], python=pipeline.python)
    if fix.evaluate:
        return f"{spell_stage(pipeline.stages[index])} eval"
    return spell_stage(pipeline.stages[index], python=pipeline.python)


def _wrote(pipeline: Pipeline, index: int, fix: Fix) -> str:
    """The same part as it was."""
    if fix.inputs:
        return spell_pipeline(replace(pipeline, stages=pipeline.stages[:1]))
    return spell_stage(pipeline.stages[index], python=pipeline.python)
