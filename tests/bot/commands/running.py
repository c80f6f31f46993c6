"""What the tests of `/run` share: a sandbox that is waited for, and ways to look at a reply."""

from __future__ import annotations

from bot.reply import Buttons, Code, Form, Reply, Table, Text
from bot.settings import FairnessSettings

AT_EASE = FairnessSettings(person_burst=1_000, channel_burst=1_000)  # the clock stands still in these tests


def code(reply: Reply) -> str:
    """What stands in fixed width."""
    return "\n".join(part.code for part in reply.parts if isinstance(part, Code))


def text(reply: Reply) -> str:
    """What is said in sentences."""
    return "\n".join(part.text for part in reply.parts if isinstance(part, Text))


def table(reply: Reply, header: str) -> tuple[tuple[str, ...], ...]:
    """The rows of the table with that header."""
    for part in reply.parts:
        if isinstance(part, Table) and header in part.headers:
            return part.rows
    raise AssertionError(f"no table with {header!r}")


def the_form(reply: Reply) -> Form:
    """The form of a reply that has nothing else but words."""
    *said, found = reply.parts
    assert isinstance(found, Form)
    assert all(isinstance(part, Text) for part in said)
    return found


def labels(reply: Reply) -> list[str]:
    """What can be pressed."""
    return [button.label for part in reply.parts if isinstance(part, Buttons) for button in part.buttons]
