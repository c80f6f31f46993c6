"""The sheet of paper on which a formula does its working for one stage.

A formula is a function `(Working) -> None`. It reads `args` and `inputs`, says what must hold with the `require_*`
methods, and writes outputs, worked lines, parameters and multiply-adds. With free sizes a requirement that is
neither true nor false becomes a condition on the answer ("for L >= 3").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from sandbox.language.model import UNKNOWN, Output, Stage, Tensor, Unknown, Value
from sandbox.language.size import Size, is_linear, solve_linear


@dataclass(frozen=True, slots=True)
class Line:
    """One line of working: `axis: formula = filled in = value`.

    Example: `Line("L", "floor((L + 2p - d(k-1) - 1)/s) + 1", "floor((100 + 2*1 - 1*(3-1) - 1)/1) + 1", 100)`.
    """

    axis: str
    formula: str
    filled: str
    value: Size


@dataclass(frozen=True, slots=True)
class Count:
    """A number with the sum that makes it: `Count(160, "16*3*3 + 16")`."""

    value: Size
    worked: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """A small change to try: other arguments, another layer, a stage before it, eval mode, or other inputs.

    Other `inputs` are those of the whole line, so they are tried only where its first stage is the one that fails.
    """

    args: Mapping[str, Value] = field(default_factory=dict)
    insert: Stage | None = None
    evaluate: bool = False
    inputs: tuple[Tensor, ...] = ()
    name: str = ""


class Misfit(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """The stage cannot take this input, and why, in plain words with the actual numbers."""

    def __init__(self, words: str, fixes: tuple[Fix, ...] = ()) -> None:
        """Nearest fix first; each is tried on torch before anybody is told of it."""
        super().__init__(words)
        self.words = words
        self.fixes = fixes


class Assumed(Exception):  # noqa: N818 - a restart of the walk, caught by it
    """A free size can only have this one value: the walk starts again with it."""

    def __init__(self, name: str, value: int) -> None:
        """For instance C = 3 where a Conv1d(3, ...) follows."""
        super().__init__(name, value)
        self.name = name
        self.value = value


@dataclass(frozen=True, slots=True)
class Condition:
    """What free sizes must satisfy: `size >= 0` (`divisor` None) or `size % divisor == 0`; `words` say why."""

    size: Size
    divisor: Size | None = None
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """How one output element of a spatial stage sees its input, an axis each: for the receptive field of a chain."""

    reach: tuple[Size, ...]  # dilation*(kernel_size - 1) + 1
    step: tuple[Size, ...]  # stride


@dataclass(slots=True)
class Working:
    """A stage's arguments (defaults filled in) and inputs, and what the formula finds."""

    stage: Stage
    args: dict[str, Value]
    inputs: tuple[Tensor, ...]
    training: bool = True
    outputs: list[Output] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    params: Count = Count(0)
    macs: Count = Count(0)
    field_of_view: Field | None = None
    conditions: list[Condition] = field(default_factory=list)
    solved: dict[str, Value] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    # ---- reading

    def integer(self, name: str) -> int:
        """An argument that must be a whole number; a `Misfit` otherwise."""
        value = self.args[name]
        if isinstance(value, Unknown):
            raise Misfit(f"The input does not decide `{name}` of {self.stage.name}: write a number instead of `?`.")
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misfit(f"{self.stage.name} wants a whole number for `{name}`, not {value!r}.")
        return value

    def flag(self, name: str) -> bool:
        """An argument read as torch reads it: by its truth."""
        return bool(self.args.get(name))

    def per_axis(self, name: str, axes: int) -> tuple[int, ...]:
        """An argument given once for all axes, or once for each."""
        value = self.args[name]
        if isinstance(value, tuple):
            if len(value) == 1:
                value = value * axes
            if len(value) != axes:
                raise Misfit(f"`{name}` has {len(value)} numbers; {self.stage.name} needs 1 or {axes}.")
            numbers = tuple(number for number in value if isinstance(number, int) and not isinstance(number, bool))
            if len(numbers) == axes:
                return numbers
            raise Misfit(f"{self.stage.name} wants whole numbers for `{name}`.")
        return (self.integer(name),) * axes

    def solve(self, name: str, wanted: Size) -> Size:
        """The argument, or for `?` the size that the input asks for."""
        if not isinstance(self.args[name], Unknown):
            return self.integer(name)
        if not isinstance(wanted, int):
            raise Misfit(f"`?` for `{name}` depends on {wanted}: write that size too, after @ or as a letter.")
        self.args[name] = wanted
        self.solved[name] = wanted
        return wanted

    @property
    def x(self) -> Tensor:
        """The first input."""
        return self.inputs[0]

    # ---- requiring

    def refuse(self, words: str, *fixes: Fix) -> NoReturn:
        """This stage cannot take this input."""
        raise Misfit(words, fixes)

    def require(self, holds: bool, words: str, *fixes: Fix) -> None:
        """A requirement on known things."""
        if not holds:
            raise Misfit(words, fixes)

    def require_inputs(self, *counts: int) -> None:
        """How many tensors the stage takes."""
        if len(self.inputs) not in counts:
            wanted = " or ".join(str(count) for count in counts)
            self.refuse(f"{self.stage.name} takes {wanted} input(s), and got {len(self.inputs)}.")

    def require_dims(self, *counts: int, layout: str) -> None:
        """How many axes the first input may have; `layout` names them for the message: `(N, C, L) or (C, L)`."""
        if len(self.x.shape) not in counts:
            self.refuse(f"{self.stage.name} takes {layout}, and {self.x} has {len(self.x.shape)} axes.")

    def require_equal(self, actual: Size, wanted: Size, words: str, *fixes: Fix) -> None:
        """Two sizes must be the same; a free size takes the only value that fits."""
        if actual == wanted:
            return
        for free, number in ((actual, wanted), (wanted, actual)):
            if isinstance(number, int):
                found = solve_linear(free, number)
                if found:
                    raise Assumed(*found)
        if isinstance(actual, int) and isinstance(wanted, int):
            raise Misfit(words, fixes)
        difference = actual - wanted
        if isinstance(difference, int) or is_linear(difference):  # no value of the one free size fits
            raise Misfit(f"{words} (with {actual} against {wanted})", fixes)
        self.conditions += [Condition(difference, words=words), Condition(-difference, words=words)]

    def require_at_least(self, actual: Size, least: Size, words: str, *fixes: Fix) -> None:
        """A size has a lower bound."""
        room = actual - least
        if isinstance(room, int):
            self.require(room >= 0, words, *fixes)
        else:
            self.conditions.append(Condition(room, words=words))

    def require_multiple(self, actual: Size, divisor: Size, words: str, *fixes: Fix) -> None:
        """A size must divide evenly."""
        if divisor == 0:
            self.refuse(words, *fixes)
        rest = actual % divisor
        if isinstance(rest, int):
            self.require(rest == 0, words, *fixes)
        else:
            self.conditions.append(Condition(actual, divisor, words))

    # ---- writing

    def output(self, shape: tuple[Size, ...], name: str = "output", dtype: str | None = None) -> None:
        """One tensor that comes out, float or not as the first input unless said."""
        self.outputs.append(Output(name, Tensor(shape, dtype or self.x.dtype)))

    def line(self, axis: str, formula: str, filled: str, value: Size) -> None:
        """One line of working."""
        self.lines.append(Line(axis, formula, filled, value))

    def count(self, params: Size, worked: str) -> None:
        """The number of parameters, with its sum written out."""
        self.params = Count(params, worked)

    def multiply_adds(self, value: Size, worked: str) -> None:
        """Multiplications that are summed: weights times inputs. Bias additions and element-wise steps do not count."""
        self.macs = Count(value, worked)


Formula = Callable[[Working], None]

__all__ = ["UNKNOWN", "Assumed", "Condition", "Count", "Field", "Fix", "Formula", "Line", "Misfit", "Working"]
