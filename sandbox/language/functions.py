"""Functions of tensors in pasted Python: `F.max_pool2d(x, 2)`, `torch.cat((a, b))`, `x.view(-1, 10)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sandbox.language import catalogue
from sandbox.language.binding import Given, bind, target
from sandbox.language.examples import example
from sandbox.language.flows import Flow, SizeOf, Thing, flows_in
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Stage, Value
from sandbox.language.syntax import dotted
from sandbox.language.words import meanings, vocabulary

if TYPE_CHECKING:
    from sandbox.language.calls import Calls

_TENSOR_ARGUMENTS = {"input", "other", "tensor", "tensors", "operands", "mat2", "vec2", "target"}
_PLACES: Mapping[str, str] = {"Tensor": "a tensor", "torch": "torch", "F": "torch.nn.functional"}
_FIRST = "the size of the first axis"  # of a tensor whose size nobody knows yet


class Functions:
    """The functions of one cell; `calls` knows the layers and reads the arguments."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.reader = calls.reader

    def call(self, node: ast.Call, word: str, home: str | None = None, *, owner: Flow | None = None) -> Flow:
        """A function by its bare name, of `owner` where it is a method; refuses one that the language does not know.

        `home` is where the code looks for it, one of the catalogue's homes; None where the code does not say.
        """
        layer = vocabulary().functions.get(word)
        op = _operation_named(word)
        if home and (layer or op):
            self._look(node, word, home)
        if layer and (home == "F" or op is None):
            return self._functional(node, word, layer, owner)
        if op:
            return self._operation(node, op, owner)
        made = next((meaning.name for meaning in meanings(word) if meaning.kind == "layer"), None)
        if made and catalogue.function(word):
            raise self.reader.mistake(
                node.func,
                f"`{word}` takes its weights as tensors, and they are not known here; write the layer.",
                suggestion=f"nn.{made}",
                expected=str(catalogue.signature(made)),
                example=example("layer", made),
            )
        raise self.calls.unknown(node, word)

    def _look(self, node: ast.Call, word: str, home: str) -> None:
        """Raises `LanguageError` where torch has no such function in this place, or another one by that name."""
        if home == "Tensor" and word == "unfold":
            raise self.reader.is_code(node, "`unfold` of a tensor cuts windows along one axis and is not F.unfold")
        if word in catalogue.home(home):
            return
        places = ("Tensor", "torch", "F") if word in OPS else ("F", "torch", "Tensor")
        right = next((place for place in places if word in catalogue.home(place)), None)
        if right is None:
            raise self.calls.unknown(node, word)
        raise self.reader.mistake(
            node.func,
            f"There is no `{word}` in {_PLACES[home]}; torch has it in {_PLACES[right]}.",
            suggestion=self._moved(node, word, right),
            expected="a function of torch, of torch.nn.functional, or a method of a tensor",
            example=f"{right if right != 'Tensor' else 'x'}.{word}(...)",
        )

    def _moved(self, node: ast.Call, word: str, right: str) -> str:
        """The line with the call as torch has it: `F.gelu(x)` for `x.gelu()`."""
        func = node.func
        method = isinstance(func, ast.Attribute) and dotted(func).split(".")[0] not in {"torch", "nn", "F"}
        given = [func.value, *node.args] if isinstance(func, ast.Attribute) and method else list(node.args)
        if right == "Tensor" and given:
            made = ast.Call(ast.Attribute(given[0], word), given[1:], node.keywords)
        elif (
            word in OPS and OPS[word].many_inputs and not isinstance(given[0] if given else None, ast.Tuple | ast.List)
        ):
            made = ast.Call(ast.Attribute(ast.Name(right), word), [ast.Tuple(given)], node.keywords)
        else:
            made = ast.Call(ast.Attribute(ast.Name(right), word), given, node.keywords)
        token, text = self.reader.token(node), self.reader.line.text
        return f"{text[: token.start]}{ast.unparse(made)}{text[token.end :]}".strip()

    def _arguments(self, node: ast.Call) -> Iterator[tuple[ast.expr, str, Thing]]:
        for item in node.args:
            yield item, "", self.reader.value(item)
        for keyword in node.keywords:
            yield keyword.value, self.calls.keyword(keyword), self.reader.value(keyword.value)

    def _functional(self, node: ast.Call, word: str, layer: str, owner: Flow | None) -> Flow:
        """Torch's own function, bound by its own signature and then said as the layer."""
        function = catalogue.function(word)
        flows: list[Flow] = [owner] if owner else []
        given: list[Given] = []
        places = iter(function.positional[len(flows) :] if function else catalogue.signature(layer).positional)
        inputs = len(LAYERS[layer].functional) and function is None
        for argument, name, thing in self._arguments(node):
            if inputs and isinstance(thing, Flow):
                flows.append(thing)
                continue
            place = name or next(places, "")
            if isinstance(thing, Flow) or place in _TENSOR_ARGUMENTS:
                flows += flows_in(thing)
            else:
                self._give(given, place, argument, layer)
        args = bind(target("layer", layer, python=True), given, self.calls.end(node), self.reader.line.notes)
        stage = Stage("layer", layer, {**_differences(word, layer), **args}, self.reader.span(node))
        return self.calls.through(node, stage, flows)

    def _give(self, given: list[Given], place: str, node: ast.expr, layer: str) -> None:
        value = self.calls.argument(node)
        if place == "training":
            self.reader.line.set_mode(bool(value), self.reader.token(node))
        elif value is not None or place in catalogue.signature(layer).by_name:
            given.append(Given(value, self.reader.token(node), place))

    def _operation(self, node: ast.Call, op: str, owner: Flow | None) -> Flow:
        flows: list[Flow] = [owner] if owner else []
        given: list[Given] = []
        for argument, name, thing in self._arguments(node):
            found = flows_in(thing)
            if found:
                flows += found
                continue
            value = self._size(argument, thing) if isinstance(thing, SizeOf) else self.calls.argument(argument)
            spelled = "dim" if name == "axis" and "dim" in OPS[op].parameters else name
            given.append(Given(value, self.reader.token(argument), spelled))
        if op in {"view", "reshape"} and [item.value for item in given] == [_FIRST, -1]:
            stage = Stage("op", "flatten", {"start_dim": 1}, self.reader.span(node))
            return self.calls.through(node, stage, flows)
        if any(item.value == _FIRST for item in given):
            raise self.reader.is_code(node, "The size of a tensor on its way has to be computed")
        args = bind(target("op", op, python=True), given, self.calls.end(node), self.reader.line.notes)
        return self.calls.through(node, Stage("op", op, args, self.reader.span(node)), flows)

    def _size(self, node: ast.expr, size: SizeOf) -> Value:
        """`x.size(1)` where the code says how large x is; a mark for the first axis, which a view may keep."""
        shape = size.flow.sources[0].shape
        if shape is None and len(self.reader.line.shapes) == 1:
            shape = self.reader.line.shapes[0]
        if not size.flow.stages and shape is not None and size.axis is not None:
            if not -len(shape.sizes) <= size.axis < len(shape.sizes):
                raise self.reader.mistake(node, f"The tensor has {len(shape.sizes)} axes.", expected="one of its axes")
            number = shape.sizes[size.axis]
            if isinstance(number, int):
                return number
        if size.axis == 0:
            return _FIRST
        raise self.reader.is_code(node, "The size of a tensor on its way has to be computed")


def _operation_named(word: str) -> str | None:
    return next((op.name for op in OPS.values() if word == op.name or word in op.aliases), None)


def _differences(word: str, layer: str) -> dict[str, Value]:
    """Where the function's defaults are not the layer's."""
    function, made = catalogue.function(word), catalogue.signature(layer)
    if function is None:
        return {}
    return {
        parameter.name: parameter.default
        for parameter in function.parameters
        if not parameter.required
        and parameter.name in made.by_name
        and made.by_name[parameter.name].default != parameter.default
    }
