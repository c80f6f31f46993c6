"""Structured logs on stderr: one id from an event to its reply, no person's words, no secret.

What a person typed is logged as a length and a keyed hash, which lets two lines be told to be about the same text
for as long as the process runs, and says nothing else.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, TextIO

import structlog

HIDDEN = "[hidden]"
SHORTEST = 3  # characters of a word that is worth hiding


def configure(level: str, form: str, secrets: Sequence[str], stream: TextIO | None = None) -> None:
    """Sends all logs, also those of libraries, to `stream` (stderr), as text or as JSON.

    Args:
        level: debug, info, warning or error; libraries never log below warning.
        form: `text`, `json`, or `auto` for text on a terminal.
        secrets: what no line may hold, wherever it comes from.
        stream: where lines go.
    """
    out = stream or sys.stderr
    human = form == "text" or (form == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    written: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if human
        else structlog.processors.JSONRenderer(serializer=_as_json)
    )
    redacted = Redactor(secrets)
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, written, redacted],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                written,
                redacted,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


# Built once: json.dumps with any option builds an encoder for every line.
_ENCODER = json.JSONEncoder(default=repr, separators=(",", ":"))


def _as_json(line: Any, **_: Any) -> str:
    return _ENCODER.encode(line)


class Redactor:
    """The last processor: takes every secret out of a line that is about to be written."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Longest first, so that a secret within a secret leaves nothing behind."""
        self._secrets = sorted({each for each in secrets if each}, key=len, reverse=True)

    def __call__(self, _logger: object, _method: str, line: Any) -> Any:
        """The line without secrets."""
        for secret in self._secrets:
            if secret in line:
                line = line.replace(secret, HIDDEN)
        return line


class Fingerprint:
    """Says that two texts are the same without saying what they are."""

    def __init__(self, key: bytes) -> None:
        """With a key of this process's own, short texts cannot be guessed from their hashes."""
        self._key = key

    def __call__(self, text: str) -> str:
        """Eight hexadecimal digits."""
        return blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=4).hexdigest()


def frames(fault: BaseException, said: str) -> str:
    """A traceback without a person's words: the frames as they are, the messages with what was said taken out."""
    pieces: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = fault
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        kind = type(current)
        told = hide(str(current), said)
        pieces.append(
            "".join(traceback.format_tb(current.__traceback__)) + f"{kind.__module__}.{kind.__qualname__}: {told}"
        )
        if isinstance(current, BaseExceptionGroup):
            pieces += [frames(inner, said) for inner in current.exceptions]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\nbecause of\n".join(pieces)


def hide(text: str, said: str) -> str:
    """`text` without the words of what was said."""
    words = {word for word in said.split() if len(word) >= SHORTEST}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, HIDDEN)
    return text
