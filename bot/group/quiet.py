"""Quiet hours, in which nobody is reminded of anything: from one time of day to another, also over midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from bot.group.schedule import read_time, repeated


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `begins` until just before `ends`; where both are the same, never."""

    begins: time
    ends: time

    def __contains__(self, at: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def __str__(self) -> str:
        """Such as `22:00-08:00`, as `read` takes it."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


NIGHT = Quiet(time(22), time(8))  # of whoever chose none


def read(words: str) -> Quiet:
    """`22:00-08:00`, `10pm to 7am`; raises `ValueError` with a sentence for people."""
    first, dash, last = words.replace("\u2013", "-").replace(" to ", "-").partition("-")
    if not dash:
        what = f"{repeated(words)} are no quiet hours" if words.strip() else "Quiet hours are two times"
        raise ValueError(f"{what}; write them like 22:00-08:00")
    return Quiet(read_time(first), read_time(last))
