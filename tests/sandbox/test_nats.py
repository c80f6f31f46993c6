"""Jobs over NATS: who gets them, what comes back, and what strangers on the same subjects can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg

from sandbox import nats_words as words
from sandbox.client import open_sandbox
from sandbox.nats_client import NatsSandbox
from sandbox.nats_link import read_by_server
from sandbox.nats_words import Ask, Free
from sandbox.protocol import VERSION, Job, JobKind, Limits, Result, Status, encode, encode_result
from sandbox.settings import JailSettings, NatsSettings, SandboxSettings
from tests.attacks.lab import ask, job
from tests.sandbox.nats_lab import NatsServer, asker, member, nats_server, until_in_flight

JAIL = JailSettings(side_by_side=1, wait_s=300)
SHAPES = words.ask_subject(JobKind.SHAPE, "cpu")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with nats_server(tmp_path_factory.mktemp("nats"), "max_payload: 65536") as started:
        yield started


@pytest_asyncio.fixture
async def stranger(server: NatsServer) -> AsyncIterator[Client]:
    """Somebody else with the same credentials."""
    client = Client()
    await client.connect(server.url)
    yield client
    await client.close()


@pytest.mark.parametrize(("device", "which"), [("cpu", "no worker is up"), ("cuda", "no CUDA worker is up")])
async def test_without_a_worker_the_answer_comes_at_once_and_says_which_is_missing(
    server: NatsServer, device: str, which: str
) -> None:
    async with asker(server.url, wait_s=60) as sandbox:
        result = await sandbox.run(replace(job("echo"), device=device))
        report = await sandbox.report()
    assert result.status is Status.UNAVAILABLE
    assert which in result.error
    assert not report.alive
    assert "no worker is up" in report.reason


async def test_a_settings_url_is_all_that_it_takes(server: NatsServer) -> None:
    where = NatsSettings(url=server.url)
    async with member(server.url), open_sandbox(SandboxSettings(), where) as sandbox:
        assert isinstance(sandbox, NatsSandbox)
        assert (await ask(sandbox, "echo", 1)).value == [1]


async def test_a_report_is_about_all_members(server: NatsServer) -> None:
    async with member(server.url, "one"), member(server.url, "two"), asker(server.url) as sandbox:
        results = await asyncio.gather(*(ask(sandbox, "echo", number) for number in range(40)))
        report = await sandbox.report()
    assert {result.status for result in results} == {Status.OK}
    assert (report.alive, report.members, report.in_flight) == (True, 2, 0)


@pytest.mark.long
async def test_a_member_that_cannot_do_it_sends_the_job_to_another(server: NatsServer) -> None:
    """Whichever of the two is asked first: the one whose jails are off never has the last word."""
    code = Job(id="j", kind=JobKind.RUN, payload={"code": "1", "show": False})
    async with member(server.url, "off", jail=JailSettings(mode="off")), asker(server.url, jail=JAIL) as sandbox:
        alone = await sandbox.run(code)
        assert "jail is off" in alone.error
        async with member(server.url, "on", jail=JAIL):
            results = [await sandbox.run(code) for _ in range(4)]
    assert [result.status for result in results] == [Status.OK] * 4


async def test_leaving_finishes_what_was_taken(server: NatsServer) -> None:
    async with asker(server.url) as sandbox:
        async with member(server.url) as behind:
            await ask(sandbox, "echo")
            busy = asyncio.ensure_future(ask(sandbox, "busy", 0.2))
            await until_in_flight(behind, 1)
        assert (await busy).status is Status.OK
        assert (await ask(sandbox, "echo")).status is Status.UNAVAILABLE


async def test_a_cancelled_job_is_cancelled_at_the_member(server: NatsServer) -> None:
    async with member(server.url) as behind, asker(server.url) as sandbox:
        await ask(sandbox, "echo")
        waiting = asyncio.ensure_future(ask(sandbox, "busy", 1.0))
        await until_in_flight(behind, 1)
        waiting.cancel()
        await until_in_flight(behind, 0)
        assert (await ask(sandbox, "echo", 1)).value == [1]


@pytest.mark.long
async def test_an_asker_that_goes_without_a_word_frees_its_jobs(server: NatsServer, stranger: Client) -> None:
    """Its inbox is not there any more, and the server says so to the member's signs of life."""
    async with member(server.url, wall_s=60) as behind:
        await ask(behind, "echo")
        asked = Ask(job=replace(job("hang", wall_s=60), id="abandoned"), within_s=60, patient=False)
        await stranger.publish(SHAPES, words.encode_ask(asked), reply=f"{words.INBOX}.nobody.here")
        await until_in_flight(behind, 1)
        await until_in_flight(behind, 0)


