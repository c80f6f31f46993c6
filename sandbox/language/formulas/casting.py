"""Operations that change the kind of number a tensor holds, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.language.formulas.tensors import give
from sandbox.language.formulas.working import Formula, Working
from sandbox.language.layers.tensor_ops import CASTS
from sandbox.language.memory import elementwise
from sandbox.language.model import Dtype


def to(w: Working) -> None:
    """`x.to(torch.float64)`."""
    dtype = w.args["dtype"]
    if not isinstance(dtype, Dtype):
        w.refuse(f"to needs a dtype such as float64, not {dtype!r}.")
    _cast(w, dtype.name)


def _cast(w: Working, dtype: str) -> None:
    w.require_inputs(1)
    strides = w.x.strides if dtype == w.x.dtype else elementwise(w.x, w.x.shape)
    give(w, w.x.shape, strides=strides, dtype=dtype)


def _named(dtype: str) -> Formula:
    return lambda w: _cast(w, dtype)


CASTING: Mapping[str, Formula] = {"to": to, **{name: _named(dtype) for name, dtype in CASTS.items()}}
