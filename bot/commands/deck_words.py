"""What `/deck` says: decks in a table, one deck looked at, and what became of an import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bot.actions import Action
from bot.arguments import shorten
from bot.commands.deck_names import HOUSE, HOUSE_TITLE, Reader
from bot.commands.deck_proof import Proofs
from bot.commands.learning_words import UNPROVED
from bot.reply import Button, Buttons, Part, Reply, Table, Text
from bot.store.deck_rows import Changes, Held, Kept, Standing
from cards.model import Card, Deck
from cards.proof import Outcome, Verdict

if TYPE_CHECKING:
    from cards.imported import LeftOut

MOST_CARDS = 20  # that are shown of a deck
MOST_WRONG = 20
FRONT = 90  # characters of a question in a table


def count(number: int, word: str) -> str:
    """`1 card`, `2 cards`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def listed(house: Deck, seen: Sequence[Held], used: Iterable[str], reader: Reader) -> Reply:
    """The decks that somebody sees."""
    using = set(used)
    proven = sum(card.proof is not None for card in house.cards)
    rows = [(f"Stride's: {HOUSE_TITLE}", count(len(house.cards), "card"), f"{proven:,} by torch", "always")]
    rows += [
        (shorten(held.title), count(held.cards, "card"), _proofs(held), _use(held, using, reader)) for held in seen
    ]
    parts: list[Part] = [
        Table(headers=("deck", "cards", "proved", "in use"), rows=tuple(rows), title="Decks"),
        Text(
            text="`/deck import` brings in a deck from TOML, CSV or Anki; `/deck show NAME` looks at one; "
            "`/deck use NAME` and `/deck stop NAME` say what you practise.",
            tone="note",
        ),
    ]
    data = {
        "decks": [
            {"id": HOUSE, "title": HOUSE_TITLE, "whose": "stride", "cards": len(house.cards), "used": True},
            *(_data(held, used=held.id in using, reader=reader) for held in seen),
        ]
    }
    return Reply(parts=tuple(parts), private=True, data=data)


def shown(kept: Kept, *, used: bool, may_stop: bool, may_change: bool, reader: Reader) -> Reply:
    """One deck: what is in it, and what can be done with it by whoever asks."""
    held = kept.held
    words = [count(held.cards, "card"), reader.whose(held), "in use" if used else "not in use"]
    parts: list[Part] = [Text(text=shorten(held.title), tone="heading"), Text(text=", ".join(words) + ".")]
    if held.says:
        parts.append(Text(text=held.says))
    parts += _cards(kept.deck.cards, kept.standing)
    buttons = []
    if not used:
        buttons.append(Button(label="Use it", action=Action("deck-use", (held.id,)), style="primary"))
    elif may_stop:
        buttons.append(Button(label="Stop using it", action=Action("deck-stop", (held.id,))))
    if held.waiting and may_change:
        buttons.append(prove_button(held.id))
    if buttons:
        parts.append(Buttons(buttons=tuple(buttons)))
    cards = [
        {"id": card.id, "kind": card.kind, "front": card.front, "proof": kept.standing[card.id].outcome.value}
        for card in kept.deck.cards
    ]
    return Reply(parts=tuple(parts), private=True, data=_data(held, used=used, reader=reader) | {"deck_cards": cards})


def shown_house(deck: Deck) -> Reply:
    """The deck that comes with Stride: its topics."""
    topics = [(title, count(sum(card.topic == topic for card in deck.cards), "card")) for topic, title in _topics(deck)]
    parts = (
        Text(text=f"Stride's own deck: {HOUSE_TITLE}", tone="heading"),
        Text(text=f"{count(len(deck.cards), 'card')}, always in use. {deck.says}"),
        Table(headers=("topic", "cards"), rows=tuple(topics)),
        Text(text="`/practice` and a topic asks about it; `/deck export stride` gives all of it.", tone="note"),
    )
    return Reply(parts=parts, private=True, data={"id": HOUSE, "title": HOUSE_TITLE, "cards": len(deck.cards)})


def imported(
    deck: Deck,
    changes: Changes,
    proofs: Proofs,
    *,
    left_out: Sequence[LeftOut] = (),
    group: bool,
    kept: int,
    taken: int = 0,
) -> Reply:
    """What became of an import.

    Args:
        deck: as it was read.
        changes: in the store.
        proofs: what torch said.
        left_out: what did not come out of the file, and why.
        group: whether it is the group's.
        kept: cards that the deck has now.
        taken: cards whose dates came along.
    """
    title = shorten(deck.title)
    done = "is there" if changes.fresh else "is up to date"
    parts: list[Part] = [Text(text=f"`{title}` {done}: {count(kept, 'card')}.", tone="good")]
    if not changes.fresh:
        parts.append(Text(text=_difference(changes)))
    parts += _proved(proofs)
    parts += _left(left_out)
    if taken:
        parts.append(Text(text=f"The dates of {count(taken, 'card')} came along: you go on where you were."))
    who = "Everybody here practises them" if group else "They come up in `/review` and `/practice`"
    parts.append(Text(text=f"{who} from now on; `/deck stop {title}` ends that.", tone="note"))
    buttons = [Button(label="Remove it again", action=Action("deck-remove", (deck.id,)))] if changes.fresh else []
    if proofs.count(Outcome.UNASKED):
        buttons.insert(0, prove_button(deck.id))
    if buttons:
        parts.append(Buttons(buttons=tuple(buttons)))
    return Reply(parts=tuple(parts), private=True, data=_import_data(deck, changes, proofs, left_out, kept))


