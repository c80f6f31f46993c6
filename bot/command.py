"""Commands as declarations: what one is called, takes and answers.

One declaration feeds Discord's tree, Slack's manifest, the web palette, `/help` and the README's table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.reply import Reply

if TYPE_CHECKING:
    from bot.app import Core


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who speaks. `id` is the platform's own, prefixed: `discord:123`, `web:9f..`, `terminal:alice`.

    Where accounts are linked, commands see the person to whom all of them belong as `id`: theirs are answers, memory
    and standing. `account` is always what the platform says: theirs are roles, and what was said in a channel.
    """

    id: str
    name: str
    organiser: bool = False
    operator: bool = False  # the terminal's operator: not rate-limited, may speak as anyone
    account: str = ""  # by default, the id

    def __post_init__(self) -> None:
        if not self.account:
            object.__setattr__(self, "account", self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is said. `community` is a guild, workspace or page; `channel` a channel of it."""

    platform: str
    community: str
    channel: str
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Something a person did: typed `text`, or pressed, chose or submitted an `action`.

    `id` is the platform's own id of the event: the same id twice is the same event, and is answered once.
    `progress`, where an adapter gives it, shows a reply before the answer is there ("You are 3rd in line"): each
    replaces the one before, and the answer replaces the last.
    `files` are those that came with it, by their names; adapters take none that are larger than `bot.adapters.sent`
    says. `open_file`, where an adapter gives it, reads a file of this machine that the person names, as (name, bytes):
    the terminal's operator may, and nobody else.
    """

    id: str
    user: User
    place: Place
    at: datetime
    text: str = ""
    action: Action | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    progress: Callable[[Reply], Awaitable[None]] | None = field(default=None, compare=False, repr=False)
    open_file: Callable[[str], Awaitable[tuple[str, bytes]]] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One way to go on typing: the whole text it would become, and what to say about it."""

    text: str
    label: str
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One argument. `rest` takes everything that follows, spaces and all; of `python` the indentation counts, too.

    A `file` is not typed: it is attached where a platform can do that, and comes in `Incoming.files`. Where somebody
    sends a file and no words at all, `alone` is what they mean to say after the command's name.
    """

    name: str
    says: str
    required: bool = True
    rest: bool = False
    python: bool = False
    file: bool = False
    alone: str = ""
    choices: tuple[str, ...] = ()
    complete: Callable[[Core, str], list[Completion]] | None = None  # the argument so far -> ways to go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A word such as `--cuda`, typed before the options."""

    name: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A line that a test runs, and what it shows; one that `fails` shows a mistake that torch refuses, too."""

    text: str
    says: str
    fails: bool = False


def bare(incoming: Incoming) -> bool:
    """Whether a command was given by its name alone."""
    return " " not in incoming.text and not incoming.files


Handler = Callable[["Core", Incoming, Mapping[str, str]], Awaitable[Reply]]
ActionHandler = Callable[["Core", Incoming, Action], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: its words, and the handler that answers.

    `slow` and `private` are declared, because Discord fixes both at the first acknowledgement; `opens_form` likewise,
    since a form must be that first acknowledgement: it says of what was typed whether a form is the answer, such as
    `bare` does. `form_actions` are the presses of which the same holds.
    `actions` are the presses that belong to it, by action name.
    `more` says what help adds from the settings. Where a command is not `kept`, the history has nothing of it.
    """

    name: str
    says: str
    help: str
    options: tuple[Option, ...]
    examples: tuple[Example, ...]
    handler: Handler
    flags: tuple[Flag, ...] = ()
    actions: Mapping[str, ActionHandler] = field(default_factory=dict)
    more: Callable[[Core], tuple[str, ...]] | None = None
    aliases: tuple[str, ...] = ()
    slow: bool = False
    private: bool = False
    opens_form: Callable[[Incoming], bool] | None = None
    form_actions: frozenset[str] = frozenset()
    organisers_only: bool = False
    kept: bool = True


def said_by_a_file(commands: Sequence[Command]) -> str:
    """What somebody means who sends a file and no words: `/deck import`; empty where no command takes a file."""
    for command in commands:
        for option in command.options:
            if option.file:
                return f"/{command.name} {option.alone}".rstrip()
    return ""
