"""What `/forget-me` says: what there is, what will become of it, and that it is gone."""

from __future__ import annotations

from dataclasses import asdict

from bot.actions import Action
from bot.reply import Button, Buttons, Field, Form, Part, Reply, Table, Text
from bot.store.belongings import Holdings

WORD = "FORGET"
GO_ON, SEND, DO, KEEP = "forget-ask", "forget-send", "forget-do", "forget-not"


def asked(holdings: Holdings) -> Reply:
    """What there is, what goes and what stays, and the first question."""
    parts: list[Part] = [
        Text(text="Forget you?", tone="heading"),
        *_what(holdings),
        Text(
            text="Goes: your name, memory and streak, your own decks, reminders, what you said to me and what I said. "
            "Stays, without your name or a word of yours: that something was answered, and when, so that the group's "
            "totals still hold; and decks that belong to a group."
        ),
        Text(text=f"Nothing brings it back. `/export` takes a copy out before.{_ways(holdings)}", tone="note"),
        Buttons(
            buttons=(
                Button(label="Forget me…", action=Action(GO_ON), style="danger"),
                Button(label="Keep everything", action=Action(KEEP), style="primary"),
            )
        ),
    ]
    return Reply(parts=tuple(parts), private=True, data=_data(holdings) | {"forgotten": False})


def asked_at_last(holdings: Holdings) -> Reply:
    """The last question, after the word was typed."""
    buttons = (
        Button(label="Forget me now", action=Action(DO), style="danger"),
        Button(label="Keep everything", action=Action(KEEP), style="primary"),
    )
    parts: list[Part] = [
        Text(text="The last question: shall all of this go, for good?", tone="heading"),
        *_what(holdings),
        Buttons(buttons=buttons),
    ]
    return Reply(parts=tuple(parts), private=True, data=_data(holdings) | {"forgotten": False})


def form() -> Reply:
    """Where the word is typed."""
    field = Field(name="word", label=f"Type {WORD}, and all that is yours goes")
    return Reply(parts=(Form(title="Forget me for good", fields=(field,), action=Action(SEND)),), private=True)


def kept() -> Reply:
    """Nothing was done."""
    return Reply(parts=(Text(text="Nothing was forgotten: all of it is still there."),), private=True)


def forgotten(accounts: int, platform: str) -> Reply:
    """It is gone."""
    which = "You are forgotten" if accounts == 1 else f"You are forgotten, with all {accounts} accounts"
    said = [f"{which}: nothing here leads to you any more. Whenever you like you begin anew, as somebody I never met."]
    if platform in {"discord", "slack"}:
        said.append("Messages that already stand in a channel belong to the platform: delete them there.")
    return Reply(
        parts=(Text(text=" ".join(said), tone="good"),), private=True, data={"forgotten": True, "accounts": accounts}
    )


def _what(holdings: Holdings) -> list[Part]:
    counts = (
        ("answers", holdings.answers),
        ("cards that you remember", holdings.memories),
        ("decks of your own", holdings.decks),
        ("cards in them", holdings.cards),
        ("things that you said or pressed", holdings.exchanges),
        ("groups you are in", holdings.groups),
        ("linked accounts", len(holdings.accounts) - 1),
    )
    rows = tuple((what, f"{count:,}") for what, count in counts if count)
    if not rows:
        return [Text(text="There is next to nothing of yours here yet.")]
    return [Table(headers=("what there is of yours", ""), rows=rows)]


def _ways(holdings: Holdings) -> str:
    return " You organise a group here: that role goes, too." if holdings.organises else ""


def _data(holdings: Holdings) -> dict[str, object]:
    found = asdict(holdings)
    return found | {"accounts": len(holdings.accounts)}
