"""A snippet's text made ready to run: its last value split off, its timings found, its assignments watched.

Watching is done in the syntax tree, once, before anything runs: after each assignment stands a call that notes what
the name now holds, and what is passed on without a name goes through a call that remembers its shape. Line and column
numbers stay those that were typed. A tracing function would cost each line of each loop instead.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, TypeVar

FILE = "<run>"
# What the watching code calls. They stand among the builtins, where a snippet's own names do not hide them.
NOTE, KEEP, TIME = "__stride_note__", "__stride_keep__", "__stride_time__"
_TIMED, _ROUNDS, _CLOCK, _START = "__stride_timed__", "__stride_rounds__", "__stride_clock__", "__stride_start__"
_MARK = "__stride_timing_{}__"
_MAGIC = re.compile(r"^([ \t]*)%timeit(?:[ \t]+(.*))?$")
_CELL = re.compile(r"^[ \t]*%%timeit(?:[ \t]+(.*))?$")
_OPTION = re.compile(r"-([nr])[ \t]*(\d{1,9})(?:[ \t]+|$)")
_PLACED = (ast.expr, ast.stmt, ast.arg, ast.keyword, ast.alias, ast.excepthandler)

_LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store})
_LOAD = ast.Load()
_Expression = TypeVar("_Expression", bound=ast.expr)

Place = tuple[int, int, int, int]  # line, column, last line, last column: as the syntax tree counts, columns in bytes


@dataclass(frozen=True, slots=True)
class Timing:
    """One `%timeit`: what it times, where it stands, and how often it was asked to."""

    code: str
    line: int
    loops: int | None
    repeats: int | None


@dataclass(frozen=True, slots=True)
class Snippet:
    """A snippet that Python can run."""

    lines: tuple[str, ...]
    body: CodeType | None
    last: CodeType | None
    timings: tuple[Timing, ...]
    sites: tuple[tuple[int, str], ...]
    places: tuple[Place, ...]


def read(code: str) -> Snippet:
    """Compile a snippet; raises what Python's compiler raises, at the places where the mistakes stand."""
    lines, module, timings = parse(code)
    watcher = _Watcher()
    last = None
    final = module.body[-1] if module.body else None
    if isinstance(final, ast.Expr) and not _is_timing(final) and not "".join(lines).rstrip().endswith(";"):
        module.body.pop()
        last = compile(watcher.visit(ast.Expression(final.value)), FILE, "eval", dont_inherit=True)
    module = watcher.visit(module)
    body = compile(module, FILE, "exec", dont_inherit=True) if module.body else None
    return Snippet(lines, body, last, timings, tuple(watcher.sites), tuple(watcher.places))


def parse(code: str) -> tuple[tuple[str, ...], ast.Module, tuple[Timing, ...]]:
    """The lines as they are counted, their syntax tree without any watching, and the timings in it."""
    text = code.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
    if text[:1] in {" ", "\t", "\n"}:
        text = textwrap.dedent(text)
    lines = tuple(text.split("\n"))
    if "\0" in text:  # Pythons before 3.11.4 call it a ValueError
        raise SyntaxError("source code string cannot contain null bytes")
    try:
        return lines, ast.parse(text, FILE), ()
    except SyntaxError:
        if "%timeit" not in text:
            raise
    return _parse_with_timings(lines)


def _parse_with_timings(lines: tuple[str, ...]) -> tuple[tuple[str, ...], ast.Module, tuple[Timing, ...]]:
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    cell = _CELL.match(lines[first])
    if cell:
        setup, (loops, repeats) = _options(cell[1] or "")
        body = _statements("\n".join(lines[first + 1 :]), first + 2, 0)
        before = _statements(setup, first + 1, lines[first].find(setup)) if setup else []
        timing = Timing("\n".join(lines[first + 1 :]).strip(), first + 1, loops, repeats)
        return lines, ast.Module([*before, *_timed(body, 0, first + 1)], []), (timing,)
    timings: list[Timing] = []
    bodies: list[list[ast.stmt]] = []
    plain = list(lines)
    for index, line in enumerate(lines):
        found = _MAGIC.match(line)
        if found:
            statement, (loops, repeats) = _options(found[2] or "")
            plain[index] = found[1] + _MARK.format(len(timings))
            timings.append(Timing(statement, index + 1, loops, repeats))
            bodies.append(_statements(statement, index + 1, line.find(statement)))
    return lines, _Timings(bodies).visit(ast.parse("\n".join(plain), FILE)), tuple(timings)


def _options(text: str) -> tuple[str, tuple[int | None, int | None]]:
    """`-n 100 -r 5 f(x)`: the statement, and how often it is asked for."""
    asked: dict[str, int] = {}
    while found := _OPTION.match(text):
        asked[found[1]] = max(1, int(found[2]))
        text = text[found.end() :]
    return text.strip(), (asked.get("n"), asked.get("r"))


def _statements(text: str, line: int, column: int) -> list[ast.stmt]:
    """Statements that stand elsewhere in the snippet, with the places where they stand."""
    try:
        tree = ast.parse(text or "?", FILE)  # nothing to time is a mistake too
    except SyntaxError as fault:
        fault.lineno = (fault.lineno or 1) + line - 1
        fault.offset = (fault.offset or 1) + column
        raise
    for node in ast.walk(tree):
        if isinstance(node, _PLACED):
            node.lineno += line - 1
            node.end_lineno = (node.end_lineno or 1) + line - 1
            node.col_offset += column
            node.end_col_offset = (node.end_col_offset or 0) + column
    return tree.body


