"""Mistakes that people bring along: other libraries' words, signs out of place, numbers in quotes."""

from __future__ import annotations

import pytest

from sandbox.language.grammar import parse
from sandbox.language.model import LanguageError


def mistake(line: str) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse(line)
    return caught.value


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tf.keras.layers.Conv2D(32, (3, 3))", "`tf.keras.layers.Conv2D` is TensorFlow's; PyTorch has nn.Conv2d."),
        ("layers.Dense(64)", "`layers.Dense` is Keras's; PyTorch has nn.Linear."),
        ("nnx.Linear(3, 4, rngs=rngs)", "`nnx.Linear` is Flax's; PyTorch has nn.Linear."),
        ("jnp.reshape(x, (2, -1)) @ 2x4", "`jnp.reshape` is JAX's; PyTorch has the operation reshape."),
        ("np.fft(x)", "`np.fft` is NumPy's"),
    ],
)
def test_another_librarys_layer_is_answered_with_pytorchs(line: str, words: str) -> None:
    fault = mistake(line)
    assert words in fault.message
    assert (fault.column, fault.token) == (0, line.split("(", maxsplit=1)[0])


def test_a_name_of_the_code_itself_is_no_library() -> None:
    assert parse("layers = torch.randn(2, 3)\nlayers.relu()").stages[0].name == "ReLU"


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("MaxPooling2D(pool_size=(2, 2))", "MaxPooling2D(kernel_size=(2, 2))"),
        ("nn.Conv2d(3, 16, 3, strides=2)", "nn.Conv2d(3, 16, 3, stride=2)"),
        ("Dropout(rate=0.5)", "Dropout(p=0.5)"),
        ("softmax axis=1 @ 2x3", "softmax dim=1 @ 2x3"),
        ("nn.Conv2d[3, 16, 3]", "nn.Conv2d(3, 16, 3)"),
        ("nn.Conv2d{3, 16, 3}", "nn.Conv2d(3, 16, 3)"),
        ("nn.Conv2d(3, 16, 3))", "nn.Conv2d(3, 16, 3)"),
        ("nn.Conv2d(3, 16, 3,,)", "nn.Conv2d(3, 16, 3)"),
        ("nn.Conv2d(3 16 3)", "nn.Conv2d(3, 16, 3)"),
        ("nn.Conv2d(3; 16; 3)", "nn.Conv2d(3, 16, 3)"),
        ("nn.Sequential(nn.Linear(784, 128) nn.ReLU())", "nn.Sequential(nn.Linear(784, 128), nn.ReLU())"),
        (
            "nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)",
            "nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))",
        ),
        ("nn.Conv2d(3, 16, '3')", "nn.Conv2d(3, 16, 3)"),
        ("nn.Conv2d(3, 16, 3, bias=flase)", "nn.Conv2d(3, 16, 3, bias=False)"),
        ("nn.Linear(10/2, 10)", "nn.Linear(5, 10)"),
        ("conv2d 3 16 k 3", "conv2d 3 16 k=3"),
        ("conv2d 3 16 kernel_size 3 stride 2", "conv2d 3 16 kernel_size=3 stride=2"),
        ("relu conv1d 3 16 k3", "relu | conv1d 3 16 k3"),
        ("linear 10 20 bias=ture", "linear 10 20 bias=true"),
        ("linear 10x20", "linear 10 20"),
        ("adaptiveavgpool2d 7 7 @ 1x3x8x8", "adaptiveavgpool2d 7x7 @ 1x3x8x8"),
        ("conv1d 3 16 k3 @ (32, 3, 100", "conv1d 3 16 k3 @ (32, 3, 100)"),
    ],
)
def test_the_line_that_was_meant_is_offered_whole(line: str, right: str) -> None:
    assert mistake(line).suggestion == right
    parse(right)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nn.Conv2d(3, 16, 3, activation='relu')", "a layer of its own"),
        ("Flatten(input_shape=(28, 28))", "written after @"),
        ("LSTM(64, return_sequences=True)", "always give every step"),
        ("linear 10 20 bias=maybe", "`bias` is true or false, and `maybe` is neither."),
    ],
)
def test_an_argument_that_pytorch_has_elsewhere_is_explained(line: str, words: str) -> None:
    assert words in mistake(line).message


def test_a_request_for_help_is_led_to_it() -> None:
    assert mistake("help").suggestion == "/help shape"


@pytest.mark.parametrize("line", ["nn.GlobalAvgPool2d()", "GlobalAveragePooling2D()"])
def test_global_pooling_leaves_one_number_a_channel_in_python_too(line: str) -> None:
    assert parse(line).stages[0].args == {"output_size": 1}
