"""What is read from a deck file, and what is said where it cannot be: file, line, card and the way out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.deck import MAX_TEXT, DeckError, combine, covered, house, load, read
from cards.model import Choice, Deck, Place

FACTS = (Path(__file__).parent / "facts.txt").read_text().split()
our_deck = cache(house)

CARD = """\
# a comment

[[card]]
id = "conv-len"
kind = "shape"
front = "What comes out?"
answer = [32, 16, 98]
reason = "Three taps need three samples."
proof = "claim(torch.ones(32, 16, 98).shape)"
"""


def deck(*texts: str) -> Deck:
    return combine([(f"{n}.toml", text) for n, text in enumerate(texts, start=1)], deck_id="d", title="", says="")


def fault(*texts: str) -> DeckError:
    with pytest.raises(DeckError) as found:
        deck(*texts)
    return found.value


def changed(old: str, new: str) -> str:
    assert old in CARD
    return CARD.replace(old, new)


def test_a_card_is_read_with_where_it_stands() -> None:
    found = deck(CARD)
    (card,) = found.cards
    assert (card.id, card.kind, card.answer, card.difficulty) == ("conv-len", "shape", (32, 16, 98), 1)
    assert card.proof is not None
    assert card.proof.value == (32, 16, 98)
    assert found.places == {"conv-len": Place("1.toml", 3)}


def test_what_the_proof_of_a_statement_claims_is_true() -> None:
    text = changed('"shape"', '"recall"').replace("[32, 16, 98]", '"98"').replace(".shape", ".any()")
    (card,) = deck(text).cards
    assert card.proof is not None
    assert card.proof.value is True


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"conv-len"', '"Conv len"', "small letters"),
        ('id = "conv-len"', "id = 3", "its id must be a text of small letters"),
        ('kind = "shape"', 'kind = "riddle"', "kind must be one of recall, shape"),
        ('kind = "shape"', "kind = ['shape']", "kind must be one of"),
        ('front = "What comes out?"', 'frint = "?"', "no field frint; there are accept, answer"),
        ('front = "What comes out?"', "", "has no front"),
        ('front = "What comes out?"', "front = 3", "front is a text"),
        ('front = "What comes out?"', f'front = "{"a" * (MAX_TEXT + 1)}"', "may have 4000"),
        ('reason = "Three taps need three samples."', "", "has no reason"),
        ("answer = [32, 16, 98]", "", "has no answer"),
        ("answer = [32, 16, 98]", 'answer = "98"', "list of whole numbers such as"),
        ("answer = [32, 16, 98]", "answer = [32, 1.5]", "list of whole numbers such as"),
        ("answer = [32, 16, 98]", "answer = 2026-01-01", "answer is a short text"),
        ("answer = [32, 16, 98]", f"answer = {'[' * 20}1{']' * 20}", "answer is a short text"),
        ("answer = [32, 16, 98]", f"answer = [1{'0' * 30}]", "between -1e15 and 1e15"),
        ("answer = [32, 16, 98]", "answer = nan", 'write "nan" or "inf" as text'),
        ('proof = "', 'proof = "(', "proof is not Python"),
        ('proof = "claim', f'proof = "{"(" * 900}claim', "proof is not Python"),
        ("proof", "why_no_proof = 'none'\nproof", "either a proof or a why_no_proof"),
        ('proof = "claim(torch.ones(32, 16, 98).shape)"', "", "either a proof or a why_no_proof"),
        ("proof", "tolerance = -1\nproof", "tolerance is a number"),
        ("proof", f"tolerance = 1{'0' * 400}\nproof", "tolerance is a number"),
        ("proof", "tolerance = nan\nproof", "tolerance is a number"),
        ("proof", "denials = 3\nproof", "denials is a list"),
        ("proof", "difficulty = 4\nproof", "difficulty is 1 to 3"),
        ("proof", "difficulty = true\nproof", "difficulty is 1 to 3"),
        ("proof", "facts = 'one'\nproof", "facts is a list of texts"),
        ("proof", "facts = ['']\nproof", "facts is a list of texts"),
        ("proof", f"facts = {['a'] * 51}\nproof", "facts may have 50"),
        ("proof", "needs = ['nothing']\nproof", "it needs the card nothing, which is not there"),
        ("proof", "needs = ['conv-len']\nproof", "conv-len -> conv-len; take one of these needs out"),
        (
            "proof",
            "wrong = [{ text = 'none?', because = 'c' }]\nproof",
            "its wrong answer none[?] is none that can be typed",
        ),
        ("proof", "wrong = [{ text = '32x16x98', because = 'c' }]\nproof", "its wrong answer 32x16x98 is graded right"),
        ('kind = "shape"', 'kind = "choice"', "answer of a choice card is a text"),
        ('kind = "shape"', 'kind = "number"', "answer of a number card is a number"),
        ('kind = "shape"', 'kind = "order"', "steps in their order"),
        ('kind = "shape"', 'kind = "predict"', "write it into the field code"),
    ],
)
def test_each_fault_of_a_card_is_said_with_file_line_card_and_what_to_do(old: str, new: str, words: str) -> None:
    found = fault(changed(old, new))
    assert (found.file, found.line) == ("1.toml", 3)
    assert found.card
    with pytest.raises(DeckError, match=words):
        raise found
    assert str(found).startswith(f"1.toml, line 3, card {found.card}: ")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("3", "a choice card has a list wrong"),
        ("[]", "a choice card has a list wrong"),
        ("['a']", "each wrong choice is"),
        ("[{ text = 'a' }]", "says in because what mistake"),
        ("[{ text = '  ', because = 'b' }]", "says in because what mistake"),
        ("[{ text = 5, because = 'b' }]", 'write text = "5"'),
        ("[{ text = 'a', because = 'b', more = 'c' }]", "each wrong choice is"),
        ("[{ text = 'right', because = 'b' }]", "two of its choices are the same"),
    ],
)
def test_each_fault_of_a_choice_is_said(wrong: str, words: str) -> None:
    text = changed('"shape"', '"choice"').replace("[32, 16, 98]", "'right'") + f"wrong = {wrong}\n"
    with pytest.raises(DeckError, match=words):
        raise fault(text)


def test_wrong_answers_that_people_type_stand_on_a_card_with_the_mistake_behind_each() -> None:
    (card,) = deck(CARD + "wrong = [{ text = '32x16x100', because = 'The kernel takes 2 off.' }]\n").cards
    assert card.wrong == (Choice(text="32x16x100", because="The kernel takes 2 off."),)


def test_steps_in_another_order_need_no_list() -> None:
    text = (
        changed('"shape"', '"order"').replace("[32, 16, 98]", "['a', 'b']")
        + "wrong = [{ text = 'b', because = 'c' }]\n"
    )
    assert "an order card has no list wrong" in fault(text).fault


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id = ", 1, "not TOML"),
        ("\n\n[[card]\n", 3, "not TOML"),
        (f"a = {'[' * 5000}", None, "not TOML"),
        (f"a = {'1' * 5000}", None, "not TOML"),
        ("", None, "it has no cards: each begins with"),
        ("card = 3", None, "it has no cards"),
        ("topics = 3", None, r"\[topics\] holds lines such as"),
        ("[topics]\na = 1", None, r"\[topics\] holds lines such as"),
        ("cards = 3", None, "there is no cards; a deck has"),
        ("card = [3]", None, "a card is a table"),
    ],
)
def test_each_fault_of_a_whole_file_is_said(text: str, line: int | None, words: str) -> None:
    found = fault(text)
    assert (found.file, found.line, found.card) == ("1.toml", line, "")
    with pytest.raises(DeckError, match=words):
        raise found


def test_of_two_cards_with_one_id_the_second_is_named_with_where_the_first_stands() -> None:
    found = fault(CARD, "\n" + CARD)
    assert str(found) == "2.toml, line 4, card conv-len: another card has this id (1.toml, line 3): rename one"


def test_cards_that_need_each_other_in_a_ring_are_named() -> None:
    texts = [CARD.replace("conv-len", name) + f"needs = ['{need}']\n" for name, need in ("ab", "bc", "ca")]
    assert (
        str(fault(*texts)) == "1.toml, line 3, card a: it needs itself: a -> b -> c -> a; take one of these needs out"
    )


def test_a_long_chain_of_needs_is_no_ring() -> None:
    cards = [CARD.replace("conv-len", f"c{n}") + (f"needs = ['c{n + 1}']\n" if n < 1500 else "") for n in range(1501)]
    assert len(deck("".join(cards)).cards) == 1501


def test_a_topic_has_to_be_listed_where_topics_are() -> None:
    topics = "[topics]\nconv = 'Convolution'\n"
    assert deck(topics + CARD + "topic = 'conv'\n").topics == {"conv": "Convolution"}
    assert "its topic pool is not under [topics]" in fault(topics + CARD + "topic = 'pool'\n").fault
    assert "its topic (none) is not under [topics]" in fault(topics + CARD).fault


def test_a_text_that_looks_like_the_beginning_of_a_card_misleads_nobody() -> None:
    within = CARD + 'example = """\n[[card]]\n"""\n'
    assert deck(within).places["conv-len"] == Place("1.toml", None)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        with pytest.raises(DeckError) as found:
            load([path], deck_id="d", title="", says="")
        return str(found.value)

    latin = tmp_path / "latin.toml"
    latin.write_bytes("# Größe".encode("latin-1"))
    assert refused(latin) == "latin.toml: it is not UTF-8 text: save it as UTF-8"
    assert refused(tmp_path / "none.toml") == "none.toml: it cannot be read: No such file or directory"
    assert "it cannot be read" in refused(tmp_path)
    with (tmp_path / "huge.toml").open("wb") as file:
        file.truncate(33 << 20)
    assert "part it into several" in refused(tmp_path / "huge.toml")


# fmt: off
FIELDS = [
    "id", "kind", "topic", "front", "answer", "reason", "proof", "code", "wrong", "accept", "needs", "difficulty",
    "tolerance", "value", "denials", "facts", "hint", "why_no_proof", "nonsense",
]
VALUES = [
    '"choice"', '"shape"', '"predict"', '"a"', '""', "3", "-1", "1e400", "nan", "true", "[]", "[1, 2]", '["a"]', "[[]]",
    "{}", "[{}]", "{ a = 1 }", '[{ text = "a", because = "b" }]', "07:00:00", '"\\u0000"', '"claim("', '"x\\n = 1"',
]
# fmt: on
CARDS = st.lists(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(VALUES)), min_size=1, max_size=3)


def faults(text: str) -> list[str]:
    """The files in which a fault was found: none, or the one."""
    try:
        read("mine.toml", text)
    except DeckError as found:
        return [found.file]
    return []


@given(CARDS)
def test_no_card_breaks_the_reader(cards: list[dict[str, str]]) -> None:
    """Whatever stands in it: cards, or a fault that names the file."""
    text = "".join("[[card]]\n" + "".join(f"{name} = {value}\n" for name, value in card.items()) for card in cards)
    assert set(faults(text)) <= {"mine.toml"}


@given(st.text() | st.text(alphabet="[]{}=\"'card\n.# \t\\u00", max_size=60).map(lambda text: CARD + text))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert set(faults(text)) <= {"mine.toml"}


def test_every_fact_of_the_curriculum_is_taught_by_a_card_and_no_other_is_named() -> None:
    assert len(FACTS) == len(set(FACTS)) == 243
    assert covered(our_deck().cards) == set(FACTS)


def test_every_card_of_the_house_has_a_topic_and_a_place_and_needs_cards_that_are_there() -> None:
    ids = {card.id for card in our_deck().cards}
    assert our_deck().topics.keys() == {card.topic for card in our_deck().cards}
    assert our_deck().places.keys() == ids
    assert all(place.line for place in our_deck().places.values())
    assert all(need in ids for card in our_deck().cards for need in card.needs)


def test_every_kind_of_question_is_asked_and_the_wrong_statements_are_cards() -> None:
    kinds = [card.kind for card in our_deck().cards]
    assert set(kinds) == {"recall", "shape", "number", "choice", "predict", "mistake", "order"}
    assert kinds.count("mistake") >= 25
