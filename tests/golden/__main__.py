"""Draws the golden pictures anew: `python -m tests.golden`. Look at them before you commit them."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from bot.pictures.drawing.charts import draw_chart
from tests.golden.samples import SAMPLES

HERE = Path(__file__).parent
COLOURS = 48  # enough to tell every line and letter, at a fifth of the bytes


def main() -> None:
    """One PNG for each sample."""
    for name, chart in SAMPLES.items():
        with Image.open(io.BytesIO(draw_chart(chart))) as picture:
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
