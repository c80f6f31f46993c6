"""What layers that slide or resample over (N, C, L), (N, C, H, W) or (N, C, D, H, W) have in common.

Reading the input's axes, sliding a window along them, and the small changes that help when a window does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.language.formulas.working import Fix, Misfit, Working
from sandbox.language.model import Stage, Tensor, Value
from sandbox.language.size import Expr, Size, product

LETTERS = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
LARGEST = 2**63
EXACT = 2**16  # fractions over a power of two up to this one are exact for every size one can have


@dataclass(frozen=True, slots=True)
class Planes:
    """An input's axes by their meaning: `batch` is empty for an unbatched input."""

    batch: tuple[Size, ...]
    channels: Size
    space: tuple[Size, ...]

    @property
    def lead(self) -> tuple[Size, ...]:
        """Everything before the axes of space."""
        return (*self.batch, self.channels)


def read_planes(working: Working, axes: int) -> Planes:
    """The one input as planes of `axes` dimensions, batched or not."""
    working.require_inputs(1)
    return planes_of(working, working.x, axes)


def planes_of(working: Working, tensor: Tensor, axes: int) -> Planes:
    """A tensor as planes of `axes` dimensions; refuses other numbers of axes."""
    shape = tensor.shape
    if len(shape) not in (axes + 1, axes + 2):
        letters = ", ".join(("C", *LETTERS[axes]))
        working.refuse(
            f"{working.stage.name} takes (N, {letters}), or ({letters}) without a batch, "
            f"and your input {tensor} has {len(shape)} {'axis' if len(shape) == 1 else 'axes'}.",
            *_rank_fixes(len(shape), axes),
        )
    return Planes(shape[: -axes - 1], shape[-axes - 1], shape[-axes:])


def _rank_fixes(rank: int, axes: int) -> tuple[Fix, ...]:
    if rank == axes:
        return (Fix(insert=operation("unsqueeze", dim=0)),)
    if rank > axes + 2:
        return (
            Fix(insert=operation("flatten", start_dim=axes + 1, end_dim=-1)),
            Fix(insert=operation("flatten", start_dim=0, end_dim=rank - axes - 2)),
        )
    return ()


def operation(name: str, **args: Value) -> Stage:
    """A tensor operation to put before a stage."""
    return Stage("op", name, args)


def one_or_all(numbers: Sequence[int]) -> Value:
    """The shortest way to write numbers an axis each: one number where they are all the same."""
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def exactly_per_axis(working: Working, name: str, axes: int) -> tuple[int, ...]:
    """An argument that torch spreads over the axes only where it is a plain number."""
    value = working.args[name]
    if isinstance(value, tuple) and len(value) != axes:
        raise Misfit(
            f"`{name}` has {count(len(value), 'number')}; {working.stage.name} needs one number, "
            f"or one for each of its {count(axes, 'axis', 'axes')}.",
            tuple(Fix({name: number}) for number in value[:1]),
        )
    return working.per_axis(name, axes)


def require_least(working: Working, name: str, numbers: Sequence[int], least: int) -> None:
    """Every number of an argument is at least this."""
    smallest = min(numbers, default=least)
    if smallest < least:
        working.refuse(
            f"`{name}` is {smallest}, and {working.stage.name} needs at least {least}.",
            Fix({name: one_or_all([max(number, least) for number in numbers])}),
        )


def require_some(working: Working, size: Size, words: str, *fixes: Fix) -> None:
    """An axis is not empty. A free size never is: it stands for 1 or more."""
    if isinstance(size, Expr) and size.bare_symbol():
        return
    working.require_at_least(size, 1, words, *fixes)


