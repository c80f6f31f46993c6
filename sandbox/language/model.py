"""What a line of the layer language means: a `Pipeline` of stages over typed, shaped inputs.

These are the values that the grammar makes, the formulas read and the worker builds from; they are frozen, and a
stage's arguments hold nothing but what JSON can carry (see `sandbox.language.wire`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from sandbox.language.size import Size, substitute


@dataclass(frozen=True, slots=True)
class Unknown:
    """A `?`: an argument for the input to decide."""


@dataclass(frozen=True, slots=True)
class Dtype:
    """A torch dtype by its name, such as `float64`."""

    name: str


UNKNOWN = Unknown()
FLOAT = "float32"
INTEGER = "int64"

# A nested layer is an argument of its own: TransformerEncoder(TransformerEncoderLayer(...), 6).
Value = Union[None, bool, int, float, str, Unknown, Dtype, "Stage", tuple["Value", ...]]


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the line something stands: columns count from 0, `end` is exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor by its shape and dtype.

    `strides` says how far apart in memory the neighbours on each axis are, in elements; None: in order, as freshly
    made. A `view` after a `permute` fails for them alone.
    """

    shape: tuple[Size, ...]
    dtype: str = FLOAT
    strides: tuple[Size, ...] | None = field(default=None, compare=False, repr=False)

    def with_sizes(self, values: Mapping[str, Size]) -> Tensor:
        """The same tensor where some free sizes have become others."""
        strides = self.strides and tuple(substitute(stride, values) for stride in self.strides)
        return Tensor(tuple(substitute(size, values) for size in self.shape), self.dtype, strides)

    def __str__(self) -> str:
        """The shape as torch prints it: `(32, 16, 100)`."""
        inner = ", ".join(str(size) for size in self.shape)
        return f"({inner},)" if len(self.shape) == 1 else f"({inner})"


@dataclass(frozen=True, slots=True)
class Output:
    """One tensor that a stage gives back, with the name torch's documentation gives it."""

    name: str
    tensor: Tensor


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: a `torch.nn` class (`kind="layer"`) or a tensor operation (`kind="op"`) with its arguments by name.

    `args` holds only what was written, under the parameter names of torch's own signature; defaults are the
    catalogue's business. A module made of other modules (a pasted `nn.Sequential`) has them in `children`.
    """

    kind: str
    name: str
    args: Mapping[str, Value] = field(default_factory=dict)
    span: Span = Span(0, 0)
    children: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A parsed line: `inputs` through `stages` in order.

    Each stage after the first takes the first output of the stage before it. `python` is True where the line was
    pasted in Python's spelling: there a module that returns a tuple passes the whole tuple on, and fails as it would
    in a notebook.
    """

    source: str
    stages: tuple[Stage, ...]
    inputs: tuple[Tensor, ...]
    training: bool = True
    python: bool = False
    notes: tuple[str, ...] = ()


class LanguageError(Exception):
    """A line that is not in the language.

    Attributes:
        message: what is wrong, in one sentence for the person who typed it.
        column: where, counted from 0 in the line as given.
        token: the text at that column, shortened.
        expected: what could have stood there.
        suggestion: the nearest right word or line, if one is near.
        example: one line that works.
    """

    def __init__(
        self,
        message: str,
        *,
        column: int = 0,
        token: str = "",
        expected: str = "",
        suggestion: str | None = None,
        example: str = "conv1d 3 16 k3 s1 p1 L100",
    ) -> None:
        """Raised by the grammar and by nothing else."""
        super().__init__(message)
        self.message = message
        self.column = column
        self.token = token
        self.expected = expected
        self.suggestion = suggestion
        self.example = example


class CodeGivenError(LanguageError):
    """The line is real code: it is for `/run`, not for the layer language."""
