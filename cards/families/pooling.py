"""Pooling: lengths with and without ceil_mode, images, adaptive pooling, and what makes things larger again."""

from __future__ import annotations

from random import Random

from cards.families.convolution import Window
from cards.families.family import Draft, Family, shown, spelled, wrong


def _length(draw: Random, level: int) -> Draft:
    k = draw.choice((2, 3) if level == 1 else (2, 3, 4, 5))
    length = draw.choice((20, 30, 50) if level == 1 else (25, 31, 50, 99, 100))
    kind, name = draw.choice((("maxpool1d", "MaxPool1d"), ("avgpool1d", "AvgPool1d")))
    p = draw.choice((0, 1)) if level == 3 else 0
    window = Window(k, k, p)
    padding = f", padding={p}" if p else ""
    return Draft(
        asks="number",
        prompt=f"How long is the output of `nn.{name}({k}{padding})` for an input of length {length}? "
        "(no stride is written)",
        key=window.after(length),
        wrong=(
            wrong("M6", Window(k, 1, p).after(length)),
            wrong("M4", -(-(length + 2 * p - k) // k) + 1),
            wrong("M1", (length + 2 * p - k) // k),
            wrong("M3", (length + p - k) // k + 1),
        ),
        working=f"the stride is kernel_size: {window.worked(length)}",
        line=f"{kind} k{k} p{p} @ 1x4x{length}",
        reads="last",
    )


def _ceil(draw: Random, level: int) -> Draft:
    k, s = draw.choice(((2, 2), (3, 2)) if level == 1 else ((3, 2), (3, 3), (4, 3), (5, 2)))
    length = next(size for size in draw.sample(range(12, 60), 48) if (size - k) % s)
    ceiling = draw.random() < 0.6
    over = length - k
    down, up = over // s + 1, -(-over // s) + 1
    key = up if ceiling else down
    mode = ", ceil_mode=True" if ceiling else ""
    return Draft(
        asks="number",
        prompt=f"How long is the output of `nn.MaxPool1d({k}, stride={s}{mode})` for an input of length {length}?",
        key=key,
        wrong=(
            wrong("M4", down if ceiling else up),
            wrong("M1", key - 1),
            wrong("M6", length - k + 1, "You let the window move by 1: the stride is written here."),
            wrong("M5", length // s, "You divided the length alone: the kernel has to fit, so subtract it first."),
        ),
        working=f"{'ceil' if ceiling else 'floor'}(({length} - {k}) / {s}) + 1 = {key}",
        line=f"maxpool1d k{k} s{s} ceil_mode={str(ceiling).lower()} @ 1x4x{length}",
        reads="last",
    )


def _image(draw: Random, level: int) -> Draft:
    k, s = draw.choice(((2, 2), (3, 3)) if level == 1 else ((3, 2), (2, 2), (5, 3)))
    height = draw.choice((28, 32, 64) if level < 3 else (33, 57, 111))
    n, channels = draw.choice((4, 8, 16)), draw.choice((3, 6, 16, 64))
    window = Window(k, s)
    side = window.after(height)
    told = f"{k}" if s == k else f"{k}, stride={s}"
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `nn.MaxPool2d({told})` for an input of shape "
        f"{shown((n, channels, height, height))}?",
        key=(n, channels, side, side),
        wrong=(
            wrong("M6", (n, channels, height - k + 1, height - k + 1)),
            wrong("M8", (n, channels // k or 1, side, side), "You pooled the channels too: each is pooled by itself."),
            wrong("M1", (n, channels, side - 1, side - 1)),
            wrong("M7", (n, side, side, channels), "You put the channels last: torch's order is (N, C, H, W)."),
            wrong("", (n, channels, side, height), "You pooled one side only: one number stands for both."),
        ),
        working=f"the channels stay, each side: {window.worked(height)}",
        line=f"maxpool2d k{k} s{s} @ {spelled((n, channels, height, height))}",
    )


def _adaptive(draw: Random, level: int) -> Draft:
    out = draw.choice((1, 2) if level == 1 else (1, 3, 4, 6))
    n, channels = draw.choice((2, 8, 16)), draw.choice((64, 128, 512))
    height, width = draw.choice(((7, 7), (14, 14)) if level < 3 else ((13, 20), (9, 17)))
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `nn.AdaptiveAvgPool2d({out})` for an input of shape "
        f"{shown((n, channels, height, width))}?",
        key=(n, channels, out, out),
        wrong=(
            wrong("", (n, channels), "The pooled axes stay, with their new size: flatten takes them away."),
            wrong(
                "", (n, channels, height // out, width // out), "The number is the size that comes out, not a kernel."
            ),
            wrong(
                "",
                (n, channels, height - out + 1, width - out + 1),
                "The number is the size that comes out, not a kernel.",
            ),
            wrong("M8", (n, out, height, width), "It pools height and width, not channels."),
        ),
        working=f"adaptive pooling gives the size it is told: {out} by {out}, whatever comes in",
        line=f"adaptiveavgpool2d {out} @ {spelled((n, channels, height, width))}",
    )


def _larger(draw: Random, level: int) -> Draft:
    r, n, channels = draw.choice((2, 3) if level < 3 else (2, 3, 4)), draw.choice((1, 2, 4)), draw.choice((1, 3, 4))
    height, width = draw.choice(((4, 4), (5, 5), (4, 6)))
    if draw.random() < 0.5:
        deep = channels * r * r
        return Draft(
            asks="shape",
            prompt=f"What shape comes out of `nn.PixelShuffle({r})` for an input of shape "
            f"{shown((n, deep, height, width))}?",
            key=(n, channels, height * r, width * r),
            wrong=(
                wrong(
                    "M8", (n, deep, height * r, width * r), f"The pixels come out of the channels: {r}*{r} make one."
                ),
                wrong("", (n, deep // r, height * r, width * r), f"It takes {r}*{r} channels for one, not {r}."),
                wrong("", (n, channels, height * r * r, width * r * r), f"Each side grows by {r}, not by {r}*{r}."),
            ),
            working=f"{deep} / ({r}*{r}) = {channels} channel{'s' if channels > 1 else ''}, each side times {r}",
            line=f"pixelshuffle {r} @ {spelled((n, deep, height, width))}",
        )
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `nn.Upsample(scale_factor={r})` for an input of shape "
        f"{shown((n, channels, height, width))}?",
        key=(n, channels, height * r, width * r),
        wrong=(
            wrong("", (n, channels * r, height * r, width * r), "Channels are not scaled."),
            wrong("", (n, channels, height + r, width + r), "It is a factor: sizes are multiplied."),
            wrong("", (n, channels, height, width * r), "Both sides grow."),
        ),
        working=f"each side times {r}, channels stay",
        line=f"upsample scale_factor={r} @ {spelled((n, channels, height, width))}",
    )


FAMILIES = (
    Family(id="pool-length", title="the length after pooling", topic="pooling", rule="pool-default", make=_length),
    Family(id="pool-ceil", title="pooling and ceil_mode", topic="pooling", rule="pool-ceil", make=_ceil),
    Family(id="pool2d-shape", title="the shape after MaxPool2d", topic="pooling", rule="pool2d-shape", make=_image),
    Family(id="adaptive-shape", title="adaptive pooling", topic="pooling", rule="adaptive", make=_adaptive),
    Family(id="upsample-shape", title="making images larger", topic="pooling", rule="upsample", make=_larger),
)
