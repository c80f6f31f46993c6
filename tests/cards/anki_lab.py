"""Anki's own library, for the tests: it writes packages that are read here, and reads those that are written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anki.collection import (
    Collection,
    DeckIdLimit,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from anki.decks import DeckId
from anki.notes import Note


@contextmanager
def collection(folder: Path, name: str = "col") -> Iterator[Collection]:
    """A new collection of Anki's, whose owner lives in UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        found = Collection(str(folder / f"{name}.anki2"))
        try:
            yield found
        finally:
            found.close()


def add(
    col: Collection, notetype: str, *fields: str, deck: str = "Deck", tags: Sequence[str] = (), **more: str
) -> Note:
    """A note, as its owner writes it in Anki."""
    kind = col.models.by_name(notetype)
    assert kind is not None
    note = col.new_note(kind)
    note.fields[: len(fields)] = list(fields)
    for name, text in more.items():
        note[name] = text
    note.tags = list(tags)
    col.add_note(note, deck_id(col, deck))
    return note


def deck_id(col: Collection, deck: str) -> DeckId:
    """A deck, made where it is not there."""
    return DeckId(col.decks.add_normal_deck_with_name(deck).id)


def exported(col: Collection, folder: Path, deck: str = "", *, legacy: bool = False, scheduling: bool = True) -> bytes:
    """A package as Anki writes it."""
    path = folder / "out.apkg"
    options = ExportAnkiPackageOptions(
        with_scheduling=scheduling, with_deck_configs=True, with_media=True, legacy=legacy
    )
    col.export_anki_package(
        out_path=str(path), options=options, limit=DeckIdLimit(deck_id(col, deck)) if deck else None
    )
    return path.read_bytes()


def imported(col: Collection, data: bytes, folder: Path) -> Mapping[str, int]:
    """What Anki says of a package that it imports: how many notes were new, changed, doubled."""
    path = folder / "in.apkg"
    path.write_bytes(data)
    options = ImportAnkiPackageOptions(with_scheduling=True, merge_notetypes=True)
    log = col.import_anki_package(ImportAnkiPackageRequest(package_path=str(path), options=options)).log
    names = ("new", "updated", "duplicate", "conflicting", "first_field_match", "missing_notetype", "empty_first_field")
    return {name: len(getattr(log, name)) for name in names if len(getattr(log, name))}


def answer(col: Collection, deck: str, *ratings: int) -> None:
    """Answers what comes up in a deck, with 1 (again) to 4 (easy) each."""
    col.decks.select(deck_id(col, deck))
    scheduler: Any = col.sched
    for rating in ratings:
        queued = scheduler.get_queued_cards(fetch_limit=1).cards[0]
        card = col.get_card(queued.card.id)
        card.start_timer()
        scheduler.answer_card(scheduler.build_answer(card=card, states=queued.states, rating=rating - 1))
