"""What the tests of `/deck` share: files that people bring, and ways to look at what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.command import Incoming
from bot.reply import File, Reply
from bot.store.deck_rows import Standing
from bot.store.decks import community, deck_id
from cards.model import Card, Deck
from cards.proof import Outcome
from tests.bot.conversation import Conversation

PLAIN = """[topics]
history = "Where it comes from"

[[card]]
id = "who"
kind = "recall"
topic = "history"
front = "Who wrote `torch` before it was PyTorch?"
answer = "Ronan Collobert and others"
reason = "Torch was written in Lua."
why_no_proof = "history"

[[card]]
id = "when"
kind = "number"
topic = "history"
front = "In which year did PyTorch come out?"
answer = 2016
reason = "So its first release says."
why_no_proof = "history"
"""
TABLE = "front,back\nWhat is a tensor?,An array with a dtype\nWhat is a scalar?,A tensor without axes\n"


def proving(shape: str = "[2, 16, 8]", number: str = "48") -> str:
    """Two cards with proofs, which hold for these answers."""
    return f"""[[card]]
id = "length"
kind = "shape"
topic = "conv"
front = "What comes out of `nn.Conv1d(3, 16, 3)` for (2, 3, 10)?"
answer = {shape}
reason = "A kernel of 3 takes 2 off the length."
proof = "claim(nn.Conv1d(3, 16, 3)(torch.zeros(2, 3, 10)).shape)"

[[card]]
id = "weights"
kind = "number"
topic = "conv"
front = "How many weights has `nn.Conv1d(1, 16, 3, bias=False)`?"
answer = {number}
reason = "16 filters of 3 numbers."
proof = "claim(nparam(nn.Conv1d(1, 16, 3, bias=False)))"
"""


async def brings(group: Conversation, who: str, text: str = "/deck import", **files: str | bytes) -> Reply:
    """Someone says something and brings a file; `deck_toml="..."` is a file called `deck.toml`."""
    return await sends(group, group.incoming(who, text=text), {name.replace("_", "."): files[name] for name in files})


async def sends(group: Conversation, asked: Incoming, files: Mapping[str, str | bytes]) -> Reply:
    """What an adapter has made of an event, and the files that came with it."""
    held = {name: data if isinstance(data, bytes) else data.encode() for name, data in files.items()}
    reply = await group.core.handle(replace(asked, files=held))
    assert reply is not None
    return reply


async def has(group: Conversation, who: str, *named: str) -> None:
    """Someone has decks of two cards that are practised, without any file being read; `group` for everybody's."""
    owner = community(group.place) if who == "group" else f"test:{who}"
    cards = tuple(
        Card(id=name, kind="recall", topic="", front=f"What is {name}?", answer=f"It is {name}", reason="r")
        for name in ("first", "second")
    )
    for title in named:
        deck = Deck(id=deck_id(owner, title), title=title, says="", cards=cards)
        standing = {card.id: Standing(Outcome.NOTHING_TO_RUN) for card in cards}
        await group.core.store.decks.put(deck, standing, owner=owner, at=group.clock.now())
        await group.core.store.decks.use(owner, deck.id)


async def titles(group: Conversation, who: str, flags: str = "") -> list[str]:
    """The decks that someone sees, but for Stride's own."""
    found: list[dict[str, Any]] = (await group.says(who, f"/deck {flags} list".replace("  ", " "))).data["decks"]
    return [each["title"] for each in found[1:]]


def the_file(reply: Reply) -> File:
    """The one file of a reply."""
    (found,) = (part for part in reply.parts if isinstance(part, File))
    return found
