"""Files that browsers have sent, kept in memory until the message comes that they belong to.

A file comes by a request of its own, since a frame on the socket is small; the message then names it. A line that
breaks sends a message twice, so a file that was used leaves its name behind for a while.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.adapters.sent import MAX_FILES, NotTaken, file_name, too_many

KEPT_S = 600.0
MOST_BYTES = 64 << 20  # of all files that wait, of everybody
MOST_A_PERSON = 2 * MAX_FILES  # the oldest goes for a new one
MOST_KNOWN = 2_000
_ID_BYTES = 16


@dataclass(slots=True)
class _Waiting:
    person: str
    name: str
    data: bytes | None  # None once it was used
    until: float


class Uploads:
    """What has been sent and not yet been used."""

    def __init__(self, now: Callable[[], float], *, new_id: Callable[[], str] | None = None) -> None:
        """`now` is a clock in seconds that never goes back; `new_id` makes names that nobody guesses."""
        self._now = now
        self._new_id = new_id or (lambda: secrets.token_hex(_ID_BYTES))
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()  # the oldest first
        self._bytes = 0

    def put(self, person: str, name: str, data: bytes) -> str:
        """Keeps a file of somebody's; what it is called in their message. Raises `NotTaken` where there is no room."""
        self._forget_old()
        mine = [key for key, each in self._waiting.items() if each.person == person and each.data is not None]
        for key in mine[: max(0, len(mine) + 1 - MOST_A_PERSON)]:
            self._drop(key)
        if self._bytes + len(data) > MOST_BYTES:
            raise NotTaken("Too many files are on their way just now. Try again in a minute.")
        key = self._new_id()
        self._waiting[key] = _Waiting(person, file_name(name), data, self._now() + KEPT_S)
        self._bytes += len(data)
        while len(self._waiting) > MOST_KNOWN:
            self._drop(next(iter(self._waiting)))
        return key

    def files(self, person: str, keys: Iterable[str]) -> dict[str, bytes]:
        """The files of a message by their own names, without those that were used before.

        Raises:
            NotTaken: there are too many, or one never came, or is another person's, or has waited for too long.
        """
        wanted = list(keys)
        if len(wanted) > MAX_FILES:
            raise too_many(len(wanted))
        found: dict[str, bytes] = {}
        for key in wanted:
            each = self._waiting.get(key)
            if each is None or each.person != person or each.until < self._now():
                raise NotTaken("The file did not arrive: attach it again.")
            if each.data is not None:
                found[each.name] = each.data
        return found

    def used(self, keys: Iterable[str]) -> None:
        """The message of these files has been answered: only their names stay."""
        for key in keys:
            each = self._waiting.get(key)
            if each is not None and each.data is not None:
                self._bytes -= len(each.data)
                each.data = None

    def _forget_old(self) -> None:
        now = self._now()
        while self._waiting and next(iter(self._waiting.values())).until < now:
            self._drop(next(iter(self._waiting)))

    def _drop(self, key: str) -> None:
        gone = self._waiting.pop(key)
        self._bytes -= len(gone.data or b"")
