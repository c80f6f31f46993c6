"""The errors that people see, each with a way out.

    StrideError
    ├── UserError                 what was asked cannot be answered: shown in the chat, never logged as a fault
    │   ├── UnknownCommand        no command of that name; the nearest is offered
    │   ├── WrongUsage            an option is missing, unknown or not one of its choices
    │   ├── NothingFound          no card, layer or topic is like what was typed; the nearest are offered
    │   ├── TextTooLong           more text than a command takes
    │   ├── NotAllowed            only organisers may do this
    │   ├── StaleAction           a button of a message that is too old, or of another version
    │   ├── TooLate               a question that everybody has been told the answer to; nothing was counted
    │   ├── TooMuchKept           more decks, or more in them, than one owner may keep
    │   ├── UnreadableAnswer      words that are no answer of the kind that was asked for; nothing was counted
    │   ├── TorchAway             torch cannot be asked just now, and nothing is said that it has not run
    │   ├── StoreAway             the database cannot be reached just now; what is tried again counts once
    │   ├── Busy                  too much at a time: somebody's own run, their rate, their channel's, or everybody's
    │   ├── Cancelled             somebody who may has cancelled it
    │   └── TooSlow               no answer within the command's time
    ├── PostError                 something that was to be said in a channel unasked; nobody waits for it
    │   ├── PostRefused           it was not sent, and would not be if it were tried again
    │   ├── PostFailed            it was surely not sent, and may be tried again
    │   └── PostUnsure            it may have been sent
    └── StartError                Stride cannot start: one line on stderr and exit status 2
        ├── SettingsError         a setting is wrong
        ├── PortTaken             the address of the web page is in use
        ├── LoginRefused          a platform does not accept its token
        └── StoreError            the store cannot be used
            ├── StoreUnwritable   the data folder or the file cannot be written
            └── StoreTooNew       a newer Stride has written this store

Anything else that escapes a handler is a bug: `bot.dispatch` shows a reference number and logs the traceback.
"""

# ruff: noqa: N818 - these are named for what happened, as the tree above reads

from __future__ import annotations

from dataclasses import replace

from bot.reply import Buttons, Code, Fault, Part, Reply, Text


class StrideError(Exception):
    """The root of Stride's own errors."""


class UserError(StrideError):
    """What a person asked cannot be answered, and how they can put it right.

    Attributes:
        message: one sentence, for the person.
        column: where in the text, counted from 0, if that says anything.
        suggestion: what to type instead, complete enough to be copied.
        buttons: ways out that need no typing.
    """

    kind = "usage"

    def __init__(
        self,
        message: str,
        *,
        column: int | None = None,
        suggestion: str | None = None,
        buttons: Buttons | None = None,
    ) -> None:
        """Raised by handlers; becomes a reply in `bot.dispatch`."""
        super().__init__(message)
        self.message = message
        self.column = column
        self.suggestion = suggestion
        self.buttons = buttons

    def reply(self) -> Reply:
        """What the person sees."""
        parts: list[Part] = [Text(text=self.message, tone="bad")]
        if self.suggestion is not None:
            parts += [Text(text="Try:", tone="note"), Code(code=self.suggestion)]
        if self.buttons is not None:
            parts.append(self.buttons)
        fault = Fault(kind=self.kind, message=self.message, column=self.column, suggestion=self.suggestion)
        return Reply(parts=tuple(parts), fault=fault)


class UnknownCommand(UserError):
    """No command of that name."""


class WrongUsage(UserError):
    """An option is missing, unknown or not one of its choices."""


class NothingFound(UserError):
    """No card, layer or topic is like what was typed."""


class TextTooLong(UserError):
    """More text than a command takes."""


class NotAllowed(UserError):
    """Only organisers may do this."""


class StaleAction(UserError):
    """A press that no longer means anything."""


class TooLate(UserError):
    """The answer has been told, so that nobody's counts any more.

    Attributes:
        told: what it was.
    """

    def __init__(self, message: str, *, told: tuple[Part, ...]) -> None:
        """Raised by whoever asked the question."""
        super().__init__(message)
        self.told = told

    def reply(self) -> Reply:
        """What the person sees, with the answer that everybody else has seen, too."""
        found = super().reply()
        return replace(found, parts=(*found.parts, *self.told), private=True)


class TooMuchKept(UserError):
    """As many decks, or as much in them, as one owner may keep."""


class UnreadableAnswer(UserError):
    """Words that are no answer of the kind that was asked for; nothing was counted."""


class TorchAway(UserError):
    """Torch cannot be asked just now."""

    kind = "unavailable"


class StoreAway(UserError):
    """The database cannot be reached or written just now; nobody may know whether the last thing was kept."""

    kind = "unavailable"

    def __init__(self) -> None:
        """The same words each time."""
        super().__init__("I cannot reach my memory just now. Try that again in a moment: nothing counts twice.")


class Busy(UserError):
    """Not now; the message says when."""

    kind = "busy"


class Cancelled(UserError):
    """Somebody who may has cancelled it."""

    kind = "cancelled"


class TooSlow(UserError):
    """No answer within the command's time."""

    kind = "timeout"


class PostError(StrideError):
    """Something that was to be said in a channel unasked was not; see `bot.posting`."""


class PostRefused(PostError):
    """It was not sent, and would not be if it were tried again: the channel is gone, or nobody may write there."""


class PostFailed(PostError):
    """It was surely not sent, and may be tried again: there is no connection, or too much was sent at once."""


class PostUnsure(PostError):
    """It may have been sent: the connection went away before the answer came, or nobody can look any more."""


class StartError(StrideError):
    """Stride cannot start; the message is one line that says what to change."""


class SettingsError(StartError):
    """A setting is wrong."""


class PortTaken(StartError):
    """The address of the web page is in use."""


class LoginRefused(StartError):
    """A platform does not accept its token."""


class StoreError(StartError):
    """The store cannot be used."""


class StoreUnwritable(StoreError):
    """The data folder or the file cannot be written."""


class StoreTooNew(StoreError):
    """A newer Stride has written this store."""
