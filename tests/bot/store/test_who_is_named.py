"""Every column that names a person is thought of wherever people are taken out, forgotten or made one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column

from bot.store import forgetting, joining, takeout
from bot.store.schema import metadata

BY_KEY = {f"{table}.person" for table in ("learners", "members", "memories", "tallies")}  # of which one is left
NAMES = {f"{table.name}.{name}" for table in metadata.sorted_tables for name in ("person", "owner", "by", "account")}


def named(columns: Iterable[Column[str]]) -> set[str]:
    return {f"{column.table.name}.{column.name}" for column in columns}


FORGOTTEN = named((*forgetting.THEIRS, *forgetting.NOBODYS, *forgetting.BY))


def test_every_column_that_names_a_person_is_forgotten() -> None:
    there = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c}
    assert (NAMES & there) | {"people.id"} == FORGOTTEN | BY_KEY


def test_every_column_that_names_a_person_becomes_the_others_or_is_named_here() -> None:
    merged = {"deck_uses.owner", "quiz_answers.person", "quiz_players.person"}
    accounts = {"exchanges.person", "link_codes.person", "links.account", "people.id"}  # stay what they are
    assert named(joining.PLAIN) | merged | accounts == FORGOTTEN


def test_every_column_that_names_a_person_is_taken_out_by() -> None:
    whose = named(column for each in takeout.TAKEN for column in each.whose)
    assert whose == FORGOTTEN | BY_KEY | {"deck_cards.deck"}
