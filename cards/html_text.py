"""Anki's HTML to plain text, and plain text to HTML.

What somebody else's HTML means as text is kept: lines, lists, code, formulas. Nothing of it stays HTML, and pictures
and sounds stay behind. `html.parser` is not used: it takes a minute over 40,000 characters made to vex it, while this
goes through a text once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

PICTURE, SOUND = "[picture left out]", "[sound left out]"
_MAX_ALT = 200  # characters
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*+)")
_REST = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_ALT = re.compile(r"""\salt\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))""", re.IGNORECASE)
_HUGE = re.compile(r"&#(?:\d{8,}+|[xX][0-9A-Fa-f]{7,}+);?")  # no character has such a number
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")
_MARK = re.compile(r"\[(sound|anki):[^\[\]]{0,500}\]|\[/anki:tts\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff\ufeff]")
_LEFT_OUT = re.compile(r"\[(?:picture|sound) left out[^\]\n]*+\]")
_SILENT = frozenset({"script", "style", "template", "title", "head", "noscript"})
_MEDIA = {
    **dict.fromkeys(("img", "svg", "canvas", "object", "embed", "iframe", "video"), PICTURE),
    "audio": SOUND,
}
_LINES = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "center", "dd", "details", "div", "dl", "dt", "fieldset"),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "ol", "p", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_CODE = frozenset({"code", "tt", "kbd", "samp", "var"})
_BEFORE = {"li": "- ", "sup": "^", "sub": "_", "td": " ", "th": " ", "anki-mathjax": r"\("}
_AFTER = {"anki-mathjax": r"\)"}


class Piece(NamedTuple):
    """A run of text, or a block of code with its lines."""

    text: str
    is_code: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a piece of HTML says, and how many pictures and sounds were left out of it."""

    pieces: tuple[Piece, ...]
    media: int

    @property
    def text(self) -> str:
        """All of it: each line of a block of code between backticks."""
        return "\n".join(_quoted(piece.text) if piece.is_code else piece.text for piece in self.pieces)

    @property
    def empty(self) -> bool:
        """Whether it says nothing but what was left out."""
        return not _LEFT_OUT.sub("", self.text).strip()


def read_html(source: str) -> Content:
    """What HTML says; never fails, whatever the source is."""
    page = _Page()
    for tag, closes, text in _tokens(source):
        if not tag:
            page.say(text)
        else:
            page.mark(tag, closes=closes, source=text)
    return page.content()


def text_of(source: str) -> str:
    """What HTML says, as one text."""
    return read_html(source).text


def to_html(text: str) -> str:
    """Plain text as HTML: code between backticks as code, and several lines of code in a row as a block."""
    parts: list[str] = []
    block: list[str] = []
    for line in [*text.split("\n"), ""]:
        code = line[1:-1] if len(line) > 2 and line[0] == line[-1] == "`" and "`" not in line[1:-1] else None
        if code is not None:
            block.append(code)
            continue
        if block:
            joined = "\n".join(block)
            parts.append(code_html(joined) if len(block) > 1 else _inline(f"`{joined}`"))
            block = []
        parts.append(_inline(line))
    return "<br>".join(parts[:-1]).replace("</pre><br>", "</pre>").replace("<br><pre>", "<pre>")


def code_html(code: str) -> str:
    """Code as a block."""
    return f"<pre><code>{escaped(code)}</code></pre>"


def escaped(text: str) -> str:
    """Text that HTML shows and Anki takes for no sound, no LaTeX and no field."""
    return html.escape(_CONTROL.sub("", text)).replace("[", "&#91;").replace("{{", "{&#123;")


