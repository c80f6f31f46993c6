"""What learners read of a question with fresh numbers: short, unlike each other, and nothing that no head can do."""

from __future__ import annotations

import re

import pytest

from cards.families.family import LEVELS, Draft, Family
from cards.generate import FAMILIES, draft
from cards.grade import written
from cards.misconceptions import distinct

SEEDS = range(20)
LARGEST = {1: 6_000, 2: 20_000, 3: 40_000}  # a key, by level
PLURALS = re.compile(r"\b1 (?:channels|layers|directions|sequences|parameters)\b|\(s\)|\ba [aeio]\w*|\b[Aa] `nn\.")
EVERY = [(family, level, seed) for family in FAMILIES for level in LEVELS for seed in SEEDS]


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Family, int, Draft]]:
    return [(family, level, draft(family, level, seed)[0]) for family, level, seed in EVERY]


def choices(found: Draft) -> list[str]:
    kept = distinct(found.key, found.wrong, tolerance=found.tolerance, signed=found.signed)
    return [written(found.key), *(written(wrong.value) for wrong in kept)]


def test_choices_differ_as_they_are_shown_and_have_two_decimals_at_most(
    drawn: list[tuple[Family, int, Draft]],
) -> None:
    for family, level, found in drawn:
        shown = choices(found)
        assert len(set(shown)) == len(shown), (family.id, level, shown)
        assert not any(re.search(r"\.\d{3}", text) for text in shown), (family.id, level, shown)


def test_rounding_is_stated_wherever_a_key_is_rounded(drawn: list[tuple[Family, int, Draft]]) -> None:
    for family, _, found in drawn:
        if found.tolerance > 0.001:
            assert "two decimals" in found.prompt, family.id


def test_a_key_is_no_larger_than_a_head_can_work_out(drawn: list[tuple[Family, int, Draft]]) -> None:
    for family, level, found in drawn:
        if isinstance(found.key, int):
            assert found.key <= LARGEST[level], (family.id, level, found.key)


def test_prompts_and_workings_are_sentences_in_plain_english(drawn: list[tuple[Family, int, Draft]]) -> None:
    for family, _, found in drawn:
        assert found.prompt.rstrip().endswith(("?", ")")), (family.id, found.prompt)
        for text in (found.prompt, found.working):
            assert not PLURALS.search(text), (family.id, text)
            assert "  " not in text, (family.id, text)
