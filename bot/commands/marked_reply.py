"""What follows an answer: whether it was right, why, what torch ran, when it comes back, and where to go from here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.actions import Action
from bot.commands.learning_words import LETTERS, NOTED, RATED, UNPROVED, comes_back
from bot.commands.question_reply import described
from bot.commands.session_reply import counts, score, summary
from bot.reply import Button, Buttons, Code, Part, Reply, Text
from bot.tutor.model import Marked, Posed, Revealed
from cards.grade import Rating
from cards.model import Card

ONE_CLAIM = re.compile(r"claim\((.+)\)")  # all of a proof: its value is what the card says
_WORDS = re.compile(r"[a-z]+[ ,]")
_PAIR = re.compile(r"\((\d+), (\d+)\)")
_OTHERWISE = RATED | {Rating.AGAIN: "I guessed"}  # of a right answer
EXACT = frozenset({"shape", "number", "numbers", "pair", "predict"})  # answers that are written to the letter


def marked(found: Marked, following: Posed | None, results: Sequence[Marked] = ()) -> Reply:
    """What becomes of an answer.

    Args:
        found: as the tutor marked it.
        following: the next question of the session, if there is one.
        results: where the session is over, all its answers.
    """
    over = bool(results) and len(results) > 1
    parts = [*_said_before(found), *_verdict(found), *_why(found)]
    parts += [Text(text=_note(found), tone="note"), *_leech(found)]
    parts += [*_buttons(found, following), *(summary(results) if over else ())]
    return Reply(parts=tuple(parts), private=True, data=_data(found, following, results if over else ()))


def revealed(found: Revealed) -> Reply:
    """The answer to compare one's own with, and four ways to say how well one knew it."""
    posed = found.posed
    parts: list[Part] = []
    if found.said:
        parts += [Text(text="You said:"), Code(code=found.said)]
    parts += [Text(text=f"The answer: {sentence(found.key)}"), Text(text=because(found.reason))]
    parts += _ran(posed, found.proof)
    parts.append(Text(text="How well did you know it?"))
    ratings = (
        Button(
            label=RATED[rating],
            action=Action("answer-rate", (posed.id, str(int(rating)))),
            style="primary" if rating is Rating.GOOD else "normal",
        )
        for rating in Rating
    )
    parts += [
        Buttons(buttons=tuple(ratings)),
        Text(text=f"Or type `/answer {posed.id}` and again, hard, good or easy.", tone="note"),
    ]
    data = {"question": posed.id, "key": found.key, "said": found.said, "reason": found.reason, "proof": found.proof}
    return Reply(parts=tuple(parts), private=True, data=data | {"correct": None, "diagnosis": None})


def overridden(found: Marked, following: Posed | None) -> Reply:
    """What comes of rating an answer in another way."""
    says = f"Noted: {NOTED[found.rating]}. It comes back {_when(found)}."
    parts = (Text(text=says, tone="good"), *_buttons(found, following))
    return Reply(parts=parts, private=True, data=_data(found, following, ()))


def unsure(posed: Posed, understood: str, answer: str) -> Reply:
    """Asks how sure they are, before anything is shown; `answer` finds what they said again."""
    buttons = (
        Button(label=label, action=Action("answer-sure", (posed.id, answer, level)))
        for level, label in (("1", "Guessed"), ("2", "Unsure"), ("3", "Sure"))
    )
    own = understood if posed.choices else understood.replace("`", "'")
    says = Text(text=f"You say {spoken(posed, own)} How sure are you?")
    return Reply(parts=(says, Buttons(buttons=tuple(buttons))), private=True)


# The parts.


def _said_before(found: Marked) -> tuple[Part, ...]:
    return (Text(text="You answered this before, and the first answer counts.", tone="note"),) if found.again else ()


def _verdict(found: Marked) -> list[Part]:
    """Whether it was right, the key, and of a wrong answer the mistake."""
    posed = found.posed
    if found.credited:
        said = f" You said {_own(found)}" if found.understood else ""
        return [Text(text=f"The question was wrong and is taken out, so this counts as right.{said}", tone="good")]
    if _self_rated(found):
        noted = Text(text=f"Noted: {NOTED[found.rating]}.", tone="good" if found.correct else "normal")
        return [noted] if found.correct else [noted, Text(text=f"The answer: {spoken(posed, found.key)}")]
    if found.correct:
        right = found.understood if posed.asks == "pair" else found.key
        read = [] if found.sure else [Text(text=f"I read yours as {_own(found)}", tone="note")]
        return [Text(text=_right(posed, right), tone="good"), *read]
    if posed.asks == "order":
        wrong = Text(text="Not right. This is the order:", tone="bad")
        return [wrong if found.understood else Text(text="This is the order:"), *steps(posed)]
    it_is = "One that works is" if posed.asks == "pair" else "It is"
    if not found.understood:
        return [Text(text=f"The answer: {spoken(posed, found.key)}")]
    diagnosis = [Text(text=found.diagnosis)] if found.diagnosis else []
    return [
        Text(text=f"Not right. {it_is} {spoken(posed, found.key)}", tone="bad"),
        Text(text=f"You said {_own(found)}"),
        *diagnosis,
    ]


