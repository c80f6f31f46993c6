"""Random questions about tensor operations, and torch's answers to them."""

from __future__ import annotations

import functools
import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch

from sandbox.language.formulas.registry import OP_FORMULAS
from sandbox.language.formulas.working import Misfit, Working
from sandbox.language.layers.registry import OPS
from sandbox.language.layers.tensor_ops import CASTS
from sandbox.language.model import Dtype, Stage, Tensor, Value

torch.set_num_threads(1)

Shape = tuple[int, ...]
Args = Mapping[str, Value]
Question = tuple[dict[str, Value], list[Tensor]]


def run(name: str, args: Args, inputs: Sequence[torch.Tensor]) -> Any:
    """The operation on real tensors, written as a learner would write it."""
    values = {key: getattr(torch, value.name) if isinstance(value, Dtype) else value for key, value in args.items()}
    if name == "broadcast":
        return functools.reduce(torch.add, inputs)
    if name in {"cat", "stack"}:
        return getattr(torch, name)(list(inputs), **values)
    if name == "einsum":
        return torch.einsum(values["equation"], *inputs)
    if name in {"pad", "one_hot"}:
        return getattr(torch.nn.functional, name)(*inputs, **values)
    if name == "split":
        return torch.split(*inputs, **values)
    if name in {"view", "reshape", "permute", "expand", "repeat", "flip"}:
        (sizes,) = values.values()
        return getattr(inputs[0], name)(*inputs[1:], sizes)
    return getattr(inputs[0], name)(*inputs[1:], **values)


def make(tensor: Tensor) -> torch.Tensor:
    """A small real tensor; whole numbers are zeros."""
    shape = cast("Shape", tensor.shape)
    return torch.zeros(shape, dtype=getattr(torch, tensor.dtype))


def flat(result: Any) -> list[torch.Tensor]:
    return [result] if isinstance(result, torch.Tensor) else [each for item in result for each in flat(item)]


def ask_torch(name: str, args: Args, inputs: Sequence[Tensor]) -> list[tuple[Shape, str]] | str:
    """Shapes and dtypes, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = run(name, args, [make(tensor) for tensor in inputs])
        except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError) as error:
            return f"{type(error).__name__}: {error}"
    return [(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")) for tensor in flat(result)]


def work(name: str, args: Args, inputs: Sequence[Tensor]) -> Working:
    """The formula's sheet; raises `Misfit` and `Assumed`."""
    filled = cast("dict[str, Value]", {**OPS[name].parameters, **args})
    working = Working(Stage("op", name, dict(args)), filled, tuple(inputs))
    OP_FORMULAS[name](working)
    return working


def ask_formula(name: str, args: Args, inputs: Sequence[Tensor]) -> list[tuple[Shape, str]] | str:
    try:
        working = work(name, args, inputs)
    except Misfit as misfit:
        return f"Misfit: {misfit.words}"
    return [(cast("Shape", output.tensor.shape), output.tensor.dtype) for output in working.outputs]


def shape(pick: random.Random, least: int = 0, most: int = 4) -> Shape:
    return tuple(pick.choice((1, 2, 3, 4, 6)) if pick.random() < 0.97 else 0 for _ in range(pick.randint(least, most)))


def tensor(pick: random.Random, least: int = 0, most: int = 4) -> Tensor:
    sizes = shape(pick, least, most)
    return (
        Tensor(sizes) if 0 in sizes else Tensor(sizes, dtype(pick))
    )  # of nothing, torch takes what it has no code for


def dtype(pick: random.Random) -> str:
    if pick.random() < 0.8:
        return "float32"
    return pick.choice(("float64", "int64", "int32", "uint8", "int8", "bool", "float16", "bfloat16", "complex64"))


def axis(pick: random.Random, axes: int) -> int:
    return pick.randint(-axes - 1, axes) if pick.random() < 0.3 or not axes else pick.randrange(-axes, axes)


