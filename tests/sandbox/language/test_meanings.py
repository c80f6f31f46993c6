"""Every message that Stride explains is one that the installed torch says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import sandbox.language
from sandbox.language.meanings import meaning

ENTRIES: list[dict[str, Any]] = tomllib.loads((Path(sandbox.language.__file__).parent / "meanings.toml").read_text())[
    "meaning"
]


def complaint(code: str) -> str:
    """What torch says to one expression of our own file."""
    try:
        eval(code, {"torch": torch, "nn": nn})  # noqa: S307 - our own file
    except Exception as raised:  # noqa: BLE001 - whatever torch raises is what is looked at
        return str(raised)
    pytest.fail(f"torch accepts {code}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["raises"])
def test_torch_says_it_and_the_words_are_filled_in(entry: dict[str, Any]) -> None:
    text = complaint(entry["raises"])
    said = meaning(text)
    assert said is not None, text
    assert said.split("{")[0] == said, "every group is filled in"
    first_words = entry["means"].split("{")[0]
    assert said.startswith(first_words), f"{text} was explained by another entry: {said}"


def test_the_numbers_of_the_message_stand_in_the_words() -> None:
    words = meaning("mat1 and mat2 shapes cannot be multiplied (32x4096 and 512x10)")
    assert words is not None
    assert "32 rows of 4096" in words
    assert "in_features must be 4096" in words


def test_an_unknown_message_has_no_meaning() -> None:
    assert meaning("the moon is in the wrong phase") is None
