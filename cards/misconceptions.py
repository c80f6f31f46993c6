"""The wrong rules that people follow, each with what to say to whoever followed it.

A distractor is what a wrong rule gives for the numbers of a question; a wrong typed answer is matched against the
same rules. So each mistake is named once, here, and computed where its question is made.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from cards.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconception:
    """A wrong rule.

    Attributes:
        id: `M1` to `M24`.
        name: the mistake in a few words.
        says: to whoever made it: the mistake, then what is right.
    """

    id: str
    name: str
    says: str

    @property
    def right(self) -> str:
        """What is right, without the mistake and whose it is."""
        return self.says.partition(": ")[2]


_ALL = (
    Misconception(
        id="M1",
        name="the +1 left out",
        says="You left out the +1 at the end: the division counts the steps, and the first position comes on top.",
    ),
    Misconception(
        id="M2",
        name="dilation left out",
        says="You left the dilation out: it spreads the kernel over d*(k-1)+1 inputs.",
    ),
    Misconception(
        id="M3",
        name="one side padded",
        says="You padded one side only: padding=p puts p on both sides, 2p in all.",
    ),
    Misconception(
        id="M4",
        name="rounded the other way",
        says="You rounded the other way: without ceil_mode torch rounds down, with it up.",
    ),
    Misconception(
        id="M5",
        name="stride left out",
        says="You left the stride out: the window moves s at a time, so divide by it before the +1.",
    ),
    Misconception(
        id="M6",
        name="pooling with stride 1",
        says="You let the window move by 1: where no stride is written, pooling moves by its kernel_size.",
    ),
    Misconception(
        id="M7",
        name="channels and length swapped",
        says="You have swapped channels and length: torch's order is (N, C, L).",
    ),
    Misconception(
        id="M8",
        name="channels kept",
        says="You kept the number of channels: there are as many as the layer has filters, out_channels.",
    ),
    Misconception(
        id="M9",
        name="the batch flattened too",
        says="You flattened the batch too: nn.Flatten begins at axis 1 (torch.flatten alone begins at 0).",
    ),
    Misconception(
        id="M10",
        name="Linear over all axes",
        says="You let Linear mix all axes: it works on the last one and keeps the others.",
    ),
    Misconception(
        id="M11",
        name="bias miscounted",
        says="You miscounted the bias: it has one number for each output.",
    ),
    Misconception(
        id="M12",
        name="groups left out",
        says="You left the groups out: each filter sees C_in / groups channels.",
    ),
    Misconception(
        id="M13",
        name="depthwise counted as dense",
        says="You counted a dense layer: depthwise, each filter sees one channel.",
    ),
    Misconception(
        id="M14",
        name="batch first by default",
        says="You put the batch first: without batch_first=True recurrent layers take (L, N, H).",
    ),
    Misconception(
        id="M15",
        name="h_n with the batch first",
        says="You put the batch first in h_n: it is (layers, N, H), also with batch_first=True.",
    ),
    Misconception(
        id="M16",
        name="weights for each head",
        says="You expected weights for each head: by default they are averaged over the heads.",
    ),
    Misconception(
        id="M17",
        name="transposed length as L*s",
        says="You took L*s: it is (L-1)*s - 2p + d*(k-1) + output_padding + 1.",
    ),
    Misconception(
        id="M18",
        name="softmax before cross-entropy",
        says="You applied softmax first: CrossEntropyLoss takes logits and does that itself.",
    ),
    Misconception(
        id="M19",
        name="eval() taken for no_grad()",
        says="You took eval() for no_grad(): eval() changes dropout and normalisation, gradients go on.",
    ),
    Misconception(
        id="M20",
        name="dropout scaling in eval",
        says="You scaled in eval mode: torch scales by 1/(1-p) in training, and eval leaves the input as it is.",
    ),
    Misconception(
        id="M21",
        name="batch statistics in eval",
        says="You used the batch's own mean and variance: in eval mode BatchNorm uses the running ones.",
    ),
    Misconception(
        id="M22",
        name="view taken for permute",
        says="You took one for the other: view keeps the numbers in their order, permute moves the axes.",
    ),
    Misconception(
        id="M23",
        name="(N,) with (N, 1) kept at (N,)",
        says="You kept (N,): aligned from the right, (N,) meets the 1 of (N, 1), and both stretch to (N, N).",
    ),
    Misconception(
        id="M24",
        name="padding=1 keeps every size",
        says="You kept the size: padding=1 does that for kernel_size=3 alone; it takes p = (k-1)/2.",
    ),
)
MISCONCEPTIONS = {each.id: each for each in _ALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What a wrong rule gives for one question."""

    value: Value
    misconception: str = ""
    says: str = ""

    @property
    def diagnosis(self) -> str:
        """To whoever gave this answer: words of the question's own, or those of the rule."""
        known = MISCONCEPTIONS.get(self.misconception)
        return self.says or (known.says if known else "")


def distinct(key: Value, wrong: Sequence[Wrong], *, tolerance: float = 0.0, signed: bool = False) -> tuple[Wrong, ...]:
    """The wrong answers without the key, without repetitions and without what nobody would believe."""
    found: list[Wrong] = []
    for each in wrong:
        taken = [key, *(other.value for other in found)]
        alike = any(close(each.value, other, 2 * tolerance) for other in taken)
        if not alike and (signed or _plausible(each.value)):
            found.append(each)
    return tuple(found)


def close(value: Value, other: Value, tolerance: float) -> bool:
    """Whether two answers are the same, numbers within a tolerance."""
    if isinstance(value, tuple) and isinstance(other, tuple):
        return len(value) == len(other) and all(close(a, b, tolerance) for a, b in zip(value, other, strict=True))
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, int | float) and isinstance(other, int | float):
        if max(abs(value), abs(other)) > sys.float_info.max:  # whole numbers beyond every float
            return value == other
        return math.isclose(value, other, rel_tol=1e-9, abs_tol=tolerance)
    return value == other


def _plausible(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(_plausible(size) for size in value)
    return not isinstance(value, int | float) or isinstance(value, bool) or value > 0
