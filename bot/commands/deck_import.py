"""`/deck import`: a file or pasted text, read, proved, and kept whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Incoming
from bot.commands import deck_words as words
from bot.commands.deck_names import HOUSE, HOUSE_TITLE, is_house, must_own, owner_of_new
from bot.commands.deck_proof import Proofs, proved
from bot.commands.deck_turn import Turn, in_turn
from bot.errors import StaleAction, UserError, WrongUsage
from bot.reply import Fault, Field, Form, Reply, Text
from bot.store.deck_rows import Kept, Standing
from bot.store.decks import slug
from cards.model import Card, Deck
from cards.proof import Outcome

if TYPE_CHECKING:
    from bot.app import Core
    from cards.calendar import Calendar
    from cards.imported import Imported

MINE = "mine"  # the deck that cards made from answers go into: importing into it takes nothing out
FORM = "deck-form"
MAX_TITLE = 60
EXAMPLE = """[[card]]
id = "conv-length"
kind = "shape"
front = "What comes out of nn.Conv1d(3, 16, 3) for (2, 3, 10)?"
answer = [2, 16, 8]
reason = "A kernel of 3 takes 2 off the length."
proof = "claim(nn.Conv1d(3, 16, 3)(torch.zeros(2, 3, 10)).shape)\""""


class NotADeck(UserError):  # noqa: N818 - named for what happened, as all of `bot.errors`
    """A file that cannot be used; the message says where and what to do. Nothing was imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is to be imported, and under which title: without one, a file's own, or for a `pasted` text its subject."""

    name: str
    data: bytes
    title: str = ""
    pasted: bool = False


def form(*, group: bool, title: str = "") -> Reply:
    """Asks for a file, or for text."""
    fields = (
        Field(name="title", label="Name of the deck", value=title, required=False),
        Field(name="file", label="A file: .toml, .csv or .apkg (Anki)", required=False, file=True),
        Field(name="text", label="Or paste TOML or CSV", multiline=True, required=False),
    )
    asked = Form(title="Import a deck", fields=fields, action=Action(FORM, ("group",) if group else ()))
    return Reply(parts=(asked,), private=True)


