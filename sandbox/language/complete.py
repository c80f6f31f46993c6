"""Ways to go on typing a line: names, the arguments that are still missing, flags and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sandbox.language import catalogue
from sandbox.language.binding import Target, target
from sandbox.language.examples import example, usual_value
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.layouts import letters_of
from sandbox.language.model import LanguageError, Stage
from sandbox.language.tokens import MAX_LENGTH, Token, clean, scan
from sandbox.language.words import Meaning, key, meanings, nearest_name

MOST = 12
_LOOKED_AT = 2000  # characters before the word being typed
_AXES = {"N": "batch", "C": "channels", "L": "length", "D": "depth", "H": "height", "W": "width", "E": "features"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on: the whole line it would become, the word added, and what to say about it."""

    text: str
    label: str
    says: str = ""


def complete(text: str) -> list[Suggestion]:
    """Up to a dozen ways to go on, likeliest first; nothing where the line is beyond help."""
    if len(text) > MAX_LENGTH:
        return []
    try:
        cleaned = clean(text)
    except LanguageError:
        return []
    begin = max(cleaned.rfind(sign) for sign in " \n|") + 1
    begun, head = cleaned[begin:], text[:begin]
    stage = _last_stage(scan(cleaned, max(cleaned.rfind("|"), begin - _LOOKED_AT, 0), begin))
    offers = _names(begun) if not stage else _arguments(stage, begun)
    found: list[Suggestion] = []
    for label, says in offers:
        found.append(Suggestion(head + label, label, says))
        if len(found) == MOST:
            break
    return found


def _last_stage(tokens: list[Token]) -> list[Token]:
    """The words of the stage being typed, its name first."""
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index].kind == "pipe":
            return tokens[index + 1 :]
    return tokens


def _names(begun: str) -> Iterator[tuple[str, str]]:
    """Layers and operations whose name starts so, then those with an alias that does, then the nearest one."""
    prefix = key(begun.removeprefix("nn."))
    seen: set[str] = set()
    for strict in (True, False):
        for word, meaning in _vocabulary(strict):
            if word.startswith(prefix) and meaning.name not in seen:
                seen.add(meaning.name)
                yield _spelled(meaning), _about(meaning)
    near = nearest_name(begun) if begun and not seen else None
    if near:
        for meaning in meanings(near):
            yield _spelled(meaning), _about(meaning)


@cache
def _vocabulary(strict: bool) -> tuple[tuple[str, Meaning], ...]:
    """Names (`strict`) or aliases with what they mean; what beginners ask for first stands first."""
    if strict:
        words = [(key(name), Meaning("layer", name)) for name in LAYERS]
        words += [(key(name), Meaning("op", name)) for name in OPS]
        return tuple(sorted(words, key=lambda pair: (pair[1].name not in _FREQUENT, pair[0])))
    words = [(key(alias), Meaning("layer", spec.name)) for spec in LAYERS.values() for alias in spec.aliases]
    words += [(key(alias), Meaning("op", op.name)) for op in OPS.values() for alias in op.aliases]
    return tuple(sorted(words, key=lambda pair: (pair[1].name not in _FREQUENT, pair[0])))


_FREQUENT = frozenset(
    {"Conv1d", "Conv2d", "Linear", "ReLU", "MaxPool2d", "Flatten", "BatchNorm2d", "LSTM", "Embedding", "view", "cat"}
)


def _spelled(meaning: Meaning) -> str:
    return meaning.name.lower()


@cache
def _about(meaning: Meaning) -> str:
    if meaning.kind == "op":
        return f"{catalogue.operation(meaning.name)} - {OPS[meaning.name].family}"
    return f"{catalogue.signature(meaning.name)} - {LAYERS[meaning.name].family}"


def _arguments(stage: list[Token], begun: str) -> Iterator[tuple[str, str]]:
    found = meanings(stage[0].text)
    if stage[0].kind != "word" or not found:
        return
    meaning = found[0]
    to = target(meaning.kind, meaning.name, python=False)
    if any(token.kind == "at" for token in stage):
        yield from _inputs(meaning, begun)
        return
    offers = list(_missing(to, stage)) + list(_optional(to, stage)) + list(_letters(meaning, stage))
    offers += [("@", "a whole input after it: @ 32x3x100"), ("|", "the next layer"), ("eval", "not training")]
    for label, says in offers:
        if label.lower().startswith(begun.lower()) or begun == "":
            yield label, says


def _written(to: Target, stage: list[Token]) -> set[str]:
    """The parameters that already have a value, as far as a glance shows."""
    places = 0
    names: set[str] = set()
    for token in stage[1:]:
        if token.kind == "value":
            names.add(to.flags.get(token.key, token.key))
            continue
        flag = re.match(r"[A-Za-z]+", token.text)
        if flag is None:
            places += 1
        elif flag[0] in to.flags:
            names.add(to.flags[flag[0]])
        else:
            names.add(token.text)
    return names | set(to.positional[:places])


def _missing(to: Target, stage: list[Token]) -> Iterator[tuple[str, str]]:
    written = _written(to, stage)
    flags = {parameter: flag for flag, parameter in to.flags.items()}
    for name in to.required:
        if name not in written:
            value = usual_value(name)
            label = f"{flags[name]}{value}" if name in flags and name == "kernel_size" else value
            yield label, f"{name} (needed)"
            return


def _optional(to: Target, stage: list[Token]) -> Iterator[tuple[str, str]]:
    written = _written(to, stage)
    flags = {parameter: flag for flag, parameter in to.flags.items()}
    for name, parameter in to.known.items():
        if name in written or name in to.required or name in {"device", "dtype", "size_average", "reduce"}:
            continue
        shown = str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default
        if name in flags:
            yield flags[name], f"{name}, {shown} unless written: {flags[name]}2"
        elif isinstance(parameter.default, bool):
            yield f"{name}={'false' if parameter.default else 'true'}", f"{name} is {shown} unless written"
        else:
            yield f"{name}=", f"{name}, {shown} unless written"


def _letters(meaning: Meaning, stage: list[Token]) -> Iterator[tuple[str, str]]:
    if meaning.kind == "op":
        return
    written = {token.text[:1] for token in stage[1:]}
    for letter in _letters_of(meaning.name):
        if letter not in written:
            yield letter, f"size {letter}{f' ({_AXES[letter]})' if letter in _AXES else ''}: {letter}32"


@cache
def _letters_of(name: str) -> tuple[str, ...]:
    """The letters of a layer's input, found with the arguments of its example."""
    from sandbox.language.grammar import parse

    try:
        return letters_of(parse(example("layer", name)).stages[0])
    except LanguageError:
        return letters_of(Stage("layer", name))


def _inputs(meaning: Meaning, begun: str) -> Iterator[tuple[str, str]]:
    for label, says in (("32x3x100", "sizes with x between them"), ("int64", "whole numbers: int64 8x20")):
        if label.startswith(begun):
            yield label, says if begun or label != "32x3x100" else f"the input of {meaning.name}, {says}"
