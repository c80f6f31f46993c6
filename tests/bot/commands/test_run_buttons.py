"""The buttons of a run: again, edited, from /shape; after a restart, pressed twice, delivered twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.actions import Action, to_id
from bot.reply import Buttons, File, Form
from sandbox.client import Sandbox, open_sandbox
from tests.bot.commands.running import AT_EASE, code, labels, text, the_form
from tests.bot.conversation import Conversation, conversation
from tests.torch_here import PATIENT, lent

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def group(tmp_path_factory: pytest.TempPathFactory, torch_here: Sandbox) -> AsyncIterator[Conversation]:
    folder = tmp_path_factory.mktemp("buttons")
    async with conversation(folder, sandbox=lent(torch_here), fairness=AT_EASE) as talk:
        yield talk


async def test_run_again_runs_the_same_code_and_shows_it(group: Conversation) -> None:
    reply = await group.says("alice", "/run print('again')\n6 * 7")
    for who in ("alice", "bob"):
        more = await group.presses(who, "Run again", reply)
        assert more.data["value"] == "42"
        assert "print('again')\n6 * 7" in code(more)


async def test_editing_opens_the_code_and_runs_what_became_of_it(group: Conversation) -> None:
    reply = await group.says("alice", "/run nn.Linear(3, 4)(torch.ones(2, 5))")
    assert reply.fault is not None
    opened = the_form(await group.presses("alice", "Edit and run again", reply))
    assert [field.value for field in opened.fields] == ["nn.Linear(3, 4)(torch.ones(2, 5))"]
    sent = await group.submits("alice", opened.action, code="nn.Linear(5, 4)(torch.ones(2, 5)).shape")
    assert sent.data["value"] == "torch.Size([2, 4])"


async def test_presses_that_open_a_form_are_declared_so_that_platforms_know(group: Conversation) -> None:
    command = group.core.dispatcher.named("run")
    assert command is not None
    assert command.opens_form
    reply = await group.says("alice", "/run 1")
    for button in (button for part in reply.parts if isinstance(part, Buttons) for button in part.buttons):
        answer = await group.presses("alice", button)
        opens = any(isinstance(part, Form) for part in answer.parts)
        assert opens == any(button.action.name in each.form_actions for each in group.core.commands)


async def test_code_too_long_for_a_form_comes_as_a_file(group: Conversation) -> None:
    long = "\n".join(f"x{number} = {number}" for number in range(500))
    reply = await group.says("alice", "/run", code=long)
    opened = await group.presses("alice", "Edit and run again", reply)
    (file,) = (part for part in opened.parts if isinstance(part, File))
    assert file.data.decode() == long


async def test_every_id_fits_every_platform(group: Conversation) -> None:
    reply = await group.says("alice", "/run", code="x = torch.ones(3)\n" * 200)
    buttons = [button for part in reply.parts if isinstance(part, Buttons) for button in part.buttons]
    assert buttons
    assert all(len(to_id(button.action)) <= 100 for button in buttons)


async def test_the_same_event_delivered_twice_is_run_once(group: Conversation) -> None:
    event = group.incoming("alice", text="/run 1 + 1")
    assert await group.core.handle(event) is not None
    assert await group.core.handle(event) is None


async def test_code_pasted_into_shape_is_run_by_a_button(group: Conversation) -> None:
    pasted = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n\nNet()(torch.ones(2)).shape"
    reply = await group.says("dave", f"/shape {pasted}")
    assert reply.fault is not None
    ran = await group.presses("dave", "Run it", reply)
    assert ran.data["value"] == "torch.Size([2])"
    opened = the_form(await group.presses("dave", "Edit and run", reply))
    assert opened.fields[0].value == pasted


@pytest.mark.parametrize("action", ["rerun", "edit", "details"])
async def test_a_button_whose_code_is_forgotten_says_what_to_type(group: Conversation, action: str) -> None:
    for args in ((), ("0" * 20,), ("0" * 20, "cpu", "gone")):
        reply = await group.submits("alice", Action(action, args))
        assert reply.fault is not None
        assert "no longer" in text(reply)
        assert reply.fault.suggestion


@pytest.mark.long
async def test_buttons_outlive_a_restart(tmp_path: Path) -> None:
    async with conversation(tmp_path, sandbox=open_sandbox(PATIENT), fairness=AT_EASE) as before:
        reply = await before.says("erin", "/run total = torch.tensor([1.0, 2.0])\nn = 5\ntotal.sum()")
    async with conversation(tmp_path, sandbox=open_sandbox(PATIENT), fairness=AT_EASE) as after:
        again = await after.presses("erin", "Run again", reply)
        assert again.data["value"] == "tensor(3.)"
        assert "total" in the_form(await after.presses("erin", "Edit", reply)).fields[0].value
        more = await after.presses("erin", "Details", reply)
        assert more.data["trace"] == reply.data["trace"]
        assert labels(again) == labels(reply)
