"""Files that people send on Discord: with a command, or in a window."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters import sent as limits
from bot.adapters.discord import client as module
from tests.bot.adapters.discord.test_discord_conversations import shown
from tests.bot.adapters.lab import BRING


async def test_a_file_comes_with_a_command(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "bring", words="my deck", file=("deck.toml", b"\x00\xff"))
    assert "deck.toml has 00ff; words: my deck" in shown(answer.response).replace("\\", "")


async def test_a_command_with_nothing_but_a_file_opens_no_window(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "bring", file=("deck.toml", b"a"))
    assert answer.modal is None
    assert "deck.toml has 61" in shown(answer.response).replace("\\", "")


async def test_a_window_takes_a_file(alice: Any, channel: Any) -> None:
    opened = await alice.slash(channel, "bring")
    assert opened.modal["title"] == BRING.title
    answer = await alice.submit_modal(opened, {"file": ("a b.csv", b"x,y"), "words": "two"})
    assert "a b.csv has 782c79; words: two" in shown(answer.response).replace("\\", "")


async def test_a_window_may_be_sent_without_its_file(alice: Any, channel: Any) -> None:
    opened = await alice.slash(channel, "bring")
    answer = await alice.submit_modal(opened, {"words": "none"})
    assert shown(answer.response) == "words: none"


async def test_a_file_that_is_too_large_is_refused_by_the_size_that_discord_tells(
    alice: Any, channel: Any, discord_env: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (limits, module):
        monkeypatch.setattr(each, "MAX_FILE", 1 << 20)

    async def never(_client: object, url: str) -> bytes:
        raise AssertionError(f"{url} was fetched")

    monkeypatch.setattr(type(discord_env.bot.http), "get_from_cdn", never)
    answer = await alice.slash(channel, "bring", file=("big.apkg", bytes((1 << 20) + 1)))
    said = answer.response or answer.followups[-1]
    assert "big.apkg" in shown(said)
    assert "up to 1 MiB" in shown(said)


async def test_flags_are_switches(alice: Any, channel: Any) -> None:
    answer = await alice.slash(channel, "bring", words="hello", loud=True)
    assert "words: HELLO" in shown(answer.response)
    answer = await alice.slash(channel, "bring", loud=False, words="hello")
    assert "words: hello" in shown(answer.response)
