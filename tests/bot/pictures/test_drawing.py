"""What is on the pictures: the pixels, read back as a reader's eye would."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from bot.pictures.drawing.cards import MAX_PNG, draw
from bot.pictures.raw import read
from bot.pictures.words import Odd
from tests.bot.pictures.numbers import INF, NAN, raw

ROOT = Path(__file__).parent.parent.parent.parent
Colour = tuple[int, int, int]
BESIDE_THE_SCALE = 330  # pixels from the left, on a map of three columns
WHITE: Colour = (255, 255, 255)
rng = np.random.default_rng(7)


def drawn(given: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    png, _ = draw(read(given))
    assert len(png) <= MAX_PNG
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def shade(name: str, fraction: float) -> Colour:
    red, green, blue, _ = mpl.colormaps[name](fraction, bytes=True)
    return int(red), int(green), int(blue)


def has(picture: np.ndarray[Any, np.dtype[np.uint8]], colour: Colour) -> int:
    """How many pixels are exactly so."""
    return int((picture == np.array(colour, np.uint8)).all(axis=2).sum())


def cells(picture: np.ndarray[Any, np.dtype[np.uint8]], colour: Colour) -> tuple[int, int, int, int]:
    """The smallest rectangle that holds a colour: left, top, right, bottom."""
    down, across = np.nonzero((picture == np.array(colour, np.uint8)).all(axis=2))
    return int(across.min()), int(down.min()), int(across.max()), int(down.max())


def test_each_cell_of_a_heat_map_has_the_colour_of_its_number() -> None:
    """Rows run down and columns to the right, as torch prints them."""
    picture = drawn(raw("heat", [2, 3], [0, 0.25, 0.5, 0.75, 0.9, 1.0]))[:, :BESIDE_THE_SCALE]
    places = {value: cells(picture, shade("viridis", value)) for value in (0.25, 0.75, 0.9)}
    quarter, lower, last = places[0.25], places[0.75], places[0.9]
    assert lower[2] < quarter[0], "0.25 is right of 0.75"
    assert quarter[3] < lower[1], "0.25 is above 0.75"
    assert (last[0], last[2]) == (quarter[0], quarter[2]), "0.9 is below 0.25"
    assert (last[1], last[3]) == (lower[1], lower[3]), "and in a row with 0.75"


def test_zero_is_white_where_both_signs_occur_and_both_ends_are_equally_far() -> None:
    picture = drawn(raw("heat", [1, 3], [-1.0, 0.0, 4.0]))
    assert has(picture[:, :BESIDE_THE_SCALE], shade("RdBu_r", 0.94)) > 1000, "the greatest is at the red end"
    blue = picture[..., 2].astype(int) - picture[..., 0] > 100
    assert blue[:, BESIDE_THE_SCALE:].sum() > 200, "the scale goes as far down"
    assert blue[:, :BESIDE_THE_SCALE].sum() == 0, "where no number is"


def test_means_are_told_apart_also_where_the_numbers_reached_much_further() -> None:
    far = {"of": [1000, 1500], "low": -100.0, "high": 100.0}
    picture = drawn(raw("heat", [2, 3], [0, 0.25, 0.5, 0.75, 0.9, 1.0], **far))
    assert has(picture[:, :BESIDE_THE_SCALE], shade("viridis", 0.75)) > 1000


@pytest.mark.parametrize("kind", ["heat", "image"])
def test_what_is_no_number_is_shown_so_and_explained(kind: str) -> None:
    plain = drawn(raw(kind, [2, 2], [0.1, 0.2, 0.3, 0.4]))
    odd = drawn(raw(kind, [2, 2], [0.1, NAN, INF, -INF]))
    striped, black, grey = (196, 0, 160), (0, 0, 0), (150, 150, 150)
    assert [has(plain, colour) > 20 for colour in (striped, grey)] == [False, False]
    assert has(odd, striped) > 500
    assert has(odd, black) > has(plain, black) + 500
    assert has(odd, grey) > 500
    assert odd.shape[0] > plain.shape[0], "a legend says what the colours mean"


def test_a_line_has_gaps_and_marks_where_a_number_is_none() -> None:
    whole = drawn(raw("line", [5], [1, 2, 3, 2, 1]))
    odd = drawn(raw("line", [5], [1, NAN, 3, INF, 1]))
    blue = (0, 100, 168)
    assert has(whole, blue) > has(odd, blue) > 0
    assert has(odd, (196, 0, 160)) > 0


def test_a_line_rises_where_its_numbers_do() -> None:
    left, top, right, bottom = cells(drawn(raw("line", [3], [0, 5, 0])), (0, 100, 168))
    picture = drawn(raw("line", [3], [0, 5, 0]))
    peak = picture[top : top + 4, (left + right) // 2 - 20 : (left + right) // 2 + 20]
    assert has(peak, (0, 100, 168)) > 0
    assert bottom - top > 200


def test_small_images_are_enlarged_without_smoothing() -> None:
    picture = drawn(raw("image", [2, 2, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 0.2, 0.2, 0.2]))
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (51, 51, 51)):
        left, top, right, bottom = cells(picture, colour)
        assert right - left == bottom - top >= 40
        assert has(picture, colour) == (right - left + 1) ** 2, "a square of one colour"
    assert cells(picture, (255, 0, 0))[2] < cells(picture, (0, 255, 0))[0]
    assert cells(picture, (255, 0, 0))[3] < cells(picture, (0, 0, 255))[1]


def test_bytes_and_grey_are_shown_as_they_are_and_other_numbers_are_stretched() -> None:
    assert has(drawn(raw("image", [1, 1], [128], dtype="uint8")), (128, 128, 128)) > 1000
    assert has(drawn(raw("image", [1, 1, 1], [0.2])), (51, 51, 51)) > 1000
    stretched = drawn(raw("image", [1, 3], [-1, 0, 1]))
    assert has(stretched, (128, 128, 128)) > 1000
    assert has(stretched, (0, 0, 0)) > 1000


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("heat", [1, 1]),
        ("heat", [1, 256]),
        ("heat", [256, 1]),
        ("heat", [256, 256]),
        ("line", [1]),
        ("line", [2]),
        ("line", [1024]),
        ("image", [1, 1, 3]),
        ("image", [1, 224, 3]),
        ("image", [224, 1]),
        ("image", [256, 256, 3]),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "fill", ["noise", "nan", *(pytest.param(fill, marks=pytest.mark.long) for fill in ("constant", "huge", "tiny"))]
)
def test_whatever_the_size_and_the_numbers_a_picture_comes_of_it(kind: str, shape: list[int], fill: str) -> None:
    count = int(np.prod(shape))
    values = {
        "noise": rng.normal(size=count),
        "constant": np.full(count, -3.0),
        "nan": np.full(count, np.nan),
        "huge": rng.choice([-3.4e38, 3.4e38, 0.0, np.inf], size=count),
        "tiny": np.full(count, 1e-40),
    }[fill]
    picture = drawn(raw(kind, shape, values.astype(np.float32).tolist()))
    height, width, _ = picture.shape
    assert 400 <= width <= 760
    assert 150 <= height <= 900
    assert tuple(picture[2, 2]) == WHITE, "the card is light, on whatever page it is shown"
    assert tuple(picture[-3, -3]) == WHITE


def test_a_title_is_words_and_never_markup() -> None:
    """A dollar sign would make matplotlib read a formula, which can fail or take very long."""
    for title in ("$x", r"$\frac{1}{$", "漢字 \N{GRINNING FACE}", "x" * 200, "a_b^c {}"):
        assert drawn(raw("heat", [2, 2], [1, 2, 3, 4], title=title)).any()


def test_the_counts_of_what_is_no_number_come_with_the_picture() -> None:
    assert draw(read(raw("line", [4], [NAN, INF, -INF, 1])))[1] == Odd(1, 2)


@pytest.mark.long
def test_what_the_jail_says_can_be_drawn() -> None:
    """The numbers of `show()` itself, at its own bounds, from the process that has torch."""
    code = (
        "import json, torch\nfrom sandbox.jobs.show import Gallery\ngallery = Gallery()\n"
        "shown = torch.randn(300, 300), torch.rand(3, 999, 500), torch.randn(5000), torch.eye(3, dtype=torch.bool)\n"
        "for each in shown:\n    gallery.show(each, 'x' * 300)\nprint(json.dumps(gallery.pictures))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own
    for each in json.loads(done.stdout):
        assert drawn(each).any()
