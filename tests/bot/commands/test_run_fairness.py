"""Many people and few jails: turns, cancelling, and what goes on meanwhile; with real jails that are really full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.actions import Action
from bot.reply import Buttons, Reply
from bot.settings import FairnessSettings
from sandbox.client import open_sandbox
from sandbox.local import Local
from sandbox.settings import JailSettings, SandboxSettings
from tests.bot.commands.running import text
from tests.bot.conversation import Conversation, conversation
from tests.torch_here import PATIENT

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

HANG_S = 120
SLEEPS = "/run print('up', flush=True)\nimport time\ntime.sleep(600)"
LONG = JailSettings(wall_s=600, cpu_s=600, wait_s=300)  # what sleeps here ends by being cancelled, or the test hangs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def group(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    folder = tmp_path_factory.mktemp("fairness")
    sandbox = open_sandbox(PATIENT.model_copy(update={"jail": LONG}))
    fairness = FairnessSettings(person_burst=100, channel_burst=1_000)
    people = frozenset({"olga"})
    async with conversation(folder, sandbox=sandbox, organisers=people, fairness=fairness) as talk:
        settings = talk.core.settings
        longer = settings.sandbox.model_copy(update={"jail": LONG})
        talk.core.settings = settings.model_copy(update={"sandbox": longer})
        assert (await talk.says("zoe", "/run 1")).fault is None, "the jails are up"
        yield talk


class Asking:
    """Someone who asks and watches what is shown until the answer is there."""

    def __init__(self, group: Conversation, name: str, typed: str) -> None:
        self.shown: asyncio.Queue[Reply] = asyncio.Queue()
        event = replace(group.incoming(name, text=typed), progress=self.shown.put)
        self.answer = asyncio.create_task(group.core.handle(event))

    async def sees(self, words: str) -> Reply:
        async with asyncio.timeout(HANG_S):
            while words not in text(shown := await self.shown.get()):
                pass
        return shown

    async def gets(self) -> Reply:
        async with asyncio.timeout(HANG_S):
            reply = await self.answer
        assert reply is not None
        return reply


def cancel(reply: Reply) -> Action:
    """What the only button does."""
    (buttons,) = (part for part in reply.parts if isinstance(part, Buttons))
    (button,) = buttons.buttons
    return button.action


async def test_a_second_run_of_one_person_is_refused_with_a_button_that_ends_the_first(group: Conversation) -> None:
    first = Asking(group, "alice", SLEEPS)
    await first.sees("running")
    refused = await group.says("alice", "/run 1")
    assert refused.fault is not None
    assert refused.fault.kind == "busy"
    assert refused.private
    assert (await group.presses("alice", "Cancel that one", refused)).private
    ended = await first.gets()
    assert ended.fault is not None
    assert ended.fault.kind == "cancelled"
    assert (await group.says("alice", "/run 6 * 7")).data["value"] == "42"


async def test_full_jails_keep_nobody_from_shape_and_those_in_line_see_it_move(group: Conversation) -> None:
    full = [Asking(group, name, SLEEPS) for name in ("mallory", "eve")]
    for each in full:
        await each.sees("running")
    bob, carol = Asking(group, "bob", "/run 'bob'"), Asking(group, "carol", "/run 'carol'")
    await bob.sees("You are 1st in line")
    shown = await carol.sees("You are 2nd in line")
    shape = await group.says("dave", "/shape linear 5 3")
    assert shape.data["agreed"], "torch answered a shape while every jail was taken"
    assert (await group.says("mallory", "/cancel")).fault is None
    assert (await bob.gets()).data["value"] == "'bob'"
    assert (await carol.gets()).data["value"] == "'carol'"
    assert "over" in text(await group.submits("carol", cancel(shown))), "a press that comes too late says so"
    assert (await group.says("eve", "/cancel")).fault is None
    for each in full:
        assert (await each.gets()).fault is not None


async def test_only_its_owner_and_organisers_can_cancel_a_run(group: Conversation) -> None:
    run = Asking(group, "alice", SLEEPS)
    button = cancel(await run.sees("running"))
    refused = await group.submits("mallory", button)
    assert refused.fault is not None
    assert "organiser" in text(refused)
    assert not run.answer.done()
    elsewhere = group.incoming("olga", action=button)
    other = await group.core.handle(replace(elsewhere, place=replace(elsewhere.place, community="another")))
    assert other is not None
    assert other.fault is not None, "an organiser of one place is nobody in another"
    assert "Cancelled" in text(await group.submits("olga", button))
    assert "An organiser cancelled" in text(await run.gets())


async def test_cancelling_really_ends_the_process(group: Conversation) -> None:
    assert isinstance(group.core.sandbox, Local)
    pool = group.core.sandbox._pools["cpu"]
    run = Asking(group, "alice", "/run while True: pass")
    await until(lambda: bool(pool._lent))
    (process,) = (cell.pid for cell in pool._lent)
    await group.says("alice", "/cancel")
    assert "cancelled" in text(await run.gets())
    await until(lambda: not Path(f"/proc/{process}").exists())


async def until(true: Callable[[], bool]) -> None:
    """Returns when something is so that tells nobody."""
    async with asyncio.timeout(HANG_S):
        while not true():  # noqa: ASYNC110 - the kernel and the pool give no event for it
            await asyncio.sleep(0.01)


async def test_there_may_be_nothing_to_cancel(group: Conversation) -> None:
    reply = await group.says("bob", "/cancel")
    assert reply.fault is None
    assert "nothing to cancel" in text(reply)


async def test_an_asker_whose_platform_goes_away_leaves_nothing_running(group: Conversation) -> None:
    run = Asking(group, "alice", SLEEPS)
    await run.sees("running")
    run.answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run.answer
    assert (await group.says("alice", "/run 1")).fault is None


async def test_a_crowd_that_comes_at_once_is_answered_one_and_all_and_leaves_nothing_behind(
    group: Conversation,
) -> None:
    """Some have their run, some cancel it, some go away; those for whom there is no room are told so."""
    crowd = [Asking(group, f"person{number}", f"/run {number}") for number in range(18)]
    again = [Asking(group, f"person{number}", f"/run -{number}") for number in range(18)]
    await asyncio.sleep(0)
    await group.says("person3", "/cancel")
    crowd[4].answer.cancel()
    kinds = {}
    for number, each in enumerate(crowd):
        if number == 4:
            with pytest.raises(asyncio.CancelledError):
                await each.answer
            continue
        reply = await each.gets()
        kinds[number] = reply.fault.kind if reply.fault else reply.data["value"]
    assert kinds.pop(3) in {"cancelled", "3"}, "it was cancelled, unless it was over"
    assert kinds == {number: str(number) for number in kinds}
    refused = [await each.gets() for each in again]
    assert {reply.fault.kind for reply in refused if reply.fault} == {"busy"}, "everybody has one at a time"
    assert (await group.core.sandbox.jails()).in_flight == 0
    assert all(group.core.gate.of(f"test:person{number}") is None for number in range(18))


async def test_the_defaults_are_in_the_help_as_they_are_set(group: Conversation, tmp_path: Path) -> None:
    said = text(await group.says("alice", "/help run"))
    assert "start 100 in a row" in said
    assert "One run may take 600 s" in said
    async with conversation(tmp_path) as other:
        fair, jail = FairnessSettings(), JailSettings()
        said = text(await other.says("alice", "/help run"))
    assert f"One run may take {jail.wall_s:g} s" in said
    assert f"{jail.memory_mb:,} MB of memory" in said
    assert f"start {fair.person_burst} in a row and then {fair.person_per_minute:g} a minute" in said


async def test_too_many_runs_of_one_person_are_put_off_until_a_moment_that_is_named(tmp_path: Path) -> None:
    """Without torch: the rate counts before anything is run."""
    fairness = FairnessSettings(person_burst=1, person_per_minute=2)
    async with conversation(tmp_path, fairness=fairness) as talk:
        assert "rate" not in text(await talk.says("alice", "/run 1"))
        refused = await talk.says("alice", "/run 2")
        assert refused.fault is not None
        assert refused.fault.kind == "busy"
        assert "30 seconds" in text(refused)
        talk.clock.advance(seconds=30)
        again = await talk.says("alice", "/run 3")
        assert again.fault is not None
        assert again.fault.kind == "unavailable"


async def test_without_a_sandbox_the_answer_says_so_and_what_to_do(tmp_path: Path) -> None:
    async with conversation(tmp_path) as talk:
        reply = await talk.says("alice", "/run 1")
    assert reply.fault is not None
    assert reply.fault.kind == reply.data["status"] == "unavailable"
    assert reply.data["output"] == []
    assert reply.fault.message
    assert reply.fault.message[1:] in text(reply)


async def test_where_the_jail_is_off_the_answer_says_so(tmp_path: Path) -> None:
    off = SandboxSettings(jail=JailSettings(mode="off"))
    async with conversation(tmp_path, sandbox=open_sandbox(off)) as talk:
        reply = await talk.says("alice", "/run 1")
    assert reply.fault is not None
    assert reply.fault.kind == "unavailable"
    assert "jail is off" in text(reply)
