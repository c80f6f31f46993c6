"""Asking why, and doubting: the proof is run again, and torch decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.actions import Action
from bot.reply import Code, Table, plain
from bot.store.deck_rows import Standing
from bot.store.decks import community, deck_id
from cards.model import Card, Deck, Proof
from cards.proof import Outcome
from sandbox.client import Sandbox
from tests.bot.commands.daily_lab import NINE, SET, a_channel
from tests.bot.commands.learning import Lesson, right
from tests.bot.commands.running import labels
from tests.torch_here import lent

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_why_runs_the_proof_of_the_last_answer_and_shows_what_it_gave(school: Lesson) -> None:
    await school.says("annette", "/practice stride/conv1d-length")
    await school.says("annette", "/answer 11")
    reply = await school.says("annette", "/why")
    assert reply.private
    assert "it gives `12`." in plain(reply)
    assert any("claim(" in part.code for part in reply.parts if isinstance(part, Code))
    assert reply.data["outcome"] == "holds"
    assert reply.data["torch"]


async def test_why_of_fresh_numbers_names_what_the_usual_mistakes_give(school: Lesson) -> None:
    shown = await school.says("beaette", "/practice conv1d 1")
    posed = await school.core.tutor.posed(shown.data["questions"][0]["id"])
    assert posed is not None
    marked = await school.says("beaette", f"/answer {right(posed)}")
    reply = await school.presses("beaette", "Why", marked)
    assert posed.proof in plain(reply)
    assert "Run it" in labels(reply)
    ran = await school.presses("beaette", "Run it", reply)
    assert ran.fault is None
    assert ran.private, "what concerns one learner's answers is theirs"


async def test_a_proof_in_python_runs_as_anybodys_code(school: Lesson) -> None:
    reply = await school.says("cydette", "/why stride/conv1d-spelling")
    ran = await school.presses("cydette", "Run it", reply)
    assert ran.fault is None
    assert ran.data["stdout"] == "True\n"


async def test_why_tells_nothing_before_the_answer(school: Lesson) -> None:
    shown = await school.says("danette", "/practice stride/conv1d-length")
    reply = await school.says("danette", f"/why {shown.data['questions'][0]['id']}")
    assert reply.fault is not None
    assert "12" not in plain(reply)
    disputed = await school.says("danette", f"/dispute {shown.data['questions'][0]['id']}")
    assert disputed.fault is not None


async def test_why_of_the_card_of_the_day_is_answered_once_everybody_was_told(
    tmp_path: Path, torch_here: Sandbox
) -> None:
    """Before the reveal to whoever has answered; then to everybody in the group, by its id, its button, or no name."""
    async with a_channel(tmp_path, lent(torch_here)) as channel:
        await channel.says("olga", f"{SET} stride/conv1d-length")
        question = (await channel.card(NINE))["question"]
        channel.clock.at = NINE + timedelta(days=1) - timedelta(seconds=1)
        ways = ("/why", f"/why {question}", f"/dispute {question}")
        for way in ways:
            refused = await channel.says("bob", way)
            assert refused.fault is not None, way
            assert "claim(" not in plain(refused), way
        await channel.says("alice", f"/answer {question} 11")
        assert (await channel.says("alice", "/why")).data["outcome"] == "holds"

        await channel.comes(NINE + timedelta(days=1))
        told = [await channel.says("bob", way) for way in ways]
        told.append(await channel.presses("bob", "Why", (await channel.posts())[1]))
        assert [each.data["outcome"] for each in told] == ["holds"] * 4
        assert all(each.private for each in told)
        stranger = channel.incoming("mallory", text=f"/why {question}")
        elsewhere = await channel.core.handle(replace(stranger, place=replace(channel.place, community="elsewhere")))
        assert elsewhere is not None
        assert "another group" in plain(elsewhere)


async def test_a_card_is_explained_by_its_name_with_what_is_wrong_with_its_other_choices(school: Lesson) -> None:
    reply = await school.says("eveette", "/why stride/conv1d-length-rule")
    assert ": it holds." in plain(reply)
    (table,) = (part for part in reply.parts if isinstance(part, Table))
    assert len(table.rows) == 3


async def test_without_an_answer_or_a_name_it_says_how_to_get_one(school: Lesson) -> None:
    for typed in ("/why", "/dispute", "/why nosuch12", "/why stride/no-such-card"):
        reply = await school.says("fayette", typed)
        assert reply.fault is not None, typed
        assert reply.fault.suggestion, typed


async def test_a_dispute_that_torch_does_not_share_leaves_the_answer_as_it_is(school: Lesson) -> None:
    await school.says("gusette", "/practice stride/conv1d-length")
    marked = await school.says("gusette", "/answer 11")
    reply = await school.presses("gusette", "Dispute", marked)
    assert "torch says the same" in plain(reply)
    assert "stride/conv1d-length" in plain(reply)
    assert reply.data["withdrawn"] is False


async def test_nobody_looks_into_somebody_elses_question(school: Lesson) -> None:
    await school.says("halette", "/practice stride/conv1d-length")
    marked = await school.says("halette", "/answer 12")
    for press in ("Why", "Dispute"):
        assert (await school.presses("idaette", press, marked)).fault is not None


async def test_a_button_whose_question_is_gone_says_so(school: Lesson) -> None:
    for name in ("why", "dispute", "why-run"):
        for args in ((), ("gone",), ("python", "gone")):
            assert (await school.submits("jon", Action(name, args))).fault is not None


async def test_a_card_that_torch_does_not_confirm_is_taken_out_and_everybody_is_credited(school: Lesson) -> None:
    owner = community(school.place)
    card = Card(
        id="odd",
        kind="number",
        topic="strings",
        front="How many letters has `ab`?",
        answer=3,
        reason="Count them.",
        proof=Proof(code="claim(len('ab'))", value=3),
    )
    deck = Deck(id=deck_id(owner, "odd"), title="Odd", says="", cards=(card,), topics={"strings": "Strings"})
    at = school.clock.now()
    await school.core.store.decks.put(deck, {"odd": Standing(Outcome.PROVED, "2.6.0")}, owner=owner, at=at)
    await school.core.store.decks.use(owner, deck.id)
    name = f"{deck.id}/odd"
    wronged = [await school.says(who, f"/answer {name} 2") for who in ("kimette", "louette")]
    assert [each.data["correct"] for each in wronged] == [False, False]
    reply = await school.presses("kimette", "Dispute", wronged[0])
    assert plain(reply).startswith("You are right: torch does not confirm this.")
    assert reply.data["withdrawn"] is True
    assert reply.data["credited"] == 2
    assert "2 people, you among them" in plain(reply)
    again = await school.says("louette", f"/answer {wronged[1].data['question']} 3")
    assert again.data["correct"] is True
    assert again.data["credited"] is True
    assert "The question was wrong" in plain(again)
    assert (await school.says("miaette", f"/practice {name}")).fault is not None
