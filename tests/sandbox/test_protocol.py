"""Lines between the bot and its workers, and how they are cut out of a stream."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.lines import Lines
from sandbox.protocol import (
    MAX_LINE,
    VERSION,
    Job,
    JobKind,
    Limits,
    Protection,
    ProtocolError,
    Report,
    Result,
    Status,
    decode_job,
    decode_report,
    decode_result,
    encode_job,
    encode_report,
    encode_result,
)

_JOB = Job(id="1", kind=JobKind.SHAPE, payload={"text": "\u2028\n"}, limits=Limits(wall_s=0.5))
_RESULT = Result(id="1", status=Status.OK, value={"a": [1, None]}, elapsed_ms=1.5, torch_version="2.13.0")
_REPORT = Report(alive=True, torch_version="2.13.0", protections=(Protection(name="a", present=True, why="b"),))


def test_jobs_results_and_reports_come_back_the_same() -> None:
    assert decode_job(encode_job(_JOB)) == _JOB
    assert decode_result(encode_result(_RESULT)) == _RESULT
    assert decode_report(json.loads(json.dumps(encode_report(_REPORT)))) == _REPORT


def test_a_message_is_one_line_with_the_version() -> None:
    line = encode_job(_JOB)
    assert line.count(b"\n") == 1
    assert json.loads(line)["v"] == VERSION


@given(
    st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_nothing_but_a_message_decodes(line: bytes) -> None:
    for decode in (decode_job, decode_result):
        with pytest.raises(ProtocolError):
            decode(line)


@pytest.mark.parametrize("field", ["id", "kind", "payload", "limits", "device"])
def test_every_field_of_a_job_is_needed(field: str) -> None:
    message: dict[str, Any] = json.loads(encode_job(_JOB))
    del message[field]
    with pytest.raises(ProtocolError):
        decode_job(json.dumps(message).encode())


@pytest.mark.parametrize("limit", [limit.name for limit in fields(Limits)])
def test_every_limit_of_a_job_is_needed(limit: str) -> None:
    message: dict[str, Any] = json.loads(encode_job(_JOB))
    del message["limits"][limit]
    with pytest.raises(ProtocolError):
        decode_job(json.dumps(message).encode())


@pytest.mark.parametrize(
    "value",
    [float("nan"), object(), "x" * MAX_LINE, 10**5000],
    ids=["not a number", "an object", "too long", "too many digits"],
)
def test_what_json_cannot_carry_is_refused(value: object) -> None:
    with pytest.raises(ProtocolError):
        encode_result(Result(id="1", status=Status.OK, value=value))


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000, b'{"v":1,"id":' + b"9" * 10_000 + b"}", b"x" * (MAX_LINE + 1)],
    ids=["too deep", "too many digits", "too long"],
)
def test_lines_that_break_parsers_are_protocol_errors(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_result(line)


@pytest.mark.parametrize("report", [{}, {"alive": True}, {**encode_report(_REPORT), "protections": [1]}])
def test_a_report_of_another_form_is_refused(report: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        decode_report(report)


@given(st.lists(st.binary().map(lambda line: line.replace(b"\n", b""))), st.integers(1, 7))
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], size: int) -> None:
    heard: list[bytes] = []
    reader = Lines(heard.append, lambda _: None)
    stream = b"".join(line + b"\n" for line in lines) + b"half a line"
    for start in range(0, len(stream), size):
        reader.data_received(stream[start : start + size])
    reader.connection_lost(None)
    assert heard == lines


async def test_a_line_without_an_end_loses_its_connection() -> None:
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    lines = Lines(lambda _: None, lost.set_result)

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * (MAX_LINE + 100_000))
        writer.close()

    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.get_running_loop().create_connection(lambda: lines, "127.0.0.1", port)
        async with asyncio.timeout(60):
            await lost
    assert lines.closed


async def test_what_somebody_said_before_they_went_is_heard_by_who_was_just_writing_to_them() -> None:
    heard: list[bytes] = []
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    lines = Lines(heard.append, lost.set_result)
    await asyncio.get_running_loop().create_connection(lambda: lines, sock=ours)
    theirs.send(b"first\n" * 30_000 + b"last\n")
    theirs.close()
    assert not lines.send(b"more for you\n")
    async with asyncio.timeout(30):
        await lost
    assert heard == [b"first"] * 30_000 + [b"last"]