def _timed(body: list[ast.stmt], number: int, line: int) -> list[ast.stmt]:
    """A function that runs statements in a loop and returns the time it took, and the call that has it measured."""
    template = f"""
def {_TIMED}({_ROUNDS}, {_CLOCK}):
    {_START} = {_CLOCK}()
    for _ in {_ROUNDS}:
        pass
    return {_CLOCK}() - {_START}
{TIME}({_TIMED}, {number})
"""
    tree = ast.parse(template)
    for node in ast.walk(tree):
        if isinstance(node, _PLACED):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
    function = tree.body[0]
    loop = function.body[1] if isinstance(function, ast.FunctionDef) else None
    if isinstance(loop, ast.For):
        loop.body = body
    return tree.body


def _is_timing(statement: ast.Expr) -> bool:
    call = statement.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == TIME


class _Timings(ast.NodeTransformer):
    """Puts the timed statements where their marks stand."""

    def __init__(self, bodies: Sequence[list[ast.stmt]]) -> None:
        self._bodies = {_MARK.format(number): (number, body) for number, body in enumerate(bodies)}

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        if isinstance(node.value, ast.Name) and node.value.id in self._bodies:
            number, body = self._bodies[node.value.id]
            return _timed(body, number, node.lineno)
        return node


class _Watcher(ast.NodeTransformer):
    """Adds the calls that watch. Annotations are left alone: they may be kept as text."""

    def __init__(self) -> None:
        self.sites: list[tuple[int, str]] = []
        self.places: list[Place] = []

    def visit(self, node: ast.AST) -> Any:
        return node if type(node) in _LEAVES else super().visit(node)

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        self.generic_visit(node)
        dotted = _dotted(node.targets[0]) if len(node.targets) == 1 else None
        if dotted is not None and not isinstance(node.targets[0], ast.Name):
            node.value = self._note(node, dotted, node.value)
            return [node]
        return [node, *self._notes(node, *node.targets)]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        node.value = self._keep(self.visit(node.value))
        return [node, *self._notes(node, node.target)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is None:
            return [node]
        node.value = self.visit(node.value)
        return [node, *self._notes(node, node.target)]

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        node.value = self.visit(node.value)
        node.value = self._note(node, node.target.id, node.value)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body[:0] = self._notes(node, node.target)
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        self.generic_visit(node)
        node.body[:0] = self._notes(node, *(item.optional_vars for item in node.items if item.optional_vars))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name == _TIMED:
            return node  # what is timed is run as it was typed
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in {TIME, "super"}:
            return node
        if isinstance(node.func, ast.Attribute):
            node.func.value = self._keep(node.func.value, and_attributes=False)
        node.args = [self._keep(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._keep(keyword.value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        node.left, node.right = self._keep(node.left), self._keep(node.right)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        node.left, node.comparators = self._keep(node.left), [self._keep(side) for side in node.comparators]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = self._keep(node.value)
            if isinstance(node.slice, ast.Call | ast.BinOp):
                node.slice = self._keep(node.slice)
        return node

    def visit_List(self, node: ast.List) -> ast.AST:
        return self._visit_sequence(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        return self._visit_sequence(node)

    def _visit_sequence(self, node: ast.List | ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.elts = [self._keep(item) for item in node.elts]
        return node

    def _keep(self, node: ast.expr, *, and_attributes: bool = True) -> ast.expr:
        """Something without a name, which nobody could look at any more once an operation has failed."""
        kinds: tuple[type[ast.expr], ...] = (ast.Call, ast.BinOp, ast.Subscript, ast.UnaryOp)
        if not isinstance(node, (*kinds, ast.Attribute) if and_attributes else kinds):
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            return node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {NOTE, KEEP}:
            return node
        self.places.append(place(node))
        return _call(KEEP, node, len(self.places) - 1, node)

    def _note(self, at: ast.expr | ast.stmt, name: str, value: ast.expr) -> ast.Call:
        self.sites.append((at.lineno, name))
        return _call(NOTE, at, len(self.sites) - 1, value)

    def _notes(self, at: ast.stmt, *targets: ast.expr) -> list[ast.stmt]:
        return [
            ast.copy_location(ast.Expr(self._note(at, name, _placed(ast.Name(name, _LOAD), at))), at)
            for target in targets
            for name in _names(target)
        ]


def place(node: ast.expr | ast.stmt) -> Place:
    """Where a node stands."""
    return (node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)


def _names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _names(item)
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)


def _dotted(node: ast.expr) -> str | None:
    """`self.conv`, where it is nothing but names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _call(name: str, at: ast.expr | ast.stmt, number: int, value: ast.expr) -> ast.Call:
    return _placed(ast.Call(_placed(ast.Name(name, _LOAD), at), [_placed(ast.Constant(number), at), value], []), at)


def _placed(node: _Expression, at: ast.expr | ast.stmt) -> _Expression:
    node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = place(at)
    return node
