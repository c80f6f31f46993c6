"""What is called in pasted Python: layers, functions, methods, and what makes a tensor."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.language import catalogue, tensors
from sandbox.language.binding import Given, bind, target
from sandbox.language.choosing import choose, settle
from sandbox.language.elsewhere import LIBRARIES
from sandbox.language.examples import example
from sandbox.language.flows import Flow, Function, Module, SizeOf, Thing, flows_in, same_tensor_thrice
from sandbox.language.functions import Functions
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Dtype, LanguageError, Stage, Value
from sandbox.language.syntax import arithmetic, dotted
from sandbox.language.tokens import Token
from sandbox.language.values import dtype_named
from sandbox.language.words import bare, implied, key, meanings, nearest, nearest_name, vocabulary

if TYPE_CHECKING:
    from sandbox.language.pasted import _Reader

_MODULE_PREFIXES = ("torch.nn.", "nn.")
_FUNCTION_PREFIXES = ("torch.nn.functional.", "nn.functional.", "F.")
_UNCHANGED = frozenset(
    {
        "to",
        "cuda",
        "cpu",
        "float",
        "requires_grad_",
        "apply",
        "clone",
        "detach",
        "type",
        "share_memory",
    }
)
_ELEMENTWISE = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class Calls:
    """The calls of one cell; `reader` knows the names and says the mistakes."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader
        self.functions = Functions(self)

    # ---- what can be called

    def call(self, node: ast.Call) -> Thing:
        """What a call gives."""
        name = dotted(node.func)
        library = LIBRARIES.get(name.split(".")[0]) if "." in name else None
        if library and name.split(".")[0] not in self.reader.names:
            raise self._foreign(node, name, library)
        if name in self.reader.names:
            callee = self.reader.value(node.func)
            if isinstance(callee, Module):
                return self._apply(node, callee.stage)
            raise self.unknown(node, name)
        if name and name.split(".")[0] not in self.reader.names:
            found = self._named(node, name)
            if found is not None:
                return found
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        callee = None if name else self.reader.value(node.func)
        if isinstance(callee, Module):
            return self._apply(node, callee.stage)
        raise self.unknown(node, name)

    def _named(self, node: ast.Call, name: str) -> Thing:
        """A call by a name that torch or the language has; None where it has not."""
        word = bare(name)
        if name.startswith(_FUNCTION_PREFIXES):
            return self.functions.call(node, word, "F")
        if word == "Sequential":
            return self._sequential(node)
        if word in LAYERS and "." not in word:
            return self._layer(node, word)
        if name.startswith(_MODULE_PREFIXES):
            return self._class(node, name)
        if name.startswith("torch.") or name in tensors.MAKERS:
            if word in tensors.MAKERS:
                return tensors.make(self.reader, node, word)
            return self.functions.call(node, word, "torch")
        if "." in name:
            return None
        return self._plain_word(node, name)

    def _plain_word(self, node: ast.Call, name: str) -> Thing:
        """`relu(x)` is a function of a tensor, `conv1d(3, 16, 3)` a layer."""
        if name.startswith("_") or not meanings(name):
            return None
        known = key(name) in {key(op) for op in OPS} or name in vocabulary().functions
        if known and any(flows_in(self.reader.value(argument)) for argument in node.args[:2]):
            return self.functions.call(node, name)
        return self._class(node, name)

    def _class(self, node: ast.Call, name: str) -> Thing:
        """A layer by any of its names; `reshape(32, -1)` without a tensor is one of the tensor x."""
        token = self.reader.token(node.func)._replace(text=name)
        found = [meaning for meaning in choose(token, first=True) if meaning.kind == "layer"]
        if not found:
            return self.functions.call(node, name, owner=self.reader.tensor_called("x"))
        meant = settle(token, found, [token], self.reader.line).name
        return self._layer(node, meant, implied(meant, name))

    def unknown(self, node: ast.Call, name: str) -> LanguageError:
        """A call of something that nobody knows."""
        reader = self.reader
        if name in {"model", "net", "self", "super", "Net"} or name.startswith("self."):
            return reader.is_code(node, f"`{name}` is not made here")
        near = nearest_name(name.rsplit(".", 1)[-1]) if name and not name.startswith("_") else None
        meant = meanings(near)[0] if near else None
        if meant is None and name and "__" not in name:
            return reader.is_code(node.func, f"I know no layer or function called `{name}`")
        return reader.mistake(
            node.func,
            f"I know no layer or function called `{name}`." if name else "That cannot be called.",
            expected="a layer of torch.nn, a function of torch, or a method of a tensor",
            suggestion=_respelled(dotted(node.func), near or "", meant.name) if meant else None,
            example=example(meant.kind, meant.name) if meant else None,
        )

    def _foreign(self, node: ast.Call, name: str, library: str) -> LanguageError:
        """A call of another library, with what PyTorch has instead."""
        word = name.rsplit(".", 1)[-1]
        meant = next(iter(meanings(word)), None) or next(iter(meanings(nearest_name(word) or "")), None)
        if meant is None:
            return self.reader.is_code(node.func, f"`{name}` is {library}'s, and I know PyTorch's layers only")
        own = f"nn.{meant.name}" if meant.kind == "layer" else f"the operation {meant.name}"
        return self.reader.mistake(
            node.func,
            f"`{name}` is {library}'s; PyTorch has {own}.",
            expected=str(catalogue.signature(meant.name)),
            suggestion=f"nn.{meant.name}" if meant.kind == "layer" else None,
            example=example(meant.kind, meant.name),
        )

    # ---- layers

    def _layer(self, node: ast.Call, name: str, implying: Mapping[str, Value] | None = None) -> Module:
        given = [Given(self.argument(item), self.reader.token(item)) for item in node.args]
        given += [Given(self.argument(k.value), self.reader.token(k), self.keyword(k)) for k in node.keywords]
        if name == "Identity" and given:
            self.reader.line.notes.append("nn.Identity takes any arguments and uses none of them.")
            given = []
        args = bind(target("layer", name, python=True), given, self.end(node), self.reader.line.notes, implying or {})
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
                raise self.reader.mistake(item, "nn.Sequential holds layers.", expected="a layer such as nn.ReLU()")
            children.append(child.stage)
        if not children:
            self.reader.line.notes.append(
                "nn.Sequential() without a layer gives back what it gets, as nn.Identity() does."
            )
            return Module(Stage("layer", "Identity", {}, self.reader.span(node)))
        return Module(Stage("layer", "Sequential", {}, self.reader.span(node), tuple(children)))

    def _ordered(self, node: ast.Call) -> list[ast.expr]:
        """The layers of `OrderedDict([("conv", nn.Conv1d(...)), ...])`."""
        inside = node.args[0] if len(node.args) == 1 else None
        if isinstance(inside, ast.Dict):
            return inside.values
        layers: list[ast.expr] = []
        for pair in inside.elts if isinstance(inside, ast.List | ast.Tuple) else [node]:
            if not isinstance(pair, ast.Tuple | ast.List) or len(pair.elts) != 2:
                raise self.reader.mistake(pair, "An OrderedDict of layers holds pairs of a name and a layer.")
            layers.append(pair.elts[1])
        return layers

    def argument(self, node: ast.expr) -> Value:
        """A value that a layer can be made with."""
        return self._plain(node, self.reader.value(node))

    def _plain(self, node: ast.expr, thing: Thing) -> Value:
        if isinstance(thing, Module):
            return thing.stage
        if isinstance(thing, Function):
            return thing.name
        if isinstance(thing, tuple):
            return tuple(self._plain(node, item) for item in thing)
        if isinstance(thing, Flow) and isinstance(node, ast.Name) and thing.sources[0].shape is None:
            raise self.reader.mistake(
                node,
                f"I do not know what `{node.id}` is.",
                expected="its value in place of the name",
                suggestion=nearest(node.id, ("True", "False", "None"), 1),
            )
        if isinstance(thing, Flow | SizeOf):
            raise self.reader.is_code(node, "An argument that is a tensor has to be computed")
        return thing

    def keyword(self, node: ast.keyword) -> str:
        """The name of a named argument."""
        if node.arg is None:
            raise self.reader.is_code(node.value, "Arguments after ** are known at run time")
        return node.arg

    def end(self, node: ast.Call) -> Token:
        """The closing bracket: where an argument is missing."""
        token = self.reader.token(node)
        return token._replace(end=max(token.end - 1, token.start))

    # ---- tensors through layers

    def _apply(self, node: ast.Call, stage: Stage) -> Flow:
        flows: list[Flow] = []
        spec = LAYERS.get(stage.name)
        for item in node.args:
            flows += self._tensors(item, stage)
        for keyword in node.keywords:
            name = self.keyword(keyword)
            if spec and name in spec.forward:
                stage = replace(stage, args={**stage.args, name: self.argument(keyword.value)})
            elif "mask" in name:
                raise self.reader.is_code(keyword, "A mask has to be computed")
            else:
                flows += self._tensors(keyword.value, stage)
        return self.through(node, stage, flows)

    def _tensors(self, node: ast.expr, stage: Stage) -> list[Flow]:
        thing = self.reader.value(node)
        flows = flows_in(thing)
        if not flows and thing is not None:
            expected = "a tensor such as torch.randn(2, 3)"
            raise self.reader.mistake(node, f"{stage.name} is called on a tensor.", expected=expected)
        return flows

    def through(self, node: ast.AST, stage: Stage, flows: list[Flow]) -> Flow:
        """The tensor that the stage makes of these; refuses what a chain cannot say."""
        if not flows:
            expected = "a tensor such as torch.randn(2, 3)"
            raise self.reader.mistake(node, f"{stage.name} is called on no tensor.", expected=expected)
        stage = replace(stage, span=self.reader.span(node))
        if len(flows) == 1 or same_tensor_thrice(stage, flows):
            return flows[0].through(stage)
        if any(flow.stages for flow in flows):
            raise self.reader.is_code(node, "Two results meet here, and a chain passes one tensor on")
        return Flow(tuple(source for flow in flows for source in flow.sources), (stage,))

    # ---- functions and methods

    def _method(self, node: ast.Call, func: ast.Attribute) -> Thing:
        if func.attr.startswith("__"):
            raise self.reader.mistake(func, f"`{func.attr[:40]}` is no layer.")
        root = dotted(func).split(".")[0]
        if root in {"self", "torch", "nn", "F", "os", "sys"} and root not in self.reader.names:
            if root == "self":
                raise self.reader.is_code(node, "`self` belongs to a class")
            raise self.unknown(node, dotted(func))
        owner = self.reader.value(func.value)
        if isinstance(owner, Module):
            return self._module_method(node, func, owner)
        if isinstance(owner, Flow):
            return self._tensor_method(node, func, owner)
        raise self.reader.mistake(func, f"I know no method `{func.attr}` here.")

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
        if near is None:
            raise self.reader.is_code(func, f"`.{func.attr[:40]}` is no call on a tensor")
        raise self.reader.mistake(func, f"I do not follow the method `{func.attr}` of a layer.", suggestion=near)

    def _tensor_method(self, node: ast.Call, func: ast.Attribute, owner: Flow) -> Thing:
        if func.attr == "size":
            axis = self.reader.value(node.args[0]) if node.args else None
            return SizeOf(owner, axis if isinstance(axis, int) else None)
        changed = tensors.convert(self.reader, node, func.attr, owner)
        if changed is not None:
            return changed
        return self.functions.call(node, func.attr, "Tensor", owner=owner)

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
        if name in self.reader.names:
            return self.reader.look_up(name)
        if root in {"self", "os", "sys"} and root not in self.reader.names:
            raise self.reader.is_code(node, f"`{root}` is not known here")
        if node.attr.startswith("__"):
            raise self.reader.mistake(node, f"`{node.attr[:40]}` is no layer.")
        owner = self.reader.value(node.value)
        if isinstance(owner, Flow) and node.attr == "shape":
            return SizeOf(owner)
        if isinstance(owner, Flow) and node.attr in _TRANSPOSES:
            return self.through(node, Stage("op", *_TRANSPOSES[node.attr]), [owner])
        raise self.reader.mistake(node, f"I do not follow `.{node.attr[:40]}`.")

    def subscript(self, node: ast.Subscript) -> Thing:
        """`lstm(x)[0]`, `x.shape[0]`."""
        owner = self.reader.value(node.value)
        index = self.reader.value(node.slice) if isinstance(node.slice, ast.Constant | ast.UnaryOp) else None
        if isinstance(owner, SizeOf) and owner.axis is None and isinstance(index, int):
            return SizeOf(owner.flow, index)
        if isinstance(owner, Flow) and index == 0 and owner.stages and isinstance(node.value, ast.Call | ast.Name):
            self.reader.unpacked = True
            return owner
        raise self.reader.is_code(node, "An index is code, not a layer")

    def operator(self, node: ast.UnaryOp | ast.BinOp) -> Thing:
        """`a @ b`, `a + b` and arithmetic on numbers."""
        if isinstance(node, ast.UnaryOp):
            value = self.reader.value(node.operand)
            if isinstance(node.op, ast.USub) and isinstance(value, int | float):
                return -value
            raise self.reader.is_code(node, "That is code, not a layer")
        left, right = self.reader.value(node.left), self.reader.value(node.right)
        if isinstance(left, int | float) and isinstance(right, int | float):
            return arithmetic(self.reader.place, node, left, right)
        flows = [thing for thing in (left, right) if isinstance(thing, Flow)]
        if isinstance(left, Module) and isinstance(right, Flow) and isinstance(node.op, ast.MatMult):
            return self.through(node, left.stage, [right])  # nn.ReLU() @ torch.rand(2, 3)
        if len(flows) == 2 and isinstance(node.op, ast.MatMult):
            return self.through(node, Stage("op", "matmul"), flows)
        if len(flows) == 2 and isinstance(node.op, _ELEMENTWISE):
            return self.through(node, Stage("op", "broadcast"), flows)
        raise self.reader.is_code(node, "That is code, not a layer")


def _respelled(name: str, near: str, layer: str) -> str:
    """The nearest name with the module that the slip was written with: `F.relu` for `F.rellu`."""
    for prefix in _FUNCTION_PREFIXES:
        if name.startswith(prefix):
            function = next((f for f in LAYERS[layer].functional if key(f) == near), None) if layer in LAYERS else None
            return f"{prefix}{function}" if function else layer
    return layer


_TRANSPOSES: Mapping[str, tuple[str, Mapping[str, Value]]] = {
    "T": ("t", {}),
    "mT": ("transpose", {"dim0": -2, "dim1": -1}),
}
