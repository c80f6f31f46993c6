"""What is offered while a line is being typed."""

from __future__ import annotations

import time

import pytest

from sandbox.language.complete import complete
from sandbox.language.grammar import parse
from sandbox.language.model import LanguageError


def labels(text: str) -> list[str]:
    return [suggestion.label for suggestion in complete(text)]


def test_an_empty_line_offers_what_beginners_ask_for_first() -> None:
    assert {"conv1d", "conv2d", "linear"} <= set(labels(""))


def test_a_name_is_completed_with_its_signature_and_family() -> None:
    (first, *_) = complete("conv1")
    assert first.text == "conv1d"
    assert first.says.startswith("Conv1d(in_channels, out_channels, kernel_size")
    assert first.says.endswith("convolution")


def test_an_alias_leads_to_its_layer() -> None:
    assert "linear" in labels("dens")
    assert "leakyrelu" in labels("lrel")


def test_a_misspelt_name_leads_to_the_nearest() -> None:
    assert labels("covn2d") == ["conv2d"]


def test_a_name_is_offered_again_after_a_pipe() -> None:
    assert complete("conv1d 3 16 k3 | maxpool1")[0].text == "conv1d 3 16 k3 | maxpool1d"


def test_the_required_argument_that_comes_next_stands_first() -> None:
    assert complete("conv1d ")[0].says == "in_channels (needed)"
    assert complete("conv1d 3 ")[0].says == "out_channels (needed)"
    assert complete("conv1d 3 16 ")[0].label == "k3"
    assert "needed" not in complete("conv1d 3 16 k3 ")[0].says


def test_flags_names_and_letters_are_offered_once() -> None:
    offered = labels("conv1d 3 16 k3 s2 ")
    assert "p" in offered
    assert "s" not in offered
    assert "L" in labels("conv1d 3 16 k3 L")
    assert "batch_first=true" in labels("lstm 10 20 batch")


def test_after_the_at_sign_shapes_are_offered() -> None:
    assert "32x3x100" in labels("conv1d 3 16 k3 @ ")


@pytest.mark.parametrize("text", ["", "c", "conv1d ", "conv1d 3 16 k3 ", "conv1d 3 16 k3 | ", "zzzzzz", "lstm 10 20 "])
def test_completion_keeps_up_with_typing(text: str) -> None:
    complete(text)  # the first one reads the catalogue
    began = time.process_time()
    for _ in range(20):
        complete(text)
    assert time.process_time() - began < 5  # seconds: hangs fail, a busy machine does not


def test_following_the_first_offers_ends_in_a_line_of_the_language() -> None:
    line = "conv2d "
    for _ in range(3):
        line = complete(line)[0].text + " "
    try:
        parse(line)
    except LanguageError as fault:
        pytest.fail(fault.message)
