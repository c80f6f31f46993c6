"""What logs hold, and what they never hold."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import logs
from bot.logs import Fingerprint, frames, hide


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


SAID = "password hunter2"


def _raise(fault: Exception, cause: Exception | None = None) -> None:
    raise fault from cause


def test_a_line_of_json_has_the_event_the_level_the_time_and_the_id() -> None:
    out = io.StringIO()
    logs.configure("info", "json", (), out)
    with structlog.contextvars.bound_contextvars(id="c0ffee00"):
        structlog.get_logger().info("answered", ms=1.5)
    line = json.loads(out.getvalue())
    assert {"event": "answered", "level": "info", "id": "c0ffee00", "ms": 1.5}.items() <= line.items()
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_line_of_ours_or_of_a_library_holds_a_secret(form: str) -> None:
    out = io.StringIO()
    logs.configure("debug", form, ("hunter2", "hunter2-and-more", ""), out)
    structlog.get_logger().info("token is hunter2", token="hunter2-and-more")
    try:
        _raise(ValueError("Authorization: hunter2"))
    except ValueError:
        logging.getLogger("discord").exception("connecting with %s", "hunter2")
    assert "connecting with" in out.getvalue()
    assert "ValueError" in out.getvalue()
    assert "hunter2" not in out.getvalue()
    assert "and-more" not in out.getvalue()


def test_libraries_log_from_warning_on_and_we_from_the_level_set() -> None:
    out = io.StringIO()
    logs.configure("info", "json", (), out)
    logging.getLogger("discord").info("chatter")
    structlog.get_logger().debug("detail")
    assert not out.getvalue()


def test_a_traceback_keeps_its_frames_and_causes_and_loses_what_was_said() -> None:
    try:
        _raise(ValueError(f"cannot read {SAID!r}"), KeyError(SAID))
    except ValueError as fault:
        text = frames(fault, SAID)
    assert "hunter2" not in text
    assert "password" not in text
    assert "builtins.ValueError: cannot read" in text
    assert "because of" in text
    assert "builtins.KeyError" in text
    assert "in _raise" in text


def test_a_group_of_exceptions_loses_what_was_said_too() -> None:
    group = ExceptionGroup("several", [ValueError("hunter2"), KeyError("hunter2")])
    assert "hunter2" not in frames(group, "hunter2")


def test_exceptions_that_cause_each_other_end() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert frames(one, "").count("ValueError") == 2


def test_words_too_short_to_say_anything_are_left() -> None:
    assert hide("a k3 of conv1d", "k3 conv1d a") == "a k3 of [hidden]"


def test_a_fingerprint_is_the_same_for_the_same_text_and_key_only() -> None:
    one, other = Fingerprint(b"one"), Fingerprint(b"other")
    assert one("text") == one("text") != one("texts")
    assert one("text") != other("text")
    assert one("\ud800")