def axes_of(pick: random.Random, count: int) -> tuple[int, ...]:
    every = [place - count * pick.randint(0, 1) for place in range(count)]
    pick.shuffle(every)
    return tuple(every[: pick.randint(0, count)])


def factors(pick: random.Random, elements: int) -> list[int]:
    """Sizes that hold just so many elements."""
    sizes: list[int] = []
    while elements > 1 and len(sizes) < 4:
        size = pick.choice([d for d in range(1, elements + 1) if elements % d == 0])
        sizes.append(size)
        elements //= size
    sizes.append(elements)
    pick.shuffle(sizes)
    return sizes


def new_shape(pick: random.Random, elements: int) -> tuple[int, ...]:
    sizes = factors(pick, elements) if pick.random() < 0.8 else list(shape(pick))
    for _ in range(pick.choice((0, 0, 1, 1, 2))):
        if sizes:
            sizes[pick.randrange(len(sizes))] = -1 if pick.random() < 0.9 else pick.randint(-2, 9)
    return tuple(sizes)


def _count(sizes: Sequence[int]) -> int:
    return functools.reduce(lambda a, b: a * b, sizes, 1)


def _numbers(x: Tensor) -> Shape:
    return cast("Shape", x.shape)


def reshaped(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"shape": new_shape(pick, _count(_numbers(x)))}, [x]


def flattened(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"start_dim": axis(pick, len(x.shape)), "end_dim": axis(pick, len(x.shape))}, [x]


def unflattened(pick: random.Random) -> Question:
    x = tensor(pick)
    place = axis(pick, len(x.shape))
    whole = _numbers(x)[place] if -len(x.shape) <= place < len(x.shape) else 6
    return {"dim": place, "sizes": new_shape(pick, whole)}, [x]


def plain(pick: random.Random) -> Question:
    return {}, [tensor(pick)]


def converted(pick: random.Random) -> Question:
    return {"dtype": Dtype(dtype(pick))}, [tensor(pick)]


def permuted(pick: random.Random) -> Question:
    x = tensor(pick)
    dims = list(range(len(x.shape)))
    pick.shuffle(dims)
    dims = [dim - len(x.shape) * pick.randint(0, 1) for dim in dims]
    if pick.random() < 0.3:
        dims = [axis(pick, len(x.shape)) for _ in range(pick.randint(0, 4))]
    return {"dims": tuple(dims)}, [x]


def transposed(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"dim0": axis(pick, len(x.shape)), "dim1": axis(pick, len(x.shape))}, [x]


def moved(pick: random.Random) -> Question:
    x = tensor(pick)
    if pick.random() < 0.5:
        return {"source": axis(pick, len(x.shape)), "destination": axis(pick, len(x.shape))}, [x]
    source, goal = axes_of(pick, len(x.shape)), axes_of(pick, len(x.shape))
    least = min(len(source), len(goal)) if pick.random() < 0.8 else 9
    return {"source": source[:least], "destination": goal[:least]}, [x]


def squeezed(pick: random.Random) -> Question:
    x = tensor(pick)
    kind = pick.random()
    if kind < 0.3:
        return {}, [x]
    return {"dim": axis(pick, len(x.shape)) if kind < 0.7 else axes_of(pick, len(x.shape))}, [x]


def unsqueezed(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"dim": axis(pick, len(x.shape) + 1)}, [x]


def flipped(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"dims": axes_of(pick, len(x.shape)) if pick.random() < 0.8 else (axis(pick, len(x.shape)),)}, [x]


def expanded(pick: random.Random) -> Question:
    x = tensor(pick)
    sizes = [pick.choice((size, -1, 4 if size == 1 else size)) for size in _numbers(x)]
    sizes = [pick.choice((2, 3)) if pick.random() < 0.9 else -1 for _ in range(pick.randint(0, 2))] + sizes
    if sizes and pick.random() < 0.2:
        sizes[pick.randrange(len(sizes))] = pick.randint(-2, 5)
    if 0 in sizes or 0 in x.shape:
        sizes = [size for size in sizes if size != -1]  # an empty tensor comes out with an axis of size -1 else
    return {"size": tuple(sizes)}, [x]


