"""A place for snippets to run in: a warmed process that forks one child for each, as the jail does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_HOST = Path(__file__).with_name("run_host.py")
_WALL_S = 60.0  # other work may slow the machine; what a test says of time it says itself


@dataclass(frozen=True)
class Ran:
    """What became of a snippet."""

    status: str
    value: dict[str, Any]
    limit: dict[str, Any] | None
    emitted: list[tuple[str, str]]

    @property
    def stdout(self) -> str:
        return "".join(piece["text"] for piece in self.value["output"] if piece["stream"] == "stdout")

    @property
    def stderr(self) -> str:
        return "".join(piece["text"] for piece in self.value["output"] if piece["stream"] == "stderr")

    @property
    def shown(self) -> str:
        assert self.error is None, self.error
        shown: str = self.value["value"]
        return shown

    @property
    def error(self) -> Any:
        return self.value["error"]

    def made(self, name: str) -> list[tuple[int, str | None, tuple[int, ...] | None]]:
        """Line, dtype and shape of everything that a name was given."""
        rows = [row for row in self.value["trace"] if row["name"] == name]
        return [(row["line"], row["dtype"], None if row["shape"] is None else tuple(row["shape"])) for row in rows]

    def operand(self, name: str) -> tuple[str | None, tuple[int, ...] | None]:
        """Dtype and shape of an operand of the line that failed."""
        for row in self.error["operands"]:
            if row["name"] == name:
                return row["dtype"], None if row["shape"] is None else tuple(row["shape"])
        raise AssertionError(f"{name} is not among {[row['name'] for row in self.error['operands']]}")


class Host:
    """Runs snippets, each in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, code: str, **options: Any) -> Ran:
        """What `sandbox.jobs.run.run` answers in a fresh child."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"code": code, "options": {"wall_s": _WALL_S} | options}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline(), parse_constant=_no_constant)
        assert "died" not in answer, f"the process ended without an answer: {answer}"
        emitted = [(stream, text) for stream, text in answer.pop("emitted")]
        return Ran(**answer, emitted=emitted)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """One for all tests: importing torch takes longer than all the snippets."""
    with subprocess.Popen(  # noqa: S603 our own file
        [sys.executable, str(_HOST)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    ) as process:
        yield Host(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
