"""The drawing process as the bot uses it: started late, shut in, replaced, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.pictures.draughtsman import environment
from bot.pictures.errors import DrawingError
from bot.pictures.pictures import MAX_PNG, Patience, Pictures
from tests.bot.pictures.numbers import NAN, raw

HEAT = raw("heat", [3, 4], [-1.2, 3.4] * 6)
CALM = Patience(draw_s=60.0)  # the machine may be busy


@pytest_asyncio.fixture
async def pictures() -> AsyncIterator[Pictures]:
    async with Pictures(CALM) as opened:
        yield opened


def process(code: str) -> list[str]:
    """A process that is said to draw, and does this."""
    return [sys.executable, "-c", code]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_picture_is_a_png_with_words(pictures: Pictures) -> None:
    assert pictures.pid is None, "nothing runs before the first picture"
    picture = await pictures.draw(HEAT)
    assert picture.data.startswith(b"\x89PNG")
    assert len(picture.data) < MAX_PNG
    assert picture.alt == "heat map of a 3x4 float32 tensor, values from -1.2 to 3.4"
    first = pictures.pid
    assert (await pictures.draw(raw("line", [2], [NAN, 1.0]))).alt.endswith("all values 1, besides 1 NaN")
    assert pictures.pid == first, "one process draws one picture after another"


async def test_the_process_holds_no_secret_no_file_and_no_privilege(
    pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIDE_DISCORD__TOKEN", "s3cret")
    await pictures.draw(HEAT)
    assert pictures.pid is not None
    assert not any("STRIDE" in name or "s3cret" in value for name, value in environment(Path("/x")).items())
    status = dict(
        line.split(":", 1) for line in (Path("/proc") / str(pictures.pid) / "status").read_text().splitlines()
    )
    assert status["NoNewPrivs"].strip() == "1"
    assert int(status["CapEff"], 16) == 0
    assert "0" not in status["Uid"].split()
    assert int(status["Threads"]) == 1
    limits = (Path("/proc") / str(pictures.pid) / "limits").read_text()
    for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
        bound = next(line for line in limits.splitlines() if line.startswith(name))
        assert bound.removeprefix(name).split()[:2] == ["0", "0"], bound


@pytest.mark.long
async def test_a_process_that_is_killed_while_it_rests_is_not_missed(pictures: Pictures) -> None:
    await pictures.draw(HEAT)
    assert pictures.pid is not None
    first = pictures.pid
    os.kill(first, signal.SIGKILL)
    assert (await pictures.draw(HEAT)).data
    assert pictures.pid != first


async def test_a_process_that_hangs_is_killed_and_the_next_picture_comes_from_a_new_one() -> None:
    hangs = "import time; print('{}', flush=True); time.sleep(600)"
    async with Pictures(Patience(draw_s=0.2), lambda: process(hangs)) as pictures:
        with pytest.raises(DrawingError, match="longer than"):
            await pictures.draw(HEAT)
        assert pictures.pid is None


@pytest.mark.parametrize(
    "said",
    [
        "[]",
        "nonsense",
        "{}",
        '{"png": "AAAA", "nan": 0, "infinite": 0}',
        '{"png": "iVBORw0KGgo=", "nan": "0", "infinite": 0}',
        '{"png": "iVBORw0KGgo=", "nan": -1, "infinite": 0}',
        "A" * 5_000_000,
    ],
    ids=lambda said: str(said)[:30],
)
async def test_nonsense_from_the_process_is_no_picture(said: str) -> None:
    answer = f"{said[:200]!r} * {max(1, len(said) // 200)}"
    says = f"import sys; print('{{}}', flush=True); sys.stdin.readline(); print({answer})"
    async with Pictures(CALM, lambda: process(says)) as pictures:
        with pytest.raises(DrawingError):
            await pictures.draw(HEAT)


async def test_a_failure_while_drawing_is_told_without_its_inside() -> None:
    fails = (
        """import sys; print("{}", flush=True); sys.stdin.readline(); print('{"error": "ValueError: the inside"}')"""
    )
    async with Pictures(CALM, lambda: process(fails)) as pictures:
        with pytest.raises(DrawingError, match="on my side") as failed:
            await pictures.draw(HEAT)
    assert "inside" not in str(failed.value)


async def test_without_a_folder_for_its_files_nothing_is_drawn_and_all_else_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    async with Pictures(CALM) as pictures:
        with pytest.raises(DrawingError, match="make /tmp writable"):
            await pictures.draw(HEAT)


async def test_a_process_that_cannot_start_says_so() -> None:
    async with Pictures(CALM, lambda: ["/nowhere/python"]) as pictures:
        with pytest.raises(DrawingError, match="cannot be started"):
            await pictures.draw(HEAT)
    async with Pictures(CALM, lambda: process("raise SystemExit(1)")) as pictures:
        with pytest.raises(DrawingError, match="has ended"):
            await pictures.draw(HEAT)


@pytest.mark.long
async def test_a_process_that_had_nothing_to_do_ends_and_comes_back() -> None:
    async with Pictures(Patience(draw_s=60.0, idle_s=0.01)) as pictures:
        await pictures.draw(HEAT)
        async with asyncio.timeout(30):
            while pictures.pid is not None:  # noqa: ASYNC110 - it ends on a timer of its own
                await asyncio.sleep(0.01)
        assert (await pictures.draw(HEAT)).data


@pytest.mark.long
async def test_a_process_can_be_started_before_its_first_picture_and_ends_unused_too() -> None:
    async with Pictures(Patience(draw_s=60.0, close_s=60.0)) as pictures:
        pictures.warm()
        pictures.warm()
        async with asyncio.timeout(60):
            while pictures.pid is None:  # noqa: ASYNC110 - it starts behind everybody's back
                await asyncio.sleep(0.01)
        pid = pictures.pid
        await pictures.draw(HEAT)
        assert pictures.pid == pid
    assert gone(pid)


async def test_closing_while_the_process_starts_leaves_none_behind() -> None:
    async with Pictures(CALM) as pictures:
        pictures.warm()
        await asyncio.sleep(0)
    assert pictures.pid is None


async def test_closing_lets_a_picture_be_finished_and_leaves_no_process() -> None:
    async with Pictures(Patience(draw_s=60.0, close_s=60.0)) as pictures:
        await pictures.draw(HEAT)
        pid = pictures.pid
        drawing = asyncio.create_task(pictures.draw(HEAT))
        await asyncio.sleep(0)
    assert (await drawing).data
    assert pid is not None
    assert gone(pid)
    with pytest.raises(DrawingError, match="closing"):
        await pictures.draw(HEAT)


@pytest.mark.long
async def test_whoever_gives_up_waiting_does_not_leave_their_picture_to_the_next(pictures: Pictures) -> None:
    await pictures.draw(HEAT)
    drawing = asyncio.create_task(pictures.draw(HEAT))
    await asyncio.sleep(0)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert "line chart" in (await pictures.draw(raw("line", [2], [0.0, 1.0]))).alt


async def test_too_many_who_wait_are_told_so() -> None:
    async with Pictures(Patience(waiting=0)) as pictures:
        with pytest.raises(DrawingError, match="too many"):
            await pictures.draw(HEAT)
