"""Button state, carried in the button's own id, so that a restart kills no button.

An id is `VERSION:name:arg:arg`, at most 100 characters (Discord's limit). Ids are opaque to people and prove nothing:
what someone may do is looked up in the store when the press arrives.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "1"
MAX_ID = 100


class ActionError(ValueError):
    """An id that is not one of ours, or an action that does not fit into one."""


@dataclass(frozen=True, slots=True)
class Action:
    """What a press means: a handler's name and short arguments without colons."""

    name: str
    args: tuple[str, ...] = ()


def to_id(action: Action) -> str:
    """The id of an action; raises `ActionError` where it is too long or an argument holds a colon."""
    pieces = (VERSION, action.name, *action.args)
    if any(":" in piece for piece in pieces):
        raise ActionError(f"an argument of {action.name!r} holds a colon")
    text = ":".join(pieces)
    if len(text) > MAX_ID:
        raise ActionError(f"the id of {action.name!r} has {len(text)} characters, over {MAX_ID}")
    return text


def from_id(text: str) -> Action:
    """The action of an id; raises `ActionError`."""
    version, *rest = text.split(":")
    if version != VERSION or not rest or not rest[0] or len(text) > MAX_ID:
        raise ActionError("not an action of this version")
    return Action(rest[0], tuple(rest[1:]))
