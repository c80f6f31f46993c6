"""A backup as a file: one JSON value a line, compressed, the same for every database.

First what it is and which version wrote it; then each table's name and columns, before its rows; last how many rows
there are, so that a file that was cut off is noticed. It appears under its name when it is whole.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bot.errors import StoreError, StoreUnwritable

FORMAT = "stride-backup-1"
TOGETHER = 1_000  # rows that are read or written at a time
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_LEVEL = 3  # of compression: a backup should not keep a processor busy


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table, in the order of its columns."""

    table: str
    columns: tuple[str, ...]
    rows: list[list[Any]]


class BackupWriter:
    """Writes a backup beside its name, and gives it the name when it is whole. Everything here blocks."""

    def __init__(self, path: Path, version: str) -> None:
        """Raises `StoreUnwritable`; only its owner may read the file, since all that is secret is in it."""
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._count = 0
        try:
            self._raw = open(self._part, "wb", opener=_private)  # noqa: SIM115 - closed below; with an opener
        except OSError as fault:
            raise _unwritable(path, fault) from fault
        self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=_LEVEL, filename="", mtime=0)
        self._say({"format": FORMAT, "version": version})

    def table(self, name: str, columns: Sequence[str]) -> None:
        """The rows that follow are this table's."""
        self._say({"table": name, "columns": list(columns)})

    def rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows."""
        self._count += len(rows)
        try:
            self._file.write("".join(f"{_ENCODER.encode(list(map(_kept, row)))}\n" for row in rows).encode())
        except OSError as fault:
            raise _unwritable(self._path, fault) from fault

    def finish(self) -> int:
        """Gives the file its name, once it is on the disk; how many rows there are."""
        self._say({"rows": self._count})
        try:
            self._file.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
            self._raw.close()
            self._part.replace(self._path)
        except OSError as fault:
            raise _unwritable(self._path, fault) from fault
        return self._count

    def give_up(self) -> None:
        """Leaves nothing behind."""
        self._raw.close()
        self._part.unlink(missing_ok=True)

    def _say(self, value: dict[str, Any]) -> None:
        self._file.write(f"{_ENCODER.encode(value)}\n".encode())


class BackupReader:
    """Reads a backup; everything here blocks, and raises `StoreError` where the file is none, or is cut off.

    Attributes:
        version: of the store that was written.
    """

    def __init__(self, path: Path) -> None:
        """Reads the first line."""
        self._path = path
        try:
            self._file = gzip.open(path, "rt", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        except OSError as fault:
            raise StoreError(f"{path} cannot be read ({fault.strerror})") from fault
        self._lines = self._read()
        first = next(self._lines, None)
        if not isinstance(first, dict) or first.get("format") != FORMAT:
            self.close()
            raise StoreError(f"{path} is no backup of Stride's")
        self.version = str(first["version"])
        self._parts = self._parted()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def some(self) -> Rows | None:
        """The next rows of one table; None where there are no more, and all that were written have been read."""
        return next(self._parts, None)

    def _parted(self) -> Iterator[Rows]:
        found = Rows("", (), [])
        count = 0
        for line in self._lines:
            if isinstance(line, list):
                found.rows.append([_meant(value) for value in line])
                count += 1
            if found.rows and (isinstance(line, dict) or len(found.rows) >= TOGETHER):
                yield found
                found = Rows(found.table, found.columns, [])
            if isinstance(line, dict) and "table" in line:
                found = Rows(line["table"], tuple(line["columns"]), [])
            elif isinstance(line, dict) and line.get("rows") == count and next(self._lines, None) is None:
                return  # and the archive's own sum was right
        raise StoreError(f"{self._path} is cut off: nothing was restored")

    def _read(self) -> Iterator[Any]:
        try:
            for line in self._file:
                yield json.loads(line)
        except EOFError as fault:
            raise StoreError(f"{self._path} is cut off: nothing was restored") from fault
        except (gzip.BadGzipFile, zlib.error, ValueError) as fault:
            raise StoreError(f"{self._path} is no backup of Stride's, or is damaged: nothing was restored") from fault


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _kept(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _meant(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


def _unwritable(path: Path, fault: OSError) -> StoreUnwritable:
    return StoreUnwritable(f"{path} cannot be written ({fault.strerror})")
