"""`/layer` as people use it, its examples run by a real torch worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from torch import nn

from bot.actions import to_id
from bot.reply import Button, Buttons, Reply, Table, plain
from cards.model import Card
from sandbox.client import Sandbox
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.settings import JailSettings, SandboxSettings
from tests.bot.commands.running import AT_EASE
from tests.bot.conversation import Conversation, conversation
from tests.torch_here import lent

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENT = SandboxSettings(wait_s=60, start_s=300, jail=JailSettings(wait_s=300))  # torch takes long on a busy machine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Conversation]:
    """One channel with one worker for all of this file: torch takes seconds to load."""
    folder = tmp_path_factory.mktemp("layer")
    async with conversation(folder, sandbox=lent(torch_here), fairness=AT_EASE) as talk:
        yield talk


def buttons(reply: Reply) -> list[Button]:
    return [button for part in reply.parts if isinstance(part, Buttons) for button in part.buttons]


async def test_a_layer_is_told_on_one_screen(group: Conversation) -> None:
    reply = await group.says("alice", "/layer conv1d")
    assert reply.fault is None
    assert not reply.private
    text = plain(reply)
    for piece in (
        "nn.Conv1d(in_channels, out_channels, kernel_size, stride=1",
        "(N, in_channels, L)",
        "(N, out_channels, L_out)",
        "L_out = floor((L + 2p - d(k-1) - 1)/s) + 1",
        "out_channels * in_channels / groups * kernel_size + out_channels",
        "kernel_size (k)",
        "Trap: Channels come before length",
        "Usual mistakes: the +1 left out",
        "(32, 3, 100) → (32, 16, 98)",
        "the formula, torch's meta device and a real run agree.",
    ):
        assert piece in text
    assert len(text.splitlines()) < 60
    (table,) = (part for part in reply.parts if isinstance(part, Table))
    assert [row[0].partition(" ")[0] for row in table.rows][:3] == ["in_channels", "out_channels", "kernel_size"]


async def test_every_layer_and_operation_is_told_and_its_example_is_run_by_torch(group: Conversation) -> None:
    """The names of all of them are names of torch's, so each means itself and nothing else."""
    for name in (*(f"nn.{layer}" for layer in LAYERS if hasattr(nn, layer)), *(f"torch.{op}" for op in OPS)):
        reply = await group.says("alice", f"/layer {name}")
        assert reply.fault is None, (name, reply.fault)
        data = reply.data
        assert data["name"] == name.rpartition(".")[2]
        assert data["does"], name
        assert data["signature"], name
        assert data["inputs"], name
        assert data["outputs"], name
        assert {"formula", "cpu"} <= set(data["answer"]["agreed"]), name
        assert data["answer"]["outputs"], name
        assert all(len(to_id(button.action)) <= 100 for button in buttons(reply)), name
        assert len(plain(reply)) < 6000, name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("fc", "Linear"), ("dense", "Linear"), ("fully connected", "Linear"), ("bn2d", "BatchNorm2d"),
        ("batch norm 2d", "BatchNorm2d"), ("mha", "MultiheadAttention"), ("F.relu", "ReLU"), ("relu", "ReLU"),
        ("nn.Conv1d(3, 16, kernel_size=3)", "Conv1d"), ("conv1d 3 16 k3", "Conv1d"), ("Conv1D", "Conv1d"),
        ("CONV_TRANSPOSE2D", "ConvTranspose2d"), ("cross entropy", "CrossEntropyLoss"), ("einsum", "einsum"),
        ("torch.flatten", "flatten"), ("flatten", "Flatten"), ("max pool 2d", "MaxPool2d"), ("`lstm`", "LSTM"),
        ("F.max_pool2d(x, 2)", "MaxPool2d"), ("torch.nn.GELU()", "GELU"),
    ],
)  # fmt: skip
async def test_nicknames_functions_and_code_mean_their_layer(group: Conversation, typed: str, name: str) -> None:
    reply = await group.says("alice", f"/layer {typed}")
    assert reply.fault is None
    assert reply.data["name"] == name


async def test_a_name_of_several_layers_asks_which(group: Conversation) -> None:
    reply = await group.says("alice", "/layer conv")
    assert "can be Conv1d, Conv2d or Conv3d" in plain(reply)
    assert [choice["name"] for choice in reply.data["choices"]] == ["Conv1d", "Conv2d", "Conv3d"]
    chosen = await group.presses("bob", "nn.Conv2d", reply)
    assert chosen.data["name"] == "Conv2d"


