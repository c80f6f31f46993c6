"""Ids of schedules and postings, which stand in databases and on platforms."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from bot.command import Place
from bot.store.posting_rows import posting_id, schedule_id


@given(name=st.text(max_size=20))
def test_an_id_is_the_first_letters_of_a_digest_in_base_32(name: str) -> None:
    """As it always was: another one for the same would have a card come twice."""
    place = Place(platform="web", community="page", channel="group")
    parts = ("schedule", "daily", "web", "page", "group", "", name)
    digest = blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=15).digest()
    assert schedule_id("daily", place, name=name) == b32encode(digest).decode().lower()[:20]


def test_a_posting_has_one_id_in_whichever_zone_its_moment_is_told() -> None:
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert posting_id("s", nine, "daily") == posting_id("s", nine.astimezone(timezone(timedelta(hours=5))), "daily")
    assert posting_id("s", nine, "daily") != posting_id("s", nine + timedelta(days=1), "daily")
