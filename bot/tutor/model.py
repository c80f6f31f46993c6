"""What passes between the tutor and the conversations: questions as posed, answers as marked, what is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from bot.command import Place
from cards.backlog import Plan
from cards.grade import Rating, written
from cards.misconceptions import Wrong
from cards.model import Card, Deck, Value

if TYPE_CHECKING:
    from cards.families.family import Family
    from cards.forecast import Forecast

Purpose = Literal["practice", "review", "daily", "quiz"]
Asks = Literal["recall", "shape", "number", "numbers", "choice", "predict", "mistake", "order", "pair"]
SKILL = "~"  # before the id of a family, where it is scheduled like a card


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a person may be asked.

    Attributes:
        decks: the house's first, then theirs and their community's; withdrawn cards are left out.
        cards: by name, `deck/card`; a card's own `id`, `needs` and `topic` hold names of that form, too
            (`stride/conv1d`), so that decks never meet.
        skills: families of questions with fresh numbers, by name, `~family`.
        topics: id, such as `stride/conv1d` -> title.
        taught: all of `cards`, and a stand-in card for each skill, in the order in which they are taught.
    """

    decks: tuple[Deck, ...]
    cards: Mapping[str, Card]
    skills: Mapping[str, Family]
    topics: Mapping[str, str]
    taught: tuple[Card, ...] = field(repr=False)

    def topic_title(self, name: str) -> str:
        """The title of the topic of a card or skill."""
        topic = self.cards[name].topic if name in self.cards else f"stride/{self.skills[name].topic}"
        return self.topics.get(topic, topic.partition("/")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A question with fresh numbers and its key, as torch confirmed it.

    Attributes:
        family: that drew it.
        level: from 1 to 3.
        key: the right answer.
        wrong: what wrong rules give.
        working: how one gets to the key.
        proof: the `/shape` line or the Python that torch ran.
        tolerance: how far a number may be away.
    """

    family: str
    level: int
    key: Value
    wrong: tuple[Wrong, ...]
    working: str
    proof: str
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """A question as somebody sees it. Everything that marks it is kept with it, so that no restart changes it.

    Attributes:
        id: short and opaque, `[a-z0-9]`, at most 12 characters: fits a button.
        person: who alone may answer; empty where anybody in the place may, once each.
        place: where it was asked.
        at: when.
        session: of which it is part; questions of one session have the same.
        position: in the session, from 1.
        of: how many the session has.
        purpose: what it was asked for.
        card: of which the memory is: `deck/card`, or `~family` for a skill.
        source: what was asked: `deck/card`, or `family.level.seed`.
        asks: what the answer is; `recall` and `mistake` may be rated by oneself (see `rated`).
        prompt: the question.
        code: shown with it; may be empty.
        choices: as shown, in their order: to choose from, or the steps to put in order; may be empty.
        unit: of a number; may be empty.
        hint: a first help; may be empty.
        topic: its title.
        rule: two in a row never have the same one, where there is another.
        torch: the version that confirmed the key before this was asked; empty where torch could not be asked then.
        rated: the answer is a sentence: it is shown, and the person says how well they knew it.
        secret: the key and all that belongs to it: shown to nobody before the answer.
    """

    id: str
    person: str
    place: Place
    at: datetime
    session: str
    position: int
    of: int
    purpose: Purpose
    card: str
    source: str
    asks: Asks
    prompt: str
    code: str = ""
    choices: tuple[str, ...] = ()
    unit: str = ""
    hint: str = ""
    topic: str = ""
    rule: str = ""
    torch: str = ""
    rated: bool = False
    secret: Card | Drawn = field(repr=False)

    @property
    def key(self) -> str:
        """The right answer as one would write it."""
        if isinstance(self.secret, Card):
            if self.asks == "order" and isinstance(self.secret.answer, tuple):
                return " -> ".join(str(step) for step in self.secret.answer)
            return written(self.secret.answer)
        return written(self.secret.key)

    @property
    def reason(self) -> str:
        """Why it is so, or how one gets there."""
        return self.secret.reason if isinstance(self.secret, Card) else self.secret.working

    @property
    def proof(self) -> str:
        """The `/shape` line or the Python that torch runs; empty where nothing can be run."""
        if isinstance(self.secret, Card):
            return self.secret.proof.code if self.secret.proof else ""
        return self.secret.proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Questions posed together; they are seen one after the other."""

    id: str
    questions: tuple[Posed, ...]
    topics: tuple[str, ...] = ()  # titles, where some were asked for
    says: str = ""  # how the words were understood, or why there are fewer questions than asked for; may be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What became of an answer.

    Attributes:
        posed: the question.
        correct: whether it was right.
        key: the right answer as one would write it.
        said: what was typed, or the words of the choice.
        understood: how it was read; empty where it was rated by oneself.
        sure: whether that reading was the only one.
        mistake: the wrong rule, `M1` to `M24`; empty where it was right or the rule is none of these.
        diagnosis: the mistake in words, to whoever made it; None where it was right or the mistake is unknown.
        reason: why the key is right.
        example: something to try; may be empty.
        proof: what torch ran; empty where nothing can be run.
        torch: the version that ran it; empty where it was not run.
        rating: what the scheduler was told.
        due: when it is asked again: a moment, or a day of the learner's.
        day: of the learner's, on which it was answered.
        leech: it has been forgotten so often that something easier comes first.
        easier: the name of that card; may be empty.
        at: when it was answered.
        again: it had been answered before; this is what was said then.
        credited: it counted as wrong and was made right since, because the question was.
    """

    posed: Posed
    correct: bool
    key: str
    said: str
    understood: str = ""
    sure: bool = True
    mistake: str = ""
    diagnosis: str | None = None
    reason: str = ""
    example: str = ""
    proof: str = ""
    torch: str = ""
    rating: Rating
    due: datetime | date
    day: date
    leech: bool = False
    easier: str = ""
    at: datetime
    again: bool = False
    credited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """The answer to a question that people rate themselves; nothing has been kept yet.

    Attributes:
        posed: the question.
        key: the right answer.
        said: what was typed, to be compared; may be empty.
        reason: why it is so.
        example: something to try; may be empty.
        proof: what torch runs; may be empty.
    """

    posed: Posed
    key: str
    said: str
    reason: str
    example: str
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How much there is to do, and was done.

    Attributes:
        due: cards that can be asked now, without new ones.
        new: new ones that may still come today.
        learnt: cards that this person has ever answered and that are still there.
        done: answers today, on the learner's own day.
        right: of them.
        next_due: when the next is due, where none is now; None where nothing is waiting at all.
        tomorrow: cards that are due tomorrow.
        plan: how a backlog could be spread over days; None where there is none. `take_up` does it.
    """

    due: int
    new: int
    learnt: int
    done: int
    right: int
    next_due: datetime | None
    tomorrow: int
    plan: Plan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A card or a skill that somebody has ever answered.

    Attributes:
        name: `deck/card` or `~family`.
        title: its question, or what the skill is.
        topic: the title of its topic.
        remembered: the chance that they know it today.
        due: whether it is asked again now.
        first: the day on which it was new.
    """

    name: str
    title: str
    topic: str
    remembered: float
    due: bool
    first: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicKnown:
    """A topic of which somebody has begun some cards or skills.

    Attributes:
        title: its.
        remembered: the share of those begun that they know today.
        begun: how many these are.
        cards: how many there are.
        due: how many of those begun are asked again now.
    """

    title: str
    remembered: float
    begun: int
    cards: int
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What somebody knows, of everything or of a topic.

    Attributes:
        title: what of; empty for everything.
        names: all cards and skills that belong to it.
        begun: those of them that they ever answered.
        topics: those begun, first that of which the smallest share of all its cards is remembered.
        forecast: of what they know; None where they have begun nothing of it.
        standing: what there is to do, whatever it is of.
        today: their day.
    """

    title: str
    names: frozenset[str] = field(repr=False)
    begun: tuple[Begun, ...]
    topics: tuple[TopicKnown, ...]
    forecast: Forecast | None
    standing: Standing
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """A card as somebody sees it who looks it up.

    Attributes:
        name: `deck/card`.
        card: the card.
        topic: its topic's title.
        torch: the version that proved it; empty where nothing was run.
    """

    name: str
    card: Card
    topic: str
    torch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing is to be asked now."""

    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What torch said just now about a question's key.

    Attributes:
        outcome: `holds`, `wrong`, or `nothing to run`.
        proof: what was run.
        gave: what torch gave, as text.
        why: what is wrong, or why there is nothing to run; may be empty.
        torch: its version.
        elapsed_ms: how long it took; 0 where that is not known.
    """

    outcome: Literal["holds", "wrong", "nothing to run"]
    proof: str
    gave: str = ""
    why: str = ""
    torch: str = ""
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """What came of a dispute.

    Attributes:
        posed: the question.
        checked: its proof, run just now.
        withdrawn: nobody is asked it any more.
        credited: to how many people a wrong answer was made right.
        yours: whether one of them is whoever disputed.
    """

    posed: Posed
    checked: Checked
    withdrawn: bool = False
    credited: int = 0
    yours: bool = False