async def test_a_slip_offers_the_nearest(group: Conversation) -> None:
    reply = await group.says("alice", "/layer convld")
    assert reply.fault is not None
    assert reply.fault.suggestion == "/layer Conv1d"
    assert (await group.presses("alice", "nn.Conv1d", reply)).data["name"] == "Conv1d"


@pytest.mark.parametrize("typed", ["Sequential", "ModuleList", "Module"])
async def test_a_class_that_maps_no_tensor_says_so_and_leads_to_cards(group: Conversation, typed: str) -> None:
    reply = await group.says("alice", f"/layer {typed}")
    assert reply.fault is not None
    assert typed in reply.fault.message
    assert reply.fault.suggestion is not None
    assert (await group.says("alice", reply.fault.suggestion)).fault is None


async def test_what_is_no_layer_but_stands_on_cards_leads_there(group: Conversation) -> None:
    reply = await group.says("alice", "/layer adam")
    assert reply.fault is not None
    assert reply.fault.suggestion == "/card adam"
    assert (await group.presses("alice", "Look for cards", reply)).data["card"]["answer"]


@pytest.mark.parametrize("typed", ["x" * 3000, "((((", "`@everyone`", "\u202e", "🦙", "|", "conv1d|relu", "12", "nn."])
async def test_whatever_is_typed_is_answered(group: Conversation, typed: str) -> None:
    reply = await group.says("mallory", f"/layer {typed}")
    assert reply.fault is None or reply.fault.kind == "usage"


async def test_the_buttons_lead_on(group: Conversation) -> None:
    reply = await group.says("alice", "/layer conv1d")
    opened = await group.presses("alice", "Open the example", reply)
    assert opened.data["outputs"][0]["shape"] == [32, 16, 98]
    assert (await group.presses("alice", "Explain", reply)).fault is None
    practice = await group.presses("bob", "Practise", reply)
    assert practice.private, "what one learner answers is theirs"
    assert practice.data["questions"]
    shown = await group.presses("alice", buttons(reply)[-1])
    assert shown.data["card"]["id"] == reply.data["cards"][-1]


async def test_cards_about_a_layer_name_it_and_its_traps_come_first(group: Conversation) -> None:
    reply = await group.says("alice", "/layer batchnorm1d")
    cards = await _cards(group, reply)
    assert cards
    assert all("batchnorm1d" in f"{card.front} {card.code} {card.answer}".lower() for card in cards)
    kinds = [card.kind == "mistake" for card in await _cards(group, await group.says("alice", "/layer conv1d"))]
    assert kinds == sorted(kinds, reverse=True)
    assert kinds[0]


async def _cards(group: Conversation, reply: Reply) -> list[Card]:
    catalogue = await group.core.tutor.cards(group.incoming("alice").user, group.place)
    return [catalogue.cards[name] for name in reply.data["cards"]]


async def test_a_card_that_was_looked_up_is_proved_by_torch_and_asked_by_a_press(group: Conversation) -> None:
    await group.says("alice", "/why stride/conv1d-k3p1")  # waits for the jails, which a card does not
    group.clock.advance(minutes=1)
    reply = await group.says("alice", "/card conv1d-k3p1")
    assert reply.data["card"]["torch"]
    assert "proved it." in plain(reply)
    why = await group.presses("alice", "Why", reply)
    assert why.private
    assert why.data["outcome"] == "holds"
    asked = await group.presses("bob", "Ask me this", reply)
    assert asked.private
    (question,) = asked.data["questions"]
    assert question["prompt"] == reply.data["card"]["front"]
    example = await group.presses("alice", "Run the example", reply)
    assert example.fault is None


async def test_typing_is_completed_with_names(group: Conversation) -> None:
    await group.says("alice", "/layer conv1d")
    assert "/layer maxpool1d" in [each.text for each in group.core.complete("/layer maxp")]


async def test_without_torch_it_is_told_that_torch_was_not_asked(tmp_path: Path) -> None:
    async with conversation(tmp_path) as talk:
        reply = await talk.says("alice", "/layer conv1d")
        assert reply.fault is None
        assert "Not checked by torch" in plain(reply)
        assert reply.data["answer"]["agreed"] == ["formula"]
