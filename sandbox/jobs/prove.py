"""The PROVE job: does a card's proof hold, and does it fail where the card would be wrong?

Payload: `{"code": str, "answer": value, "denials": [value], "tolerance": float, "shown": str}`, values as JSON has them
(lists for tuples); `shown` is the code that a card shows. Value: `{"held": bool, "gave": str, "error": {"type",
"message", "line"} | null, "denied": [bool], "why": str}`: `gave` is what torch gave, `denied` says of each denial
whether the proof failed with it as it should, `why` what is wrong with the proof where it does not hold.

A proof is somebody's code, so this runs in a jail; every try is in a space of its own.
"""

from __future__ import annotations

import ast
import io
import math
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 torch's own name for it
from torch import nn

from sandbox.jobs.surroundings import reseed
from sandbox.protocol import Status

FILE = "<proof>"
_LONGEST_TEXT = 600
_EXACT = 1e-9  # relative: how far two ways to compute the same number may differ

Answer = dict[str, Any]


class DeniedError(Exception):
    """What torch gave is not what is claimed."""


class UnprovableError(Exception):
    """The proof itself is at fault."""


def perform(payload: Mapping[str, Any]) -> Answer:
    """The answer: `{"status", "value", "limit", "error"}`; what is wrong with a proof is a value."""
    try:
        value = _proved(payload)
    except UnprovableError as fault:
        value = _failed(fault, str(fault))
    except DeniedError as fault:
        value = _failed(fault, "torch gave something else")
    except BaseException as fault:  # noqa: BLE001 whatever a proof raises is the answer
        value = _failed(fault, "the proof raises an error")
    status = Status.OK if value["held"] else Status.USER_ERROR
    return {"status": status.value, "value": value, "limit": None, "error": value["why"]}


def _proved(payload: Mapping[str, Any]) -> Answer:
    source = str(payload["code"])
    compiled = compile(source, FILE, "exec")
    _require_a_finding(source)
    tolerance = float(payload.get("tolerance", 0.0))
    claims = _try(compiled, payload["answer"], tolerance, payload)
    if not claims:
        raise UnprovableError("it claims nothing here, so nothing is proved (does it need CUDA?)")
    denials = [*payload["denials"], *_denials(payload["answer"])]
    denied = [_denies(compiled, wrong, tolerance, payload) for wrong in denials]
    why = "" if all(denied) else f"it cannot fail: it also holds for {denials[denied.index(False)]!r}"
    return {"held": not why, "gave": claims[-1], "error": None, "denied": denied, "why": why}


def _try(compiled: Any, answer: Any, tolerance: float, payload: Mapping[str, Any]) -> list[str]:
    """What was claimed in one run; raises `DeniedError` with the first that differs."""
    claims: list[str] = []

    def claim(value: Any) -> None:
        claims.append(_told(value))
        if not agree(value, answer, tolerance):
            raise DeniedError(f"torch gives {_told(value)}, the card says {_told(answer)}")

    space: dict[str, Any] = {
        "__name__": "__main__",
        "torch": torch,
        "nn": nn,
        "F": F,
        "np": np,
        "math": math,
        "code": str(payload.get("shown", "")),
        "claim": claim,
        "raises": raises,
        "nparam": nparam,
        "shown": shown,
    }
    reseed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a proof may do what torch warns of
        exec(compiled, space)  # noqa: S102 what this is for; the jail is around it
    return claims


def _denies(compiled: Any, wrong: Any, tolerance: float, payload: Mapping[str, Any]) -> bool:
    try:
        _try(compiled, wrong, tolerance, payload)
    except DeniedError:
        return True
    return False


def _denials(answer: Any) -> list[Any]:
    """Values near an answer that are not it."""
    match answer:
        case bool():
            return [not answer]
        case int():
            return [answer + 1, answer - 1]
        case float():
            return [answer + max(1.0, abs(answer)), -answer - 1.0]
        case str():
            return [f"{answer} and more", ""]
        case list():
            changed = _denials(answer[0])[0] if answer else 1
            return [[changed, *answer[1:]], [*answer, 1]]
        case _:
            raise UnprovableError(f"{answer!r} is nothing that a proof can claim")


def _require_a_finding(source: str) -> None:
    """Refuses a proof whose claim does not depend on anything that was run."""
    claims = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "claim"
    ]
    if not claims:
        raise UnprovableError("it has no claim(...)")
    for node in claims:
        inside = [part for argument in node.args for part in ast.walk(argument)]
        if not any(isinstance(part, ast.Name) for part in inside):
            raise UnprovableError("it claims a constant")


def agree(value: Any, answer: Any, tolerance: float) -> bool:
    """Whether what torch gave is what is said: tensors, sizes and lists by their numbers, all else as it is."""
    value, answer = _plain(value), _plain(answer)
    if isinstance(answer, bool) or isinstance(value, bool):
        return value is answer
    if isinstance(answer, list):
        return (
            isinstance(value, list)
            and len(value) == len(answer)
            and all(agree(ours, theirs, tolerance) for ours, theirs in zip(value, answer, strict=True))
        )
    if isinstance(answer, int | float) and isinstance(value, int | float):
        if math.isnan(answer) or math.isnan(value):
            return math.isnan(answer) and math.isnan(value)
        return math.isclose(value, answer, rel_tol=_EXACT, abs_tol=tolerance)
    if isinstance(answer, str) and isinstance(value, str):
        return " ".join(value.split()) == " ".join(answer.split())
    return False


def _plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor | np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _told(value: Any) -> str:
    return repr(_tuples(_plain(value)))[:_LONGEST_TEXT]


def raises(error: type[BaseException] | tuple[type[BaseException], ...], call: Callable[[], object]) -> BaseException:
    """The exception that the call raises; it must be one of these."""
    try:
        call()
    except error as fault:
        return fault
    raise DeniedError(f"nothing of {error} was raised")


def nparam(module: nn.Module) -> int:
    """How many parameters a module has."""
    return sum(weight.numel() for weight in module.parameters())


def shown(source: str) -> str:
    """What running some code prints, and its last value as a REPL shows it."""
    space: dict[str, Any] = {
        "__name__": "__main__",
        "torch": torch,
        "nn": nn,
        "F": F,
        "np": np,
        "math": math,
    }
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(tree, FILE, "exec"), space)  # noqa: S102 the card's own code, in the jail
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), FILE, "eval"), space)  # noqa: S307 as above
            if value is not None:
                print(repr(value))  # noqa: T201 into the text that is given back
    return printed.getvalue().strip()


def _failed(fault: BaseException, why: str) -> Answer:
    frames: Sequence[traceback.FrameSummary] = traceback.extract_tb(fault.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == FILE), None)
    message = str(fault)[:_LONGEST_TEXT]
    error = {"type": type(fault).__name__, "message": message, "line": line}
    return {"held": False, "gave": "", "error": error, "denied": [], "why": f"{why}: {message}"[:_LONGEST_TEXT]}
