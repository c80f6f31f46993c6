"""Packages that Anki itself wrote, in its old format and its new one, come out as the cards that people see there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from anki.collection import Collection
from anki.consts import CARD_TYPE_REV, QUEUE_TYPE_REV

from cards.anki_read import read_apkg
from cards.calendar import Calendar, calendar
from cards.imported import Imported, read
from cards.model import Card
from tests.cards.anki_lab import add, answer, collection, deck_id, exported


@dataclass(frozen=True, slots=True)
class Packages:
    """The same collection, exported in both ways."""

    old: bytes
    new: bytes
    calendar: Calendar
    due: dict[str, tuple[int, float, float]]  # by question: days from today, stability, difficulty


def write(col: Collection) -> None:
    add(col, "Basic", "<div>What is <b>3&times;3</b>&nbsp;?</div>", "9<br>nine", tags=["conv::1d", "week-2"])
    add(col, "Basic (and reversed card)", "kernel", "filter", deck="Deck::Words")
    add(col, "Basic (type in the answer)", "How many axes?", "3", tags=["leech"])
    add(col, "Basic (optional reversed card)", "one way", "there")
    add(col, "Cloze", "<code>{{c1::nn.Conv1d::which layer}}</code> has {{c2::2}} of {{c2::3}} axes", "See the docs.")
    add(col, "Basic", "Code<pre>for x in y:<br>    print(x)</pre>", "<ul><li>a<li>b &lt;c&gt;</ul>")
    add(col, "Basic", '<img src="a.png"> What is this?', r"\(x^2\) [sound:a.mp3]")
    add(col, "Basic", '<img src="a.png">', "a picture")
    add(col, "Basic", "only a front", "")
    add(col, "Basic", "<script>alert(1)</script>safe &amp; <a href='javascript:x()'>sound</a>", "<style>b{}</style>yes")
    _own_notetype(col)


def _own_notetype(col: Collection) -> None:
    basic = col.models.by_name("Basic")
    assert basic is not None
    notetype = col.models.copy(basic)
    notetype["name"] = "Layers"
    for name in ("Hint", "Why"):
        col.models.add_field(notetype, col.models.new_field(name))
    template = notetype["tmpls"][0]
    template["qfmt"] = "<i>Layer</i>: {{Front}}{{#Hint}} {{hint:Hint}}{{/Hint}}<!-- {{Why}} -->"
    template["afmt"] = (
        "{{Front}}<hr id=answer><div>{{text:Back}}</div>{{#Why}}Because: {{Why}}{{/Why}}{{^Why}}?{{/Why}}"
    )
    col.models.update_dict(notetype)
    add(col, "Layers", "Linear", "y = xA + b", Hint="affine", Why="It is.")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packages]:
    folder = tmp_path_factory.mktemp("anki")
    with collection(folder) as col:
        col.set_config("fsrs", True)
        write(col)
        answer(col, "Deck", 4, 4, 1)
        due = {}
        for id_ in col.find_cards("is:review"):
            card = col.get_card(id_)
            assert card.memory_state is not None
            due[card.note().fields[0]] = (
                card.due - col.sched.today,
                card.memory_state.stability,
                card.memory_state.difficulty,
            )
        yield Packages(exported(col, folder, legacy=True), exported(col, folder), calendar("UTC"), due)


@pytest.fixture(scope="module", params=["old", "new"])
def both(request: pytest.FixtureRequest, packages: Packages) -> Imported:
    return read_apkg(getattr(packages, request.param), calendar=packages.calendar)


def by_front(found: Imported, words: str) -> Card:
    (card,) = (card for card in found.deck.cards if words in card.front)
    return card


@pytest.mark.parametrize(
    ("front", "answer", "reason"),
    [
        ("What is 3×3 ?", "9\nnine", ""),
        ("kernel", "filter", ""),
        ("filter", "kernel", ""),
        ("How many axes?", "3", ""),
        ("one way", "there", ""),
        ("`[which layer]` has 2 of 3 axes", "nn.Conv1d", "See the docs."),
        ("`nn.Conv1d` has [...] of [...] axes", "2; 3", "See the docs."),
        ("Code", "- a\n- b <c>", ""),
        ("[picture left out] What is this?", r"\(x^2\) [sound left out]", ""),
        ("safe & sound", "yes", ""),
        ("Layer: Linear", "y = xA + b", "Because: It is."),
    ],
)
def test_each_kind_of_note_is_read_as_it_is_seen(both: Imported, front: str, answer: str, reason: str) -> None:
    card = by_front(both, front)
    assert (card.kind, card.front, card.answer, card.reason) == ("recall", front, answer, reason)
    assert card.why_no_proof


def test_a_block_of_code_below_a_question_stays_code(both: Imported) -> None:
    assert by_front(both, "Code").code == "for x in y:\n    print(x)"


def test_a_hint_is_a_hint(both: Imported) -> None:
    assert by_front(both, "Linear").hint == "affine"


def test_tags_are_topics_and_decks_are_where_there_are_none(both: Imported) -> None:
    topics = {words: by_front(both, words).topic for words in ("What is 3", "How many", "kernel", "filter")}
    assert topics == {"What is 3": "conv-1d", "How many": "deck", "kernel": "words", "filter": "words"}
    assert (both.deck.title, both.deck.id) == ("Deck", "deck")
    assert both.deck.topics["conv-1d"] == "conv / 1d"


def test_cards_of_one_note_keep_off_each_others_days(both: Imported) -> None:
    assert by_front(both, "kernel").family == by_front(both, "filter").family != ""
    assert by_front(both, "How many").family == ""


def test_what_did_not_come_along_is_said(both: Imported) -> None:
    said = {(left.why, left.kept): (left.cards, left.example) for left in both.left_out}
    assert said == {
        ("pictures and sounds stay behind", True): (1, "[picture left out] What is this?"),
        ("one side is nothing but a picture or a sound", False): (1, "[picture left out]"),
        ("one side is empty", False): (1, "only a front"),
    }


def test_dates_and_the_state_of_memory_are_taken_over(both: Imported, packages: Packages) -> None:
    memories = {memory.card: memory for memory in both.memories}
    today = packages.calendar.day(datetime.now(UTC))
    assert len(packages.due) == 2
    for front, (days, stability, difficulty) in packages.due.items():
        card = by_front(both, "What is 3") if front.startswith("<div>") else by_front(both, front)
        memory = memories[card.id]
        assert (memory.phase, memory.reviews, memory.lapses, memory.day) == ("review", 1, 0, today)
        assert memory.due == today + timedelta(days=days)
        assert memory.stability == pytest.approx(stability, abs=1e-3)
        assert memory.difficulty == pytest.approx(difficulty, abs=1e-3)
    (learning,) = (memory for memory in both.memories if memory.phase == "learning")
    assert isinstance(learning.due, datetime)
    assert timedelta() < learning.due - learning.last <= timedelta(minutes=2)  # a minute, and a bit at random
    assert learning.step == 0


def test_both_formats_say_the_same(packages: Packages) -> None:
    old, new = (read_apkg(data, calendar=packages.calendar) for data in (packages.old, packages.new))
    assert old.deck == new.deck
    assert old.memories == new.memories


def test_without_a_calendar_no_dates_are_read(packages: Packages) -> None:
    assert read("a.apkg", packages.new).memories == ()


def test_a_package_is_known_by_what_it_holds(packages: Packages) -> None:
    assert read("a file", packages.new).deck.cards == read_apkg(packages.new).deck.cards


def test_a_card_in_a_filtered_deck_is_in_its_own_deck_on_its_own_day(tmp_path: Path) -> None:
    with collection(tmp_path) as col:
        col.set_config("fsrs", True)
        add(col, "Basic", "What?", "That", deck="Home")
        add(col, "Basic", "Who?", "They", deck="Home")
        answer(col, "Home", 4, 4)
        (card, _) = col.find_cards("")
        due = col.get_card(card).due - col.sched.today
        filtered = col.decks.new_filtered("Cram")
        found = col.decks.get(filtered)
        assert found is not None
        found["terms"] = [["", 100, 0]]
        col.decks.save(found)
        col.sched.rebuild_filtered_deck(filtered)
        assert col.get_card(card).odid == deck_id(col, "Home")
        data = exported(col, tmp_path)
    found_in = read_apkg(data, calendar=calendar("UTC"))
    assert found_in.deck.title == "Home"
    today = calendar("UTC").day(datetime.now(UTC))
    (memory,) = (memory for memory in found_in.memories if memory.card == found_in.deck.cards[0].id)
    assert memory.due == today + timedelta(days=due)


def test_a_card_of_the_older_scheduler_gets_a_stability_from_its_interval_and_a_difficulty_from_its_ease(
    tmp_path: Path,
) -> None:
    with collection(tmp_path) as col:
        for words in ("easy", "hard"):
            add(col, "Basic", words, "!")
        for id_, ease in zip(sorted(col.find_cards("")), (2700, 1500), strict=True):
            card = col.get_card(id_)
            card.type, card.queue, card.reps = CARD_TYPE_REV, QUEUE_TYPE_REV, 4
            card.ivl, card.due, card.factor = 20, col.sched.today + 5, ease
            col.update_card(card)
        data = exported(col, tmp_path)
    found = read_apkg(data, calendar=calendar("UTC"))
    today = calendar("UTC").day(datetime.now(UTC))
    easy, hard = found.memories
    for memory in (easy, hard):
        assert (memory.stability, memory.due) == (20.0, today + timedelta(days=5))
        assert (memory.day, memory.reviews) == (today - timedelta(days=15), 4)
    assert 1 <= easy.difficulty < hard.difficulty <= 10


def test_a_card_that_was_suspended_is_said_to_be_asked_again(tmp_path: Path) -> None:
    with collection(tmp_path) as col:
        add(col, "Basic", "What?", "That")
        col.sched.suspend_cards(list(col.find_cards("")))
        data = exported(col, tmp_path)
    (left,) = read_apkg(data).left_out
    assert (left.why, left.kept, left.cards) == ("they were suspended in Anki, and are asked here", True, 1)


def test_a_back_that_shows_the_front_again_is_read_without_it(tmp_path: Path) -> None:
    with collection(tmp_path) as col:
        basic = col.models.by_name("Basic")
        assert basic is not None
        basic["tmpls"][0]["afmt"] = "{{Front}}<div>{{Back}}</div>"
        col.models.update_dict(basic)
        add(col, "Basic", "3", "3 axes")
        data = exported(col, tmp_path)
    (card,) = read_apkg(data).deck.cards
    assert (card.front, card.answer) == ("3", "3 axes")


def test_notes_about_pictures_stay_behind(tmp_path: Path) -> None:
    with collection(tmp_path) as col:
        add(col, "Basic", "What?", "That")
        add(col, "Image Occlusion", "{{c1::image-occlusion:rect:left=.1}}", "<img src=a.png>")
        data = exported(col, tmp_path)
    found = read_apkg(data)
    assert [card.front for card in found.deck.cards] == ["What?"]
    assert [left.why for left in found.left_out] == ["they ask for parts of a picture, and pictures stay behind"]
