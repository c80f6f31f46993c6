"""What `/link` says: codes, what would become of two accounts, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.actions import Action
from bot.arguments import shorten
from bot.reply import Button, Buttons, Code, Part, Reply, Table, Text
from bot.store.links import Account
from bot.study.links import HOLDS, Proposal, Side

JOIN, KEEP, PART = "link-join", "link-keep", "link-part"
PLATFORMS: Mapping[str, str] = {
    "discord": "on Discord",
    "slack": "on Slack",
    "web": "on the web page",
    "terminal": "in the terminal",
}


def code(given: str, side: Side) -> Reply:
    """A code, and where to type it."""
    minutes = int(HOLDS.total_seconds() // 60)
    parts: list[Part] = [
        Text(text="Type this where you use Stride with another account, to make the two one person:"),
        Code(code=f"/link {given}"),
        Text(
            text=f"It holds for {minutes} minutes, and once. Show it to nobody: whoever types it can become one person "
            "with you. Before anything happens, you are shown there what will.",
            tone="note",
        ),
    ]
    if len(side.accounts) > 1:
        parts.append(Text(text=f"Linked already: {listed(side.accounts)}.", tone="note"))
    return Reply(parts=tuple(parts), private=True, data={"code": given, "accounts": _ids(side)})


def shown(side: Side, account: str) -> Reply:
    """Which accounts are one person's."""
    if len(side.accounts) == 1:
        said = "This account is linked to no other. `/link` gives you a code for another one."
        return Reply(parts=(Text(text=said),), private=True, data={"accounts": _ids(side)})
    rows = tuple((named(each), _day(each.since), "this one" if each.id == account else "") for each in side.accounts)
    says = (
        f"One person, called {_name(side)} in standings, with {_answers(side.answers)}. `/link off` separates this "
        "account, and `/link` gives a code for one more."
    )
    table = Table(headers=("account", "here since", ""), rows=rows)
    return Reply(parts=(table, Text(text=says)), private=True, data={"accounts": _ids(side), "answers": side.answers})


def proposed(proposal: Proposal) -> Reply:
    """What would become of two people, and whether it shall."""
    kept, added = proposal.kept, proposal.added
    rows = tuple(
        (what, listed(side.accounts), f"{side.answers:,}", _day(side.since))
        for what, side in (("stays", kept), ("is added", added))
    )
    parts: list[Part] = [
        Text(text="Make these one person?", tone="heading"),
        Table(headers=("", "account", "answers", "here since"), rows=rows),
        Text(text=_what_happens(proposal)),
        Text(
            text="Go on only if both are yours: whoever has the other one can see, take out and delete all that you "
            "learn. `/link off` separates them again, but all that was learnt then stays with "
            f"{named(kept.accounts[0])}.",
            tone="note",
        ),
        Buttons(
            buttons=(
                Button(label="Make them one person", action=Action(JOIN, (proposal.code,)), style="danger"),
                Button(label="Leave them as they are", action=Action(KEEP)),
            )
        ),
    ]
    data = {
        "kept": {"accounts": _ids(kept), "answers": kept.answers},
        "added": {"accounts": _ids(added), "answers": added.answers},
        "twice": proposal.twice,
    }
    return Reply(parts=tuple(parts), private=True, data=data)


def joined(side: Side) -> Reply:
    """They are one."""
    said = (
        f"Done: {listed(side.accounts)} are one person, with {_answers(side.answers)}, one memory, one streak and one "
        f"standing, called {_name(side)}."
    )
    return _said(said, side)


def left() -> Reply:
    """Nothing was done."""
    return Reply(parts=(Text(text="Nothing was changed. The code runs out by itself."),), private=True)


def asked(side: Side, account: str) -> Reply:
    """Whether an account is to be separated."""
    if account == side.person:
        leaving = [each for each in side.accounts if each.id != account]
        said = (
            f"Separate {listed(leaving)} from this account? This one keeps all {_answers(side.answers)}, the memory "
            f"and the streak; {'that one begins' if len(leaving) == 1 else 'those begin'} anew, with nothing."
        )
    else:
        said = (
            f"Separate this account from {named(side.accounts[0])}? All {_answers(side.answers)}, the memory and the "
            "streak stay there, also what was learnt here; this account begins anew, with nothing. `/export` takes "
            "a copy out before."
        )
    buttons = (
        Button(label="Separate", action=Action(PART), style="danger"),
        Button(label="Leave them as they are", action=Action(KEEP)),
    )
    return Reply(parts=(Text(text=said), Buttons(buttons=buttons)), private=True, data={"accounts": _ids(side)})


def parted(side: Side, accounts: Sequence[Account], account: str, ended: str = "") -> Reply:
    """An account is one person's no longer; `side` is whoever keeps what was learnt.

    `ended` is the platform on which their reminder came until now, where they have no account there any more.
    """
    if account == side.person:
        said = f"Separated: {listed(accounts)} begin anew. All {_answers(side.answers)} and the memory stay here."
    else:
        said = (
            f"Separated: what was learnt stays with {named(side.accounts[0])}, all {_answers(side.answers)} of it. "
            "This account begins anew."
        )
    if ended:
        where = PLATFORMS.get(ended, f"on {ended}")
        said += f" The reminder came {where}, and has ended: `/remind` sets one where you want it."
    return _said(said, side)


def listed(accounts: Sequence[Account]) -> str:
    """Accounts, as people know them."""
    *first, last = [named(each) for each in accounts]
    return f"{', '.join(first)} and {last}" if first else last


def named(account: Account) -> str:
    """One account, as people know it."""
    name = f"`{shorten(account.name)}`" if account.name else "an account without a name"
    return f"{name} {PLATFORMS.get(account.platform, f'on {account.platform}')}"


def _what_happens(proposal: Proposal) -> str:
    kept, added = proposal.kept, proposal.added
    said = [f"In standings you will be called {_name(kept)}."]
    if added.answers:
        said.append(
            f"{_answers(added.answers)} of {listed(added.accounts)} are counted with the {kept.answers:,} that are "
            "there: one memory, one streak, one standing."
        )
    else:
        said.append(f"{listed(added.accounts)} has no answers yet and takes part in the memory, streak and standing.")
    if proposal.twice:
        some = "One question was" if proposal.twice == 1 else f"{proposal.twice:,} questions were"
        said.append(f"{some} answered with both: the earlier answer counts.")
    said.append("Own decks, groups and reminders come together. Roles do not: an organiser there is none here.")
    return " ".join(said)


def _said(text: str, side: Side) -> Reply:
    data: dict[str, Any] = {"accounts": _ids(side), "answers": side.answers}
    return Reply(parts=(Text(text=text, tone="good"),), private=True, data=data)


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count:,} answers"


def _name(side: Side) -> str:
    return f"`{shorten(side.name)}`" if side.name else "by no name yet"


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()


def _ids(side: Side) -> list[str]:
    return [each.id for each in side.accounts]
