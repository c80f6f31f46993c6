"""Tensors to feed a stage with: zeros, which are a valid index, class, probability and length everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from sandbox.jobs.bounds import MOST_ELEMENTS, TooMuchError
from sandbox.jobs.build import DTYPES

_FEW_ELEMENTS = 1_000_000


def feed(tensors: Iterable[Mapping[str, Any]], device: str) -> tuple[torch.Tensor, ...]:
    """Tensors of the wanted shapes and dtypes.

    Raises:
        TooMuchError: no such tensor can be made on the device.
    """
    return tuple(_tensor(tensor["shape"], str(tensor["dtype"]), device) for tensor in tensors)


def stand_in(value: Any) -> Any:
    """The same on the CPU for whatever a stage was fed on the meta device.

    Large tensors are one zero seen many times: they have their shape, and take no memory.
    """
    if isinstance(value, torch.Tensor):
        if value.numel() <= _FEW_ELEMENTS:
            return torch.zeros(value.shape, dtype=value.dtype)
        return torch.zeros((), dtype=value.dtype).expand(value.shape)
    if isinstance(value, (tuple, list)):
        return tuple(stand_in(item) for item in value)
    return value


def _tensor(shape: list[int], dtype: str, device: str) -> torch.Tensor:
    kind = DTYPES.get(dtype)
    if kind is None:
        raise TooMuchError(f"this worker has no dtype {dtype}")
    try:
        if device == "meta":
            return torch.empty(shape, dtype=kind, device="meta")
        elements = 1
        for size in shape:
            elements *= size
        if elements > MOST_ELEMENTS:
            raise TooMuchError(f"an input has {elements} elements, and the limit for real numbers is {MOST_ELEMENTS}")
        return torch.zeros(shape, dtype=kind)
    except (RuntimeError, TypeError, OverflowError) as fault:
        raise TooMuchError(f"torch makes no tensor of that shape: {str(fault).splitlines()[0]}") from fault
