"""Reads the signatures of `torch.nn` off the installed torch and writes them to `sandbox/language/catalogue.json`.

Run it with `python -m sandbox.jobs.catalogue` after an upgrade of torch; a test says when that is due.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sandbox.language.layers.registry import LAYERS, OPS

FILE = Path(__file__).parent.parent / "language" / "catalogue.json"
_MARKUP = re.compile(r":\w+:`~?([^`<]*[^`<\s])[^`]*`")  # :class:`~torch.nn.Linear`
_HOMES = (("torch", torch), ("F", nn.functional), ("Tensor", torch.Tensor))
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def generate() -> dict[str, Any]:
    """The whole catalogue as JSON can hold it: every module class that `torch.nn` exports, and `nn.functional`."""
    return {
        "torch": torch.__version__.split("+")[0],
        "layers": {name: _layer(found) for name, found in module_classes()},
        "functions": {name: parameters for name, parameters in _functions() if parameters is not None},
        "homes": {home: [word for word in _words() if callable(getattr(place, word, None))] for home, place in _HOMES},
    }


def module_classes() -> Iterator[tuple[str, type[nn.Module]]]:
    """Every class that `torch.nn` exports and that is a module, by the name it is exported under."""
    for name in sorted(dir(nn)):
        found = getattr(nn, name)
        if inspect.isclass(found) and issubclass(found, nn.Module):
            yield name, found


def encode(catalogue: dict[str, Any]) -> str:
    """The file's text: one class or function a line, so that a diff shows what torch changed."""
    lines = ["{", f'"torch": {json.dumps(catalogue["torch"])},']
    for part in ("layers", "functions", "homes"):
        entries = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in catalogue[part].items()]
        lines += [f'"{part}": {{', ",\n".join(entries), "}" if part == "homes" else "},"]
    return "\n".join([*lines, "}", ""])


def _words() -> list[str]:
    """The functions and operations that the language knows, as they are written."""
    functions = {word for spec in LAYERS.values() for word in spec.functional}
    return sorted(functions | {word for op in OPS.values() for word in (op.name, *op.aliases)})


def _layer(found: type[nn.Module]) -> dict[str, Any]:
    overloads = typing.get_overloads(found.__init__)
    constructor = overloads[0] if overloads else found.__init__  # the recurrent layers take *args and say more there
    return {
        "kind": found.__module__.rsplit(".", 1)[-1],
        "says": _first_sentence(found),
        "parameters": _parameters(list(inspect.signature(constructor).parameters.values())[1:]),
    }


def _first_sentence(found: type[nn.Module]) -> str:
    """The docstring's first sentence without its markup; a signature that stands before it is no sentence."""
    paragraphs = inspect.cleandoc(found.__doc__ or "").split("\n\n")
    first = next((p for p in paragraphs if not p.startswith(("__init__(", ".. "))), "")
    plain = _MARKUP.sub(lambda match: match[1].rsplit(".", 1)[-1], " ".join(first.split()))
    return plain.replace("``", "").replace("`", "").split(". ")[0].rstrip(".")


def _parameters(parameters: list[inspect.Parameter]) -> list[dict[str, Any]]:
    return [
        _parameter(parameter)
        for parameter in parameters
        if parameter.kind not in _VARIADIC and not parameter.name.startswith("_")
    ]


def _parameter(parameter: inspect.Parameter) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": parameter.name}
    if parameter.default is not inspect.Parameter.empty:
        entry["default"] = _plain(parameter.default)
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        entry["keyword_only"] = True
    return entry


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if callable(value):
        return value.__name__  # Transformer's activation=F.relu: torch takes the name as well
    return str(value).removeprefix("torch.") if isinstance(value, torch.dtype) else value


def _functions() -> Iterator[tuple[str, list[dict[str, Any]] | None]]:
    for name in sorted(dir(nn.functional)):
        found = getattr(nn.functional, name)
        if callable(found) and not inspect.isclass(found) and name.islower() and name.strip("_") == name:
            yield name, _function(found)


def _function(found: Callable[..., Any]) -> list[dict[str, Any]] | None:
    """The parameters, or None where torch does not say them."""
    closure = inspect.getclosurevars(found).nonlocals if inspect.isfunction(found) else {}
    chosen = closure.get("if_false", found)  # max_pool2d and its like: one of two, by return_indices
    try:
        parameters = list(inspect.signature(chosen).parameters.values())
    except ValueError:
        return _from_docstring(found)
    if any(parameter.kind in _VARIADIC for parameter in parameters):
        return _from_docstring(found)
    return _parameters(parameters)


def _from_docstring(found: Callable[..., Any]) -> list[dict[str, Any]] | None:
    """A builtin says its signature in its docstring's first line: `gelu(input, approximate = 'none') -> Tensor`."""
    first = (found.__doc__ or "").strip().split("\n", 1)[0]
    head = first.split("->")[0].strip()
    if not head.startswith(f"{found.__name__}("):
        return None
    try:
        (definition,) = ast.parse(f"def {head}: ...").body
        return _from_definition(definition.args) if isinstance(definition, ast.FunctionDef) else None
    except (SyntaxError, ValueError):  # written for people, not for Python
        return None


def _from_definition(arguments: ast.arguments) -> list[dict[str, Any]]:
    missing: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    pairs = [
        *zip(arguments.args, [*missing, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    entries: list[dict[str, Any]] = []
    for argument, default in pairs:
        entry: dict[str, Any] = {"name": argument.arg}
        if default is not None:
            entry["default"] = ast.literal_eval(default)
        if argument in arguments.kwonlyargs:
            entry["keyword_only"] = True
        entries.append(entry)
    return entries


if __name__ == "__main__":
    FILE.write_text(encode(generate()), encoding="utf-8")
