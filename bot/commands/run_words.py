"""The words of a run's answer: what was written, the failing line, what a limit means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SHOWN_LINES, SHOWN_CHARACTERS = 24, 1_500  # of one block in a chat
TAIL_LINES = 8  # the end of something long, where what went wrong or came out last stands
STDERR = "! "
LONGEST_LINE = 300
AROUND = 2  # lines of code before and after the one that failed
# What would drive a terminal, turn a line round or hide in it: controls but for tab and newline, and directions.
_HIDDEN = (*range(9), *range(11, 32), *range(127, 160), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in (*_HIDDEN, 0xFEFF)} | {0x1B: "\\e"}

Piece = Mapping[str, str]
Row = Mapping[str, Any]


def visible(text: str) -> str:
    """Text in which nothing drives a terminal or turns a line round; what a progress bar wrote over is gone."""
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return text.translate(_VISIBLE)


def written(pieces: Sequence[Piece]) -> tuple[str, bool]:
    """What was written, in order; lines of stderr are marked with `STDERR` where both streams were written to.

    Returns:
        The text, and whether marks are in it.
    """
    streams = {piece["stream"] for piece in pieces}
    if streams != {"stdout", "stderr"}:
        return visible("".join(piece["text"] for piece in pieces)).rstrip("\n"), False
    found: list[str] = []
    at_start = True
    for piece in pieces:
        text = visible(piece["text"])
        if not text:
            continue
        ended = text.endswith("\n")
        if piece["stream"] == "stderr":
            text = ("" if at_start else "\n") + STDERR + text.removesuffix("\n").replace("\n", f"\n{STDERR}") + "\n"
            ended = True
        found.append(text)
        at_start = ended
    return "".join(found).rstrip("\n"), True


def cut(text: str, lines: int = SHOWN_LINES, characters: int = SHOWN_CHARACTERS) -> tuple[str, str]:
    """A long text with its middle left out, and words that say how much; no words where nothing is."""
    every = text.split("\n")
    if len(every) > lines:
        left_out = len(every) - lines
        middle = f"… {left_out:,} line{'s' * (left_out > 1)} left out …"
        every = [*every[: lines - TAIL_LINES], middle, *every[-TAIL_LINES:]]
    shown = "\n".join(_line(line) for line in every)
    if len(shown) > characters:
        head, tail = characters * 2 // 3, characters // 3
        shown = f"{shown[:head]}\n… {len(shown) - head - tail:,} characters left out …\n{shown[-tail:]}"
    if shown == text:
        return shown, ""
    count = text.count("\n") + 1
    return shown, f"{len(text):,} characters" + (f" in {count:,} lines" if count > 1 else "")


def _line(line: str) -> str:
    return (
        line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} … {len(line) - LONGEST_LINE:,} more characters"
    )


def shape(row: Row) -> str:
    """`(32, 16, 98)`; `()` of a single number; nothing where there is none."""
    sizes = row.get("shape")
    if sizes is None:
        return ""
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"


def what(row: Row) -> str:
    """What a value is, in a table's cell: its dtype, a layer's size, or a small value itself."""
    if row.get("shape") is not None:
        kind = str(row.get("kind") or "Tensor")
        dtype = str(row.get("dtype") or "")
        return dtype if kind == "Tensor" else f"{kind} {dtype}".strip()
    if row.get("params") is not None:
        params = row["params"]
        return f"{row.get('kind')}, {params:,} parameter{'s' * (params != 1)}"
    text = row.get("text")
    return f"{row.get('kind')} {visible(str(text))}" if text is not None else str(row.get("kind") or "")


def marked(code: str, line: int, column: int | None) -> str:
    """The line that failed with its neighbours and numbers, an arrow beside it and a caret under the place."""
    lines = code.split("\n")
    if not 0 < line <= len(lines):
        return ""
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    width = len(str(last))
    shown = []
    for number in range(first, last + 1):
        text = lines[number - 1].expandtabs(4)
        arrow = ">" if number == line else " "
        shown.append(f"{arrow} {number:>{width}} | {visible(_line(text))}".rstrip())
        if number == line and column is not None and 0 < column <= len(lines[number - 1]) + 1:
            before = len(lines[number - 1][: column - 1].expandtabs(4))
            if before <= LONGEST_LINE:
                shown.append(f"  {' ' * width} | {' ' * before}^")
    return "\n".join(shown)


def limit(name: str, value: object, unit: str) -> tuple[str, str]:
    """What a limit says that was hit, and what to do."""
    size = f"{value:g}" if isinstance(value, float) else str(value)
    known = _LIMITS.get(name)
    if known is None:
        return f"It went over a limit: {name}, {size} {unit}.", "Do less in one run."
    says, way_out = known
    return says.format(value=size, unit=unit), way_out


_LIMITS = {
    "wall": (
        "It was still running after {value} {unit}, the time that one run may take, and was stopped.",
        "Look for a loop that does not end, or do less in one run: fewer steps, smaller tensors.",
    ),
    "cpu": (
        "It used more than {value} {unit} of processor time, all threads together, and was stopped.",
        "Look for a loop that does not end, or do less in one run: fewer steps, smaller tensors.",
    ),
    "memory": (
        "It needed more memory than the {value} {unit} that one run may use.",
        "Make the tensors smaller: a smaller batch, fewer channels, or sizes without a typing mistake in them.",
    ),
    "threads": (
        "It started more than the {value} {unit} that one run may have.",
        "Use fewer threads; a DataLoader works with num_workers=0.",
    ),
    "files": ("It wrote more than {value} {unit} of files.", "Write less, or keep it in memory."),
    "output": (
        "It printed more than {value} {unit} and was stopped there.",
        "Print less: x.shape, or a part such as x[:3].",
    ),
}


def picture(raw: Mapping[str, Any]) -> str:
    """A picture in words, for where it cannot be drawn."""
    kind = {"line": "a line", "heat": "a heat map", "image": "an image"}.get(str(raw.get("kind")), "a picture")
    title = f", called {visible(str(raw['title']))}" if raw.get("title") else ""
    low, high = raw.get("low"), raw.get("high")
    span = f", from {low:.4g} to {high:.4g}" if low is not None and high is not None else ""
    return f"{kind} of a tensor of shape {shape({'shape': raw.get('of')})}{span}{title}"
