"""Lines in the short spelling as people type them, and what they mean."""

from __future__ import annotations

import pytest

from sandbox.language.examples import example
from sandbox.language.grammar import parse
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import UNKNOWN, Dtype, Pipeline, Value
from sandbox.language.words import meanings

Args = dict[str, Value]
CONV: Args = {"in_channels": 3, "out_channels": 16, "kernel_size": 3}


def shapes(pipeline: Pipeline) -> list[str]:
    return [str(tensor) for tensor in pipeline.inputs]


def names(pipeline: Pipeline) -> list[str]:
    return [stage.name for stage in pipeline.stages]


@pytest.mark.parametrize(
    ("line", "name", "args", "inputs"),
    [
        ("conv1d 3 16 k3 s1 p1 L100", "Conv1d", CONV | {"stride": 1, "padding": 1}, ["(N, 3, 100)"]),
        ("conv1d 3 16 k=3 s=1", "Conv1d", CONV | {"stride": 1}, ["(N, 3, L)"]),
        ("conv1d 3 16 kernel_size = 3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d in=3 out=16 kernel=3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d in_ch=3 16 k3 pad=1", "Conv1d", CONV | {"padding": 1}, ["(N, 3, L)"]),
        ("conv1d in=3 16 k3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("torch.randn(32, 3, 100) | conv1d 3 16 k3", "Conv1d", CONV, ["(32, 3, 100)"]),
        ("conv1d 3,16,3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d 3 16 k3 on 32x3x100", "Conv1d", CONV, ["(32, 3, 100)"]),
        ("conv1d 3 16 k3 input 32x3x100", "Conv1d", CONV, ["(32, 3, 100)"]),
        ("conv1d 3 16 k3 input=32x3x100", "Conv1d", CONV, ["(32, 3, 100)"]),
        ("conv1d 3 16 k3 @ torch.Size([32, 3, 100])", "Conv1d", CONV, ["(32, 3, 100)"]),
        ("8x1x6x1 + 7x1x5", "broadcast", {}, ["(8, 1, 6, 1)", "(7, 1, 5)"]),
        ("2x3 * 3", "broadcast", {}, ["(2, 3)", "(3,)"]),
        ("conv1d 3, 16, 3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d 3 16 k3 l100 n8", "Conv1d", CONV, ["(8, 3, 100)"]),
        ("conv1d 3 16 k3 L=100", "Conv1d", CONV, ["(N, 3, 100)"]),
        ("conv1d 3 16 k3 C4", "Conv1d", CONV, ["(N, 4, L)"]),
        ("conv1d 3 16 k3 B8", "Conv1d", CONV, ["(8, 3, L)"]),
        ("conv1d 3 16 k3 T50", "Conv1d", CONV, ["(N, 3, 50)"]),
        ("Conv1D 3 16 k3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("nn.conv1d 3 16 k3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d 3 16 k3 d2 g1", "Conv1d", CONV | {"dilation": 2, "groups": 1}, ["(N, 3, L)"]),
        ("conv1d 3 16 k3 s0", "Conv1d", CONV | {"stride": 0}, ["(N, 3, L)"]),
        ("conv1d 3 16 k3 L1e12", "Conv1d", CONV, ["(N, 3, 1000000000000)"]),
        ("conv1d 3 16 k=10^9", "Conv1d", CONV | {"kernel_size": 10**9}, ["(N, 3, L)"]),
        ("conv1d 3 16 k3 L1_000", "Conv1d", CONV, ["(N, 3, 1000)"]),
        ("conv1d \uff13 \uff11\uff16 k\uff13", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d \u0663 16 k3", "Conv1d", CONV, ["(N, 3, L)"]),
        (
            "convtranspose2d 3 16 k3 s2 op1",
            "ConvTranspose2d",
            CONV | {"stride": 2, "output_padding": 1},
            ["(N, 3, H, W)"],
        ),
        ("conv2d 3 16 k3x5", "Conv2d", CONV | {"kernel_size": (3, 5)}, ["(N, 3, H, W)"]),
        (
            "conv2d 3 16 k=(3, 5) padding=same",
            "Conv2d",
            CONV | {"kernel_size": (3, 5), "padding": "same"},
            ["(N, 3, H, W)"],
        ),
        ("conv2d 3 16 k=[3,5]", "Conv2d", CONV | {"kernel_size": (3, 5)}, ["(N, 3, H, W)"]),
        ("conv2d 3 16 k3 bias=false H32 W32", "Conv2d", CONV | {"bias": False}, ["(N, 3, 32, 32)"]),
        ("maxpool2d k2 ceil_mode=true", "MaxPool2d", {"kernel_size": 2, "ceil_mode": True}, ["(N, C, H, W)"]),
        ("maxpool2d k2 return_indices", "MaxPool2d", {"kernel_size": 2, "return_indices": True}, ["(N, C, H, W)"]),
        ("linear ? 10 @ 8x4096", "Linear", {"in_features": UNKNOWN, "out_features": 10}, ["(8, 4096)"]),
        (
            "linear 3 4 dtype=float64",
            "Linear",
            {"in_features": 3, "out_features": 4, "dtype": Dtype("float64")},
            ["(N, 3)"],
        ),
        ("softmax dim=-1 @ 2x3", "Softmax", {"dim": -1}, ["(2, 3)"]),
        ("dropout p=0.5 @ 2x3", "Dropout", {"p": 0.5}, ["(2, 3)"]),
        ("dropout p0.25 @ 2x3", "Dropout", {"p": 0.25}, ["(2, 3)"]),
        ("batchnorm2d 16 eps=1e-3", "BatchNorm2d", {"num_features": 16, "eps": 1e-3}, ["(N, 16, H, W)"]),
        ("layernorm 10x20 @ 5x10x20", "LayerNorm", {"normalized_shape": (10, 20)}, ["(5, 10, 20)"]),
        ("gelu approximate=tanh @ 2x3", "GELU", {"approximate": "tanh"}, ["(2, 3)"]),
        ("crossentropyloss reduction=none @ 8x10 8", "CrossEntropyLoss", {"reduction": "none"}, ["(8, 10)", "(8,)"]),
        (
            "lstm 10 20 bidirectional batch_first N8 L5",
            "LSTM",
            {"input_size": 10, "hidden_size": 20, "bidirectional": True, "batch_first": True},
            ["(8, 5, 10)"],
        ),
        (
            "embedding 1000 64 padding_idx=none",
            "Embedding",
            {"num_embeddings": 1000, "embedding_dim": 64, "padding_idx": None},
            ["(N, L)"],
        ),
        (
            "bilinear 20 30 40 @ 128x20 128x30",
            "Bilinear",
            {"in1_features": 20, "in2_features": 30, "out_features": 40},
            ["(128, 20)", "(128, 30)"],
        ),
        ("transformerencoder 64 8 2", "TransformerEncoder", {"d_model": 64, "nhead": 8, "num_layers": 2}, None),
        ("view 32 -1 @ 32x3x100", "view", {"shape": (32, -1)}, ["(32, 3, 100)"]),
        ("view (32, -1) @ 32x3x100", "view", {"shape": (32, -1)}, ["(32, 3, 100)"]),
        ("reshape 32x300 @ 32 3 100", "reshape", {"shape": (32, 300)}, ["(32, 3, 100)"]),
        ("permute 0 2 1 @ 32x3x100", "permute", {"dims": (0, 2, 1)}, ["(32, 3, 100)"]),
        ("transpose 1 2 @ 32x3x100", "transpose", {"dim0": 1, "dim1": 2}, ["(32, 3, 100)"]),
        ("unsqueeze -1 @ 3", "unsqueeze", {"dim": -1}, ["(3,)"]),
        ("torch.flatten 1 @ 2x3x4", "flatten", {"start_dim": 1}, ["(2, 3, 4)"]),
        ("cat 2x3 4x3 dim=0", "cat", {"dim": 0}, ["(2, 3)", "(4, 3)"]),
        ("cat @ 2x3 4x3", "cat", {}, ["(2, 3)", "(4, 3)"]),
        ("matmul 2x3 3x4", "matmul", {}, ["(2, 3)", "(3, 4)"]),
        ("matmul 3 3x4", "matmul", {}, ["(3,)", "(3, 4)"]),
        ("2x3 @ 3x4", "matmul", {}, ["(2, 3)", "(3, 4)"]),
        ("Nx3 @ 3x4", "matmul", {}, ["(N, 3)", "(3, 4)"]),
        ("einsum bij,bjk->bik 2x3x4 2x4x5", "einsum", {"equation": "bij,bjk->bik"}, ["(2, 3, 4)", "(2, 4, 5)"]),
        ("einsum bij, bjk -> bik @ 2x3x4 2x4x5", "einsum", {"equation": "bij,bjk->bik"}, ["(2, 3, 4)", "(2, 4, 5)"]),
        ("einsum 'ij->ji' 2x3", "einsum", {"equation": "ij->ji"}, ["(2, 3)"]),
        ("broadcast 8x1x6x1 7x1x5", "broadcast", {}, ["(8, 1, 6, 1)", "(7, 1, 5)"]),
        ("/shape conv1d 3 16 k3", "Conv1d", CONV, ["(N, 3, L)"]),
        ("`conv1d 3 16 k3`", "Conv1d", CONV, ["(N, 3, L)"]),
        ("conv1d 3 16 k3  # the first layer", "Conv1d", CONV, ["(N, 3, L)"]),
    ],
)
def test_a_line_means_one_stage(line: str, name: str, args: Args, inputs: list[str] | None) -> None:
    pipeline = parse(line)
    assert names(pipeline) == [name]
    assert dict(pipeline.stages[0].args) == args
    assert inputs is None or shapes(pipeline) == inputs
    assert not pipeline.python


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ("32x3x100", "(32, 3, 100)"),
        ("(32, 3, 100)", "(32, 3, 100)"),
        ("[32,3,100]", "(32, 3, 100)"),
        ("32,3,100", "(32, 3, 100)"),
        ("32\u00d73\u00d7100", "(32, 3, 100)"),
        ("32 x 3 x 100", "(32, 3, 100)"),
        ("32 X 3 X 100", "(32, 3, 100)"),
        ("3x100", "(3, 100)"),
        ("Nx3xL", "(N, 3, L)"),
        ("nx3xl", "(N, 3, L)"),
        ("(batch, 3, length)", "(batch, 3, length)"),
        ("0x3x100", "(0, 3, 100)"),
        ("100", "(100,)"),
        ("()", "()"),
    ],
)
def test_a_whole_input_is_read_in_every_way_people_write_it(written: str, shape: str) -> None:
    assert shapes(parse(f"relu @ {written}")) == [shape]


@pytest.mark.parametrize(
    ("line", "dtypes"),
    [
        ("embedding 10 3 @ 8x20", ["int64"]),
        ("embedding 10 3", ["int64"]),
        ("relu @ int64 8x20", ["int64"]),
        ("relu @ long 8x20", ["int64"]),
        ("linear 3 4 float64", ["float64"]),
        ("crossentropyloss @ 8x10 8", ["float32", "int64"]),
        ("crossentropyloss @ 8x10 8x10", ["float32", "float32"]),
        ("matmul @ float64 2x3 3x4", ["float64", "float64"]),
        ("matmul @ float64 2x3 float32 3x4", ["float64", "float32"]),
    ],
)
def test_an_input_is_float32_unless_the_layer_or_the_line_says_otherwise(line: str, dtypes: list[str]) -> None:
    assert [tensor.dtype for tensor in parse(line).inputs] == dtypes


def test_a_chain_goes_through_pipes_and_arrows() -> None:
    piped = parse("conv2d 3 16 k3 p1 H32 W32 | relu | maxpool2d k2 | flatten | linear ? 10")
    arrows = parse("conv2d 3 16 k3 p1 H32 W32 -> relu -> maxpool2d k2 -> flatten -> linear ? 10")
    assert names(piped) == names(arrows) == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    assert shapes(piped) == ["(N, 3, 32, 32)"]


@pytest.mark.parametrize(
    "line",
    [
        "32x3x100 | conv1d 3 16 k3 | relu",
        "@ 32x3x100 | conv1d 3 16 k3 | relu",
        "conv1d 3 16 k3 @ 32x3x100 | relu",
        "conv1d 3 16 k3 | relu @ 32x3x100",
        "conv1d 3 16 k3 N32 L100 | relu",
        "conv1d 3 16 k3 | relu N32 L100",
        "nn.Conv1d(3, 16, 3) | relu @ 32x3x100",
        "32x3x100 | nn.Conv1d(3, 16, 3) | nn.ReLU()",
    ],
)
def test_the_input_of_a_chain_stands_before_the_first_pipe_or_at_the_end(line: str) -> None:
    pipeline = parse(line)
    assert names(pipeline) == ["Conv1d", "ReLU"]
    assert shapes(pipeline) == ["(32, 3, 100)"]
    assert not pipeline.python


@pytest.mark.parametrize(
    "line", ["dropout 0.5 eval", "eval dropout 0.5", "dropout 0.5 eval @ 2x3", "dropout 0.5 @ 2x3 eval"]
)
def test_eval_is_heard_wherever_it_stands(line: str) -> None:
    assert not parse(line).training
    assert parse(line.replace("eval", "train")).training


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("conv 3 16 k3 H32 W32", "Conv2d"),
        ("conv 3 16 k3 L100", "Conv1d"),
        ("conv 3 16 k3 D8 H8 W8", "Conv3d"),
        ("conv 3 16 k3x3", "Conv2d"),
        ("maxpool k2 L100", "MaxPool1d"),
    ],
)
def test_a_bare_word_is_settled_by_the_sizes_and_says_so(line: str, name: str) -> None:
    pipeline = parse(line)
    assert names(pipeline) == [name]
    assert pipeline.notes == (f"I read `{line.split(maxsplit=1)[0]}` as {name}.",)


