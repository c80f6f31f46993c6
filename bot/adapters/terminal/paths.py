"""Files that the terminal's operator names by their paths. Nobody else's words ever become a path."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.adapters.sent import MAX_FILE, file_name, not_there, too_large

_QUOTES = "'\""


async def open_file(path: str) -> tuple[str, bytes]:
    """The name and the bytes of a file; raises `NotTaken`."""
    return await asyncio.to_thread(_read, _unquoted(path.strip()))


def _unquoted(path: str) -> str:
    """A path as a shell would take it: in quotes, or with its spaces escaped."""
    if len(path) > 1 and path[0] == path[-1] and path[0] in _QUOTES:
        return path[1:-1]
    return path.replace("\\ ", " ")


def _read(path: str) -> tuple[str, bytes]:
    try:
        found = Path(path).expanduser()
        with found.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise too_large(path, found.stat().st_size)
    except OSError as fault:
        raise not_there(path, (fault.strerror or "it cannot be opened").lower()) from fault
    except (ValueError, RuntimeError) as fault:  # a path with a NUL, or a home that nobody has
        raise not_there(path, "that is no path") from fault
    return file_name(path), data
