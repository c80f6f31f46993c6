"""The same conversation on every platform: what the core says reaches people wherever they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.adapters.lab import PNG, SNIPPET, Lab
from tests.contracts.platforms import PLATFORMS, Group, Opener


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest_asyncio.fixture(params=PLATFORMS, ids=lambda opener: str(opener.__name__))
async def group(request: pytest.FixtureRequest, lab: Lab, tmp_path: Path) -> AsyncIterator[Group]:
    opener: Opener = request.param
    async with opener(lab, tmp_path) as opened:
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


async def test_a_picture_arrives_with_the_words_that_stand_for_it_and_a_file_whole(group: Group) -> None:
    heard = await group.says("/files")
    assert heard.pictures == (("One blue dot", PNG),)
    assert heard.files == (b"x = 1",)


async def test_code_is_asked_for_in_a_form_and_arrives_to_the_letter(group: Group) -> None:
    asked = await group.says("/snippet")
    assert asked.form == (SNIPPET.fields[0].label,)
    code = "for i in range(3):\n    print('<b>', i < 2)\n\nx = {'a': \"b\"}  # &amp; *"
    answer = await group.fills(code=code)
    assert code in _dedented(answer.text)
    assert not answer.form


async def test_a_file_arrives_whole_and_with_its_name(group: Group) -> None:
    data = bytes(range(256))
    heard = await group.brings("my_deck.apkg", data)
    assert f"my_deck.apkg has {data.hex()}" in "".join(heard.text.split("\n"))


async def test_whoever_waits_sees_their_place_and_then_the_answer(group: Group, lab: Lab) -> None:
    shown = await group.waits("/queue")
    assert "You are 1st in line." in shown.text
    lab.gate.set()
    assert "It was your turn." in (await group.hears()).text
    assert lab.answered == 1


def _dedented(text: str) -> str:
    """Text without the four spaces that a terminal puts before code."""
    lines = text.splitlines()
    within = lines and all(line.startswith("    ") for line in lines if line.strip())
    return "\n".join(line.removeprefix("    ") for line in lines) if within else text
