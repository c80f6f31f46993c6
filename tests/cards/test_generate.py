"""Questions with fresh numbers, each answered by torch before anybody is asked."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random

import pytest
import pytest_asyncio

from cards.deck import house
from cards.families.family import LEVELS, Family
from cards.generate import BY_ID, FAMILIES, FEWEST_WRONG, Examiner, QuestionError, Turns, draft, mixed, parse
from cards.grade import judge, written
from cards.misconceptions import MISCONCEPTIONS, distinct
from sandbox.client import Sandbox
from sandbox.language import shelf
from sandbox.oracle import Oracle

SEEDS = range(2)
MANY_SEEDS = range(2, 27)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def examiner(torch_here: Sandbox) -> Examiner:
    await asyncio.to_thread(shelf.read_all)
    return Examiner(torch_here, Oracle(torch_here))


def test_there_are_at_least_twenty_families_with_rules_of_their_own() -> None:
    assert len(FAMILIES) >= 20
    assert len({family.id for family in FAMILIES}) == len({family.rule for family in FAMILIES}) == len(FAMILIES)


def test_every_family_belongs_to_a_topic_of_the_deck() -> None:
    assert {family.topic for family in FAMILIES} <= house().topics.keys()


@pytest.mark.parametrize(
    ("rule", "argument"), [("M2", "dilation"), ("M3", "padding"), ("M5", "stride"), ("M12", "groups")]
)
def test_nobody_is_told_to_have_left_out_what_is_not_there(rule: str, argument: str) -> None:
    """Without a stride in the question, an answer may not be put down to a stride that was forgotten."""
    for family in FAMILIES:
        for level in LEVELS:
            for seed in range(20):
                drawn, _ = draft(family, level, seed)
                kept = distinct(drawn.key, drawn.wrong, tolerance=drawn.tolerance, signed=drawn.signed)
                told = any(each.misconception == rule and not each.says for each in kept)
                assert not told or argument in drawn.prompt, drawn.prompt


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="session")
async def test_torch_confirms_the_key_of_every_family_and_no_wrong_answer_is_right(examiner: Examiner) -> None:
    """A family whose closed form differs from torch raises here."""
    await hold(examiner, SEEDS)


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="session")
async def test_torch_confirms_many_questions_of_every_family(examiner: Examiner) -> None:
    await hold(examiner, MANY_SEEDS)


async def hold(examiner: Examiner, seeds: range) -> None:
    """Asks torch for all of them, and holds each to what a question promises."""
    chosen = [(family, level, seed) for family in FAMILIES for level in LEVELS for seed in seeds]
    for question in await examiner.several(chosen):
        assert question.torch
        assert question.proof
        if question.asks == "pair":
            continue
        assert len(question.wrong) >= FEWEST_WRONG, question.id
        assert question.choices.count(question.key) == 1
        assert len(set(question.choices)) == len(question.choices)
        right = judge(question.asks, written(question.key), question.key, tolerance=question.tolerance)
        assert right.correct, question.id
        for wrong in question.wrong:
            verdict = judge(
                question.asks, written(wrong.value), question.key, wrong=question.wrong, tolerance=question.tolerance
            )
            assert not verdict.correct, (question.id, wrong)
            assert verdict.mistake == wrong, (question.id, wrong)
            assert wrong.diagnosis, (question.id, wrong)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_same_name_gives_the_same_question(examiner: Examiner) -> None:
    family = BY_ID["conv1d-shape"]
    first = await examiner.question(family, 2, 77)
    assert await examiner.named(first.id) == first
    assert (await examiner.question(family, 2, 78)).prompt != first.prompt


@pytest.mark.parametrize("name", ["", "conv1d-shape", "conv1d-shape.4.1", "nobody.1.1", "conv1d-shape.1.zz", "x" * 99])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(QuestionError):
        parse(name)


@pytest.mark.asyncio(loop_scope="session")
async def test_any_stride_and_padding_that_torch_accepts_answers_an_inverse_question(examiner: Examiner) -> None:
    question = await examiner.question(BY_ID["conv1d-inverse"], 1, 3)
    drawn, _ = draft(question.family, 1, 3)
    assert isinstance(question.key, tuple)
    stride, padding = (int(str(part)) for part in question.key)
    assert await examiner.pair_gives(question.id, stride, padding) == drawn.gives
    assert await examiner.pair_gives(question.id, stride + 7, padding) not in {drawn.gives, None}
    assert await examiner.pair_gives(question.id, 0, 0) is None  # torch takes no such layer
    given = {(s, p): await examiner.pair_gives(question.id, s, p) for s in range(1, 5) for p in range(4)}
    assert {pair for pair, length in given.items() if length == drawn.gives} >= {(stride, padding)}
    with pytest.raises(QuestionError, match="pair"):
        await examiner.pair_gives("matmul.1.1", 1, 1)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_every_level_of_every_family_draws_many_different_questions(family: Family) -> None:
    for level in LEVELS:
        prompts = {draft(family, level, seed)[0].prompt for seed in range(60)}
        assert len(prompts) >= 3, (family.id, level)


def test_every_misconception_is_met_somewhere_but_for_what_no_number_shows() -> None:
    met = {
        wrong.misconception
        for family in FAMILIES
        for level in LEVELS
        for seed in range(80)
        for wrong in draft(family, level, seed)[0].wrong
    }
    assert MISCONCEPTIONS.keys() - met == {"M19"}  # eval() and gradients: a card asks for it, in words


def test_two_questions_in_a_row_never_follow_one_rule() -> None:
    for seed in range(50):
        rules = [family.rule for family, _, _ in mixed(FAMILIES, 40, 1, Random(seed))]  # noqa: S311 questions, not secrets
        assert all(one != other for one, other in pairwise(rules))
    turns = Turns("aab", str, Random(1), last="b")  # noqa: S311 questions, not secrets
    assert turns.next() == "a"
    turns.drop("a")
    turns.drop("a")
    assert [turns.next(), turns.next()] == ["b", "b"]
    turns.drop("b")
    assert not turns
    alone = mixed([BY_ID["matmul"]], 3, 1, Random(1))  # noqa: S311 questions, not secrets
    assert [family.id for family, _, _ in alone] == ["matmul"] * 3
