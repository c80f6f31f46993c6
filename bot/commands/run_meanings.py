"""What Python's own errors mean, in plain words; those of torch are explained by `sandbox.language.meanings`."""

from __future__ import annotations

import builtins
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.arguments import shorten

_GIVEN = ("torch", "nn", "F", "np", "math", "show")
_NAME = re.compile(r"name '(\w+)' is not defined")
_MODULE = re.compile(r"No module named '(\w+)")
_ALIKE = 0.7

_ALWAYS = {
    "EOFError": "`input()` gets nothing here, since nobody can answer while it runs. Write the value into the code.",
    "IndexError": "There is nothing at that place: the first has index 0, and the last one less than the length.",
    "KeyError": "The dictionary has no such key; `list(d)` shows which keys a dictionary `d` has.",
    "RecursionError": "A function calls itself again and again, and no case of it ends that.",
    "AssertionError": "An `assert` in the code did not hold.",
    "IndentationError": "The spaces at the beginning of the line do not fit the lines around it.",
    "TabError": "Tabs and spaces are mixed at the beginning of lines: use spaces alone.",
    "SyntaxError": "Python cannot read it here. Look for a bracket, a quote or a colon that is missing, here or above.",
    "PermissionError": "Code runs in a closed room: no network, no other programs, and files in `/tmp` alone.",
    "SystemExit": "The code itself asked to end here.",
}


def meaning(error: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """What an error means that Python raised, or None where its own words say it all.

    Args:
        error: as the sandbox tells it; what torch's words mean is in it already and comes first.
        names: that the code has made.
    """
    if error.get("means"):
        return str(error["means"])
    kind, message = str(error["type"]), str(error["message"])
    if kind in {"NameError", "UnboundLocalError"} and (found := _NAME.search(message)):
        return _nothing_called(found[1], names)
    if kind == "ModuleNotFoundError" and (found := _MODULE.search(message)):
        return f"`{shorten(found[1])}` is not here. There are torch, numpy and what Python itself has, and no network."
    return _ALWAYS.get(kind)


def _nothing_called(name: str, names: Iterable[str]) -> str:
    known = [*names, *_GIVEN, *(each for each in dir(builtins) if not each.startswith("_"))]
    name = shorten(name)
    near = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
    if near:
        return f"Nothing is called `{name}` here. Did you mean `{near[0]}`?"
    return f"Nothing is called `{name}` here. Each run begins anew: what another run made has to be made again."
