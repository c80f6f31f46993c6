"""The inputs of a line: what its letters say, what `@` says, and the dtype that the first layer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sandbox.language import catalogue
from sandbox.language.examples import example
from sandbox.language.layers.registry import LAYERS
from sandbox.language.layers.spec import LayerSpec
from sandbox.language.model import FLOAT, LanguageError, Stage, Tensor, Value
from sandbox.language.size import Expr, Size, symbol
from sandbox.language.tokens import Token

_SCORES = {"CrossEntropyLoss", "LinearCrossEntropyLoss"}  # a target shaped like the input is probabilities, not classes


@dataclass(frozen=True, slots=True)
class Shape:
    """A whole input as written after `@`; `dtype` None where the layer decides."""

    sizes: tuple[Size, ...]
    dtype: str | None
    token: Token


@dataclass(slots=True)
class Letters:
    """The sizes written by letter, asked by a layout; remembers which letters it knows."""

    written: Mapping[str, tuple[int, Token]]
    synonyms: Mapping[str, str]
    used: set[str] = field(default_factory=set)
    known: list[str] = field(default_factory=list)

    def __call__(self, letter: str, default: Size | Value = None) -> Size:
        """The number written, else the default where it is a number, else the letter itself."""
        if letter not in self.known:
            self.known.append(letter)
        if self.written:
            found = self._find(letter)
            if found is not None:
                return found
        if isinstance(default, Expr) or (isinstance(default, int) and not isinstance(default, bool)):
            return default
        return symbol(letter)

    def _find(self, letter: str) -> int | None:
        if letter in self.written:
            self.used.add(letter)
            return self.written[letter][0]
        for other, meant in self.synonyms.items():
            if meant == letter and other in self.written and other not in self.used:
                self.used.add(other)
                return self.written[other][0]
        return None


def default_inputs(stage: Stage, written: Mapping[str, tuple[int, Token]]) -> tuple[Tensor, ...]:
    """What a line without `@` puts in: the layer's layout with the sizes that were written.

    Raises `LanguageError` for a letter that the layout does not have, and where the arguments give no layout.
    """
    layer = first_layer(stage)
    if layer is None:
        raise LanguageError(
            f"{stage.name} needs to know its input: write it after @.",
            column=stage.span.end,
            expected="an input such as @ 32x3x100",
            example=example(stage.kind, stage.name) if stage.kind == "op" else "relu @ 32x3x100",
        )
    spec = LAYERS[layer.name]
    letters = Letters(written, {**spec.letters, "B": "N"})
    inputs = _lay_out(spec, layer, letters)
    for letter, (_, token) in written.items():
        if letter not in letters.used:
            raise _no_such_letter(spec, layer, letter, token)
    return inputs


def first_layer(stage: Stage) -> Stage | None:
    """The layer that meets the input first: inside a Sequential its first child; None where that is an operation."""
    while stage.name == "Sequential" and stage.children:
        stage = stage.children[0]
    return stage if stage.kind == "layer" and stage.name in LAYERS else None


def typed_inputs(stage: Stage | None, shapes: Sequence[Shape]) -> tuple[Tensor, ...]:
    """The inputs written after `@`, each with its own dtype, else the one that the layer needs there."""
    layer = first_layer(stage) if stage else None
    if layer is None or all(shape.dtype for shape in shapes):
        return tuple(Tensor(shape.sizes, shape.dtype or FLOAT) for shape in shapes)
    try:
        usual = _lay_out(LAYERS[layer.name], layer, Letters({}, {}))
    except LanguageError:  # the layout needs arguments that make sense; torch will say which do not
        usual = ()
    return tuple(
        Tensor(shape.sizes, shape.dtype or _needed(layer, index, shape, shapes, usual))
        for index, shape in enumerate(shapes)
    )


def _needed(layer: Stage, index: int, shape: Shape, shapes: Sequence[Shape], usual: tuple[Tensor, ...]) -> str:
    if index >= len(usual) or (layer.name in _SCORES and index and shape.sizes == shapes[0].sizes):
        return FLOAT
    return usual[index].dtype


def with_dtype(inputs: tuple[Tensor, ...], dtype: str | None) -> tuple[Tensor, ...]:
    """The same inputs, the first one of another dtype where one was written."""
    return (replace(inputs[0], dtype=dtype), *inputs[1:]) if dtype and inputs else inputs


def letters_of(stage: Stage) -> tuple[str, ...]:
    """The letters of a layer's layout in their order, for an error, a hint and completion."""
    spec = LAYERS[stage.name]
    letters = Letters({}, {})
    try:
        _lay_out(spec, stage, letters)
    except LanguageError:
        return ()
    return tuple(letters.known)


def _lay_out(spec: LayerSpec, layer: Stage, letters: Letters) -> tuple[Tensor, ...]:
    try:
        return spec.layout(catalogue.full_args(layer), letters)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError, OverflowError) as fault:
        raise LanguageError(
            f"I cannot tell what {spec.name} takes with these arguments; write its input after @.",
            column=layer.span.start,
            expected=str(catalogue.signature(spec.name)),
            example=example("layer", spec.name),
        ) from fault


def _no_such_letter(spec: LayerSpec, layer: Stage, letter: str, token: Token) -> LanguageError:
    known = letters_of(layer)
    if letter in known or spec.letters.get(letter, "") in known:
        message = f"The size {letter} is given twice."
    else:
        message = f"The input of {spec.name} has no {letter}: its sizes are {', '.join(known)}."
    flag = spec.flags.get(letter.lower())
    return LanguageError(
        message,
        column=token.column,
        token=token.whole,
        expected=f"one of the letters {' '.join(known)}, or a whole input after @",
        suggestion=f"{letter.lower()}{token.text.lstrip(letter + letter.lower())}" if flag else None,
        example=example("layer", spec.name),
    )


__all__ = ["Letters", "Shape", "default_inputs", "first_layer", "letters_of", "typed_inputs", "with_dtype"]
