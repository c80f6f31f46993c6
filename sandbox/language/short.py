"""The short spelling: `conv2d 3 16 k3 p1 H32 W32 | relu | maxpool2d k2 | flatten | linear ? 10`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sandbox.language.binding import COUNTS, Given, Target, bind, choices, nearest_parameter, target
from sandbox.language.choosing import choose, settle
from sandbox.language.examples import example
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.layouts import Shape, default_inputs
from sandbox.language.line import Line, span_of
from sandbox.language.model import LanguageError, Stage, Value
from sandbox.language.shapes import read_shapes
from sandbox.language.tokens import Token
from sandbox.language.values import dtype_named, looks_like_shape, value_of
from sandbox.language.words import implied, meanings, nearest

MAX_WORDS = 100
SIZE_LETTERS = frozenset("NCLTSEDHWFB")
_PLAIN_FLAG = re.compile(r"([a-z]{1,4})(\d{1,18})\Z", re.ASCII)
_GLUED = re.compile(r"([A-Za-z]{1,4})([-+]?[\d.(\[?].*)\Z", re.DOTALL)
_BEFORE_INPUT = {"input", "on"}  # people write them for @
_SIGNS = {"+", "-", "*", "/"}
_MODES = {"eval": False, "train": True, "training": True}
_SINGLE = COUNTS - {"kernel_size", "stride", "dilation"}  # one number, whatever the number of axes
_NUMERIC = frozenset("0123456789-+.([?")


def read_stage(tokens: list[Token], line: Line) -> None:
    """Adds what one piece of a chain says to the line; raises `LanguageError`."""
    first = not line.stages
    if len(tokens) > MAX_WORDS:
        raise LanguageError(
            f"A layer may have {MAX_WORDS} words; this one has {len(tokens)}.",
            column=tokens[MAX_WORDS].column,
            token=tokens[MAX_WORDS].whole,
            expected="fewer words, or a | between two layers",
        )
    while tokens and tokens[0].text.lower() in _MODES:
        line.set_mode(_MODES[tokens[0].text.lower()], tokens[0])
        tokens = tokens[1:]
    if not tokens:
        return
    head = tokens[0]
    if first and _opens_with_input(tokens):
        _read_input(tokens, line)
        return
    if head.kind != "word":
        raise LanguageError(
            f"A layer's name should stand where `{head.whole}` is.",
            column=head.column,
            token=head.whole,
            expected="the name of a layer, such as conv1d or linear",
        )
    written, inputs = _split_input(tokens)
    written = _names_joined(written)
    head = written[0]
    meaning = settle(head, choose(head, first=first), written, line)
    bringing = implied(meaning.name, head.text)
    try:
        stage = _Reader(target(meaning.kind, meaning.name, python=False), written, line, first, bringing).read()
    except LanguageError as fault:
        if fault.example == LanguageError("").example:
            fault.example = example(meaning.kind, meaning.name)
        raise
    if inputs:
        line.add_shapes(read_shapes(inputs, line, one=_takes_one(stage), mode=_MODES))
    line.add_stage(stage, (LAYERS if meaning.kind == "layer" else OPS)[meaning.name].family)


def look_ahead(tokens: list[Token], line: Line) -> None:
    """Notes the input at the end of the line, which settles what `maxpool` is at its beginning."""
    inputs = _split_input(tokens)[1]
    if inputs:
        with suppress(LanguageError):
            line.ahead = read_shapes(inputs, Line(line.source, line.text), one=False, mode=_MODES)


def _opens_with_input(tokens: Sequence[Token]) -> bool:
    head = tokens[0]
    if head.kind == "at":
        return True
    if head.kind != "word":
        return False
    casts = len(tokens) == 1 or tokens[1].kind == "at"  # `float | linear 5 3` and not `float 2x5 | linear 5 3`
    return looks_like_shape(head.text) or (dtype_named(head.text) is not None and not (casts and meanings(head.text)))


def _read_input(tokens: list[Token], line: Line) -> None:
    """`32x3x100 | ...` is the input of the chain; `2x3 @ 3x4` is a product."""
    written, inputs = _split_input(tokens)
    if len(tokens) > 2 and all(token.text in _SIGNS for token in tokens[1::2]):  # 8x1x6 + 7x1
        line.add_shapes(read_shapes(tokens[::2], line, one=False, mode={}))
        line.add_stage(Stage("op", "broadcast", {}, span_of(tokens)), OPS["broadcast"].family)
        return
    if not written:
        line.add_shapes(read_shapes(tokens, line, one=False, mode=_MODES))
        return
    line.add_shapes(read_shapes(written, line, one=False, mode=_MODES))
    if inputs:
        if not all(token.kind == "at" or looks_like_shape(token.text) or token.text.isdigit() for token in inputs):
            raise LanguageError(
                f"`{inputs[0].whole}` stands between two shapes only.",
                column=inputs[0].start,
                token=inputs[0].whole,
                expected="a product such as 2x3 @ 3x4, or a layer with its input after @",
                example="2x3 @ 3x4",
            )
        line.shapes += read_shapes(inputs, line, one=False, mode=_MODES)
        line.add_stage(Stage("op", "matmul", {}, span_of(tokens)), OPS["matmul"].family)


def _split_input(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    for index, token in enumerate(tokens):
        if token.kind == "at":
            return tokens[:index], tokens[index:]
        if index and token.kind == "word" and token.text.lower() in _BEFORE_INPUT:
            return tokens[:index], tokens[index + 1 :]
        if token.kind == "value" and token.key in _BEFORE_INPUT:
            return tokens[:index], [Token("word", token.text, token.start, token.end), *tokens[index + 1 :]]
    return tokens, []


def _names_joined(tokens: list[Token]) -> list[Token]:
    """`cross entropy`, `layer norm 512`, `max pool 2`: a name in two or three words."""
    for count in (3, 2):
        parts = tokens[:count]
        words = [token.text for token in parts if token.kind == "word"]
        plain = len(words) == count and not words[-1].isdigit() and all(word.isalpha() for word in words[:2])
        if plain and meanings("".join(words)):
            return [Token("word", "".join(words), parts[0].start, parts[-1].end), *tokens[count:]]
    return tokens


def _takes_one(stage: Stage) -> bool:
    if stage.kind == "op":
        return not OPS[stage.name].many_inputs
    try:
        return len(default_inputs(stage, {})) == 1
    except LanguageError:
        return False


def _shown(default: Value) -> str:
    return str(default).lower() if isinstance(default, bool) else "..." if default is None else str(default)


@dataclass(slots=True)
class _Reader:
    """Reads the words after one name."""

    to: Target
    tokens: list[Token]
    line: Line
    first: bool
    implied: Mapping[str, Value]
    given: list[Given] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    places: int = 0

    def read(self) -> Stage:
        """The stage."""
        for token in self.tokens[1:]:
            self._read_token(token)
        args = bind(self.to, self.given, self.tokens[-1], self.line.notes, self.implied)
        if self.shapes:
            self._take_shapes()
        return Stage(self.to.kind, self.to.name, args, span_of(self.tokens))

    def _read_token(self, token: Token) -> None:
        kind = token.kind
        if kind == "word":
            self._read_word(token)
        elif kind == "value":
            self._read_named(token.key, token)
        elif kind == "equation":
            self._place(token.text.strip("\"'").replace(" ", ""), token)
        else:
            raise self._unreadable(token)

    def _read_word(self, token: Token) -> None:
        text = token.text
        if text[-1] == "," and len(text) > 1:
            token = token._replace(text=text[:-1], end=token.end - 1)
            text = token.text
        if self._next_place() == "dtype" and dtype_named(text):
            self._place(text, token)
            return
        if text.isdigit() and not self._is_input(token):
            self._place(value_of(token), token)
            return
        plain = _PLAIN_FLAG.match(text)  # nearly every flag: what follows is the same, for all of them
        if plain is not None and plain[1] in self.to.flags:
            self.given.append(Given(int(plain[2]), token, self.to.flags[plain[1]]))
            return
        glued = _GLUED.match(text)
        if glued is not None and not looks_like_shape(text):
            self._read_glued(glued[1], glued[2], token)
        elif self._is_input(token):
            self.shapes += read_shapes([token], self.line, one=False, mode={})
        elif "," in text and text[0] not in "([" and self._next_place() in _SINGLE:
            self._read_list(token)
        elif text[0] in _NUMERIC:
            self._place(value_of(token), token)
        else:
            self._read_plain(token)

    def _next_place(self) -> str | None:
        return self.to.positional[self.places] if self.places < len(self.to.positional) else None

    def _read_list(self, token: Token) -> None:
        """`conv1d 3,16,3`: commas between arguments that are single numbers."""
        start = token.start
        for part in token.text.split(","):
            if part:
                self._read_word(Token("word", part, start, start + len(part)))
            start += len(part) + 1

    def _is_input(self, token: Token) -> bool:
        """A shape in the line itself: `cat 2x3 4x3`; a plain number is one where no argument wants it."""
        if self.to.kind != "op" or not OPS[self.to.name].many_inputs:
            return False
        return looks_like_shape(token.text) or (token.text.isdigit() and self.places >= len(self.to.positional))

    def _read_glued(self, letters: str, rest: str, token: Token) -> None:
        part = Token("value", rest, token.end - len(rest), token.end)
        if letters in self.to.flags:
            self.given.append(Given(value_of(part), token, self.to.flags[letters]))
        elif letters.upper() in SIZE_LETTERS:
            self._size(letters.upper(), part, token)
        elif letters.lower() in self.to.flags:
            self.given.append(Given(value_of(part), token, self.to.flags[letters.lower()]))
        else:
            raise self._unknown_flag(letters, rest, token)

    def _read_named(self, key: str, token: Token) -> None:
        to = self.to
        if token.text[-1] == "," and len(token.text) > 1:
            token = token._replace(text=token.text[:-1], end=token.end - 1)
        if key not in to.known and key not in to.flags:
            if key.lower() in to.known or key.lower() in to.flags:
                key = key if key in SIZE_LETTERS else key.lower()
            if key.upper() in SIZE_LETTERS and key not in to.flags:
                self._size(key.upper(), token, token)
                return
        name = to.flags.get(key, key) if key not in to.known else key
        self.given.append(Given(self._value(name, token), token, name))

    def _value(self, name: str, token: Token) -> Value:
        known = self.to.known.get(name)
        if known is not None and isinstance(known.default, bool) and token.text.isalpha():
            return self._truth(name, token)
        return value_of(token, text_wanted=known is not None and isinstance(known.default, str))

    def _truth(self, name: str, token: Token) -> Value:
        value = value_of(token)
        if isinstance(value, bool):
            return value
        near = nearest(token.text, ("true", "false"))
        raise LanguageError(
            f"`{name}` is true or false, and `{token.text}` is neither.",
            column=token.column,
            token=token.whole,
            expected=f"{name}=true or {name}=false",
            suggestion=f"{name}={near}" if near else None,
            example=example(self.to.kind, self.to.name),
        )

    def _read_plain(self, token: Token) -> None:
        """A word without a number: a switch, a mode, a dtype, or text for the next argument."""
        word = token.text.lower()
        if word in _MODES:
            self.line.set_mode(_MODES[word], token)
            return
        switch = self.to.known.get(word)
        if switch is not None and isinstance(switch.default, bool):
            self.given.append(Given(True, token, word))
            return
        following = self._next_place()
        if following is not None and isinstance(self.to.known[following].default, str) and not meanings(word):
            self._place(token.text.strip("\"'"), token)
        elif word in {"none", "true", "false", "null"}:
            self._place(value_of(token), token)
        elif dtype_named(word):
            self.line.dtype = dtype_named(word)
        else:
            raise self._unreadable(token)

    def _place(self, value: Value, token: Token) -> None:
        self.places += 1
        self.given.append(Given(value, token))

    def _size(self, letter: str, value: Token, token: Token) -> None:
        number = value_of(value)
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise LanguageError(
                f"The size {letter} is a whole number of 0 or more; leave it out to keep it free.",
                column=token.column,
                token=token.whole,
                expected=f"a size such as {letter}32",
                suggestion=f"{letter}{abs(int(number))}" if isinstance(number, int | float) else None,
                example=example(self.to.kind, self.to.name),
            )
        self.line.set_size(letter, number, token)

    def _take_shapes(self) -> None:
        if not self.first:
            raise LanguageError(
                f"Inside a chain {self.to.name} has one input, what the stage before it gives.",
                column=self.shapes[0].token.start,
                token=self.shapes[0].token.whole,
                expected="several shapes in the first stage only",
                example=example(self.to.kind, self.to.name),
            )
        self.line.add_shapes(self.shapes)

    def _unknown_flag(self, letters: str, rest: str, token: Token) -> LanguageError:
        if meanings(token.text):
            return self._unreadable(token)
        near = nearest_parameter(self.to, letters) if len(letters) > 1 else None
        return LanguageError(
            f"{self.to.name} has no flag `{letters}`.",
            column=token.start,
            token=token.whole,
            expected=choices(self.to),
            suggestion=f"{near}={rest}" if near else None,
            example=example(self.to.kind, self.to.name),
        )

    def _unreadable(self, token: Token) -> LanguageError:
        name = token.text.strip("()[],.;:!").lower()
        message = f"I do not know what `{token.whole}` is to {self.to.name}."
        suggestion = nearest_parameter(self.to, name) if len(name) > 1 else None
        if name in self.to.known:
            message = f"`{name}` needs its value: {name}={_shown(self.to.known[name].default)}."
            suggestion = f"{name}="
        elif name in {"same", "valid"} and "padding" in self.to.known:
            suggestion = f"padding={name}"
        if token.kind == "word" and meanings(name):
            message, suggestion = f"`{token.whole}` is a layer of its own: put | before it.", f"| {token.text}"
        elif token.text in self.to.flags:
            message = f"`{token.text}` ({self.to.flags[token.text]}) needs its number: {token.text}3."
            suggestion = f"{token.text}3"
        return LanguageError(
            message,
            column=token.column,
            token=token.whole,
            expected=choices(self.to),
            suggestion=suggestion,
            example=example(self.to.kind, self.to.name),
        )
