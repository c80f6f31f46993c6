"""Einstein's summation: letters for axes, products summed over every letter that does not come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.language.formulas.tensors import give, promoted, summed_dtype, times
from sandbox.language.formulas.working import Fix, Working
from sandbox.language.model import Tensor
from sandbox.language.size import Size, product

_DOTS = "..."


@dataclass(frozen=True, slots=True)
class _Axes:
    """The labels of one operand or of the result; `...` is one label of its own."""

    text: str
    labels: tuple[str, ...]


def einsum(w: Working) -> None:
    """`ij,jk->ik`, `...` for any axes, a letter twice in one operand for its diagonal."""
    equation = w.args["equation"]
    if not isinstance(equation, str):
        w.refuse(f"einsum takes its equation as text such as 'ij,jk->ik', not {equation!r}.")
    left, arrow, right = equation.partition("->")
    operands = [_labels(w, part) for part in left.split(",")]
    if len(operands) != len(w.inputs):
        w.refuse(f"{equation!r} is about {len(operands)} tensor(s), and einsum got {len(w.inputs)}.")
    sizes = _sizes(w, operands)
    result = _result(w, _labels(w, right), sizes) if arrow else _implied(operands)
    for label, axes in sizes.items():
        if label == _DOTS:
            continue
        fate = "comes out" if label in result else "is summed over"
        w.line(label, fate, str(axes[0]), axes[0])
    _count(w, sizes, result)
    summed = any(label not in result for label in sizes)
    give(w, [size for label in result for size in sizes[label]], dtype=_dtype(w, summed=summed))


def _dtype(w: Working, *, summed: bool) -> str:
    """Plain products promote as `x * y` does; sums of products are matrix products, which need one dtype."""
    if not summed:
        return promoted(w.inputs)
    for tensor in w.inputs[1:]:
        w.require(
            tensor.dtype == w.x.dtype, f"einsum needs one dtype to sum in, and got {w.x.dtype} and {tensor.dtype}."
        )
    return summed_dtype(w.x.dtype) if len(w.inputs) == 1 else w.x.dtype


def _labels(w: Working, text: str) -> _Axes:
    text = text.replace(" ", "")
    before, dots, after = text.partition(_DOTS)
    letters = before + after
    wrong = next((letter for letter in letters if not (letter.isascii() and letter.isalpha())), None)
    if wrong is not None:
        w.refuse(f"An einsum equation is made of letters, `...`, commas and one `->`; {wrong!r} in {text!r} is none.")
    return _Axes(text, (*before, *((_DOTS,) if dots else ()), *after))


def _sizes(w: Working, operands: Sequence[_Axes]) -> dict[str, tuple[Size, ...]]:
    """What each label stands for; a size of 1 stretches to the other's, as in broadcasting."""
    sizes: dict[str, tuple[Size, ...]] = {}
    for axes, tensor in zip(operands, w.inputs, strict=True):
        for label, found in _read(w, axes, tensor).items():
            sizes[label] = _common(w, label, sizes.get(label, ()), found)
    return sizes


def _read(w: Working, axes: _Axes, tensor: Tensor) -> dict[str, tuple[Size, ...]]:
    letters = len(axes.labels) - (_DOTS in axes.labels)
    spare = len(tensor.shape) - letters
    if spare < 0 or (spare and _DOTS not in axes.labels):
        names = f"{letters} letter{'s' * (letters != 1)}" + (" and ..." if _DOTS in axes.labels else "")
        w.refuse(f"{axes.text!r} names {names}, and {tensor} has {len(tensor.shape)} axes.")
    found: dict[str, tuple[Size, ...]] = {}
    place = 0
    for label in axes.labels:
        width = spare if label == _DOTS else 1
        here = tensor.shape[place : place + width]
        place += width
        if label in found:
            w.require_equal(
                here[0],
                found[label][0],
                f"{label!r} stands twice in {axes.text!r}: {found[label][0]} and {here[0]} must be equal.",
            )
        else:
            found[label] = here
    return found


def _common(w: Working, label: str, left: Sequence[Size], right: Sequence[Size]) -> tuple[Size, ...]:
    axes = max(len(left), len(right))
    padded = [(1,) * (axes - len(sizes)) + tuple(sizes) for sizes in (left, right)]
    result: list[Size] = []
    for a, b in zip(*padded, strict=True):
        if 1 not in (a, b):
            w.require_equal(b, a, f"{label!r} stands for axes of equal size, and here they are {a} and {b}.")
        result.append(b if a == 1 else a)
    return tuple(result)


def _result(w: Working, axes: _Axes, sizes: dict[str, tuple[Size, ...]]) -> tuple[str, ...]:
    for label in axes.labels:
        if label not in sizes and label != _DOTS:
            words = f"{label!r} comes out and goes into no tensor: it must stand before the arrow too."
            w.refuse(words, *_instead(w, axes, label, sizes))
        if axes.labels.count(label) > 1:
            w.refuse(f"{label!r} stands twice after the arrow; each letter can come out once.", _once(w, axes))
    return tuple(label for label in axes.labels if label in sizes)


def _instead(w: Working, axes: _Axes, label: str, sizes: Iterable[str]) -> Iterator[Fix]:
    """Another letter in its place: one that goes in and does not come out, the last first."""
    before = str(w.args["equation"]).partition("->")[0]
    for other in reversed([each for each in sizes if each not in axes.labels]):
        yield Fix({"equation": f"{before}->{''.join(other if each == label else each for each in axes.labels)}"})
    kept = "".join(each for each in axes.labels if each != label)
    yield Fix({"equation": f"{before}->{kept}"})


def _once(w: Working, axes: _Axes) -> Fix:
    before = str(w.args["equation"]).partition("->")[0]
    return Fix({"equation": f"{before}->{''.join(dict.fromkeys(axes.labels))}"})


def _implied(operands: Sequence[_Axes]) -> tuple[str, ...]:
    """Without an arrow: the dots, then every letter that stands once, capitals before small letters."""
    letters = [label for axes in operands for label in axes.labels]
    dots = (_DOTS,) if _DOTS in letters else ()
    return dots + tuple(sorted(label for label in letters if label != _DOTS and letters.count(label) == 1))


def _count(w: Working, sizes: dict[str, tuple[Size, ...]], result: Sequence[str]) -> None:
    """Two tensors multiply once for every combination of labels; of three or more, torch chooses the order."""
    if len(w.inputs) == 2 and any(label not in result for label in sizes):
        every = [size for axes in sizes.values() for size in axes]
        w.multiply_adds(product(every), times(every))
    elif len(w.inputs) > 2:
        w.notes.append("Multiply-adds depend on the order in which the tensors are multiplied, and are not counted.")


__all__ = ["einsum"]
