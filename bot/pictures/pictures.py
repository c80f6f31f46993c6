"""Pictures for replies: what to draw is checked, given to the drawing process, and what comes back is checked again.

The process starts with the first picture, ends when none was asked for in a while, and is replaced where it crashes
or hangs; whoever waits for a picture then is told, and may ask again.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from bot.pictures.draughtsman import Draughtsman, LostError, command
from bot.pictures.errors import DrawingError
from bot.pictures.raw import MAX_SIDE, read
from bot.pictures.words import Odd, alt
from bot.reply import Picture, Text

if TYPE_CHECKING:
    from bot.pictures.charts import Chart

MAX_PNG = 1_000_000  # bytes; any chat takes them, and a phone loads them
_PNG = b"\x89PNG\r\n\x1a\n"
_NONSENSE = "the drawing process answered nonsense"
_MOST_ODD = MAX_SIDE * MAX_SIDE * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the drawing process is waited for, and how much it may be asked."""

    start_s: float = 60.0  # matplotlib takes a second or two to be read in, more on a machine that is busy
    draw_s: float = 15.0
    idle_s: float = 300.0
    close_s: float = 5.0
    waiting: int = 64
    pictures: int = 1_000  # of one process; then it is replaced


class Pictures:
    """The door to the drawing process; use it in `async with`."""

    def __init__(self, patience: Patience | None = None, command: Callable[[], Sequence[str]] = command) -> None:
        """Starts nothing yet."""
        self._patience = patience or Patience()
        self._command = command
        self._process: Draughtsman | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._drawn = 0
        self._closed = False
        self._idle: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("pictures")

    async def __aenter__(self) -> Pictures:
        """Makes the folder that the process may keep things in, and nothing else before the first picture."""
        try:
            self._folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="stride-pictures-")
        except OSError as fault:  # everything but pictures works without
            self._log.warning("pictures.no_folder", error=str(fault))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Lets the picture that is being drawn be finished, refuses those that wait, and ends the process."""
        self._closed = True
        if self._idle is not None:
            self._idle.cancel()
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        try:
            async with asyncio.timeout(self._patience.close_s), self._turn:
                pass
        except TimeoutError:
            self._log.warning("pictures.late")
        if self._ending is not None:
            await self._ending
        await self._end()
        if self._folder is not None:
            await asyncio.to_thread(self._folder.cleanup)

    @property
    def pid(self) -> int | None:
        """Of the drawing process, while there is one."""
        return None if self._process is None else self._process.pid

    def warm(self) -> None:
        """Starts the process behind the caller's back, where a picture may be wanted soon; it takes a second or two."""
        if self._process is None and self._warming is None and not self._closed:
            self._warming = asyncio.create_task(self._warm(), name="pictures warm")
            self._warming.add_done_callback(self._warmed)

    async def draw(self, raw: Mapping[str, Any]) -> Picture:
        """One of a run's `pictures` as a PNG with its words.

        Raises:
            DrawingError: nothing can be drawn of it, or the drawing process is lost, late or busy.
        """
        drawing = read(raw)
        answer = await self._answered(drawing.to_line(), f"{drawing.kind} {drawing.shape}")
        png, odd = _understood(answer)
        return Picture(data=png, alt=alt(drawing, odd))

    async def chart(self, chart: Chart) -> Picture:
        """A chart of Stride's own numbers (`bot.pictures.charts`) as a PNG with its words.

        Raises:
            DrawingError: the drawing process is lost, late or busy.
        """
        from bot.pictures import chart_words  # with the charts, which a page is served without
        from bot.pictures.chart_wire import to_line

        answer = await self._answered(to_line(chart), type(chart).__name__)
        png, _ = _understood(answer)
        return Picture(data=png, alt=chart_words.alt(chart))

    async def shown(self, chart: Chart) -> Picture | Text:
        """A chart as a part of a reply: its picture, or its words where it cannot be drawn now."""
        from bot.pictures import chart_words

        try:
            return await self.chart(chart)
        except DrawingError:  # which is in the log
            return Text(text=chart_words.alt(chart), tone="note")

    async def _answered(self, line: bytes, what: str) -> dict[str, Any]:
        """What the drawing process says to a line; raises `DrawingError`, also where it says that it failed."""
        if self._waiting >= self._patience.waiting:
            raise DrawingError("too many pictures are being drawn; try again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                said = await self._ask(line)
        finally:
            self._waiting -= 1
        answer = _parsed(said)
        if "error" in answer:
            self._log.error("pictures.failed", what=what, error=str(answer["error"])[:300])
            raise DrawingError("something went wrong on my side while it was drawn")
        return answer

    async def _ask(self, line: bytes) -> bytes:
        """The process's word on a line, from a new process where the one before has gone meanwhile."""
        if self._closed:
            raise DrawingError("Stride is closing")
        if self._idle is not None:
            self._idle.cancel()
        if self._ending is not None:
            await asyncio.shield(self._ending)
        try:
            old = self._process is not None
            try:
                said = await self._asked(line)
            except LostError:
                if not old:
                    raise
                said = await self._asked(line)  # it may have been killed while it had nothing to do
        except LostError as fault:
            self._log.warning("pictures.lost", why=str(fault))
            raise DrawingError(str(fault)) from fault
        self._drawn += 1
        if self._drawn >= self._patience.pictures:
            await self._end()
        else:
            self._sit()
        return said

    async def _asked(self, line: bytes) -> bytes:
        try:
            return await (await self._started()).ask(line, self._patience.draw_s)
        except BaseException:  # whoever asks next must not get the answer to this
            await self._end(0)
            raise

    async def _started(self) -> Draughtsman:
        if self._process is None:
            if self._folder is None:
                raise LostError("the drawing process has no folder for its own files; make /tmp writable")
            self._process = await Draughtsman.start(self._command(), Path(self._folder.name), self._patience.start_s)
        return self._process

    async def _warm(self) -> None:
        with suppress(LostError):  # whoever wants a picture is told
            async with self._turn:
                if self._ending is not None:
                    await asyncio.shield(self._ending)
                await self._started()
                self._sit()

    def _warmed(self, _task: asyncio.Task[None]) -> None:
        self._warming = None

    def _sit(self) -> None:
        """Waits for the next picture, for so long."""
        if self._idle is not None:
            self._idle.cancel()
        if not self._closed:
            self._idle = asyncio.get_running_loop().call_later(self._patience.idle_s, self._rest)

    def _rest(self) -> None:
        self._idle = None
        self._ending = asyncio.create_task(self._end(), name="pictures rest")
        self._ending.add_done_callback(self._rested)

    def _rested(self, _task: asyncio.Task[None]) -> None:
        self._ending = None

    async def _end(self, patience_s: float | None = None) -> None:
        process, self._process, self._drawn = self._process, None, 0
        if process is not None:
            await process.end(self._patience.close_s if patience_s is None else patience_s)


def _parsed(said: bytes) -> dict[str, Any]:
    """What the drawing process says; it is believed as little as the numbers that it was given."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError) as fault:
        raise DrawingError(_NONSENSE) from fault
    if not isinstance(answer, dict):
        raise DrawingError(_NONSENSE)
    return answer


def _understood(answer: Mapping[str, Any]) -> tuple[bytes, Odd]:
    try:
        png = b64decode(answer["png"], validate=True)
        odd = Odd(answer["nan"], answer["infinite"])
    except (ValueError, KeyError, TypeError) as fault:
        raise DrawingError(_NONSENSE) from fault
    counts = all(type(each) is int and 0 <= each <= _MOST_ODD for each in (odd.nan, odd.infinite))
    if not counts or not png.startswith(_PNG) or len(png) > MAX_PNG:
        raise DrawingError(_NONSENSE)
    return png, odd
