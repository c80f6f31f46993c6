"""The SHAPE job: what torch gives for these stages and these inputs, on the meta device and with real numbers.

Payload: `{"stages": [...], "training": bool, "python": bool, "cases": [{"inputs": [{"shape", "dtype"}], "meta": bool,
"cpu": bool}]}`, stages as `sandbox.language.wire` writes them. Value: `{"cases": [{"meta": Run | null, "cpu": Run |
null}]}` with Run = `{"stages": [{"outputs": [{"shape", "dtype"}], "params"}], "error": {"stage", "step": "build" |
"forward", "type", "text"} | null, "skipped": why | null}`.

Where the meta device refuses a case and real numbers were not asked for or are too many, the stage that failed is
still tried on the CPU by itself, since the CPU's words are those that a learner would see; the stages before it are
then the meta device's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from sandbox.jobs import bounds
from sandbox.jobs.bounds import NotRunError, TooMuchError
from sandbox.jobs.build import DTYPE_NAMES, Built, build, materialise
from sandbox.jobs.chain import tensors
from sandbox.jobs.inputs import feed, stand_in
from sandbox.language.wire import stage_from_wire

_LONGEST_TEXT = 600
_FEW_PARAMETERS = 100_000  # up to here, filling weights as torch does costs next to nothing
_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory")
# What the meta device says of a step whose outcome depends on numbers, or for which nobody wrote the shapes down.
_BLIND = re.compile(r"[Mm]eta [Tt]ensors?\b|[Mm]eta kernel|register_meta|data.dependent|fake impl")


@dataclass(slots=True)
class Run:
    """How far one case got on one device.

    Attributes:
        device: where it was run.
        stages: what came out of each stage, as JSON's values.
        error: what torch said, and where.
        skipped: why it was not run, or not to the end.
        passed: what the last stage that was tried got.
        sizes: elements that came out of each stage.
    """

    device: str
    stages: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    skipped: str | None = None
    passed: tuple[Any, ...] = ()
    sizes: list[int] = field(default_factory=list)

    def value(self) -> dict[str, Any]:
        """As JSON's values."""
        return {"stages": self.stages, "error": self.error, "skipped": self.skipped}

    def end(self, stage: int, step: str, fault: Exception) -> Run:
        """Say why it ended: torch's word is an error, ours and the machine's are not."""
        text = str(fault)
        if isinstance(fault, NotRunError):
            self.skipped = text
        elif isinstance(fault, MemoryError) or any(words in text for words in _OUT_OF_MEMORY):
            self.skipped = "the worker's memory does not suffice"
        elif self.device == "meta" and _BLIND.search(text):
            self.skipped = f"the meta device cannot run it: {text.splitlines()[0][:100]}"
        elif isinstance(fault, (ImportError, PermissionError)):
            self.skipped = f"the worker may not load what torch needs for it: {text[:_LONGEST_TEXT]}"
        else:
            kind = type(fault).__name__
            self.error = {"stage": stage, "step": step, "type": kind, "text": text[:_LONGEST_TEXT]}
        return self


