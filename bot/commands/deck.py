"""`/deck`: the decks that somebody sees, brings in, practises, takes out and takes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import MARK, shorten
from bot.command import Command, Completion, Example, Flag, Incoming, Option
from bot.commands import card_draft, card_made, deck_export, deck_import
from bot.commands import deck_words as words
from bot.commands.deck_names import Reader, is_house, must_organise, must_own, named, owner_of_new
from bot.commands.learning_words import UNPROVED
from bot.errors import NotAllowed, StaleAction
from bot.reply import Button, Buttons, Reply, Text
from bot.store.deck_rows import Held

if TYPE_CHECKING:
    from bot.app import Core
    from cards.model import Deck

GROUP, YES = "group", "yes"
LIST, SHOW, USE, STOP, IMPORT, EXPORT, REMOVE, RESTORE, PROVE = (
    "list", "show", "use", "stop", "import", "export", "remove", "restore", "prove",
)  # fmt: skip
VERBS = (LIST, SHOW, USE, STOP, IMPORT, EXPORT, REMOVE, RESTORE, PROVE)
KEPT_DAYS = 30  # for which a removed deck can be restored; `bot.duties` forgets it then

Answer = Callable[["Core", Incoming, str, bool], Awaitable[Reply]]  # the deck's name, and whether it is the group's


async def deck(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/deck`."""
    name, flags = _flags(given.get("name", ""), {flag for flag in (GROUP, YES) if flag in given})
    verb = given.get("what", LIST)
    if verb == REMOVE:
        return await _remove(core, incoming, name, group=GROUP in flags, sure=YES in flags)
    return await _ANSWERS[verb](core, incoming, name, GROUP in flags)


async def _list(core: Core, incoming: Incoming, _name: str, group: bool) -> Reply:
    reader = Reader.of(incoming)
    seen = await core.store.decks.of([reader.group] if group else reader.owners)
    used = await core.store.decks.used_by(reader.owners)
    return words.listed(await _house(), seen, [held.id for held in used], reader)


