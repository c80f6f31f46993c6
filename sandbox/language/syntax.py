"""Small things about Python's syntax tree: where a node stands in the line, and what a literal is worth."""

from __future__ import annotations

import ast
from collections import deque

from sandbox.language.model import LanguageError, Value
from sandbox.language.tokens import Token, shorten
from sandbox.language.values import LARGEST

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Div: "/", ast.Pow: "**", ast.Mod: "%"}


class Place:
    """A piece of the line as Python source, and the way back from its rows to columns of the line."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        piece = text[start:end]
        self.indent = _common_indent(piece)
        rows = piece.split("\n")
        self._rows: list[tuple[str, int]] = []
        position = start
        for row in rows:
            kept = row[self.indent :] if row.strip() else ""
            self._rows.append((kept, position + (self.indent if kept else 0)))
            position += len(row) + 1
        self.code = "\n".join(row for row, _ in self._rows)

    def column(self, row: int, offset: int, *, characters: bool = False) -> int:
        """The column in the line of a row (from 1) and an offset: in UTF-8 bytes, as `ast` counts, or characters."""
        text, position = self._rows[min(max(row, 1), len(self._rows)) - 1]
        if not characters and not text.isascii():
            offset = len(text.encode()[:offset].decode(errors="ignore"))
        return position + min(max(offset, 0), len(text))

    def column_of(self, index: int) -> int:
        """The column in the line of a character of the code."""
        before = self.code[:index]
        return self.column(before.count("\n") + 1, index - (before.rfind("\n") + 1), characters=True)

    def token(self, node: ast.AST) -> Token:
        """A node as a token of the line."""
        start = self.column(getattr(node, "lineno", 1), getattr(node, "col_offset", 0))
        end = self.column(getattr(node, "end_lineno", None) or 1, getattr(node, "end_col_offset", None) or 0)
        return Token("python", self.text[start:end].split("\n")[0].rstrip(), start, max(end, start))


def _common_indent(piece: str) -> int:
    indents = [len(row) - len(row.lstrip(" ")) for row in piece.split("\n") if row.strip()]
    return min(indents, default=0)


def deeper_than(tree: ast.AST, limit: int) -> bool:
    """Whether the tree has more levels than that; it is measured without recursion."""
    level: deque[ast.AST] = deque([tree])
    for _ in range(limit):
        following: deque[ast.AST] = deque()
        for node in level:
            following.extend(ast.iter_child_nodes(node))
        if not following:
            return False
        level = following
    return True


def dotted(node: ast.expr) -> str:
    """`torch.nn.Conv1d` of its tree; empty where the expression is more than names and dots."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def literal_words(place: Place, node: ast.Constant) -> Value:
    """A literal that an argument can be; raises `LanguageError` for bytes, `...` and numbers that are too large."""
    value = node.value
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return _in_range(place, node, value)
    token = place.token(node)
    raise LanguageError(
        f"`{token.whole}` is no argument of a layer.",
        column=token.start,
        token=token.whole,
        expected="a number or a word",
    )


def arithmetic(place: Place, node: ast.BinOp, left: int | float, right: int | float) -> int | float:
    """`16 * 5 * 5`, worked out on numbers alone; raises `LanguageError`."""
    sign = _OPERATORS.get(type(node.op), "")
    token = place.token(node)
    small = abs(left) <= LARGEST and abs(right) <= (64 if sign == "**" else LARGEST)
    try:
        if not small or not sign:
            raise OverflowError
        return _in_range(place, node, _apply(sign, left, right))
    except (ArithmeticError, ValueError) as fault:
        raise LanguageError(
            f"I cannot work out `{token.whole}`.", column=token.start, token=token.whole, expected="a number"
        ) from fault


def _apply(sign: str, left: int | float, right: int | float) -> int | float:
    if sign == "**":
        result = left**right
        if isinstance(result, complex):
            raise OverflowError
        return result
    if sign in {"/", "//", "%"}:
        return left / right if sign == "/" else left // right if sign == "//" else left % right
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def _in_range(place: Place, node: ast.AST, value: int | float) -> int | float:
    if abs(value) <= LARGEST if isinstance(value, int) else abs(value) != float("inf"):
        return value
    token = place.token(node)
    raise LanguageError(
        "That number is too large: torch counts to 2**63 - 1.",
        column=token.start,
        token=shorten(token.text),
        expected=f"a number up to {LARGEST}",
    )
