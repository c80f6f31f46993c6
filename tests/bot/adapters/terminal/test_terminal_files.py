"""Files in a terminal: the operator names a path, a program sends base64, and no text of a program becomes a path."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.adapters import sent
from bot.adapters.sent import MAX_FILE, MAX_FILES, NotTaken
from bot.adapters.terminal import ask, chat, paths
from bot.adapters.terminal.parse import Speaker, request
from bot.adapters.terminal.paths import open_file
from bot.app import Core
from bot.errors import UserError, WrongUsage
from bot.reply import Reply, plain
from tests.bot.adapters.lab import Lab, lab_settings, open_lab

OPERATOR = Speaker(name="root", channel="group")


async def said(core: Core, line: str) -> Reply:
    return await ask.answer(core, line.encode(), OPERATOR)


async def test_the_operator_names_a_path(tmp_path: Path) -> None:
    (tmp_path / "my deck.csv").write_bytes(b"a,b")
    async with open_lab(Lab(), lab_settings(tmp_path)) as core:
        for path in (str(tmp_path / "my deck.csv"), f'"{tmp_path}/my deck.csv"', f"{tmp_path}/my\\ deck.csv"):
            assert "my deck.csv has 612c62" in plain(await said(core, f"/bring {path}"))


async def test_a_program_sends_a_file_as_base64(tmp_path: Path) -> None:
    line = {"text": "/bring two words", "files": {"../deck.toml": b64encode(b"\x00x").decode()}}
    async with open_lab(Lab(), lab_settings(tmp_path)) as core:
        assert plain(await said(core, json.dumps(line))) == "deck.toml has 0078; words: two words"


async def test_no_text_that_a_program_passes_on_opens_a_path(tmp_path: Path) -> None:
    """A program may pass on what somebody else typed."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    async with open_lab(Lab(), lab_settings(tmp_path)) as core:
        reply = await said(core, json.dumps({"text": f"/bring {secret}"}))
        assert plain(reply) == f"words: {secret}"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a": "not base64!"}, "is not base64"),
        ({"a": 5}, "is not base64"),
        ({str(number): "" for number in range(MAX_FILES + 1)}, f"one message may bring {MAX_FILES}"),
        ({"a": b64encode(bytes(MAX_FILE + 1)).decode()}, "files of up to 8 MiB"),
        (["a"], "an object of names and base64"),
    ],
)
def test_files_that_cannot_be_taken_are_refused_with_the_reason(files: Mapping[str, object], words: str) -> None:
    with pytest.raises(UserError) as caught:
        request(json.dumps({"text": "/bring", "files": files}).encode(), OPERATOR)
    assert words in caught.value.message
    assert isinstance(caught.value, NotTaken | WrongUsage)


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere.toml", "no such file"), (".", "is a directory"), ("a\0b", "that is no path"), ("~nobody9/x", "no path")],
)
async def test_a_path_that_cannot_be_read_says_why(path: str, words: str) -> None:
    with pytest.raises(NotTaken) as caught:
        await open_file(path)
    assert words in caught.value.message


async def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (sent, paths):
        monkeypatch.setattr(each, "MAX_FILE", 1 << 20)
    (tmp_path / "big").write_bytes(bytes(3 << 20))
    with pytest.raises(NotTaken) as caught:
        await open_file(str(tmp_path / "big"))
    assert "`big` has 3.0 MiB" in caught.value.message
    assert "up to 1 MiB" in caught.value.message


async def test_a_form_asks_for_a_path(tmp_path: Path) -> None:
    (tmp_path / "deck.toml").write_bytes(b"ok")
    typed = io.BytesIO(f"/bring\n{tmp_path}/deck.toml\nhello\n/bring\n{tmp_path}/none\n".encode())
    out = io.StringIO()
    async with open_lab(Lab(), lab_settings(tmp_path)) as core:
        await chat.chat(core, OPERATOR, read=chat.plain_reader(typed), out=out)
    assert "deck.toml has 6f6b; words: hello" in out.getvalue()
    assert "I could not read none: no such file" in " ".join(out.getvalue().split())
