"""Answers as people type them, and what is made of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.deck import house
from cards.grade import (
    Confidence,
    Rating,
    judge,
    judge_card,
    rating,
    written,
)
from cards.misconceptions import MISCONCEPTIONS, Wrong, distinct
from cards.model import Card, Choice, Kind, Value
from cards.reading import UnreadableError, read_number, read_shape

SHAPE = (32, 16, 100)


@pytest.mark.parametrize(
    "typed",
    [
        "32x16x100",
        "(32, 16, 100)",
        "[32,16,100]",
        "32,16,100",
        "32 16 100",
        "32 x 16 x 100",
        "32*16*100",
        "32\N{MULTIPLICATION SIGN}16\N{MULTIPLICATION SIGN}100",
        "torch.Size([32, 16, 100])",
        "Size([32, 16, 100])",
        "shape: (32, 16, 100)",
        "`(32, 16, 100)`",
        "(32, 16, 100).",
        "\N{FULLWIDTH DIGIT THREE}\N{FULLWIDTH DIGIT TWO}x16x100",
    ],
)
def test_a_shape_is_read_in_every_way_people_write_it(typed: str) -> None:
    assert judge("shape", typed, SHAPE).correct


@pytest.mark.parametrize("typed", ["32x16", "32x16x100x1", "100x16x32", "32x16x101"])
def test_another_shape_is_wrong_and_said_as_it_was_understood(typed: str) -> None:
    verdict = judge("shape", typed, SHAPE)
    assert not verdict.correct
    assert verdict.understood == f"({', '.join(typed.split('x'))})"


@pytest.mark.parametrize("typed", ["", "   ", "no idea", "3.5x2", "-3x2", "((", "32x16x"])
def test_what_is_no_shape_is_told_how_one_is_written(typed: str) -> None:
    verdict = judge("shape", typed, SHAPE)
    assert not verdict.correct
    assert verdict.problem


def test_axes_may_be_letters_and_a_scalar_has_none() -> None:
    assert judge("shape", "N,16,100", ("N", 16, 100)).correct
    assert judge("shape", "Nx16x100", ("N", 16, 100)).correct
    assert not judge("shape", "M,16,100", ("N", 16, 100)).correct
    assert read_shape("()").value == ()
    assert judge("shape", "(5,)", (5,)).correct
    assert judge("shape", "5", (5,)).correct


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("160", 160),
        ("1,792", 1792),
        ("1 792", 1792),
        ("1'792", 1792),
        ("1_792", 1792),
        ("1e3", 1000),
        ("1.5e3", 1500),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1/2", 0.5),
        ("50%", 0.5),
        ("50 %", 0.5),
        ("160 parameters", 160),
        ("= 160", 160),
        ("2^10", 1024),
        ("2**10", 1024),
        ("16*3*3 + 16", 160),
        ("16 + 16*3*3", 160),
        ("10 - 2 - 3", 5),
        ("2*3^2", 18),
        ("1,234,567", 1234567),
        ("-1", -1),
        ("\N{MINUS SIGN}1", -1),
        ("two", 2),
        ("p = 2", 2),
        ("4*3 + 2 = 14", 14),
        ("it's about 0.5", 0.5),
        ("50 percent", 0.5),
        ("**160**", 160),
        ("I think it's 160!", 160),
        ("1.792", 1792),
        ("1.792", 1.792),
    ],
)
def test_a_number_is_read_in_every_way_people_write_it(typed: str, number: float) -> None:
    assert judge("number", typed, number).correct


@pytest.mark.parametrize("typed", ["", "many", "1/0", "2^9999", "1e9999999", "12 34 56 x 7", "0x10"])
def test_what_is_no_number_is_told_how_one_is_written(typed: str) -> None:
    verdict = judge("number", typed, 160)
    assert not verdict.correct


def test_a_comma_with_two_digits_behind_it_is_taken_for_a_decimal_one_and_that_is_said() -> None:
    verdict = judge("number", "0,75", 0.75)
    assert verdict.correct
    assert not verdict.sure


@pytest.mark.parametrize("typed", ["-1, 1", "-1 1", "[-1, 1]", "(-1; 1)", "-1 and 1", "tensor([-1., 1.])"])
def test_several_numbers_are_read_in_every_way_people_write_them(typed: str) -> None:
    assert judge("numbers", typed, (-1, 1)).correct
    assert not judge("numbers", typed, (1, -1)).correct


def test_a_tolerance_holds_on_both_sides_and_no_further() -> None:
    for typed, correct in (("0.67", True), ("0.66", True), ("0.674", False), ("0.659", False), ("2/3", True)):
        assert judge("number", typed, 0.6666666, tolerance=0.006667).correct is correct


@pytest.mark.parametrize("typed", ["ReLU", "relu", "nn.ReLU", "torch.nn.ReLU", "the ReLU", "`ReLU`"])
def test_a_name_is_known_however_it_is_written(typed: str) -> None:
    assert judge("recall", typed, "ReLU").correct


def test_a_slip_is_forgiven_in_long_names_and_said_but_never_in_a_digit() -> None:
    slip = judge("recall", "CrossEntropylos", "CrossEntropyLoss")
    assert slip.correct
    assert not slip.sure
    assert not judge("recall", "Conv1d", "Conv2d").correct
    assert not judge("recall", "BatchNorm2d", "BatchNorm1d").correct
    assert judge("recall", "cross entropy loss", "CrossEntropyLoss").correct
    assert judge("recall", "logits", "raw scores", accept=("logits",)).correct


def test_a_slip_in_code_is_no_slip() -> None:
    assert not judge("recall", "x @ W + b", "x @ W.T + b").correct
    assert judge("recall", "x @ W.T + b", "x @ W.T + b").correct
    assert judge("recall", "torch.no_grad()", "`torch.no_grad()`").correct
    assert judge("recall", "no_grad", "`torch.no_grad()`").correct


def card(kind: Kind, answer: Value, **more: Any) -> Card:
    return Card(id="c", kind=kind, topic="t", front="?", answer=answer, reason=".", **more)


@pytest.mark.parametrize(
    ("answer", "typed", "correct"),
    [
        ("[2.0, 7.0]", "[2, 7]", True),
        ("[2.0, 7.0]", "2.0 7.0", True),
        ("[2.0, 7.0]", "[20, 70]", False),
        ("[[0, 1], [2, 3]]", "[[0,1],[2,3]]", True),
        ("[[0, 1], [2, 3]]", "[[0,2],[1,3]]", False),
        ("[[0, 1], [2, 3]]", "[[0, 1, 2, 3]]", False),
        ("[[0, 1], [2, 3]]", "0 1 2 3", True),
        ("[[5, 6], [7]]", "[[5, 6, 7]]", False),
        ("[[5, 6], [7]]", "5, 6, 7", False),
        ("[[5, 6], [7]]", "[5 6] [7]", True),
        ("[[2.0, 5.0, 8.0]]", "[2, 5, 8]", True),
        ("torch.float16", "float16", True),
        ("'Linear'", "Linear", True),
        ("True False", "true, false", True),
        ("True False", "False True", False),
        ("[[0.0, -inf], [0.0, 0.0]]", "[[0, -inf], [0, 0]]", True),
        ("nan", "NaN", True),
        ("True", "It prints True", True),
        ("True", "yes", True),
        ("False", "yes", False),
        ("(True, False)", "yes, no", True),
        ("(True, False)", "no, yes", False),
        ("[[0.0, -inf]]", "[[0, -infinity]]", True),
        ("[[0.0, -inf]]", "[[0, float('-inf')]]", True),
        ("None", "none", True),
        ("(2, 3, 4, 5)", "torch.Size([2, 3, 4, 5])", True),
        ("(2, 3, 4, 5)", "2x3x4x5", True),
    ],
)
def test_an_output_is_compared_by_its_numbers_and_words(answer: str, typed: str, correct: bool) -> None:
    assert judge_card(card("predict", answer, code="..."), typed).correct is correct


def test_a_choice_is_taken_by_its_letter_its_number_or_its_words() -> None:
    wrong = (
        Choice(text="x @ W + b", because="The weight is stored turned round."),
        Choice(text="x * W", because="No."),
    )
    asked = card("choice", "x @ W.T + b", wrong=wrong)
    shown = ["x * W", "x @ W.T + b", "x @ W + b"]
    for typed in ("b", "(b)", "2", "x @ W.T + b", "x@w.t+b"):
        assert judge_card(asked, typed, shown).correct, typed
    mistaken = judge_card(asked, "x @ W + b", shown)
    assert not mistaken.correct
    assert mistaken.mistake is not None
    assert mistaken.mistake.diagnosis == "The weight is stored turned round."
    assert judge_card(asked, "d", shown).problem
    assert judge_card(asked, "b) x @ W.T + b", shown).correct
    assert not judge_card(asked, "b) x @ W + b", shown).correct
    moved = card("choice", "3 positions", wrong=(Choice(text="1 position", because="No."),))
    assert judge_card(moved, "3", ["1 position", "2 positions", "3 positions"]).correct
    assert judge_card(moved, "3", ["1 position", "3 positions", "2 positions"]).correct
    asked = card("choice", "About a third as many", wrong=(Choice(text="Just as many", because="No."),))
    assert judge_card(asked, "a third").correct
    assert judge_card(asked, "banana", shown).problem


def test_steps_are_put_in_order_by_letters_or_numbers() -> None:
    asked = card("order", ("zero_grad", "forward", "backward", "step"))
    shown = ["backward", "step", "zero_grad", "forward"]
    for typed in ("c d a b", "cdab", "3 4 1 2", "3, 4, 1, 2"):
        assert judge_card(asked, typed, shown).correct, typed
    for typed in ("zero_grad -> forward -> backward -> step", "zero_grad, forward, backward, then step"):
        assert judge_card(asked, typed, shown).correct, typed
    assert not judge_card(asked, "forward, zero_grad, backward, step", shown).correct
    assert judge_card(asked, "forward, forward, backward, step", shown).problem.endswith("such as: b c d a.")
    assert not judge_card(asked, "a b c d", shown).correct
    assert judge_card(asked, "a b", shown).problem


def test_the_answer_of_every_card_of_the_house_is_graded_right() -> None:
    for each in house().cards:
        if each.kind != "order":
            typed = written(each.answer)
            assert judge_card(each, typed).correct, (each.id, typed)
        for other in each.accept:
            assert judge_card(each, other).correct, (each.id, other)
        for choice in each.wrong:
            verdict = judge_card(each, choice.text)
            assert not verdict.correct, (each.id, choice.text)
            assert verdict.mistake is not None


def test_a_wrong_answer_is_matched_with_the_rule_that_gives_it() -> None:
    wrong = (Wrong(value=(32, 16, 99), misconception="M1"), Wrong(value=(32, 3, 100), misconception="M8"))
    verdict = judge("shape", "32, 16, 99", SHAPE, wrong=wrong)
    assert verdict.mistake is not None
    assert verdict.mistake.diagnosis == MISCONCEPTIONS["M1"].says
    assert judge("shape", "1x1x1", SHAPE, wrong=wrong).mistake is None


@pytest.mark.parametrize(
    ("kind", "answer", "wrong", "typed"),
    [
        ("shape", (8, 8), "8", "(8,)"),
        ("number", 0.6, "0.75", "75%"),
        ("number", 4, "-3", "= -3"),
        ("predict", "[2.0, 4.0]", "[1.0, 2.0]", "[1, 2]"),
        ("recall", "NLLLoss", "BCELoss", "nn.BCELoss"),
    ],
)
def test_a_wrong_answer_that_the_card_knows_is_answered_with_its_mistake(
    kind: Kind, answer: Value, wrong: str, typed: str
) -> None:
    asked = card(kind, answer, wrong=(Choice(text=wrong, because="The mistake.", misconception="M1"),), code="...")
    verdict = judge_card(asked, typed)
    assert not verdict.correct
    assert verdict.mistake is not None
    assert (verdict.mistake.diagnosis, verdict.mistake.misconception) == ("The mistake.", "M1")
    assert judge_card(asked, written(answer)).correct


@pytest.mark.parametrize(
    ("right", "typed"),
    [
        ("It is a class", "it is not a class"),
        ("They do not overlap", "they do overlap"),
        ("The range is open", "The range is not open"),
        ("batched", "unbatched"),
        ("dropout", "no dropout"),
        ("TransformerEncoder", "nn.TransformerDecoder"),
        ("MaxPool1d", "MaxUnpool1d"),
        ("All values are used", "No values are used"),
    ],
)
def test_what_says_something_else_is_no_slip(right: str, typed: str) -> None:
    assert not judge("recall", typed, right).correct


@pytest.mark.parametrize(
    ("right", "typed"),
    [
        ("It is a class", "it's a class"),
        ("It is a class", "a class"),
        ("They do not overlap", "they do not overlapp"),
        ("TransformerEncoder", "TransfomerEncoder"),
        ("cross entropy", "cross entorpy"),
    ],
)
def test_the_same_in_other_words_or_with_a_slip_is_right(right: str, typed: str) -> None:
    assert judge("recall", typed, right).correct


def test_every_misconception_of_the_curriculum_has_a_diagnosis() -> None:
    assert list(MISCONCEPTIONS) == [f"M{number}" for number in range(1, 25)]
    assert all(each.says.startswith("You ") for each in MISCONCEPTIONS.values())
    assert all(each.right and "You" not in each.right for each in MISCONCEPTIONS.values()), "said to a group"


def test_wrong_answers_are_kept_apart_from_the_key_and_from_each_other() -> None:
    wrong = [Wrong(value=value) for value in (5, 5, 7, 0, -3, 6)]
    assert [each.value for each in distinct(6, wrong)] == [5, 7]
    near = [Wrong(value=value) for value in (0.671, 0.7, 0.705)]
    assert [each.value for each in distinct(0.667, near, tolerance=0.006)] == [0.7]


def test_a_wrong_answer_is_always_again_and_a_right_one_counts_by_confidence() -> None:
    for confidence in (None, *Confidence):
        assert rating(correct=False, confidence=confidence) is Rating.AGAIN
    ratings = [rating(correct=True, confidence=each) for each in (Confidence.GUESSED, None, Confidence.SURE)]
    assert ratings == [Rating.HARD, Rating.GOOD, Rating.EASY]


@given(st.lists(st.integers(0, 10**6), max_size=6))
def test_whatever_shape_is_written_is_read_back(sizes: list[int]) -> None:
    assert read_shape(written(tuple(sizes))).value == tuple(sizes)


@given(st.integers(-(10**12), 10**12))
def test_whatever_number_is_written_is_read_back(number: int) -> None:
    assert read_number(written(number)).value == number


@given(st.text(max_size=60), st.sampled_from(["shape", "number", "recall"]))
def test_nothing_that_is_typed_breaks_the_reader(typed: str, kind: str) -> None:
    keys: dict[str, Value] = {"shape": SHAPE, "number": 160, "recall": "ReLU"}
    try:
        judge(kind, typed, keys[kind])
    except UnreadableError as fault:  # pragma: no cover - a finding
        raise AssertionError(typed) from fault
