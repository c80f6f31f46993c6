"""Convolutions: lengths, shapes, transposed ones, same padding, receptive fields, and the question turned round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from cards.families.family import Draft, Family, shown, spelled, wrong

_LENGTHS = ((16, 20, 24, 28, 32), (40, 50, 64, 100), (60, 99, 100, 120, 128))
_CHANNELS = (1, 2, 3, 4, 8, 16, 32)
_COUNTS = {2: "Two", 3: "Three", 4: "Four"}


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel moves along one axis."""

    k: int
    s: int = 1
    p: int = 0
    d: int = 1

    def after(self, length: int) -> int:
        """The length that comes out: floor((L + 2p - d(k-1) - 1) / s) + 1."""
        return (length + 2 * self.p - self.d * (self.k - 1) - 1) // self.s + 1

    def stretched(self, length: int) -> int:
        """The same of the transposed layer: (L-1)s - 2p + d(k-1) + 1."""
        return (length - 1) * self.s - 2 * self.p + self.d * (self.k - 1) + 1

    def flags(self) -> str:
        """As the layer language writes it."""
        return f"k{self.k} s{self.s} p{self.p}" + (f" d{self.d}" if self.d > 1 else "")

    def arguments(self) -> str:
        """As Python writes it, defaults left out."""
        named = (("stride", self.s, 1), ("padding", self.p, 0), ("dilation", self.d, 1))
        return f"kernel_size={self.k}" + "".join(f", {name}={value}" for name, value, usual in named if value != usual)

    def worked(self, length: int) -> str:
        """The rule with the numbers in it."""
        return f"floor(({length} + 2*{self.p} - {self.d}*({self.k}-1) - 1) / {self.s}) + 1 = {self.after(length)}"