def clean(text: str) -> str:
    """Text without what nobody sees: control characters and halves of characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(source: str) -> str:
    return clean(html.unescape(_HUGE.sub("\N{REPLACEMENT CHARACTER}", source)))


def _inline(line: str) -> str:
    parts = line.split("`")
    if len(parts) % 2 == 0:  # one backtick too many means itself
        parts[-2:] = ["`".join(parts[-2:])]
    shown = (escaped(part).replace("  ", " &nbsp;") for part in parts)
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(shown))


def _quoted(code: str) -> str:
    """Lines of code as text has them; a backtick of their own would end them."""
    lines = (line.replace("`", "'").rstrip() for line in code.split("\n"))
    return "\n".join(f"`{line}`" if line else "" for line in lines)


def _tokens(source: str) -> Iterator[tuple[str, bool, str]]:
    """Tags as their name, whether they close, and all that they hold; text under the name of no tag."""
    at = 0
    while (begins := source.find("<", at)) >= 0:
        if begins > at:
            yield "", False, source[at:begins]
        after = _over(source, begins)
        if after is None:
            tag = _TAG.match(source, begins)
            rest = tag and _REST.match(source, tag.end())
            if tag is None:
                yield "", False, "<"
                at = begins + 1
                continue
            if rest is None:
                at = begins
                break  # a tag that never ends is no tag, and neither is anything in it
            name, after = tag[2].lower(), rest.end()
            yield name, bool(tag[1]), rest[0]
            if name in _SILENT and not tag[1]:
                end = re.compile(rf"</{name}[^>]*+>", re.IGNORECASE).search(source, after)
                after = end.end() if end else len(source)
        at = after
    if at < len(source):
        yield "", False, source[at:]


def _over(source: str, begins: int) -> int | None:
    """Where a comment or a declaration ends; None where none begins."""
    if source.startswith("<!--", begins):
        end = source.find("-->", begins + 4)
        return len(source) if end < 0 else end + 3
    if source.startswith(("<!", "<?"), begins):
        end = source.find(">", begins)
        return len(source) if end < 0 else end + 1
    return None


class _Page:
    """Text as it is put together."""

    def __init__(self) -> None:
        self.media = 0
        self._pieces: list[Piece] = []
        self._lines: list[str] = []
        self._line: list[str] = []  # what is said of the line that is being written
        self._code: list[str] | None = None  # what has been said since code began
        self._depth = 0  # of code in code
        self._block = False

    def say(self, source: str) -> None:
        """Text with entities."""
        if self._code is not None:
            self._code.append(_decoded(source).replace("\xa0", " "))
        else:
            self._add(_SPACES.sub(" ", _decoded(_MARK.sub(self._sound, source))))

    def mark(self, tag: str, *, closes: bool, source: str) -> None:
        """A tag."""
        if tag in _MEDIA and not closes:
            self._leave_out(tag, source)
        elif tag == "pre" or tag in _CODE:
            self._mark_code(block=tag == "pre", closes=closes)
        elif tag in _LINES:
            self._break()
        if not closes and tag in _BEFORE:
            self._add(_BEFORE[tag])
        elif closes and tag in _AFTER:
            self._add(_AFTER[tag])

    def content(self) -> Content:
        """All that was said."""
        if self._code is not None:
            self._end_code()
        self._end_text()
        return Content(tuple(self._pieces), self.media)

    def _sound(self, found: re.Match[str]) -> str:
        if found[1] != "sound":
            return ""
        self.media += 1
        return f" {SOUND} "

    def _leave_out(self, tag: str, source: str) -> None:
        self.media += 1
        words = _MEDIA[tag]
        alt = _ALT.search(source) if tag == "img" else None
        said = _decoded((alt[1] or alt[2] or alt[3] or "")[:_MAX_ALT]) if alt else ""
        said = _SPACES.sub(" ", said.replace("]", ")")).strip()
        self._add(f" {words[:-1]}: {said}] " if said else f" {words} ")

    def _mark_code(self, *, block: bool, closes: bool) -> None:
        if closes:
            self._depth = max(0, self._depth - 1)
            if self._depth == 0 and self._code is not None:
                self._end_code()
            return
        self._depth += 1
        if self._code is None:
            self._code, self._block = [], block

    def _end_code(self) -> None:
        code = "".join(self._code or ())
        self._code, self._depth = None, 0
        if self._block or "\n" in code.strip():
            kept = "\n".join(line.rstrip() for line in code.split("\n")).strip("\n")
            if kept.strip():
                self._end_text()
                self._pieces.append(Piece(kept, is_code=True))
        elif code.strip():
            self._add(f"`{_SPACES.sub(' ', code).strip().replace('`', chr(39))}`")

    def _break(self) -> None:
        if self._code is not None:
            self._code.append("\n")
        elif self._line:
            self._lines.append("".join(self._line))
            self._line = []

    def _add(self, text: str) -> None:
        if self._code is not None:
            self._code.append(text)
            return
        if not self._line or self._line[-1].endswith(" "):
            text = text.lstrip(" ")
        if text:
            self._line.append(text)

    def _end_text(self) -> None:
        self._break()
        text = "\n".join(line.strip() for line in self._lines if line.strip() not in {"", "-"})
        if text:
            self._pieces.append(Piece(text, is_code=False))
        self._lines = []
