"""A tutor to be asked: a deck of a person's own in front of the house's, and answers that read as a conversation."""

from __future__ import annotations

from bot.command import Incoming, User
from bot.store.deck_rows import Standing
from bot.store.learning_rows import entries
from bot.tutor.model import Marked, Posed, Rest
from bot.tutor.tutor import Tutor
from cards.grade import Rating
from cards.memory import Memory, Teacher
from cards.model import Card, Choice, Deck, Proof
from cards.proof import Outcome
from cards.replay import replay
from tests.bot.conversation import Conversation

TOPIC = "letters"
SEVEN = "claim(int(torch.tensor([3, 4]).sum()))"


def number(name: str, answer: int = 7, **more: object) -> Card:
    """A card that asks for a number, with a proof that claims 7."""
    fields: dict[str, object] = {
        "topic": TOPIC,
        "reason": "It is so.",
        "proof": Proof(code=SEVEN, value=answer),
        **more,
    }
    return Card(id=name, kind="number", front=f"What is {name}?", answer=answer, **fields)  # type: ignore[arg-type] # as written above


def choice(name: str) -> Card:
    wrong = (
        Choice(text="blue", because="Blue is the sky.", misconception="M7"),
        Choice(text="red", because="Red is the rose."),
    )
    return Card(
        id=name, kind="choice", topic=TOPIC, front="Grass?", answer="green", reason="It is.", wrong=wrong,
        why_no_proof="taste",
    )  # fmt: skip


def mistake(name: str) -> Card:
    return Card(
        id=name, kind="mistake", topic=TOPIC, front="'All sheep are black.' What is wrong?", answer="Some are white.",
        reason="Look.", accept=("some are white",), why_no_proof="taste",
    )  # fmt: skip


def order(name: str) -> Card:
    return Card(
        id=name, kind="order", topic=TOPIC, front="In order?", answer=("one", "two", "three"), reason="So.",
        why_no_proof="taste",
    )  # fmt: skip


class Pupil:
    """Somebody who learns, with a deck of their own."""

    def __init__(self, group: Conversation, name: str) -> None:
        self.group, self.name = group, name
        self.user = User(id=f"test:{name}", name=name)
        self.deck = f"{name}-deck"

    @property
    def tutor(self) -> Tutor:
        return self.group.core.tutor

    def event(self, id: str | None = None) -> Incoming:  # noqa: A002 - the field's own name
        return self.group.incoming(self.name, id=id)

    async def brings(self, *cards: Card, owner: str = "", outcome: Outcome = Outcome.PROVED) -> None:
        """Uses a deck of these cards, which are taken to be proved."""
        deck = Deck(id=self.deck, title="Mine", says="", cards=cards, topics={TOPIC: "Letters"})
        standing = {card.id: Standing(outcome, "2.13.0") for card in cards}
        decks = self.group.core.store.decks
        await decks.put(deck, standing, owner=owner or self.user.id, at=self.group.clock.now())
        await decks.use(owner or self.user.id, self.deck)

    async def asked(self, *names: str) -> list[Posed]:
        """Practises these cards of their deck."""
        found = await self.tutor.practise(self.event(), names=[f"{self.deck}/{name}" for name in names], count=20)
        return sorted(found.questions, key=lambda posed: names.index(posed.card.partition("/")[2]))

    async def says(self, posed: Posed, typed: str) -> Marked:
        """Types an answer that is marked."""
        marked = await self.tutor.answer(self.event(), posed, typed=typed)
        assert isinstance(marked, Marked)
        return marked

    async def rates(self, posed: Posed, rating: Rating) -> Marked:
        marked = await self.tutor.answer(self.event(), posed, rating=rating)
        assert isinstance(marked, Marked)
        return marked

    async def knows_it(self, posed: Posed) -> Marked:
        """Gives the right answer, whatever the question."""
        if posed.rated:
            return await self.rates(posed, Rating.GOOD)
        if isinstance(posed.secret, Card) and posed.asks == "order" and isinstance(posed.secret.answer, tuple):
            return await self.says(
                posed, " ".join("abcdefgh"[posed.choices.index(str(step))] for step in posed.secret.answer)
            )
        return await self.says(posed, posed.key)

    async def reviews(self) -> Posed | None:
        """What comes now; None where there is nothing."""
        found = await self.tutor.review(self.event())
        return None if isinstance(found, Rest) else found

    async def memories(self) -> tuple[Memory, ...]:
        """As they are stored, in the order of their cards."""
        _, found = await self.group.core.store.learning.memories(self.user.id)
        return tuple(sorted(found, key=lambda memory: memory.card))

    async def memory(self, name: str) -> Memory:
        [found] = [each for each in await self.memories() if each.card == f"{self.deck}/{name}"]
        return found

    async def replayed(self) -> tuple[Memory, ...]:
        """As the log has it."""
        learning = self.group.core.store.learning
        pupil = await learning.pupil(self.user.id)
        assert pupil is not None
        log = entries(await learning.log(self.user.id))
        return replay(log, seed=pupil.seed, teacher=Teacher(weights=pupil.weights))
