"""The transformer layers' closed forms against torch."""

from __future__ import annotations

import time

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel

from sandbox.language.formulas.transformer import FORMULAS
from sandbox.language.formulas.working import Fix, Misfit
from sandbox.language.layers.nesting import as_torch, at_call
from sandbox.language.model import UNKNOWN, Dtype, Stage, Tensor, Value
from sandbox.language.size import symbol
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, assert_agrees_for_free_sizes, work
from tests.sandbox.language.formulas.questions import Questioner

NAMES = tuple(FORMULAS)
INNER = {"TransformerEncoder": "encoder_layer", "TransformerDecoder": "decoder_layer"}


def layer_arguments(ask: Questioner, width: int, count: int) -> dict[str, Value]:
    """Arguments of one layer that mostly fit."""
    args: dict[str, Value] = {
        "d_model": ask.mostly([width], [0, 5, -2]),
        "nhead": ask.mostly([count], [0, 4]),
        "dim_feedforward": ask.mostly([1, 3], [0, -1]),
        "dropout": ask.mostly([0.0, 0.5], [1.5, -0.1]),
        "activation": ask.mostly(["relu", "gelu"], ["tanh"]),
        "norm_first": True,
        "bias": False,
    }
    return ask.some(args, dropout=0.2, activation=0.2, norm_first=0.3, bias=0.3)


def question(name: str, ask: Questioner) -> tuple[dict[str, Value], list[Input]]:
    """Arguments, and one or two inputs, that mostly fit."""
    count, first = ask.pick([1, 2, 3]), ask.pick([True, False])
    width = count * ask.pick([1, 2])
    args = layer_arguments(ask, width, count)
    args["batch_first"] = first
    dtype = ask.dtype(share=0.05)
    if ask.odds(0.08):
        args["dtype"] = Dtype(dtype := ask.pick(["float64", "float16", "bfloat16", "complex64"]))
    if name in INNER:
        args = stack_arguments(name, ask, args, width)
    if name == "Transformer":
        args |= {"num_encoder_layers": ask.mostly([1, 2], [0]), "num_decoder_layers": ask.mostly([1, 2], [0, -1])}
    batch, length, source = ask.mostly([1, 2, 3], [0]), ask.mostly([1, 2, 3], [0]), ask.mostly([1, 2, 4], [0])
    shapes = [[batch, size, width] if first else [size, batch, width] for size in (length, source)]
    if ask.odds(0.2):
        shapes = [[length, width], [source, width]]
    if name in {"TransformerEncoderLayer", "TransformerEncoder"}:
        shapes = shapes[:1]
    if ask.odds(0.15):
        wrong = ask.pick(range(len(shapes)))
        shapes[wrong] = ask.pick(
            [[*shapes[wrong], 1], shapes[wrong][1:], [5, *shapes[wrong][1:]], [*shapes[wrong][:-1], 7]]
        )
    return args, [(shape, dtype) for shape in ask.mostly([shapes], [shapes[:1]])]


def stack_arguments(name: str, ask: Questioner, inner: dict[str, Value], width: int) -> dict[str, Value]:
    """The short spelling, or a layer inside; now and then the wrong one."""
    layer = name + "Layer"
    args = dict(inner)
    if ask.odds(0.5):
        args = {INNER[name]: Stage("layer", ask.mostly([layer], ["Linear"]), inner)}
        if "Linear" in str(args):
            args = {INNER[name]: Stage("layer", "Linear", {"in_features": 2, "out_features": 2})}
    args["num_layers"] = ask.mostly([1, 2, 3], [0, -1])
    if ask.odds(0.3):
        norm = {"normalized_shape": ask.mostly([width], [9])}
        args["norm"] = Stage("layer", ask.pick(["LayerNorm", "RMSNorm"]), norm)
    return args


