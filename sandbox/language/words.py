"""Which layer or operation a word means, and the nearest right word for one that means none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from sandbox.language import catalogue
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Value

MAX_WORD = 40  # characters: nothing longer is a misspelt name


class Meaning(NamedTuple):
    """A layer of `torch.nn` (`kind="layer"`) or a tensor operation (`kind="op"`)."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word of the language: the meanings that claim it, the strongest claim only."""

    meanings: Mapping[str, tuple[Meaning, ...]]
    functions: Mapping[str, str]  # names in torch.nn.functional -> the layer that does the same


def key(word: str) -> str:
    """A word without what people write differently: `batch_norm`, `BatchNorm`, `batch-norm`."""
    return word.lower().replace("_", "").replace("-", "")


def bare(word: str) -> str:
    """A word without the module it is written with: `torch.nn.Conv1d`, `F.relu`."""
    for prefix in ("torch.nn.functional.", "torch.nn.", "nn.functional.", "nn.", "torch.", "F.", "f."):
        if word.startswith(prefix):
            return word[len(prefix) :]
    return word


def meanings(word: str) -> tuple[Meaning, ...]:
    """What a word means: nothing for an unknown one, several things for an ambiguous one."""
    known = vocabulary().meanings
    found = known.get(word)
    if found is not None:
        return found
    if word.startswith("torch.") and not word.startswith("torch.nn.") and word[6:] in OPS:
        return (Meaning("op", word[6:]),)  # torch.flatten is not nn.Flatten
    return known.get(key(bare(word)), ())


@cache
def vocabulary() -> Vocabulary:
    """All words, gathered once: a class's own name beats an operation's, that an alias, and that `conv` for Conv1d."""
    tiers: list[dict[str, list[Meaning]]] = [{}, {}, {}, {}]
    functions: dict[str, str] = {}
    for spec in LAYERS.values():
        meaning = Meaning("layer", spec.name)
        _claim(tiers[0], (spec.name,), meaning)
        _claim(tiers[2], (*spec.aliases, *spec.functional), meaning)
        _claim(tiers[3], _stems((spec.name, *spec.aliases)), meaning)
        functions.update(dict.fromkeys(spec.functional, spec.name))
    for op in OPS.values():
        _claim(tiers[1], (op.name,), Meaning("op", op.name))
        _claim(tiers[2], op.aliases, Meaning("op", op.name))
    merged: dict[str, tuple[Meaning, ...]] = {}
    for tier in reversed(tiers):
        merged.update({word: tuple(claims) for word, claims in tier.items()})
    return Vocabulary(merged, functions)


def _claim(tier: dict[str, list[Meaning]], words: Iterable[str], meaning: Meaning) -> None:
    for word in words:
        claims = tier.setdefault(key(word), [])
        if meaning not in claims:
            claims.append(meaning)


def _stems(words: Iterable[str]) -> list[str]:
    """`maxpool` for `MaxPool2d`: the word without its number of axes."""
    return [word[:-2] for word in words if word[-2:].lower() in {"1d", "2d", "3d"} and len(word) > 3]


def unsupported(word: str) -> str | None:
    """The class of `torch.nn` that a word names where the language has no such layer."""
    wanted = key(bare(word))
    return next((name for name in catalogue.names() if key(name) == wanted and name not in LAYERS), None)


def nearest(word: str, choices: Iterable[str], farthest: int | None = None) -> str | None:
    """The choice with the fewest slips of the finger between it and the word, or None where all are far."""
    word = word.lower()
    if len(word) < 2 or len(word) > MAX_WORD:  # of one letter everything is a slip
        return None
    limit = farthest if farthest is not None else max(1, len(word) // 3)
    best: tuple[int, int, str] | None = None
    for choice in choices:
        if abs(len(choice) - len(word)) > limit:
            continue
        distance = _distance(word, choice.lower(), limit)
        rank = (distance, -_common_start(word, choice.lower()), choice)
        if distance <= limit and (best is None or rank < best):
            best = rank
    return best[2] if best else None


def nearest_name(word: str) -> str | None:
    """The nearest layer or operation, spelled as the short spelling has it.

    Of equally near ones, first those with as many letters (`conv1s` is a slip of `conv1d`, hardly of `conv1`), then
    names of classes and operations before other words for them.
    """
    known = vocabulary().meanings
    slip = key(bare(word))
    first = nearest(slip, known)
    if first is None:
        return None
    distance = _distance(slip, first, len(slip))
    near = (choice for choice in known if abs(len(choice) - len(slip)) <= distance)
    alike = [choice for choice in near if _distance(slip, choice, distance) == distance]
    return min(
        alike,
        key=lambda choice: (
            choice[-1].isdigit() and not slip[-1].isdigit(),  # gap, not gap1, for gapp
            not _doubled(slip, choice),  # conv1d, not conv1dt, for conv1dd
            len(choice) != len(slip),
            all(choice != meaning.name.lower() for meaning in known[choice]),
            -_common_start(slip, choice),
            choice,
        ),
    )


def implied(name: str, word: str) -> Mapping[str, Value]:
    """The arguments that a word for a layer brings along: `gap` means output_size=1."""
    presets = LAYERS[name].presets if name in LAYERS else {}
    return next((args for alias, args in presets.items() if key(alias) == key(bare(word))), {})


def _doubled(slip: str, choice: str) -> bool:
    """Whether the slip is the choice with one letter typed twice."""
    return any(a == b and slip[:i] + slip[i + 1 :] == choice for i, (a, b) in enumerate(pairwise(slip)))


def _common_start(left: str, right: str) -> int:
    length = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        length += 1
    return length


def _distance(left: str, right: str, limit: int) -> int:
    """Edit distance with swapped neighbours as one slip; anything above `limit` may come back as `limit + 1`."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        last, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
