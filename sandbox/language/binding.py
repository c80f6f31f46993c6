"""Written arguments find their parameters: by place, by name and by flag, as Python would have it.

Both spellings end here, so both give the same mistakes: too many, twice, unknown, missing, or not a whole number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from sandbox.language import catalogue, elsewhere
from sandbox.language.catalogue import Parameter, Signature
from sandbox.language.examples import example
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Dtype, LanguageError, Unknown, Value
from sandbox.language.tokens import Token
from sandbox.language.values import LARGEST, dtype_named
from sandbox.language.words import nearest

# Torch refuses a negative or fractional number for these, so the line can say which token it was.
COUNTS = frozenset(
    {
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "dilation",
        "groups",
        "in_features",
        "out_features",
        "in1_features",
        "in2_features",
        "num_groups",
        "num_embeddings",
        "embedding_dim",
        "input_size",
        "hidden_size",
        "embed_dim",
        "num_heads",
        "d_model",
        "nhead",
        "upscale_factor",
        "downscale_factor",
    }
)
# What an input determines, so that `?` may stand for it; the formulas solve it.
SOLVABLE = frozenset(
    {
        "d_model",
        "dim",
        "embed_dim",
        "in1_features",
        "in2_features",
        "in_channels",
        "in_features",
        "input_size",
        "kdim",
        "normalized_shape",
        "num_channels",
        "num_features",
        "num_parameters",
        "vdim",
    }
)
_FLAG = re.compile(r"([a-z]{1,4}(?:\d+x)*)[-+\d.][-+\d.eE]*\Z", re.ASCII)
_MEANINGLESS = {"device"}
# What people write for a parameter in the short spelling; Python's spelling takes what Python takes.
_NICKNAMES: Mapping[str, tuple[str, ...]] = {
    "kernel": ("kernel_size",),
    "pad": ("padding",),
    "dil": ("dilation",),
    "group": ("groups",),
    **dict.fromkeys(("in", "cin", "in_ch", "in_chs", "in_c", "inp"), ("in_channels", "in_features", "input_size")),
    **dict.fromkeys(("out", "cout", "out_ch", "out_chs", "out_c"), ("out_channels", "out_features")),
    **dict.fromkeys(("hidden", "hid"), ("hidden_size",)),
    **dict.fromkeys(("heads", "nheads", "n_heads", "num_head"), ("num_heads", "nhead")),
    **dict.fromkeys(("layers", "n_layers", "nlayers"), ("num_layers",)),
}
_NOTHING: Mapping[str, Value] = {}


class Given(NamedTuple):
    """A written argument: its value, where it stands, and its name if it was given by name."""

    value: Value
    token: Token
    name: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes arguments: a layer or an operation, in one of the two spellings.

    Attributes:
        kind, name: as in `Stage`.
        positional: the parameters that may be given by place, in order.
        known: every parameter by name.
        flags: short letters for parameters.
        nicknames: other words for them.
        required: what must be written.
        rest: the parameter that takes all remaining whole numbers, if any.
        signature: for the error that shows it.
    """

    kind: str
    name: str
    positional: tuple[str, ...]
    known: Mapping[str, Parameter]
    flags: Mapping[str, str]
    required: tuple[str, ...]
    rest: str | None
    signature: Signature
    nicknames: Mapping[str, str] = field(default_factory=dict)


@cache
def target(kind: str, name: str, *, python: bool) -> Target:
    """What a layer or operation takes in this spelling."""
    if kind == "op":
        signature = catalogue.operation(name)
        return _target(kind, signature, signature.positional, {}, OPS[name].sizes)
    signature = catalogue.signature(name)
    spec = LAYERS[name]
    if python:
        return _target(kind, signature, signature.positional, spec.flags, None)
    places, required = catalogue.short_order(name)
    known = {key: parameter for key, parameter in signature.by_name.items() if key not in spec.nested}
    known |= {key: Parameter(key, value) for key, value in spec.extra.items() if key not in known}
    return Target(kind, name, places, known, spec.flags, required, None, signature, _nicknames(known))


def _nicknames(known: Mapping[str, Parameter]) -> Mapping[str, str]:
    """The nicknames that mean one of these parameters and are none themselves."""
    meant = {nick: next((name for name in names if name in known), "") for nick, names in _NICKNAMES.items()}
    return {nick: name for nick, name in meant.items() if name and nick not in known}