def ask_many(name: str, cases: int, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    accepted = 0
    for _ in range(cases):
        args, inputs = question(name, ask)
        with sdpa_kernel(SDPBackend.MATH):  # the one that torch's counter sees into on the CPU
            count = "0" not in str(inputs) and "dtype" not in str(args) and ask.odds(0.5)
            outcome = assert_agrees(name, args, inputs, training=ask.odds(0.6), macs=count)
        accepted += outcome.error is None
        first, dtype = inputs[0]
        if dtype == "float32" and isinstance(first, list) and "0" not in str(inputs):
            free = {axis: letter for axis, letter in enumerate("LNE"[: len(first)]) if ask.odds(0.5)}
            assert_agrees_for_free_sizes(name, args, first, free, others=inputs[1:])
    assert accepted > cases // 4


@pytest.mark.parametrize("name", NAMES)
def test_random_transformers_are_what_torch_makes_of_them(name: str) -> None:
    """Outputs, parameters and refusals, in the short spelling and with layers inside."""
    ask_many(name, 25, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_many_random_transformers_are_what_torch_makes_of_them(name: str) -> None:
    """The same for many more."""
    ask_many(name, 1200, seed=2)


def refused(name: str, args: dict[str, Value], *shapes: tuple[int, ...]) -> Misfit:
    with pytest.raises(Misfit) as caught:
        work(name, args, tuple(Tensor(shape) for shape in shapes))
    return caught.value


def test_the_short_spelling_is_the_layer_inside() -> None:
    """`transformerencoder 512 8 num_layers=6` and the module written out give the same sheet."""
    short: dict[str, Value] = {"d_model": 512, "nhead": 8, "num_layers": 6}
    inputs = (Tensor((symbol("T"), symbol("N"), 512)),)
    written = as_torch(Stage("layer", "TransformerEncoder", short))
    layer = Stage("layer", "TransformerEncoderLayer", {"d_model": 512, "nhead": 8})
    assert written.args == {"encoder_layer": layer, "num_layers": 6}
    sheet = work("TransformerEncoder", short, inputs)
    assert sheet.params == work("TransformerEncoder", dict(written.args), inputs).params
    assert sheet.params.worked == "6*(4*(512*512 + 512) + 512*2048 + 2048 + 2048*512 + 512 + 2*(512 + 512))"
    assert sheet.params.value == 18_914_304
    assert str(sheet.outputs[0].tensor) == "(T, N, 512)"


def test_what_belongs_to_the_call_stays_out_of_the_class() -> None:
    """need_weights is no argument of MultiheadAttention's constructor."""
    stage = Stage("layer", "MultiheadAttention", {"embed_dim": 4, "num_heads": 2, "need_weights": False})
    assert as_torch(stage).args == {"embed_dim": 4, "num_heads": 2}
    assert at_call(stage) == {"need_weights": False}


def test_the_fix_of_a_layer_inside_is_a_fix_of_the_stack() -> None:
    """Another d_model is written where it stands: in the layer that is the argument."""
    layer = Stage("layer", "TransformerEncoderLayer", {"d_model": 8, "nhead": 2})
    misfit = refused("TransformerEncoder", {"encoder_layer": layer, "num_layers": 2}, (5, 3, 6))
    better = Stage("layer", "TransformerEncoderLayer", {"d_model": 6, "nhead": 2})
    assert misfit.fixes == (Fix({"encoder_layer": better}),)


def test_the_question_mark_is_the_width() -> None:
    """`transformerencoder ? 8 num_layers=2` on 64 features."""
    sheet = work("TransformerEncoder", {"d_model": UNKNOWN, "nhead": 8, "num_layers": 2}, (Tensor((5, 3, 64)),))
    assert sheet.solved == {"d_model": 64}


def test_a_decoder_alone_asks_for_the_memory() -> None:
    """One input is not enough."""
    misfit = refused("TransformerDecoderLayer", {"d_model": 4, "nhead": 2}, (5, 3, 4))
    assert "the target and the encoder's memory" in misfit.words


def test_a_billion_layers_are_refused_at_once() -> None:
    """Nothing is counted layer by layer."""
    started = time.perf_counter()
    misfit = refused("TransformerEncoder", {"d_model": 4, "nhead": 2, "num_layers": 10**9}, (5, 3, 4))
    assert "1,000,000,000" in misfit.words
    assert time.perf_counter() - started < 5  # seconds: hangs fail, a busy machine does not