def perform(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a SHAPE job; raises `ValueError` and its kin for a payload that is none."""
    question = _Question(payload)
    # The same numbers every time, also for what draws some (dropout, fractional pooling).
    torch.default_generator.manual_seed(0)
    return {"cases": [question.answer(case) for case in payload["cases"]]}


class _Question:
    """One job: its stages, built once a device for all cases unless they are lazy.

    Stages that are written alike are built once, and on the meta device run once on inputs alike: where there are no
    numbers, nothing else can come out. Half the time of a long chain went there.
    """

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self._stages = [stage_from_wire(stage) for stage in payload["stages"]]
        self._alike = _first_alike(payload["stages"])
        self._returned: dict[tuple[Any, ...], Any] = {}
        self._training = bool(payload["training"])
        self._python = bool(payload["python"])
        self._built: dict[tuple[str, int], Built] = {}

    def answer(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """Both runs of a case. The meta device always goes first: it tells what real numbers would cost."""
        meta = self._run(case, "meta")
        real = self._run(case, "cpu", meta) if case["cpu"] else None
        if meta.error is not None and (real is None or real.skipped is not None):
            real = self._failed_stage(meta)
        return {"meta": meta.value() if case["meta"] else None, "cpu": real.value() if real is not None else None}

    def _run(self, case: Mapping[str, Any], device: str, meta: Run | None = None) -> Run:
        run = Run(device)
        index, step = 0, "build"
        try:
            bounds.check_stages(self._stages)
            run.passed = feed(case["inputs"], device)
            for index in range(len(self._stages)):
                step = "build"
                built = self._build(index, device) if meta is None else self._build_real(index, meta)
                step = "forward"
                if meta is not None:
                    out = meta.sizes[index] if index < len(meta.sizes) else 0
                    bounds.check_real(built.stage, built.weights(), tensors(run.passed), out)
                self._forward(run, built, index)
        except Exception as fault:  # noqa: BLE001 whatever torch raises is the answer
            return run.end(index, step, fault)
        return run

    def _forward(self, run: Run, built: Built, index: int) -> None:
        returned = self._call_on_meta(built, index, run.passed) if run.device == "meta" else built.call(run.passed)
        outputs = list(tensors(returned))
        run.sizes.append(sum(tensor.numel() for tensor in outputs))
        params = sum(weight.numel() for weight in built.weights())
        run.stages.append({"outputs": [_described(tensor) for tensor in outputs], "params": params})
        run.passed = (returned,) if self._python or not outputs else (outputs[0],)

    def _call_on_meta(self, built: Built, index: int, passed: tuple[Any, ...]) -> Any:
        if built.lazy or len(self._stages) == 1 or not all(isinstance(each, torch.Tensor) for each in passed):
            return built.call(passed)
        alike = (self._alike[index], *((each.shape, each.stride(), each.dtype) for each in passed))
        if alike not in self._returned:
            self._returned[alike] = built.call(passed)
        return self._returned[alike]

    def _build(self, index: int, device: str) -> Built:
        index = self._alike[index]
        built = self._built.get((device, index))
        if built is None:
            built = build(self._stages[index], device, training=self._training)
            if not built.lazy:
                self._built[device, index] = built
        return built

    def _build_real(self, index: int, meta: Run) -> Built:
        """The stage with real weights, where they are affordable: the meta device knows how many there are."""
        ready = self._built.get(("cpu", self._alike[index]))
        if ready is not None:
            return ready
        stage = self._stages[index]
        try:
            light = self._build(index, "meta")
        except Exception as fault:  # torch refuses it there: the CPU's words may be others
            if not bounds.affordable(stage):
                raise TooMuchError("its arguments are too large to try with real numbers") from fault
            return self._build(index, "cpu")
        count = sum(weight.numel() for weight in light.weights())
        if index < len(meta.stages):
            count = meta.stages[index]["params"]
        bounds.check_parameters(count)
        if count <= _FEW_PARAMETERS or light.lazy:
            return self._build(index, "cpu")
        built = materialise(build(stage, "meta", training=self._training))
        self._built["cpu", self._alike[index]] = built
        return built

    def _failed_stage(self, meta: Run) -> Run:
        """The stage that failed on the meta device, alone on the CPU."""
        assert meta.error is not None  # noqa: S101 for the type checker
        run = Run("cpu", stages=list(meta.stages), sizes=list(meta.sizes))
        index, step = int(meta.error["stage"]), "build"
        try:
            built = self._build_real(index, meta)
            step = "forward"
            run.passed = stand_in(meta.passed)
            self._forward(run, built, index)
        except Exception as fault:  # noqa: BLE001 whatever torch raises is the answer
            return run.end(index, step, fault)
        if index + 1 < len(self._stages):
            run.skipped = f"only stage {index} was run with real numbers"
        return run


def _first_alike(stages: Sequence[Any]) -> list[int]:
    """For each stage the first that is written as it is."""
    known: dict[str, int] = {}
    return [known.setdefault(repr(stage), at) for at, stage in enumerate(stages)]


def _described(tensor: torch.Tensor) -> dict[str, Any]:
    name = DTYPE_NAMES.get(tensor.dtype)
    return {"shape": list(tensor.shape), "dtype": name or str(tensor.dtype).removeprefix("torch.")}
