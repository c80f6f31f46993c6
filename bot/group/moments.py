"""Many moments in their order, as the whole numbers that the store has: of tens of thousands few are ever looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import overload

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moments(Sequence[datetime]):
    """Moments in UTC, the earliest first; the same one may be there more than once."""

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Sequence[int]) -> None:
        """`numbers` are microseconds since 1970, in their order."""
        self._numbers = numbers

    @classmethod
    def of(cls, moments: Sequence[datetime]) -> Moments:
        """Moments that know their zones, in their order."""
        return moments if isinstance(moments, cls) else cls([_number(each) for each in moments])

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> datetime: ...
    @overload
    def __getitem__(self, place: slice) -> Moments: ...
    def __getitem__(self, place: int | slice) -> datetime | Moments:
        if isinstance(place, slice):
            return Moments(self._numbers[place])
        return _EPOCH + self._numbers[place] * _MICROSECOND

    def before(self, moment: datetime) -> int:
        """How many of them come before a moment."""
        return bisect_left(self._numbers, _number(moment))


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