def _target(
    kind: str, signature: Signature, positional: tuple[str, ...], flags: Mapping[str, str], rest: str | None
) -> Target:
    required = tuple(parameter.name for parameter in signature.parameters if parameter.required)
    return Target(kind, signature.name, positional, signature.by_name, flags, required, rest, signature)


def bind(
    to: Target, given: Iterable[Given], at: Token, notes: list[str], implied: Mapping[str, Value] = _NOTHING
) -> dict[str, Value]:
    """The arguments by parameter name; raises `LanguageError` with the token that does not fit.

    `at` is where the layer is named, for arguments that are missing; `implied` holds where nothing is written.
    """
    args: dict[str, Value] = {}
    spelled: set[str] = set()  # `conv1d in=3 16`: the 16 is the next one, then
    places = (name for name in to.positional if name not in spelled)
    pending: Given | None = None
    rest: list[Given] = []
    for argument in given:
        if argument.name:
            name = _parameter(to, argument)
            _put(to, args, name, argument, notes)
            spelled |= {name} if _spelled_out(to, argument) else set()
            continue
        if rest and not isinstance(argument.value, tuple | str):
            rest.append(argument)
            continue
        place = next(places, None)
        if place is None:
            raise _too_many(to, argument)
        if place == to.rest and not isinstance(argument.value, tuple):
            rest.append(argument)
            continue
        _put(to, args, place, argument, notes)
        pending = argument
    if rest and to.rest:
        _put(to, args, to.rest, Given(tuple(item.value for item in rest), rest[0].token), notes)
    for name in implied.keys() - args.keys():
        args[name] = implied[name]
        notes.append(f"Without a size I read {to.name} with {name}={implied[name]}.")
    missing = [name for name in to.required if name not in args]
    if missing:
        raise _missing(to, missing, pending.token if pending else at)
    for name in _MEANINGLESS & args.keys():
        del args[name]
        notes.append(f"`{name}` is left out: shapes are the same on every device.")
    return args


def _spelled_out(to: Target, argument: Given) -> bool:
    """Whether it was given by a name and an `=`, rather than by a flag."""
    return bool(argument.token.key) and argument.token.key not in to.flags


def _parameter(to: Target, argument: Given) -> str:
    if argument.name in to.known:
        return argument.name
    short = to.flags.get(argument.name) or to.nicknames.get(argument.name.lower())
    if short:
        return short
    near = nearest_parameter(to, argument.name)
    raise LanguageError(
        f"{to.name} has no argument `{argument.name}`. {elsewhere.remark(argument.name)}".rstrip(),
        column=argument.token.column,
        token=argument.token.whole,
        expected=choices(to),
        suggestion=near,
        example=example(to.kind, to.name),
    )


def nearest_parameter(to: Target, word: str) -> str | None:
    """The parameter that a word means elsewhere, or is the beginning of (`kernel`), or is a slip of."""
    carried = elsewhere.argument(word, to.known)
    if carried:
        return carried
    begun = sorted((name for name in to.known if len(word) > 1 and name.startswith(word.lower())), key=len)
    alike = begun and all(name.startswith(begun[0]) for name in begun)  # padding and padding_mode
    return begun[0] if alike else nearest(word, (*to.known, *(flag for flag in to.flags if len(flag) > 1)))


def _put(to: Target, args: dict[str, Value], name: str, argument: Given, notes: list[str]) -> None:
    if name in args:
        raise LanguageError(
            f"`{name}` is given twice.",
            column=argument.token.column,
            token=argument.token.whole,
            expected=choices(to),
            suggestion=_as_input(argument),
            example=example(to.kind, to.name),
        )
    value = argument.value
    if _asks(value) and not (isinstance(value, Unknown) and name in SOLVABLE and to.kind == "layer"):
        raise _not_determined(to, name, argument.token)
    if isinstance(value, tuple) and not argument.name and isinstance(to.known[name].default, bool):
        raise _too_many(to, argument)
    if isinstance(to.known[name].default, bool) and type(value) is int and value not in (0, 1):
        notes.append(f"I read {value} as {name}=True, as torch does.")
    if name in COUNTS:
        _check_count(to, name, value, argument.token)
    elif name == "dtype":
        value = _dtype(to, value, argument.token)
    args[name] = value


