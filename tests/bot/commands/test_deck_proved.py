"""Cards with proofs, in decks that people bring and made of answers: torch has the last word on each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count

import pytest
import pytest_asyncio

from bot.actions import Action, to_id
from bot.commands import deck_turn
from bot.reply import Form, Reply, Table, plain
from bot.store.decks import deck_id
from cards.model import Card, Place
from cards.proof import Outcome, Prover, Verdict
from sandbox.client import Sandbox
from tests.bot.commands.decks import brings, proving, sends, titles
from tests.bot.commands.running import AT_EASE, code, labels, text, the_form
from tests.bot.conversation import Conversation, conversation
from tests.torch_here import lent

pytestmark = pytest.mark.asyncio(loop_scope="session")
PEOPLE = count()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Conversation]:
    folder = tmp_path_factory.mktemp("proved")
    async with conversation(folder, sandbox=lent(torch_here), fairness=AT_EASE) as talk:
        yield talk


@pytest.fixture
def alice() -> str:
    """Somebody who has no decks yet."""
    return f"alice{next(PEOPLE)}"


async def standings(group: Conversation, who: str, title: str) -> dict[str, Outcome]:
    """What the store knows of the cards of somebody's deck."""
    kept = await group.core.store.decks.read(deck_id(f"test:{who}", title))
    assert kept is not None
    return {card: standing.outcome for card, standing in kept.standing.items()}


@pytest.mark.long
async def test_every_proof_is_run_before_a_card_is_used(group: Conversation, alice: str) -> None:
    reply = await brings(group, alice, conv_toml=proving())
    assert "2 cards proved on torch" in text(reply)
    assert (reply.data["proved"], reply.data["kept_out"], reply.data["waiting"]) == (2, [], 0)
    assert await standings(group, alice, "conv") == {"length": Outcome.PROVED, "weights": Outcome.PROVED}


async def test_a_card_that_torch_does_not_confirm_is_kept_out_and_named(group: Conversation, alice: str) -> None:
    reply = await brings(group, alice, conv_toml=proving(number="47"))
    (wrong,) = reply.data["kept_out"]
    assert (wrong["card"], wrong["line"]) == ("weights", 10)
    assert "torch gives 48, the card says 47" in wrong["why"]
    (table,) = (part for part in reply.parts if isinstance(part, Table))
    assert table.rows[0][:2] == ("weights", "10")
    assert await standings(group, alice, "conv") == {"length": Outcome.PROVED}


async def test_a_card_that_gets_worse_stays_as_it_was(group: Conversation, alice: str) -> None:
    await brings(group, alice, conv_toml=proving())
    reply = await brings(group, alice, conv_toml=proving(number="47"))
    assert [each["card"] for each in reply.data["kept_out"]] == ["weights"]
    kept = await group.core.store.decks.read(reply.data["deck"])
    assert kept is not None
    assert {card.id: card.answer for card in kept.deck.cards} == {"length": (2, 16, 8), "weights": 48}


async def test_where_no_card_holds_nothing_is_imported(group: Conversation, alice: str) -> None:
    reply = await brings(group, alice, conv_toml=proving(shape="[1]", number="1"))
    assert reply.fault is not None
    assert "Nothing was imported: no card of it holds." in text(reply)
    assert await titles(group, alice) == []


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ("claim(2)", "claims a constant"),
        ("x = 1", "no claim"),
        ("import socket; claim(socket.create_connection(('1.1.1.1', 53)))", "Error"),
    ],
)
async def test_a_proof_is_somebodys_code_and_is_never_trusted(
    group: Conversation, alice: str, proof: str, words: str
) -> None:
    card = f'[[card]]\nid = "a"\nkind = "number"\nfront = "?"\nanswer = 2\nreason = "r"\nproof = """{proof}"""\n'
    reply = await brings(group, alice, a_toml=card)
    assert reply.fault is not None
    assert words in plain(reply)
    assert "1.1.1.1" not in plain(reply)


