"""The RUN job: somebody's snippet, executed here and now, and everything that can be said about it.

This runs in a process that is used once and is held by the jail; nothing here keeps anybody in. What it promises is
an answer: whatever the snippet does to this process short of ending it, a value comes back. `sandbox.jobs.output`
says what is written while it runs, so that a run that is killed has shown that much.

Value: `{"output": [{"stream", "text"}], "value": str | null, "about": {...} | null, "trace": [{"line", "name",
"dtype", "shape", "device", "kind", ...}], "calls": [{"line", "module", "inputs", "outputs", "depth"}], "pictures":
[...], "timings": [...], "error": {"type", "message", "line", "column", "code", "operands": [{"name", "dtype",
"shape", "device", "kind", ...}], "means", "traceback": [{"line", "code", "in"}]} | null, "truncated": bool}`.
"""

from __future__ import annotations

import builtins
import math
import mmap
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from json import JSONEncoder
from types import FrameType, ModuleType, TracebackType
from typing import Any, NoReturn

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 torch's own name for it
from torch import nn

from sandbox.jobs import timing
from sandbox.jobs.failure import TimeIsUpError, explain
from sandbox.jobs.output import Emit, Output, OutputLimitError
from sandbox.jobs.show import MOST_PICTURES, Gallery
from sandbox.jobs.snippet import FILE, KEEP, NOTE, TIME, Snippet, read
from sandbox.jobs.summary import shown
from sandbox.jobs.surroundings import Health, alarm, reseed, settle, surroundings, wait_for_threads
from sandbox.jobs.trace import Trace

Finish = Callable[[dict[str, Any]], NoReturn]

_MOST_BYTES = 3_500_000  # of the value as JSON: below what a line of the protocol carries
_MARGIN = 0.1  # of the time, kept for saying what happened; at most
_MARGIN_S = 0.25
_TIMING_PART = 0.4  # of the time that is left, for one `%timeit`
_TIMING_S = 2.0
_NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "std::bad_alloc", "Cannot allocate memory")
# Bytes that are let go before a failure for want of memory is told. A mapping that nobody writes to counts as much
# towards the limit as any other, and costs no pages.
_RESERVE = 1 << 20
# A snippet may change these too.
_ANYTHING, _builtins, _clock, _precise_clock = BaseException, builtins.__dict__, time.monotonic, time.perf_counter
_encode = JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def run(
    code: str,
    emit: Emit,
    *,
    wall_s: float = 5.0,
    output_kb: int = 64,
    seed: int = 0,
    most_bytes: int = _MOST_BYTES,
    ends: Sequence[int] | None = None,
    finish: Finish | None = None,
    device: str = "cpu",
) -> dict[str, Any]:
    """Execute a snippet: `{"status", "value", "limit"}`, JSON's values alone; never raises.

    Args:
        code: the snippet.
        emit: is told of the stream and the text of what is written, while it is written.
        wall_s: seconds from here; a little earlier the snippet is interrupted, wherever Python can be.
        output_kb: how much it may write before it is stopped.
        seed: for the generators of torch, numpy and Python.
        most_bytes: of the value as JSON; what is over is left out, with `truncated`.
        ends: the reading ends of the pipes that descriptors 1 and 2 are already, empty to leave those two alone; by
            default pipes are put there for as long as it runs.
        finish: takes the answer and ends the process, for a snippet that catches what should stop it and goes on;
            without it such a snippet goes on.
        device: `cpu` or `cuda`; the snippet finds it under the name `device`, and what it starts there is waited for.

    Returns:
        `status` is a `Status` by its value; `limit` is `{"name", "value", "unit"}` where time or output ran out.
    """
    try:
        run_ = _Run(code, emit, wall_s, output_kb, seed, most_bytes, ends, finish, device)
        run_.execute()
        answer = run_.answer()
    except _ANYTHING as fault:
        answer = _wrecked(fault)
    return answer


def warm() -> None:
    """Load what a first run would load late; for the process that later runs are forked from. Takes a second."""
    for code in _WARMING:
        run(code, _nobody, wall_s=_WARMING_S)


def rehearse() -> None:
    """Touch what every run touches; for a forked process that waits for its snippet: memory is copied when touched."""
    run(_REHEARSAL, _nobody, ends=())