async def submitted(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The form was sent."""
    group = "group" in action.args
    found = source(incoming.files, incoming.values.get("text", ""), title=incoming.values.get("title", ""))
    if found is None:
        raise WrongUsage("There is neither a file nor a text in it.", suggestion="/deck import")
    return await imported(core, incoming, found, group=group)


def source(files: Mapping[str, bytes], text: str, *, title: str = "") -> Source | None:
    """What there is to import: the one file, else the text; raises `WrongUsage` for several files."""
    if len(files) > 1:
        raise WrongUsage("Import one file at a time: each becomes a deck.")
    if files:
        ((name, data),) = files.items()
        return Source(name=name, data=data, title=title)
    if not text.strip():
        return None
    kind = "toml" if "[[" in text and "=" in text else "csv"
    return Source(name=f"pasted.{kind}", data=_unfenced(text).encode(), title=title, pasted=True)


async def imported(core: Core, incoming: Incoming, found: Source, *, group: bool) -> Reply:
    """Reads, proves and keeps a deck.

    Raises:
        NotADeck: the file cannot be used.
        NotAllowed: only organisers bring in decks for the group.
        TooMuchKept: there is no room for it.
        Busy: this person runs something already, or everybody does.
    """
    owner = await owner_of_new(core, incoming, group=group)
    # Only Anki's packages say when cards are due, and what is due concerns one person.
    calendar = await core.tutor.calendar(incoming.user) if _is_package(found) and not group else None

    async def work(turn: Turn) -> tuple[Imported, Deck, Proofs]:
        turn.at = f"Reading `{shorten(found.name)}`."
        read = await _read(core, found, calendar)
        deck = _titled(found, read.deck)
        deck = replace(deck, id=await core.store.deck_ids.of(owner, deck.title))
        before = await core.store.decks.read(deck.id)
        if before is not None and slug(deck.title) == MINE:
            deck = _together(before, deck)
        known = {} if before is None else {card.id: (card, before.standing[card.id]) for card in before.deck.cards}
        return read, deck, await proved(core, turn, deck, known)

    read, deck, proofs = await in_turn(core, incoming, work)
    if not proofs.standing:
        parts = (Text(text="Nothing was imported: no card of it holds.", tone="bad"), *words.nothing_left(deck, proofs))
        fault = Fault(kind="deck", message=str(proofs.wrong[0]) if proofs.wrong else "it has no cards")
        return Reply(parts=parts, private=True, fault=fault)
    changes = await core.store.decks.put(deck, proofs.standing, owner=owner, at=incoming.at)
    if changes.fresh:
        await core.store.decks.use(owner, deck.id)
    taken = await core.tutor.take_over(incoming.user, deck.id, read.memories, incoming.at) if read.memories else 0
    held = await core.store.decks.held(deck.id)
    return words.imported(
        deck,
        changes,
        proofs,
        left_out=read.left_out,
        group=group,
        kept=held.cards if held else len(proofs.standing),
        taken=taken,
    )


async def prove_rest(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that proves the cards which still wait."""
    kept = await core.store.decks.read(action.args[0]) if action.args else None
    if kept is None:
        raise StaleAction("That deck is no longer there.", suggestion="/deck list")
    await must_own(core, incoming, kept.held, "prove the group's decks")
    return await judged(core, incoming, kept)


async def judged(core: Core, incoming: Incoming, kept: Kept) -> Reply:
    """Proves the cards of a deck that wait, and takes out those that are wrong."""
    waiting = [card for card in kept.deck.cards if kept.standing[card.id].outcome is Outcome.UNASKED]
    deck = replace(kept.deck, cards=tuple(waiting))
    proofs = await in_turn(core, incoming, lambda turn: proved(core, turn, deck, {})) if waiting else Proofs()
    found = dict(proofs.standing)
    found |= {verdict.card: Standing(Outcome.WRONG) for verdict in proofs.wrong}
    await core.store.decks.judge(kept.deck.id, found)
    return words.judged(kept.deck.title, proofs)


def _titled(found: Source, deck: Deck) -> Deck:
    """The deck under its title; raises `NotADeck` for Stride's own."""
    title = " ".join((found.title or (_subject(deck) if found.pasted else deck.title)).split())
    title = title[:MAX_TITLE].rstrip() or "deck"
    if is_house(title):
        raise NotADeck(f"`{HOUSE}` and `{HOUSE_TITLE}` are Stride's own deck: give yours another name.")
    return replace(deck, title=title)


def _subject(deck: Deck) -> str:
    """What pasted cards are about, so that two that were pasted without a name are two decks."""
    return next(iter(deck.topics.values()), "") or deck.cards[0].front.partition("\n")[0].replace("`", "")


def _together(before: Kept, deck: Deck) -> Deck:
    """The cards that are there, with those of a file beside them or in their place."""
    cards: dict[str, Card] = {card.id: card for card in before.deck.cards}
    cards |= {card.id: card for card in deck.cards}
    return replace(deck, cards=tuple(cards.values()), topics=before.deck.topics | deck.topics)


def _is_package(found: Source) -> bool:
    return found.data[:2] == b"PK"


async def _read(core: Core, found: Source, calendar: Calendar | None) -> Imported:
    from cards.deck import DeckError

    try:
        return await core.deck_files.read(found.name, found.data, calendar)
    except DeckError as fault:
        raise NotADeck(f"Nothing was imported. {fault}") from fault


def _unfenced(text: str) -> str:
    """What stands between three backticks where somebody pasted it so, without the language's name."""
    mark = "```"
    if not text.strip().startswith(mark):
        return text
    inside = text.strip().removeprefix(mark).rpartition(mark)[0] or text.strip().removeprefix(mark)
    first, newline, rest = inside.partition("\n")
    return rest if newline and first.strip().isalpha() else inside
