"""Sizes of axes that may be numbers or expressions in free sizes such as `N` and `L`.

A question that leaves a size out is answered for every value of it, so the formulas compute with polynomials over
symbols, floor divisions, minima and maxima. `str()` of one is an expression that Python itself can evaluate when
`floor` is `math.floor`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import TypeGuard, Union

Size = Union[int, "Expr"]
Bindings = Mapping[str, int]
_LONGEST = 2**3000  # no divisor grows longer than Python writes numbers, and few floors stay inside each other


class UnboundSizeError(KeyError):
    """A free size has no value in the given bindings."""


class Symbol(str):  # an atom is its own text: that orders, compares and hashes it at no cost
    """A free size, by the letter it is written with."""

    __slots__ = ()

    def value(self, bindings: Bindings) -> int:
        """The symbol's number; raises `UnboundSizeError` where it has none."""
        try:
            return bindings[self]
        except KeyError as missing:
            raise UnboundSizeError(str(self)) from missing

    def substitute(self, values: Mapping[str, Size]) -> Size:
        """This symbol, or what stands for it."""
        return values.get(self, _atom(self))

    def symbols(self) -> frozenset[str]:
        """The one name."""
        return frozenset((str(self),))


class Rounded(str):
    """`floor(top / bottom)`: the one way in which layer sizes round."""

    __slots__ = ("bottom", "top")
    top: Expr
    bottom: Size

    def __new__(cls, top: Expr, bottom: Size) -> Rounded:
        """Written `floor((L - 1)/2)`."""
        above = f"({top})" if len(top.terms) > 1 else str(top)
        below = f"({bottom})" if isinstance(bottom, Expr) else str(bottom)
        self = super().__new__(cls, f"floor({above}/{below})")
        self.top, self.bottom = top, bottom
        return self

    def value(self, bindings: Bindings) -> int:
        """The number at the given sizes."""
        return evaluate(self.top, bindings) // evaluate(self.bottom, bindings)

    def substitute(self, values: Mapping[str, Size]) -> Size:
        """The same quotient of substituted parts."""
        return floor_div(substitute(self.top, values), substitute(self.bottom, values))

    def symbols(self) -> frozenset[str]:
        """Every free size inside."""
        return self.top.symbols() | symbols(self.bottom)


class Extreme(str):
    """`min(...)` or `max(...)` of several sizes."""

    __slots__ = ("name", "parts")
    name: str
    parts: tuple[Size, ...]

    def __new__(cls, name: str, parts: tuple[Size, ...]) -> Extreme:
        """Written `max(L, 1)`."""
        self = super().__new__(cls, f"{name}({', '.join(str(part) for part in parts)})")
        self.name, self.parts = name, parts
        return self

    def value(self, bindings: Bindings) -> int:
        """The number at the given sizes."""
        numbers = [evaluate(part, bindings) for part in self.parts]
        return min(numbers) if self.name == "min" else max(numbers)

    def substitute(self, values: Mapping[str, Size]) -> Size:
        """The extreme of substituted parts."""
        return _extreme(self.name, [substitute(part, values) for part in self.parts])

    def symbols(self) -> frozenset[str]:
        """Every free size inside."""
        return frozenset().union(*(symbols(part) for part in self.parts))


Atom = Symbol | Rounded | Extreme
Monomial = tuple[Atom, ...]  # sorted by text; a repeated atom is a power


