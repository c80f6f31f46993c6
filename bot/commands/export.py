"""`/export`: all that is somebody's own, as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Command, Example, Incoming
from bot.commands.deck_turn import Turn, in_turn
from bot.errors import StaleAction
from bot.reply import Button, Buttons, Part, Reply, Text

if TYPE_CHECKING:
    from bot.app import Core
    from bot.study.export import Exported

MORE = "export-more"


async def export(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/export`."""
    del given
    return await _message(core, incoming, 1)


async def _more(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The files that did not fit into the message before."""
    number = action.args[0] if action.args else ""
    if not (number.isascii() and number.isdecimal() and int(number[:6]) >= 1):
        raise StaleAction("I do not know which files those were.", suggestion="/export")
    return await _message(core, incoming, int(number[:6]))


async def _message(core: Core, incoming: Incoming, number: int) -> Reply:
    async def work(turn: Turn) -> Exported:
        turn.at = "Your data is being put together."
        return await core.study.belongings.export(incoming.user, incoming.at)

    found = await in_turn(core, incoming, work)
    if number > len(found.messages):
        raise StaleAction("There are fewer files by now.", suggestion="/export")
    return _said(found, number)


def _said(found: Exported, number: int) -> Reply:
    files, of = found.messages[number - 1], len(found.messages)
    parts: list[Part] = [Text(text=_words(found) if number == 1 else f"Files {number} of {of}.", tone="good")]
    parts += files
    if number == 1:
        parts += [
            Text(
                text=f"`{shorten(title)}` is too large for one message: `/deck export {shorten(title)} csv` gives it "
                "as a table, which is smaller.",
                tone="note",
            )
            for title in found.too_large
        ]
    if number < of:
        more = Button(label=f"More files ({number + 1} of {of})", action=Action(MORE, (str(number + 1),)))
        parts.append(Buttons(buttons=(more,)))
    data = {
        "files": [each.name for each in files],
        "bytes": [len(each.data) for each in files],
        "message": number,
        "of": of,
        "rows": found.rows,
        "cards": found.cards,
    }
    return Reply(parts=tuple(parts), private=True, data=data)


def _words(found: Exported) -> str:
    said = f"All that is yours here: {found.rows:,} rows as JSON, each field explained in the file itself"
    if found.cards:
        cards = "1 card" if found.cards == 1 else f"{found.cards:,} cards"
        said += f"; and {cards} for Anki, with the dates on which you are asked again"
    return f"{said}. Keep it to yourself: it has everything that you said to me."


EXPORT = Command(
    name="export",
    says="All your data as files: everything as JSON, and your cards for Anki",
    help=(
        "Gives you, and nobody else, everything that Stride keeps of you and your linked accounts: answers, memory, "
        "questions, decks, groups, reminders, and what you said, with an explanation of every field and all times with "
        "their zone. Your cards come as an Anki package, with the dates on which you are asked again: those of your "
        "own decks, and all others that you remember. Skills with fresh numbers have no card, and are in the JSON "
        "alone. What is too large for one message comes in several."
    ),
    options=(),
    examples=(Example(text="/export", says="everything that is yours"),),
    handler=export,
    actions={MORE: _more},
    slow=True,
    private=True,
    kept=False,
)
