"""Calls that would break torch itself instead of raising: they write out of bounds, or end the process.

Such a call is not made, on any device. What to tell the learner instead is the language's to say: it knows shapes and
dtypes without running anything.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from sandbox.jobs.bounds import NotRunError

_NO_ROOM = "torch would write out of bounds: {} cannot hold the last offset, {}"


class HazardError(NotRunError):
    """A call that torch does not survive."""


def made_safe(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, with valid numbers where torch trusts them blindly.

    Raises:
        HazardError: no numbers would make this call valid.
    """
    match module, inputs:
        case nn.EmbeddingBag(), (torch.Tensor() as indices, torch.Tensor() as offsets, *rest):
            return indices, _valid_offsets(module, indices, offsets), *rest
        case ((nn.LSTMCell() | nn.GRUCell()), (torch.Tensor() as x, state)):
            _check_state(x, state[0] if isinstance(state, tuple) else state)
    return inputs


def _valid_offsets(bag: nn.EmbeddingBag, indices: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Offsets that begin with 0 and, where torch wants it, end with the number of indices; torch checks neither end."""
    count = indices.numel()
    if indices.dim() != 1 or offsets.dim() != 1 or count == 0:
        return offsets
    if len(offsets) < 1 + bool(bag.include_last_offset):
        raise HazardError("torch would write out of bounds: these offsets begin no bag for the indices")
    if not bag.include_last_offset or offsets.is_meta:
        return offsets
    valid = offsets.clone()
    try:
        valid[-1] = count
    except RuntimeError as fault:  # torch sees the overflow of most dtypes, but not that of bool
        raise HazardError(_NO_ROOM.format(offsets.dtype, count)) from fault
    if valid[-1] != count:
        raise HazardError(_NO_ROOM.format(offsets.dtype, count))
    return valid


def _check_state(x: Any, hidden: Any) -> None:
    if isinstance(hidden, torch.Tensor) and x.dim() == 1 and hidden.dim() != 1:
        raise HazardError("torch would end the worker: a state with a batch axis for an input without one")
