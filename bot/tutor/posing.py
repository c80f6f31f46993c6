"""Questions as somebody will see them: a card or a drawn question, with its choices in their order."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING

from bot.tutor.model import SKILL, Catalogue, Drawn, Posed, Purpose
from cards.grade import written
from cards.memory import Memory
from cards.model import Card

if TYPE_CHECKING:
    from bot.command import Incoming
    from cards.generate import Question

ID_LENGTH = 12  # of [a-z0-9]: fits a button beside other arguments
ID_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without what is easily confused
NEWCOMERS_CHOICES = 3
LEVEL_FROM_DAYS = (3.0, 14.0)  # of stability: from here on a skill is asked on level 2, and on level 3
MOST_WORDS = 3  # of an answer that is typed: a longer one is compared by whoever gave it


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where in a session a question stands, and what for."""

    session: str
    position: int
    of: int
    purpose: Purpose


def short_id(*parts: str) -> str:
    """An id that follows from its parts, so that the same event comes to the same."""
    number = int.from_bytes(blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest())
    letters = []
    for _ in range(ID_LENGTH):
        number, place = divmod(number, len(ID_ALPHABET))
        letters.append(ID_ALPHABET[place])
    return "".join(letters)


def draw_for(*parts: str) -> Random:
    """Randomness that follows from an event, so that its second delivery asks the same."""
    return Random("\0".join(parts))  # noqa: S311 - questions, not secrets


def level(memory: Memory | None) -> int:
    """How hard a skill is asked: harder as it is known better."""
    if memory is None or memory.phase != "review":
        return 1
    return 1 + sum(memory.stability >= days for days in LEVEL_FROM_DAYS)


def from_card(incoming: Incoming, seat: Seat, card: Card, *, catalogue: Catalogue, torch: str) -> Posed:
    """A card of a deck, by its name."""
    return Posed(
        id=short_id(seat.session, str(seat.position)),
        person=incoming.user.id,
        place=incoming.place,
        at=incoming.at,
        session=seat.session,
        position=seat.position,
        of=seat.of,
        purpose=seat.purpose,
        card=card.id,
        source=card.id,
        asks=card.kind,
        prompt=card.front,
        code=card.code,
        choices=_choices(card, draw_for(seat.session, str(seat.position))),
        unit=card.unit,
        hint=card.hint,
        topic=catalogue.topic_title(card.id),
        rule=card_rule(card),
        torch=torch,
        rated=is_rated(card),
        secret=card,
    )


def from_question(incoming: Incoming, seat: Seat, question: Question, *, catalogue: Catalogue, newcomer: bool) -> Posed:
    """A question with fresh numbers; somebody new to the skill gets a few choices."""
    name = f"{SKILL}{question.family.id}"
    drawn = Drawn(
        family=question.family.id,
        level=question.level,
        key=question.key,
        wrong=question.wrong,
        working=question.working,
        proof=question.proof,
        tolerance=question.tolerance,
    )
    return Posed(
        id=short_id(seat.session, str(seat.position)),
        person=incoming.user.id,
        place=incoming.place,
        at=incoming.at,
        session=seat.session,
        position=seat.position,
        of=seat.of,
        purpose=seat.purpose,
        card=name,
        source=question.id,
        asks=question.asks,
        prompt=question.prompt,
        choices=_few(question) if newcomer else (),
        unit=question.unit,
        topic=catalogue.topic_title(name),
        rule=question.family.rule,
        torch=question.torch,
        secret=drawn,
    )


def card_rule(card: Card) -> str:
    """Cards of one family, or of one topic, are answered by one rule."""
    return card.family or card.topic


def is_rated(card: Card) -> bool:
    """Whether the answer is a sentence, which nobody types word by word."""
    if card.kind not in {"recall", "mistake"}:
        return False
    return card.kind == "mistake" or len(str(card.answer).split()) > MOST_WORDS


def _choices(card: Card, draw: Random) -> tuple[str, ...]:
    """To choose from, or to put in order: never in the right order already."""
    if card.kind == "choice":
        choices = [str(card.answer), *(each.text for each in card.wrong)]
        draw.shuffle(choices)
        return tuple(choices)
    if card.kind == "order" and isinstance(card.answer, tuple):
        steps = [str(step) for step in card.answer]
        turned = draw.randrange(1, len(steps))
        draw.shuffle(steps)
        if tuple(steps) == card.answer:
            steps = [*steps[turned:], *steps[:turned]]
        return tuple(steps)
    return ()


def _few(question: Question) -> tuple[str, ...]:
    """The key and the likeliest mistakes, in the order in which the question has them."""
    likely = [question.key, *(each.value for each in question.wrong if each.value in question.choices)]
    kept = likely[:NEWCOMERS_CHOICES]
    return tuple(written(value) for value in question.choices if value in kept)
