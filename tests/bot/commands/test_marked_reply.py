"""What follows an answer, as people read it."""

from __future__ import annotations

import pytest

from bot.commands.marked_reply import because, overridden, revealed, unsure
from bot.commands.marked_reply import marked as told
from bot.reply import Code, Text, plain
from bot.tutor.model import Revealed
from cards.grade import Rating
from cards.misconceptions import MISCONCEPTIONS
from cards.model import Choice, Proof
from tests.bot.commands.learning import actions, card, marked, posed
from tests.bot.commands.running import labels


def test_a_right_answer_says_so_why_what_torch_ran_and_when_it_comes_back() -> None:
    question = posed(unit="steps")
    said = plain(told(marked(question), None))
    assert said.startswith("Right: `31` steps.")
    assert "floor((100 + 2*2 - 2*(7-1) - 1) / 3) + 1 = 31" in said
    assert "/shape conv1d 8 3 k7 s3 p2 d2 @ 1x8x100" in said
    assert "torch 2.13.0 ran it · comes back in 10 minutes" in said


def test_what_torch_has_not_run_is_not_said_to_be_run() -> None:
    assert "torch has not run it yet; Why does · comes back in 10 minutes" in plain(
        told(marked(posed(), torch=""), None)
    )
    sentence = posed(card(), asks="shape")
    said = plain(told(marked(sentence, torch=""), None))
    assert "not proved by torch · comes back in 10 minutes" in said
    assert "ran it" not in said


def test_a_wrong_answer_names_the_mistake() -> None:
    question = posed()
    found = marked(question, correct=False, understood="30", mistake="M1", diagnosis=MISCONCEPTIONS["M1"].says)
    reply = told(found, None)
    assert plain(reply).startswith("Not right. It is `31`.")
    assert "You said `30`.\n\nYou left out the +1" in plain(reply)
    assert reply.data["diagnosis"] == MISCONCEPTIONS["M1"].says
    assert reply.fault is None, "a wrong answer is an answer"


def test_only_a_right_answer_can_be_rated_in_another_way() -> None:
    question = posed()
    assert labels(told(marked(question), question)) == [
        "Next",
        "Why",
        "Dispute",
        "I guessed",
        "It was hard",
        "It was easy",
    ]
    assert labels(told(marked(question, correct=False), question)) == ["Next", "Why", "Dispute"]


def test_what_could_be_read_in_two_ways_is_said() -> None:
    assert "I read yours as `31`." in plain(told(marked(posed(), sure=False), None))
    assert "I read yours" not in plain(told(marked(posed()), None))


def test_what_somebody_typed_marks_nothing() -> None:
    question = posed(card(kind="recall", answer="sizes"), asks="recall")
    found = marked(question, correct=False, understood="`dims` of **x**")
    assert "You said 'dims' of **x**." in plain(told(found, None))


def test_who_did_not_know_is_told_without_being_told_off() -> None:
    found = marked(posed(), correct=False, said="", understood="")
    parts = told(found, None).parts
    assert parts[0] == Text(text="The answer: `31`.")
    assert "Not right" not in plain(told(found, None))


def test_a_choice_is_named_by_its_letter() -> None:
    chosen = card(kind="choice", answer="`relu`", wrong=(Choice(text="tanh", because="That one is smooth."),))
    question = posed(chosen, asks="choice", choices=("tanh", "`relu`"))
    assert plain(told(marked(question), None)).startswith("Right, B: `relu`.")
    wrong = marked(question, correct=False, understood="tanh", diagnosis="That one is smooth.")
    assert "Not right. It is B: `relu`." in plain(told(wrong, None))
    assert "You said A: tanh.\n\nThat one is smooth." in plain(told(wrong, None))


def test_an_order_is_shown_step_by_step_where_it_was_wrong() -> None:
    ordered = card(kind="order", answer=("first", "then", "last"))
    question = posed(ordered, asks="order", choices=("then", "last", "first"))
    assert "1: first\n2: then\n3: last" in plain(told(marked(question, correct=False, understood="x"), None))
    assert plain(told(marked(question), None)).startswith("Right, that is the order.")