def repeated(pick: random.Random) -> Question:
    x = tensor(pick)
    repeats = [pick.choice((1, 2, 3)) for _ in range(len(x.shape) + pick.choice((0, 0, 1, 2, -1)))]
    if repeats and 0 not in x.shape and pick.random() < 0.2:
        repeats[0] = pick.choice((0, -1))
    return {"repeats": tuple(repeats)}, [x]


def padded(pick: random.Random) -> Question:
    x = tensor(pick)
    count = 2 * pick.randint(0, min(len(x.shape) + 1, 3)) + (pick.random() < 0.1)
    args: dict[str, Value] = {"pad": tuple(pick.randint(-2, 3) for _ in range(count))}
    if pick.random() < 0.4:
        args["mode"] = pick.choice(("reflect", "replicate", "circular", "constant", "mirror"))
        args["pad"] = tuple(pick.randint(0, 2) for _ in range(count))
    if pick.random() < 0.2:
        args["value"] = pick.choice((0.0, 1.0))
    return args, [x]


def hot(pick: random.Random) -> Question:
    kind = "int64" if pick.random() < 0.8 else dtype(pick)
    return {"num_classes": pick.randint(0, 5)}, [Tensor(shape(pick), kind)]


def alike(pick: random.Random, count: int, *, along: bool) -> list[Tensor]:
    """Tensors that could be joined, some of them not quite."""
    first = list(shape(pick, 0 if pick.random() < 0.1 else 1))
    free = pick.randrange(len(first)) if first else 0
    tensors = []
    for _ in range(count):
        sizes = list(first)
        if along and sizes:
            sizes[free] = pick.randint(1, 4)
        if pick.random() < 0.1 and sizes:
            sizes[pick.randrange(len(sizes))] = pick.randint(0, 4)
        if pick.random() < 0.03:
            sizes = [0]
        if pick.random() < 0.03:
            sizes.append(2)
        tensors.append(Tensor(tuple(sizes), dtype(pick)))
    return tensors


def joined(pick: random.Random) -> Question:
    inputs = alike(pick, pick.randint(1, 3), along=True)
    return {"dim": axis(pick, len(inputs[0].shape))}, inputs


def stacked(pick: random.Random) -> Question:
    inputs = alike(pick, pick.randint(1, 3), along=False)
    return {"dim": axis(pick, len(inputs[0].shape) + 1)}, inputs


def parted(pick: random.Random) -> Question:
    x = tensor(pick)
    place = axis(pick, len(x.shape))
    whole = _numbers(x)[place] if -len(x.shape) <= place < len(x.shape) else 6
    sizes: Value = pick.randint(-1, 4)
    if pick.random() < 0.5:
        first = pick.randint(0, whole)
        sizes = (first, whole - first + (pick.random() < 0.2), *([-1] if pick.random() < 0.1 else []))
    return {"split_size_or_sections": sizes, "dim": place}, [x]


def chunked(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"chunks": pick.randint(0, 5), "dim": axis(pick, len(x.shape))}, [x]


def along_one(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"dim": axis(pick, len(x.shape))}, [x]


def narrowed(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"dim": axis(pick, len(x.shape)), "start": pick.randint(-4, 4), "length": pick.randint(-1, 4)}, [x]


def selected(pick: random.Random) -> Question:
    x = tensor(pick)
    return {"dim": axis(pick, len(x.shape)), "index": pick.randint(-4, 4)}, [x]


