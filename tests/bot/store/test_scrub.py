"""What is left of a reply when somebody is taken out of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bot import arguments, codec
from bot.actions import Action
from bot.reply import Button, Buttons, Code, Fault, Field, File, Form, Picture, Reply, Select, Table, Text, plain
from bot.store.scrub import LOST_PICTURE, SHOWN, SOMEBODY, Scrub

ME = "test:17"
GONE = "gone:1"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def cleaned(name: str, reply: Reply) -> Reply:
    return codec.loads(Scrub([ME], [name], GONE).reply(codec.dumps(reply)))


def everything(name: str) -> Reply:
    """A reply of all parts, in which somebody stands wherever people read."""
    form = Form(title=f"For {name}", fields=(Field(name="answer", label=name, value=name),), action=Action("quiz-sent"))
    return Reply(
        parts=(
            Text(text=f"{name} won", tone="good", until=AT),
            Code(code=f"# {name}", language="python"),
            Table(headers=("who", name), rows=((name, "3"), ("bob", "2")), title=f"As {name} sees it"),
            Buttons(buttons=(Button(label=f"Ask {name}", action=Action("quiz-join", ("q1",)), style="primary"),)),
            Select(label=f"{name}?", options=(("1", name),), action=Action("answer", ("x",))),
            form,
            File(name=f"{name}.txt", data=name.encode()),
        ),
        data={"name": name, "first": ME, "outcome": "noted"},
        fault=Fault(kind="usage", message=f"not {name}", suggestion=f"/ask {name}"),
    )


WORDS_OF_PROGRAMS = (
    "text", "parts", "is", "v", "1", "tone", "good", "primary", "quiz-join", "q1", "answer", "usage", "table", "python",
    "data", "message", "2026-03-02T09:00:00+00:00", "2026",
)  # fmt: skip


@pytest.mark.parametrize("name", WORDS_OF_PROGRAMS)
def test_a_reply_stays_one_whatever_somebody_calls_themselves(name: str) -> None:
    before, after = everything("zerlina"), cleaned(name, everything("zerlina"))
    assert [type(part) for part in after.parts] == [type(part) for part in before.parts]
    for number in (3, 4, 5):
        assert after.parts[number].__class__ is before.parts[number].__class__
        assert getattr(after.parts[number], "action", None) == getattr(before.parts[number], "action", None)
    [row] = [part for part in after.parts if isinstance(part, Buttons)]
    assert [(each.action, each.style) for each in row.buttons] == [(Action("quiz-join", ("q1",)), "primary")]
    assert isinstance(after.parts[0], Text)
    assert (after.parts[0].tone, after.parts[0].until) == ("good", AT)
    assert after.fault is not None
    assert after.fault.kind == "usage"


NAMES = (
    "zerlina", "a", "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", "two  spaces", "back`tick", "new\nline", 'quo"te\\',
    "Wilhelmina Alexandra Johanna Maria Augusta von Oranien", "*star* _under_ <b>", "\N{SMILING FACE WITH OPEN MOUTH}",
    "x" * 60,
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_form_of_a_name_is_left_where_it_was_shown(name: str) -> None:
    """Whole in what programs read, on one line and cut to what fits where people do."""
    calm = " ".join(name.split()).replace("`", "'")
    short = calm if len(calm) <= 40 else f"{calm[:40]}…"
    board = Table(headers=("who",), rows=((name[:40],), (short,)))
    shown = Reply(
        parts=(Text(text=f"{short} won."), Text(text=f"Taking part: bob, {short} and ann."), board),
        data={"players": [short], "points": [{"name": name}]},
    )
    after = cleaned(name, shown)
    assert plain(after) == plain(
        Reply(
            parts=(
                Text(text=f"{SOMEBODY} won."),
                Text(text=f"Taking part: bob, {SOMEBODY} and ann."),
                Table(headers=("who",), rows=((SOMEBODY,), (SOMEBODY,))),
            )
        )
    )
    assert dict(after.data) == {"players": [SOMEBODY], "points": [{"name": SOMEBODY}]}


def test_a_long_name_is_looked_for_as_it_is_shown() -> None:
    assert SHOWN == arguments.SHOWN


def test_every_part_loses_them_and_keeps_the_rest() -> None:
    after = cleaned("zerlina", everything("zerlina"))
    expected = everything(SOMEBODY)
    assert after.parts[:-1] == expected.parts[:-1]
    assert after.fault == expected.fault
    assert dict(after.data) == {"name": SOMEBODY, "first": GONE, "outcome": "noted"}


def test_a_picture_beside_a_name_goes_and_one_that_stands_alone_stays() -> None:
    picture = Picture(data=b"zerlina", alt="three bars")
    kept = cleaned("zerlina", Reply(parts=(Text(text="a season"), picture)))
    assert kept.parts[1] == picture
    gone = cleaned("zerlina", Reply(parts=(Text(text="zerlina leads"), picture)))
    assert gone.parts[1] == Text(text=LOST_PICTURE, tone="note")


def test_a_short_name_is_looked_for_only_where_they_are_named() -> None:
    words = Text(text="This is a layer, and a head.")
    assert cleaned("a", Reply(parts=(words,))).parts == (words,)
    after = cleaned("a", Reply(parts=(Text(text="a and bob play."),), data={"players": ["a", "bob"]}))
    assert plain(after) == "somebody and bob play."


@pytest.mark.parametrize("name", ["zone", "Berlin", "Europe/Berlin", "2026-03-09", "conv", "questions", "keep_days"])
def test_what_programs_read_changes_by_ids_alone(name: str) -> None:
    noted = {"zone": "Europe/Berlin", "dates": ["2026-03-09"], "topic": "conv", "questions": ["q1"], "keep_days": 30}
    scrub = Scrub([ME], [name], GONE)
    assert scrub.data(json.dumps(noted)) == json.dumps(noted)
    assert json.loads(scrub.data(json.dumps(noted | {"by": ME}))) == noted | {"by": GONE}
