"""What people may send with a message: the limits of every platform's files, and the words for what is over them."""

from __future__ import annotations

from bot.errors import UserError

MAX_FILE = 8 << 20  # bytes of one file
MAX_FILES = 4  # with one message
MAX_NAME = 100  # characters


class NotTaken(UserError):  # noqa: N818 - named for what happened, as all of `bot.errors`
    """A file that was sent is not taken; the message says why."""


def file_name(name: str) -> str:
    """A file's name without folders and without what cannot be seen, for words about it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(mark for mark in last if mark.isprintable()).strip()
    return seen[-MAX_NAME:] or "file"


def too_large(name: str, size: int) -> NotTaken:
    """A file of `size` bytes is not read."""
    return NotTaken(
        f"`{_quotable(name)}` has {size / (1 << 20):.1f} MiB, and I take files of up to {MAX_FILE >> 20} MiB: "
        "leave media out of an Anki package, or part a deck into several files."
    )


def too_many(count: int) -> NotTaken:
    """More files than belong to one message."""
    return NotTaken(f"That are {count} files, and one message may bring {MAX_FILES}: send the others after it.")


def not_there(name: str, why: str) -> NotTaken:
    """A file that could not be fetched or opened."""
    return NotTaken(f"I could not read `{_quotable(name)}`: {why}.")


def _quotable(name: str) -> str:
    return file_name(name).replace("`", "'")
