"""`stride verify`: every example that the help shows is run, and says which torch confirmed it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.adapters.terminal.parse import Request, Speaker, incoming
from bot.app import build_core
from bot.command import Example
from bot.reply import Table, Text, plain_table

if TYPE_CHECKING:
    from bot.app import Core
    from bot.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How one example went. `torch` is the version that confirmed it, or empty where none was asked."""

    text: str
    good: bool
    torch: str
    says: str


async def prove(core: Core) -> list[Proof]:
    """Runs every example of every command."""
    return [await _proof(core, example) for command in core.commands for example in command.examples]


async def verify(settings: Settings, *, say: Callable[[str], None]) -> int:
    """Says how every example went; 0 where all are good, 1 where one is not."""
    async with build_core(settings, patient=True) as core:
        proofs = await prove(core)
    rows = tuple(("ok" if proof.good else "WRONG", proof.text, proof.says) for proof in proofs)
    say(plain_table(Table(headers=("", "example", "confirmed by"), rows=rows)))
    wrong = sum(not proof.good for proof in proofs)
    say(f"{len(proofs)} examples, {wrong} wrong" if wrong else f"{len(proofs)} examples, all confirmed")
    return 1 if wrong else 0


async def _proof(core: Core, example: Example) -> Proof:
    text = example.text
    asked = Request(text=text, code=None, speaker=Speaker(name="verify", channel="verify"))
    reply = await core.again(incoming(asked, id=core.new_event(), now=core.clock.now()), text)
    torch = str(reply.data.get("torch") or "")
    if example.fails:
        good = reply.fault is not None and bool(torch)
        return Proof(text=text, good=good, torch=torch, says=f"torch {torch}: refused" if good else "was not refused")
    if reply.fault is not None:
        return Proof(text=text, good=False, torch="", says=reply.fault.message)
    agreed = reply.data.get("agreed")
    if agreed is None:
        return Proof(text=text, good=True, torch=torch, says=f"torch {torch}" if torch else "no torch in it")
    if torch and "formula" in agreed and len(agreed) > 1:
        return Proof(text=text, good=True, torch=torch, says=f"torch {torch}: {', '.join(agreed)}")
    notes = [part.text for part in reply.parts if isinstance(part, Text)]
    return Proof(text=text, good=False, torch=torch, says=notes[-1] if notes else "not checked by torch")
