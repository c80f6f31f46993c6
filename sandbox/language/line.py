"""What a line has said so far, while its stages are read one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.language.layouts import Shape, default_inputs, typed_inputs, with_dtype
from sandbox.language.model import LanguageError, Pipeline, Span, Stage, Tensor
from sandbox.language.tokens import Token

_RANK_KEEPING = {"activation", "dropout", "normalisation"}


@dataclass(slots=True)
class Line:
    """The parts of a `Pipeline` as they are found.

    Attributes:
        source: the line as given.
        text: the same line, cleaned.
        stages: those read so far.
        sizes: the sizes written by letter, each with its token.
        shapes: the whole inputs written after `@` or before the first `|`.
        ahead: the whole inputs that the end of the line has, known before it is read.
        dtype: a dtype written on its own, for the first input.
        reached: how many stages were followed to settle a word, and what comes out of them.
        axes: over how many axes the layers slide, where that is settled: it decides what a bare `maxpool` is.
    """

    source: str
    text: str
    stages: list[Stage] = field(default_factory=list)
    sizes: dict[str, tuple[int, Token]] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)
    ahead: list[Shape] = field(default_factory=list)
    dtype: str | None = None
    training: bool = True
    mode: Token | None = None
    axes: int | None = None
    reached: tuple[int, tuple[Tensor, ...]] | None = None
    notes: list[str] = field(default_factory=list)

    def set_mode(self, training: bool, token: Token) -> None:
        """`eval` or `train`; raises `LanguageError` where both are written."""
        if self.mode is not None and self.training != training:
            raise LanguageError(
                "The line says both train and eval.",
                column=token.start,
                token=token.whole,
                expected="one of them",
                example="dropout 0.5 eval @ 8x20",
            )
        self.training, self.mode = training, token

    def set_size(self, letter: str, value: int, token: Token) -> None:
        """One size by its letter; raises `LanguageError` where it has one already."""
        if letter in self.sizes:
            raise LanguageError(
                f"The size {letter} is given twice.", column=token.column, token=token.whole, expected="each size once"
            )
        self.sizes[letter] = (value, token)

    def add_shapes(self, shapes: list[Shape]) -> None:
        """Whole inputs; raises `LanguageError` where the line has some already."""
        if self.shapes and shapes:
            raise LanguageError(
                "The input is given twice.",
                column=shapes[0].token.start,
                token=shapes[0].token.whole,
                expected="one input, before the first | or at the end",
                example="conv1d 3 16 k3 | relu @ 32x3x100",
            )
        self.shapes += shapes

    def add_stage(self, stage: Stage, family: str) -> None:
        """The next stage; keeps track of the number of axes that a chain works on."""
        self.stages.append(stage)
        if stage.kind == "layer" and stage.name[-1] == "d" and stage.name[-2:-1].isdigit():
            self.axes = int(stage.name[-2])
        elif family not in _RANK_KEEPING:
            self.axes = None

    def inputs(self) -> tuple[Tensor, ...]:
        """What goes in: what was written, else what the first layer takes."""
        if self.shapes:
            if self.sizes:
                letter, (_, token) = next(iter(self.sizes.items()))
                raise LanguageError(
                    f"The whole input is written after @, so {letter} has no place left.",
                    column=token.column,
                    token=token.whole,
                    expected="either letters such as L100 or a whole input such as @ 32x3x100",
                )
            return with_dtype(typed_inputs(self.stages[0], self.shapes), self.dtype)
        return with_dtype(default_inputs(self.stages[0], self.sizes), self.dtype)

    def pipeline(self, *, python: bool = False) -> Pipeline:
        """The finished line; raises `LanguageError` where its input is not to be told."""
        return Pipeline(
            self.source, tuple(self.stages), self.inputs(), self.training, python, tuple(dict.fromkeys(self.notes))
        )


def span_of(tokens: list[Token]) -> Span:
    """From the first token to the last."""
    return Span(tokens[0].column, tokens[-1].end)
