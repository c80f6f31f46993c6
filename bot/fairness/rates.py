"""How often somebody may ask: buckets that fill as time passes. Pure; what time it is comes in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

REMEMBERED = 10_000  # buckets; one that is forgotten was full or nearly so


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many at once, and so many a minute over time."""

    burst: int
    per_minute: float


class Buckets:
    """One bucket for each key: it holds `burst` and fills with `per_minute`."""

    def __init__(self, rate: Rate, *, remembered: int = REMEMBERED) -> None:
        """Keeps at most `remembered` buckets; the one that was not used for longest goes."""
        self._rate = rate
        self._remembered = remembered
        self._buckets: OrderedDict[Hashable, tuple[float, datetime]] = OrderedDict()

    def wait(self, key: Hashable, now: datetime) -> timedelta:
        """How long until the key may take one; zero where it may now."""
        missing = 1.0 - self._level(key, now)
        return timedelta(minutes=max(0.0, missing) / self._rate.per_minute)

    def take(self, key: Hashable, now: datetime) -> None:
        """Takes one, whether it is there or not: ask `wait` first."""
        self._buckets[key] = (self._level(key, now) - 1.0, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)

    def _level(self, key: Hashable, now: datetime) -> float:
        full = float(self._rate.burst)
        level, then = self._buckets.get(key, (full, now))
        # A clock that was set back fills nothing, and takes nothing away.
        minutes = max(0.0, (now - then).total_seconds() / 60)
        return min(full, level + minutes * self._rate.per_minute)
