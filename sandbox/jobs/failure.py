"""What a snippet's failure says: the line, every operand in it with its shape, the words and what they mean.

Operands are looked up and never computed again: names in the frame that failed, attributes without running their
code, and what the watching code saw pass by.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import islice
from types import CodeType, ModuleType, TracebackType
from typing import Any

from sandbox.jobs.output import OutputLimitError
from sandbox.jobs.snippet import FILE, Place, parse, place
from sandbox.jobs.summary import class_name, cut, is_module, is_tensor
from sandbox.jobs.trace import Trace, about
from sandbox.language.meanings import meaning

_LONGEST_MESSAGE = 2_000
_LONGEST_LINE = 300
_LONGEST_NAME = 80
_MOST_OPERANDS = 12
_FIRST, _LAST = 3, 5  # lines of a long traceback
_VIEWS = frozenset(
    {"T", "mT", "H", "mH", "data", "real"}
)  # attributes of a tensor that are looked at, and cost nothing
_MISSING = object()


class TimeIsUpError(BaseException):
    """Raised in a snippet whose time is over."""


def explain(fault: BaseException, code: str, trace: Trace) -> dict[str, Any]:
    """A failure as JSON's values; never raises."""
    found = _words(fault)
    if isinstance(fault, SyntaxError) and fault.filename == FILE and not _frames(fault.__traceback__):
        return found | _at(_lines(code), fault.lineno or 1, fault.offset or 1)
    frames = _frames(fault.__traceback__)
    if not frames:
        return found
    lines = _lines(code)
    innermost = frames[-1]
    line = innermost.tb_lineno
    span = _span(innermost)
    found |= _at(lines, line, _column(lines, span) if span else None)
    found["traceback"] = [_step(frame, lines) for frame in _ends(frames)]
    try:
        found["operands"] = _Operands(innermost, trace, code).found(line, span)
    except Exception:  # noqa: BLE001 a failure is told without its operands rather than not at all
        found["operands"] = []
    return found


def _words(fault: BaseException) -> dict[str, Any]:
    kind = class_name(fault)
    message = _message(fault)
    if isinstance(fault, TimeIsUpError):
        kind = "TimeLimit"
    elif isinstance(fault, OutputLimitError):
        kind, message = "OutputLimit", "the snippet wrote more than may be shown"
    return {
        "type": kind,
        "message": message,
        "line": None,
        "column": None,
        "code": None,
        "operands": [],
        "means": meaning(message) if message else None,
        "traceback": [],
    }


def _message(fault: BaseException) -> str:
    if isinstance(fault, SyntaxError):
        return cut(str(fault.msg), _LONGEST_MESSAGE)
    if isinstance(fault, SystemExit):
        return cut(f"the snippet asked to exit with {fault.code!r}", _LONGEST_MESSAGE)
    if isinstance(fault, KeyboardInterrupt):
        return "the snippet was interrupted"
    try:
        message = cut(str(fault), _LONGEST_MESSAGE)
    except Exception:  # noqa: BLE001 its own words fail too
        return f"a {class_name(fault)} that cannot say what it is"
    return message or ("the memory does not suffice" if isinstance(fault, MemoryError) else "")