def _nobody(_stream: str, _text: str) -> None:
    pass


_WARMING_S = 30.0  # an import that is cut off on a busy machine would be paid by every later run instead
_REHEARSAL = "x = nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100))\nprint(x.shape)\nx"
_WARMING = (
    _REHEARSAL,
    "nn.Linear(3, 4)(torch.randn(2, 5))",  # a failure that is explained
    "def f(:",
    "show(torch.randn(300, 300))\nshow(torch.rand(3, 300, 300))\nshow(torch.randn(2000))\nnp.ones(3)",
    "%timeit -n 1 -r 1 math.sqrt(2)",
    """
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(3))
x = torch.randn(4, 1, 8, 8)
net(x)
for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
    steps = make(net.parameters(), lr=0.1)
    steps.zero_grad()
    F.cross_entropy(net(x), torch.tensor([0, 1, 2, 0])).backward()
    steps.step()
nn.LSTM(3, 4)(torch.randn(2, 1, 3))
nn.TransformerEncoderLayer(8, 2)(torch.randn(2, 1, 8))
torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=2).__iter__().__next__()
""",
)


class _Run:
    def __init__(
        self,
        code: str,
        emit: Emit,
        wall_s: float,
        output_kb: int,
        seed: int,
        most_bytes: int,
        ends: Sequence[int] | None,
        finish: Finish | None,
        device: str,
    ) -> None:
        self._started = _clock()
        self._code = code
        self._wall_s = wall_s
        self._output_kb = output_kb
        self._seed = seed
        self._most_bytes = most_bytes
        self._finish = finish
        self._device = device
        self._told = False
        self._output = Output(output_kb * 1024, emit, ends, self._overrun)
        self._gallery = Gallery()
        self._trace = Trace()
        self._timings: list[dict[str, Any]] = []
        self._snippet: Snippet | None = None
        self._fault: BaseException | None = None
        self._shown: str | None = None
        self._about: dict[str, Any] | None = None
        self._reserve: mmap.mmap | None = mmap.mmap(-1, _RESERVE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._health = Health()

    def execute(self) -> None:
        """Run it, and keep what became of it."""
        module = ModuleType("__main__")
        space = module.__dict__
        space.update(torch=torch, nn=nn, F=F, np=np, numpy=np, math=math, show=self._gallery.show)
        space["device"] = torch.device(self._device)
        try:
            reseed(self._seed, self._device)
            with self._output, surroundings(module, self._code):
                self._snippet = read(self._code)
                self._trace = Trace(self._snippet.sites, self._snippet.places)
                with self._watching(), alarm(self._left(), self._ring, again=self._finish is not None):
                    self._go(self._snippet, space)
        except _ANYTHING as fault:
            self._fault = fault
        finally:
            self._health.restore()
            self._reserve = None

    def _go(self, snippet: Snippet, space: dict[str, Any]) -> None:
        try:
            if snippet.body is not None:
                exec(snippet.body, space)  # noqa: S102 what this is for; the jail is around it
            if snippet.last is not None:
                value = eval(snippet.last, space)  # noqa: S307 as above
                if value is not None:
                    self._trace.off = True
                    self._shown, self._about = shown(value)
            wait_for_threads()
            settle(self._device)  # a kernel that fails says so when it is waited for
        finally:
            self._health.restore()
            self._trace.off = False

    def _ring(self, times: int, frame: FrameType | None) -> None:
        """The time is up; said more than once to a snippet that goes on."""
        if self._told:
            return
        fault = TimeIsUpError(f"still running when its {self._wall_s:g} s were over")
        if times > 1:
            self._force(fault, frame)
        raise fault

    def _overrun(self) -> None:
        self._force(OutputLimitError(), sys._getframe())  # noqa: SLF001 the documented way to the caller

    def _force(self, fault: BaseException, frame: FrameType | None) -> None:
        """Answer from within a snippet that does not stop; returns only where the process cannot be ended."""
        if self._finish is None or self._told:
            return
        self._told = True
        self._health.restore()
        while frame is not None and frame.f_code.co_filename != FILE:
            frame = frame.f_back
        if frame is not None:
            fault = fault.with_traceback(TracebackType(None, frame, frame.f_lasti, frame.f_lineno))
        self._fault = fault
        self._output.settle()
        try:
            answer = self.answer()
        except _ANYTHING as wreck:
            answer = _wrecked(wreck)
        self._finish(answer)

    def answer(self) -> dict[str, Any]:
        """What became of it, as JSON's values within so many bytes."""
        status, limit = self._verdict()
        error = None
        if self._fault is not None and status != "ok":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it was compiled once, and has warned
                error = explain(self._fault, self._code, self._trace)
            self._fault.__traceback__ = None
        value: dict[str, Any] = {
            "output": self._output.written(),
            "value": self._shown,
            "about": self._about,
            "trace": self._trace.rows,
            "calls": self._trace.calls,
            "pictures": self._gallery.pictures[:MOST_PICTURES],
            "timings": self._timings,
            "error": error,
            "truncated": self._output.full or self._trace.truncated or self._gallery.left_out > 0,
        }
        return {"status": status, "value": _bounded(value, self._most_bytes), "limit": limit}

    def _verdict(self) -> tuple[str, dict[str, Any] | None]:
        fault = self._fault
        if self._output.full:
            return "output_limit", {"name": "output", "value": self._output_kb, "unit": "kB"}
        if fault is None or (isinstance(fault, SystemExit) and fault.code in {None, 0}):
            return "ok", None
        if isinstance(fault, TimeIsUpError):
            return "timeout", {"name": "wall", "value": self._wall_s, "unit": "s"}
        if isinstance(fault, MemoryError) or (
            isinstance(fault, RuntimeError) and any(words in str(fault) for words in _NO_MEMORY)
        ):
            return "memory", None
        return "user_error", None

    def _settled(self) -> float:
        """The time, when the device has done what it was asked."""
        settle(self._device)
        return _precise_clock()

    def _left(self) -> float:
        margin = min(_MARGIN_S, self._wall_s * _MARGIN)
        return max(0.001, self._wall_s - margin - (_clock() - self._started))

    @contextmanager
    def _watching(self) -> Iterator[None]:
        _builtins.update({NOTE: self._trace.note, KEEP: self._trace.keep, TIME: self._time})
        try:
            with self._trace:
                yield
        finally:
            for name in (NOTE, KEEP, TIME):
                _builtins.pop(name, None)

    def _time(self, timed: timing.Timed, number: int) -> None:
        if self._snippet is None:
            return
        self._trace.deafen()
        try:
            budget = min(_TIMING_S, self._left() * _TIMING_PART)
            found = timing.measure(timed, self._snippet.timings[number], budget, self._settled)
        finally:
            self._trace.listen()
        self._timings.append(found)
        self._output.write("stdout", timing.words(found) + "\n")


def _bounded(value: dict[str, Any], most_bytes: int) -> dict[str, Any]:
    """The value within its bytes: pictures go first, from the last, then rows, then output."""
    while (size := len(_encode(value))) > most_bytes:
        value["truncated"] = True
        longest = next((part for part in ("pictures", "calls", "trace", "output") if value[part]), None)
        if longest is None:
            return {**_EMPTY, "truncated": True}
        over = size - most_bytes
        keep = len(value[longest]) // 2
        value[longest] = value[longest][:-1] if longest == "pictures" else value[longest][:keep]
        if longest == "output" and over > 0 and not keep:
            value["value"] = None
    return value


_EMPTY: dict[str, Any] = {
    "output": [],
    "value": None,
    "about": None,
    "trace": [],
    "calls": [],
    "pictures": [],
    "timings": [],
    "error": None,
    "truncated": False,
}


def _wrecked(fault: BaseException) -> dict[str, Any]:
    """The answer of a process in which nothing works any more."""
    error: dict[str, Any] = {
        "type": "RuntimeError",
        "message": "the snippet left its Python in a state in which its result could not be told",
        "line": None,
        "column": None,
        "code": None,
        "operands": [],
        "means": None,
        "traceback": [],
    }
    status = "memory" if isinstance(fault, MemoryError) else "user_error"
    return {"status": status, "value": {**_EMPTY, "error": error, "truncated": True}, "limit": None}
