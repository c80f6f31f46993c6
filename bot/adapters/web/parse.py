"""Frames from a browser as values: everything in them is doubted here, and nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.actions import Action, ActionError, from_id
from bot.adapters.web.limits import MAX_VALUES
from bot.command import Incoming, Place, User
from bot.dispatch import MAX_TEXT

PLATFORM = "web"
COMMUNITY = "page"
_EVENT = re.compile(r"[0-9a-f]{32}")
_CHANNEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


class FrameError(ValueError):
    """A frame that cannot be used; the message is for the person, `event` the id of what they sent if it had one."""

    def __init__(self, words: str, event: str | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.event = event


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Something typed; `files` are the names that its files were given when they arrived."""

    event: str
    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A press, a choice or a form."""

    event: str
    action: Action
    values: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """What stands in the box; `number` comes back with the answer."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A wish for what was said before an exchange."""

    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """What someone wants to be called."""

    name: str


Frame = Say | Act | Complete | Earlier | Rename


def parse(raw: str) -> Frame:
    """The frame in a text message; raises `FrameError`."""
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise FrameError("That was not understood: reload the page.") from fault
    if not isinstance(frame, dict) or not isinstance(kind := frame.get("type"), str) or kind not in _READERS:
        raise FrameError("That was not understood: reload the page.")
    return _READERS[kind](frame)


def channel_name(text: str) -> str | None:
    """A channel's name as it stands in an address; None where it is not one."""
    return text if _CHANNEL.fullmatch(text) else None


def place(channel: str) -> Place:
    """A channel of this page."""
    return Place(platform=PLATFORM, community=COMMUNITY, channel=channel)


def incoming(
    frame: Say | Act, user: User, where: Place, at: datetime, files: Mapping[str, bytes] = MappingProxyType({})
) -> Incoming:
    """What someone did. The browser made the event's id; with the person's before it, nobody can use up another's."""
    event = f"{user.id}:{frame.event}"
    if isinstance(frame, Say):
        return Incoming(id=event, user=user, place=where, at=at, text=frame.text, files=files)
    return Incoming(id=event, user=user, place=where, at=at, action=frame.action, values=frame.values, files=files)


def _say(frame: Mapping[str, Any]) -> Say:
    event = _event(frame)
    text = _text(frame.get("text"), event)
    if not text.strip():
        raise FrameError("There is nothing in that message.", event)
    return Say(event=event, text=text, files=_files(frame, event))


def _act(frame: Mapping[str, Any]) -> Act:
    event = _event(frame)
    values = frame.get("values", {})
    if not isinstance(values, dict) or len(values) > MAX_VALUES:
        raise FrameError("That form was not understood: reload the page.", event)
    try:
        action = from_id(_text(frame.get("action"), event))
    except ActionError as fault:
        raise FrameError("That button is not one of Stride's.", event) from fault
    said = {_text(name, event): _text(values[name], event) for name in values}
    return Act(event=event, action=action, values=said, files=_files(frame, event))


def _complete(frame: Mapping[str, Any]) -> Complete:
    return Complete(number=_number(frame.get("number")), text=_text(frame.get("text"), None))


def _earlier(frame: Mapping[str, Any]) -> Earlier:
    return Earlier(before=_number(frame.get("before")))


def _rename(frame: Mapping[str, Any]) -> Rename:
    return Rename(name=_text(frame.get("name"), None))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Frame]] = {
    "say": _say,
    "act": _act,
    "complete": _complete,
    "earlier": _earlier,
    "name": _rename,
}


def _event(frame: Mapping[str, Any]) -> str:
    event = frame.get("id")
    if not isinstance(event, str) or not _EVENT.fullmatch(event):
        raise FrameError("That was not understood: reload the page.")
    return event


def _files(frame: Mapping[str, Any], event: str) -> tuple[str, ...]:
    named = frame.get("files", [])
    if not isinstance(named, list) or not all(isinstance(each, str) and _EVENT.fullmatch(each) for each in named):
        raise FrameError("Those files were not understood: reload the page.", event)
    return tuple(dict.fromkeys(named))


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise FrameError("That was not understood: reload the page.")
    return value


def _text(value: object, event: str | None) -> str:
    if not isinstance(value, str):
        raise FrameError("That was not understood: reload the page.", event)
    if len(value) > MAX_TEXT:
        raise FrameError(f"That is {len(value):,} characters; a message has at most {MAX_TEXT:,}.", event)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a character is none
