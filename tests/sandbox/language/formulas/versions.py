"""Where an older torch differs from the one whose catalogue the language holds.

The rule: the language describes the torch that `catalogue.json` was read from, and agrees with it exactly. With an
older one (2.6 and later) it may differ where that torch lacks a class or an argument, which it says itself, and in
the corners that stand here; everything else must agree there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sandbox.language.catalogue import load


def numbers(version: str) -> tuple[int, ...]:
    """`2.6.0+cu124` as (2, 6, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


OLDER = numbers(torch.__version__) < numbers(load()["torch"])

# Layers or operations by their names, and what a comparison of theirs says where an older torch differs.
DIFFERENCES: tuple[tuple[str, str], ...] = (
    (".*", r"has no attribute|unexpected keyword argument"),
    ("EmbeddingBag", r"include_last_offset=True.*on \[\(\[\d+, \d+\]"),  # the last of the bags of a table was left out
    ("GaussianNLLLoss", r"variance must be|var is of incorrect size"),  # another rule for what broadcasts
    ("CrossEntropyLoss|NLLLoss", r"size mismatch \(got input"),  # one class for no batch needed no axis
    ("AdaptiveLogSoftmaxWithLoss", r"Expected dtype int64 for index"),
    (".*InstanceNorm.*", r"error=.*(?:invalid for input of size|mixed dtype)"),
    (".*(?:Batch|Instance)Norm.*", r"`eps` of \w+ must be"),  # any eps was taken
    ("RMSNorm|Transformer.*", r"RMSNorm.*torch:.*'float32'.*formula:.*'(?:b?float16)'"),  # halves came out as float32
    ("ConstantPad.*|ZeroPad.*|pad", r"negative output size"),  # an axis could not be padded away
    ("FractionalMaxPool.*", r"needs at least 1"),
    ("MaxUnpool.*", r"takes away more than there is"),  # sizes below 0 were given
    ("LPPool.*", r"norm_type=inf"),
    ("MultiheadAttention", r"dropout=-1"),  # refused in attention without weights only
    ("argmax|argmin", r"no order|is not made for bool"),  # an axis of one element was not looked at
    ("expand", r"and cannot become 0"),
    ("broadcast", r"complex"),  # which complex dtype comes of halves
)


@contextmanager
def tolerated(name: str, *, older: bool = OLDER) -> Iterator[None]:
    """Lets a failed comparison pass where it is a known difference of an older torch."""
    try:
        yield
    except AssertionError as fault:
        known = (words for names, words in DIFFERENCES if re.fullmatch(names, name))
        if not older or not any(re.search(words, str(fault), re.DOTALL) for words in known):
            raise
