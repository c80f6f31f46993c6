"""What free sizes must satisfy: which numbers do, and how to say it in words.

The numbers found here are the sizes torch is asked about, so they are chosen to show a formula that is wrong: the
smallest allowed ones, where a floor is at its edge, and both parities. Every free size is at least 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import gcd, prod

from sandbox.language.formulas.working import Condition
from sandbox.language.size import Atom, Expr, Rounded, Size, Symbol, evaluate, symbols

_TYPICAL = {"N": 2, "B": 2, "C": 4, "L": 12, "T": 6, "S": 5, "E": 8, "H": 10, "W": 12, "D": 9}
_CEILING = 2**40  # no size beyond it is tried
_SCAN = 4096  # how far a divisible size is looked for, one by one
_ROUNDS = 64  # repairs of one assignment before it is given up


def simplify(conditions: Iterable[Condition]) -> list[Condition]:
    """The conditions without those that every size of at least 1 satisfies, and without repetitions."""
    kept: list[Condition] = []
    for condition in conditions:
        low = least(condition.size) if condition.divisor is None else None
        if (low is None or low < 0) and condition not in kept:
            kept.append(condition)
    return kept


def holds(condition: Condition, values: dict[str, int]) -> bool:
    """Whether a condition is true for these sizes."""
    size = evaluate(condition.size, values)
    if condition.divisor is None:
        return size >= 0
    divisor = evaluate(condition.divisor, values)
    return divisor != 0 and size % divisor == 0


def solutions(names: Iterable[str], conditions: Sequence[Condition], count: int) -> list[dict[str, int]]:
    """Up to `count` different assignments that satisfy every condition, a comfortable one first; [] for none."""
    names = sorted(names, key=_patience)
    room = _Room(conditions)
    smallest = room.settle(dict.fromkeys(names, 1))
    if smallest is None:
        return []
    found: list[dict[str, int]] = []
    for start in _starts(names, smallest):
        values = room.settle(start)
        if values is not None and values not in found:
            found.append(values)
        if len(found) == count or not names:
            break
    return found


def words(conditions: Sequence[Condition]) -> list[str]:
    """Each condition as one would say it: `L >= 3`, `C a multiple of 4`; the strongest of several on one size."""
    bounds: dict[tuple[str, str], int] = {}
    said: list[str] = []
    for condition in conditions:
        if condition.divisor is not None:
            said.append(_multiple(condition))
            continue
        bound = _bound(condition.size)
        if bound is None:
            said.append(_comparison(condition.size, conditions))
            continue
        name, sign, number = bound
        best = max if sign == ">=" else min
        bounds[name, sign] = best(number, bounds.get((name, sign), number))
    for (name, sign), number in bounds.items():
        same = bounds.get((name, "<=" if sign == ">=" else ">=")) == number
        said.append(f"{name} = {number}" if same else f"{name} {sign} {number}")
    return sorted(set(said), key=said.index)


def least(size: Size) -> int | None:
    """A number that the size is never below when every free size is at least 1; None where there may be none."""
    if isinstance(size, int):
        return size
    total = 0
    for monomial, factor in size.terms:
        lows = [_least_atom(atom) for atom in monomial]
        known = [low for low in lows if low is not None]
        if len(known) != len(lows) or (monomial and factor < 0) or (len(known) > 1 and min(known) < 0):
            return None
        total += factor * prod(known)
    return total


def _least_atom(atom: Atom) -> int | None:
    if isinstance(atom, Symbol):
        return 1
    if isinstance(atom, Rounded):
        top = least(atom.top)
        return top // atom.bottom if top is not None and isinstance(atom.bottom, int) and atom.bottom > 0 else None
    lows = [least(part) for part in atom.parts]
    known = [low for low in lows if low is not None]
    if atom.name == "max":
        return max(known, default=None)
    return min(known) if len(known) == len(lows) else None


def _patience(name: str) -> tuple[bool, str]:
    """Batch sizes are moved last."""
    return (name in {"N", "B"}, name)


def _starts(names: Sequence[str], smallest: dict[str, int]) -> Iterator[dict[str, int]]:
    """Where to look: usual sizes, the edge of what is allowed, and just beyond it in every parity."""
    yield {name: max(_TYPICAL.get(name, 7), smallest[name] + place) for place, name in enumerate(names)}
    yield smallest
    for step in (1, 2, 3, 5, 8, 13, 21):
        yield {name: size + step for name, size in smallest.items()}
        yield {name: smallest[name] + step * place + place % 2 for place, name in enumerate(names, start=1)}


class _Room:
    """The conditions, those on one size alone as a range for it."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.low: dict[str, int] = {}
        self.high: dict[str, int] = {}
        self.rest: list[Condition] = []
        for condition in conditions:
            bound = _bound(condition.size) if condition.divisor is None else None
            if bound is None:
                self.rest.append(condition)
                continue
            name, sign, number = bound
            if sign == ">=":
                self.low[name] = max(number, self.low.get(name, 1))
            else:
                self.high[name] = min(number, self.high.get(name, number))

    def settle(self, values: dict[str, int]) -> dict[str, int] | None:
        """The nearest assignment that satisfies all conditions, moving one size at a time."""
        if any(self.low.get(name, 1) > high for name, high in self.high.items()):
            return None
        values = {name: self._within(name, size) for name, size in values.items()}
        for _ in range(_ROUNDS if self.rest else 1):
            broken = next((condition for condition in self.rest if not holds(condition, values)), None)
            if broken is None:
                return values
            moved = self._move(values, broken)
            if moved is None:
                return None
            values = moved
        return None

    def _within(self, name: str, size: int) -> int:
        return min(max(size, self.low.get(name, 1)), self.high.get(name, size + self.low.get(name, 1)))

    def _move(self, values: dict[str, int], broken: Condition) -> dict[str, int] | None:
        names = symbols(broken.size) | (symbols(broken.divisor) if broken.divisor is not None else frozenset())
        search = _first if broken.divisor is None else _first_multiple
        for name in sorted(names, key=_patience):

            def good(value: int, name: str = name) -> bool:
                return holds(broken, {**values, name: value})

            found = search(values[name], self.low.get(name, 1), self.high.get(name, _CEILING), good)
            if found is not None:
                return {**values, name: found}
        return None


