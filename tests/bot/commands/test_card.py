"""`/card` as people use it: looked up by words, seen whole, and from there to what is near. Torch is away here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.actions import to_id
from bot.commands.card_reply import MOST_LABEL, label
from bot.reply import Button, Buttons, Reply, Text, plain
from cards.deck import house
from cards.model import Card
from tests.bot.commands.decks import PLAIN, brings
from tests.bot.commands.running import AT_EASE
from tests.bot.conversation import Conversation, conversation

pytestmark = pytest.mark.asyncio(loop_scope="module")
DECK = house()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def group(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    """One channel for all of this file: the deck is read once."""
    folder = tmp_path_factory.mktemp("card")
    async with conversation(folder, organisers=frozenset({"olga"}), fairness=AT_EASE) as talk:
        yield talk


def buttons(reply: Reply) -> list[Button]:
    return [button for part in reply.parts if isinstance(part, Buttons) for button in part.buttons]


async def test_words_find_a_card_and_show_all_of_it(group: Conversation) -> None:
    reply = await group.says("alice", "/card kernel_size=3 padding=1")
    assert reply.fault is None
    assert not reply.private, "it is looked up in the middle of a talk"
    card = reply.data["card"]
    known = next(each for each in DECK.cards if f"stride/{each.id}" == card["id"])
    text = plain(reply)
    assert known.front in text
    assert str(known.answer) in text
    assert known.reason in text
    assert known.example in text
    assert [button.label for button in buttons(reply)][:3] == ["Run the example", "Why", "Ask me this"]
    assert len(reply.data["near"]) == 4
    assert card["id"] not in reply.data["near"]


async def test_a_misspelt_word_is_said_to_be_read_as_another(group: Conversation) -> None:
    reply = await group.says("alice", "/card droput")
    assert "I read `droput` as `dropout`." in plain(reply)
    assert reply.data["read"] == {"droput": "dropout"}
    assert reply.data["card"]["topic"] == "Dropout"


async def test_a_card_is_found_by_its_name(group: Conversation) -> None:
    for name in ("stride/conv1d-k3p1", "conv1d-k3p1", "STRIDE/conv1d-k3p1"):
        reply = await group.says("alice", f"/card {name}")
        assert reply.data["card"]["id"] == "stride/conv1d-k3p1"
    assert "`(32, 16, 100)`" in plain(reply)


async def test_the_cards_near_it_open_by_a_press(group: Conversation) -> None:
    reply = await group.says("alice", "/card conv1d-k3p1")
    near = buttons(reply)[-1]
    opened = await group.presses("bob", near)
    assert opened.data["card"]["id"] == reply.data["near"][-1]
    assert opened.data["card"]["answer"]
    assert reply.data["card"]["id"] not in [opened.data["card"]["id"], *opened.data["near"][4:]]


async def test_without_words_comes_a_question_whose_answer_waits_behind_a_button(group: Conversation) -> None:
    reply = await group.says("alice", "/card")
    name = reply.data["card"]["id"]
    known = next(each for each in DECK.cards if f"stride/{each.id}" == name)
    assert reply.data["card"]["answer"] is None
    assert known.front in plain(reply)
    assert known.reason not in plain(reply)
    shown = await group.presses("alice", "Show the answer", reply)
    assert shown.data["card"]["id"] == name
    assert known.reason in plain(shown)
    another = await group.presses("alice", "Another card", reply)
    assert another.data["card"]["answer"] is None


async def test_where_nothing_is_found_the_way_out_finds_something(group: Conversation) -> None:
    reply = await group.says("alice", "/card xqzzyw")
    assert reply.fault is not None
    assert "xqzzyw" in reply.fault.message
    assert reply.fault.suggestion is not None
    assert (await group.says("alice", reply.fault.suggestion)).fault is None
    for button in buttons(reply):
        assert (await group.presses("alice", button)).fault is None


async def test_a_card_that_there_is_not_is_no_bug(group: Conversation) -> None:
    reply = await group.says("alice", "/card stride/no-such-card")
    assert reply.fault is not None
    assert reply.fault.kind == "usage"


@pytest.mark.parametrize(
    "typed", ["/card " + "a" * 5000, "/card `@everyone`", "/card ((((", "/card \u202e\u200b", "/card 🦙", "/card 卷积"]
)
async def test_whatever_is_typed_is_answered(group: Conversation, typed: str) -> None:
    reply = await group.says("mallory", typed)
    assert reply.fault is None or reply.fault.kind == "usage"


async def test_every_card_can_be_seen_by_its_name(group: Conversation) -> None:
    """With buttons that fit every platform."""
    for card in DECK.cards[::7]:
        reply = await group.says("alice", f"/card stride/{card.id}")
        assert reply.fault is None, card.id
        assert reply.data["card"]["id"] == f"stride/{card.id}"
        assert all(0 < len(button.label) <= MOST_LABEL for button in buttons(reply))
        assert all(len(to_id(button.action)) <= 100 for button in buttons(reply))
        assert len({button.label for button in buttons(reply)[-4:]}) == len(buttons(reply)[-4:]), card.id


async def test_wrong_choices_are_told_with_what_is_wrong_about_them(group: Conversation) -> None:
    reply = await group.says("alice", "/card conv1d-axes")
    assert "(batch, channels, length)" in plain(reply)
    assert "That is how Keras stores sequences." in plain(reply)


async def test_an_order_is_shown_step_by_step(group: Conversation) -> None:
    reply = await group.says("alice", "/card opt-step-order")
    steps = next(part.text for part in reply.parts if isinstance(part, Text) and part.tone == "good")
    assert steps.startswith("1: ")
    assert steps.index("zero_grad") < steps.index("backward") < steps.index("step()")


async def test_without_torch_a_card_does_not_claim_that_torch_proved_it(group: Conversation) -> None:
    reply = await group.says("alice", "/card conv1d-k3p1")
    assert reply.data["card"]["torch"] == ""
    assert "proved it" not in plain(reply)


async def test_a_card_of_ones_own_deck_is_seen_by_nobody_else(group: Conversation) -> None:
    await brings(group, "carol", history_toml=PLAIN)
    reply = await group.says("carol", "/card who wrote it, in Lua")
    assert reply.data["card"]["id"].endswith("/who")
    assert reply.private
    assert (await group.says("carol", reply.data["card"]["id"].join(("/card ", "")))).private
    others = await group.says("bob", f"/card {reply.data['card']['id']}")
    assert others.fault is not None
    public = await group.says("carol", "/card dropout")
    assert not public.private
    assert all(name.startswith("stride/") for name in public.data["near"])


async def test_a_card_of_the_communitys_deck_is_seen_by_all(group: Conversation) -> None:
    await brings(group, "olga", "/deck --group import Group history", history_toml=PLAIN)
    reply = await group.says("bob", "/card who wrote it, in Lua")
    assert reply.data["card"]["id"].endswith("/who")
    assert not reply.private


async def test_the_question_alone_says_nothing_of_its_answer_to_programs_either(group: Conversation) -> None:
    card = (await group.says("dora", "/card")).data["card"]
    assert set(card) == {"id", "kind", "topic", "front", "code", "answer"}
    assert card["answer"] is None


async def test_typing_is_completed_with_cards_and_topics(group: Conversation) -> None:
    await group.says("alice", "/card dropout")
    found = group.core.complete("/card drop")
    assert found[0].text == "/card Dropout"
    assert any(each.text.startswith("/card stride/do-") for each in found)
    assert all(each.label for each in found)


async def test_before_the_decks_were_read_nothing_is_completed(tmp_path: Path) -> None:
    async with conversation(tmp_path) as talk:
        assert talk.core.complete("/card drop") == []


@pytest.mark.parametrize("card", [each for each in DECK.cards if each.code][:3], ids=lambda card: card.id)
async def test_a_question_that_says_little_is_labelled_with_its_code(card: Card) -> None:
    assert label(card).startswith(card.front[:15])
