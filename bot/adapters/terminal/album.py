"""Pictures that a terminal cannot show, as files that any viewer opens."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from bot.reply import Picture, Reply

FOLDER = "pictures"  # in the data folder
MOST = 100
_DIGEST_BYTES = 6


class Album:
    """A folder that holds the newest pictures. What it does blocks: call it in a thread."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        """Touches nothing yet; the folder is made with the first picture."""
        self._folder = folder
        self._most = most

    def keep(self, reply: Reply) -> Mapping[int, Path]:
        """Saves the pictures of a reply, the same one once; where each lies, by its number among the parts.

        A picture that cannot be written is left out: its words are shown all the same.
        """
        pictures = {number: part for number, part in enumerate(reply.parts) if isinstance(part, Picture)}
        kept: dict[int, Path] = {}
        try:
            for number, picture in pictures.items():
                kept[number] = self._saved(picture)
            if kept:
                self._forget(set(kept.values()))
        except OSError:
            return kept
        return kept

    def _saved(self, picture: Picture) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.blake2b(picture.data, digest_size=_DIGEST_BYTES).hexdigest()
        path = self._folder / f"picture-{name}.{picture.kind}"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(picture.data)
        unfinished.replace(path)
        return path

    def _forget(self, fresh: set[Path]) -> None:
        """Removes the oldest beyond so many, and no file that is not a picture of ours."""
        old = sorted(
            (path for path in self._folder.glob("picture-*") if path not in fresh),
            key=lambda path: path.stat().st_mtime_ns,
            reverse=True,
        )
        for path in old[max(0, self._most - len(fresh)) :]:
            path.unlink(missing_ok=True)