@pytest.mark.long
async def test_a_result_that_nats_would_not_carry_is_cut_and_says_so(server: NatsServer) -> None:
    async with member(server.url, jail=JAIL), asker(server.url, jail=JAIL) as sandbox:
        result = await ask(sandbox, "echo", *["x" * 1000] * 60)
        assert result.status is Status.OK
        code = "print('kept')\nfor _ in range(4): show(torch.rand(100, 200))"
        drawn = await sandbox.run(Job(id="j", kind=JobKind.RUN, payload={"code": code, "show": True}))
    assert drawn.status is Status.OUTPUT_LIMIT
    assert drawn.limit == {"name": "answer", "value": 64, "unit": "kB"}
    assert drawn.value["output"] == [{"stream": "stdout", "text": "kept\n"}]
    assert drawn.value["truncated"] is True


@pytest.mark.parametrize("size", [0, 1, 10, 100, 1000])
@pytest.mark.parametrize(
    "value",
    [
        {"output": ["y" * 200] * 1000, "value": "z" * 5000, "error": {"text": "e" * 9000}},
        {"pictures": [{"values": "p" * 100_000}] * 4, "output": [], "error": None},
        {"value": "é\x00\u2028" * 20_000},
        "text" * 20_000,
        list(range(50_000)),
        {str(number): "v" * 50 for number in range(2000)},
    ],
)
def test_a_bounded_result_is_always_within_its_bound(value: object, size: int) -> None:
    most = 4096 + size
    message = words.encode_bounded(Result(id="j", status=Status.OK, value=value), most)
    assert len(message) <= most
    done = words.decode_answer(message, "m")
    assert isinstance(done, words.Done)
    assert done.result.status is Status.OUTPUT_LIMIT
    assert done.result.limit == {"name": "answer", "value": 4, "unit": "kB"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 100,
        b"{",
        b"[]" * 20_000,
        b"[" * 60_000,
        encode({}),
        b'{"v":%d,"id":"a","kind":"shape","payload":{},"limits":{},"device":"cpu"}' % (VERSION + 1),
        encode({"id": "a" * 1000, "kind": "shape", "payload": {}, "device": "cpu", "within_s": 1}),
        words.encode_ask(Ask(job=replace(job("echo"), id="not an id!"), within_s=1, patient=True)),
        words.encode_ask(Ask(job=replace(job("echo"), id="a.b>*"), within_s=1, patient=True)),
        words.encode_ask(Ask(job=replace(job("echo"), id="never"), within_s=-1, patient=True)),
        words.encode_ask(Ask(job=replace(job("echo"), id="ever"), within_s=1e300, patient=True)),
        words.encode_ask(Ask(job=replace(job("echo"), id="x", limits=Limits(wall_s=-1)), within_s=1, patient=True)),
        encode({"cancel": {"a": 1}}),
        encode({"ask": ["report"]}),
    ],
)
async def test_garbage_on_every_subject_harms_nobody(server: NatsServer, stranger: Client, garbage: bytes) -> None:
    subjects = [SHAPES, words.who_subject(JobKind.SHAPE, "cpu"), words.CANCEL, words.REPORT]
    subjects += [words.member_subject("member", what) for what in ("ask", "cancel", "gone.1")]
    async with member(server.url) as behind, asker(server.url) as sandbox:
        for subject in subjects:
            for reply in ("", stranger.new_inbox(), SHAPES):
                await stranger.publish(subject, garbage, reply=reply)
        await read_by_server(stranger)
        assert (await ask(sandbox, "echo", 1)).value == [1]
        await until_in_flight(behind, 0)


