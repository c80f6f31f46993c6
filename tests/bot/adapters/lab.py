"""Commands that show one thing each, on a real core: what every platform has to carry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.actions import Action
from bot.app import Core
from bot.command import ActionHandler, Command, Completion, Flag, Handler, Incoming, Option, bare
from bot.commands.help import HELP
from bot.errors import UserError
from bot.reply import (
    Button,
    Buttons,
    Code,
    Field,
    File,
    Form,
    MessageRef,
    Part,
    Picture,
    Reply,
    Select,
    Table,
    Text,
)
from bot.settings import Settings, SlackSettings
from bot.store.store import open_store
from sandbox.client import open_sandbox
from sandbox.settings import SandboxSettings
from tests.bot.store.sqlite_lab import fresh

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)
WORDS = (Option(name="words", says="What to say.", rest=True),)
LAYERS = ("conv1d", "conv2d", "linear")
HANG_S = 60.0  # after which an answer will not come; the machine may be busy


@dataclass
class Lab:
    """The commands, and the gate that `/slow` waits at."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    outside: Callable[[Awaitable[bool]], Awaitable[bool]] = (
        asyncio.ensure_future
    )  # how a simulation is told of the wait
    answered: int = 0
    alone: bool = False  # whether answers to `/queue` and `/files` are for one person
    whispers: bool = False  # whether what `/queue` says before its answer is
    shown: asyncio.Queue[str] = field(default_factory=asyncio.Queue)  # what `/queue` has said before its answer

    async def said_twice(self) -> None:
        """Returns when `/queue` has said twice how long the line is."""
        for _ in range(2):
            await self.shown.get()

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            HELP,
            command("table", self._table, actions={"lab-more": self._more, "lab-pick": self._pick}),
            command("stages", self._stages),
            command("layer", self._echo, options=(LAYER,)),
            command("echo", self._echo, options=WORDS),
            command("long", self._long, options=(Option(name="lines", says="How many lines."),)),
            command("wait", self._wait),
            command("whisper", self._wait, private=True),
            command("slow", self._echo, slow=True, options=WORDS),
            command("queue", self._queue, actions={"lab-queue": self._queued}, slow=True),
            command(
                "snippet",
                self._snippet,
                actions={"lab-ran": self._ran, "lab-edit": self._edit},
                options=(Option(name="code", says="Python.", required=False, rest=True, python=True),),
                slow=True,
                opens_form=bare,
                form_actions=frozenset({"lab-edit"}),
            ),
            command(
                "bring",
                self._bring,
                actions={"lab-brought": self._brought},
                options=(
                    Option(name="words", says="What it is.", required=False, rest=True),
                    Option(name="file", says="A file.", required=False, file=True),
                ),
                flags=(Flag(name="loud", says="In capitals."),),
                slow=True,
                opens_form=bare,
            ),
            command("form", self._form, actions={"lab-form": self._filled}),
            command("late", self._late),
            command("files", self._files),
            command("wrong", self._wrong),
            command("bug", self._bug),
            command("secret", self._secret),
            command("change", self._change, actions={"lab-change": self._changed}),
        )

    async def _table(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        self.answered += 1
        return Reply(parts=TABLE)

    async def _stages(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        return Reply(parts=(STAGES,))

    async def _echo(self, _core: Core, _incoming: Incoming, given: Mapping[str, str]) -> Reply:
        self.answered += 1
        return Reply(parts=(Text(text=next(iter(given.values()))),))

    async def _long(self, _core: Core, _incoming: Incoming, given: Mapping[str, str]) -> Reply:
        lines = int(given["lines"])
        return Reply(parts=tuple(Text(text=f"Line {number}. " + "word " * 60) for number in range(lines)))

    async def _wait(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        await self.outside(self.gate.wait())
        return Reply(parts=(Text(text="It took its time."),))

    async def _queue(self, _core: Core, incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        return await self._in_line(incoming)

    async def _queued(self, _core: Core, incoming: Incoming, _action: Action) -> Reply:
        return await self._in_line(incoming)

    async def _in_line(self, incoming: Incoming) -> Reply:
        """Says twice how long the line is, and answers when the gate opens, to one alone where that is asked for."""
        if incoming.progress is not None:
            for place in ("2nd", "1st"):
                parts = (Text(text=f"You are {place} in line.", tone="note"), CANCEL)
                await incoming.progress(Reply(parts=parts, private=self.whispers))
                self.shown.put_nowait(place)
        await self.outside(self.gate.wait())
        self.answered += 1
        return Reply(parts=(Text(text="It was your turn."), AGAIN), private=self.alone)

    async def _snippet(self, _core: Core, _incoming: Incoming, given: Mapping[str, str]) -> Reply:
        if "code" not in given:
            return Reply(parts=(SNIPPET,), private=True)
        edit = Button(label="Edit", action=Action("lab-edit"))
        return Reply(parts=(Code(code=given["code"]), Buttons(buttons=(edit,))))

    async def _ran(self, _core: Core, incoming: Incoming, _action: Action) -> Reply:
        return Reply(parts=(Code(code=incoming.values["code"]),))

    async def _edit(self, _core: Core, _incoming: Incoming, _action: Action) -> Reply:
        return Reply(parts=(SNIPPET,), private=True)

    async def _bring(self, _core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
        if not given and not incoming.files:
            return Reply(parts=(BRING,), private=True)
        if incoming.open_file is not None and not incoming.files:
            name, data = await incoming.open_file(given["words"])
            return brought({name: data}, "")
        words = given.get("words", "")
        return brought(incoming.files, words.upper() if "loud" in given else words)

    async def _brought(self, _core: Core, incoming: Incoming, _action: Action) -> Reply:
        return brought(incoming.files, incoming.values["words"])

    async def _form(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        return Reply(parts=(Text(text="Say what is wrong."), FORM))

    async def _late(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        await self.outside(self.gate.wait())
        return Reply(parts=(FORM,))

    async def _filled(self, _core: Core, incoming: Incoming, _action: Action) -> Reply:
        return Reply(parts=(Text(text=f"{incoming.values['layer']}: {incoming.values['words']}"),))

    async def _more(self, _core: Core, _incoming: Incoming, action: Action) -> Reply:
        self.answered += 1
        return Reply(parts=(Text(text=f"More about {action.args[0]}."),))

    async def _pick(self, _core: Core, incoming: Incoming, _action: Action) -> Reply:
        return Reply(parts=(Text(text=f"You picked {incoming.values['choice']}."),))

    async def _files(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        return Reply(
            parts=(Text(text="Here."), Picture(data=PNG, alt="One blue dot"), File(name="a b.py", data=b"x = 1")),
            private=self.alone,
        )

    async def _wrong(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        raise UserError("There is no layer `conv9d`.", suggestion="/table")

    async def _bug(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        raise RuntimeError("the secret is 42")

    async def _secret(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        await self.outside(self.gate.wait())
        return Reply(parts=(Text(text="Only for you."),), private=True)

    async def _change(self, _core: Core, _incoming: Incoming, _given: Mapping[str, str]) -> Reply:
        return Reply(parts=(Text(text="Before."), Buttons(buttons=(Button(label="Go", action=Action("lab-change")),))))

    async def _changed(self, _core: Core, incoming: Incoming, _action: Action) -> Reply:
        newest = MessageRef(channel=incoming.place.channel, message=incoming.values.get("message", ""))
        return Reply(parts=(Text(text="After."),), replaces=newest)


def brought(files: Mapping[str, bytes], words: str) -> Reply:
    """What arrived, byte by byte."""
    lines = [f"{name} has {data.hex()}" for name, data in files.items()]
    return Reply(parts=(Text(text="; ".join([*lines, f"words: {words}"])),))


def complete_layer(_core: Core, typed: str) -> list[Completion]:
    return [Completion(text=name, label=name, says=f"the layer {name}") for name in LAYERS if name.startswith(typed)]


LAYER = Option(name="layer", says="Which layer.", rest=True, complete=complete_layer)
FORM = Form(
    title="Report a mistake",
    fields=(
        Field(name="layer", label="Which layer", value="conv1d"),
        Field(name="words", label="What is wrong", multiline=True, required=False),
    ),
    action=Action("lab-form", ("7",)),
)
BRING = Form(
    title="Bring a file",
    fields=(
        Field(name="file", label="A file", file=True, required=False),
        Field(name="words", label="What it is", required=False),
    ),
    action=Action("lab-brought"),
)
SNIPPET = Form(
    title="Run Python",
    fields=(Field(name="code", label="Python", value="if True:\n    x = 1", multiline=True),),
    action=Action("lab-ran"),
)
CANCEL = Buttons(buttons=(Button(label="Cancel", action=Action("lab-more", ("cancelling",)), style="danger"),))
AGAIN = Buttons(buttons=(Button(label="Again", action=Action("lab-queue")),))
TABLE: tuple[Part, ...] = (
    Text(text="`conv1d 3 16 k3 p1` gives (N, 16, 100)", tone="heading"),
    Code(code="floor((100 + 2*1 - 1*(3-1) - 1)/1) + 1 = 100"),
    Table(headers=("axis", "in", "out"), rows=(("C", "3", "16"), ("L", "100", "100")), title="Axis by axis"),
    Text(text="torch 2.13.0, cpu: formula, meta and cpu agree", tone="note"),
    Buttons(
        buttons=(
            Button(label="Why?", action=Action("lab-more", ("formula",)), style="primary"),
            Button(label="Python", action=Action("lab-more", ("python",))),
        )
    ),
    Select(label="Next layer", options=(("relu", "ReLU"), ("bn", "BatchNorm1d")), action=Action("lab-pick")),
)
STAGES = Table(
    headers=("#", "stage", "out", "params", "multiply-adds"),
    rows=(
        ("1", "conv2d 3 16 k3 p1", "(N, 16, 32, 32)", "448", "442,368·N"),
        ("2", "relu", "(N, 16, 32, 32)", "0", ""),
        ("3", "maxpool2d k2", "(N, 16, 16, 16)", "0", ""),
        ("4", "flatten", "(N, 4096)", "0", ""),
        ("5", "linear 4096 10", "(N, 10)", "40,970", "40,960·N"),
    ),
    title="Stage by stage",
)


def command(
    name: str,
    handler: Handler,
    *,
    options: tuple[Option, ...] = (),
    flags: tuple[Flag, ...] = (),
    actions: Mapping[str, ActionHandler] | None = None,
    slow: bool = False,
    private: bool = False,
    opens_form: Callable[[Incoming], bool] | None = None,
    form_actions: frozenset[str] = frozenset(),
) -> Command:
    return Command(
        name=name,
        says=f"Shows {name}.",
        help=f"Shows {name}.",
        options=options,
        flags=flags,
        examples=(),
        handler=handler,
        actions=actions or {},
        slow=slow,
        private=private,
        opens_form=opens_form,
        form_actions=form_actions,
    )


@asynccontextmanager
async def open_lab(lab: Lab, settings: Settings) -> AsyncIterator[Core]:
    """A real core with its real store, the lab's commands, and a worker's socket at which nobody listens."""
    away = SandboxSettings(socket=settings.data_dir / "nobody.sock")
    at = settings.database
    async with open_store(fresh(at) if isinstance(at, Path) else at) as store, open_sandbox(away) as sandbox:
        yield Core(settings=settings, store=store, sandbox=sandbox, commands=lab.commands, quick_s=HANG_S)


def lab_settings(folder: Path, slack: SlackSettings | None = None) -> Settings:
    return Settings(data_dir=folder, slack=slack or SlackSettings())