def _asks(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, tuple) and any(_asks(item) for item in value))


def _not_determined(to: Target, name: str, token: Token) -> LanguageError:
    able = [parameter for parameter in to.known if parameter in SOLVABLE and to.kind == "layer"]
    reshaping = to.kind == "op" and name in {"shape", "sizes"}  # torch has a sign of its own for it
    return LanguageError(
        f"The input does not determine `{name}`, so ? cannot stand for it."
        if not reshaping
        else f"{to.name} takes -1, not ?, for one size that follows from the others.",
        column=token.column,
        token=token.whole,
        expected=f"a value for {name}{f'; ? can stand for {able[0]}' if able else ''}",
        suggestion="-1" if reshaping else None,
        example=example(to.kind, to.name),
    )


def _check_count(to: Target, name: str, value: Value, token: Token) -> None:
    if type(value) is int and 0 <= value <= LARGEST:
        return
    if isinstance(value, tuple):
        for item in value:
            _check_count(to, name, item, token)
        return
    if value is None or isinstance(value, Unknown | bool):
        return
    if isinstance(value, int | float):
        wrong = f"`{name}` cannot be negative" if value < 0 else f"`{name}` is a whole number"
        message = f"{wrong}; you wrote {value}."
    else:
        message = f"`{name}` is a number, and `{token.whole}` is none."
    raise LanguageError(
        message,
        column=token.column,
        token=token.whole,
        expected=f"a whole number for {name}",
        suggestion=_whole_instead(token, value),
        example=example(to.kind, to.name),
    )


def _whole_instead(token: Token, value: Value) -> str | None:
    """`k3.5` -> `k3`, `k-1` -> `k1`, `"3"` -> `3`: the same token with a number that can stand there."""
    if isinstance(value, str) and value.isdecimal():
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    flag = _FLAG.match(token.text)
    head = f"{token.key}=" if token.key else flag[1] if flag else ""
    return f"{head}{abs(int(value)) or 1}" if abs(value) < LARGEST else None


def _dtype(to: Target, value: Value, token: Token) -> Value:
    if value is None or isinstance(value, Dtype):
        return value
    name = dtype_named(value) if isinstance(value, str) else None
    if name is None:
        raise LanguageError(
            f"`{token.whole}` is no dtype.",
            column=token.column,
            token=token.whole,
            expected="float32, float64, int64 or another dtype of torch",
            example=example(to.kind, to.name),
        )
    return Dtype(name)


def choices(to: Target) -> str:
    """The signature, and the flags that stand for parts of it."""
    flags = ", ".join(f"{flag} = {name}" for flag, name in to.flags.items())
    return f"{to.signature}{f'; short: {flags}' if flags else ''}"


def _too_many(to: Target, argument: Given) -> LanguageError:
    count = len(to.positional)
    takes = f"at most {count} argument{'' if count == 1 else 's'} by place" if count else "no arguments"
    return LanguageError(
        f"{to.name} takes {takes}, and `{argument.token.whole}` is none of them.",
        column=argument.token.column,
        token=argument.token.whole,
        expected=choices(to),
        suggestion=_as_input(argument),
        example=example(to.kind, to.name),
    )


def _as_input(argument: Given) -> str | None:
    """A shape without its `@`, where one was written in place of an argument."""
    misplaced = isinstance(argument.value, tuple) and len(argument.value) > 1 and not argument.name
    return f"@ {argument.token.text}" if misplaced else None


def _missing(to: Target, missing: list[str], at: Token) -> LanguageError:
    words = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
    return LanguageError(
        f"{to.name} needs {words} too.",
        column=at.end,
        token="",  # nothing stands there: that is the mistake
        expected=choices(to),
        suggestion=_with_question_mark(to, missing, at),
        example=example(to.kind, to.name),
    )


def _with_question_mark(to: Target, missing: list[str], at: Token) -> str | None:
    """`batchnorm2d ?`, and for the one number of `linear 10` what it most likely means: `linear ? 10`."""
    if set(to.required) == set(missing) <= SOLVABLE:
        return f"{to.name.lower()} ?"
    solvable, *rest = to.required
    if solvable in SOLVABLE and len(rest) == 1 and missing == rest and at.text.isdigit():
        return f"{to.name.lower()} ? {at.text}"
    return None