@dataclass(frozen=True, slots=True)
class Expr:
    """A polynomial with integer coefficients; build one with `symbol` and arithmetic, never directly."""

    terms: tuple[tuple[Monomial, int], ...]

    def symbols(self) -> frozenset[str]:
        """The names of the free sizes it depends on."""
        return frozenset().union(*(atom.symbols() for monomial, _ in self.terms for atom in monomial))

    def bare_symbol(self) -> str | None:
        """The letter, where the expression is nothing but one free size."""
        if len(self.terms) == 1 and self.terms[0][1] == 1 and len(self.terms[0][0]) == 1:
            atom = self.terms[0][0][0]
            return str(atom) if isinstance(atom, Symbol) else None
        return None

    def __add__(self, other: Size) -> Size:
        """The sum."""
        if isinstance(other, int):
            last, constant = self.terms[-1]
            if last:
                return Expr((*self.terms, ((), other))) if other else self
            rest = self.terms[:-1]
            return Expr((*rest, ((), constant + other))) if constant + other else Expr(rest)
        return _sum((*self.terms, *_terms(other)))

    __radd__ = __add__

    def __mul__(self, other: Size) -> Size:
        """The product."""
        if isinstance(other, int):
            if other in {0, 1}:
                return self if other else 0
            return Expr(tuple([(monomial, factor * other) for monomial, factor in self.terms]))
        return _sum((tuple(sorted((*left, *right))), a * b) for left, a in self.terms for right, b in _terms(other))

    __rmul__ = __mul__

    def __neg__(self) -> Size:
        """The negative."""
        return self * -1

    def __sub__(self, other: Size) -> Size:
        """The difference."""
        if isinstance(other, int):
            return self + -other
        return _sum((*self.terms, *((monomial, -factor) for monomial, factor in other.terms)))

    def __rsub__(self, other: int) -> Size:
        """The difference, from a number."""
        return -self + other

    def __floordiv__(self, other: Size) -> Size:
        """The floor of the quotient."""
        return floor_div(self, other)

    def __rfloordiv__(self, other: int) -> Size:
        """The floor of the quotient of a number."""
        return floor_div(other, self)

    def __mod__(self, other: Size) -> Size:
        """What the floor division leaves."""
        return self - floor_div(self, other) * other

    def __rmod__(self, other: int) -> Size:
        """What the floor division of a number leaves."""
        return other - self * floor_div(other, self)

    def __str__(self) -> str:
        """The expression as one would write it: symbols first, the number last."""
        text = ""
        for monomial, factor in self.terms:
            size = abs(factor)
            body = "*".join(monomial)
            if body and size != 1:
                body = f"{size}*{body}"
            body = body or str(size)
            if not text:
                text = f"-{body}" if factor < 0 else body
            else:
                text += f" - {body}" if factor < 0 else f" + {body}"
        return text or "0"


def symbol(name: str) -> Expr:
    """A free size."""
    return _atom(Symbol(name))


def evaluate(size: Size, bindings: Bindings) -> int:
    """The number that a size is when its symbols have these values; raises `UnboundSizeError`."""
    if isinstance(size, int):
        return size
    total = 0
    for monomial, factor in size.terms:
        product = factor
        for atom in monomial:
            product *= atom.value(bindings)
        total += product
    return total


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """The size with some of its symbols replaced by other sizes."""
    if isinstance(size, int):
        return size
    parts: list[Size] = []
    for monomial, factor in size.terms:
        product: Size = factor
        for atom in monomial:
            product = atom.substitute(values) * product
        parts.append(product)
    return added(parts)


def symbols(size: Size) -> frozenset[str]:
    """The free sizes it depends on: none for a number."""
    return frozenset() if isinstance(size, int) else size.symbols()


def floor_div(top: Size, bottom: Size) -> Size:
    """`floor(top / bottom)`, simplified where every term divides; raises `ZeroDivisionError`."""
    if isinstance(top, int) and isinstance(bottom, int):
        return top // bottom
    if bottom == 1 or top == 0:
        return top
    if top == bottom:
        return 1
    if isinstance(bottom, int) and isinstance(top, Expr):
        return _divide_by_number(top, bottom)
    if isinstance(bottom, Expr):
        whole = _divide_exactly(top, bottom)
        if whole is not None:
            return whole
    return _atom(Rounded(top if isinstance(top, Expr) else Expr(_terms(top)), bottom))


def smallest(*parts: Size) -> Size:
    """The least of several sizes."""
    return _extreme("min", parts)


def largest(*parts: Size) -> Size:
    """The greatest of several sizes."""
    return _extreme("max", parts)


def product(sizes: Iterable[Size]) -> Size:
    """All sizes multiplied; 1 for none."""
    number = 1
    total: Size | None = None
    for size in sizes:
        if isinstance(size, int):
            number *= size
        else:
            total = size if total is None else size * total
    return number if total is None else total * number


def added(sizes: Iterable[Size]) -> Size:
    """All sizes added up, in one go; 0 for none."""
    number = 0
    terms: list[tuple[Monomial, int]] = []
    for size in sizes:
        if isinstance(size, int):
            number += size
        else:
            terms += size.terms
    return _sum((*terms, ((), number))) if terms else number


