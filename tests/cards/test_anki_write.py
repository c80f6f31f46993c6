"""Packages that are written here, judged by Anki: it finds the cards, and the days on which they are due."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from anki.collection import Collection
from hypothesis import HealthCheck, assume, given, settings

from cards.anki_read import read_apkg
from cards.anki_write import write_apkg
from cards.calendar import Calendar, calendar
from cards.deck import house
from cards.grade import Rating
from cards.html_text import text_of
from cards.memory import Memory, Teacher, review
from cards.model import Card, Deck
from tests.cards.anki_lab import add, collection, exported, imported
from tests.cards.made_decks import decks, differences, same

if TYPE_CHECKING:  # anki.cards cannot be the first of Anki's modules
    from anki.cards import Card as AnkiCard

UTC_DAYS = calendar("UTC")
TRICKY = Card(
    id="tricky",
    kind="recall",
    topic="odd",
    front="Is `a < b & c` [sound:x.mp3] {{c1::safe}} <script>alert(1)</script>?",
    answer="`x  =  1`\n`    y`\n[latex]x[/latex]",
    reason="Because.",
    why_no_proof="-",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """A deck as it went out, with what was remembered, and what Anki made of it."""

    deck: Deck
    memories: Mapping[str, Memory]
    data: bytes
    said: Mapping[str, int]
    anki: Collection
    now: datetime

    def card(self, id_: str) -> AnkiCard:
        (found,) = (each for each in self.cards() if kept(each)["id"] == id_)
        return found

    def cards(self) -> list[AnkiCard]:
        return [self.anki.get_card(id_) for id_ in self.anki.find_cards("")]


def kept(card: AnkiCard) -> dict[str, object]:
    """The card as we wrote it, from the field that Anki shows nobody."""
    found: dict[str, object] = json.loads(text_of(card.note()["Card"]))["card"]
    return found


def remembered(card: str, ratings: str, now: datetime, days: Calendar = UTC_DAYS) -> Memory:
    """A memory after some answers, the last of them before now: `1` is again, `4` is easy."""
    memory, at = None, now - timedelta(days=300)
    for rating in ratings:
        if at >= now:
            break
        memory = review(memory, card, Rating(int(rating)), at, calendar=days, load={}, seed=1, teacher=Teacher())
        at = memory.due if isinstance(memory.due, datetime) else days.begins(memory.due) + timedelta(hours=5)
    assert memory is not None
    return memory


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    folder = tmp_path_factory.mktemp("anki")
    now = datetime.now(UTC)
    ours = house()
    deck = replace(ours, cards=(TRICKY, *ours.cards[:80]), topics=ours.topics | {"odd": "Odd things"})
    ratings = ("4", "3", "1", "43", "33333", "4333", "3331", "433231", "44444444")
    memories = {card.id: remembered(card.id, marks, now) for card, marks in zip(deck.cards[2:], ratings, strict=False)}
    data = write_apkg(deck, memories, now=now, calendar=UTC_DAYS)
    with collection(folder) as col:
        said = imported(col, data, folder)
        yield Exported(deck, memories, data, said, col, now)


def test_anki_takes_every_card_into_a_deck_of_the_same_name(out: Exported) -> None:
    assert out.said == {"new": len(out.deck.cards)}
    assert [kept(card)["id"] for card in sorted(out.cards(), key=lambda card: card.nid)] == [
        card.id for card in out.deck.cards
    ]
    assert {out.anki.decks.name(card.did) for card in out.cards()} == {out.deck.title}


def test_the_fields_say_what_the_card_says(out: Exported) -> None:
    note = out.card("conv1d-k3p1").note()
    (card,) = (card for card in out.deck.cards if card.id == "conv1d-k3p1")
    assert card.proof is not None
    assert [text_of(note[name]) for name in ("Front", "Answer", "Reason", "Example")] == [
        card.front,
        "`(32, 16, 100)`",
        card.reason,
        f"`{card.example}`",
    ]
    assert note.tags == [card.topic]
    assert "claim(nn.Conv1d(3, 16, kernel_size=3" in note["Proof"]


def test_days_of_asking_agree(out: Exported) -> None:
    reviewed = {id_: memory for id_, memory in out.memories.items() if memory.phase == "review"}
    assert len(reviewed) >= 5
    for id_, memory in reviewed.items():
        card = out.card(id_)
        assert isinstance(memory.due, date)
        in_days = (memory.due - UTC_DAYS.day(out.now)).days
        assert (card.type, card.queue, card.due - out.anki.sched.today) == (2, 2, in_days)
        assert card.ivl == (memory.due - memory.day).days
        assert (card.reps, card.lapses) == (memory.reviews, memory.lapses)


def test_what_fsrs_knows_agrees(out: Exported) -> None:
    for id_, memory in out.memories.items():
        card = out.card(id_)
        assert card.memory_state is not None
        assert card.memory_state.stability == pytest.approx(memory.stability, rel=1e-3)
        assert card.memory_state.difficulty == pytest.approx(memory.difficulty, abs=1e-3)
        assert card.last_review_time == int(memory.last.timestamp())


def test_cards_that_are_being_learned_are_due_at_the_same_moment(out: Exported) -> None:
    learning = {id_: memory for id_, memory in out.memories.items() if memory.phase != "review"}
    assert {memory.phase for memory in learning.values()} == {"learning", "relearning"}
    for id_, memory in learning.items():
        card = out.card(id_)
        assert isinstance(memory.due, datetime)
        assert (card.type, card.queue) == ({"learning": 1, "relearning": 3}[memory.phase], 1)
        assert card.due == int(memory.due.timestamp())


def test_cards_that_nobody_answered_are_new_and_in_their_order(out: Exported) -> None:
    new = [card for card in out.cards() if kept(card)["id"] not in out.memories]
    assert {(card.type, card.queue, card.reps) for card in new} == {(0, 0, 0)}
    assert sorted(new, key=lambda card: card.due) == sorted(new, key=lambda card: card.nid)


def test_nothing_of_a_card_is_markup_sound_or_latex_in_anki(out: Exported) -> None:
    card = out.card("tricky")
    rendered = card.render_output()
    both = rendered.question_text + rendered.answer_text
    assert "<script" not in both
    assert "<code>a &lt; b &amp; c</code>" in both
    assert "<pre><code>x  =  1\n    y</code></pre>" in both
    assert rendered.question_av_tags == rendered.answer_av_tags == []
    assert "[sound" not in both
    assert "[latex]" not in both


def test_the_back_shows_reason_proof_and_what_is_wrong_with_the_other_choices(out: Exported) -> None:
    (choice,) = (card for card in out.deck.cards if card.id == "conv1d-same-stride")
    rendered = out.card(choice.id).render_output()
    for other in choice.wrong:
        assert text_of(other.text) in text_of(rendered.question_text)
        assert text_of(other.because) in text_of(rendered.answer_text)
        assert text_of(other.because) not in text_of(rendered.question_text)
    assert "What torch ran:<pre><code>fault = raises(ValueError" in rendered.answer_text


def test_importing_again_doubles_nothing(out: Exported, tmp_path: Path) -> None:
    with collection(tmp_path) as col:
        imported(col, out.data, tmp_path)
        changed = replace(out.deck, cards=(replace(TRICKY, answer="Changed."), *out.deck.cards[1:]))
        later = write_apkg(changed, out.memories, now=out.now + timedelta(hours=1), calendar=UTC_DAYS)
        assert imported(col, later, tmp_path) == {"updated": len(out.deck.cards)}
        assert col.card_count() == len(out.deck.cards)
        (note,) = (col.get_note(id_) for id_ in col.find_notes("tag:odd"))
        assert note["Answer"] == "Changed."


def test_what_passed_through_anki_comes_back_as_it_was(out: Exported, tmp_path: Path) -> None:
    for legacy in (True, False):
        back = read_apkg(exported(out.anki, tmp_path, out.deck.title, legacy=legacy), calendar=UTC_DAYS)
        assert same(back.deck, replace(out.deck, topics=back.deck.topics)), differences(back.deck, out.deck)
        assert back.deck.topics == {card.topic: out.deck.topics[card.topic] for card in out.deck.cards}
        assert back.left_out == ()
        for memory in back.memories:
            before = out.memories[memory.card]
            assert (memory.phase, memory.step, memory.day) == (before.phase, before.step, before.day)
            assert (memory.reviews, memory.lapses) == (before.reviews, before.lapses)
            assert memory.stability == pytest.approx(before.stability, rel=1e-3)
            assert memory.last == before.last.replace(microsecond=0)
        dates = {memory.card: memory.due for memory in back.memories if memory.phase == "review"}
        assert dates == {id_: memory.due for id_, memory in out.memories.items() if memory.phase == "review"}


def test_a_card_that_was_changed_in_anki_is_a_recall_card_of_what_it_says_now(out: Exported, tmp_path: Path) -> None:
    with collection(tmp_path) as col:
        imported(col, out.data, tmp_path)
        (note,) = (col.get_note(id_) for id_ in col.find_notes("tag:odd"))
        note["Answer"] = "<b>Quite</b> safe"
        col.update_note(note)
        add(col, "Basic", "Mine?", "Yes", deck=out.deck.title)
        back = read_apkg(exported(col, tmp_path, out.deck.title))
    (changed,) = (card for card in back.deck.cards if card.id == "tricky")
    assert (changed.kind, changed.answer, changed.proof) == ("recall", "Quite safe", None)
    assert [card.front for card in back.deck.cards if card.front == "Mine?"] == ["Mine?"]
    assert len(back.deck.cards) == len(out.deck.cards) + 1


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=20)
@given(decks())
def test_any_deck_comes_back_as_it_was(deck: Deck) -> None:
    assume(deck.cards)
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    memories = {card.id: remembered(card.id, "4"[: 1 + place], now) for place, card in enumerate(deck.cards)}
    back = read_apkg(write_apkg(deck, memories, now=now, calendar=UTC_DAYS), calendar=UTC_DAYS)
    assert repr(back.deck.cards) == repr(deck.cards), differences(back.deck, deck)
    assert {memory.card: memory.due for memory in back.memories} == {
        card: memory.due for card, memory in memories.items()
    }


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu", "Europe/Berlin"])
def test_a_day_is_the_same_day_for_a_learner_anywhere(zone: str) -> None:
    days = calendar(zone)
    deck = Deck(id="d", title="D", says="", cards=(replace(TRICKY, topic=""),))
    for month in range(1, 13):  # on both sides of the changes of the clocks
        now = datetime.combine(date(2026, month, 15), time(3, 30), UTC)
        memories = {"tricky": remembered("tricky", "43", now, days)}
        (back,) = read_apkg(write_apkg(deck, memories, now=now, calendar=days), calendar=days).memories
        assert (back.due, back.day) == (memories["tricky"].due, memories["tricky"].day)
