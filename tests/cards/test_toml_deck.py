"""Decks as TOML: what is written is read as the same cards."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings

from cards.deck import DeckError, house
from cards.imported import read
from cards.model import Card, Deck
from cards.toml_deck import read_toml, slug, write_toml
from tests.cards.made_decks import decks, differences, same


def test_the_house_deck_comes_back_as_it_was() -> None:
    deck = house()
    found = read_toml(write_toml(deck).encode())
    assert same(found, deck), differences(found, deck)
    assert (found.title, found.says) == (deck.title, deck.says)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(decks())
def test_any_deck_comes_back_as_it_was(deck: Deck) -> None:
    assume(deck.cards)
    found = read_toml(write_toml(deck).encode())
    assert same(found, deck), differences(found, deck)


def test_code_is_written_as_it_reads() -> None:
    card = Card(
        id="a", kind="predict", topic="", front="What?", answer="1", reason="", code='print("\\n")\nx', why_no_proof="-"
    )
    text = write_toml(Deck(id="d", title="", says="", cards=(card,)))
    assert "code = '''\nprint(\"\\n\")\nx\n'''\n" in text


def test_a_deck_is_called_by_its_first_comment_or_else_by_its_file() -> None:
    text = "[[card]]\nid = 'a'\nkind = 'recall'\nfront = 'f'\nanswer = 'b'\nwhy_no_proof = 'c'\n"
    assert read("our_layers.toml", text.encode()).deck.title == "our layers"
    deck = read("our_layers.toml", b"\n# Our layers: all\n\n# and more\n" + text.encode()).deck
    assert (deck.id, deck.title, deck.says) == ("our-layers-all", "Our layers: all", "and more")


def test_a_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(DeckError, match=r"deck.toml, line 2: it is not UTF-8 text: save it as UTF-8"):
        read_toml(b"# a\n\xff")


@pytest.mark.parametrize(
    ("text", "id_"), [("Größe: 3×3!", "grosse-3-3"), ("漢字", ""), ("a" * 99, "a" * 60), ("-- Conv 1D --", "conv-1d")]
)
def test_an_id_is_made_of_any_title(text: str, id_: str) -> None:
    assert slug(text) == id_
