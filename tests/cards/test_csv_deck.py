"""Decks as tables: found in whatever a spreadsheet saves, and safe in whatever opens them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cards.csv_deck import read_csv, write_csv
from cards.deck import DeckError, house
from cards.imported import read
from cards.model import Card, Deck
from tests.cards.made_decks import decks, differences, same


def cards(text: str | bytes, name: str = "deck.csv") -> list[tuple[Any, ...]]:
    deck = read(name, text.encode() if isinstance(text, str) else text).deck
    return [(card.kind, card.front, card.answer, card.reason) for card in deck.cards]


def test_the_house_deck_comes_back_as_it_was() -> None:
    deck = house()
    found = read_csv(write_csv(deck).encode())
    assert same(found, deck), differences(found, deck)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(decks())
def test_any_deck_comes_back_as_it_was(deck: Deck) -> None:
    assume(deck.cards)
    found = read_csv(write_csv(deck).encode())
    assert same(found, deck), differences(found, deck)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("front,answer\nWhat?,That", "a.csv"),
        ("What?,That", "a.csv"),
        ("Question;Back;more\r\nWhat?;That;1\r\n", "a.csv"),
        ("\ufeffquestion;definition\nWhat?;That\n", "a.csv"),
        ("sep=;\nWhat?;That\n", "a.csv"),
        ("Prompt\tResponse\nWhat?\tThat\n", "a.tsv"),
        ("#separator:tab\n#html:true\n<b>What?</b>\t<div>That</div>\n", "notes.txt"),
        ("#separator:Semicolon\n#html:false\n#tags column:1\nx;What?;That\n", "notes.txt"),
        ('"front","answer"\n\n"What?","That"\n,\n', "a.csv"),
        ("ANSWER,nothing,Front\nThat,x,What?", "a.csv"),
        ("front|answer\nWhat?|That", "a.csv"),
        ("front,answer\nWhat?,That".encode("utf-16"), "a.csv"),
    ],
)
def test_any_table_of_questions_and_answers_is_a_deck(text: str | bytes, name: str) -> None:
    assert cards(text, name) == [("recall", "What?", "That", "")]


def test_a_cell_may_hold_what_parts_cells_and_lines() -> None:
    assert cards('front;answer;why\n"a;\n""b"""; c,d ;"e\nf"\n') == [("recall", 'a;\n"b"', "c,d", "e\nf")]


@pytest.mark.parametrize(
    ("kind", "cell", "answer"),
    [
        ("shape", "32x16x98", (32, 16, 98)),
        ("shape", '"(32, 16, 98)"', (32, 16, 98)),
        ("shape", "()", ()),
        ("number", '"1,792"', 1792),
        ("number", "50%", 0.5),
        ("number", "-3", -3),
        ("order", "a; b;c", ("a", "b", "c")),
        ("order", '"a\nb; c"', ("a", "b; c")),
        ("recall", "3", "3"),
        ("mistake", "[1]", "[1]"),
    ],
)
def test_answers_are_read_as_people_type_them(kind: str, cell: str, answer: object) -> None:
    assert cards(f"front,answer,kind\nWhat?,{cell},{kind}\n") == [(kind, "What?", answer, "")]


def test_wrong_choices_make_a_choice_card() -> None:
    deck = read_csv(b'front,answer,wrong\nWhat?,that,"this | It is here.\nthose | They are many."\n')
    (card,) = deck.cards
    assert card.kind == "choice"
    assert [(each.text, each.because) for each in card.wrong] == [("this", "It is here."), ("those", "They are many.")]


def test_topics_are_found_by_their_titles_and_cards_without_one_are_together() -> None:
    deck = read_csv(b"front,answer,Tags\na,1,Conv 1D\nb,2,conv-1d\nc,3,\n", name="my deck.csv")
    assert [card.topic for card in deck.cards] == ["conv-1d", "conv-1d", "my-deck"]
    assert deck.topics == {"conv-1d": "Conv 1D", "my-deck": "my deck"}


def test_a_question_keeps_its_id_while_its_answer_changes() -> None:
    one, other = (read_csv(text).cards[0] for text in (b"What?,3\n", b"What? ,4,because\n"))
    assert one.id == other.id
    assert one.answer != other.answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "deck.csv: it has no cards"),
        ("front,answer\n", "it has no cards: each line is one"),
        ("front,answer\nx,\n", "line 2: it has no answer: fill in that cell"),
        ("front,answer\n,x\n", "line 2: it has no front"),
        ("one\ntwo\n", "line 1: it has no answer"),
        ('front,answer\n"a\nb",c\n"d,e\n', "line 4: it is no table that can be read"),
        (f"front,answer\na,{'b' * 200_000}\n", "line 2: it is no table that can be read"),
        (f"front,answer\na,{'b' * 4_001}\n", "line 2, card row-.*: answer is a short text"),
        ("front,answer\na,b\nA,c\na,d\n", "line 4, card row-.*: it has the id or the question of deck.csv, line 2"),
        ("front,answer,kind\na,b,riddle\n", "line 2, card row-.*: its kind must be one of recall"),
        ("front,answer,kind\na,b,number\n", "the answer of a number card is a number"),
        ("front,answer,difficulty\na,b,9\n", "difficulty is 1 to 3"),
        ("front,answer,wrong\na,b,c\n", "says in because what mistake leads to it"),
        ("front,answer,proof\na,b,claim(True)\n", "it has a proof but no reason"),
        ("front,answer,needs\na,b,c\n", "line 2, card row-.*: it needs the card c, which is not there"),
        (b"front,answer\na,\xff\n", "line 2: it is not UTF-8 text: save it as 'CSV UTF-8'"),
        ("front,answer\n" + "".join(f"q{n},a\n" for n in range(20_001)), "it has more than 20,000 cards"),
    ],
)
def test_each_fault_is_said_with_its_line_and_the_way_out(text: str | bytes, words: str) -> None:
    with pytest.raises(DeckError, match=words):
        cards(text)


@given(st.sampled_from(["=", "+", "-", "@", "\t=", "\r", "'=", "＝", " ="]), st.text(max_size=9))
def test_no_cell_is_a_formula_in_a_spreadsheet(sign: str, rest: str) -> None:
    text = f"{sign}x{rest}"
    card = Card(id="a", kind="recall", topic="", front=text, answer=text, reason=text, why_no_proof="-")
    written = write_csv(Deck(id="d", title="", says="", cards=(card,)))
    for row in csv.reader(io.StringIO(written, newline="")):
        assert not [cell for cell in row if cell.lstrip()[:1] in set("=+-@＝＋－＠")]


def test_a_formula_that_was_defused_is_itself_again() -> None:
    assert cards("front,answer\n'=1+1,''=2\n") == [("recall", "=1+1", "'=2", "")]
