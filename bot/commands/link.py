"""`/link`: one person on several platforms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Example, Incoming, Option
from bot.commands import link_reply
from bot.errors import StaleAction, WrongUsage
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core

SHOW, OFF = "show", "off"


async def link(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/link`."""
    typed = given.get("code", "").strip()
    match typed.casefold():
        case "":
            side = await core.study.links.side(incoming.user.id)
            return link_reply.code(await core.study.links.give_code(incoming.user, incoming.at), side)
        case "show":
            return link_reply.shown(await core.study.links.side(incoming.user.id), incoming.user.account)
        case "off":
            side = await core.study.links.side(incoming.user.id)
            if len(side.accounts) == 1:
                raise WrongUsage("This account is linked to no other.", suggestion="/link")
            return link_reply.asked(side, incoming.user.account)
        case _:
            return link_reply.proposed(await core.study.links.propose(incoming.user, typed, incoming.at))


async def _joined(core: Core, incoming: Incoming, action: Action) -> Reply:
    if not action.args:
        raise StaleAction("I do not know that code.", suggestion="/link")
    return link_reply.joined(await core.study.links.join(incoming.user, action.args[0], incoming.at))


async def _kept(core: Core, incoming: Incoming, action: Action) -> Reply:
    del core, incoming, action
    return link_reply.left()


async def _parted(core: Core, incoming: Incoming, action: Action) -> Reply:
    del action
    before = await core.study.links.side(incoming.user.id)
    person, parted = await core.study.links.part(incoming.user, incoming.at)
    gone = [each for each in before.accounts if each.id in parted]
    ended = await core.study.reminders.end_out_of_reach(person)
    return link_reply.parted(await core.study.links.side(person), gone, incoming.user.account, ended)


LINK = Command(
    name="link",
    says="Makes your accounts on several platforms one person",
    help=(
        "Alone it gives you a code, which you type after `/link` where you have another account: on another platform "
        "or in another browser. There you see what will happen before anything does. Afterwards both share one memory, "
        "one streak and one standing, under the name of the account that was here first. `show` says which accounts "
        "are linked; `off` separates this one again, and what was learnt stays with the person whose memory it is."
    ),
    options=(
        Option(
            name="code", says="the code that your other account was given; or show, or off", required=False, rest=True
        ),
    ),
    examples=(
        Example(text="/link", says="a code for your other account"),
        Example(text="/link show", says="which accounts are one person"),
    ),
    handler=link,
    actions={link_reply.JOIN: _joined, link_reply.KEEP: _kept, link_reply.PART: _parted},
    private=True,
    kept=False,
)
