"""What a snippet made: each name with the shape it was given, each layer with what went in and came out.

Everything is noted once: a loop that makes the same thing again adds nothing. The rows are bounded, and nothing
holds on to the tensors themselves.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from types import FrameType, ModuleType
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from sandbox.jobs.snippet import FILE, Place
from sandbox.jobs.summary import class_name, cut, describe, is_module, is_tensor, small_text

_MOST_ROWS = 200
_MOST_A_NAME = 8  # different shapes of one name in one line
_MOST_CALLS = 100
_MOST_TENSORS = 12  # in one call's inputs or outputs
_LONGEST_MODULE = 120
_DEEPEST = 200  # frames looked through for the snippet's own line
_KEPT_AS_IT_IS = (int, float, bool, str, tuple)
_getframe = sys._getframe  # noqa: SLF001 the documented way to a caller's line


class Trace:
    """A context in which names and layers are noted; `note` and `keep` are what the watching code calls."""

    def __init__(self, kept: tuple[Place, ...]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.truncated = False
        self.off = False
        self._places = kept
        self._kept: dict[int, Any] = {}
        self._seen: set[tuple[Any, ...]] = set()
        self._times: dict[tuple[int, str], int] = {}
        self._called: set[tuple[Any, ...]] = set()
        self._open: list[tuple[Any, dict[str, Any] | None, list[Any]]] = []
        self._handles: list[Any] = []
        self._busy = False

    def __enter__(self) -> Trace:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.deafen()

    def listen(self) -> None:
        """Hear of every layer that is called."""
        self._handles = [register_module_forward_pre_hook(self._enter), register_module_forward_hook(self._leave)]

    def deafen(self) -> None:
        """Hear no more: a timing must not pay for it."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def note(self, line: int, name: str, value: Any) -> Any:
        """A name was given a value, which is returned."""
        if self._busy or self.off:
            return value  # what a value's own code assigns while it is looked at
        self._busy = True
        try:
            self._note(line, name, value)
        except Exception:  # noqa: BLE001, S110 a value that cannot be looked at is not noted, and no fault of the snippet
            pass
        finally:
            self._busy = False
        return value

    def keep(self, index: int, value: Any) -> Any:
        """A value without a name is passed on; what it is stays known until the next one at this place."""
        kind = type(value)
        if kind in _KEPT_AS_IT_IS:
            self._kept[index] = value
        elif not self._busy:
            self._busy = True
            try:
                self._kept[index] = describe(value) if is_tensor(value) or is_module(value) else None
            except Exception:  # noqa: BLE001 as above
                self._kept[index] = None
            finally:
                self._busy = False
        return value

    def kept(self) -> dict[Place, dict[str, Any]]:
        """What was passed on last at each place."""
        found = {}
        for index, value in self._kept.items():
            row = value if type(value) is dict else about(value)
            if row is not None:
                found[self._places[index]] = row
        return found

    def unfinished(self) -> dict[str, Any] | None:
        """The innermost layer whose call did not return: `module`, `line` and `inputs`."""
        for _, _, waiting in reversed(self._open):
            module, line, inputs = waiting
            return {"module": module_text(module), "line": line, "inputs": inputs}
        return None

    def _note(self, line: int, name: str, value: Any) -> None:
        kind = type(value)
        if kind is ModuleType or kind is type:
            return
        if is_tensor(value):
            row = describe(value)
            key: tuple[Any, ...] = (line, name, row["dtype"], tuple(row["shape"] or ()), row["device"])
        else:
            row = {}
            key = (line, name, kind)
        if key in self._seen:
            return
        times = self._times.get((line, name), 0)
        if len(self.rows) >= _MOST_ROWS or times >= _MOST_A_NAME:
            self.truncated = True
            return
        self._seen.add(key)
        self._times[line, name] = times + 1
        self.rows.append({"line": line, "name": name, **(row or about(value))})

    def _enter(self, module: Any, inputs: tuple[Any, ...]) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            line = _line(_getframe(1))
            shapes = _shapes(inputs)
            key = (line, id(module), type(module), tuple(tuple(row["shape"] or ()) for row in shapes))
            entry = None
            if key not in self._called and len(self.calls) < _MOST_CALLS:
                self._called.add(key)
                entry = {"line": line, "module": module_text(module), "inputs": shapes, "outputs": None}
                entry["depth"] = len(self._open)
                self.calls.append(entry)
            elif key not in self._called:
                self.truncated = True
            self._open.append((module, entry, [module, line, shapes]))
        except Exception:  # noqa: BLE001, S110 a layer that cannot be looked at is not noted
            pass
        finally:
            self._busy = False

    def _leave(self, module: Any, _: Any, outputs: Any) -> None:
        with suppress(Exception):
            while self._open:
                opened, entry, _ = self._open.pop()
                if opened is module:
                    if entry is not None:
                        entry["outputs"] = _shapes(outputs)
                    return


def about(value: Any) -> dict[str, Any]:
    """A row for a value: what it is, and its text where that is short."""
    row = describe(value)
    text = small_text(value)
    return row if text is None else row | {"text": text}


def module_text(module: Any) -> str:
    """A layer as its repr has it in one line, a container by its name alone."""
    name = class_name(module)
    if module._modules:  # noqa: SLF001 the children, without a generator for each look
        return name
    try:
        extra = str(nn.Module.extra_repr(module) if type(module) is nn.Module else module.extra_repr())
    except Exception:  # noqa: BLE001 a layer's own words, or none
        extra = ""
    return cut(f"{name}({extra})", _LONGEST_MODULE)


def _shapes(values: Any) -> list[dict[str, Any]]:
    """Every tensor among the inputs or outputs, nested ones too, in order."""
    found: list[dict[str, Any]] = []
    waiting = [values]
    looks = 0
    while waiting and len(found) < _MOST_TENSORS and looks < _DEEPEST:
        looks += 1
        value = waiting.pop(0)
        if is_tensor(value):
            row = describe(value)
            found.append({"dtype": row["dtype"], "shape": row["shape"]})
        elif isinstance(value, tuple | list):
            waiting[:0] = value[:_MOST_TENSORS]
        elif type(value) is dict:
            waiting[:0] = list(value.values())[:_MOST_TENSORS]
    return found


def _line(frame: FrameType | None) -> int | None:
    """The innermost line of the snippet itself."""
    for _ in range(_DEEPEST):
        if frame is None:
            return None
        if frame.f_code.co_filename == FILE:
            return frame.f_lineno
        frame = frame.f_back
    return None
