"""Leaves no holes in a heap that is about to be forked, so that a child's first allocations do not copy old pages.

After a program's start its freed memory is scattered over every page it has. Each piece that a child takes from there
costs it a page fault and a copy; from the end of the heap hundreds of pieces come with one.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_SIZES = (*(1 << bits for bits in range(16, 10, -1)), *range(1024, 8, -16))
_MOST = 2_000_000  # pieces; a start leaves some thousands


def fill_holes() -> int:
    """Take every free piece of the C heap, for good; how many bytes that was. Does nothing without glibc."""
    libc = ctypes.CDLL(None)
    taken = 0
    with suppress(AttributeError):
        libc.malloc_trim(0)
        libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, [ctypes.c_long]
        libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        end = libc.sbrk(0)
        pieces = 0
        for size in _SIZES:
            # Beyond the old end, or far from it in a mapping of its own: there was no hole of this size any more.
            while (piece := libc.malloc(size)) and end - (1 << 40) < piece < end and pieces < _MOST:
                taken += size
                pieces += 1
    return taken
