"""Which layer a word means where several could be meant, and what to say where nothing tells them apart."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language import catalogue
from sandbox.language.examples import example
from sandbox.language.layers.excused import EXCUSED
from sandbox.language.layers.registry import LAYERS
from sandbox.language.layouts import first_layer, letters_of, typed_inputs
from sandbox.language.line import Line
from sandbox.language.model import CodeGivenError, LanguageError, Pipeline, Stage
from sandbox.language.size import Size
from sandbox.language.tokens import Token
from sandbox.language.walk import walk
from sandbox.language.words import Meaning, bare, meanings, nearest_name, unsupported

_ASKING = {"help", "-h", "--help"}
_ANY_RANK = {"activation", "dropout"}  # what they usually take says nothing
_AXES_OF_RANK = {2: 1, 3: 1, 4: 2, 5: 3}  # (N, C) and (N, C, L) are for 1d


def choose(head: Token, *, first: bool) -> tuple[Meaning, ...]:
    """What the word can mean; raises `LanguageError` where it means nothing."""
    found = meanings(head.text)
    if found:
        return found
    word = head.text
    if word.lower() in {"net", "model", "class", "def", "import", "lambda", "torch", "self"}:
        raise CodeGivenError(
            f"`{head.whole}` looks like code, not like a layer: /run runs code.",
            column=head.start,
            token=head.whole,
            expected="a layer or a chain of layers",
            suggestion="/run",
        )
    excused = unsupported(word)
    if excused:
        raise LanguageError(
            f"{excused} is not answered here: {EXCUSED.get(excused, 'it is not supported')}.",
            column=head.start,
            token=head.whole,
            expected="a layer that maps tensors to tensors",
        )
    near = nearest_name(word)
    meant = meanings(near)[0] if near else None
    after = "" if first else " after |"
    raise LanguageError(
        f"I know no layer or operation called `{head.whole}`.",
        column=head.start,
        token=head.whole,
        expected=f"the name of a layer{after}, such as conv1d, linear, maxpool2d or view",
        suggestion="/help shape"
        if word.lower() in _ASKING
        else f"{_module(word)}{meant.name}"
        if meant and _module(word)
        else near,
        example=example(meant.kind, meant.name) if meant else "conv1d 3 16 k3 s1 p1 L100",
    )


def settle(head: Token, found: Sequence[Meaning], tokens: Sequence[Token], line: Line) -> Meaning:
    """The one meaning, by the sizes written or by the chain so far; raises `LanguageError` that asks which."""
    if len(found) == 1:
        return found[0]
    axes = _axes_written(tokens, line) or line.axes or _axes_of_input(tokens, found[0], line)
    fitting = [meaning for meaning in found if meaning.name.endswith(f"{axes}d")] if axes else []
    if len(fitting) == 1:
        line.notes.append(f"I read `{head.text}` as {fitting[0].name}.")
        return fitting[0]
    names = [meaning.name if meaning.kind == "layer" else f"the operation {meaning.name}" for meaning in found]
    listed = f"{', '.join(names[:-1])} or {names[-1]}"
    raise LanguageError(
        f"`{head.whole}` can be {listed}: which one?",
        column=head.start,
        token=head.whole,
        expected=", ".join(meaning.name.lower() for meaning in found),
        suggestion=found[0].name.lower(),
        example=example(found[0].kind, found[0].name),
    )


def _axes_written(tokens: Sequence[Token], line: Line) -> int | None:
    """1, 2 or 3 where the letters or a tuple of sizes in the line can mean nothing else."""
    letters = {letter for letter in line.sizes if letter in "DHWL" and not line.stages}
    for token in tokens[1:]:
        text = token.key or token.text
        if text[:1] in "DHWL" and (token.key or text[1:].isdigit()):
            letters.add(text[0])
        if token.text.startswith("k") and token.text.count("x"):
            return token.text.count("x") + 1
    if letters == {"L"}:
        return 1
    if "D" in letters and letters & {"H", "W"}:
        return 3
    return 2 if letters and letters <= {"H", "W"} else None


def _axes_of_input(tokens: Sequence[Token], meaning: Meaning, line: Line) -> int | None:
    """1, 2 or 3 by the number of axes that the input has where the word stands."""
    shape = _shape_here(line)
    if shape is None:
        return None
    channels = tokens[1].text if len(tokens) > 1 else ""
    takes_channels = catalogue.signature(meaning.name).positional[:1] == ("in_channels",)
    if takes_channels and len(shape) > 2 and str(shape[0]) == channels != str(shape[1]):
        return len(shape) - 1  # without a batch: conv 3 16 k3 @ 3x32x32
    return _AXES_OF_RANK.get(len(shape))


def _shape_here(line: Line) -> tuple[Size, ...] | None:
    """What comes out of the stages so far, as far as the line tells."""
    shapes = line.shapes or line.ahead
    if not line.stages:
        return shapes[0].sizes if len(shapes) == 1 else None
    if line.reached is None:
        first = first_layer(line.stages[0])
        if not shapes and not line.sizes and (first is None or LAYERS[first.name].family in _ANY_RANK):
            return None
        try:
            line.reached = 0, typed_inputs(line.stages[0], shapes) if shapes else line.inputs()
        except LanguageError:
            return None
    count, inputs = line.reached
    if count < len(line.stages) and inputs:  # a long chain is followed once, however many words it settles
        walked = walk(Pipeline(line.source, tuple(line.stages[count:]), inputs))
        outputs = walked.steps[-1].outputs if walked.steps and walked.failure is None else ()
        inputs = tuple(output.tensor for output in outputs[:1])
        line.reached = len(line.stages), inputs
    return inputs[0].shape if inputs else None


def _module(word: str) -> str:
    """The `nn.` of `nn.Conv1s`."""
    start = word[: len(word) - len(bare(word))]
    return start if start in {"nn.", "torch.nn."} else ""


def hint(meaning: Meaning) -> str:
    """One line about what a word means: its signature and the letters of its input."""
    if meaning.kind == "op":
        return str(catalogue.operation(meaning.name))
    return f"{catalogue.signature(meaning.name)}; sizes {' '.join(letters_of(Stage('layer', meaning.name)))}"