def multiplied(pick: random.Random) -> Question:
    inner, kind = pick.choice((1, 2, 3)), dtype(pick)
    batch = list(shape(pick, 0, 2))
    left = [*(batch if pick.random() < 0.6 else shape(pick, 0, 2)), pick.choice((1, 2, 3)), inner]
    right = [*(batch if pick.random() < 0.6 else shape(pick, 0, 2)), inner, pick.choice((1, 2, 3))]
    left = left[-1:] if pick.random() < 0.15 else left
    right = right[-2:-1] if pick.random() < 0.15 else right
    if pick.random() < 0.15:
        left = list(shape(pick, 0, 3))
    other = kind if pick.random() < 0.9 else dtype(pick)
    inputs = [Tensor(tuple(left), kind), Tensor(tuple(right), other), Tensor((2, 2))]
    if any(0 in each.shape for each in inputs):
        inputs = [Tensor(each.shape) for each in inputs]  # torch looks at the dtypes of empty products now and then
    return {}, inputs[: pick.choice((2, 2, 2, 2, 2, 2, 2, 1, 3))]


def summed(pick: random.Random) -> Question:
    known = {letter: pick.choice((1, 2, 3)) for letter in "ijkB"}
    texts, inputs = [], []
    kind = "float32" if pick.random() < 0.7 else pick.choice(("float64", "int64", "complex64"))
    dots = pick.random() < 0.3
    batch = shape(pick, 0, 2)
    for _ in range(pick.choice((1, 2, 2, 2, 3))):
        letters = [pick.choice("ijkB") for _ in range(pick.randint(0, 3))]
        sizes = [known[letter] if pick.random() < 0.95 else pick.choice((1, 2)) for letter in letters]
        if dots and pick.random() < 0.8:
            cut = pick.randint(0, len(letters))
            letters.insert(cut, "...")
            sizes[cut:cut] = list(batch[pick.randint(0, len(batch)) :])
        texts.append("".join(letters))
        inputs.append(Tensor(tuple(sizes), kind))
    equation = pick.choice((",", ", ")).join(texts)
    if pick.random() < 0.7:
        used = sorted({letter for text in texts for letter in text if letter != "."})
        pick.shuffle(used)
        out = used[: pick.randint(0, len(used))]
        if pick.random() < 0.05:
            out.append(pick.choice("ijkz"))
        if dots and pick.random() < 0.8:
            out.insert(pick.randint(0, len(out)), "...")
        equation += " -> " + "".join(out)
    if pick.random() < 0.05:
        equation = equation.replace("i", pick.choice(("1", "->", ".", ",", "Z")))
    return {"equation": equation}, inputs


def added(pick: random.Random) -> Question:
    whole = shape(pick, 0, 4)
    inputs = []
    for _ in range(pick.choice((1, 2, 2, 2, 3))):
        sizes = [size if pick.random() < 0.7 else 1 for size in whole[pick.randint(0, len(whole)) :]]
        if sizes and pick.random() < 0.1:
            sizes[pick.randrange(len(sizes))] = 5
        inputs.append(Tensor(tuple(sizes), dtype(pick)))
    return {}, inputs


def reduced(pick: random.Random) -> Question:
    x = tensor(pick)
    kind = pick.random()
    args: dict[str, Value] = {}
    if kind < 0.5:
        args["dim"] = axis(pick, len(x.shape))
    elif kind < 0.7:
        args["dim"] = axes_of(pick, len(x.shape))
    if pick.random() < 0.3:
        args["keepdim"] = pick.random() < 0.8
    return args, [x]


QUESTIONS: dict[str, Callable[[random.Random], Question]] = {
    "view": reshaped,
    "reshape": reshaped,
    "flatten": flattened,
    "unflatten": unflattened,
    "to": converted,
    **dict.fromkeys((*CASTS, "contiguous", "t"), plain),
    "permute": permuted,
    "transpose": transposed,
    "movedim": moved,
    "squeeze": squeezed,
    "unsqueeze": unsqueezed,
    "flip": flipped,
    "expand": expanded,
    "repeat": repeated,
    "pad": padded,
    "one_hot": hot,
    "cat": joined,
    "stack": stacked,
    "split": parted,
    "chunk": chunked,
    "unbind": along_one,
    "narrow": narrowed,
    "select": selected,
    **dict.fromkeys(("matmul", "mm", "bmm"), multiplied),
    "einsum": summed,
    "broadcast": added,
    **dict.fromkeys(("sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin"), reduced),
}