def test_a_bare_word_follows_the_layers_before_it() -> None:
    assert names(parse("conv2d 3 16 k3 | bn 16 | relu | maxpool k2")) == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("fc", "Linear"),
        ("dense", "Linear"),
        ("bn2d", "BatchNorm2d"),
        ("mha", "MultiheadAttention"),
        ("lrelu", "LeakyReLU"),
        ("swish", "SiLU"),
        ("ln", "LayerNorm"),
        ("gn", "GroupNorm"),
        ("batch_norm2d", "BatchNorm2d"),
        ("emb", "Embedding"),
        ("leaky_relu", "LeakyReLU"),
        ("max_pool2d", "MaxPool2d"),
        ("F.max_pool2d", "MaxPool2d"),
        ("deconv2d", "ConvTranspose2d"),
    ],
)
def test_the_words_that_people_type_are_known(word: str, name: str) -> None:
    assert [meaning.name for meaning in meanings(word)] == [name]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_is_written_by_its_own_name_in_any_case(name: str) -> None:
    for word in (name, name.lower(), name.upper(), f"nn.{name}", f"torch.nn.{name}"):
        assert [meaning.name for meaning in meanings(word)] == [name]


@pytest.mark.parametrize(("kind", "name"), [("layer", name) for name in LAYERS] + [("op", name) for name in OPS])
def test_every_layer_and_operation_has_an_example_that_is_in_the_language(kind: str, name: str) -> None:
    stage = parse(example(kind, name)).stages[0]
    assert (stage.kind, stage.name) == (kind, name)


