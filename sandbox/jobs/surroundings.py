"""The process around a snippet: what it finds there, and how what it broke is put right.

A snippet may change anything in its process, and only its own answer suffers. But the answer is put together with
Python's own tools, so those that it needs are put back first.
"""

from __future__ import annotations

import ast
import builtins
import io
import json
import json.encoder
import linecache
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, ModuleType
from typing import Any

import numpy as np
import torch

from sandbox.jobs.snippet import FILE

_AGAIN_S = 0.05  # between two rings of the alarm
_builtins = builtins.__dict__
_settrace, _setprofile, _setrecursionlimit, _setattr = sys.settrace, sys.setprofile, sys.setrecursionlimit, setattr
_TOOLS = tuple(
    (owner, name, getattr(owner, name))
    for owner, names in (
        (json.JSONEncoder, ("encode", "iterencode", "default")),
        (json, ("dumps", "loads", "JSONEncoder")),
        (json.encoder, ("c_make_encoder", "encode_basestring_ascii", "INFINITY")),
        (os, ("read", "write", "close", "dup2", "_exit", "getpid")),
        (signal, ("signal", "setitimer")),
        (ast, ("parse", "walk", "unparse", "iter_child_nodes")),
        (warnings, ("catch_warnings", "simplefilter")),
        (sys, ("_getframe",)),
    )
    for name in names
)


class Health:
    """What Python was like, to make it so again."""

    def __init__(self) -> None:
        self._depth = sys.getrecursionlimit()
        self._builtins = dict(_builtins)

    def restore(self) -> None:
        """Undo what a snippet did to Python itself; nothing here is looked up where it could have reached."""
        _setrecursionlimit(self._depth)
        _settrace(None)
        _setprofile(None)
        _builtins.update(self._builtins)
        for owner, name, value in _TOOLS:
            _setattr(owner, name, value)


@contextmanager
def surroundings(module: ModuleType, code: str) -> Iterator[None]:
    """A process that looks to the snippet as if it were the only thing in it."""
    main, argv, stdin, hook = sys.modules.get("__main__"), sys.argv, sys.stdin, threading.excepthook
    linecache.cache[FILE] = (len(code), None, [line + "\n" for line in code.split("\n")], FILE)
    try:
        sys.modules["__main__"], sys.argv, sys.stdin = module, [FILE], io.StringIO()  # nobody types anything
        threading.excepthook = _show_end_of_thread
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = _show_warning
            yield
    finally:
        if main is not None:
            sys.modules["__main__"] = main
        sys.argv, sys.stdin, threading.excepthook = argv, stdin, hook


@contextmanager
def alarm(seconds: float, ring: Callable[[int, FrameType | None], None], *, again: bool) -> Iterator[None]:
    """Ring when the time is up, and then `again` and again, where this thread can be interrupted."""
    times = 0

    def rings(_signal: int, frame: FrameType | None) -> None:
        nonlocal times
        times += 1
        ring(times, frame)

    try:
        before = signal.signal(signal.SIGALRM, rings)
    except ValueError:  # not the main thread
        yield
        return
    try:
        with suppress(OSError):
            signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S if again else 0)
        yield
    finally:
        with suppress(OSError):
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def reseed(seed: int, device: str = "cpu") -> None:
    """The same numbers for every run with this seed, whatever ran before the fork."""
    if device != "cpu":
        torch.cuda.manual_seed_all(seed)
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def settle(device: str) -> None:
    """Wait until the device has done everything that it was asked; raises what has gone wrong there."""
    if device != "cpu":
        torch.cuda.synchronize()


def wait_for_threads() -> None:
    """As Python does at its end: what other threads still write belongs to the run."""
    if threading.active_count() > 1:
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """A warning without the path of the file that raised it."""
    if sys.stderr is not None:
        print(f"{category.__name__}: {message}", file=sys.stderr)  # noqa: T201 a snippet's own stderr


def _show_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    """An exception in a thread without the paths of the files it went through."""
    if sys.stderr is not None and ended.exc_type is not SystemExit:
        print(f"{ended.exc_type.__name__} in a thread: {ended.exc_value}", file=sys.stderr)  # noqa: T201 as above
