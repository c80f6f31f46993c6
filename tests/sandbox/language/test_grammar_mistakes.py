"""Mistakes as people make them: the column, the token, the nearest right word and an example that works."""

from __future__ import annotations

import pytest

from sandbox.language.grammar import parse
from sandbox.language.model import CodeGivenError, LanguageError


def mistake(line: str) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse(line)
    return caught.value


@pytest.mark.parametrize(
    ("line", "token", "words", "suggestion"),
    [
        ("covn1d 3 16 k3", "covn1d", "no layer or operation called", "conv1d 3 16 k3"),
        ("conv1d 3 16 k3 | rellu", "rellu", "no layer or operation called", "conv1d 3 16 k3 | relu"),
        ("lienar 3 4", "lienar", "no layer or operation called", "linear 3 4"),
        ("maxpol2d k2", "maxpol2d", "no layer or operation called", "maxpool2d k2"),
        ("conv1d 3 16 k-1", "k-1", "cannot be negative", "conv1d 3 16 k1"),
        ("conv1d -3 16 k1", "-3", "cannot be negative", "conv1d 3 16 k1"),
        ("conv1d 3 16 k3.5", "k3.5", "whole number", "conv1d 3 16 k3"),
        ("conv2d 3 16 k3x-5", "k3x-5", "cannot be negative", "conv2d 3 16 k3x5"),
        ("conv1d 3 16 k1e400", "1e400", "too large", None),
        ("conv1d 3 16 k99999999999999999999", "99999999999999999999", "too large", None),
        ("conv1d 3 16 k3 q2", "q2", "no flag `q`", None),
        ("conv1d 3 16 k3 pad1", "pad1", "no flag `pad`", "conv1d 3 16 k3 padding=1"),
        ("conv1d 3 16 kernal_size=3", "kernal_size=3", "no argument `kernal_size`", "conv1d 3 16 kernel_size=3"),
        ("conv1d 3 16 k3 k5", "k5", "given twice", None),
        ("conv1d 3 16 k3 kernel_size=5", "kernel_size=5", "given twice", None),
        ("conv1d 3 16 k3 L5 L6", "L6", "given twice", None),
        ("conv1d 3 16 k3 H5", "H5", "no H", None),
        ("conv2d 3 16 k3 D2", "D2", "no D", "conv2d 3 16 k3 d2"),
        ("conv1d 3 16 k3 L2.5", "L2.5", "whole number", "conv1d 3 16 k3 L2"),
        ("conv1d 3 16 k3 L-5", "L-5", "whole number", "conv1d 3 16 k3 L5"),
        ("conv1d ? 16 k?", "k?", "does not determine `kernel_size`", None),
        ("conv2d 3 16 k3 | bn", "", "needs num_features too", "conv2d 3 16 k3 | bn ?"),
        ("conv1dd 3 16 k3", "conv1dd", "no layer or operation", "conv1d 3 16 k3"),
        ("conv1d 3 16 k3 in=3", "in=3", "given twice", None),
        ("nn.Conv1d(3, 16, kernel=3)", "kernel=3", "no argument `kernel`", "nn.Conv1d(3, 16, kernel_size=3)"),
        ("conv1d 3 16 kernel 3", "kernel", "", "conv1d 3 16 kernel_size=3"),
        ("conv1d 3 16 kernel3", "kernel3", "", None),
        ("conv2d 3 16 k3 padding same", "padding", "needs its value", "conv2d 3 16 k3 padding= same"),
        ("linear 10 5 (32, 10)", "(32, 10)", "none of them", "linear 10 5 @ (32, 10)"),
        ("2x3 3x4", "2x3", "alone does nothing", "broadcast 2x3 3x4"),
        ("view ? 10 @ 2x30", "?", "takes -1, not ?", "view -1 10 @ 2x30"),
        ("linear ? ?", "?", "does not determine `out_features`", None),
        ("conv1d 3 16 k", "k", "needs its number", "conv1d 3 16 k3"),
        ("conv1d 3 16 k3 relu", "relu", "layer of its own", "conv1d 3 16 k3 | relu"),
        ("conv1d 3 16 k3 32x3x100", "32x3x100", "given twice", "conv1d 3 16 k3 @ 32x3x100"),
        ("conv1d 3 16 k3 @ (32, -3, 100)", "(32, -3, 100)", "cannot have the size -3", None),
        ("conv1d 3 16 k3 @ banana", "banana", "not a shape", None),
        ("conv1d 3 16 k3 @", "", "no shape after @", None),
        ("conv1d 3 16 k3 L5 @ 2x3x5", "L5", "written after @", None),
        ("relu @ 2x3 | linear 3 4 @ 2x3", "2x3", "given twice", None),
        ("relu | relu @ 2x3 | relu", "2x3", "middle of the chain", None),
        ("relu | | relu", "|", "missing next to this |", "relu | relu"),
        ("relu |", "|", "missing next to this |", "relu"),
        ("32x3x100", "32x3x100", "alone does nothing", "flatten @ 32x3x100"),
        ("view 3 4", "", "needs to know its input", None),
        ("relu eval train", "train", "both train and eval", None),
        ("linear 3 4 dtype=flaot32", "dtype=flaot32", "no dtype", None),
        ("relu | cat 2x3 4x3", "2x3", "one input", None),
        ("ModuleList 3", "ModuleList", "a container", None),
        ("conv1d 3 16 k3 \u202e", "U+202E", "invisible", None),
        ("conv1d\x003", "U+0000", "invisible", None),
        ("conv1d \uff13 16 \uff51\uff12", "q2", "no flag", None),
    ],
)
def test_a_mistake_is_marked_where_it_stands(line: str, token: str, words: str, suggestion: str | None) -> None:
    fault = mistake(line)
    assert words in fault.message
    assert fault.token == token
    assert fault.suggestion == suggestion
    assert fault.expected
    marked = line[fault.column :]
    assert token.startswith("U+") or not line.isascii() or marked.startswith(token)