def test_every_stage_knows_its_place_in_the_line() -> None:
    line = "conv1d 3 16 k3 L100 | relu | nn.Flatten()"
    spans = [stage.span for stage in parse(line).stages]
    assert [line[span.start : span.end] for span in spans] == ["conv1d 3 16 k3 L100", "relu", "nn.Flatten()"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("maxpool k2 @ 1x3x8x8", ["MaxPool2d"]),
        ("maxpool k2 @ 1x3x8", ["MaxPool1d"]),
        ("maxpool k2 @ 1x3x8x8x8", ["MaxPool3d"]),
        ("bn 20 @ 32x20", ["BatchNorm1d"]),
        ("1x3x8x8 | maxpool k2", ["MaxPool2d"]),
        ("maxpool k2 on 1x3x8x8", ["MaxPool2d"]),
        ("conv 3 16 k3 @ 3x32x32", ["Conv2d"]),
        ("conv 3 16 k3 @ 8x3x32", ["Conv1d"]),
        ("conv 3 16 k3 | bn 16 | relu | pool 2 @ 1x3x8x8", ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]),
        ("linear 20 30 | bn 30 @ 8x20", ["Linear", "BatchNorm1d"]),
        ("conv2d 3 8 k3 H8 W8 | flatten | fc ? 9 | bn ?", ["Conv2d", "Flatten", "Linear", "BatchNorm1d"]),
    ],
)
def test_a_word_for_several_layers_is_settled_by_the_axes_that_meet_it(line: str, expected: list[str]) -> None:
    assert names(parse(line)) == expected


