"""Imports without Python's collector, which goes through all that was made after every few hundred new objects.

What is imported stays: there is nothing to collect, and looking is time until the page is served.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 50_000  # new objects between two looks for cycles, afterwards


@contextmanager
def uncollected() -> Iterator[None]:
    """While modules are imported."""
    gc.disable()
    try:
        yield
    finally:
        gc.set_threshold(_SELDOM)
        gc.enable()
