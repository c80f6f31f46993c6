"""What a snippet made: each name with the shape it was given, each layer with what went in and came out.

Everything is noted once: a loop that makes the same thing again adds nothing. The rows are bounded, and nothing
holds on to the tensors themselves.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from types import FrameType, ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from sandbox.jobs.snippet import FILE, Place
from sandbox.jobs.summary import class_name, cut, describe, dtype_name, is_module, is_tensor, small_text

_MOST_ROWS = 200
_MOST_A_NAME = 8  # different shapes of one name in one line
_MOST_CALLS = 100
_MOST_TENSORS = 12  # in one call's inputs or outputs
_LONGEST_MODULE = 120
_DEEPEST = 200  # frames looked through for the snippet's own line
_KEPT_AS_IT_IS = frozenset({int, float, bool, str, tuple, torch.Size})
_Tensor = torch.Tensor
_getframe = sys._getframe  # noqa: SLF001 the documented way to a caller's line


class Trace:
    """A context in which names and layers are noted; `note` and `keep` are what the watching code calls."""

    def __init__(self, sites: tuple[tuple[int, str], ...] = (), places: tuple[Place, ...] = ()) -> None:
        """`sites` are the lines and names that `note` is called for, `places` the expressions of `keep`."""
        self.rows: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.truncated = False
        self.off = False
        self._sites = sites
        self._last: list[Any] = [None] * len(sites)  # the class or the shape that was noted last
        self._seen: set[tuple[Any, ...]] = set()
        self._times: dict[tuple[int, str], int] = {}
        self._places = places
        self._kept: list[Any] = [None] * len(places)
        self._called: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._open: list[tuple[Any, dict[str, Any]]] = []
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

    def note(self, site: int, value: Any) -> Any:
        """A name was given a value, which is returned."""
        kind = type(value)
        last = self._last[site]
        if last is kind or self._busy or self.off:
            return value  # nothing new; or what a value's own code assigns while it is looked at
        self._busy = True
        try:
            if type(last) is tuple and kind is _Tensor and value.shape == last[0] and value.dtype is last[1]:
                return value
            self._last[site] = self._note(*self._sites[site], value)
        except Exception:  # noqa: BLE001, S110 a value that cannot be looked at is not noted, and no fault of the snippet
            pass
        finally:
            self._busy = False
        return value

    def keep(self, place: int, value: Any) -> Any:
        """A value without a name is passed on; what it is stays known until the next one at this place."""
        kind = type(value)
        if kind in _KEPT_AS_IT_IS:
            self._kept[place] = value
        elif not self._busy:
            self._busy = True
            try:
                if kind is _Tensor:
                    self._kept[place] = [value.dtype, value.shape, value.device]
                else:
                    self._kept[place] = describe(value) if is_tensor(value) or is_module(value) else None
            except Exception:  # noqa: BLE001 as above
                self._kept[place] = None
            finally:
                self._busy = False
        return value

    def kept(self) -> dict[Place, dict[str, Any]]:
        """What was passed on last at each place."""
        found = {}
        for place, value in zip(self._places, self._kept, strict=True):
            if type(value) is list:
                dtype, shape, device = value
                row = {"dtype": dtype_name(dtype), "shape": list(shape), "device": str(device), "kind": "Tensor"}
                found[place] = row
            elif value is not None:
                found[place] = value if type(value) is dict else about(value)
        return found

    def unfinished(self) -> dict[str, Any] | None:
        """The innermost layer whose call did not return: `module`, `line` and `inputs`."""
        return self._open[-1][1] if self._open else None

    def _note(self, line: int, name: str, value: Any) -> Any:
        """Add a row where there is none like it; what to compare the site's next value with."""
        kind = type(value)
        if kind is ModuleType or kind is type:
            return kind
        row: dict[str, Any] = {}
        key: tuple[Any, ...] = (line, name, kind)
        mark: Any = kind
        if is_tensor(value):
            row = describe(value)
            shape = tuple(row["shape"] or ())
            key = (line, name, row["dtype"], shape, row["device"])
            mark = (value.shape, value.dtype) if kind is _Tensor and row["shape"] is not None else None
        if key in self._seen:
            return mark
        times = self._times.get((line, name), 0)
        if len(self.rows) >= _MOST_ROWS or times >= _MOST_A_NAME:
            self.truncated = True
            return mark
        self._seen.add(key)
        self._times[line, name] = times + 1
        self.rows.append({"line": line, "name": name, **(row or about(value))})
        return mark

    def _enter(self, module: Any, inputs: tuple[Any, ...]) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            line = _line(_getframe(1))
            # A module's address is its own while the module lives; a new one there of the same kind says the same.
            key = (line, id(module), type(module), *[given.shape for given in inputs if type(given) is _Tensor])
            entry = self._called.get(key)
            if entry is None:
                entry = self._new_call(key, line, module, inputs)
            self._open.append((module, entry))
        except Exception:  # noqa: BLE001, S110 a layer that cannot be looked at is not noted
            pass
        finally:
            self._busy = False

    def _new_call(self, key: tuple[Any, ...], line: int | None, module: Any, inputs: Any) -> dict[str, Any]:
        entry = {"line": line, "module": module_text(module), "inputs": _shapes(inputs), "outputs": None}
        if len(self.calls) < _MOST_CALLS:
            entry["depth"] = len(self._open)
            self._called[key] = entry
            self.calls.append(entry)
        else:
            self.truncated = True
        return entry

    def _leave(self, module: Any, _: Any, outputs: Any) -> None:
        with suppress(Exception):
            while self._open:
                opened, entry = self._open.pop()
                if opened is module:
                    if entry["outputs"] is None:
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