def solve_linear(size: Size, wanted: int) -> tuple[str, int] | None:
    """The one symbol and value that make `size == wanted`, where `size` is `a*X + b`; None where there is no such."""
    if not is_linear(size):
        return None
    (((atom,), factor), *rest) = size.terms
    constant = sum(number for _, number in rest)
    if not isinstance(atom, Symbol) or (wanted - constant) % factor:
        return None
    value = (wanted - constant) // factor
    return (str(atom), value) if value > 0 else None


def is_linear(size: Size) -> TypeGuard[Expr]:
    """Whether it is `a*X + b` in one free size, so that it takes each value at most once."""
    if isinstance(size, int):
        return False
    (monomial, _), *rest = size.terms
    return len(monomial) == 1 and isinstance(monomial[0], Symbol) and all(not other for other, _ in rest)


def _atom(atom: Atom) -> Expr:
    return Expr((((atom,), 1),))


def _terms(size: Size) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(size, Expr):
        return size.terms
    return (((), size),) if size else ()


def _sum(terms: Iterable[tuple[Monomial, int]]) -> Size:
    totals: dict[Monomial, int] = {}
    for monomial, factor in terms:
        totals[monomial] = totals.get(monomial, 0) + factor
    kept = {monomial: factor for monomial, factor in totals.items() if factor}
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return kept[()]
    return Expr(tuple(sorted(kept.items(), key=_print_order)))


def _print_order(term: tuple[Monomial, int]) -> tuple[bool, int, str]:
    monomial, _ = term
    return (not monomial, -len(monomial), "*".join(monomial))


def _divide_by_number(top: Expr, bottom: int) -> Size:
    """Divisible terms leave the floor: floor((4*L + 3)/2) = 2*L + floor(3/2)."""
    if bottom < 0:
        top, bottom = Expr(tuple((monomial, -factor) for monomial, factor in top.terms)), -bottom
    outside = [(monomial, factor // bottom) for monomial, factor in top.terms if factor % bottom == 0 and monomial]
    inside = _sum((monomial, factor) for monomial, factor in top.terms if factor % bottom or not monomial)
    if isinstance(inside, int):
        return _sum((*outside, ((), inside // bottom)))
    return _sum((*outside, *_terms(_rounded(inside, bottom))))


def _rounded(top: Expr, bottom: int) -> Size:
    """One way to write each floor, so that equal sizes look equal; `bottom` is positive and divides no whole term."""
    for monomial, factor in top.terms:  # floor((floor(L/2) + 1)/3) = floor((L + 2)/6)
        atom = monomial[0] if len(monomial) == 1 and factor == 1 else None
        if isinstance(atom, Rounded) and isinstance(atom.bottom, int) and atom.bottom * bottom <= _LONGEST:
            rest = top - _atom(atom)
            return floor_div(atom.top + rest * atom.bottom, atom.bottom * bottom)
    *free, (last, constant) = top.terms if not top.terms[-1][0] else (*top.terms, ((), 0))
    common = gcd(bottom, *(factor for _, factor in free))
    bottom, constant = bottom // common, constant // common
    whole = -(-constant // bottom)  # the constant that stays is in (-bottom, 0]: floor((L - 1)/2) + 1
    inner = _sum((*((monomial, factor // common) for monomial, factor in free), (last, constant - whole * bottom)))
    return (_atom(Rounded(inner, bottom)) if isinstance(inner, Expr) and bottom != 1 else inner) + whole


def _divide_exactly(top: Size, bottom: Expr) -> Size | None:
    """The quotient where `bottom` is one monomial that divides every term of `top`."""
    if len(bottom.terms) != 1:
        return None
    monomial, factor = bottom.terms[0]
    quotient = []
    for atoms, number in _terms(top):
        left = list(atoms)
        for atom in monomial:
            if atom not in left:
                return None
            left.remove(atom)
        if number % factor:
            return None
        quotient.append((tuple(left), number // factor))
    return _sum(quotient)


def _extreme(name: str, parts: Iterable[Size]) -> Size:
    pick: Callable[[list[int]], int] = min if name == "min" else max
    numbers: list[int] = []
    others: list[Size] = []
    for part in parts:
        if isinstance(part, int):
            numbers.append(part)
        elif part not in others:
            others.append(part)
    if not others:
        return pick(numbers)
    if numbers:
        others.append(pick(numbers))
    return others[0] if len(others) == 1 else _atom(Extreme(name, tuple(others)))
