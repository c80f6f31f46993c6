"""Empties a folder between two jobs, with an end to the effort: a folder that resists is its zygote's end.

Nothing is followed and nothing recurses: a job may have left a chain of folders deeper than any stack.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MOST_ENTRIES = 2_000
_MOST_DEPTH = 32


def tidy(folder: str) -> bool:
    """Remove everything inside the folder; False where that is not worth it, or something stays."""
    if not os.listdir(folder):  # noqa: PTH208 the names are enough
        return True
    if not _small(folder):
        return False
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)
    return not os.listdir(folder)  # noqa: PTH208 the names are enough


def _small(folder: str) -> bool:
    """Few entries, none deep; looks at no more than it must."""
    seen = 0
    waiting = [(folder, 0)]
    while waiting:
        path, depth = waiting.pop()
        if depth > _MOST_DEPTH:
            return False
        with os.scandir(path) as entries:
            for entry in entries:
                seen += 1
                if seen > _MOST_ENTRIES:
                    return False
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
    return True