def _lines(code: str) -> tuple[str, ...]:
    return tuple(code.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _at(lines: tuple[str, ...], line: int, column: int | None) -> dict[str, Any]:
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return {"line": line, "column": column, "code": cut(text.rstrip(), _LONGEST_LINE)}


def _frames(traceback: TracebackType | None) -> list[TracebackType]:
    """The snippet's own frames, outermost first."""
    found = []
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == FILE:
            found.append(traceback)
        traceback = traceback.tb_next
    return found


def _ends(frames: list[TracebackType]) -> list[TracebackType]:
    return frames if len(frames) <= _FIRST + _LAST else frames[:_FIRST] + frames[-_LAST:]


def _step(frame: TracebackType, lines: tuple[str, ...]) -> dict[str, Any]:
    line = frame.tb_lineno
    within = frame.tb_frame.f_code.co_name
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return {"line": line, "code": cut(text, _LONGEST_LINE), "in": None if within == "<module>" else cut(within, 80)}


def _span(frame: TracebackType) -> Place | None:
    """The expression that was being computed."""
    code: CodeType = frame.tb_frame.f_code
    found = next(islice(code.co_positions(), frame.tb_lasti // 2, None), None)
    if found is None or any(number is None for number in found):
        return None
    line, last, column, end = found
    return (line or 0, column or 0, last or 0, end or 0)


def _column(lines: tuple[str, ...], span: Place) -> int | None:
    """Counted in characters from 1, as people do."""
    text = lines[span[0] - 1] if 0 < span[0] <= len(lines) else ""
    return len(text.encode()[: span[1]].decode("utf-8", "ignore")) + 1


class _Operands:
    """The operands of one failed line, as far as they can be looked up."""

    def __init__(self, frame: TracebackType, trace: Trace, code: str) -> None:
        self._locals: Mapping[str, Any] = frame.tb_frame.f_locals
        self._globals: Mapping[str, Any] = frame.tb_frame.f_globals
        self._kept = trace.kept()
        self._unfinished = trace.unfinished()
        _, self._tree, _ = parse(code)

    def found(self, line: int, span: Place | None) -> list[dict[str, Any]]:
        """The failing expression's own operands first, then what else the line names."""
        rows: dict[str, dict[str, Any]] = {}
        failed = self._node(span)
        for node in _parts(failed) if failed is not None else ():
            self._add(rows, node)
        for row in self._of_layer(line):
            rows.setdefault(row["name"], row)
        statement = self._statement(line)
        for inner in ast.walk(statement) if statement is not None else ():
            if isinstance(inner, ast.Name):
                self._add(rows, inner, tensors_only=True)
        return list(rows.values())[:_MOST_OPERANDS]

    def _add(self, rows: dict[str, dict[str, Any]], node: ast.expr, *, tensors_only: bool = False) -> None:
        row = self._row(node)
        if row is None or (tensors_only and row["dtype"] is None):
            return
        name = cut(ast.unparse(node), _LONGEST_NAME)
        rows.setdefault(name, {"name": name, **row})

    def _row(self, node: ast.expr) -> dict[str, Any] | None:
        kept = self._kept.get(place(node))
        if kept is not None:
            return kept
        value = self._value(node)
        if value is _MISSING or isinstance(value, ModuleType | type) or (callable(value) and not is_module(value)):
            return None
        return about(value)

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self._locals.get(node.id, self._globals.get(node.id, _MISSING))
        if isinstance(node, ast.Attribute):
            return _attribute(self._value(node.value), node.attr)
        return _MISSING

    def _of_layer(self, line: int) -> Iterator[dict[str, Any]]:
        """What went into the layer that failed, where it was called in this line."""
        waiting = self._unfinished
        if waiting is not None and waiting["line"] == line:
            for number, shape in enumerate(waiting["inputs"]):
                which = "input" if len(waiting["inputs"]) == 1 else f"input {number + 1}"
                name = f"{which} of {waiting['module']}"
                yield {"name": name, "device": None, "kind": "Tensor", **shape}

    def _node(self, span: Place | None) -> ast.expr | ast.stmt | None:
        if span is None:
            return None
        for node in ast.walk(self._tree):
            if isinstance(node, ast.expr | ast.AugAssign) and place(node) == span:
                return node
        return None

    def _statement(self, line: int) -> ast.stmt | None:
        """The smallest statement that the line belongs to; of a block, nothing."""
        found: ast.stmt | None = None
        for node in ast.walk(self._tree):
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
                found = node
        return None if hasattr(found, "body") else found


def _parts(node: ast.expr | ast.stmt) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.AugAssign(target=target, value=value):
            yield from (target, value)
        case ast.Compare(left=left, comparators=others):
            yield from (left, *others)
        case ast.Subscript(value=value, slice=ast.Tuple(elts=parts)):
            yield from (value, *parts)
        case ast.Subscript(value=value, slice=part):
            yield from (value, part)
        case ast.UnaryOp(operand=value) | ast.Attribute(value=value):
            yield value
        case ast.Call(func=function, args=arguments, keywords=keywords):
            yield function.value if isinstance(function, ast.Attribute) else function
            if isinstance(function, ast.Attribute):
                yield function
            for argument in (*arguments, *(keyword.value for keyword in keywords)):
                yield from argument.elts if isinstance(argument, ast.List | ast.Tuple) else (argument,)


def _attribute(owner: Any, name: str) -> Any:
    """An attribute that can be read without running anybody's code."""
    if owner is _MISSING:
        return _MISSING
    if is_tensor(owner):
        return getattr(owner, name) if name in _VIEWS else _MISSING
    try:
        own = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return _MISSING
    if type(own) is not dict:
        return _MISSING
    shelves = (own, *(own.get(shelf, {}) for shelf in ("_parameters", "_buffers", "_modules")))
    for shelf in shelves:
        if type(shelf) is dict and name in shelf:
            return shelf[name]
    return _MISSING
