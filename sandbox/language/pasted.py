"""Python's spelling, as pasted from a notebook: read as a syntax tree and never evaluated.

The few statements that a cell about one layer has are followed by name; anything else is real code, for `/run`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping

from sandbox.language.calls import Calls
from sandbox.language.correcting import MAX_LINE, MAX_UNCLOSED
from sandbox.language.flows import Flow, Function, Module, SizeOf, Source, Thing
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.layouts import Shape
from sandbox.language.line import Line
from sandbox.language.model import CodeGivenError, LanguageError, Span, Stage
from sandbox.language.syntax import Place, deeper_than, dotted, literal_words
from sandbox.language.tokens import Token, shorten
from sandbox.language.trailing import take_input, take_words

MAX_BRACKETS = 60  # nested; deeper code is no layer, and Python's own reader has a limit near 100
MAX_SIGNS = 500  # of arithmetic: a chain of them is a deep tree
MAX_DEPTH = 150  # levels of the syntax tree
_BLOCK = re.compile(r"\s*(?:async\s+)?(class|def|for|while|with|if|try|import|from)\b")
_ROWS = {"Embedding": "num_embeddings", "EmbeddingBag": "num_embeddings", "one_hot": "num_classes"}
_PRINTED = {"print", "display", "repr", "str", "list", "tuple"}


def read_pasted(start: int, end: int, line: Line, *, goes_on: bool = False) -> bool:
    """Adds what the Python in `line.text[start:end]` says to the line; raises `LanguageError`.

    `goes_on`: more of the chain follows, so that a tensor alone is its input. Returns whether a module's whole output
    goes on to the next, as it does in a notebook: not where the code unpacks a tuple itself.
    """
    end = take_input(start, end, line)
    end = take_words(start, end, line)
    place = Place(line.text, start, end)
    tree = _parsed(place, line)
    reader = _Reader(line, place)
    result = reader.run(tree)
    if goes_on and isinstance(result, Flow) and not result.stages and not line.stages:
        line.add_shapes([source.shape for source in result.sources if source.shape is not None])
    else:
        _deliver(result, reader, line)
    return not reader.unpacked


def _parsed(place: Place, line: Line) -> ast.Module:
    depth = 0
    for match in re.finditer(r"[\[({]|[\])}]", place.code):
        depth += 1 if match[0] in "[({" else -1
        if depth > MAX_BRACKETS:
            raise LanguageError(
                f"The brackets nest more than {MAX_BRACKETS} deep.",
                column=place.column_of(match.start()),
                token=match[0],
                expected="a layer or a chain of layers",
            )
    if sum(place.code.count(sign) for sign in "+-*/%<>") > MAX_SIGNS or place.code.count(" not ") > MAX_SIGNS:
        raise LanguageError("That is too much arithmetic for a layer.", column=place.start, expected="numbers")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's remarks on the learner's style are no concern of the line
            tree = ast.parse(place.code)
    except SyntaxError as fault:
        raise _syntax(fault, place, line) from fault
    except (ValueError, RecursionError, MemoryError, OverflowError) as fault:
        raise LanguageError(
            "I cannot read that as Python.", column=place.start, expected="nn.Conv1d(3, 16, 3)"
        ) from fault
    if deeper_than(tree, MAX_DEPTH):
        raise LanguageError(
            "That is nested too deeply to be a layer.", column=place.start, expected="a layer or a chain of layers"
        )
    return tree


def _syntax(fault: SyntaxError, place: Place, line: Line) -> LanguageError:
    column = place.column(fault.lineno or 1, (fault.offset or 1) - 1, characters=True)
    message = (
        "A number is too large."
        if "int string conversion" in str(fault.msg)
        else f"Python cannot read this: {str(fault.msg).rstrip('.?')}."
    )
    block = _BLOCK.match(place.code)
    if block is not None:
        return CodeGivenError(
            f"Python cannot read this {block[1]} ({fault.msg}), and /run is for code.",
            column=min(column, len(line.text)),
            expected="a layer or a chain of layers",
            suggestion="/run",
            example="nn.Sequential(nn.Linear(10, 20), nn.ReLU())",
        )
    opened = place.code.count("(") - place.code.count(")")
    closed = place.code.strip() + ")" * opened if 0 < opened < MAX_UNCLOSED else None
    return LanguageError(
        message,
        column=min(column, len(line.text)),
        token=shorten(line.text[column : column + 12].split("\n")[0].strip()),
        expected="Python's spelling of a layer",
        suggestion=closed if closed and len(closed) <= MAX_LINE else None,
        example="nn.Conv1d(3, 16, kernel_size=3, padding=1)",
    )


def _deliver(result: Thing, reader: _Reader, line: Line) -> None:
    """Writes the stages and inputs of what the code ends in into the line."""
    modules = _modules(result)
    if modules:
        if len(modules) > 1:
            line.notes.append("I read the layers as a chain, as nn.Sequential would.")
        for module in modules:
            _add(line, module.stage)
        return
    if not isinstance(result, Flow):
        raise reader.mistake(reader.last, "That makes no layer and calls none.")
    if not result.stages:
        raise reader.mistake(reader.last, "A tensor alone: say which layer or operation takes it.")
    if line.stages:
        if len(result.sources) != 1 or result.sources[0].shape is not None:
            raise reader.is_code(
                reader.last, "Inside a chain each stage takes one tensor, what the stage before it gives"
            )
    elif any(source.shape for source in result.sources) or line.shapes:
        _place_sources(result.sources, reader, line)
    for stage in result.stages:
        _add(line, stage)
    _require_in_range(result, reader)


def _require_in_range(flow: Flow, reader: _Reader) -> None:
    """Only shapes go on from here: where the code's own numbers make torch refuse, it has to be run."""
    first = flow.stages[0]
    rows = first.args.get(_ROWS.get(first.name, ""))
    span = flow.sources[0].span
    if span is None or not isinstance(rows, int) or rows < 1 or (span[0] >= 0 and span[1] < rows):
        return
    wrong = span[1] if span[1] >= rows else span[0]
    raise reader.is_code(
        reader.last,
        f"The tensor holds {wrong} (or may), and {first.name} with {rows} counts from 0 to {rows - 1}. "
        "Here only shapes are looked at, not numbers",
    )