async def test_cards_that_are_the_same_are_not_proved_again(
    group: Conversation, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await brings(group, alice, conv_toml=proving())
    asked = []
    card = Prover.card

    async def counted(prover: Prover, each: Card, place: Place) -> Verdict:
        asked.append(each)
        return await card(prover, each, place)

    monkeypatch.setattr(Prover, "card", counted)
    newer = proving().replace("A kernel of 3 takes 2 off", "A kernel of 3 takes k - 1 = 2 off")
    reply = await brings(group, alice, conv_toml=newer)
    assert (reply.data["changed"], reply.data["proved"]) == (["length"], 2)
    assert len(asked) == 1


async def test_what_there_was_no_time_for_waits_and_is_proved_at_a_press(
    group: Conversation, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deck_turn, "BUDGET_S", 0.0)
    reply = await brings(group, alice, conv_toml=proving())
    assert reply.data["waiting"] == 2
    assert "2 cards wait and are not asked yet" in text(reply)
    kept = await group.core.store.decks.read(reply.data["deck"])
    assert kept is not None
    assert kept.usable == ()
    monkeypatch.undo()
    rest = await group.presses(alice, "Prove the rest", reply)
    assert rest.data == {"proved": 2, "kept_out": []}
    assert set((await standings(group, alice, "conv")).values()) == {Outcome.PROVED}
    assert "No card of it waits" in text(await group.says(alice, "/deck prove conv"))


async def test_a_waiting_card_that_turns_out_wrong_is_taken_out(
    group: Conversation, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deck_turn, "BUDGET_S", 0.0)
    await brings(group, alice, conv_toml=proving(number="47"))
    monkeypatch.undo()
    rest = await group.says(alice, "/deck prove conv")
    assert [each["card"] for each in rest.data["kept_out"]] == ["weights"]
    assert await standings(group, alice, "conv") == {"length": Outcome.PROVED}


async def test_whoever_waits_sees_how_far_it_is_and_can_cancel(
    group: Conversation, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deck_turn, "PACE_S", 0.01)
    seen: asyncio.Queue[Reply] = asyncio.Queue()
    endless = '[[card]]\nid = "{0}"\nkind = "number"\nfront = "?"\nanswer = 2\nreason = "r"\nproof = """{1}"""\n'
    deck = "".join(endless.format(f"c{number}", "claim(sum(range(10**7)))") for number in range(400))
    asked = replace(group.incoming(alice, text="/deck import"), progress=seen.put)
    bringing = asyncio.create_task(sends(group, asked, {"slow.toml": deck}))
    while "Proving the cards: " not in plain(shown := await seen.get()) or not labels(shown):
        pass
    assert shown.private, "what somebody brings concerns nobody else"
    await group.presses(alice, "Cancel", shown)
    reply = await bringing
    assert reply.fault is not None
    assert reply.fault.kind == "cancelled"
    assert await titles(group, alice) == []


# Cards made of answers.


async def test_a_shape_becomes_a_card_that_comes_up_in_review(group: Conversation, alice: str) -> None:
    answer = await group.says(alice, "/shape conv1d 3 16 k3 s1 p1 L100")
    form = the_form(await group.presses(alice, "Make a card", answer))
    values = {field.name: field.value for field in form.fields}
    assert values["front"] == (
        "What shape comes out of `nn.Conv1d(3, 16, kernel_size=3, stride=1, padding=1)` for an input of (32, 3, 100)?"
    )
    assert values["answer"] == "(32, 16, 100)"
    saved = await group.submits(alice, form.action, **values)
    assert saved.fault is None
    assert "comes up in `/review`" in text(saved)
    user = group.incoming(alice).user
    catalogue = await group.core.tutor.cards(user, group.place)
    card = catalogue.cards[saved.data["card"]]
    assert (card.kind, card.answer, card.front) == ("shape", (32, 16, 100), values["front"])
    assert saved.data["proof"].endswith("claim(y.shape)")


async def test_an_answer_that_is_shared_makes_a_card_for_whoever_presses(group: Conversation, alice: str) -> None:
    """/shape answers come from a cache: nobody's name is in their buttons."""
    line = "/shape lstm 10 20 N8 T50"
    first, second = await group.says(alice, line), await group.says("somebody", line)
    assert first is second
    form = the_form(await group.presses("somebody", "Make a card", first))
    assert "`output`, the first that comes out" in form.fields[0].value
    await group.submits("somebody", form.action, **{field.name: field.value for field in form.fields})
    assert await titles(group, "somebody") == ["mine"]
    assert await titles(group, alice) == []


async def test_a_wrong_answer_is_not_saved_and_torch_says_what_is_right(group: Conversation, alice: str) -> None:
    answer = await group.says(alice, "/shape linear 8 3 N4")
    form = the_form(await group.presses(alice, "Make a card", answer))
    refused = await group.submits(alice, form.action, front="What comes out?", answer="4x4", reason="")
    assert refused.fault is not None
    assert "torch gives (4, 3), the card says (4, 4)" in refused.fault.message
    for wrong in ("many", "(N, 3)", ""):
        assert (await group.submits(alice, form.action, front="What?", answer=wrong, reason="")).fault is not None
    assert await titles(group, alice) == []


@pytest.mark.parametrize(
    ("line", "answer", "ends"),
    [
        ("print('a'); 6 * 7", "a\n42", "6 * 7"),
        ("x = torch.arange(4).reshape(2, 2)\nx.T", "tensor([[0, 2],\n        [1, 3]])", "x.T"),
        ("torch.manual_seed(1); torch.rand(2)", None, "torch.rand(2)"),
        ("x = torch.randn(20, 30)\nx @ x.T", "torch.Size([20, 20])", "(x @ x.T).shape"),
        ("torch.randn(200, 30)", "torch.Size([200, 30])", "torch.randn(200, 30).shape"),
    ],
)
async def test_code_becomes_a_card_that_asks_what_it_gives(
    group: Conversation, alice: str, line: str, answer: str | None, ends: str
) -> None:
    run = await group.says(alice, f"/run {line}")
    form = the_form(await group.presses(alice, "Make a card", run))
    values = {field.name: field.value for field in form.fields}
    assert values["code"].endswith(ends)
    assert answer is None or values["answer"] == answer
    saved = await group.submits(alice, form.action, **values)
    assert saved.fault is None, plain(saved)
    assert values["code"] in code(saved)


async def test_code_can_be_changed_and_what_it_gives_is_checked_anew(group: Conversation, alice: str) -> None:
    run = await group.says(alice, "/run 6 * 7")
    form = the_form(await group.presses(alice, "Make a card", run))
    wrong = await group.submits(alice, form.action, front="What?", code="6 * 8", answer="42", reason="")
    assert wrong.fault is not None
    assert "48" in wrong.fault.message
    right = await group.submits(alice, form.action, front="What?", code="6 * 8", answer="48", reason="")
    assert right.fault is None


async def test_a_run_that_nobody_could_answer_offers_no_card(group: Conversation, alice: str) -> None:
    for line in ("x = 1", "1 / 0", "show(torch.randn(4, 4))", "print('x' * 2000)", "%timeit 1 + 1"):
        assert "Make a card" not in labels(await group.says(alice, f"/run {line}")), line
    failed = await group.says(alice, "/shape linear 512 10 @ 32x4096")
    assert "Make a card" not in labels(failed)


async def test_details_and_explanations_offer_a_card_too(group: Conversation, alice: str) -> None:
    run = await group.says(alice, "/run x = 1\ny = 2\nx + y")
    details = await group.presses(alice, "Details", run)
    assert the_form(await group.presses(alice, "Make a card", details)).fields[1].value == "x = 1\ny = 2\nx + y"
    shape = await group.says(alice, "/shape relu @ 3x4")
    explained = await group.presses(alice, "Explain", shape)
    assert the_form(await group.presses(alice, "Make a card", explained)).fields[1].value == "(3, 4)"


async def test_the_same_card_is_there_once_and_can_be_taken_out(group: Conversation, alice: str) -> None:
    answer = await group.says(alice, "/shape relu @ 3x5")
    form = the_form(await group.presses(alice, "Make a card", answer))
    values = {field.name: field.value for field in form.fields}
    await group.submits(alice, form.action, **values)
    again = await group.submits(alice, form.action, **values)
    assert not again.data["new"]
    assert (await group.says(alice, "/deck show mine")).data["cards"] == 1
    assert "out of your deck" in text(await group.presses(alice, "Take it out again", again))
    assert (await group.says(alice, "/deck show mine")).data["cards"] == 0


async def test_importing_into_mine_adds_and_takes_nothing_out(group: Conversation, alice: str) -> None:
    answer = await group.says(alice, "/shape relu @ 3x6")
    form = the_form(await group.presses(alice, "Make a card", answer))
    await group.submits(alice, form.action, **{field.name: field.value for field in form.fields})
    reply = await brings(group, alice, "/deck import mine", conv_toml=proving())
    assert (reply.data["cards"], reply.data["gone"]) == (3, [])


async def test_a_form_of_something_else_saves_nothing(group: Conversation, alice: str) -> None:
    for args in ((), ("shape",), ("shape", "gone"), ("other", "x")):
        reply = await group.submits(alice, Action("card-save", args), front="a", answer="(1,)", code="1")
        assert reply.fault is not None
    for name in ("card-shape", "card-run"):
        for args in ((), ("gone",), ("gone", "gone")):
            assert (await group.submits(alice, Action(name, args))).fault is not None


async def test_every_button_fits_into_an_id(group: Conversation, alice: str) -> None:
    reply = await brings(group, alice, "/deck import " + "a very long name " * 9, a_toml=proving())
    action = Action("deck-remove", (reply.data["deck"],))
    assert len(to_id(action)) <= 100
    assert len(to_id(replace(action, name="card-save"))) <= 100


async def test_presses_that_open_a_form_are_declared(group: Conversation, alice: str) -> None:
    command = group.core.dispatcher.named("deck")
    assert command is not None
    for line in ("/shape relu @ 3x4", "/run 1 + 1"):
        answer = await group.says(alice, line)
        opened = await group.presses(alice, "Make a card", answer)
        assert isinstance(opened.parts[0], Form)
        assert group.button(answer, "Make a card").action.name in command.form_actions