def test_a_column_is_the_one_in_the_line_as_it_was_typed() -> None:
    line = "  /shape conv1d \uff13 16 k3 | rellu"
    assert line[mistake(line).column :] == "rellu"


def test_what_is_missing_is_said_with_the_signature() -> None:
    fault = mistake("conv1d 3")
    assert "out_channels and kernel_size" in fault.message
    assert fault.expected.startswith("Conv1d(in_channels, out_channels, kernel_size, stride=1")
    assert fault.column == len("conv1d 3")


@pytest.mark.parametrize("word", ["conv", "bn", "maxpool", "avgpool", "batchnorm", "instancenorm"])
def test_an_ambiguous_word_is_answered_by_asking_which(word: str) -> None:
    fault = mistake(f"{word} 3")
    assert "which one?" in fault.message
    for axes in ("1d", "2d", "3d"):
        assert axes in fault.message
        assert axes in fault.expected


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        ("conv1s 3 16 k3", "conv1d 3 16 k3"),
        ("conv 3 16 k3", "conv1d 3 16 k3"),
        ("relu | gapp | relu", "relu | gap1d | relu"),
        ("maxpol 2 @ 1x3x8x8", "maxpool 2 @ 1x3x8x8"),
        ("maxpol 2", "maxpool1d 2"),
        ("nn.Conv1s(3, 16, 3)", "nn.Conv1d(3, 16, 3)"),
        ("torch.nn.Liner(3, 16)", "torch.nn.Linear(3, 16)"),
        ("conv1d 3 16 k3 padd = 1", "conv1d 3 16 k3 padding = 1"),
        ("conv2d 3 16 k3, relu, maxpool2d 2", "conv2d 3 16 k3 | relu | maxpool2d 2"),
        ("conv2d 3 16 k3 + relu", "conv2d 3 16 k3 | relu"),
        ("conv2d 3 16 k3 > relu", "conv2d 3 16 k3 | relu"),
        ("conv2d 3 16 k3 same", "conv2d 3 16 k3 padding=same"),
        ("linear 10", "linear ? 10"),
        ("what is the shape of conv2d 3 16 k3?", "conv2d 3 16 k3"),
        ("residual conv2d 3 16 k3", "conv2d 3 16 k3"),
        ("What does nn.Conv2d(3, 16, 3) return?", "nn.Conv2d(3, 16, 3)"),
        ("covn1d 3 16 k3 | rellu", "conv1d"),
        ("covn1d 3 16 k3" + " | relu" * 60, "conv1d"),
    ],
)
def test_a_line_with_one_slip_is_given_back_right_and_whole(line: str, suggestion: str) -> None:
    """With two slips, and in a line too long to show, it is the word alone."""
    assert mistake(line).suggestion == suggestion
    assert suggestion == "conv1d" or parse(suggestion).stages


@pytest.mark.parametrize(
    "line",
    ["linear 3", "lstm 10", "conv2d 3 16 k3 q1", "maxpool2d", "mha 8", "view @ 2x3", "cat 2x3 foo=1", "nn.Linear(3)"],
)
def test_the_example_is_one_of_the_layer_in_question_and_works(line: str) -> None:
    fault = mistake(line)
    name = parse(fault.example).stages[0].name.lower()
    assert fault.message.lower().startswith(name) or name in fault.expected.lower()


@pytest.mark.parametrize(
    "line",
    [
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()",
        "def f(x):\n    return x",
        "for i in range(3): print(i)",
        "import os",
        "import numpy as np\nnp.zeros(3)",
        "if True: pass",
        "with torch.no_grad():\n    y = nn.ReLU()(x)",
        "model(x)",
        "self.conv(x)",
        "x = torch.randn(2, 3)\ny = nn.ReLU()(x) + nn.Sigmoid()(x)",
        "model = nn.ReLU()\nmodel.state_dict()['a']",
        "nn.Sequential(*[nn.ReLU() for _ in range(3)])",
        "lambda x: x",
    ],
)
def test_real_code_is_sent_to_run(line: str) -> None:
    with pytest.raises(CodeGivenError) as caught:
        parse(line)
    assert "/run" in caught.value.message
    assert caught.value.suggestion == "/run"


@pytest.mark.parametrize("line", ["a", "?", "q 2x3"])
def test_nothing_is_near_a_single_letter(line: str) -> None:
    assert mistake(line).suggestion is None


@pytest.mark.parametrize("line", ["", "   ", "\n\n", "/shape", "/shape  ", "```\n```", "# only a comment"])
def test_an_empty_line_says_what_could_stand_there(line: str) -> None:
    fault = mistake(line)
    assert "empty" in fault.message
    assert fault.expected
