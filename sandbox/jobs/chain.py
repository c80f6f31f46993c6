"""Stages as one thing to call, and inputs to call it with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from sandbox.jobs.bounds import TooMuchError
from sandbox.jobs.build import DTYPES, Built, build
from sandbox.language.model import Stage


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


def _tensor(shape: list[int], dtype: str, device: str, largest: int) -> torch.Tensor:
    kind = DTYPES.get(dtype)
    if kind is None:
        raise TooMuchError(f"this worker has no dtype {dtype}")
    try:
        if kind.is_floating_point or kind.is_complex:
            return torch.rand(shape, dtype=kind, device=device)
        if kind is torch.int64:
            return torch.randint(max(1, largest), shape, device=device)
        return torch.zeros(shape, dtype=kind, device=device)
    except (TypeError, OverflowError) as fault:
        raise TooMuchError(f"torch makes no tensor of that shape: {fault}") from fault
