"""The command line: what each command says, and with which exit status it ends."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from bot import cli
from bot.settings import names


@pytest.fixture(autouse=True)
def _a_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A data folder of its own, and no torch: what these tests ask needs none."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STRIDE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STRIDE_SANDBOX__PYTHON", "/bin/false")
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def test_a_question_is_answered_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ask", "--json", "/help"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_a_mistake_is_answered_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ask", "/hepl"]) == 1
    assert "/help" in capsys.readouterr().out


def test_the_flags_say_who_where_and_when(tmp_path: Path) -> None:
    flags = ["--as", "alice", "--in", "class", "--at", "2026-03-29T01:30Z", "--no-organiser"]
    assert cli.run(["ask", *flags, "/help"]) == 0
    with closing(sqlite3.connect(tmp_path / "stride.sqlite3")) as raw:
        kept = raw.execute("SELECT name, channel, at FROM exchanges").fetchall()
    assert kept == [("alice", "class", 1774747800 * 10**6)]


def test_lines_are_read_from_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'/help\n{"text": "/help help"}\n')))
    assert cli.run(["ask", "--json", "-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_chat_needs_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"/help\n")))
    assert cli.run(["chat"]) == 0
    assert "torch has run" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["ask", "/help"], ["run"], ["chat"], ["doctor"], ["tick"], ["verify"], ["fit"]])
def test_a_wrong_setting_is_one_line_and_status_2(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIDE_WEB__PORT", "http")
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith("stride: STRIDE_WEB__PORT")
    assert captured.err.count("\n") == 1


def test_a_link_without_a_port_is_not_made_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIDE_WEB__PORT", "0")
    assert cli.run(["invite"]) == 2
    assert "stride run prints its link" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["ask", "/help"], ["run"], ["tick"]])
def test_a_data_folder_that_cannot_be_is_one_line_and_status_2(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STRIDE_DATA_DIR", str(tmp_path / "file"))
    assert cli.run(arguments) == 2
    captured = capsys.readouterr()
    assert "STRIDE_DATA_DIR" in captured.err
    assert captured.err.count("\n") == 1


def test_what_is_due_is_done_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["tick", "--at", "2026-03-29T01:30Z", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-03-29T01:30:00+00:00",
        "done": [
            {"duty": "forget", "counts": {"events": 0, "questions": 0, "decks": 0, "codes": 0}},
            {"duty": "history", "counts": {"exchanges": 0, "unanswered": 0}},
        ],
        "came": [],
    }
    assert cli.run(["tick", "--at", "2026-03-29T02:30Z", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == []
    assert cli.run(["tick", "--at", "2026-03-30T01:30Z"]) == 0
    assert (
        capsys.readouterr().out
        == "forget: 0 events, 0 questions, 0 decks, 0 codes\nhistory: 0 exchanges, 0 unanswered\n"
    )


def test_a_doctor_without_torch_says_so_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--quiet"]) == 2
    out = capsys.readouterr().out
    assert "torch" in out
    assert "store" not in out


@pytest.mark.long
def test_examples_that_torch_has_not_run_are_wrong_with_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["verify"]) == 1
    out = capsys.readouterr().out
    assert "WRONG" in out
    assert "all confirmed" not in out


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["ask", "--help"]])
def test_version_and_help_end_well(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(arguments)
    assert ended.value.code == 0
    assert "stride" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["sing"], ["ask"], ["tick", "--at", "tomorrow"]])
def test_a_wrong_command_line_ends_with_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(arguments)
    assert ended.value.code == 2
    assert "usage: stride" in capsys.readouterr().err
