"""Forks a child for each snippet that comes in on standard input and writes its answer to standard output."""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[3]))

import torch

from sandbox.jobs.run import run, warm

_MEMORY = 1 << 30  # bytes of address space on top of torch's own
_CPU_S = 20


def main() -> None:
    torch.set_num_threads(1)
    answers = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    warm()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _live(json.loads(line), answers)
        _, status = os.waitpid(child, 0)
        if status:
            _write(answers, {"died": os.waitstatus_to_exitcode(status)})


def _live(question: dict[str, Any], answers: int) -> NoReturn:
    """One snippet's life."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, used + _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    emitted: list[tuple[str, str]] = []
    leave = os._exit

    def finish(answer: dict[str, Any]) -> NoReturn:
        _write(answers, {**answer, "emitted": emitted})
        leave(0)

    finish(
        run(question["code"], lambda stream, text: emitted.append((stream, text)), finish=finish, **question["options"])
    )


def _write(descriptor: int, message: dict[str, Any]) -> None:
    view = memoryview(json.dumps(message).encode() + b"\n")
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main()
