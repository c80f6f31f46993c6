"""Pictures and files that a terminal cannot show, where any viewer finds them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from bot.reply import File, Picture, Reply

PICTURES, FILES = "pictures", "files"  # in the data folder
MOST = 100  # of each
_DIGEST_BYTES = 6
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 60


class Album:
    """The newest pictures and files, each in a folder. What it does blocks: call it in a thread."""

    def __init__(self, data_dir: Path, most: int = MOST) -> None:
        """Touches nothing yet; the folders are made with what first lies in them."""
        self._data_dir = data_dir
        self._most = most

    def keep(self, reply: Reply) -> Mapping[int, Path]:
        """Saves the pictures and files of a reply, the same one once; where each lies, by its number among the parts.

        What cannot be written is left out: its words are shown all the same.
        """
        kept: dict[int, Path] = {}
        try:
            for number, part in enumerate(reply.parts):
                if isinstance(part, Picture | File):
                    kept[number] = _saved(self._data_dir, part)
            for folder in {path.parent for path in kept.values()}:
                _forget(folder, set(kept.values()), self._most)
        except OSError:
            return kept
        return kept


def _saved(data_dir: Path, part: Picture | File) -> Path:
    digest = hashlib.blake2b(part.data, digest_size=_DIGEST_BYTES).hexdigest()
    if isinstance(part, Picture):
        path = data_dir / PICTURES / f"{digest}.{part.kind}"
    else:
        path = data_dir / FILES / f"{digest}-{_STRANGE.sub('_', part.name)[-_LONGEST_NAME:]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{digest}.part")
    unfinished.write_bytes(part.data)
    unfinished.replace(path)
    return path


def _forget(folder: Path, fresh: set[Path], most: int) -> None:
    """Removes the oldest beyond so many."""
    there = [path for path in folder.iterdir() if path.is_file()]
    old = sorted((path for path in there if path not in fresh), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in old[max(0, most - (len(there) - len(old))) :]:
        path.unlink(missing_ok=True)
