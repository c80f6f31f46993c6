"""The BENCH job: how long the forward and the backward of some stages take, how much memory, and how sure that is.

Payload: `{"stages": [...], "training": bool, "python": bool, "inputs": [{"shape", "dtype"}], "macs": int,
"takes": {"parameters", "inputs", "activations"}, "budget_s": float}`, see `sandbox.bench_job`. Value:
`{"times": {"forward": Time, "backward": Time | null, "total": Time | null}, "no_backward": why, "threads", "params",
"memory": {"parameters", "inputs", "kept", "outputs", "gradients", "forward", "backward"}, "rate", "error": {"type",
"message", "stage", "step"} | null}` with Time = `{"median_ms", "low_ms", "high_ms", "runs", "noisy"}`.

Memory is in bytes. `forward` and `backward` are the most that torch's own allocator had given out at a time, on top of
parameters and inputs; what a library takes for itself is not in it. `kept` is what stays between the two: the output,
and what autograd saved. `rate` is what one large matrix product reaches here, in multiply-adds a second.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from sandbox.jobs import bounds, chain, memory
from sandbox.jobs.bounds import NotRunError, TooMuchError
from sandbox.jobs.chain import Chain, tensors
from sandbox.language.model import Stage
from sandbox.language.wire import stage_from_wire
from sandbox.protocol import Limits, Status

_BUDGET_S = 1.0
_USABLE = 0.8  # of the job's time; the rest is for starting and answering
_SLOW = 3  # times as long as the first that a later run may take, where other work comes between
_PART = 0.25  # of the budget at most, for warming up
_WARM_S = 0.1
_MOST_RUNS, _FEWEST_RUNS = 1_000, 3
_NOISY = 0.2  # quartiles further apart than this part of the median
_MATRIX, _PRODUCTS = 384, 10  # rows and columns of the product that shows what the machine can do, and how often
_PASSES, _TIMES = 3, 2  # a backward takes about two forwards; one run tries, the next is timed
_LONGEST_TEXT = 600

Answer = dict[str, Any]
Clock = Callable[[], float]


def perform(
    payload: Mapping[str, Any], limits: Limits, device: str = "cpu", clock: Clock = time.perf_counter
) -> Answer:
    """The answer: `{"status", "value", "limit", "error"}`. What torch refuses is a value; see the module.

    Args:
        payload: see the module.
        limits: of the job; what would go over them is refused before it is tried, with the figure.
        device: `cpu` or `cuda`.
        clock: seconds.
    """
    bench = _Bench(payload, limits, device, clock)
    try:
        return _answer(Status.OK, bench.measured())
    except _TooLongError as fault:
        return _answer(Status.TIMEOUT, None, limit="wall", error=str(fault))
    except TooMuchError as fault:
        return _answer(Status.MEMORY, None, limit="memory", error=str(fault))
    except NotRunError as fault:
        return _answer(Status.USER_ERROR, None, error=str(fault))
    except Exception as fault:  # noqa: BLE001 whatever torch raises is the answer
        error = {"type": type(fault).__name__, "message": str(fault)[:_LONGEST_TEXT], **bench.where}
        return _answer(Status.USER_ERROR, {"error": error})


def _answer(status: Status, value: Answer | None, *, limit: str = "", error: str = "") -> Answer:
    return {"status": status.value, "value": value, "limit": {"name": limit} if limit else None, "error": error}


class _TooLongError(Exception):
    """It would take longer than a job may."""


@dataclass(slots=True)
class _Samples:
    """Seconds of each run."""

    forward: list[float] = field(default_factory=list)
    backward: list[float] = field(default_factory=list)


class _Bench:
    """One job."""

    def __init__(self, payload: Mapping[str, Any], limits: Limits, device: str, clock: Clock) -> None:
        self._payload = payload
        self._limits = limits
        self._device = device
        self._clock = clock
        self._started = clock()
        self._chain: Chain | None = None
        self._inputs: tuple[torch.Tensor, ...] = ()
        self._no_backward = ""

    @property
    def where(self) -> dict[str, Any]:
        """Which stage it is at, counted from 0, and whether that is built or run."""
        if self._chain is None:
            return {"stage": 0, "step": "build"}
        return {"stage": self._chain.at, "step": self._chain.step}

    def measured(self) -> Answer:
        """Build, try, warm up, measure and count."""
        payload = self._payload
        mode = {"training": bool(payload["training"]), "python": bool(payload["python"])}
        stages = [stage_from_wire(stage) for stage in payload["stages"]]
        bounds.check_stages(stages)
        self._check_memory()
        rate = self._rate()
        self._check_time(rate)
        torch.manual_seed(0)
        self._chain = Chain(self._device, **mode)
        self._chain.build(stages)
        self._inputs = chain.inputs(payload["inputs"], self._device, _words(stages))
        first = self._now()
        self._try()
        once = self._now() - first
        samples = self._samples(once)
        return {
            "times": self._times(samples),
            "no_backward": self._no_backward,
            "threads": torch.get_num_threads() if self._device == "cpu" else 0,
            "params": sum(weight.numel() for weight in self._chain.weights()),
            "memory": self._memory(once),
            "rate": max(rate, self._rate()),
            "error": None,
        }

    def _memory(self, once_s: float) -> dict[str, int | None]:
        """Bytes, see the module; what there is no time left to find out is None."""
        found: dict[str, int | None] = {
            "parameters": memory.size(self._weights()),
            "inputs": memory.size(self._inputs),
            **dict.fromkeys(("outputs", "kept", "gradients", "forward", "backward")),
        }
        if self._left() > _SLOW * once_s:
            taken = memory.watch(self._forward, None if self._no_backward else self._backward, self._device)
            found |= {"outputs": taken.outputs, "kept": taken.kept, "forward": taken.forward}
            if not self._no_backward:
                leaves = [*self._weights(), *self._inputs]
                grads = memory.size([leaf.grad for leaf in leaves if leaf.grad is not None])
                found |= {"backward": taken.backward, "gradients": grads}
        return found

    def _left(self) -> float:
        """Seconds of the job's time that may still be used."""
        return min(self._limits.wall_s, self._limits.cpu_s) * _USABLE - (self._clock() - self._started)

    # Before anything is taken.

    def _rate(self) -> float:
        """Multiply-adds a second of a large matrix product, undisturbed: what this machine can do."""
        square = torch.rand(_MATRIX, _MATRIX, device=self._device)
        times = []
        for _ in range(_PRODUCTS):
            started = self._now()
            torch.mm(square, square)
            times.append(self._now() - started)
        return float(_MATRIX**3 / min(times))

    def _check_memory(self) -> None:
        """Parameters, inputs and what the stages write, and a gradient for each."""
        takes = {name: int(size) for name, size in self._payload["takes"].items()}
        total = 2 * sum(takes.values())
        if total > self._limits.memory_mb * 1024 * 1024:
            told = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in takes.items() if size >= 1e6)
            raise TooMuchError(
                f"forward and backward need about {total / 1e6:,.0f} MB ({told}; gradients as much again), and a run "
                f"may take {self._limits.memory_mb:,} MB"
            )

    def _check_time(self, rate: float) -> None:
        macs = int(self._payload["macs"])
        least = _TIMES * _PASSES * macs / rate
        if least > self._limits.wall_s * _USABLE:
            raise _TooLongError(
                f"forward and backward are about {_PASSES * macs:,} multiply-adds; even at the {2 * rate / 1e9:.3g} "
                f"GFLOP/s that a large matrix product reaches here, trying and timing them takes {least:,.1f} s, and a "
                f"run may take {self._limits.wall_s:g} s"
            )

    # One run.

    def _forward(self) -> Any:
        assert self._chain is not None  # noqa: S101 built before
        return self._chain(self._inputs)

    def _backward(self, returned: Any) -> None:
        outputs = [tensor for tensor in tensors(returned) if tensor.requires_grad]
        torch.autograd.backward(outputs, [torch.ones_like(tensor) for tensor in outputs])

    def _try(self) -> None:
        """Find out whether there is a backward, and for which inputs: as many as torch has derivatives for."""
        floating = [tensor for tensor in self._inputs if tensor.is_floating_point() or tensor.is_complex()]
        tries = [floating, floating[:1], []]
        for number, wanted in enumerate(tries):
            for tensor in floating:
                tensor.requires_grad_(any(tensor is each for each in wanted))
            self._forget_gradients()
            try:
                returned = self._forward()
                if not any(tensor.requires_grad for tensor in tensors(returned)):
                    kinds = ", ".join(str(tensor.dtype).removeprefix("torch.") for tensor in tensors(returned))
                    self._no_backward = self._no_backward or f"its output ({kinds}) has no gradient"
                    return
                self._backward(returned)
            except RuntimeError as fault:
                if number == len(tries) - 1 or _is_memory(fault):
                    raise
                self._no_backward = str(fault).splitlines()[0][:_LONGEST_TEXT]
            else:
                self._no_backward = ""
                self._forget_gradients()
                return

    def _weights(self) -> list[torch.Tensor]:
        assert self._chain is not None  # noqa: S101 built before
        return self._chain.weights()

    def _forget_gradients(self) -> None:
        for leaf in (*self._weights(), *self._inputs):
            leaf.grad = None

    def _run(self) -> tuple[float, float]:
        """Seconds of one forward and one backward."""
        started = self._now()
        returned = self._forward()
        between = self._now()
        if self._no_backward:
            return between - started, 0.0
        outputs = [tensor for tensor in tensors(returned) if tensor.requires_grad]
        gradients = [torch.ones_like(tensor) for tensor in outputs]
        resumed = self._now()
        torch.autograd.backward(outputs, gradients)
        ended = self._now()
        self._forget_gradients()
        return between - started, ended - resumed

    def _now(self) -> float:
        if self._device != "cpu":
            torch.cuda.synchronize()  # calls return before the device has done what they ask
        return self._clock()

    # Many runs.

    def _samples(self, once_s: float) -> _Samples:
        """Runs until the budget is used up; those that warm up are thrown away."""
        most = self._left() - _SLOW * once_s  # one more run counts the memory
        budget = min(float(self._payload.get("budget_s", _BUDGET_S)), most)
        samples = _Samples()
        collecting = gc.isenabled()
        gc.disable()
        try:
            started = self._clock()
            # Where one run takes long, the one that tried it out has warmed up enough.
            while self._clock() - started + once_s < min(_WARM_S, budget * _PART):
                self._run()
            while len(samples.forward) < _MOST_RUNS:
                forward, backward = self._run()
                samples.forward.append(forward)
                samples.backward.append(backward)
                now = self._clock() - started + forward + backward
                if now > (most if len(samples.forward) < _FEWEST_RUNS else budget):
                    break
        finally:
            if collecting:
                gc.enable()
        return samples

    def _times(self, samples: _Samples) -> dict[str, Any]:
        if self._no_backward:
            return {"forward": spread(samples.forward), "backward": None, "total": None}
        total = [sum(pair) for pair in zip(samples.forward, samples.backward, strict=True)]
        return {"forward": spread(samples.forward), "backward": spread(samples.backward), "total": spread(total)}


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """Median and quartiles in milliseconds of one run; noisy where those are far apart, or few runs say it."""
    low = median = high = seconds[0]
    if len(seconds) > 1:
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return {
        "median_ms": _round(median * 1e3),
        "low_ms": _round(low * 1e3),
        "high_ms": _round(high * 1e3),
        "runs": len(seconds),
        "noisy": len(seconds) < _FEWEST_RUNS or high - low > _NOISY * median,
    }


def _round(value: float) -> float:
    """Four digits that count."""
    return round(value, 3 - math.floor(math.log10(value))) if value > 0 else 0.0


def _words(stages: Sequence[Stage]) -> int:
    """Whole numbers of the input stay below the first stage's vocabulary, or are 0: a valid class everywhere."""
    words = stages[0].args.get("num_embeddings") if stages else None
    return words if isinstance(words, int) else 1


def _is_memory(fault: RuntimeError) -> bool:
    return "memory" in str(fault)
