"""Every formula by the name of its layer or operation, from the family files."""

from __future__ import annotations

from sandbox.language.formulas import (
    activation,
    attention,
    convolution,
    distance,
    dropout,
    embedding,
    flatten,
    folding,
    linear,
    loss,
    normalisation,
    padding,
    pooling,
    recurrent,
    resampling,
    tensor_ops,
    transformer,
)
from sandbox.language.formulas.working import Formula

_FAMILIES = (
    activation,
    attention,
    convolution,
    distance,
    dropout,
    embedding,
    flatten,
    folding,
    linear,
    loss,
    normalisation,
    padding,
    pooling,
    recurrent,
    resampling,
    transformer,
)

LAYER_FORMULAS: dict[str, Formula] = {
    name: formula for family in _FAMILIES for name, formula in family.FORMULAS.items()
}
OP_FORMULAS: dict[str, Formula] = tensor_ops.FORMULAS
