"""Stages as one thing to call, and what calling it would take: told by torch's meta device, which takes no memory.

What is counted is what must be there at least: parameters, inputs, what autograd keeps between forward and backward,
outputs, and a gradient for each. Kernels may take more while they work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from sandbox.jobs import bounds
from sandbox.jobs.bounds import TooMuchError
from sandbox.jobs.build import DTYPES, Built, build
from sandbox.language.model import Stage

_MEGABYTE = 1_000_000


class Chain:
    """Stages in a row, each taking what the one before gave, as in a line of the layer language."""

    def __init__(self, device: str, *, training: bool, python: bool) -> None:
        """Empty; `at` always says which stage it is at, counted from 0, and `step` whether that is built or run."""
        self.at, self.step = 0, "build"
        self._device = device
        self._training = training
        self._python = python
        self._built: list[Built] = []

    def build(self, stages: Sequence[Stage]) -> None:
        """Make the modules; raises what torch raises."""
        for at, stage in enumerate(stages):
            self.at = at
            self._built.append(build(stage, self._device, training=self._training))

    def __call__(self, inputs: tuple[Any, ...]) -> Any:
        """What the last stage gives; raises what torch raises."""
        self.step = "forward"
        returned: Any = inputs
        for at, built in enumerate(self._built):
            self.at = at
            returned = built.call(inputs)
            first = next(tensors(returned), None)
            inputs = (returned,) if self._python or first is None else (first,)
        return returned

    def weights(self) -> list[torch.Tensor]:
        """All parameters; those of lazy layers once it has been called."""
        return [weight for built in self._built for weight in built.weights()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Bytes that must be there at the same time; `kept` is what backward needs beside parameters and inputs."""

    parameters: int
    inputs: int
    kept: int = 0
    outputs: int = 0

    @property
    def least(self) -> int:
        """With a gradient for parameters, inputs and outputs."""
        return 2 * (self.parameters + self.inputs) + self.kept + self.outputs


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in what a module got or gave, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors(item)


def inputs(asked: Sequence[Mapping[str, Any]], device: str, largest: int = 2) -> tuple[torch.Tensor, ...]:
    """Inputs with numbers that suit every layer: fractions below 1, whole numbers below `largest`.

    Raises:
        TooMuchError: torch makes no tensor of that shape or dtype.
    """
    return tuple(_tensor(list(each["shape"]), str(each["dtype"]), device, largest) for each in asked)


def cost(stages: Sequence[Stage], asked: Sequence[Mapping[str, Any]], *, training: bool, python: bool) -> Cost:
    """What forward and backward take at least; where the meta device cannot tell, that of inputs and parameters alone.

    Raises:
        TooMuchError: more stages than a worker should build.
    """
    bounds.check_stages(stages)
    given = inputs(asked, "meta")
    sizes = _bytes(given)
    parameters = 0
    try:
        chain = Chain("meta", training=training, python=python)
        chain.build(stages)
        parameters = _bytes(chain.weights())
        for tensor in given:
            if tensor.is_floating_point():
                tensor.requires_grad_()
        kept: dict[int, torch.UntypedStorage] = {}

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            kept[storage._cdata] = storage  # noqa: SLF001 the one name that a meta tensor's memory has
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            returned = chain(given)
        parameters = _bytes(chain.weights())
        there = {tensor.untyped_storage()._cdata for tensor in (*given, *chain.weights())}  # noqa: SLF001 as above
        left = sum(storage.nbytes() for name, storage in kept.items() if name not in there)
        out = [tensor for tensor in tensors(returned) if tensor.untyped_storage()._cdata not in there]  # noqa: SLF001
        return Cost(parameters=parameters, inputs=sizes, kept=left, outputs=_bytes(out))
    except Exception:  # noqa: BLE001 the meta device cannot run it, or torch refuses it: a real run will tell
        return Cost(parameters=parameters, inputs=sizes)


def check_memory(needed: Cost, memory_mb: int) -> None:
    """Raises `TooMuchError` with the figure, before any of it is taken."""
    if needed.least > memory_mb * 1024 * 1024:
        parts = (("parameters", needed.parameters), ("inputs", needed.inputs), ("outputs", needed.outputs))
        told = ", ".join(f"{name} {size / _MEGABYTE:,.0f} MB" for name, size in parts if size >= _MEGABYTE)
        raise TooMuchError(
            f"forward and backward need at least {needed.least / _MEGABYTE:,.0f} MB ({told}; gradients as much again), "
            f"and a run may take {memory_mb:,} MB"
        )


def _bytes(several: Sequence[torch.Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in several)


def _tensor(shape: list[int], dtype: str, device: str, largest: int) -> torch.Tensor:
    kind = DTYPES.get(dtype)
    if kind is None:
        raise TooMuchError(f"this worker has no dtype {dtype}")
    try:
        if device == "meta":
            return torch.empty(shape, dtype=kind, device="meta")
        if kind.is_floating_point or kind.is_complex:
            return torch.rand(shape, dtype=kind, device=device)
        if kind is torch.int64:
            return torch.randint(max(1, largest), shape, device=device)
        return torch.zeros(shape, dtype=kind, device=device)
    except (TypeError, OverflowError) as fault:
        raise TooMuchError(f"torch makes no tensor of that shape: {fault}") from fault
