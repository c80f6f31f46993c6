"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import os
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAX_LINES = 400
BANNED_NAMES = {"utils", "helpers", "base", "manager", "common", "misc"}
ROOT_ENTRIES = {
    ".ci",
    ".dockerignore",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "bot",
    "cards",
    "deploy",
    "pyproject.toml",
    "sandbox",
    "tests",
}


def our_files() -> list[Path]:
    """Everything but what `.gitignore` names and git's own folder."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()] + [".git"]
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        found += [Path(folder) / name for name in files if not any(fnmatch(name, pattern) for pattern in ignored)]
    return found


FILES = our_files()
PYTHON = [path for path in FILES if path.suffix == ".py"]


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix in {".py", ".js", ".css", ".html", ".sh"}], ids=str)
def test_no_file_is_longer_than_a_person_reads(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_every_name_says_what_is_in_the_file(path: Path) -> None:
    assert path.stem not in BANNED_NAMES


@pytest.mark.parametrize("path", [p for p in PYTHON if p.name == "__init__.py"], ids=str)
def test_a_package_file_holds_a_docstring_and_at_most_a_door(path: Path) -> None:
    """Only an adapter's package re-exports the one function that others enter by."""
    body = ast.parse(path.read_text()).body
    assert ast.get_docstring(ast.parse(path.read_text()))
    rest = [node for node in body[1:] if not isinstance(node, ast.ImportFrom | ast.Assign)]
    assert not rest
    if len(body) > 1:
        assert path.parent.parent.name == "adapters"


def test_nothing_else_lies_at_the_root() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} <= ROOT_ENTRIES


@pytest.mark.parametrize(
    "path", [p for p in PYTHON if p.parts[len(ROOT.parts)] in {"bot", "cards", "sandbox"}], ids=str
)
def test_every_module_says_why_it_exists(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
