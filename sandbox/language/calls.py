"""What is called in pasted Python: layers, functions, methods, and what makes a tensor."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.language import catalogue, tensors
from sandbox.language.binding import Given, bind, target
from sandbox.language.choosing import choose, settle
from sandbox.language.examples import example
from sandbox.language.flows import Flow, Function, Module, SizeOf, Thing, flows_in, same_tensor_thrice
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Dtype, Stage, Value
from sandbox.language.syntax import arithmetic, dotted
from sandbox.language.tokens import Token
from sandbox.language.values import dtype_named
from sandbox.language.words import Meaning, bare, key, meanings, nearest, nearest_name, vocabulary

if TYPE_CHECKING:
    from sandbox.language.pasted import _Reader

_MODULE_PREFIXES = ("torch.nn.", "nn.")
_FUNCTION_PREFIXES = ("torch.nn.functional.", "nn.functional.", "F.")
_UNCHANGED = frozenset(["to", "cuda", "cpu", "float", "requires_grad_", "apply", "clone", "detach", "type", "share_memory"])
_TENSOR_ARGUMENTS = {"input", "other", "tensor", "tensors", "operands", "mat2", "vec2", "target"}
_LEARNED = ("elementwise_affine", "affine")
_ELEMENTWISE = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class Calls:
    """The calls of one cell; `reader` knows the names and says the mistakes."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader

    # ---- what can be called

    def call(self, node: ast.Call) -> Thing:
        """What a call gives."""
        name = dotted(node.func)
        if name and name.split(".")[0] not in self.reader.names:
            found = self._named(node, name)
            if found is not None:
                return found
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        callee = (
            self.reader.value(node.func) if not isinstance(node.func, ast.Name) or name in self.reader.names else None
        )
        if isinstance(callee, Module):
            return self._apply(node, callee.stage)
        return self._unknown(node, name)

    def _named(self, node: ast.Call, name: str) -> Thing:
        """A call by a name that torch or the language has; None where it has not."""
        word = bare(name)
        if name.startswith(_FUNCTION_PREFIXES):
            return self._function(node, word, functions_first=True)
        if word == "Sequential":
            return self._sequential(node)
        if word in LAYERS and "." not in word:
            return self._layer(node, word)
        if name.startswith(_MODULE_PREFIXES):
            return self._class(node, name)
        if name.startswith("torch.") or name in tensors.MAKERS:
            if word in tensors.MAKERS:
                return tensors.make(self.reader, node, word)
            return self._function(node, word, functions_first=False)
        if "." in name:
            return None
        return self._plain_word(node, name)

    def _plain_word(self, node: ast.Call, name: str) -> Thing:
        """`relu(x)` is a function of a tensor, `conv1d(3, 16, 3)` a layer."""
        if name.startswith("_") or not meanings(name):
            return None
        known = key(name) in {key(op) for op in OPS} or name in vocabulary().functions
        if known and any(flows_in(self.reader.value(argument)) for argument in node.args[:1]):
            return self._function(node, name, functions_first=False)
        return self._class(node, name)

    def _class(self, node: ast.Call, name: str) -> Thing:
        token = self.reader.token(node.func)._replace(text=name)
        found = [meaning for meaning in choose(token, first=True) if meaning.kind == "layer"]
        if not found:
            self.reader.refuse(
                node.func, f"`{name}` is an operation on a tensor.", expected="its tensor as an argument"
            )
        return self._layer(node, settle(token, found, [token], self.reader.line).name)

    def _unknown(self, node: ast.Call, name: str) -> Thing:
        reader = self.reader
        if name in {"model", "net", "self", "super", "Net"} or name.startswith("self."):
            reader.code(node, f"`{name}` is not made here")
        near = nearest_name(name.rsplit(".", 1)[-1]) if name and not name.startswith("_") else None
        meant = meanings(near)[0] if near else None
        reader.refuse(
            node.func,
            f"I know no layer or function called `{name}`." if name else "That cannot be called.",
            expected="a layer of torch.nn, a function of torch, or a method of a tensor",
            suggestion=meant.name if meant else None,
            example=example(meant.kind, meant.name) if meant else None,
        )

    # ---- layers

    def _layer(self, node: ast.Call, name: str) -> Module:
        given = [Given(self._argument(item), self.reader.token(item)) for item in node.args]
        given += [
            Given(self._argument(item.value), self.reader.token(item.value), self._keyword(item))
            for item in node.keywords
        ]
        args = bind(target("layer", name, python=True), given, self._end(node), self.reader.line.notes)
        return Module(Stage("layer", name, args, self.reader.span(node)))

    def _sequential(self, node: ast.Call) -> Module:
        items = node.args
        if len(items) == 1 and isinstance(items[0], ast.Call) and dotted(items[0].func).endswith("OrderedDict"):
            items = self._ordered(items[0])
        elif len(items) == 1 and isinstance(items[0], ast.Starred) and isinstance(items[0].value, ast.List | ast.Tuple):
            items = items[0].value.elts
        children = []
        for item in items:
            child = self.reader.value(item)
            if not isinstance(child, Module):
                self.reader.refuse(item, "nn.Sequential holds layers.", expected="a layer such as nn.ReLU()")
            children.append(child.stage)
        return Module(Stage("layer", "Sequential", {}, self.reader.span(node), tuple(children)))

    def _ordered(self, node: ast.Call) -> list[ast.expr]:
        """The layers of `OrderedDict([("conv", nn.Conv1d(...)), ...])`."""
        if len(node.args) == 1 and isinstance(node.args[0], ast.Dict):
            return node.args[0].values
        pairs = node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple) else [node]
        layers: list[ast.expr] = []
        for pair in pairs:
            if not isinstance(pair, ast.Tuple | ast.List) or len(pair.elts) != 2:
                self.reader.refuse(pair, "An OrderedDict of layers holds pairs of a name and a layer.")
            layers.append(pair.elts[1])
        return layers

    def _argument(self, node: ast.expr) -> Value:
        """A value that a layer can be made with."""
        thing = self.reader.value(node)
        if isinstance(thing, Module):
            return thing.stage
        if isinstance(thing, Function):
            return thing.name
        if isinstance(thing, Flow | SizeOf):
            self._no_value(node, thing)
        if isinstance(thing, tuple):
            return tuple(self._item(node, item) for item in thing)
        return thing

    def _item(self, node: ast.expr, thing: Thing) -> Value:
        if isinstance(thing, Flow | SizeOf):
            self._no_value(node, thing)
        if isinstance(thing, tuple):
            return tuple(self._item(node, item) for item in thing)
        return thing.stage if isinstance(thing, Module) else thing.name if isinstance(thing, Function) else thing

    def _no_value(self, node: ast.expr, thing: Flow | SizeOf) -> None:
        if isinstance(thing, Flow) and isinstance(node, ast.Name) and thing.sources[0].shape is None:
            self.reader.refuse(node, f"I do not know what `{node.id}` is.", expected="its value in place of the name")
        self.reader.code(node, "An argument that is a tensor has to be computed")

    def _keyword(self, node: ast.keyword) -> str:
        if node.arg is None:
            self.reader.code(node.value, "Arguments after ** are known at run time")
        return node.arg

    def _end(self, node: ast.Call) -> Token:
        token = self.reader.token(node)
        return token._replace(end=max(token.end - 1, token.start))

    # ---- tensors through layers

    def _apply(self, node: ast.Call, stage: Stage) -> Flow:
        flows: list[Flow] = []
        for item in (*node.args, *(keyword.value for keyword in node.keywords)):
            thing = self.reader.value(item)
            found = flows_in(thing)
            if not found and thing is not None and not isinstance(thing, bool):
                self.reader.refuse(
                    item, f"{stage.name} is called on a tensor.", expected="a tensor such as torch.randn(2, 3)"
                )
            flows += found
        return self._through(node, stage, flows)

    def _through(self, node: ast.AST, stage: Stage, flows: list[Flow]) -> Flow:
        if not flows:
            self.reader.refuse(
                node, f"{stage.name} is called on no tensor.", expected="a tensor such as torch.randn(2, 3)"
            )
        stage = replace(stage, span=self.reader.span(node))
        if len(flows) == 1 or same_tensor_thrice(stage, flows):
            return flows[0].through(stage)
        if any(flow.stages for flow in flows):
            self.reader.code(node, "Two results meet here, and a chain passes one tensor on")
        return Flow(tuple(source for flow in flows for source in flow.sources), (stage,))

    # ---- functions and methods

    def _method(self, node: ast.Call, func: ast.Attribute) -> Thing:
        if func.attr.startswith("__"):
            self.reader.refuse(func, f"`{func.attr[:40]}` is no layer.")
        root = dotted(func).split(".")[0]
        if root in {"self", "torch", "nn", "F", "np", "numpy", "os", "sys"} and root not in self.reader.names:
            if root == "self":
                self.reader.code(node, "`self` belongs to a class")
            return self._unknown(node, dotted(func))
        owner = self.reader.value(func.value)
        if isinstance(owner, Module):
            return self._module_method(node, func, owner)
        if isinstance(owner, Flow):
            return self._tensor_method(node, func, owner)
        self.reader.refuse(func, f"I know no method `{func.attr}` here.")
        return None

    def _module_method(self, node: ast.Call, func: ast.Attribute, owner: Module) -> Thing:
        if func.attr in {"eval", "train"}:
            training = func.attr == "train" and not (node.args and self.reader.value(node.args[0]) is False)
            self.reader.line.set_mode(training, self.reader.token(func))
            return owner
        if func.attr == "forward":
            return self._apply(node, owner.stage)
        if func.attr in _UNCHANGED:
            return owner
        near = nearest(func.attr, ("eval", "train", "forward"))
        self.reader.refuse(func, f"I do not follow the method `{func.attr}` of a layer.", suggestion=near)
        return None

    def _tensor_method(self, node: ast.Call, func: ast.Attribute, owner: Flow) -> Thing:
        if func.attr == "size":
            axis = self.reader.value(node.args[0]) if node.args else None
            return SizeOf(owner, axis if isinstance(axis, int) else None)
        changed = tensors.convert(self.reader, node, func.attr, owner)
        if changed is not None:
            return changed
        found = self._function(node, func.attr, functions_first=False, owner=owner)
        if found is None:
            return self._unknown(node, func.attr)
        return found

    def _function(self, node: ast.Call, word: str, *, functions_first: bool, owner: Flow | None = None) -> Thing:
        """A function of tensors by its name; refuses one that the language does not know."""
        layer = vocabulary().functions.get(word)
        op = next((m.name for m in meanings_of_op(word)), None)
        if layer and (functions_first or op is None):
            return self._functional(node, word, layer, owner)
        if op:
            return self._operation(node, op, owner)
        signature = catalogue.function(word)
        class_named = next((m.name for m in meanings(word) if m.kind == "layer"), None)
        if signature and class_named:
            self.reader.refuse(
                node.func,
                f"`{word}` takes its weights as tensors, and they are not known here; write the layer.",
                suggestion=f"nn.{class_named}",
                expected=str(catalogue.signature(class_named)),
                example=example("layer", class_named),
            )
        return self._unknown(node, word)

    def _functional(self, node: ast.Call, word: str, layer: str, owner: Flow | None) -> Flow:
        """`F.max_pool2d(x, 2)`: torch's own function bound by its own signature, then said as the layer."""
        signature = catalogue.function(word) or catalogue.signature(layer)
        flows: list[Flow] = [owner] if owner else []
        given: list[Given] = []
        places = iter(signature.positional[len(flows) :] if catalogue.function(word) else signature.positional)
        for argument, name in [(item, "") for item in node.args] + [(k.value, self._keyword(k)) for k in node.keywords]:
            thing = self.reader.value(argument)
            place = name or next(places, "")
            if isinstance(thing, Flow) or place in _TENSOR_ARGUMENTS:
                flows += flows_in(thing)
            else:
                self._give(given, place, argument, layer)
        args = bind(target("layer", layer, python=True), given, self._end(node), self.reader.line.notes)
        stage = Stage("layer", layer, {**_differences(word, layer), **args}, self.reader.span(node))
        return self._through(node, stage, flows)

    def _give(self, given: list[Given], place: str, node: ast.expr, layer: str) -> None:
        value = self._argument(node)
        if place == "training":
            self.reader.line.set_mode(bool(value), self.reader.token(node))
        elif value is not None or place in catalogue.signature(layer).by_name:
            given.append(Given(value, self.reader.token(node), place))

    def _operation(self, node: ast.Call, op: str, owner: Flow | None) -> Flow:
        flows: list[Flow] = [owner] if owner else []
        given: list[Given] = []
        for argument, name in [(item, "") for item in node.args] + [(k.value, self._keyword(k)) for k in node.keywords]:
            thing = self.reader.value(argument)
            found = flows_in(thing)
            if found:
                flows += found
            elif isinstance(thing, SizeOf):
                given.append(Given(self._size(argument, thing), self.reader.token(argument), name))
            else:
                name = "dim" if name == "axis" and "dim" in OPS[op].parameters else name
                given.append(Given(self._argument(argument), self.reader.token(argument), name))
        if op in {"view", "reshape"} and len(given) == 2 and given[0].value == _SAME and given[1].value == -1:
            stage = Stage("op", "flatten", {"start_dim": 1}, self.reader.span(node))
            return self._through(node, stage, flows)
        if any(item.value == _SAME for item in given):
            self.reader.code(node, "The size of a tensor on its way has to be computed")
        args = bind(target("op", op, python=True), given, self._end(node), self.reader.line.notes)
        return self._through(node, Stage("op", op, args, self.reader.span(node)), flows)

    def _size(self, node: ast.expr, size: SizeOf) -> Value:
        """`x.size(1)` where the code says how large x is; a mark for the first axis, which a view may keep."""
        shape = size.flow.sources[0].shape
        if shape is None and self.reader.line.shapes and len(self.reader.line.shapes) == 1:
            shape = self.reader.line.shapes[0]
        if not size.flow.stages and shape is not None and size.axis is not None:
            if not -len(shape.sizes) <= size.axis < len(shape.sizes):
                self.reader.refuse(node, f"The tensor has {len(shape.sizes)} axes.", expected="one of its axes")
            number = shape.sizes[size.axis]
            if isinstance(number, int):
                return number
        if size.axis == 0:
            return _SAME
        self.reader.code(node, "The size of a tensor on its way has to be computed")
        return None

    # ---- what is not called

    def attribute(self, node: ast.Attribute) -> Thing:
        """`torch.float64`, `x.T`, `F.gelu` as an argument."""
        name = dotted(node)
        root = name.split(".")[0]
        if name and root in {"torch", "nn", "F"} and root not in self.reader.names:
            dtype = dtype_named(name)
            if dtype and root == "torch":
                return Dtype(dtype)
            return Function(bare(name))
        if root in {"self", "os", "sys"} and root not in self.reader.names:
            self.reader.code(node, f"`{root}` is not known here")
        if node.attr.startswith("__"):
            self.reader.refuse(node, f"`{node.attr[:40]}` is no layer.")
        owner = self.reader.value(node.value)
        if isinstance(owner, Flow) and node.attr == "shape":
            return SizeOf(owner)
        if isinstance(owner, Flow) and node.attr in _TRANSPOSES:
            return self._through(node, Stage("op", *_TRANSPOSES[node.attr]), [owner])
        self.reader.refuse(node, f"I do not follow `.{node.attr[:40]}`.")
        return None

    def subscript(self, node: ast.Subscript) -> Thing:
        """`lstm(x)[0]`, `x.shape[0]`."""
        owner = self.reader.value(node.value)
        index = self.reader.value(node.slice)
        if isinstance(owner, SizeOf) and owner.axis is None and isinstance(index, int):
            return SizeOf(owner.flow, index)
        if isinstance(owner, Flow) and index == 0 and owner.stages and isinstance(node.value, ast.Call | ast.Name):
            self.reader.unpacked = True
            return owner
        self.reader.code(node, "An index is code, not a layer")
        return None

    def operator(self, node: ast.UnaryOp | ast.BinOp) -> Thing:
        """`a @ b`, `a + b` and arithmetic on numbers."""
        if isinstance(node, ast.UnaryOp):
            value = self.reader.value(node.operand)
            if isinstance(node.op, ast.USub) and isinstance(value, int | float):
                return -value
            self.reader.code(node, "That is code, not a layer")
        left, right = self.reader.value(node.left), self.reader.value(node.right)
        if isinstance(left, int | float) and isinstance(right, int | float):
            return arithmetic(self.reader.place, node, left, right)
        flows = [thing for thing in (left, right) if isinstance(thing, Flow)]
        if len(flows) == 2 and isinstance(node.op, ast.MatMult):
            return self._through(node, Stage("op", "matmul"), flows)
        if len(flows) == 2 and isinstance(node.op, _ELEMENTWISE):
            return self._through(node, Stage("op", "broadcast"), flows)
        self.reader.code(node, "That is code, not a layer")
        return None


_SAME = "the size of the first axis"
_TRANSPOSES: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "T": ("t", {}),
    "mT": ("transpose", {"dim0": -2, "dim1": -1}),
}


def meanings_of_op(word: str) -> list[Meaning]:
    """The operation of this name or alias, spelled as torch spells it."""
    return [Meaning("op", op.name) for op in OPS.values() if word == op.name or word in op.aliases]


def _differences(word: str, layer: str) -> dict[str, Value]:
    """Where the function's defaults are not the layer's: it has no weights unless it is given some."""
    function, made = catalogue.function(word), catalogue.signature(layer)
    if function is None:
        return {}
    differing = {
        p.name: p.default
        for p in function.parameters
        if not p.required and p.name in made.by_name and made.by_name[p.name].default != p.default
    }
    differing.pop("weight", None)
    if "weight" in function.by_name:
        differing.update({name: False for name in _LEARNED if name in made.by_name})
        differing.pop("bias", None)
    return differing