@pytest.mark.parametrize("word", ["gap", "globalavgpool", "global_avg_pool", "gmp", "globalmaxpool"])
def test_global_pooling_leaves_one_number_unless_another_is_written(word: str) -> None:
    bare = parse(f"{word} @ 2x3x8x8")
    assert bare.stages[0].args == {"output_size": 1}
    assert any("output_size=1" in note for note in bare.notes)
    assert parse(f"{word} 4 @ 2x3x8x8").stages[0].args == {"output_size": 4}
    assert parse(f"conv2d 3 8 k3 | {word}2d | flatten | fc 8 2").stages[1].args == {"output_size": 1}


def test_settling_words_costs_a_long_chain_one_walk() -> None:
    chain = parse(" | ".join(["linear 3 3 | bn 3"] * 400) + " @ 8x3")
    assert {stage.name for stage in chain.stages} == {"Linear", "BatchNorm1d"}


@pytest.mark.parametrize(
    ("line", "dtypes", "expected"),
    [
        ("float | linear 5 3 @ int64 2x5", ["int64"], ["float", "Linear"]),
        ("linear 5 3 | long | embedding 10 4 @ 2x5", ["float32"], ["Linear", "long", "Embedding"]),
        ("to float64 @ 2x5", ["float32"], ["to"]),
        ("to int64 | embedding 10 4 @ 2x5", ["float32"], ["to", "Embedding"]),
        ("float64 2x5 | relu", ["float64"], ["ReLU"]),
        ("double 2x5 | relu", ["float64"], ["ReLU"]),
        ("nn.Linear(5, 3)(torch.zeros(2, 5).relu().double())", ["float32"], ["ReLU", "double", "Linear"]),
        ("x = torch.zeros(2, 5).long(); nn.Embedding(10, 4)(x)", ["int64"], ["Embedding"]),
    ],
)
def test_a_dtype_changes_on_the_way_where_the_line_says_so(line: str, dtypes: list[str], expected: list[str]) -> None:
    pipeline = parse(line)
    assert [tensor.dtype for tensor in pipeline.inputs] == dtypes
    assert names(pipeline) == expected


