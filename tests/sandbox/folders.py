"""Folders that pytest keeps to its own user, opened for whoever a test becomes."""

from __future__ import annotations

import tempfile
from pathlib import Path


def let_everybody_in(folder: Path) -> None:
    """Into a `tmp_path`, and into what stands above it there: beside pytest's own folder that may be a process's."""
    for each in (folder, *folder.parents):
        if each == Path(tempfile.gettempdir()):
            return
        each.chmod(0o755)
