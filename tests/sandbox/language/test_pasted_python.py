"""Python as people paste it from a notebook, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.language.grammar import parse
from sandbox.language.model import CodeGivenError, Dtype, LanguageError, Pipeline, Stage, Value


def plain(value: Value) -> Any:
    return (value.name, {key: plain(item) for key, item in value.args.items()}) if isinstance(value, Stage) else value


def stages(pipeline: Pipeline) -> list[tuple[str, dict[str, Any]]]:
    return [(stage.name, {key: plain(value) for key, value in stage.args.items()}) for stage in pipeline.stages]


def shapes(pipeline: Pipeline) -> list[str]:
    return [str(tensor) for tensor in pipeline.inputs]


CONV = ("Conv1d", {"in_channels": 3, "out_channels": 16, "kernel_size": 3})


@pytest.mark.parametrize(
    ("line", "stage", "inputs"),
    [
        ("nn.Conv1d(3, 16, kernel_size=3)", CONV, ["(N, 3, L)"]),
        ("nn.Conv1d(3, 16, 3) @ 32x3x100", CONV, ["(32, 3, 100)"]),
        ("nn.Conv1d(3, 16, 3) @ (32, 3, 100)", CONV, ["(32, 3, 100)"]),
        ("nn.Conv1d(3, 16, 3) L100 N8", CONV, ["(8, 3, 100)"]),
        ("nn.Conv1d(3, 16, 3) 32x3x100", CONV, ["(32, 3, 100)"]),
        ("conv1d(3, 16, 3) on (32, 3, 100)", CONV, ["(32, 3, 100)"]),
        ("a * b @ 2x3 3", ("broadcast", {}), ["(2, 3)", "(3,)"]),
        ("Conv1d(3, 16, 3)", CONV, ["(N, 3, L)"]),
        ("conv1d(3, 16, 3)", CONV, ["(N, 3, L)"]),
        ("layer = nn.Conv1d(3, 16, 3)  # a layer", CONV, ["(N, 3, L)"]),
        ("layer: nn.Module = torch.nn.Conv1d(3, 16, 3)", CONV, ["(N, 3, L)"]),
        ("import torch\nfrom torch import nn\nnn.Conv1d(3, 16, 3)", CONV, ["(N, 3, L)"]),
        ("    nn.Conv1d(\n        3,\n        16,\n        3,\n    )", CONV, ["(N, 3, L)"]),
        (">>> nn.Conv1d(3, 16, 3)", CONV, ["(N, 3, L)"]),
        ("```python\nnn.Conv1d(3, 16, 3)\n```", CONV, ["(N, 3, L)"]),
        ("nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100))", CONV, ["(32, 3, 100)"]),
        ("nn.Conv1d(3, 16, 3)(torch.zeros((32, 3, 100))).shape", CONV, ["(32, 3, 100)"]),
        ("nn.Conv1d(3, 16, 3).to('cuda')(x.cuda()) @ 32x3x100", CONV, ["(32, 3, 100)"]),
        ("nn.Conv1d(3, 16, 3, device='cuda')", CONV, ["(N, 3, L)"]),
        (
            "x = torch.randn(32, 3, 100)\nconv = nn.Conv1d(3, 16, 3)\ny = conv(x)\nprint(y.shape)",
            CONV,
            ["(32, 3, 100)"],
        ),
        ("x = torch.randn(size=(32, 3, 100))\nnn.Conv1d(3, 16, 3).forward(x).size()", CONV, ["(32, 3, 100)"]),
        (
            "torch.nn.Linear(in_features=5, out_features=3)",
            ("Linear", {"in_features": 5, "out_features": 3}),
            ["(N, 5)"],
        ),
        ("nn.Linear(16 * 5 * 5, 2**7)", ("Linear", {"in_features": 400, "out_features": 128}), ["(N, 400)"]),
        (
            "nn.Linear(3, 4, dtype=torch.float64)",
            ("Linear", {"in_features": 3, "out_features": 4, "dtype": Dtype("float64")}),
            ["(N, 3)"],
        ),
        (
            "nn.MaxPool2d((3, 2), stride=(2, 1))",
            ("MaxPool2d", {"kernel_size": (3, 2), "stride": (2, 1)}),
            ["(N, C, H, W)"],
        ),
        ("nn.ReLU(inplace=True)(torch.ones(2, 3))", ("ReLU", {"inplace": True}), ["(2, 3)"]),
        ("nn.Dropout(0.5).eval()(torch.ones(2, 3))", ("Dropout", {"p": 0.5}), ["(2, 3)"]),
        (
            "nn.Embedding(10, 3)(torch.randint(0, 10, (8, 20)))",
            ("Embedding", {"num_embeddings": 10, "embedding_dim": 3}),
            ["(8, 20)"],
        ),
        (
            "nn.Embedding(10, 3)(torch.tensor([[1, 2], [3, 4]]))",
            ("Embedding", {"num_embeddings": 10, "embedding_dim": 3}),
            ["(2, 2)"],
        ),
        ("nn.Embedding(10, 3)(torch.arange(5))", ("Embedding", {"num_embeddings": 10, "embedding_dim": 3}), ["(5,)"]),
        ("F.relu(x) @ 2x3", ("ReLU", {}), ["(2, 3)"]),
        ("torch.nn.functional.relu(torch.randn(2, 3))", ("ReLU", {}), ["(2, 3)"]),
        ("torch.relu(torch.randn(2, 3))", ("ReLU", {}), ["(2, 3)"]),
        ("torch.randn(2, 3).relu()", ("ReLU", {}), ["(2, 3)"]),
        ("F.max_pool2d(x, 2) @ 1x3x8x8", ("MaxPool2d", {"kernel_size": 2}), ["(1, 3, 8, 8)"]),
        (
            "F.max_pool2d(x, 2, 2, 0, 1, True)",
            ("MaxPool2d", {"kernel_size": 2, "stride": 2, "padding": 0, "dilation": 1, "ceil_mode": True}),
            ["(N, C, H, W)"],
        ),
        ("F.softmax(x, dim=-1) @ 2x3", ("Softmax", {"dim": -1}), ["(2, 3)"]),
        ("x.softmax(dim=1) @ 2x3", ("Softmax", {"dim": 1}), ["(2, 3)"]),
        ("F.dropout(x, 0.3, training=False) @ 2x3", ("Dropout", {"p": 0.3}), ["(2, 3)"]),
        ("F.mse_loss(a, b) @ 2x3 2x3", ("MSELoss", {}), ["(2, 3)", "(2, 3)"]),
        ("F.cross_entropy(a, b) @ 8x10 8", ("CrossEntropyLoss", {}), ["(8, 10)", "(8,)"]),
        ("reshape(-1, 10) @ 20x30", ("reshape", {"shape": (-1, 10)}), ["(20, 30)"]),
        ("nn.ReLU() @ torch.Size([2, 3])", ("ReLU", {}), ["(2, 3)"]),
        ("x.view(-1, 10) @ 20x30", ("view", {"shape": (-1, 10)}), ["(20, 30)"]),
        ("torch.randn(20, 30).reshape((-1, 10))", ("reshape", {"shape": (-1, 10)}), ["(20, 30)"]),
        ("x.view(x.size(0), -1) @ 20x30x2", ("view", {"shape": (20, -1)}), ["(20, 30, 2)"]),
        ("x.view(x.shape[0], -1) @ Nx30x2", ("flatten", {"start_dim": 1}), ["(N, 30, 2)"]),
        ("torch.flatten(x, 1) @ 2x3x4", ("flatten", {"start_dim": 1}), ["(2, 3, 4)"]),
        ("x.permute(0, 2, 1) @ 2x3x4", ("permute", {"dims": (0, 2, 1)}), ["(2, 3, 4)"]),
        ("x.permute((0, 2, 1)) @ 2x3x4", ("permute", {"dims": (0, 2, 1)}), ["(2, 3, 4)"]),
        ("torch.randn(2, 3).T", ("t", {}), ["(2, 3)"]),
        ("torch.cat((a, b), dim=1) @ 2x3 2x4", ("cat", {"dim": 1}), ["(2, 3)", "(2, 4)"]),
        ("torch.cat([torch.randn(2, 3), torch.randn(2, 4)], axis=1)", ("cat", {"dim": 1}), ["(2, 3)", "(2, 4)"]),
        ("torch.stack((x, x)) @ 2x3", ("stack", {}), ["(2, 3)", "(2, 3)"]),
        ("torch.einsum('ij,jk->ik', a, b) @ 2x3 3x4", ("einsum", {"equation": "ij,jk->ik"}), ["(2, 3)", "(3, 4)"]),
        ("a @ b @ 2x3 3x4", ("matmul", {}), ["(2, 3)", "(3, 4)"]),
        ("torch.randn(2, 3) @ torch.randn(3, 4)", ("matmul", {}), ["(2, 3)", "(3, 4)"]),
        ("torch.ones(2, 1) + torch.ones(3)", ("broadcast", {}), ["(2, 1)", "(3,)"]),
        ("F.pad(x, (1, 2)) @ 2x3", ("pad", {"pad": (1, 2)}), ["(2, 3)"]),
        (
            "nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 8), num_layers=6)",
            (
                "TransformerEncoder",
                {"encoder_layer": ("TransformerEncoderLayer", {"d_model": 512, "nhead": 8}), "num_layers": 6},
            ),
            None,
        ),
        (
            "nn.TransformerEncoderLayer(512, 8, activation=F.gelu)",
            ("TransformerEncoderLayer", {"d_model": 512, "nhead": 8, "activation": "gelu"}),
            None,
        ),
    ],
)
def test_a_line_of_python_means_one_stage(
    line: str, stage: tuple[str, dict[str, Any]], inputs: list[str] | None
) -> None:
    pipeline = parse(line)
    assert stages(pipeline) == [stage]
    assert inputs is None or shapes(pipeline) == inputs
    assert pipeline.python


def test_a_sequential_holds_its_layers() -> None:
    pipeline = parse(
        "nn.Sequential(nn.Conv1d(3, 16, 3), nn.ReLU(), nn.Sequential(nn.Flatten(), nn.Linear(16 * 98, 10)))"
    )
    (outer,) = pipeline.stages
    assert outer.name == "Sequential"
    assert [child.name for child in outer.children] == ["Conv1d", "ReLU", "Sequential"]
    assert [child.name for child in outer.children[2].children] == ["Flatten", "Linear"]
    assert shapes(pipeline) == ["(N, 3, L)"]


@pytest.mark.parametrize(
    "line",
    [
        "nn.Sequential(OrderedDict([('conv', nn.Conv1d(3, 16, 3)), ('act', nn.ReLU())]))",
        "nn.Sequential(collections.OrderedDict({'conv': nn.Conv1d(3, 16, 3), 'act': nn.ReLU()}))",
        "nn.Sequential(*[nn.Conv1d(3, 16, 3), nn.ReLU()])",
        "conv = nn.Conv1d(3, 16, 3)\nact = nn.ReLU()\nnn.Sequential(conv, act)",
    ],
)
def test_a_sequential_is_known_in_its_other_clothes(line: str) -> None:
    assert [child.name for child in parse(line).stages[0].children] == ["Conv1d", "ReLU"]


@pytest.mark.parametrize(
    "line",
    [
        "nn.Conv1d(3, 16, 3), nn.ReLU()",
        "nn.Conv1d(3, 16, 3),\nnn.ReLU(),",
        "nn.Conv1d(3, 16, 3)\nnn.ReLU()",
    ],
)
def test_layers_cut_out_of_a_sequential_are_a_chain(line: str) -> None:
    pipeline = parse(line)
    assert [stage.name for stage in pipeline.stages] == ["Conv1d", "ReLU"]
    assert "as a chain" in pipeline.notes[0]


def test_lines_cut_out_of_a_class_are_read() -> None:
    assert stages(parse("self.conv = nn.Conv1d(3, 16, 3)")) == [CONV]
    assert stages(parse("self.conv = nn.Conv1d(3, 16, 3)\ny = F.relu(self.conv(x))")) == [CONV, ("ReLU", {})]


def test_several_layers_that_nobody_calls_are_not_guessed_at() -> None:
    with pytest.raises(CodeGivenError, match="none is called"):
        parse("self.conv = nn.Conv1d(3, 16, 3)\nself.act = nn.ReLU()")


@pytest.mark.parametrize(
    ("line", "answered"),
    [
        ("nn.Embedding(10, 4)(torch.tensor([1, 2, 9]))", True),
        ("nn.Embedding(10, 4)(torch.tensor([[1, 2], [30, 4]]))", False),
        ("nn.Embedding(10, 4)(torch.tensor([1, -1]))", False),
        ("nn.Embedding(10, 4)(torch.arange(10))", True),
        ("nn.Embedding(10, 4)(torch.arange(11))", False),
        ("nn.EmbeddingBag(10, 4)(torch.randint(0, 10, (2, 5)))", True),
        ("nn.Embedding(10, 4)(torch.randint(0, 100, (2, 5)))", False),
        ("F.one_hot(torch.tensor([0, 1, 3]), 4)", True),
        ("F.one_hot(torch.tensor([0, 1, 3]), 3)", False),
    ],
)
def test_numbers_that_torch_would_refuse_are_not_passed_over(line: str, answered: bool) -> None:
    if answered:
        assert parse(line).stages
        return
    with pytest.raises(CodeGivenError, match="counts from 0 to"):
        parse(line)


def test_a_cell_is_followed_by_name() -> None:
    pipeline = parse("""
        x = torch.randn(8, 3, 32, 32)
        conv, pool = nn.Conv2d(3, 16, 3), nn.MaxPool2d(2)
        h = pool(F.relu(conv(x)))
        h = h.view(h.size(0), -1)
        out = nn.Linear(3600, 10)(h)
        print(out.shape)
    """)
    assert [stage.name for stage in pipeline.stages] == ["Conv2d", "ReLU", "MaxPool2d", "flatten", "Linear"]
    assert shapes(pipeline) == ["(8, 3, 32, 32)"]


def test_a_tuple_that_the_code_unpacks_passes_on_its_first_tensor() -> None:
    assert not parse("out, (h, c) = nn.LSTM(10, 20)(x)\nnn.Linear(20, 5)(out)").python
    assert not parse("out = nn.LSTM(10, 20)(x)[0]\nnn.Linear(20, 5)(out)").python
    assert parse("out = nn.LSTM(10, 20)(x)\nnn.Linear(20, 5)(out)").python


def test_states_and_attention_take_their_tensors() -> None:
    assert shapes(parse("nn.LSTM(10, 20)(x, (h, c)) @ 5x3x10 1x3x20 1x3x20")) == [
        "(5, 3, 10)",
        "(1, 3, 20)",
        "(1, 3, 20)",
    ]
    assert shapes(parse("nn.MultiheadAttention(64, 8)(x, x, x) @ 10x2x64")) == ["(10, 2, 64)"]
    weights = parse("nn.MultiheadAttention(64, 8)(q, k, v, need_weights=False) @ 10x2x64 5x2x64 5x2x64")
    assert weights.stages[0].args["need_weights"] is False
    assert len(weights.inputs) == 3


@pytest.mark.parametrize(
    ("line", "dtype"),
    [
        ("nn.ReLU()(torch.randn(2, 3, dtype=torch.float64))", "float64"),
        ("nn.ReLU()(torch.randn(2, 3).double())", "float64"),
        ("nn.ReLU()(torch.randn(2, 3).to(torch.float16))", "float16"),
        ("nn.Embedding(10, 3)(torch.zeros(2, 3).long())", "int64"),
        ("nn.Embedding(10, 3)(torch.zeros(2, 3))", "float32"),
        ("nn.Embedding(10, 3)(x) @ 2x3", "int64"),
        ("nn.ReLU()(torch.tensor([1.0, 2.0]))", "float32"),
    ],
)
def test_a_tensor_has_the_dtype_that_the_code_gives_it(line: str, dtype: str) -> None:
    assert parse(line).inputs[0].dtype == dtype


@pytest.mark.parametrize(
    ("line", "token", "words", "suggestion"),
    [
        (
            "nn.Conv1d(3, 16, kernal_size=3)",
            "kernal_size=3",
            "no argument `kernal_size`",
            "nn.Conv1d(3, 16, kernel_size=3)",
        ),
        ("nn.Covn1d(3, 16, 3)", "nn.Covn1d", "no layer or operation called", "nn.Conv1d(3, 16, 3)"),
        (
            "torch.nn.functional.rellu(x)",
            "torch.nn.functional.rellu",
            "no layer or function",
            "torch.nn.functional.relu(x)",
        ),
        ("nn.Conv1d(3, 16, 3, 1, 0, 1, 1, True, 'zeros', None, None, 5)", "5", "none of them", None),
        ("nn.Conv1d(3, 16, -1)", "-1", "cannot be negative", "nn.Conv1d(3, 16, 1)"),
        ("nn.Conv1d(3, k, 3)", "k", "do not know what `k` is", None),
        ("nn.Conv1d(3, 16", "(3, 16", "never closed", "nn.Conv1d(3, 16)"),
        ("nn.Linear(99999999999999999999, 2)", "99999999999999999999", "too large", None),
        ("F.conv1d(x, w)", "F.conv1d", "takes its weights as tensors", "nn.Conv1d"),
        ("nn.Sequential(nn.ReLU, nn.ReLU())", "nn.ReLU", "holds layers", None),
        ("x.foo()", "x.foo", "no layer or function", "/run"),
        ("x[:, 0]", "x[:, 0]", "index is code", "/run"),
        ("class Net(nn.Module):", "", "Python cannot read this class", "/run"),
        ("torch.randn(2, 3)", "torch.randn(2, 3)", "tensor alone", None),
        ("__import__('os').system('ls')", "__import__", "no layer or function", None),
        ("nn.ReLU().__class__()", "nn.ReLU().__class__", "no layer", None),
        ("nn.ReLU()\nnn.Covn1d(3, 16, 3)", "nn.Covn1d", "no layer or operation", "nn.Conv1d"),
    ],
)
def test_a_mistake_in_python_is_marked_where_it_stands(
    line: str, token: str, words: str, suggestion: str | None
) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(line)
    fault = caught.value
    assert words in fault.message
    assert fault.token == token
    assert line[fault.column :].startswith(token)
    assert fault.suggestion == suggestion


def test_nothing_is_evaluated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LanguageError):
        parse("nn.ReLU(inplace=print('evaluated'))")
    assert not capsys.readouterr().out
