"""How much one person may ask for: numbers on one page, and the bucket that counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_FRAME = 256 * 1024  # bytes in one frame from a browser, several times the longest message in UTF-8
MAX_COMPLETED = 2_000  # characters of a text that is gone on from; palette.js asks no more
MAX_VALUES = 25  # fields of a form
MAX_SOCKETS_A_PERSON = 8
MAX_SOCKETS = 1_000
MAX_RUNNING_A_PERSON = 4  # messages that have no answer yet
MAX_WAITING_FRAMES = 256  # for a browser that reads slowly; then it is dropped, and comes back when it can
SEND_TIMEOUT_S = 20.0
HEARTBEAT_S = 25.0
PAGE = 40  # exchanges sent at once


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, and `per_s` again every second."""

    burst: int
    per_s: float


MESSAGES = Rate(12, 1.0)
QUESTIONS = Rate(60, 20.0)  # completions and older messages, which a keyboard can ask for quickly
CONNECTIONS = Rate(30, 1.0)
FILES = Rate(8, 0.2)
UPLOAD_TIMEOUT_S = 60.0
MAX_UPLOADING = 8  # files that are being received at once, of everybody
GUESSES = Rate(10, 0.2)  # wrong invites from one address


class Limiter:
    """Counts what each of many people does against one rate."""

    def __init__(self, rate: Rate, now: Callable[[], float], *, known: int = 10_000) -> None:
        """`now` is a clock in seconds that never goes back; `known` people are remembered at most."""
        self._rate = rate
        self._now = now
        self._known = known
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, person: str) -> float:
        """Counts one; the seconds to wait where it is one too many, else 0."""
        now = self._now()
        left, at = self._left.pop(person, (float(self._rate.burst), now))
        left = min(float(self._rate.burst), left + (now - at) * self._rate.per_s)
        allowed = left >= 1
        self._left[person] = (left - 1 if allowed else left, now)
        if len(self._left) > self._known:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate.per_s
