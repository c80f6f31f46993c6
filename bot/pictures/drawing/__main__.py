"""The drawing process: a line of numbers in, a line with a PNG out, until the input ends.

It draws one of each kind before it shuts itself in, so that every module and every font is there by then.
"""

from __future__ import annotations

import gc
import json
import os
import struct
import sys
from base64 import b64encode
from typing import Any, BinaryIO

from bot.confine import confine
from bot.pictures import chart_wire
from bot.pictures.chart_wire import CHART
from bot.pictures.charts import Forgetting
from bot.pictures.drawing.cards import MAX_PNG, draw
from bot.pictures.drawing.charts import draw_chart
from bot.pictures.raw import Drawing, Kind, decoded, read
from bot.pictures.words import Odd

NICE = 5  # whoever asks about a shape is answered before a picture is drawn
MEMORY_MB = 512  # on top of what it has when it is ready
CPU_S = 600  # of its whole life; it is replaced long before
READY = {"ready": True}
_MAX_LINE = 1_500_000  # several times the numbers of the largest image


def main() -> None:
    """Serves stdin until it ends."""
    os.nice(NICE)
    rehearse()
    confine(int(sys.argv[1]), memory_mb=MEMORY_MB, cpu_s=CPU_S)
    gc.freeze()
    said = sys.stdout.buffer
    say(said, READY)
    while line := sys.stdin.buffer.readline(_MAX_LINE):
        say(said, answer(line))


def answer(line: bytes) -> dict[str, Any]:
    """`{"png", "nan", "infinite"}`, or `{"error"}` with what the log should say."""
    try:
        png, odd = _drawn(line)
    except Exception as fault:  # noqa: BLE001 - whatever the numbers were, the next picture must be drawn
        return {"error": f"{type(fault).__name__}: {str(fault)[:200]}"}
    if len(png) > MAX_PNG:
        return {"error": f"the picture would have {len(png)} bytes"}
    return {"png": b64encode(png).decode("ascii"), "nan": odd.nan, "infinite": odd.infinite}


def _drawn(line: bytes) -> tuple[bytes, Odd]:
    given = decoded(line)
    if CHART in given:
        return draw_chart(chart_wire.read(given)), Odd()
    return draw(read(given))


def rehearse() -> None:
    """Draws what brings in every module, glyph and font that later pictures need."""
    nan, inf = float("nan"), float("inf")
    numbers = (nan, inf, -inf, 1.5, -2.5e-7, 3e9)
    values = struct.pack(f"<{len(numbers)}f", *numbers)
    title = "0123456789 +-×−()…αβ ñ 漢 \N{GRINNING FACE}"  # noqa: RUF001 - signs that axes and titles hold
    kinds: tuple[tuple[Kind, tuple[int, ...]], ...] = (("heat", (2, 3)), ("line", (6,)), ("image", (1, 2, 3)))
    for kind, shape in kinds:
        drawing = Drawing(kind=kind, shape=shape, values=values, of=shape, title=title, low=-2.5e-7, high=3e9)
        draw(drawing)
    draw_chart(Forgetting(reviewed=(1.0, 0.9), left=(1.0, 0.8), cards=1, title=title))


def say(out: BinaryIO, message: dict[str, Any]) -> None:
    """One line of JSON, at once."""
    out.write(json.dumps(message).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
