"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

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
READ = [path for path in FILES if path.suffix in {".py", ".js", ".css", ".html", ".sh"}]


def names(paths: Iterable[Path]) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def test_no_file_is_longer_than_a_person_reads() -> None:
    assert names(path for path in READ if len(path.read_text().splitlines()) > MAX_LINES) == []


def test_every_name_says_what_is_in_the_file() -> None:
    assert names(path for path in PYTHON if path.stem in BANNED_NAMES) == []


def test_a_package_file_holds_a_docstring_and_at_most_a_door() -> None:
    """Only an adapter's package re-exports the one function that others enter by."""

    def is_more(path: Path) -> bool:
        module = ast.parse(path.read_text())
        rest = module.body[1:]
        door = all(isinstance(node, ast.ImportFrom | ast.Assign) for node in rest)
        return not ast.get_docstring(module) or not door or (bool(rest) and path.parent.parent.name != "adapters")

    assert names(path for path in PYTHON if path.name == "__init__.py" and is_more(path)) == []


def test_nothing_else_lies_at_the_root() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} <= ROOT_ENTRIES


def test_every_module_says_why_it_exists() -> None:
    ours = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in {"bot", "cards", "sandbox"}]
    assert names(path for path in ours if not ast.get_docstring(ast.parse(path.read_text()))) == []