async def _show(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    if is_house(name):
        return words.shown_house(await _house())
    held = await named(core, incoming, name, group=group)
    return await _shown(core, incoming, held)


async def _shown(core: Core, incoming: Incoming, held: Held) -> Reply:
    reader = Reader.of(incoming)
    kept = await core.store.decks.read(held.id)
    if kept is None:
        raise StaleAction("That deck is no longer there.", suggestion="/deck list")
    mine, ours = [
        {each.id for each in await core.store.decks.used_by([owner])} for owner in (reader.person, reader.group)
    ]
    organises = await core.organises(incoming)
    return words.shown(
        kept,
        used=held.id in mine | ours,
        may_stop=held.id in mine or organises,
        may_change=held.owner == reader.person or organises,
        reader=reader,
    )


async def _use(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    if is_house(name):
        return _said("Stride's own deck is always in use.")
    return await _used(core, incoming, await named(core, incoming, name, group=group), group=group)


async def _used(core: Core, incoming: Incoming, held: Held, *, group: bool) -> Reply:
    reader = Reader.of(incoming)
    owner = reader.person
    if group:
        await must_organise(core, incoming, "choose what the group practises")
        owner = reader.group
    await core.store.decks.use(owner, held.id)
    who = "Everybody here practises" if group else "You practise"
    waits = f" {words.count(held.waiting, 'card')} of it still wait for a proof." if held.waiting else ""
    return _said(f"{who} `{shorten(held.title)}` from now on: {words.count(held.cards, 'card')}.{waits}", held)


async def _stop(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    if is_house(name):
        return _said("Stride's own deck is always in use; `/practice` and a topic keeps to what you want.")
    return await _stopped(core, incoming, await named(core, incoming, name, group=group), group=group)


async def _stopped(core: Core, incoming: Incoming, held: Held, *, group: bool) -> Reply:
    reader = Reader.of(incoming)
    theirs = group or held.id not in {each.id for each in await core.store.decks.used_by([reader.person])}
    if theirs:
        await must_organise(core, incoming, "choose what the group practises")
    await core.store.decks.stop_using(reader.group if theirs else reader.person, held.id)
    said = f"`{shorten(held.title)}` is not asked any more. What is remembered of it stays: `/deck use` brings it back."
    return _said(said, held)


async def _import(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    title, pasted = (name, "") if "\n" not in name else _pasted(name)
    files = dict(incoming.files)
    if not files and not pasted and title and incoming.open_file is not None:
        path, title = title, ""
        opened, data = await incoming.open_file(path)
        files = {opened: data}
    found = deck_import.source(files, pasted, title=title)
    if found is None:
        await owner_of_new(core, incoming, group=group)
        return deck_import.form(group=group, title=title)
    return await deck_import.imported(core, incoming, found, group=group)


async def _export(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    name, kind = deck_export.split_kind(name)
    if is_house(name):
        return await deck_export.exported(core, incoming, await _house(), kind)
    kept = await core.store.decks.read((await named(core, incoming, name, group=group)).id)
    if kept is None:
        raise StaleAction("That deck is no longer there.", suggestion="/deck list")
    return await deck_export.exported(core, incoming, kept.deck, kind)


async def _remove(core: Core, incoming: Incoming, name: str, *, group: bool, sure: bool) -> Reply:
    if is_house(name):
        raise NotAllowed("Stride's own deck stays. `/deck import` brings in yours beside it.")
    held = await named(core, incoming, name, group=group)
    await must_own(core, incoming, held, "remove the group's decks")
    return await _removed(core, incoming, held) if sure else _asked(held, Reader.of(incoming))


def _asked(held: Held, reader: Reader) -> Reply:
    theirs = "" if held.owner == reader.person else " It is the group's: nobody here is asked about it then."
    said = (
        f"Remove `{shorten(held.title)}` with its {words.count(held.cards, 'card')}?{theirs} What is remembered of the "
        f"cards stays, and for {KEPT_DAYS} days `/deck restore` brings it back."
    )
    buttons = (
        Button(label="Remove it", action=Action("deck-gone", (held.id,)), style="danger"),
        Button(label="Keep it", action=Action("deck-show", (held.id,))),
    )
    data = {"deck": held.id, "title": held.title, "removed": False}
    return Reply(parts=(Text(text=said), Buttons(buttons=buttons)), private=True, data=data)


async def _removed(core: Core, incoming: Incoming, held: Held) -> Reply:
    if not await core.store.decks.remove(held.id, incoming.at):
        raise StaleAction("That deck has been removed already.", suggestion="/deck list")
    undo = Button(label="Undo", action=Action("deck-back", (held.id,)))
    said = Text(text=f"`{shorten(held.title)}` is removed.", tone="good")
    data = {"deck": held.id, "title": held.title, "removed": True}
    return Reply(parts=(said, Buttons(buttons=(undo,))), private=True, data=data)


async def _restore(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    return await _restored(core, incoming, await named(core, incoming, name, group=group, removed=True))


async def _restored(core: Core, incoming: Incoming, held: Held) -> Reply:
    await must_own(core, incoming, held, "restore the group's decks")
    if not await core.store.decks.restore(held.id):
        raise StaleAction("That deck is there.", suggestion="/deck list")
    return _said(f"`{shorten(held.title)}` is back, with all its cards.", held)


async def _prove(core: Core, incoming: Incoming, name: str, group: bool) -> Reply:
    held = await named(core, incoming, name, group=group)
    return await deck_import.prove_rest(core, incoming, Action("deck-prove", (held.id,)))


_ANSWERS: Mapping[str, Answer] = {
    LIST: _list,
    SHOW: _show,
    USE: _use,
    STOP: _stop,
    IMPORT: _import,
    EXPORT: _export,
    RESTORE: _restore,
    PROVE: _prove,
}


async def _pressed_show(core: Core, incoming: Incoming, action: Action) -> Reply:
    return await _shown(core, incoming, await _of(core, incoming, action))


async def _pressed_use(core: Core, incoming: Incoming, action: Action) -> Reply:
    return await _used(core, incoming, await _of(core, incoming, action), group=False)


async def _pressed_stop(core: Core, incoming: Incoming, action: Action) -> Reply:
    return await _stopped(core, incoming, await _of(core, incoming, action), group=False)


async def _pressed_remove(core: Core, incoming: Incoming, action: Action) -> Reply:
    held = await _of(core, incoming, action)
    await must_own(core, incoming, held, "remove the group's decks")
    return _asked(held, Reader.of(incoming))


async def _pressed_gone(core: Core, incoming: Incoming, action: Action) -> Reply:
    held = await _of(core, incoming, action)
    await must_own(core, incoming, held, "remove the group's decks")
    return await _removed(core, incoming, held)


async def _pressed_back(core: Core, incoming: Incoming, action: Action) -> Reply:
    return await _restored(core, incoming, await _of(core, incoming, action, removed=True))


async def _of(core: Core, incoming: Incoming, action: Action, *, removed: bool = False) -> Held:
    """The deck of a button, where whoever presses sees it: an id proves nothing."""
    held = await core.store.decks.held(action.args[0]) if action.args else None
    if held is None or (held.removed is not None) != removed or held.owner not in Reader.of(incoming).owners:
        raise StaleAction("That deck is no longer there.", suggestion="/deck list")
    return held


async def _house() -> Deck:
    """The deck that comes with Stride, read where that blocks nobody."""
    from bot.tutor.catalogues import house

    return await asyncio.to_thread(house)


def _flags(name: str, given: set[str]) -> tuple[str, set[str]]:
    """Flags wherever they were typed on the first line: people write them at the end."""
    first, newline, rest = name.partition("\n")
    kept = []
    for word in first.split(" "):
        if word.casefold() in {MARK + GROUP, MARK + YES}:
            given.add(word.casefold().removeprefix(MARK))
        else:
            kept.append(word)
    return " ".join(kept).strip() + newline + rest, given


def _pasted(name: str) -> tuple[str, str]:
    """A title on the first line, and what was pasted below it; without a title, all of it was pasted."""
    first, _, rest = name.partition("\n")
    told = first.strip() and not any(mark in first for mark in "[=,;\t`")
    return (first.strip(), rest) if told else ("", name)


def _said(text: str, held: Held | None = None) -> Reply:
    data = {} if held is None else {"deck": held.id, "title": held.title}
    return Reply(parts=(Text(text=text, tone="good"),), private=True, data=data)


def opens_form(incoming: Incoming) -> bool:
    """Whether `/deck import` was said with nothing to import, though perhaps with a name."""
    said = [word for word in incoming.text.split() if not word.startswith(MARK)]
    return said[1:2] == [IMPORT] and "\n" not in incoming.text.strip() and not incoming.files


def completions(core: Core, typed: str) -> list[Completion]:
    """What can be said first."""
    del core
    return [
        Completion(text=f"{verb} ", label=verb, says=says)
        for verb, says in _SAYS.items()
        if verb.startswith(typed.casefold())
    ]


_SAYS: Mapping[str, str] = {
    LIST: "your decks and the group's",
    SHOW: "what is in a deck",
    USE: "practise a deck",
    STOP: "practise it no longer",
    IMPORT: "a deck from TOML, CSV or Anki",
    EXPORT: "a deck as apkg, csv or toml",
    REMOVE: "take a deck away; it can be restored",
    RESTORE: "bring a removed deck back",
    PROVE: "run the proofs that still wait",
}

DECK = Command(
    name="deck",
    says="Decks of cards: see, bring in, practise, take out and remove them",
    help=(
        "`list` shows Stride's deck, yours and the group's; `show`, `use` and `stop` take the name of one. `import` "
        "takes a file (`.toml`, `.csv` or `.apkg` from Anki; in a terminal, its path), or text that you paste below "
        "it. Every proof in it is run by torch first: a card that torch does not confirm is kept out and named, and "
        f"cards without a proof say “{UNPROVED}”. The same deck again is brought up to date, not doubled. "
        "`export` gives a file (`apkg` with the dates of your reviews, `csv`, `toml`), `remove` asks first, `restore` "
        "undoes it, and `prove` runs proofs that still wait. `--group` means the group's decks, which its organisers "
        "bring in and everybody practises."
    ),
    options=(
        Option(name="what", says="what to do", required=False, choices=VERBS, complete=completions),
        Option(
            name="name",
            says="the deck's name; after export also apkg, csv or toml; after import, pasted text may follow",
            required=False,
            rest=True,
            python=True,
        ),
        Option(
            name="file",
            says="after import: a deck as .toml, .csv or .apkg",
            required=False,
            file=True,
            alone=IMPORT,
        ),
    ),
    flags=(
        Flag(name=GROUP, says="the group's decks; bringing in and removing is for organisers"),
        Flag(name=YES, says="remove without asking first"),
    ),
    examples=(
        Example(text="/deck list", says="the decks there are"),
        Example(text="/deck show stride", says="what is in Stride's own"),
        Example(text="/deck export stride toml", says="all of it as a file"),
    ),
    handler=deck,
    actions={
        "deck-show": _pressed_show,
        "deck-use": _pressed_use,
        "deck-stop": _pressed_stop,
        "deck-remove": _pressed_remove,
        "deck-gone": _pressed_gone,
        "deck-back": _pressed_back,
        "deck-prove": deck_import.prove_rest,
        deck_import.FORM: deck_import.submitted,
        card_draft.FROM_SHAPE: card_made.from_shape,
        card_draft.FROM_RUN: card_made.from_run,
        card_made.SAVE: card_made.save,
        card_made.TAKE_OUT: card_made.take_out,
    },
    slow=True,
    private=True,
    opens_form=opens_form,
    form_actions=frozenset({card_draft.FROM_SHAPE, card_draft.FROM_RUN}),
)