def _right(posed: Posed, answer: str) -> str:
    if posed.asks == "order":
        return "Right, that is the order."
    return f"Right{',' if posed.asks == 'choice' else ':'} {spoken(posed, answer)}"


def _why(found: Marked) -> list[Part]:
    """The reason, and what torch ran where that is short; whoever says that they knew it has just seen both."""
    if (_self_rated(found) and found.correct) or found.credited:
        return []
    reason = [Text(text=because(found.reason))] if found.reason else []
    return [*reason, *_ran(found.posed, found.proof)]


def _ran(posed: Posed, proof: str) -> list[Part]:
    """What torch ran, where that is one line that says something to a learner; the rest waits behind Why."""
    if proof.startswith("/"):
        return [code_part(proof)]
    claim = ONE_CLAIM.fullmatch(proof.strip())
    return [code_part(claim[1])] if claim and posed.asks in EXACT and "shown(code)" not in proof else []


def _self_rated(found: Marked) -> bool:
    return found.posed.rated and not found.understood


def _note(found: Marked) -> str:
    back = f"comes back {_when(found)}"
    if found.torch:
        return f"torch {version(found.torch)} ran it · {back}"
    return f"torch has not run it yet; Why does · {back}" if found.proof else f"{UNPROVED} · {back}"


def _when(found: Marked) -> str:
    return comes_back(found.due, found.day, found.at)


def _leech(found: Marked) -> list[Part]:
    if not found.leech:
        return []
    instead = "Something easier on it comes first." if found.easier else "Press Why, or ask in your group."
    return [Text(text=f"You have forgotten this one many times, and repeating it is no use. {instead}")]


def _buttons(found: Marked, following: Posed | None) -> list[Part]:
    posed = found.posed
    ways: list[Button] = []
    if posed.purpose == "review":
        ways.append(Button(label="Next", action=Action("review-next"), style="primary"))
    elif following is not None:
        ways.append(Button(label="Next", action=Action("practice-next", (posed.id,)), style="primary"))
    ways.append(Button(label="Why", action=Action("why", (posed.id,))))
    ways.append(Button(label="Dispute", action=Action("dispute", (posed.id,))))
    others = [rating for rating in Rating if found.correct and rating is not found.rating]
    ratings = tuple(
        Button(label=_OTHERWISE[rating], action=Action("answer-override", (posed.id, str(int(rating)))))
        for rating in others
    )
    return [Buttons(buttons=tuple(ways)), *([Buttons(buttons=ratings)] if ratings else [])]


# Words.


def version(torch: str) -> str:
    """`2.13.0` of `2.13.0+cpu`."""
    return torch.partition("+")[0]


def code_part(proof: str) -> Code:
    """What torch ran, as a part."""
    return Code(code=proof.strip(), language="" if proof.startswith("/") else "python")


def spoken(posed: Posed, answer: str) -> str:
    """An answer in a sentence that it ends: to the letter where it is code, with its letter where it is a choice."""
    if posed.asks == "pair" and (pair := _PAIR.fullmatch(answer)):
        return f"`stride={pair[1]}, padding={pair[2]}`."
    if posed.asks in EXACT and "`" not in answer and "\n" not in answer:
        unit = f" {posed.unit}" if posed.asks == "number" and posed.unit else ""
        return f"`{answer}`{unit}."
    if posed.asks == "choice" and answer in posed.choices:
        answer = f"{LETTERS[posed.choices.index(answer)]}: {answer}"
    return sentence(answer)


def _own(found: Marked) -> str:
    """What somebody said, in a sentence; words of their own mark nothing."""
    if found.posed.choices:
        return spoken(found.posed, found.understood)
    return spoken(found.posed, found.understood.replace("`", "'"))


def steps(posed: Posed) -> list[Part]:
    """The steps of an order, one below the other."""
    ordered = posed.secret.answer if isinstance(posed.secret, Card) else ()
    lines = (f"{place}: {step}" for place, step in enumerate(ordered if isinstance(ordered, tuple) else (), start=1))
    return [Text(text="\n".join(lines))]


def because(reason: str) -> str:
    """A reason as a sentence of its own; a calculation stays as it is."""
    return sentence(reason[:1].upper() + reason[1:] if _WORDS.match(reason) else reason)


def sentence(text: str) -> str:
    """The text with a full stop, where it has no end of its own; a calculation has."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) or text[-1:].isdigit() else f"{text}."


# For programs.


def _data(found: Marked, following: Posed | None, results: Sequence[Marked]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "question": found.posed.id,
        "correct": counts(found),
        "key": found.key,
        "said": found.said,
        "understood": found.understood,
        "sure": found.sure,
        "diagnosis": found.diagnosis,
        "mistake": found.mistake or None,
        "reason": found.reason,
        "proof": found.proof,
        "torch": version(found.torch),
        "rating": found.rating.name.lower(),
        "due": found.due.isoformat(),
        "again": found.again,
        "credited": found.credited,
        "next": None if following is None else described(following),
    }
    if results:
        data["session"] = score(results)
    return data