def test_a_number_where_torch_wants_true_or_false_is_pointed_out() -> None:
    assert any("bias=True" in note for note in parse("linear 10 20 30").notes)
    assert parse("linear 10 20 1").notes == ()


@pytest.mark.parametrize("line", ["```python nn.Conv2d(3, 16, 3) ```", "```py nn.ReLU()```", "```\nnn.ReLU()\n```"])
def test_a_code_fence_on_one_line_is_no_part_of_the_line(line: str) -> None:
    assert len(parse(line).stages) == 1


@pytest.mark.parametrize(
    ("line", "name", "inputs"),
    [
        ("cross entropy @ 8x10 8", "CrossEntropyLoss", ["(8, 10)", "(8,)"]),
        ("layer norm 512 @ 8x512", "LayerNorm", ["(8, 512)"]),
        ("max pool 2 @ 1x3x8x8", "MaxPool2d", ["(1, 3, 8, 8)"]),
        ("conv2d 3 16 k3 @ 1 3 32 32", "Conv2d", ["(1, 3, 32, 32)"]),
        ("nn.Conv2d(3, 16, 3) @ torch.randn(1, 3, 8, 8)", "Conv2d", ["(1, 3, 8, 8)"]),
        ("einsum('bij,bjk->bik', a, b) @ 2x3x4 2x4x5", "einsum", ["(2, 3, 4)", "(2, 4, 5)"]),
    ],
)
def test_lines_as_they_come_from_hasty_fingers(line: str, name: str, inputs: list[str]) -> None:
    pipeline = parse(line)
    assert names(pipeline) == [name]
    assert shapes(pipeline) == inputs