def _window(draw: Random, level: int) -> Window:
    k = draw.choice((3, 5) if level == 1 else (2, 3, 4, 5, 7))
    s = draw.choice((1, 2) if level == 1 else (2, 3) if level == 2 else (2, 3, 4))
    p = draw.choice((0, 1) if level == 1 else (0, 1, 2, 3))
    d = draw.choice((1,) if level < 3 else (2, 3))
    return Window(k, s, min(p, k // 2), d)


def _lengths(window: Window, length: int) -> list[tuple[str, int]]:
    """What the wrong rules say of a length."""
    k, s, p, d = window.k, window.s, window.p, window.d
    over = length + 2 * p - d * (k - 1) - 1
    found = [
        ("M1", over // s),
        ("M2", Window(k, s, p).after(length)),
        ("M3", (length + p - d * (k - 1) - 1) // s + 1),
        ("M4", -(-over // s) + 1),
        ("M5", over + 1),
    ]
    return [*found, ("M24", length)] if p == 1 and k != 3 and s == 1 else found


def _length(draw: Random, level: int) -> Draft:
    window, length = _window(draw, level), draw.choice(_LENGTHS[level - 1])
    c_in, c_out = draw.sample(_CHANNELS, 2)
    return Draft(
        asks="number",
        prompt=f"How long is the output of `nn.Conv1d({c_in}, {c_out}, {window.arguments()})` for an input of length "
        f"{length}?",
        key=window.after(length),
        wrong=tuple(wrong(rule, value) for rule, value in _lengths(window, length)),
        working=window.worked(length),
        line=f"conv1d {c_in} {c_out} {window.flags()} @ 1x{c_in}x{length}",
        reads="last",
    )


def _shape(draw: Random, level: int) -> Draft:
    window, length = _window(draw, level), draw.choice(_LENGTHS[level - 1])
    (c_in, c_out), n = draw.sample(_CHANNELS, 2), draw.choice((5, 10, 20))
    out = window.after(length)
    key = (n, c_out, out)
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `nn.Conv1d({c_in}, {c_out}, {window.arguments()})` for an input of shape "
        f"{shown((n, c_in, length))}?",
        key=key,
        wrong=(
            *(wrong(rule, (n, c_out, value)) for rule, value in _lengths(window, length)),
            wrong("M7", (n, out, c_out)),
            wrong("M8", (n, c_in, out)),
        ),
        working=f"N stays {n}, the channels become {c_out}, the length {window.worked(length)}",
        line=f"conv1d {c_in} {c_out} {window.flags()} @ {spelled((n, c_in, length))}",
    )


def _image(draw: Random, level: int) -> Draft:
    height = draw.choice(((28, 32), (32, 64), (30, 56, 64, 224))[level - 1])
    width = height if level < 3 else draw.choice((40, 48, 100))
    window = _window(draw, min(level, 2))
    (c_in, c_out), n = draw.sample((1, 3, 8, 16, 32, 64), 2), draw.choice((4, 10, 20))
    key = (n, c_out, window.after(height), window.after(width))

    def both(rule: str, rows: int, columns: int) -> tuple[str, tuple[int, ...]]:
        return rule, (n, c_out, rows, columns)

    found = [
        both(rule, rows, columns)
        for (rule, rows), (_, columns) in zip(_lengths(window, height), _lengths(window, width), strict=True)
    ]
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `nn.Conv2d({c_in}, {c_out}, {window.arguments()})` for images of shape "
        f"{shown((n, c_in, height, width))}?",
        key=key,
        wrong=(
            *(wrong(rule, value) for rule, value in found),
            wrong("M8", (n, c_in, *key[2:])),
            wrong("M7", (n, *key[2:], c_out), "You put the channels last: torch's order is (N, C, H, W)."),
        ),
        working=f"each side by the same rule: {window.worked(height)}"
        + (f"; {window.worked(width)}" if width != height else ""),
        line=f"conv2d {c_in} {c_out} {window.flags()} @ {spelled((n, c_in, height, width))}",
    )


def _transposed(draw: Random, level: int) -> Draft:
    length = draw.choice((7, 8, 10, 14, 16))
    k, s, p = draw.choice(
        ((2, 2, 0), (3, 2, 0), (4, 2, 0)) if level == 1 else ((4, 2, 1), (3, 2, 1), (5, 3, 1), (5, 2, 2))
    )
    extra = draw.choice((0, 1)) if level == 3 else 0
    window = Window(k, s, p)
    c_in, c_out = draw.sample(_CHANNELS, 2)
    key = window.stretched(length) + extra
    more = f", output_padding={extra}" if extra else ""
    return Draft(
        asks="number",
        prompt=f"How long is the output of `nn.ConvTranspose1d({c_in}, {c_out}, {window.arguments()}{more})` for an "
        f"input of length {length}?",
        key=key,
        wrong=(
            wrong("M17", length * s),
            wrong("M17", window.after(length), "That is the rule of Conv1d; the transposed layer goes the other way."),
            wrong("M3", key + p, "You took the padding off one side only: it comes off both, 2p in all."),
            wrong("M17", key - extra, "You left output_padding out: it is added once, at the end."),
            wrong(
                "M17", length * s + k, "You took L*s + k: the last step is not a whole stride, so it is (L-1)*s + k."
            ),
        ),
        working=f"({length}-1)*{s} - 2*{p} + ({k}-1) + {extra} + 1 = {key}",
        line=f"convtranspose1d {c_in} {c_out} k{k} s{s} p{p} op{extra} @ 1x{c_in}x{length}",
        reads="last",
    )


def _same(draw: Random, level: int) -> Draft:
    k = draw.choice((3, 5, 7) if level == 1 else (5, 7, 9, 11))
    d = 1 if level < 3 else draw.choice((2, 3, 4))
    length = draw.choice((50, 64, 100))
    c_in, c_out = draw.sample(_CHANNELS, 2)
    key = d * (k - 1) // 2
    dilation = f", dilation={d}" if d > 1 else ""
    return Draft(
        asks="number",
        prompt=f"Which whole number as `padding` keeps the length in `nn.Conv1d({c_in}, {c_out}, kernel_size={k}"
        f"{dilation}, padding=...)` with stride 1?",
        key=key,
        wrong=(
            wrong("M24", 1),
            wrong("M2", (k - 1) // 2),
            wrong("M3", d * (k - 1), "That is what both sides need together: half of it goes on each."),
            wrong("M24", k // 2 + 1, "One too many: the kernel covers its own middle, so it is (k-1)/2 on each side."),
        ),
        working=f"2p = d*(k-1) = {d * (k - 1)}, so p = {key}",
        proof=f"fits = [p for p in range(60) if nn.Conv1d(3, 8, {k}, dilation={d}, padding=p)"
        f"(torch.zeros(1, 3, {length})).shape[-1] == {length}]\nassert len(fits) == 1\nclaim(fits[0])",
    )


def _field(draw: Random, level: int) -> Draft:
    count = draw.choice((2, 3, 4) if level == 1 else (3, 4))
    kernels = [draw.choice((3, 5)) for _ in range(count)] if level > 1 else [draw.choice((3, 5))] * count
    strides = [1] * count if level < 3 else [2, *(draw.choice((1, 2)) for _ in range(count - 1))]
    reach, jump = 1, 1
    parts: list[str] = []
    for k, s in zip(kernels, strides, strict=True):
        parts.append(f"{k - 1}*{jump}")
        reach += (k - 1) * jump
        jump *= s
    layers = " | ".join(f"conv1d 4 4 k{k} s{s}" for k, s in zip(kernels, strides, strict=True))
    told = "; then ".join(
        f"kernel_size={k}" + (f", stride={s}" if s > 1 else "") for k, s in zip(kernels, strides, strict=True)
    )
    return Draft(
        asks="number",
        prompt=f"{_COUNTS[count]} Conv1d layers stand one after the other: {told}. How many neighbouring inputs does "
        "one output see (its receptive field)?",
        key=reach,
        wrong=(
            wrong("M1", reach - 1, "The output sees its own middle too: begin at 1."),
            wrong(
                "M5",
                1 + sum(k - 1 for k in kernels),
                "You left the strides out: after a stride of s each step further in counts s inputs.",
            ),
            wrong("", sum(kernels), "You added the kernels up: neighbouring windows overlap, each adds k-1."),
            wrong("", max(kernels), "That is one layer alone: each further one sees more."),
        ),
        working=f"1 + {' + '.join(parts)} = {reach}",
        line=f"{layers} @ 1x4x200",
        reads="receptive",
        unit="inputs",
    )


def _inverse(draw: Random, level: int) -> Draft:
    window, length = _window(draw, level), draw.choice(_LENGTHS[level - 1])
    out = window.after(length)
    dilation = f", dilation={window.d}" if window.d > 1 else ""

    def line(tried: Window) -> str:
        return f"conv1d 1 1 {tried.flags()} @ 1x1x{length}"

    return Draft(
        asks="pair",
        prompt=f"An `nn.Conv1d` with kernel_size={window.k}{dilation} turns length {length} into {out}. Which stride "
        "and padding could it have? (type them as `s p`, such as `2 1`)",
        key=(window.s, window.p),
        wrong=(),
        working=f"for example stride={window.s}, padding={window.p}: {window.worked(length)}",
        line=line(window),
        reads="last",
        gives=out,
        tried=lambda s, p: line(replace(window, s=s, p=p)),
    )


FAMILIES = (
    Family(id="conv1d-length", title="the length after Conv1d", topic="conv1d", rule="conv-length", make=_length),
    Family(id="conv1d-shape", title="the shape after Conv1d", topic="conv1d", rule="conv-shape", make=_shape),
    Family(id="conv2d-shape", title="the shape after Conv2d", topic="conv2d", rule="conv2d-shape", make=_image),
    Family(id="convtranspose1d-length", title="the length after ConvTranspose1d", topic="conv-transposed",
           rule="transposed-length", make=_transposed),
    Family(id="conv1d-same", title="the padding that keeps a length", topic="conv1d-padding",
           rule="same-padding", make=_same),
    Family(id="conv-receptive", title="receptive fields", topic="conv2d", rule="receptive-field", make=_field),
    Family(id="conv1d-inverse", title="which stride and padding", topic="conv1d", rule="conv-inverse", make=_inverse),
)  # fmt: skip
