"""MultiheadAttention's closed form against torch."""

from __future__ import annotations

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel

from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.model import UNKNOWN, Dtype, Tensor, Value
from sandbox.language.size import symbol
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, assert_agrees_for_free_sizes, work
from tests.sandbox.language.formulas.questions import Questioner

NAME = "MultiheadAttention"


def question(ask: Questioner) -> tuple[dict[str, Value], list[Input]]:
    """Arguments, and one or three inputs, that mostly fit."""
    count, first = ask.pick([1, 2, 3]), ask.pick([True, False])
    embed = count * ask.pick([1, 2])
    kdim, vdim = ask.pick([embed, 1, 3, 0]), ask.pick([embed, 2])
    args: dict[str, Value] = {
        "embed_dim": ask.mostly([embed], [0, 5, -2]),
        "num_heads": ask.mostly([count], [0, 4, -1]),
        "dropout": ask.mostly([0.0, 0.3], [2, -1]),
        "bias": ask.pick([True, False]),
        "add_bias_kv": True,
        "add_zero_attn": True,
        "kdim": kdim,
        "vdim": vdim,
        "batch_first": first,
        "need_weights": False,
        "average_attn_weights": False,
    }
    shares = {"dropout": 0.2, "add_bias_kv": 0.15, "add_zero_attn": 0.15, "kdim": 0.2, "vdim": 0.2}
    args = ask.some(args, **shares, bias=0.3, need_weights=0.2, average_attn_weights=0.2)
    if args.get("dropout") == -1 and "need_weights" in args:
        del args["dropout"]  # below 0 on the fused way, the kernel that torch happens to choose decides
    batch, length, source = ask.mostly([1, 2, 3], [0]), ask.mostly([1, 2, 3], [0]), ask.mostly([1, 2, 4], [0])
    widths = (embed, kdim if "kdim" in args else embed, vdim if "vdim" in args else embed)
    lengths = (length, source, source)
    shapes = [
        [batch, size, width] if first else [size, batch, width] for size, width in zip(lengths, widths, strict=True)
    ]
    if ask.odds(0.2):
        shapes = [[size, width] for size, width in zip(lengths, widths, strict=True)]
    if ask.odds(0.4):
        shapes = shapes[:1]
    if ask.odds(0.15):
        wrong = ask.pick(range(len(shapes)))
        shapes[wrong] = ask.pick(
            [[*shapes[wrong], 1], shapes[wrong][1:], [5, *shapes[wrong][1:]], [*shapes[wrong][:-1], 7]]
        )
    dtype = ask.dtype(share=0.05)
    if ask.odds(0.08):
        args["dtype"] = Dtype(dtype := ask.pick(["float64", "float16", "bfloat16", "complex64"]))
    return args, [(shape, dtype) for shape in ask.mostly([shapes], [shapes[:2]])]


def ask_many(cases: int, seed: int) -> None:
    ask = Questioner(f"{NAME} {seed}")
    accepted = 0
    for _ in range(cases):
        args, inputs = question(ask)
        shapes = [shape for shape, _ in inputs]
        empty = any(0 in shape for shape in shapes if isinstance(shape, list))
        count = not empty and "dtype" not in args and ask.odds(0.5)
        with sdpa_kernel(SDPBackend.MATH):  # the one that torch's counter sees into on the CPU
            outcome = assert_agrees(NAME, args, inputs, training=ask.odds(0.6), macs=count)
        accepted += outcome.error is None
        first, dtype = inputs[0]
        if dtype == "float32" and isinstance(first, list) and not empty:
            free = {axis: letter for axis, letter in enumerate("LNE"[: len(first)]) if ask.odds(0.5)}
            assert_agrees_for_free_sizes(NAME, args, first, free, others=inputs[1:])
    assert accepted > cases // 4


def test_random_attentions_are_what_torch_makes_of_them() -> None:
    """Outputs and weights, parameters, multiply-adds and refusals, batched or not."""
    ask_many(250, seed=1)


@pytest.mark.long
def test_many_random_attentions_are_what_torch_makes_of_them() -> None:
    """The same for many more."""
    ask_many(6_000, seed=2)


def test_heads_that_do_not_divide_the_width_come_with_those_that_do() -> None:
    """10 heads do not divide 512; 8 and 16 do, and so would a width of 520."""
    with pytest.raises(Misfit) as caught:
        work(NAME, {"embed_dim": 512, "num_heads": 10}, (Tensor((5, 2, 512)),))
    assert "512/10 is not whole" in caught.value.words
    assert caught.value.fixes == (Fix({"num_heads": 8}), Fix({"num_heads": 16}), Fix({"embed_dim": 520}))


def test_a_batch_in_the_wrong_place_suggests_batch_first() -> None:
    """(N, L, E) and (N, S, E) into a layer that reads (L, N, E)."""
    with pytest.raises(Misfit, match=r"reads its inputs as \(L, N, E\) here") as caught:
        work(
            NAME, {"embed_dim": 4, "num_heads": 2}, tuple(Tensor(shape) for shape in ((3, 2, 4), (3, 5, 4), (3, 5, 4)))
        )
    assert caught.value.fixes == (Fix({"batch_first": True}),)


def test_the_question_mark_is_the_width_and_letters_stay() -> None:
    """`mha ? 8` on (L, N, 512)."""
    sheet = work(NAME, {"embed_dim": UNKNOWN, "num_heads": 8}, (Tensor((symbol("L"), symbol("N"), 512)),))
    assert sheet.solved == {"embed_dim": 512}
    assert sheet.params.worked == "3*512*512 + 512*512 + 3*512 + 512"
    assert [f"{output.name} {output.tensor}" for output in sheet.outputs] == ["output (L, N, 512)", "weights (N, L, L)"]
