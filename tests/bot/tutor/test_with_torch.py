"""With torch: fresh numbers, answers that torch judges, proofs that are run now, and doubts that it decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise

import pytest
import pytest_asyncio

from bot.errors import StaleAction, TorchAway, WrongUsage
from bot.tutor import wire
from bot.tutor.model import SKILL, Drawn, Marked, Posed, Rest
from cards.generate import BY_ID, FAMILIES, parse
from cards.grade import Rating, written
from cards.memory import Memory
from cards.model import Proof
from cards.shelf import Rules
from sandbox.client import Sandbox
from tests.bot.conversation import GROUP, START, Conversation, conversation
from tests.bot.tutor.tutor_lab import SEVEN, Pupil, mistake, number
from tests.torch_here import lent

pytestmark = pytest.mark.asyncio(loop_scope="session")
_names = count()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Conversation]:
    async with conversation(tmp_path_factory.mktemp("torch"), sandbox=lent(torch_here)) as found:
        yield found


@pytest.fixture
def pupil(group: Conversation) -> Pupil:
    group.clock.at = START
    return Pupil(group, f"alice{next(_names)}")


def skill(posed: Posed) -> Drawn:
    assert isinstance(posed.secret, Drawn)
    return posed.secret


async def test_practice_asks_fresh_numbers_that_torch_has_confirmed_and_mixes_the_rules(pupil: Pupil) -> None:
    first = await pupil.tutor.practise(pupil.event(), "conv", 8)
    second = await pupil.tutor.practise(pupil.event(), "conv", 8)
    for session in (first, second):
        assert len(session.questions) == 8
        assert all(posed.torch for posed in session.questions)
        assert any(posed.card.startswith(SKILL) for posed in session.questions)
        assert len({posed.id for posed in session.questions}) == 8
    rules = [posed.rule for posed in (*first.questions, *second.questions)]
    assert all(one != other for one, other in pairwise(rules))
    drawn = [posed.source for posed in (*first.questions, *second.questions) if posed.card.startswith(SKILL)]
    assert len(drawn) == len(set(drawn))


async def test_right_answers_are_right_and_the_likeliest_wrong_one_is_told_its_rule(pupil: Pupil) -> None:
    names = [f"{SKILL}{family.id}" for family in FAMILIES[:12]]
    session = await pupil.tutor.practise(pupil.event(), count=20, names=names)
    assert len(session.questions) == 12
    for turn, posed in enumerate(session.questions):
        drawn = skill(posed)
        if turn % 2 or posed.asks == "pair":
            assert (await pupil.says(posed, posed.key)).correct, posed
            continue
        wrong = drawn.wrong[0]
        marked = await pupil.says(posed, written(wrong.value))
        assert (marked.correct, marked.mistake, marked.diagnosis) == (False, wrong.misconception, wrong.diagnosis), (
            posed
        )
    assert await pupil.replayed() == await pupil.memories()


async def test_a_newcomer_chooses_and_whoever_knows_it_types_and_gets_harder_ones(pupil: Pupil) -> None:
    name = f"{SKILL}conv1d-length"
    [first] = (await pupil.tutor.practise(pupil.event(), names=[name])).questions
    assert 2 <= len(first.choices) <= 3
    assert first.key in first.choices
    pressed = await pupil.tutor.answer(pupil.event(), first, choice=first.choices.index(first.key))
    assert isinstance(pressed, Marked)
    assert pressed.correct
    levels = []
    for stability in (1.0, 5.0, 40.0):
        other = Pupil(pupil.group, f"{pupil.name}-{stability}")
        memory = Memory(
            card="", phase="review", step=None, stability=stability, difficulty=5.0, due=START.date(),
            first=START.date(), day=START.date(), last=START,
        )  # fmt: skip
        learning = pupil.group.core.store.learning
        row = await learning.enrol(other.user.id, zone="UTC", seed=1, at=START)
        days = await pupil.tutor.calendar(other.user)
        assert await learning.set_weights(row, None, [replace(memory, card=name)], days)
        [posed] = (await pupil.tutor.practise(other.event(), names=[name])).questions
        assert posed.choices == ()
        levels.append(skill(posed).level)
    assert levels == [1, 2, 3]


async def test_any_pair_that_torch_accepts_is_right_and_of_others_it_says_what_they_give(pupil: Pupil) -> None:
    fits = None
    for _ in range(12):
        [posed] = (await pupil.tutor.practise(pupil.event(), names=[f"{SKILL}conv1d-inverse"])).questions
        stride, padding = skill(posed).key  # type: ignore[misc, str-unpack] # a pair
        if stride == 2 and fits is None:
            fits = await pupil.says(posed, f"s={stride} p={padding}")
        else:
            marked = await pupil.says(posed, "50 0")
            assert not marked.correct
            assert marked.diagnosis == f"With stride=50 and padding=0 torch gives length 1, not {_asked_for(posed)}."
    assert fits is not None
    assert fits.correct
    [posed] = (await pupil.tutor.practise(pupil.event(), names=[f"{SKILL}conv1d-inverse"])).questions
    none = await pupil.says(posed, "0 0")
    assert none.diagnosis == "torch takes no layer with stride=0 and padding=0 here."


def _asked_for(posed: Posed) -> str:
    return posed.prompt.partition(" into ")[2].partition(".")[0]


async def test_a_review_confirms_a_card_before_it_asks_it(pupil: Pupil) -> None:
    posed = await pupil.reviews()
    assert posed is not None
    assert posed.torch
    if not posed.card.startswith(SKILL):
        assert posed.card.startswith("stride/")


async def test_a_card_that_was_asked_while_torch_was_away_is_proved_with_the_answer(pupil: Pupil) -> None:
    [posed] = (await pupil.tutor.practise(pupil.event(), names=["stride/conv1d-length"])).questions
    away = replace(posed, id=f"away{pupil.name[5:]}", session=f"away{pupil.name[5:]}", torch="")
    await pupil.group.core.store.learning.pose([wire.asked(away)])
    assert (await pupil.says(away, "12")).torch == posed.torch != ""
    kept = await pupil.tutor.marked(away, pupil.user)
    assert kept is not None
    assert kept.torch == posed.torch


async def test_new_cards_are_few_on_a_day_and_come_from_the_learners_own_deck_as_well(pupil: Pupil) -> None:
    await pupil.brings(*(mistake(f"a{place}") for place in range(12)))
    seen = []
    while (posed := await pupil.reviews()) is not None:
        seen.append(posed.card)
        pupil.group.clock.advance(seconds=1)
        assert (await pupil.knows_it(posed)).correct, posed
    assert len(seen) == len(set(seen)) == Rules().new_a_day
    assert sum(name.startswith(pupil.deck) for name in seen) >= 3
    rest = await pupil.tutor.review(pupil.event())
    assert isinstance(rest, Rest)
    standing = rest.standing
    assert (standing.due, standing.new, standing.done, standing.right) == (0, 0, 8, 8)
    assert standing.next_due == START + timedelta(minutes=10, seconds=1)


async def test_why_runs_the_proof_now_but_not_before_the_answer(pupil: Pupil) -> None:
    await pupil.brings(number("a"), mistake("b"))
    a, b = await pupil.asked("a", "b")
    with pytest.raises(WrongUsage, match="Answer it first"):
        await pupil.tutor.check(pupil.event(), a)
    await pupil.says(a, "7")
    await pupil.rates(b, Rating.GOOD)
    checked = await pupil.tutor.check(pupil.event(), a)
    assert (checked.outcome, checked.proof, checked.gave) == ("holds", SEVEN, "7")
    assert checked.torch
    assert checked.elapsed_ms > 0
    nothing = await pupil.tutor.check(pupil.event(), b)
    assert (nothing.outcome, nothing.why) == ("nothing to run", "taste")
    named = await pupil.tutor.card(pupil.event(), "stride/conv1d-length")
    assert (await pupil.tutor.check(pupil.event(), named)).outcome == "holds"


async def test_a_dispute_about_a_question_that_holds_changes_nothing(pupil: Pupil) -> None:
    await pupil.brings(number("a"))
    [a] = await pupil.asked("a")
    [fresh] = (await pupil.tutor.practise(pupil.event(), names=[f"{SKILL}linear-params"])).questions
    for posed in (a, fresh):
        await pupil.rates(posed, Rating.AGAIN)
        disputed = await pupil.tutor.dispute(pupil.event(), posed)
        assert (disputed.checked.outcome, disputed.withdrawn, disputed.credited) == ("holds", False, 0)
        assert not disputed.yours
    assert a.card in (await pupil.tutor.cards(pupil.user, GROUP)).cards


async def test_a_wrong_card_is_withdrawn_and_everybody_it_was_counted_against_is_credited(group: Conversation) -> None:
    """What they remember then is what a right answer would have given."""
    owner, *others = (Pupil(group, name) for name in ("owner", "anna", "ben", "carl"))
    wrong = number("a", 8)  # its proof gives 7
    await owner.brings(wrong, number("b"), owner="community:test:page")
    asked = {}
    for pupil in others:
        pupil.deck = owner.deck
        a, b = await pupil.asked("a", "b")
        asked[pupil.name] = a
        await pupil.says(b, "7")
        await pupil.says(a, "8" if pupil.name == "carl" else "7")
    group.clock.advance(days=3)
    anna, ben, carl = others
    disputed = await anna.tutor.dispute(anna.event(), asked["anna"])
    assert (disputed.checked.outcome, disputed.withdrawn) == ("wrong", True)
    assert (disputed.credited, disputed.yours) == (2, True)
    assert disputed.checked.gave == "" or "7" in disputed.checked.gave or "7" in disputed.checked.why
    for pupil in (anna, ben):
        marked = await pupil.tutor.marked(asked[pupil.name], pupil.user)
        assert marked is not None
        assert (marked.credited, marked.rating) == (True, Rating.GOOD)
        mine = await pupil.memory("a")
        assert replace(mine, card=(await pupil.memory("b")).card) == await pupil.memory("b")  # as if it had been right
        assert await pupil.replayed() == await pupil.memories()
    [line] = [line for line in await group.core.store.learning.log(ben.user.id) if line.kind == "credit"]
    assert line.correct
    untouched = await carl.tutor.marked(asked["carl"], carl.user)
    assert untouched is not None
    assert not untouched.credited
    again = await ben.tutor.dispute(ben.event(), asked["ben"])
    assert (again.withdrawn, again.credited, again.yours) == (True, 0, False)
    assert asked["anna"].card not in (await anna.tutor.cards(anna.user, GROUP)).cards
    with pytest.raises(WrongUsage, match="no card"):
        await anna.asked("a")


async def test_a_question_of_another_version_is_not_held_against_other_numbers(pupil: Pupil) -> None:
    [posed] = (await pupil.tutor.practise(pupil.event(), names=[f"{SKILL}linear-params"])).questions
    old = replace(posed, id=f"old{pupil.name[5:]}", session=f"old{pupil.name[5:]}", prompt="Another question?")
    await pupil.group.core.store.learning.pose([wire.asked(old)])
    await pupil.rates(old, Rating.AGAIN)
    disputed = await pupil.tutor.dispute(pupil.event(), old)
    assert disputed.checked.outcome == "nothing to run"
    assert "another version" in disputed.checked.why


async def test_a_key_that_torch_no_longer_gives_is_withdrawn_with_its_question(pupil: Pupil) -> None:
    [posed] = (await pupil.tutor.practise(pupil.event(), names=[f"{SKILL}linear-params"])).questions
    drawn = skill(posed)
    key = drawn.key
    assert isinstance(key, int)
    off = replace(
        posed, id=f"off{pupil.name[5:]}", session=f"off{pupil.name[5:]}", secret=replace(drawn, key=key + 1, wrong=())
    )
    await pupil.group.core.store.learning.pose([wire.asked(off)])
    assert not (await pupil.says(off, str(key))).correct
    disputed = await pupil.tutor.dispute(pupil.event(), off)
    assert (disputed.withdrawn, disputed.credited, disputed.yours) == (True, 1, True)
    assert disputed.checked.why == f"torch gives {written(key)}, and the key was {written(key + 1)}"
    assert parse(off.source)[0] is BY_ID["linear-params"]
    with pytest.raises(StaleAction, match="taken out"):
        await pupil.says(posed, str(key))
    assert await pupil.replayed() == await pupil.memories()


async def test_a_proof_that_cannot_end_in_time_decides_nothing(pupil: Pupil) -> None:
    endless = number(
        "a", proof=Proof(code="while torch.ones(1).all():\n    pass\nclaim(int(torch.tensor(7)))", value=7)
    )
    await pupil.brings(endless)
    [posed] = await pupil.asked("a")
    await pupil.says(posed, "8")
    with pytest.raises(TorchAway, match="Nothing was decided"):
        await pupil.tutor.dispute(pupil.event(), posed)
    assert posed.card in (await pupil.tutor.cards(pupil.user, GROUP)).cards
