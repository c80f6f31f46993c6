"""`/forget-me`: everything that is somebody's own goes, after a button and a typed word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.arguments import shorten
from bot.command import Command, Example, Incoming, Option
from bot.commands import forget_me_reply as reply
from bot.errors import WrongUsage
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core


async def forget_me(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/forget-me`."""
    typed = given.get("word", "")
    holdings = await core.study.belongings.holdings(incoming.user)
    if not typed:
        return reply.asked(holdings)
    _must_mean_it(typed)
    return reply.asked_at_last(holdings)


async def _pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The first button opens a form for the word."""
    del core, incoming, action
    return reply.form()


async def _submitted(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The form with the word, which stands for the last button, too."""
    del action
    _must_mean_it(incoming.values.get("word", ""))
    return await _forgotten(core, incoming)


async def _pressed_at_last(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button below a word that was typed."""
    del action
    return await _forgotten(core, incoming)


async def _kept(core: Core, incoming: Incoming, action: Action) -> Reply:
    del core, incoming, action
    return reply.kept()


async def _forgotten(core: Core, incoming: Incoming) -> Reply:
    accounts = await core.study.belongings.forget(incoming.user)
    return reply.forgotten(len(accounts), incoming.place.platform)


def _must_mean_it(typed: str) -> None:
    if typed.strip().strip("`'\"").upper() != reply.WORD:
        raise WrongUsage(
            f"Nothing was forgotten: the word to type is `{reply.WORD}`, not `{shorten(typed)}`.",
            suggestion=f"/forget-me {reply.WORD}",
        )


FORGET_ME = Command(
    name="forget-me",
    says="Makes Stride forget you: everything of yours goes, for good",
    help=(
        "Shows first what there is, and asks twice: a button, and a word to type. Then all that is yours goes from "
        "every table, with all your linked accounts: your name, your memory and streak, your own decks, reminders, and "
        "what you said to Stride with its answers. That something was answered, and when, stays without a name or a "
        "word, so that the group's totals still hold; decks of the group stay, too. `/export` takes a copy out before. "
        "Nothing brings it back, but you may begin anew at any time."
    ),
    options=(
        Option(name="word", says=f"{reply.WORD}, where you cannot use the button's form", required=False, rest=True),
    ),
    examples=(Example(text="/forget-me", says="what would go, and the question whether it shall"),),
    handler=forget_me,
    actions={
        reply.GO_ON: _pressed,
        reply.SEND: _submitted,
        reply.DO: _pressed_at_last,
        reply.KEEP: _kept,
    },
    form_actions=frozenset({reply.GO_ON}),
    slow=True,
    private=True,
    kept=False,
)
