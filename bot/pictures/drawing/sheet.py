"""How Stride's own charts look: a card that is narrow enough for a phone, with larger words, drawn on in pixels.

Colours are told apart by every kind of colour-blind reader, and none says anything that a sign or a word does not say.
"""

from __future__ import annotations

from matplotlib.patches import Rectangle

from bot.pictures.drawing.look import INK, PAD, Box, Card
from bot.pictures.raw import visible

WIDTH = 600
HEADING, TEXT, SMALL = 28, 23, 20
RIGHT, WRONG, TRACK, FAINT = "#0064a8", "#c46a00", "#e9edf1", "#9aa3ab"
ROOM = WIDTH - 2 * PAD
_LONGEST = 200  # characters; more never fit on a line


class Sheet(Card):
    """A card for a chart, on which rectangles and lines are drawn in pixels from the top left."""

    heading_size, line_size = HEADING, TEXT
    head = PAD + HEADING + 12 + TEXT + 18

    def __init__(self, height: int, heading: str, line: str) -> None:
        super().__init__(WIDTH, height, visible(heading[:_LONGEST]), line)
        self.pixels = self.axes(Box(0, 0, WIDTH, height))
        self.pixels.set(xlim=(0, WIDTH), ylim=(height, 0))
        self.pixels.set_axis_off()

    def fill(self, box: Box, colour: str, *, edge: str = "", line: float = 2.0) -> None:
        """A rectangle, in exactly these pixels; with an `edge` inside of it, so many pixels wide."""
        shape = (box.left, box.top), box.width, box.height
        self.pixels.add_patch(Rectangle(*shape, facecolor=edge or colour, edgecolor="none", antialiased=False))
        if edge:
            inner = (box.left + line, box.top + line), box.width - 2 * line, box.height - 2 * line
            self.pixels.add_patch(Rectangle(*inner, facecolor=colour, edgecolor="none", antialiased=False))

    def bar(self, box: Box, share: float, colour: str) -> None:
        """A bar that fills a share of its track; what is more than nothing is seen."""
        self.fill(box, TRACK)
        if share > 0:
            self.fill(Box(box.left, box.top, max(3, round(box.width * share)), box.height), colour)

    def words(
        self,
        left: float,
        top: float,
        words: str,
        *,
        width: float = 0,
        colour: str = INK,
        size: int = SMALL,
        bold: bool = False,
        ends: bool = False,
    ) -> float:
        """Words on one line, cut where they are wider than `width`; how wide they are. See `Card.text`."""
        shown = visible(words[:_LONGEST])
        weight = "bold" if bold else ""
        return self.text(left, top, shown, size, width=width, colour=colour, weight=weight, ends=ends)
