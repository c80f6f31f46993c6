"""Tensors in other shapes: flatten into Linear, chains, broadcasting, products, view and permute, joining."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from random import Random

from cards.families.convolution import Window
from cards.families.family import Draft, Family, shown, spelled, wrong


def _bridge(draw: Random, level: int) -> Draft:
    side, c_out = draw.choice(((20, 24), (28, 32), (28, 32, 64))[level - 1]), draw.choice((4, 8, 10))
    conv = Window(draw.choice((3, 5)), 1, draw.choice((0, 1)) if level > 1 else 1)
    pool = 2
    after = conv.after(side)
    last = after // pool
    key = c_out * last * last
    return Draft(
        asks="number",
        prompt=f"Images of 1x{side}x{side} go through `nn.Conv2d(1, {c_out}, {conv.arguments()})`, `nn.MaxPool2d(2)` "
        "and `nn.Flatten()`. How many `in_features` does the next Linear need?",
        key=key,
        wrong=(
            wrong("M10", c_out, "You took the channels alone: Flatten joins them with height and width."),
            wrong("M5", c_out * after * after, "You left the pooling out: it halves both sides."),
            wrong("M24", c_out * (side // pool) ** 2, "You kept the size in the convolution: look at its padding."),
            wrong("M8", last * last, "You left the channels out."),
            wrong("", c_out * last, "You counted one side: height times width."),
        ),
        working=f"{side} -> {after} -> {last}, so {c_out}*{last}*{last} = {key}",
        line=f"conv2d 1 {c_out} {conv.flags()} | maxpool2d k2 | flatten | linear ? 10 @ 2x1x{side}x{side}",
        reads="solved",
        unit="features",
    )


def _flatten(draw: Random, level: int) -> Draft:
    shape = tuple(draw.choice((2, 3, 4, 5)) for _ in range(3 if level == 1 else 4))
    shape = (draw.choice((8, 16, 32)), *shape[1:])
    start = 1 if level < 3 else draw.choice((0, 2))
    key = (*shape[:start], prod(shape[start:]))
    told = "nn.Flatten()" if start == 1 else f"nn.Flatten(start_dim={start})"
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `{told}` for an input of shape {shown(shape)}?",
        key=key,
        wrong=(
            wrong("M9", (prod(shape),), "" if start == 1 else "Look at start_dim: the axes before it stay."),
            wrong("", (*shape[: start + 1], prod(shape[start + 1 :])), "It begins one axis earlier."),
            wrong("", (shape[0], sum(shape[1:])), "Axes are multiplied, not added."),
            wrong("", (*shape[:-2], shape[-2] * shape[-1]), "All axes from start_dim on are joined, not the last two."),
        ),
        working=f"axes from {start} on become one: {'*'.join(str(size) for size in shape[start:])} = {key[-1]}",
        line=f"nn.Flatten({start}) @ {spelled(shape)}" if start != 1 else f"nn.Flatten() @ {spelled(shape)}",
    )


def _linear(draw: Random, level: int) -> Draft:
    rows, columns = draw.sample((3, 4, 5, 8, 10), 2)
    lead = tuple(draw.choice((2, 6, 7, 9)) for _ in range(level))
    shape = (*lead, rows)
    return Draft(
        asks="shape",
        prompt=f"What shape comes out of `nn.Linear({rows}, {columns})` for an input of shape {shown(shape)}?",
        key=(*lead, columns),
        wrong=(
            wrong("M10", (lead[0], columns)) if level > 1 else wrong("M10", (columns,)),
            wrong("M8", shape, "The last axis becomes out_features."),
            wrong("", (*lead, rows, columns), "The last axis is replaced, no axis is added."),
            wrong("", (columns, *lead), "It is the last axis that changes."),
        ),
        working=f"the last axis, {rows}, becomes {columns}; all others stay",
        line=f"linear {rows} {columns} @ {spelled(shape)}",
    )


def _chain(draw: Random, level: int) -> Draft:
    length, n = draw.choice((32, 40, 64, 100)), draw.choice((4, 8, 16))
    first = Window(3, draw.choice((1, 2)), 1)
    c_in, middle, c_out = draw.choice((1, 3)), draw.choice((4, 8, 16)), draw.choice((5, 10, 32))
    second = Window(draw.choice((3, 5)), draw.choice((1, 2)) if level > 1 else 1, 0)
    one = first.after(length)
    halved = 2 if level == 3 else 1
    two = second.after(one) // halved
    unstrided = replace(second, s=1).after(replace(first, s=1).after(length)) // halved
    tail, told = (" | maxpool1d 2", ", then `nn.MaxPool1d(2)`") if level == 3 else ("", "")
    return Draft(
        asks="shape",
        prompt=f"An input of shape {shown((n, c_in, length))} goes through "
        f"`nn.Conv1d({c_in}, {middle}, {first.arguments()})`, then `nn.Conv1d({middle}, {c_out}, "
        f"{second.arguments()})`{told}. What shape comes out?",
        key=(n, c_out, two),
        wrong=(
            wrong("M5", (n, c_out, unstrided)),
            wrong("M8", (n, middle, two), "Those are the channels after the first layer."),
            wrong("M1", (n, c_out, two - 1)),
            wrong("M7", (n, two, c_out)),
            wrong("", (n, c_out, one), "That is the length after the first layer."),
            wrong("", (n, middle + c_out, two), "Channels are not added up: each layer gives its own."),
        ),
        working=f"{first.worked(length)}; {second.worked(one)}" + (f"; halved: {two}" if level == 3 else ""),
        line=f"conv1d {c_in} {middle} {first.flags()} | conv1d {middle} {c_out} {second.flags()}{tail} "
        f"@ {spelled((n, c_in, length))}",
    )


def _broadcast(draw: Random, level: int) -> Draft:
    n = draw.choice((3, 4, 5, 6, 8))
    m = draw.choice([size for size in (2, 3, 5, 7) if size != n])
    k = draw.choice([size for size in (2, 4, 6) if size not in (n, m)])
    cases: dict[int, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
        1: ((n,), (n, 1), (n, n)),
        2: ((n, 1), (1, m), (n, m)),
        3: ((k, 1, m), (n, 1), (k, n, m)),
    }
    left, right, key = cases[level]
    if level == 2 and draw.random() < 0.5:
        left, right, key = (k, n, m), (m,), (k, n, m)
    return Draft(
        asks="shape",
        prompt=f"`x` has the shape {shown(left)}, `y` the shape {shown(right)}. What is the shape of `x + y`?",
        key=key,
        wrong=(
            wrong("M23", left),
            wrong("M23", right, "Both stretch: where one has a 1, it takes the size of the other."),
            wrong("", (*left, *right), "Axes are lined up from the right, not put one after the other."),
            wrong("", tuple(max(pair) for pair in zip(left, right, strict=False)), "Line them up from the right."),
            wrong("", tuple(reversed(key)), "The axes keep their places."),
        ),
        working=f"aligned from the right, a 1 stretches: {shown(key)}",
        line=f"broadcast {_listed(left)} {_listed(right)}",
    )


def _listed(shape: tuple[int, ...]) -> str:
    return spelled(shape) if len(shape) > 1 else f"({shape[0]},)"


def _matmul(draw: Random, level: int) -> Draft:
    a, b, c = draw.sample((2, 3, 5, 6, 8), 3)
    batch = draw.choice((7, 9, 10))
    left, right, key = {
        1: ((a, b), (b, c), (a, c)),
        2: ((batch, a, b), (b, c), (batch, a, c)),
        3: ((batch, 1, a, b), (4, b, c), (batch, 4, a, c)),
    }[level]
    return Draft(
        asks="shape",
        prompt=f"`x` has the shape {shown(left)}, `y` the shape {shown(right)}. What is the shape of `x @ y`?",
        key=key,
        wrong=(
            wrong("", (*key[:-2], key[-1], key[-2]), "Rows come from the left one, columns from the right one."),
            wrong("", (*key[:-2], a, b, c), "The inner size is summed away."),
            wrong("", (*key[:-2], b, b), "The inner sizes meet and are summed away."),
            wrong("", (a, c), "The batch axes stay.") if level > 1 else wrong("", (c, a), "Rows, then columns."),
            wrong("", (*left[:-1], *right[:-2], c), "Leading axes broadcast, they are not put one after the other."),
        ),
        working=f"({a}, {b}) times ({b}, {c}) is ({a}, {c})" + ("; leading axes broadcast" if level > 1 else ""),
        line=f"matmul {spelled(left)} {spelled(right)}",
    )


def _permute(draw: Random, level: int) -> Draft:
    shape = tuple(draw.sample((2, 3, 4, 5, 6, 7), 3 if level < 3 else 4))
    order = list(range(len(shape)))
    while order == sorted(order):
        draw.shuffle(order)
    key = tuple(shape[axis] for axis in order)
    back = tuple(shape[order.index(axis)] for axis in range(len(order)))
    told = ", ".join(str(axis) for axis in order)
    swapped = [key[1], key[0], *key[2:]]
    return Draft(
        asks="shape",
        prompt=f"`x` has the shape {shown(shape)}. What is the shape of `x.permute({told})`?",
        key=key,
        wrong=(
            wrong("M22", shape, "It moves the axes, so their sizes move with them."),
            wrong("M22", back, "You went the other way: the first number says which axis comes first."),
            wrong("M22", tuple(reversed(shape)), "Take the axes in the order that is written, not backwards."),
            wrong("M22", tuple(swapped), "Two of the axes have changed places."),
        ),
        working="axis by axis: " + ", ".join(f"{axis} has {shape[axis]}" for axis in order),
        line=f"permute {' '.join(str(axis) for axis in order)} @ {spelled(shape)}",
    )


def _order(draw: Random, level: int) -> Draft:
    rows, columns = draw.choice(((2, 3), (3, 2)) if level == 1 else ((2, 4), (3, 4), (4, 3)))
    viewed = draw.random() < 0.5
    call = f"view({columns}, {rows})" if viewed else "t()"
    table = [[row * columns + column for column in range(columns)] for row in range(rows)]
    flat = list(range(rows * columns))
    view = tuple(flat[i * rows : (i + 1) * rows][0 if level == 1 else -1] for i in range(columns))
    turned = tuple(table[0 if level == 1 else -1][column] for column in range(columns))
    place = "first" if level == 1 else "last"
    index = "0" if level == 1 else "-1"
    key, other = (view, turned) if viewed else (turned, view)
    return Draft(
        asks="numbers",
        prompt=f"`x = torch.arange({rows * columns}).view({rows}, {columns})`. What is the {place} column of "
        f"`x.{call}`, from top to bottom?",
        key=key,
        wrong=(
            wrong("M22", other),
            wrong("", tuple(row[0] for row in table), "Those are a column of x itself."),
            wrong(
                "", tuple(flat[:columns]) if not viewed else tuple(flat[:rows]), "Those are its first numbers, a row."
            ),
            wrong("", tuple(reversed(key)), "From top to bottom."),
        ),
        working=f"{'view keeps the numbers in their order' if viewed else 't() swaps the axes'}: {list(key)}",
        proof=f"claim(torch.arange({rows * columns}).view({rows}, {columns}).{call}[:, {index}])",
        signed=True,
    )


def _joined(draw: Random, level: int) -> Draft:
    a, b, c = draw.sample((2, 3, 4, 5), 3)
    if level < 2 or draw.random() < 0.5:
        dim = draw.choice((0, 1))
        left = (a, b)
        right = (c, b) if dim == 0 else (a, c)
        key = (a + c, b) if dim == 0 else (a, b + c)
        return Draft(
            asks="shape",
            prompt=f"`x` has the shape {shown(left)}, `y` the shape {shown(right)}. What is the shape of "
            f"`torch.cat([x, y], dim={dim})`?",
            key=key,
            wrong=(
                wrong("", (2, *left), "cat joins along an axis that is there; stack makes a new one."),
                wrong("", tuple(p + q for p, q in zip(left, right, strict=True)), "Only the axis of dim grows."),
                wrong("", tuple(reversed(key)), "Look at dim: that axis grows, the others stay."),
                wrong("", left, "The axis of dim grows by the other's size."),
            ),
            working=f"axis {dim}: {left[dim]} + {right[dim]} = {key[dim]}",
            line=f"cat {spelled(left)} {spelled(right)} dim={dim}",
        )
    shape, count, dim = (a, b), draw.choice((3, 4)), draw.choice((0, 1, 2))
    stacked = (*shape[:dim], count, *shape[dim:])
    return Draft(
        asks="shape",
        prompt=f"`tensors` is a list of {count}, each of shape {shown(shape)}. What is the shape of "
        f"`torch.stack(tensors, dim={dim})`?",
        key=stacked,
        wrong=(
            wrong(
                "", (*shape[:dim], count * shape[min(dim, 1)], *shape[dim + 1 :]), "stack makes a new axis; cat joins."
            ),
            wrong("", (count, *shape), "The new axis stands where dim says."),
            wrong("", (*shape, count), "The new axis stands where dim says."),
            wrong("", shape, "A new axis comes in."),
        ),
        working=f"a new axis of {count} at place {dim}",
        line=f"stack {' '.join([spelled(shape)] * count)} dim={dim}",
    )


FAMILIES = (
    Family(id="flatten-linear", title="from convolution to Linear", topic="linear", rule="bridge", make=_bridge),
    Family(id="flatten-shape", title="what Flatten gives", topic="linear", rule="flatten", make=_flatten),
    Family(id="linear-shape", title="the shape after Linear", topic="linear", rule="linear-shape", make=_linear),
    Family(id="conv-chain", title="two convolutions in a row", topic="conv1d", rule="chain", make=_chain),
    Family(id="broadcast", title="broadcasting", topic="broadcasting", rule="broadcast", make=_broadcast),
    Family(id="matmul", title="matrix products", topic="broadcasting", rule="matmul", make=_matmul),
    Family(id="permute", title="permute", topic="linear", rule="permute", make=_permute),
    Family(id="view-order", title="view or transpose", topic="linear", rule="view-order", make=_order),
    Family(id="cat-stack", title="cat and stack", topic="broadcasting", rule="joining", make=_joined),
)
