"""How much memory a forward and a backward take, as torch's own allocator counts it.

On the CPU the profiler tells of every piece that is given out and taken back, temporary ones inside kernels included;
on CUDA the caching allocator keeps the figure itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from sandbox.jobs.chain import tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Bytes: the most at a time in each pass on top of what was there before both, and what stays between them."""

    forward: int
    backward: int
    kept: int
    outputs: int


def size(several: Sequence[torch.Tensor]) -> int:
    """Bytes of what the tensors hold."""
    return sum(tensor.numel() * tensor.element_size() for tensor in several)


def watch(forward: Callable[[], Any], backward: Callable[[Any], None] | None, device: str) -> Taken:
    """Run both once; without a `backward` its figure is 0."""
    watched = _on_cpu if device == "cpu" else _on_cuda
    returned, most, kept = watched(forward)
    outputs = size(list(tensors(returned)))
    after = 0
    if backward is not None:
        _, after, _ = watched(lambda: backward(returned))
        after += kept
    return Taken(forward=most, backward=after, kept=kept, outputs=outputs)


def _on_cpu(run: Callable[[], Any]) -> tuple[Any, int, int]:
    """What it gave, the most at a time, and what is still there."""
    with _quiet(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watching:
        returned = run()
    now = most = 0
    for change in _changes(watching):
        now += change
        most = max(most, now)
    return returned, most, now


def _changes(watching: profile) -> list[int]:
    """Bytes given out, or taken back, in the order of time."""
    found = []
    waiting = list(watching.profiler.kineto_results.experimental_event_tree())
    while waiting:
        event = waiting.pop()
        waiting += event.children
        if event.tag.name == "Allocation":
            found.append((event.start_time_ns, event.extra_fields.alloc_size))
    return [change for _, change in sorted(found, key=lambda pair: pair[0])]


def _on_cuda(run: Callable[[], Any]) -> tuple[Any, int, int]:
    """As `_on_cpu`."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    returned = run()
    torch.cuda.synchronize()
    return returned, torch.cuda.max_memory_allocated() - before, torch.cuda.memory_allocated() - before


@contextmanager
def _quiet() -> Iterator[None]:
    """The profiler writes lines of its own to descriptor 2."""
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