@dataclass(frozen=True, slots=True)
class Window:
    """A window on one axis: `before` and `after` are the elements added at its two ends."""

    letter: str
    size: Size
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int = 1

    @property
    def reach(self) -> int:
        """How many elements it spans."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> Size:
        """The axis with what is added."""
        return self.size + self.before + self.after

    @property
    def steps(self) -> Size:
        """How many places it has, where only whole windows count."""
        return (self.padded - self.reach) // self.stride + 1

    @property
    def formula(self) -> str:
        """The closed form with letters."""
        added = "2p" if self.before == self.after else "p_left + p_right"
        return f"floor(({self.letter} + {added} - d(k-1) - 1)/s) + 1"

    @property
    def filled(self) -> str:
        """The closed form with the numbers put in."""
        return f"floor(({self.top()})/{self.stride}) + 1"

    def top(self) -> str:
        """What the stride divides, written out."""
        added = f"2*{signed(self.before)}" if self.before == self.after else f"{self.before} + {signed(self.after)}"
        return f"{self.size} + {added} - {self.dilation}*({self.kernel}-1) - 1"


def require_fit(working: Working, windows: Sequence[Window], padding: str | None = "padding") -> None:
    """Every window fits its padded axis at least once; else: more padding, a smaller kernel, less dilation."""
    for window in windows:
        size, letter, room = window.size, window.letter, window.padded - window.reach
        if isinstance(room, int) and room >= 0:
            continue
        there = str(size)
        if window.before or window.after:
            there = f"{size} + {window.before} + {window.after} of padding = {window.padded}"
        spans = f"spans {window.reach}" if window.dilation > 1 else f"is {window.kernel}"
        words = f"The kernel {spans} on {letter}, and the input there is only {there}."
        working.require_at_least(window.padded, window.reach, words, *_fit_fixes(windows, padding))


def _fit_fixes(windows: Sequence[Window], padding: str | None) -> tuple[Fix, ...]:
    fixes = []
    if padding and all(window.before == window.after for window in windows):
        fixes.append(Fix({padding: one_or_all([_padding_that_fits(window) for window in windows])}))
    kernels = [_kernel_that_fits(window) for window in windows]
    if min(kernels) > 0:
        fixes.append(Fix({"kernel_size": one_or_all(kernels)}))
    if any(window.dilation > 1 for window in windows):
        fixes.append(Fix({"dilation": 1}))
    return tuple(fixes)


def _padding_that_fits(window: Window) -> int:
    if isinstance(window.size, Expr):
        return window.before
    return max(window.before, -((window.size - window.reach) // 2))


def _kernel_that_fits(window: Window) -> int:
    if isinstance(window.padded, Expr) or not window.dilation:
        return window.kernel
    return min(window.kernel, (window.padded - 1) // window.dilation + 1)


def signed(number: Size) -> str:
    """A number as a term or factor of a sum: negative ones in brackets."""
    return f"({number})" if isinstance(number, int) and number < 0 else str(number)


def factor(size: Size) -> str:
    """A size as a factor of a product: sums and negatives in brackets."""
    text = str(size)
    return f"({text})" if isinstance(size, Expr) and len(size.terms) > 1 else signed(size)


def times(*sizes: Size) -> str:
    """A product written out: `16*3*3`."""
    return "*".join(factor(size) for size in sizes)


def count(number: int, one: str, many: str = "") -> str:
    """`1 axis`, `3 axes`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def elements(*sizes: Size) -> Size:
    """How many elements axes of these sizes have."""
    return product(sizes)


def scaled(working: Working, letter: str, size: Size, scale: float) -> Size:
    """`floor(size * scale)` in the floating point arithmetic that torch does it in."""
    if isinstance(size, int):
        made = float(size) * scale
        words = f"{letter} would come out as {made:g}, and torch counts to 2**63 - 1."
        working.require(abs(made) < LARGEST, words, Fix({"scale_factor": 2}))
        return int(made)
    top, bottom = scale.as_integer_ratio()
    if bottom > EXACT:
        working.refuse(
            f"{scale} is not exact in binary, so the result depends on how {letter} * {scale} is rounded: "
            f"write the size of {letter} too."
        )
    return size * top // bottom