def _first(now: int, low: int, high: int, good: Callable[[int], bool]) -> int | None:
    """The nearest good value, up or down, for a requirement that stays true once it is true in that direction."""
    for end, sign in ((high, 1), (low, -1)):
        bad, step = now, 1
        while bad != end and (end - bad) * sign > 0:
            step = min(step, abs(end - bad))
            if good(bad + sign * step):
                return _bisect(bad, bad + sign * step, good)
            bad += sign * step
            step *= 2
    return None


def _bisect(bad: int, fine: int, good: Callable[[int], bool]) -> int:
    while abs(fine - bad) > 1:
        middle = (bad + fine) // 2
        if good(middle):
            fine = middle
        else:
            bad = middle
    return fine


def _first_multiple(now: int, low: int, high: int, good: Callable[[int], bool]) -> int | None:
    upward, downward = range(now + 1, min(now + _SCAN, high) + 1), range(now - 1, low - 1, -1)
    return next((value for value in (*upward, *downward[:_SCAN]) if good(value)), None)


def _multiple(condition: Condition) -> str:
    """`N a multiple of 5`, also for 120*N and 100."""
    size, divisor = condition.size, condition.divisor
    if isinstance(size, Expr) and isinstance(divisor, int):
        common = gcd(divisor, *(factor for _, factor in size.terms))
        divisor //= common
        alone = len(size.terms) == 1  # the factor has nothing in common with what is left of the divisor
        size = Expr(tuple((monomial, 1 if alone else factor // common) for monomial, factor in size.terms))
    return f"{size} a multiple of {divisor}"


def _bound(size: Size) -> tuple[str, str, int] | None:
    """`size >= 0` as a bound on one free size, seen through floors: floor((L - 3)/2) + 0 >= 0 is L >= 3."""
    low = 0  # the requirement is: size >= low
    while isinstance(size, Expr):
        terms = [(monomial, factor) for monomial, factor in size.terms if monomial]
        low -= sum(factor for monomial, factor in size.terms if not monomial)
        if len(terms) != 1 or len(terms[0][0]) != 1:
            return None
        (atom,), factor = terms[0]
        if isinstance(atom, Symbol):
            return (str(atom), ">=", -(-low // factor)) if factor > 0 else (str(atom), "<=", low // factor)
        if not isinstance(atom, Rounded) or not isinstance(atom.bottom, int):
            return None
        if factor > 0:
            size, low = atom.top, -(-low // factor) * atom.bottom
        else:  # floor(top/bottom) <= most  is  -top >= -(bottom*most + bottom - 1)
            most = -low // -factor
            size, low = -atom.top, -(atom.bottom * most + atom.bottom - 1)
    return None


def _comparison(size: Size, conditions: Sequence[Condition]) -> str:
    """`L + W >= 3`; an equality where the opposite is required too."""
    terms = size.terms if isinstance(size, Expr) else ()
    left = sum((Expr(((monomial, factor),)) for monomial, factor in terms if factor > 0 and monomial), 0)
    right = sum((Expr(((monomial, -factor),)) for monomial, factor in terms if factor < 0 and monomial), 0)
    constant = sum(factor for monomial, factor in terms if not monomial)
    if constant > 0 and left != 0:
        left = left + constant
    else:
        right = right - constant
    if left == 0:
        left, right = right, left
        return f"{left} <= {right}"
    if Condition(-size) in conditions:
        left, right = sorted((left, right), key=str)
        return f"{left} = {right}"
    return f"{left} >= {right}"
