"""`/run`: anybody's Python with torch, in the jail; and `/cancel`, which ends it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.actions import Action
from bot.command import Command, Example, Flag, Incoming, Option, bare
from bot.commands import card_draft, run_code, run_reply
from bot.commands.run_pictures import drawn
from bot.errors import NotAllowed, StaleAction
from bot.fairness.gate import Ticket
from bot.reply import Button, Buttons, Field, File, Form, Reply, Text
from sandbox.protocol import Job, JobKind, Limits, Result, Status

if TYPE_CHECKING:
    from bot.app import Core

KEY_BYTES = 10  # of a digest, as for the questions of /shape
RUN_NAME = 8  # characters that name one run among the newest
LONGEST_FORM = 3_000  # characters that every platform's form holds
CPU, CUDA = "cpu", "cuda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """What to run, and on which device."""

    code: str
    device: str = CPU


async def run(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/run CODE`; without code, opens a form for it."""
    snippet = Snippet(code=run_code.understood(given.get("code", "")), device=CUDA if CUDA in given else CPU)
    return await _run(core, incoming, snippet) if snippet.code.strip() else _form(snippet)


async def submitted(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The form was sent."""
    device = action.args[0] if action.args[:1] == (CUDA,) else CPU
    snippet = Snippet(code=run_code.understood(incoming.values.get("code", "")), device=device)
    if not snippet.code.strip():
        return _form(snippet)
    return _with_code(snippet, await _run(core, incoming, snippet))


async def rerun(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that runs what was run before, or what /shape was asked about."""
    snippet = await _kept(core, action)
    return _with_code(snippet, await _run(core, incoming, snippet))


async def edit(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that opens the code in a form."""
    del incoming
    return _form(await _kept(core, action))


async def details(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that shows the rest: from memory, or after a restart from running it again."""
    snippet = await _kept(core, action)
    result = core.runs.get(action.args[2]) if len(action.args) == 3 else None
    if result is None:
        result = await _result(core, incoming, snippet)
        if result.status is Status.UNAVAILABLE:
            return run_reply.answered(snippet.code, result, (), ())
    card = (card_draft.run_button(action.args[0], action.args[-1]),) if snippet.device == CPU else ()
    return run_reply.details(snippet.code, result, card)


async def cancel(core: Core, incoming: Incoming, given: Mapping[str, str]) -> Reply:
    """Answers `/cancel`."""
    del given
    ticket = core.gate.of(incoming.user.id)
    return _cancelled(core, incoming, ticket)


async def cancel_pressed(core: Core, incoming: Incoming, action: Action) -> Reply:
    """The button that ends a run, for the one whose run it is and for organisers."""
    ticket = core.gate.ticket(action.args[0]) if action.args else None
    if ticket is not None and ticket.person != incoming.user.id and not await _is_organiser(core, incoming, ticket):
        raise NotAllowed("Only the one whose run it is, or an organiser, can cancel it.")
    return _cancelled(core, incoming, ticket)


def limits(core: Core) -> tuple[str, ...]:
    """What help says from the settings: how much, how often, and what one run may use."""
    fair, jail = core.settings.fairness, core.settings.sandbox.jail
    each = (
        f"One run may take {jail.wall_s:g} s ({jail.cpu_s:g} s of processor time), {jail.memory_mb:,} MB of memory, "
        f"{jail.threads} threads and {jail.files_mb} MB of files, and may print {jail.output_kb} kB. "
        "It has no network, and nothing stays when it is over."
    )
    all_together = (
        f"Everybody has one run at a time. {fair.at_a_time or jail.side_by_side} run at once, "
        f"and up to {fair.waiting} wait in line, taking turns. "
        f"One person may start {fair.person_burst} in a row and then {fair.person_per_minute:g} a minute; "
        f"all in one channel {fair.channel_burst} in a row and then {fair.channel_per_minute:g} a minute. "
        "`/cancel` ends your run."
    )
    return each, all_together


async def _run(core: Core, incoming: Incoming, snippet: Snippet) -> Reply:
    key = keep(core, incoming, snippet.code)
    if "show(" in snippet.code:
        core.pictures.warm()  # while the code runs
    result = await _result(core, incoming, snippet)
    name = core.new_event()[:RUN_NAME]
    core.runs.put(name, result)
    return run_reply.answered(
        snippet.code, result, await drawn(core, result), run_reply.again_buttons(key, snippet.device, name)
    )


async def again(core: Core, incoming: Incoming, code: str) -> Result:
    """A second run of code that was kept, for those who ask about it."""
    return await _result(core, incoming, Snippet(code=code))


async def _result(core: Core, incoming: Incoming, snippet: Snippet) -> Result:
    job = Job(
        id=core.new_event(),
        kind=JobKind.RUN,
        payload={"code": snippet.code, "show": True},
        limits=job_limits(core),
        device=snippet.device,
    )
    return await core.gate.do(incoming, lambda: core.sandbox.run(job), device=snippet.device, tell=teller(incoming))


def job_limits(core: Core) -> Limits:
    """What one run may use, as it is set."""
    jail = core.settings.sandbox.jail
    return Limits(
        wall_s=jail.wall_s,
        cpu_s=jail.cpu_s,
        memory_mb=jail.memory_mb,
        threads=jail.threads,
        files_mb=jail.files_mb,
        output_kb=jail.output_kb,
    )


def teller(incoming: Incoming) -> Callable[[str, int], Awaitable[None]] | None:
    """Says how far a run is, where the platform can show something before the answer."""
    show = incoming.progress
    if show is None:
        return None

    async def tell(ticket: str, ahead: int) -> None:
        words = f"You are {_ordinal(ahead)} in line." if ahead else "It is running."
        button = Button(label="Cancel", action=Action("cancel", (ticket,)), style="danger")
        await show(Reply(parts=(Text(text=words, tone="note"), Buttons(buttons=(button,)))))

    return tell


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def keep(core: Core, incoming: Incoming, code: str) -> str:
    """Keeps code for the buttons that run it; its name."""
    key = hashlib.blake2b(code.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).hexdigest()
    core.store.keep_question(key, code, incoming.at)
    return key


def offer(core: Core, incoming: Incoming, text: str) -> Buttons:
    """Buttons for code that was given to another command: to run it, or to change it first."""
    key = keep(core, incoming, run_code.understood(text))
    return Buttons(
        buttons=(
            Button(label="Run it", action=Action("rerun", (key, CPU)), style="primary"),
            Button(label="Edit and run", action=Action("edit", (key, CPU))),
        )
    )


async def _kept(core: Core, action: Action) -> Snippet:
    code = await core.store.question(action.args[0]) if action.args else None
    if code is None:
        raise StaleAction("I no longer have that code.", suggestion="/run x = torch.arange(6).reshape(2, 3); x.T")
    return Snippet(code=code, device=CUDA if CUDA in action.args[1:2] else CPU)


def _form(snippet: Snippet) -> Reply:
    if len(snippet.code) > LONGEST_FORM:
        return Reply(
            parts=(
                Text(text=f"This code has {len(snippet.code):,} characters, too many for a form."),
                Text(text="Take the file, change it, and send all of it behind `/run`."),
                File(name="snippet.py", data=snippet.code.encode("utf-8", "replace"), kind="text/x-python"),
            )
        )
    field = Field(name="code", label="Python; torch, nn, F, np, math are there", value=snippet.code, multiline=True)
    title = "Run Python with torch" if snippet.device == CPU else "Run Python with torch on CUDA"
    form = Form(title=title, fields=(field,), action=Action("ran", (snippet.device,)))
    return Reply(parts=(form,), private=True)  # what somebody is about to write is theirs until they send it


def _with_code(snippet: Snippet, reply: Reply) -> Reply:
    """An answer below its code, where nobody saw it being typed."""
    if reply.fault is not None and reply.fault.kind == Status.UNAVAILABLE.value:
        return reply
    return replace(reply, parts=(run_reply.code_block(snippet.code), *reply.parts))


def _cancelled(core: Core, incoming: Incoming, ticket: Ticket | None) -> Reply:
    if ticket is None:
        return Reply(parts=(Text(text="There is nothing to cancel: that run is over."),), private=True)
    core.gate.cancel(ticket, by=incoming.user.id)
    return Reply(parts=(Text(text="Cancelled.", tone="good"),), private=True)


async def _is_organiser(core: Core, incoming: Incoming, ticket: Ticket) -> bool:
    """Whether they are one where the run is: an organiser of one server is nobody in another."""
    here = (incoming.place.platform, incoming.place.community) == (ticket.place.platform, ticket.place.community)
    return here and await core.organises(incoming)


RUN = Command(
    name="run",
    says="Runs Python with torch: the output, the last value, and the shape of everything it made",
    help=(
        "Type Python after it, on one line or on several, or a block between three backticks; with nothing after it, "
        "a form opens. `torch`, `nn`, `F`, `np` and `math` are imported already. You see what it prints, the value of "
        "its last line, and every tensor with its dtype and shape. When it fails: the line, the shape of everything in "
        "it, torch's words and what they mean. `show(tensor)` draws a tensor: a line, a heat map or an image. "
        "`%timeit` before a line says how long it takes."
    ),
    options=(
        Option(
            name="code",
            says="Python, such as nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100)).shape",
            required=False,
            rest=True,
            python=True,
        ),
    ),
    flags=(Flag(name=CUDA, says="run it on a GPU, where there is one"),),
    examples=(
        Example(text="/run nn.Conv1d(3, 16, 3)(torch.randn(32, 3, 100)).shape", says="the value of the last line"),
        Example(
            text="/run x = torch.arange(12).reshape(3, 4); print(x); y = x.sum(dim=0); y",
            says="what it prints, and the shape of each name",
        ),
        Example(text="/run show(torch.randn(30, 200).cumsum(1), 'random walks')", says="a tensor as a picture"),
        Example(text="/run %timeit torch.randn(100, 100) @ torch.randn(100, 100)", says="how long something takes"),
        Example(
            text="/run x = torch.randn(32, 4096); nn.Linear(512, 10)(x)",
            says="a mistake: the line, every shape in it, and what torch means",
            fails=True,
        ),
    ),
    handler=run,
    actions={"ran": submitted, "rerun": rerun, "edit": edit, "details": details},
    more=limits,
    slow=True,
    opens_form=bare,
    form_actions=frozenset({"edit"}),
)

CANCEL = Command(
    name="cancel",
    says="Ends your run, or takes it out of the line",
    help="Everybody has one run at a time. This ends yours at once, wherever it is, so that you can start another.",
    options=(),
    examples=(Example(text="/cancel", says="ends your run"),),
    handler=cancel,
    actions={"cancel": cancel_pressed},
    private=True,
)
