"""Operations that bring two or more tensors together, element by element or by summed products."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.formulas.einsum import einsum
from sandbox.language.formulas.tensors import give, need, promoted, shown, times
from sandbox.language.formulas.working import Formula, Working
from sandbox.language.model import Tensor
from sandbox.language.size import Size, product


def broadcast(w: Working) -> None:
    """`x + y`: shapes aligned at their last axes; a size of 1 stretches to the other."""
    if len(w.inputs) == 1:
        w.notes.append("One tensor alone has nothing to broadcast with: write two shapes, `broadcast 8x1x6 7x1`.")
    shape = stretched(w, [tensor.shape for tensor in w.inputs])
    total = w.x
    for tensor in w.inputs[1:]:  # one addition after the other, as x + y + z is read
        longer = max(total.shape, tensor.shape, key=len)
        total = Tensor(longer, promoted((total, tensor)))
    give(w, shape, dtype=total.dtype)


def stretched(w: Working, shapes: Sequence[Sequence[Size]]) -> tuple[Size, ...]:
    """The common shape of several, each axis shown with the sizes that meet there."""
    axes = max(len(shape) for shape in shapes)
    result: list[Size] = []
    for place in range(-axes, 0):
        sizes = [shape[place] for shape in shapes if len(shape) >= -place]
        common: Size = 1
        for size in sizes:
            common = _meet(w, common, size, place, shapes)
        met = " with ".join(str(size) for size in sizes)
        w.line(f"axis {place}", "equal, or 1 stretches", met, common)
        result.append(common)
    return tuple(result)


def _meet(w: Working, left: Size, right: Size, place: int, shapes: Sequence[Sequence[Size]]) -> Size:
    if left == 1:
        return right
    if right != 1:
        words = (
            f"{' and '.join(shown(shape) for shape in shapes)} do not line up: counted from the right, axis {place} "
            f"is {left} in one and {right} in another, and neither is 1."
        )
        w.require_equal(right, left, words)
    return left


def matmul(w: Working) -> None:
    """Rows times columns over the last two axes, all axes before them broadcast."""
    left, right = _pair(w)
    if not left.shape or not right.shape:
        w.refuse(f"matmul needs axes to multiply along, and got {left} and {right}: use * for a single number.")
    a = left.shape if len(left.shape) > 1 else (1, *left.shape)
    b = right.shape if len(right.shape) > 1 else (*right.shape, 1)
    _inner(w, a, b)
    batch = stretched(w, [a[:-2], b[:-2]]) if len(a) > 2 or len(b) > 2 else ()
    rows = a[-2:-1] if len(left.shape) > 1 else ()
    columns = b[-1:] if len(right.shape) > 1 else ()
    _multiply(w, batch, a[-2], a[-1], b[-1])
    give(w, (*batch, *rows, *columns))


def matrices(w: Working) -> None:
    """`mm`: two matrices, nothing broadcast."""
    left, right = _pair(w)
    w.require(
        len(left.shape) == len(right.shape) == 2,
        f"mm multiplies two matrices, and got {left} and {right}: matmul takes more axes.",
    )
    _inner(w, left.shape, right.shape)
    _multiply(w, (), left.shape[0], left.shape[1], right.shape[1])
    give(w, (left.shape[0], right.shape[1]))


def batched(w: Working) -> None:
    """`bmm`: as many pairs of matrices as the batch is large, nothing broadcast."""
    left, right = _pair(w)
    w.require(
        len(left.shape) == len(right.shape) == 3,
        f"bmm takes (B, n, m) and (B, m, p), and got {left} and {right}: matmul takes other numbers of axes.",
    )
    words = f"bmm needs the same batch size in both: {left} has {left.shape[0]}, {right} has {right.shape[0]}."
    w.require_equal(right.shape[0], left.shape[0], f"{words} matmul would broadcast a batch of 1.")
    _inner(w, left.shape, right.shape)
    _multiply(w, left.shape[:1], left.shape[1], left.shape[2], right.shape[2])
    give(w, (left.shape[0], left.shape[1], right.shape[2]))


def _pair(w: Working) -> tuple[Tensor, Tensor]:
    need(w, 2)
    w.require_inputs(2)
    left, right = w.inputs
    w.require(
        left.dtype == right.dtype,
        f"{w.stage.name} needs one dtype for both, and got {left.dtype} and {right.dtype}.",
    )
    w.require(left.dtype != "bool", f"{w.stage.name} is not made for bool on the CPU: convert to float first.")
    return left, right


def _inner(w: Working, a: Sequence[Size], b: Sequence[Size]) -> None:
    left, right = w.inputs
    words = f"The inner sizes must be equal: {left} ends in {a[-1]}, and {right} has {b[-2]} there."
    if a[-1] == b[-1]:
        words += f" Transposed, the second would be {shown((*b[:-2], b[-1], b[-2]))} and fit."
    elif a[-2] == b[-1] and len(a) == len(b) == 2:
        words += f" The other way round they fit: {right} times {left}."
    w.require_equal(b[-2], a[-1], words)
    w.line("inner", "last of the first = second-last of the second", f"{a[-1]} = {b[-2]}", a[-1])


def _multiply(w: Working, batch: Sequence[Size], rows: Size, inner: Size, columns: Size) -> None:
    sizes = (*batch, rows, inner, columns)
    w.multiply_adds(product(sizes), times(sizes))


PRODUCTS: dict[str, Formula] = {
    "matmul": matmul,
    "mm": matrices,
    "bmm": batched,
    "einsum": einsum,
    "broadcast": broadcast,
}
