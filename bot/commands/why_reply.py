"""What `/why` and `/dispute` say: the proof, what torch gave just now, and what that means for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.actions import Action
from bot.commands.learning_words import counted
from bot.commands.marked_reply import because, code_part, sentence, spoken, steps, version
from bot.reply import Button, Buttons, Part, Reply, Table, Text
from bot.tutor.model import Checked, Disputed, Drawn, Posed
from cards.grade import written

WRONG = "Wrong answers, and the mistake behind each"
MOST_WRONG = 6  # wrong answers whose rule is named


def why(checked: Checked, posed: Posed, run: Sequence[Button]) -> Reply:
    """Why the key is right: the reason, the proof, and what torch gave just now; `run` runs it once more."""
    parts: list[Part] = [Text(text=posed.prompt), *_key(posed)]
    parts += [Text(text=because(posed.reason)), *_proof(checked), *_wrong_rules(posed)]
    ways = [*run]
    if posed.id:
        ways.append(Button(label="Dispute", action=Action("dispute", (posed.id,))))
    if posed.id and posed.purpose == "review":
        ways.append(Button(label="Next", action=Action("review-next")))
    elif posed.id and posed.purpose == "practice" and posed.of > 1:
        ways.append(Button(label="Next", action=Action("practice-next", (posed.id,))))
    parts += [Buttons(buttons=tuple(ways))] if ways else []
    return Reply(parts=tuple(parts), private=True, data=_data(checked, posed))


def disputed(found: Disputed, run: Sequence[Button]) -> Reply:
    """What came of running the proof again because somebody doubts it."""
    posed, checked = found.posed, found.checked
    match checked.outcome:
        case "holds":
            parts = [
                Text(text="I ran it again, and torch says the same. The answer stands."),
                *_key(posed),
                *_proof(checked),
                Text(text=f"If its words are at fault, tell an organiser; it is called `{posed.source}`.", tone="note"),
            ]
        case "nothing to run":
            parts = [
                Text(text="There is nothing that torch could run here, so I cannot decide it."),
                *([Text(text=sentence(checked.why))] if checked.why else []),
                Text(text=f"Tell an organiser what is wrong; it is called `{posed.source}`."),
            ]
        case "wrong":
            parts = [Text(text="You are right: torch does not confirm this.", tone="good"), *_proof(checked)]
            parts += [Text(text=f"{_taken_out(found)} {_credits(found)}")]
    ways = [*run, *([Button(label="Why", action=Action("why", (posed.id,)))] if posed.id else [])]
    parts += [Buttons(buttons=tuple(ways))] if ways else []
    data = _data(checked, posed) | {"withdrawn": found.withdrawn, "credited": found.credited, "yours": found.yours}
    return Reply(parts=tuple(parts), private=True, data=data)


def _key(posed: Posed) -> list[Part]:
    return steps(posed) if posed.asks == "order" else [Text(text=spoken(posed, posed.key), tone="good")]


def _proof(checked: Checked) -> list[Part]:
    """The proof and what came of it."""
    if checked.outcome == "nothing to run":
        return [Text(text=sentence(checked.why), tone="note")] if checked.why else []
    took = f" ({checked.elapsed_ms:.0f} ms)" if checked.elapsed_ms >= 1 else ""
    ran = f"torch {version(checked.torch)} ran this just now{took}"
    if checked.outcome == "wrong":
        found = f"{ran}. It does not hold: {checked.why}"
    elif checked.gave in {"", "True"} or "`" in checked.gave:  # of a statement there is no more to tell
        found = f"{ran}: it holds"
    else:
        found = f"{ran}: it gives `{checked.gave}`"
    return [Text(text=sentence(found)), code_part(checked.proof)]


def _wrong_rules(posed: Posed) -> list[Part]:
    """What wrong rules give for these numbers, or why the other choices are wrong."""
    secret = posed.secret
    if isinstance(secret, Drawn):
        rows = [(written(each.value), each.diagnosis) for each in secret.wrong if each.diagnosis]
    else:
        rows = [(each.text, each.because) for each in secret.wrong]
    return [Table(title=WRONG, headers=("wrong", "the mistake"), rows=tuple(rows[:MOST_WRONG]))] if rows else []


def _taken_out(found: Disputed) -> str:
    return "It is taken out, and nobody is asked it any more." if found.withdrawn else "It was taken out before."


def _credits(found: Disputed) -> str:
    if not found.credited:
        return "Nobody's answer had to be changed."
    if found.yours and found.credited == 1:
        return "Your answer counts as right now."
    people = counted(found.credited, "person").replace("persons", "people")
    return f"It counts as right now for {people}" + (", you among them." if found.yours else ".")


def _data(checked: Checked, posed: Posed) -> dict[str, Any]:
    return {
        "question": posed.id or None,
        "source": posed.source,
        "key": posed.key,
        "reason": posed.reason,
        "outcome": checked.outcome,
        "proof": checked.proof,
        "gave": checked.gave,
        "why": checked.why,
        "torch": version(checked.torch),
        "elapsed_ms": checked.elapsed_ms,
    }
