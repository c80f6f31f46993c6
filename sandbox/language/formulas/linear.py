"""What comes out of the linear layers."""

from __future__ import annotations

from sandbox.language.formulas.checks import COMPLEX, countable, features_last, match_weights, solved, times, whole
from sandbox.language.formulas.working import Fix, Formula, Working
from sandbox.language.model import FLOAT, Dtype, Stage, Tensor, Value
from sandbox.language.size import Size, product


def linear(w: Working) -> None:
    """`y = x W^T + b` over the last axis; every other axis stays."""
    w.require_inputs(1)
    if not w.x.shape:
        w.refuse(f"{w.stage.name} works on the last axis, and the input is a single number without axes.")
    given = w.x.shape[-1]
    features = given if "in_features" not in w.args else solved(w, "in_features", given)
    outputs = whole(w, "out_features", 0)
    countable(w, outputs, features)
    _last_axis(w, features, outputs)
    match_weights(w)
    shape = (*w.x.shape[:-1], outputs)
    w.output(shape)
    w.line("last", "out_features", str(outputs), outputs)
    bias = w.flag("bias")
    w.count(features * outputs + outputs * bias, times(features, outputs) + f" + {outputs}" * bias)
    rows = product(w.x.shape[:-1])
    w.multiply_adds(rows * features * outputs, times(rows, features, outputs))


def _last_axis(w: Working, wanted: Size, outputs: int) -> None:
    given = w.x.shape[-1]
    if "in_features" not in w.args:
        w.notes.append(f"LazyLinear becomes Linear({given}, {outputs}) at the first call.")
        return
    words = f"Linear({wanted}, {outputs}) wants {wanted} features on the last axis, and {w.x} has {given} there."
    w.require_equal(given, wanted, words, *_linear_fixes(w.x, wanted))


def _linear_fixes(x: Tensor, wanted: Size) -> tuple[Fix, ...]:
    """What the numbers themselves point to comes first: a missing flatten, then an axis in the wrong place."""
    axes, given = len(x.shape), x.shape[-1]
    flatten = Stage("op", "flatten", {"start_dim": 1})
    fixes: list[Fix] = []
    rest = product(x.shape[1:])
    if axes > 2 and rest == wanted:
        fixes.append(Fix(insert=flatten))
    fixes += features_last(x, wanted)
    if isinstance(given, int):
        fixes.append(Fix({"in_features": given}))
    if axes > 3 and isinstance(rest, int):
        fixes.append(Fix({"in_features": rest}, insert=flatten))
    return tuple(fixes)


def bilinear(w: Working) -> None:
    """`y = x1^T A x2 + b` over the last axes of two inputs that agree in all others."""
    w.require_inputs(2)
    left, right = w.inputs
    if not left.shape or not right.shape:
        w.refuse(f"Bilinear works on the last axis of both inputs, and got {left} and {right}.")
    first = solved(w, "in1_features", left.shape[-1])
    second = solved(w, "in2_features", right.shape[-1])
    outputs = whole(w, "out_features", 0)
    countable(w, outputs, first, second)
    if first == 0:
        w.refuse("`in1_features` of Bilinear must be at least 1, and is 0.", *_feature_fixes(w))
    match_weights(w)
    if left.dtype in COMPLEX:
        w.refuse(f"torch cannot train a Bilinear of {left.dtype} weights.", Fix({"dtype": Dtype(FLOAT)}))
    if len(left.shape) != len(right.shape):
        w.refuse(f"Bilinear needs two inputs with the same number of axes, and got {left} and {right}.")
    for axis, (a, b) in enumerate(zip(left.shape[:-1], right.shape[:-1], strict=True)):
        w.require_equal(
            a,
            b,
            f"The two inputs must agree in all axes but the last: axis {axis} is {a} in {left} and {b} in {right}.",
        )
    for name, tensor, wanted in (("in1_features", left, first), ("in2_features", right, second)):
        given = tensor.shape[-1]
        words = f"Bilinear has {name}={wanted}, and the last axis of {tensor} is {given}."
        w.require_equal(given, wanted, words, *_feature_fixes(w))
    if second == 0:
        w.refuse("Bilinear with in2_features=0 has no products to add up, and torch cannot lay them out.")
    w.output((*left.shape[:-1], outputs))
    w.line("last", "out_features", str(outputs), outputs)
    bias = w.flag("bias")
    size = first * second * outputs
    w.count(size + outputs * bias, times(first, second, outputs) + f" + {outputs}" * bias)
    rows = product(left.shape[:-1])
    w.multiply_adds(rows * size, times(rows, first, second, outputs))


def _feature_fixes(w: Working) -> tuple[Fix, ...]:
    """Both sizes as the inputs have them."""
    found: dict[str, Value] = {}
    for name, tensor in zip(("in1_features", "in2_features"), w.inputs, strict=True):
        size = tensor.shape[-1]
        if isinstance(size, int) and w.args[name] != size:
            found[name] = size
    return (Fix(found),)


def identity(w: Working) -> None:
    """The input itself, whatever it is; Identity swallows any argument."""
    w.require_inputs(1)
    w.output(w.x.shape)
    w.count(0, "0")


FORMULAS: dict[str, Formula] = {
    "Linear": linear,
    "LazyLinear": linear,
    "Bilinear": bilinear,
    "Identity": identity,
}