def test_any_pair_that_fits_is_right() -> None:
    question = posed(asks="pair")
    assert plain(told(marked(question, key="(2, 2)", understood="stride=2, padding=1"), None)).startswith(
        "Right: `stride=2, padding=1`."
    )
    wrong = marked(question, correct=False, key="(2, 2)", understood="stride=1, padding=1")
    assert plain(told(wrong, None)).startswith("Not right. One that works is `stride=2, padding=2`.")


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("claim(nn.Linear(3, 4).weight.shape)", "nn.Linear(3, 4).weight.shape"),
        ("x = torch.ones(3)\nclaim(x.shape)", None),
        ("claim(shown(code))", None),
    ],
)
def test_of_a_proof_in_python_one_line_is_shown_and_more_waits_behind_why(code: str, shown: str | None) -> None:
    question = posed(card(proof=Proof(code=code, value=(4, 3))), asks="shape")
    blocks = [part.code for part in told(marked(question), None).parts if isinstance(part, Code)]
    assert blocks == ([] if shown is None else [shown])
    assert told(marked(question), None).data["proof"] == code


def test_a_second_answer_says_that_the_first_one_counts() -> None:
    assert plain(told(marked(posed(), again=True), None)).startswith("You answered this before")


def test_a_credited_answer_says_why_it_counts_and_repeats_nothing_that_was_wrong() -> None:
    found = marked(posed(), correct=False, understood="30", credited=True)
    reply = told(found, None)
    assert plain(reply).startswith("The question was wrong and is taken out, so this counts as right. You said `30`.")
    assert "31" not in plain(reply)
    assert reply.data["correct"] is True


def test_what_is_forgotten_again_and_again_is_not_only_repeated() -> None:
    found = marked(posed(), correct=False, leech=True, easier="stride/easy")
    assert "Something easier on it comes first." in plain(told(found, None))


def test_the_last_answer_of_a_session_shows_the_score_and_what_was_missed() -> None:
    question = posed()
    missed = marked(question, correct=False, understood="30", mistake="M1")
    reply = told(missed, None, (marked(question), missed, missed))
    assert "1 of 3 right." in plain(reply)
    assert "the +1 left out (2 times)" in plain(reply)
    assert "What you missed comes back in `/review`" in plain(reply)
    assert labels(reply)[-2:] == ["Practise what I missed", "Once more"]
    assert reply.data["session"] == {"right": 1, "of": 3}


def test_a_session_without_a_mistake_offers_it_once_more() -> None:
    right = marked(posed())
    reply = told(right, None, (right, right))
    assert "All 2 right." in plain(reply)
    assert labels(reply)[-1] == "Once more"


def test_a_revealed_answer_stands_beside_ones_own_and_asks_how_well_it_was_known() -> None:
    question = posed(card(kind="mistake"), asks="mistake", rated=True)
    found = Revealed(posed=question, key="It needs k=3", said="*k* is `wrong`", reason="So.", example="", proof="")
    reply = revealed(found)
    assert Code(code="*k* is `wrong`") in reply.parts, "what people typed is shown to the letter"
    assert actions(reply) == ["answer-rate"] * 4
    noted = told(marked(question, understood="", rating=Rating.HARD), None)
    assert plain(noted).startswith("Noted: it was hard.")


def test_how_sure_they_are_is_one_press() -> None:
    reply = unsure(posed(), "30", "pick-0")
    assert plain(reply).startswith("You say `30`. How sure are you?")
    assert labels(reply) == ["Guessed", "Unsure", "Sure"]


def test_rating_in_another_way_says_when_it_comes_back_now() -> None:
    reply = overridden(marked(posed(), rating=Rating.HARD), None)
    assert plain(reply).startswith("Noted: it was hard. It comes back in 10 minutes.")


def test_who_did_not_know_a_sentence_sees_it_and_why() -> None:
    question = posed(
        card(kind="mistake", answer="It needs k=3", reason="padding=1 makes up for 2"), asks="mistake", rated=True
    )
    said = plain(told(marked(question, correct=False, said="", understood=""), None))
    assert said.startswith("Noted: you did not know it.\n\nThe answer: It needs k=3")
    assert "padding=1 makes up for 2" in said


def test_a_reason_reads_as_a_sentence_and_a_calculation_as_it_is() -> None:
    assert because("each side by itself") == "Each side by itself."
    assert because("floor((5 - 2) / 1) + 1 = 4") == "floor((5 - 2) / 1) + 1 = 4"