def judged(title: str, proofs: Proofs) -> Reply:
    """What came of proving the cards that waited."""
    parts = [Text(text=f"`{shorten(title)}`:", tone="heading"), *_proved(proofs)]
    if len(parts) == 1:
        parts.append(Text(text="No card of it waits for a proof."))
    return Reply(parts=tuple(parts), private=True, data={"proved": proofs.count(Outcome.PROVED), **_wrong_data(proofs)})


def nothing_left(deck: Deck, proofs: Proofs) -> tuple[Part, ...]:
    """Why nothing of a deck was imported: no card of it holds."""
    return tuple(_wrong(proofs.wrong)) or (Text(text=f"`{shorten(deck.title)}` has no cards."),)


def prove_button(deck_id: str) -> Button:
    """Goes on with the proofs."""
    return Button(label="Prove the rest", action=Action("deck-prove", (deck_id,)), style="primary")


def standing(found: Standing) -> str:
    """How a card stands, in words."""
    match found.outcome:
        case Outcome.PROVED:
            return f"torch {found.torch}"
        case Outcome.NOTHING_TO_RUN:
            return UNPROVED
        case _:
            return "waits for its proof"


def _proofs(held: Held) -> str:
    if not held.proved and not held.waiting:
        return UNPROVED if held.cards else ""
    waiting = f", {held.waiting:,} wait" if held.waiting else ""
    return (f"{held.proved:,} by torch" if held.proved < held.cards else "all by torch") + waiting


def _use(held: Held, using: set[str], reader: Reader) -> str:
    used = "yes" if held.id in using else "no"
    return used if held.owner == reader.person else f"{used} (the group's)"


def _cards(cards: Sequence[Card], found: dict[str, Standing] | Any) -> Iterator[Part]:
    rows = tuple((shorten_front(card.front), card.kind, standing(found[card.id])) for card in cards[:MOST_CARDS])
    if rows:
        yield Table(headers=("question", "kind", "proved by"), rows=rows)
    if len(cards) > MOST_CARDS:
        yield Text(text=f"and {len(cards) - MOST_CARDS:,} more", tone="note")


def shorten_front(front: str) -> str:
    """A question on one line."""
    calm = " ".join(front.split())
    return calm if len(calm) <= FRONT else calm[:FRONT] + "…"


def _difference(changes: Changes) -> str:
    said = [
        f"{len(changes.added):,} new" if changes.added else "",
        f"{len(changes.changed):,} changed" if changes.changed else "",
        f"{changes.same:,} the same",
        f"{len(changes.gone):,} no longer in the file were taken out" if changes.gone else "",
    ]
    words = ", ".join(each for each in said if each)
    return f"It was there before, and was not doubled: {words}. What you remember of the cards stays."


def _proved(proofs: Proofs) -> Iterator[Part]:
    proven, plain = proofs.count(Outcome.PROVED), proofs.count(Outcome.NOTHING_TO_RUN)
    if proven:
        yield Text(text=f"{count(proven, 'card')} proved on torch {proofs.torch}.")
    if plain:
        has = "has" if plain == 1 else "have"
        yield Text(
            text=f"{count(plain, 'card')} {has} nothing that torch could run, and will say “{UNPROVED}”.", tone="note"
        )
    yield from _wrong(proofs.wrong)
    if waiting := proofs.count(Outcome.UNASKED):
        why = f"torch could not be asked ({proofs.gone})" if proofs.gone else "there was no time for more at once"
        yield Text(text=f"{count(waiting, 'card')} wait and are not asked yet, because {why}.", tone="bad")


def _wrong(wrong: Sequence[Verdict]) -> Iterator[Part]:
    if not wrong:
        return
    yield Text(
        text=f"{count(len(wrong), 'card')} kept out: torch does not agree, or the proof does not run.", tone="bad"
    )
    rows = tuple((each.card, str(each.place.line or ""), each.why) for each in wrong[:MOST_WRONG])
    yield Table(headers=("card", "line", "why"), rows=rows)
    if len(wrong) > MOST_WRONG:
        yield Text(text=f"and {len(wrong) - MOST_WRONG:,} more", tone="note")
    yield Text(text="Put them right in the file and import it again: the others stay as they are.", tone="note")


def _left(left_out: Sequence[LeftOut]) -> Iterator[Part]:
    for each in left_out:
        example = f" For example: {shorten(each.example)}" if each.example else ""
        here = "came without a part" if each.kept else "were left out"
        yield Text(text=f"{count(each.cards, 'card')} {here}: {each.why}.{example}", tone="note")


def _data(held: Held, *, used: bool, reader: Reader) -> dict[str, Any]:
    return {
        "id": held.id,
        "title": held.title,
        "whose": "you" if held.owner == reader.person else "group",
        "cards": held.cards,
        "proved": held.proved,
        "waiting": held.waiting,
        "used": used,
    }


def _import_data(
    deck: Deck, changes: Changes, proofs: Proofs, left_out: Sequence[LeftOut], kept: int
) -> dict[str, Any]:
    return {
        "deck": deck.id,
        "title": deck.title,
        "cards": kept,
        "new_deck": changes.fresh,
        "added": list(changes.added),
        "changed": list(changes.changed),
        "same": changes.same,
        "gone": list(changes.gone),
        "proved": proofs.count(Outcome.PROVED),
        "not_proved": proofs.count(Outcome.NOTHING_TO_RUN),
        "waiting": proofs.count(Outcome.UNASKED),
        "torch": proofs.torch or None,
        "left_out": [{"cards": each.cards, "why": each.why, "kept": each.kept} for each in left_out],
        **_wrong_data(proofs),
    }


def _wrong_data(proofs: Proofs) -> dict[str, Any]:
    return {"kept_out": [{"card": each.card, "line": each.place.line, "why": each.why} for each in proofs.wrong]}


def _topics(deck: Deck) -> Iterable[tuple[str, str]]:
    return deck.topics.items()