def _modules(thing: Thing) -> list[Module]:
    """A layer, or layers with commas between them: what stands inside an nn.Sequential."""
    if isinstance(thing, Module):
        return [thing]
    items = [item for item in thing if isinstance(item, Module)] if isinstance(thing, tuple) else []
    return items if isinstance(thing, tuple) and len(items) == len(thing) else []


def _add(line: Line, stage: Stage) -> None:
    spec = LAYERS.get(stage.name) if stage.kind == "layer" else OPS[stage.name]
    line.add_stage(stage, spec.family if spec else "")


def _place_sources(sources: tuple[Source, ...], reader: _Reader, line: Line) -> None:
    """Gives every tensor its shape: its own, or the next one written after `@`."""
    waiting = list(line.shapes)
    named: dict[str, Shape] = {}
    shapes: list[Shape] = []
    for source in sources:
        shape = source.shape or named.get(source.name)
        if shape is None and waiting:
            shape = named[source.name] = waiting.pop(0)
        if shape is None:
            raise reader.mistake(reader.last, f"How large is `{source.name}`? Write its shape after @.")
        shapes.append(shape)
    line.shapes[:] = [*shapes, *waiting]


class _Reader:
    """Follows the statements of a cell."""

    def __init__(self, line: Line, place: Place) -> None:
        self.line = line
        self.place = place
        self.names: dict[str, Thing] = {}
        self.unpacked = False
        self.uncalled: dict[str, ast.stmt] = {}  # layers that have a name and were not used by it
        self.last: ast.AST = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        self.calls = Calls(self)

    def run(self, tree: ast.Module) -> Thing:
        """What the last layer or tensor of the cell is."""
        result: Thing = None
        listed: list[Module] = []
        for statement in tree.body:
            self.last = statement
            found = self._statement(statement)
            found = found.flow if isinstance(found, SizeOf) else found
            if isinstance(statement, ast.Expr):
                listed += _modules(found)
            if isinstance(found, Module | Flow):
                result = found
        if len(listed) > 1 and not isinstance(result, Flow):
            return tuple(listed)
        if isinstance(result, Module) and len(self.uncalled) > 1:
            raise self.is_code(self.last, "Several layers are made here and none is called")
        return result or (listed[0] if listed else None)

    def _statement(self, node: ast.stmt) -> Thing:
        if isinstance(node, ast.Expr):
            return self.value(self._printed(node.value))
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return self._assign(node.targets[0], self.value(node.value))
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return self._assign(node.target, self.value(node.value))
        if isinstance(node, ast.Import | ast.ImportFrom) and _imports_torch(node):
            return None
        raise self.is_code(node, f"{_STATEMENTS.get(type(node), 'That')} is code, not a layer")

    def _printed(self, node: ast.expr) -> ast.expr:
        """The `y` of `print(y.shape)`."""
        while isinstance(node, ast.Call) and dotted(node.func) in _PRINTED and len(node.args) == 1:
            node = node.args[0]
        while isinstance(node, ast.Attribute) and node.attr in {"shape", "dtype", "ndim"}:
            node = node.value
        return node

    def _assign(self, to: ast.expr, value: Thing) -> Thing:
        name = dotted(to)
        if name:
            self.names[name] = value
            self.uncalled.pop(name, None)
            if isinstance(value, Module) and isinstance(self.last, ast.stmt):
                self.uncalled[name] = self.last
            return value
        if isinstance(to, ast.Tuple) and to.elts and isinstance(to.elts[0], ast.Name):
            if isinstance(value, Flow):
                self.unpacked = True
                self.names[to.elts[0].id] = value
                for other in to.elts[1:]:
                    self._forget(other)
                return value
            if isinstance(value, tuple) and len(value) == len(to.elts):
                for part, item in zip(to.elts, value, strict=True):
                    self._assign(part, item)
                return None
        raise self.is_code(to, "Only the first output of a layer goes on in a chain")

    def _forget(self, node: ast.expr) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                self.names[part.id] = Function(f"the later output {part.id}")

    # ---- expressions

    def value(self, node: ast.expr) -> Thing:
        """What an expression stands for; raises `LanguageError`."""
        match node:
            case ast.Constant():
                return literal_words(self.place, node)
            case ast.Tuple() | ast.List():
                return tuple(self.value(item) for item in node.elts)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self.calls.attribute(node)
            case ast.Call():
                return self.calls.call(node)
            case ast.Subscript():
                return self.calls.subscript(node)
            case ast.UnaryOp() | ast.BinOp():
                return self.calls.operator(node)
            case ast.Starred():
                raise self.is_code(node, "A star unpacks at run time")
            case _:
                raise self.is_code(node, "That is code, not a layer")

    def _name(self, node: ast.Name) -> Thing:
        if node.id in self.names:
            return self.look_up(node.id)
        if node.id.startswith("__"):
            raise self.mistake(node, f"`{shorten(node.id)}` is no layer.")
        return self.tensor_called(node.id)

    def look_up(self, name: str) -> Thing:
        """What a name was given."""
        self.uncalled.pop(name, None)
        return self.names[name]

    def tensor_called(self, name: str) -> Flow:
        """A tensor of which the code says no more than its name."""
        flow = self.names[name] = Flow((Source(shorten(name)),))
        return flow

    # ---- mistakes and places

    def token(self, node: ast.AST) -> Token:
        """Where a node stands in the line."""
        return self.place.token(node)

    def span(self, node: ast.AST) -> Span:
        """The same as a span."""
        token = self.token(node)
        return Span(token.start, token.end)

    def mistake(self, node: ast.AST, message: str, **more: str | None) -> LanguageError:
        """A mistake at this node."""
        token = self.token(node)
        details: Mapping[str, str | None] = {"expected": "a layer, or a tensor through layers", **more}
        return LanguageError(
            message,
            column=token.start,
            token=token.whole,
            expected=details["expected"] or "",
            suggestion=details.get("suggestion"),
            example=details.get("example") or "nn.Conv1d(3, 16, kernel_size=3, padding=1)",
        )

    def is_code(self, node: ast.AST, why: str) -> CodeGivenError:
        """Real code: `/run` is for it."""
        token = self.token(node)
        return CodeGivenError(
            f"{why}: /run runs code.",
            column=token.start,
            token=token.whole,
            expected="a layer or a chain of layers",
            suggestion="/run",
            example="nn.Sequential(nn.Linear(10, 20), nn.ReLU())",
        )


_STATEMENTS: Mapping[type[ast.stmt], str] = {
    ast.ClassDef: "A class",
    ast.FunctionDef: "A function",
    ast.AsyncFunctionDef: "A function",
    ast.For: "A loop",
    ast.While: "A loop",
    ast.If: "A condition",
    ast.With: "A with block",
    ast.Import: "An import",
    ast.ImportFrom: "An import",
    ast.Return: "A return",
    ast.Try: "A try block",
}


def _imports_torch(node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return all(name.split(".")[0] == "torch" for name in names)
