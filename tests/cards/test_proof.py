"""Proofs run in the real jail: what holds, what does not, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from cards.deck import combine, house
from cards.model import Card, Deck, Place
from cards.proof import PAUSES_S, Outcome, Prover, Verdict
from sandbox.client import Sandbox, open_sandbox
from sandbox.protocol import Job, JobKind, Limits, Report, Result, Status
from sandbox.settings import JailSettings, SandboxSettings

PATIENT = SandboxSettings(start_s=300, jail=JailSettings(wait_s=300, wall_s=30, cpu_s=5))
SAMPLE = 12  # a card of the house in so many; all of them are proved by the long test and by `make verify`
WHERE = Place("mine.toml", 3)


def card(proof: str, answer: str = "98", kind: str = "number", more: str = "", name: str = "one") -> str:
    fields = f'id = "{name}"\nkind = "{kind}"\nfront = "?"\nreason = "!"\nanswer = {answer}\n{more}\n'
    return f"[[card]]\n{fields}proof = '''\n{proof}\n'''\n"


def deck(*cards: str) -> Deck:
    return combine([("mine.toml", "".join(cards))], deck_id="mine", title="", says="")


def one(proof: str, answer: str = "98", kind: str = "number", more: str = "") -> Card:
    return deck(card(proof, answer, kind, more)).cards[0]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with open_sandbox(PATIENT) as opened:
        yield opened


@pytest.fixture(scope="module")
def our_deck() -> Deck:
    return house()


def prover(sandbox: Sandbox, *, cpu_s: float = 5.0) -> Prover:
    return Prover(sandbox, limits=Limits(wall_s=30.0, cpu_s=cpu_s, memory_mb=512))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_true_card_is_proved_and_says_by_which_torch(sandbox: Sandbox) -> None:
    found = await prover(sandbox).card(one("claim(nn.Conv1d(3, 16, 3)(torch.ones(1, 3, 100)).shape[-1])"), WHERE)
    assert (found.outcome, found.gave, found.why) == (Outcome.PROVED, "98", "")
    assert found.torch


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("proof", "answer", "kind", "why"),
    [
        ("x = 1\nclaim(x + 96)", "98", "number", "line 2 of its proof: torch gives 97, the card says 98"),
        ("claim(len('ab') == 3)", "'two'", "recall", "line 1 of its proof: torch gives False, the card says True"),
        ("for x in (98, 99):\n    claim(x)", "98", "number", "line 2 of its proof: torch gives 99, the card says 98"),
        ("class Any(int):\n    __eq__ = lambda *_: True\nclaim(98)", "98", "number", "it claims a constant"),
        ("try:\n    claim(len('ab'))\nexcept Exception:\n    pass", "2", "number", "it also holds for 3"),
        ("x = torch.ones(1)", "98", "number", "it has no claim(...)"),
        ("if torch.cuda.is_available():\n    claim(len('ab'))", "2", "number", "does it need CUDA?"),
        ("torch.ones(2) @ torch.ones(3)\nclaim(x)", "98", "number", "line 1 of its proof: RuntimeError: inconsistent"),
        (
            "raises(ValueError, lambda: 1)\nclaim(len('ab'))",
            "2",
            "number",
            "nothing of <class 'ValueError'> was raised",
        ),
        ("import os\nos._exit(0)\nclaim(x)", "98", "number", ""),
        ("import socket\nsocket.socket()\nclaim(x)", "98", "number", "Error"),
        ("claim(open('/etc/passwd').read())", "'root'", "predict", "Error"),
        ("import os\nclaim(os.listdir('/home'))", "'root'", "predict", "Error"),
        ("print('x' * 10 ** 6)\nclaim(len('ab'))", "2", "number", ""),
        ("x = torch.ones(10 ** 12)\nclaim(x)", "2", "number", ""),
    ],
)
async def test_a_proof_that_shows_nothing_is_wrong_and_says_why(
    sandbox: Sandbox, proof: str, answer: str, kind: str, why: str
) -> None:
    """A false card, one that cannot fail, one that claims nothing, one that breaks out."""
    more = "code = 'x'" if kind == "predict" else ""
    found = await prover(sandbox).card(one(proof, answer, kind, more), WHERE)
    assert found.outcome is Outcome.WRONG
    assert found.why
    assert why in found.why


@pytest.mark.asyncio(loop_scope="module")
async def test_a_proof_that_never_ends_is_stopped_and_its_limit_named(sandbox: Sandbox) -> None:
    found = await prover(sandbox, cpu_s=1.0).card(one("while True:\n    x = 1\nclaim(x)"), WHERE)
    assert (found.outcome, found.why) == (Outcome.WRONG, "it did not end within its limits (cpu: 1 s)")
    again = await prover(sandbox).card(one("claim(len('ab'))", "2"), WHERE)
    assert again.outcome is Outcome.PROVED


@pytest.mark.asyncio(loop_scope="module")
async def test_a_deck_gets_a_stamp_and_every_fault_its_place(sandbox: Sandbox) -> None:
    found = deck(
        card("claim(len('ab'))", "2", name="true"),
        card("claim(len('ab'))", "3", name="false"),
        "[[card]]\nid = 'habit'\nkind = 'recall'\nfront = '?'\nanswer = 'a'\nreason = '!'\nwhy_no_proof = 'a habit'\n",
    )
    told: list[Verdict] = []
    stamp = await prover(sandbox).deck(found, progress=told.append)
    version = stamp.verdicts[0].torch.partition("+")[0]
    assert str(stamp) == f"1 proved on torch {version}, 1 not executable, 1 wrong"
    assert not stamp.holds
    assert sorted(verdict.card for verdict in told) == ["false", "habit", "true"]
    assert [str(verdict) for verdict in stamp.of(Outcome.WRONG)] == [
        "mine.toml, line 11, card false: line 1 of its proof: torch gives 2, the card says 3"
    ]
    assert [verdict.why for verdict in stamp.of(Outcome.NOTHING_TO_RUN)] == ["a habit"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_sample_of_the_house_deck_holds(sandbox: Sandbox, our_deck: Deck) -> None:
    stamp = await prover(sandbox).deck(replace(our_deck, cards=our_deck.cards[::SAMPLE]))
    assert stamp.holds, [str(verdict) for verdict in stamp.of(Outcome.WRONG)]
    assert len(stamp.of(Outcome.PROVED)) > 20


@pytest.mark.long
@pytest.mark.asyncio(loop_scope="module")
async def test_every_card_of_the_house_deck_is_proved(sandbox: Sandbox, our_deck: Deck) -> None:
    stamp = await prover(sandbox).deck(our_deck)
    assert stamp.holds, [str(verdict) for verdict in stamp.of(Outcome.WRONG)]
    assert len(stamp.of(Outcome.PROVED)) + len(stamp.of(Outcome.NOTHING_TO_RUN)) == len(our_deck.cards)
    assert len(stamp.of(Outcome.NOTHING_TO_RUN)) < len(our_deck.cards) / 20


class Busy:
    """A sandbox all of whose jails are taken for so many jobs; then the real one does them."""

    def __init__(self, real: Sandbox | None, busy: int) -> None:
        self.real, self.busy, self.asked = real, busy, 0
        self.ids: set[str] = set()

    async def run(self, job: Job) -> Result:
        self.asked += 1
        assert job.kind is JobKind.PROVE
        assert job.id not in self.ids
        self.ids.add(job.id)
        if self.busy or self.real is None:
            self.busy -= 1
            return Result(id=job.id, status=Status.UNAVAILABLE, error="busy: no jail was free in time")
        return await self.real.run(job)

    async def warm(self) -> None:
        """They are warm."""

    async def report(self) -> Report:
        return Report(alive=True)

    async def jails(self) -> Report:
        return Report(alive=True)


class Rest:
    """Notes how long it was to wait, and does not."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_busy_jail_is_asked_again_with_longer_pauses(sandbox: Sandbox) -> None:
    busy, rest = Busy(sandbox, 3), Rest()
    found = await Prover(busy, sleep=rest).card(one("claim(len('ab'))", "2"), WHERE)
    assert found.outcome is Outcome.PROVED
    assert (busy.asked, rest.pauses) == (4, list(PAUSES_S[:3]))


async def test_where_no_jail_can_be_had_no_card_is_called_wrong_and_the_rest_is_not_asked() -> None:
    busy, rest = Busy(None, 1), Rest()
    cards = [card("claim(len('ab'))", "2", name=f"c{number}") for number in range(40)]
    stamp = await Prover(busy, side_by_side=2, sleep=rest).deck(deck(*cards))
    assert str(stamp) == "0 proved, 0 not executable, 40 not asked"
    assert not stamp.holds
    assert stamp.verdicts[0].why == "busy: no jail was free in time"
    assert busy.asked <= 2 * (len(PAUSES_S) + 1)
