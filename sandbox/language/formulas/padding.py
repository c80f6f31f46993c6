"""What comes out of the padding layers."""

from __future__ import annotations

from functools import partial
from math import inf

from sandbox.language.formulas.extension import Edge, extend, most
from sandbox.language.formulas.spatial import LETTERS, count, operation, signed
from sandbox.language.formulas.working import Fix, Formula, Misfit, Working
from sandbox.language.model import Value

_NAMES = {"Constant": "constant", "Zero": "constant", "Reflection": "reflect", "Replication": "replicate"}
_NAMES |= {"Circular": "circular"}

_RANGES: dict[str, tuple[float, float]] = {
    "uint8": (0, 2**8 - 1),
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
}


def pad(working: Working, axes: int, mode: str) -> None:
    """ConstantPad1d and its 14 sisters: the last axis first, two numbers an axis."""
    working.require_inputs(1)
    numbers = _numbers(working, axes)
    touched = len(numbers) // 2
    _check_rank(working, axes, touched, mode)
    if mode in ("reflect", "replicate"):
        working.require(working.x.dtype != "bool", f"{working.stage.name} does not exist for bool.")
    if mode == "constant" and max(numbers) > 0:
        _check_value(working)
    edges = _edges(working, numbers)
    lead = working.x.shape[: len(working.x.shape) - touched]
    extend(working, lead[-1:], edges, mode, *_fixes(numbers, edges, mode))
    for edge in edges:
        filled = f"{edge.size} + {signed(edge.before)} + {signed(edge.after)}"
        working.line(edge.letter, f"{edge.letter} + p_before + p_after", filled, edge.made)
    working.output((*lead, *(edge.made for edge in edges)))


def _check_value(working: Working) -> None:
    """What is put there must exist in the input's dtype."""
    value = working.args.get("value", 0)
    low, high = _RANGES.get(working.x.dtype, (-inf, inf))
    if isinstance(value, int | float):
        words = f"{working.x.dtype} holds {low} to {high}, and `value` is {value}."
        working.require(low <= value <= high, words, Fix({"value": 0}))


def _numbers(working: Working, axes: int) -> tuple[int, ...]:
    """Before and after, from the last axis to the first."""
    value = working.args["padding"]
    name = working.stage.name
    if not isinstance(value, tuple):
        return (working.integer("padding"),) * (2 * axes)
    if not value or len(value) % 2:
        words = f"`padding` of {name} has {count(len(value), 'number')}; it needs one, or two for each axis."
        raise Misfit(words, tuple(Fix({"padding": number}) for number in value[:1]))
    return Working(working.stage, {"padding": value}, working.inputs).per_axis("padding", len(value))


def _check_rank(working: Working, axes: int, touched: int, mode: str) -> None:
    """Zeros and constants go round any tensor; the other modes want channels before the axes, and at most a batch."""
    rank, name = len(working.x.shape), working.stage.name
    if mode == "constant":
        words = f"{count(2 * touched, 'number')} of padding are for {count(touched, 'axis', 'axes')}, "
        working.require(rank >= touched, f"{words}and your input {working.x} has {rank}.", *_fewer(axes, rank))
        return
    allowed = {touched + 1, touched + 2} if touched <= max(LETTERS) else set()
    if mode == "circular":
        allowed &= {axes + 1, axes + 2}
    letters = ", ".join(("C", *LETTERS[axes]))
    fixes = (Fix(insert=operation("unsqueeze", dim=0)),) if rank == axes == touched else ()
    working.require(
        rank in allowed,
        f"{name} with {count(2 * touched, 'number')} of padding takes (N, {letters}), or ({letters}) without a batch, "
        f"and your input {working.x} has {count(rank, 'axis', 'axes')}.",
        *fixes,
    )


def _fewer(axes: int, rank: int) -> tuple[Fix, ...]:
    return tuple(Fix(insert=operation("unsqueeze", dim=0)) for _ in range(1) if axes == rank + 1)


def _edges(working: Working, numbers: tuple[int, ...]) -> list[Edge]:
    """The touched axes in their order, each with its two numbers."""
    touched = len(numbers) // 2
    letters = LETTERS.get(touched) or tuple(f"axis -{place}" for place in range(touched, 0, -1))
    sizes = working.x.shape[len(working.x.shape) - touched :]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]
    return [Edge(letter, size, *pair) for letter, size, pair in zip(letters, sizes, pairs, strict=True)]


def _fixes(numbers: tuple[int, ...], edges: list[Edge], mode: str) -> tuple[Fix, ...]:
    """The same padding cut down to what the axes can give."""
    limits = [limit for edge in edges[::-1] for limit in [most(edge.size, mode)] * 2]
    cut = tuple(
        number if limit is None else min(number, max(limit, 0)) for number, limit in zip(numbers, limits, strict=True)
    )
    value: Value = cut[0] if len(set(cut)) == 1 else cut
    return (Fix({"padding": value}),) if cut != numbers else ()


FORMULAS: dict[str, Formula] = {
    f"{name}Pad{n}d": partial(pad, axes=n, mode=mode) for name, mode in _NAMES.items() for n in LETTERS
}