async def test_only_inboxes_are_answered(server: NatsServer, stranger: Client) -> None:
    """Else a question could make a member speak on any subject that it may publish to."""
    heard: list[Msg] = []

    async def hear(message: Msg) -> None:
        heard.append(message)

    await stranger.subscribe("elsewhere", cb=hear)
    async with member(server.url), asker(server.url) as sandbox:
        for subject in (SHAPES, words.who_subject(JobKind.SHAPE, "cpu"), words.REPORT):
            asked = Ask(job=replace(job("echo"), id="a1"), within_s=1, patient=False)
            await stranger.publish(subject, words.encode_ask(asked), reply="elsewhere")
        await read_by_server(stranger)
        assert (await ask(sandbox, "echo", 1)).value == [1]
    await read_by_server(stranger)
    assert heard == []


async def _false_member(stranger: Client, *says: bytes) -> None:
    """Takes jobs from the queue group and says what no member would."""

    async def answer(message: Msg) -> None:
        for each in says:
            await stranger.publish(message.reply, each)

    await stranger.subscribe(SHAPES, words.GROUP, cb=answer)
    await read_by_server(stranger)


@pytest.mark.parametrize(
    "says",
    [
        [b"nonsense"] * 300,
        [encode_result(Result(id="another", status=Status.OK, value="forged"))],
        [words.encode_taken("no member"), encode({"v": VERSION + 1})],
        [words.encode_free(Free("liar", 1, 1))],
        [encode({"taken": ["a"]}), encode({"busy": None}), encode({"free": "a", "now": "b", "later": 1})],
        [encode_result(Result(id="x", status=Status.OK))[:-20]],
    ],
)
async def test_nonsense_for_an_answer_counts_as_silence(
    server: NatsServer, stranger: Client, says: list[bytes]
) -> None:
    """And the job goes to a member that answers, well within its time."""
    await _false_member(stranger, *says)
    async with member(server.url), asker(server.url) as sandbox:
        result = await ask(sandbox, "echo", 1)
    assert (result.status, result.value) == (Status.OK, [1])


async def test_a_second_result_for_a_job_is_nobodys(server: NatsServer, stranger: Client) -> None:
    async def twice(message: Msg) -> None:
        asked = words.decode_ask(message.data)
        for value in (1, 2):
            result = Result(id=asked.job.id, status=Status.OK, value=value)
            await stranger.publish(message.reply, encode_result(result))

    await stranger.subscribe(SHAPES, words.GROUP, cb=twice)
    await read_by_server(stranger)
    async with asker(server.url) as sandbox:
        results = await asyncio.gather(*(ask(sandbox, "echo") for _ in range(20)))
    assert [result.value for result in results] == [1] * 20


async def test_inboxes_cannot_be_guessed(server: NatsServer, stranger: Client) -> None:
    seen: list[tuple[str, str]] = []

    async def spy(message: Msg) -> None:
        seen.append((message.reply, words.decode_ask(message.data).job.id))

    await stranger.subscribe(SHAPES, cb=spy)
    await read_by_server(stranger)
    async with member(server.url), asker(server.url) as one, asker(server.url) as other:
        for sandbox in (one, other, one, other):
            await ask(sandbox, "echo")
    await read_by_server(stranger)
    parts = [(*reply.split(".")[1:], number) for reply, number in seen]
    assert len({inbox for inbox, _, _ in parts}) == 2
    assert len({token for _, token, _ in parts}) == 4
    assert all(len(each) >= 32 for part in parts for each in part)
