"""What a snippet writes, in the order in which it was written and never more than a limit.

`print` and its kin come through two text streams; what C code writes to descriptors 1 and 2 comes through two pipes
that are emptied before each piece of text is taken, so that both end up in one order. The pipes never block: a
writer that overfills one is told so by the system, and not held until the time is up.
"""

from __future__ import annotations

import codecs
import ctypes
import fcntl
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

Emit = Callable[[str, str], None]  # stream, text

_CHUNK = 1 << 16
_EMIT_AT = 2048  # characters held back at most
_PROMPT = 200  # so many lines are passed on at once, each by itself; a flood after that in larger pieces
_MOST_REFUSALS = 100  # writes of a snippet that does not stop when it is told to
_NAMES = ("stdout", "stderr")
_fflush = ctypes.CDLL(None).fflush
_read, _close, _dup2 = os.read, os.close, os.dup2


class OutputLimitError(BaseException):
    """Raised in the snippet that wrote too much: not an `Exception`, so that `except Exception` does not hide it."""


class Output:
    """A context in which everything that is written is kept, and given to `emit` as it comes."""

    def __init__(
        self, limit: int, emit: Emit, ends: Sequence[int] | None = None, overrun: Callable[[], None] | None = None
    ) -> None:
        """What is written from here on.

        Args:
            limit: bytes of UTF-8, over both streams.
            emit: is told of each piece.
            ends: the reading ends of the pipes that descriptors 1 and 2 are already; nothing to have pipes made,
                and an empty sequence to leave what is written there alone.
            overrun: called where a snippet goes on writing after it was stopped many times.
        """
        self.full = False
        self._ends = ends
        self._overrun = overrun
        self._refusals = 0
        self._limit = limit
        self._emit = emit
        self._used = 0
        self._pieces: list[tuple[str, list[str]]] = []
        self._held: list[str] = []
        self._held_stream = "stdout"
        self._held_size = 0
        self._emitted = 0
        self._pipes: list[_Pipe] = []
        self._streams = (_Stream(self, 1), _Stream(self, 2))

    def __enter__(self) -> Output:
        self._before = (sys.stdout, sys.stderr)
        self._own = (sys.__stdout__, sys.__stderr__)
        self._flush_own()
        with suppress(OSError):  # without descriptors 1 and 2 there is nothing to catch there
            for number, name in enumerate(_NAMES if self._ends is None or self._ends else ()):
                end = self._ends[number] if self._ends else None
                self._pipes.append(_Pipe(name, number + 1, end, self._limit))
        sys.stdout, sys.stderr = self._streams
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()
        sys.stdout, sys.stderr = self._before
        for pipe in self._pipes:
            pipe.restore()

    def settle(self) -> None:
        """Take what is still on its way: in C's buffers, in Python's, in the pipes, and what was held back."""
        overrun, self._overrun = self._overrun, None
        with suppress(OutputLimitError, Exception):
            self._flush_own()
            _fflush(None)
            self._drain()
        self._overrun = overrun
        self._let_go()

    def written(self) -> list[dict[str, str]]:
        """All of it as JSON's values, neighbours of one stream in one piece."""
        return [{"stream": stream, "text": "".join(texts)} for stream, texts in self._pieces]

    def write(self, stream: str, text: str) -> None:
        """Take text from a stream; raises `OutputLimitError` where it is too much."""
        self._drain()
        self._take(stream, text)

    def _take(self, stream: str, text: str) -> None:
        if self.full:
            self._refusals += 1
            if self._overrun is not None and self._refusals > _MOST_REFUSALS:
                self._overrun()
            raise OutputLimitError
        room = self._limit - self._used
        # A character has at least one byte, so this much of a text of any length is enough to fill the room.
        data = text[: room + 1].encode("utf-8", "backslashreplace")
        over = len(data) > room
        if over:
            data = data[:room]
        self._used += len(data)
        self._keep(stream, data.decode("utf-8", "ignore"))
        if over:
            self.full = True
            self._let_go()
            raise OutputLimitError

    def _keep(self, stream: str, text: str) -> None:
        if not text:
            return
        if not self._pieces or self._pieces[-1][0] != stream:
            self._let_go()
            self._pieces.append((stream, []))
        self._pieces[-1][1].append(text)
        self._held_stream = stream
        self._held.append(text)
        self._held_size += len(text)
        if self._held_size > _EMIT_AT or (text[-1] == "\n" and self._emitted < _PROMPT):
            self._let_go()

    def _let_go(self) -> None:
        if self._held:
            text, self._held, self._held_size = "".join(self._held), [], 0
            self._emitted += 1
            with suppress(Exception):  # a listener that went away is no fault of the snippet
                self._emit(self._held_stream, text)

    def _drain(self) -> None:
        for pipe in self._pipes:
            text = pipe.waiting()
            if text:
                self._take(pipe.name, text)

    def _flush_own(self) -> None:
        for stream in self._own:
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.flush()


class _Pipe:
    """Stands where descriptor 1 or 2 was."""

    def __init__(self, name: str, descriptor: int, end: int | None, limit: int) -> None:
        self.name = name
        self._descriptor = descriptor
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._before: int | None = None
        if end is None:
            self._before = os.dup(descriptor)
            end, entry = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            with suppress(OSError):  # the system may grant no more than it does by itself
                fcntl.fcntl(entry, fcntl.F_SETPIPE_SZ, limit + _CHUNK)
            _dup2(entry, descriptor)
            _close(entry)
        else:
            os.set_blocking(end, False)
            os.set_blocking(descriptor, False)
        self._end = end

    def waiting(self) -> str:
        """What was written since."""
        text = ""
        with suppress(OSError):  # there is no more, or the snippet closed it
            while data := _read(self._end, _CHUNK):
                text += self._decoder.decode(data)
                if len(text) > self._limit:
                    break
        return text

    def restore(self) -> None:
        """Put back what was there, if it was replaced."""
        if self._before is None:
            return
        with suppress(OSError):
            _dup2(self._before, self._descriptor)
        for descriptor in (self._before, self._end):
            with suppress(OSError):
                _close(descriptor)


class _Stream(io.TextIOBase):
    """What a snippet finds as `sys.stdout` or `sys.stderr`."""

    errors = "backslashreplace"

    def __init__(self, output: Output, descriptor: int) -> None:
        self._output = output
        self._descriptor = descriptor
        self.name = f"<{_NAMES[descriptor - 1]}>"
        self.mode = "w"

    @property
    def encoding(self) -> str:  # type: ignore[override] # the base class says str | None and forbids a property
        return "utf-8"

    @property
    def buffer(self) -> BinaryIO:
        return cast("BinaryIO", _Bytes(self))

    def write(self, text: str, /) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._output.write(_NAMES[self._descriptor - 1], text)
        return len(text)

    def flush(self) -> None:
        """Everything is written already."""

    def close(self) -> None:
        """A snippet's own affair: others still write here."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor


class _Bytes(io.RawIOBase):
    """The binary side of a stream."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def write(self, data: Any, /) -> int:
        taken = bytes(data)
        self._stream.write(taken.decode("utf-8", "replace"))
        return len(taken)

    def writable(self) -> bool:
        return True
