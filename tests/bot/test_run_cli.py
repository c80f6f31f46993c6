"""`stride ask` and `stride chat` with `/run`, as programs and people meet them: the real command line, real jails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FIELDS = {"status", "output", "stdout", "value", "trace", "calls", "pictures", "limit", "elapsed_ms", "device"}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"text": "/run", "code": "import sys\nprint('a')\nprint('b', file=sys.stderr)\nx = torch.ones(2, 3)\nx.sum()"},
    {"text": "/run torch.ones(2, 3) @ torch.ones(2, 3)", "as": "alice", "organiser": False},
    {"text": "/run", "code": "import os; os._exit(3)"},
    {"text": "/run", "code": "print('x' * 10 ** 6)"},
    {"text": "/run 6 * 7"},
)


def stride(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIDE_")}
    environment |= {"STRIDE_DATA_DIR": str(folder), "STRIDE_SANDBOX__START_S": "300"}
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[dict[str, Any]]]:
    """All the questions of this file, asked in one process: its exit status, and its answers."""
    lines = "".join(json.dumps(question) + "\n" for question in QUESTIONS)
    done = stride(tmp_path_factory.mktemp("ask"), "ask", "--json", "-", stdin=lines)
    assert not done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.long
def test_every_question_has_one_line_and_every_line_the_whole_data(asked: tuple[int, list[dict[str, Any]]]) -> None:
    _, answers = asked
    assert len(answers) == len(QUESTIONS)
    assert all(set(answer) == {"ok", "text", "data", "error"} for answer in answers)
    assert all(set(answer["data"]) >= FIELDS for answer in answers)


def test_what_ends_well_is_ok(asked: tuple[int, list[dict[str, Any]]]) -> None:
    good, *_, last = asked[1]
    assert good["ok"]
    assert good["error"] is None
    assert [(piece["stream"], piece["text"]) for piece in good["data"]["output"]] == [
        ("stdout", "a\n"),
        ("stderr", "b\n"),
    ]
    assert good["data"]["stdout"] == "a\n"
    assert good["data"]["value"] == "tensor(6.)"
    assert {key: good["data"]["trace"][0][key] for key in ("line", "name", "dtype", "shape")} == {
        "line": 4,
        "name": "x",
        "dtype": "float32",
        "shape": [2, 3],
    }
    assert good["data"]["limit"] is None
    assert last["data"]["value"] == "42", "what went wrong before harms no later run"


def test_what_does_not_end_well_says_its_status_and_is_the_askers(asked: tuple[int, list[dict[str, Any]]]) -> None:
    status, answers = asked
    assert status == 1
    assert [answer["data"]["status"] for answer in answers] == ["ok", "user_error", "killed", "output_limit", "ok"]
    for answer in answers[1:4]:
        assert not answer["ok"]
        assert answer["error"]["kind"] == answer["data"]["status"]
    assert answers[3]["data"]["limit"] == {"name": "output", "value": 64, "unit": "kB"}


@pytest.mark.long
def test_a_person_reads_it_in_the_terminal(tmp_path: Path) -> None:
    done = stride(tmp_path, "chat", stdin="/run torch.ones(2, 3) + 1\n2\n/run\nfor i in range(2):\n    print(i)\n\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("tensor([[2., 2., 2.],") == 2, "the second button runs it again"
    assert "0\n    1\n" in done.stdout, "a form takes several lines, up to an empty one"
