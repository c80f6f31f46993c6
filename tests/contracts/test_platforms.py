"""The same conversation on every platform: what the core says reaches people wherever they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.adapters.lab import Lab
from tests.contracts.platforms import PLATFORMS, Group, Opener


@pytest_asyncio.fixture(params=PLATFORMS, ids=lambda opener: str(opener.__name__))
async def group(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Group]:
    opener: Opener = request.param
    async with opener(Lab(), tmp_path) as opened:
        yield opened


async def test_help_lists_every_command(group: Group) -> None:
    heard = await group.says("/help")
    assert [name for name in ("/help", "/table", "/echo", "/wrong") if name not in heard.text] == []


async def test_help_says_more_about_one_command(group: Group) -> None:
    assert "/table" in (await group.says("/help table")).text


async def test_an_answer_arrives_whole(group: Group) -> None:
    """Heading, worked line, table, note and buttons: every part, in order."""
    heard = await group.says("/table")
    expected = ("conv1d 3 16 k3 p1", "floor((100", "Axis by axis", "axis", "16", "torch 2.13.0", "agree")
    rest = heard.text
    for words in expected:
        assert words in rest
        rest = rest.partition(words)[2]
    assert heard.buttons == ("Why?", "Python")


async def test_a_press_is_answered(group: Group) -> None:
    await group.says("/table")
    assert "More about formula." in (await group.presses("Why?")).text
    await group.says("/table")
    assert "More about python." in (await group.presses("Python")).text


async def test_a_mistake_says_what_to_type_instead_and_only_to_whom_it_concerns(group: Group) -> None:
    heard = await group.says("/wrong")
    assert "There is no layer" in heard.text
    assert "conv9d" in heard.text
    assert "/table" in heard.text
    assert heard.alone


async def test_a_bug_shows_a_number_and_nothing_of_itself(group: Group) -> None:
    heard = await group.says("/bug")
    assert "give this number" in " ".join(heard.text.split())
    assert "RuntimeError" not in heard.text
    assert "the secret" not in heard.text


async def test_what_was_typed_comes_back_to_the_letter(group: Group) -> None:
    typed = "*a* _b_ ~c~ | # > [x](y) {z} <@1> @everyone &amp 3 < 4 \N{GREEK SMALL LETTER ALPHA}"
    heard = await group.says(f"/echo {typed}")
    assert " ".join(heard.text.split()).endswith(typed)


async def test_a_choice_and_a_wide_table_are_readable(group: Group) -> None:
    heard = await group.says("/stages")
    assert "linear 4096 10" in heard.text
    assert "40,970" in heard.text
