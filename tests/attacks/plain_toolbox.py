"""What does jobs in the jail of a test: executes the code, passes its output on, says what it raised; nothing more."""

from __future__ import annotations

import ast
import io
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from sandbox.protocol import Job, JobKind

Emit = Callable[[str, str], None]


class _Stream(io.TextIOBase):
    def __init__(self, name: str, emit: Emit, kept: list[dict[str, str]]) -> None:
        self._name, self._emit, self._kept = name, emit, kept

    def write(self, text: str) -> int:
        self._emit(self._name, text)
        if sum(len(piece["text"]) for piece in self._kept) <= 65536:
            self._kept.append({"stream": self._name, "text": text[:65537]})
        return len(text)


_FIRST = Job(id="", kind=JobKind.RUN, payload={"code": "nn.Linear(2, 3)(torch.randn(4, 2)).sum().item()"})


class PlainToolbox:
    """The smallest honest way to run code."""

    version = torch.__version__
    device = "cpu"

    def __init__(self) -> None:
        torch.set_num_threads(1)
        torch.nn.Conv1d(3, 16, 3)(torch.randn(2, 3, 10)).sum().backward()
        torch.optim.SGD([torch.zeros(1)], lr=0.1)
        np.random.default_rng()

    def refresh(self) -> None:
        torch.default_generator.seed()
        random.seed()
        # The pages that a job writes to are copied now, while nobody waits.
        streams = sys.stdout, sys.stderr
        self.perform(_FIRST, lambda *_: None)
        sys.stdout, sys.stderr = streams

    def perform(self, job: Job, emit: Emit) -> dict[str, Any]:
        output: list[dict[str, str]] = []
        sys.stdout, sys.stderr = _Stream("stdout", emit, output), _Stream("stderr", emit, output)
        space: dict[str, Any] = {"__name__": "__main__", "torch": torch, "nn": torch.nn, "np": np}
        value, error = None, None
        try:
            tree = ast.parse(job.payload["code"])
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<run>", "exec"), space)
            if isinstance(last, ast.Expr):
                value = repr(eval(compile(ast.Expression(last.value), "<run>", "eval"), space))
        except BaseException as fault:
            error = {"type": type(fault).__name__, "message": str(fault), "line": None, "code": None}
        return {"output": output, "value": value, "error": error}
