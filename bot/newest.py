"""The newest runs, kept in memory as long as there is room, so that looking closer costs no second run."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import replace

from sandbox.protocol import Result

MOST_BYTES = 8_000_000  # of all of them, as JSON
LARGEST = 400_000  # of one


class Newest:
    """Results by the names of their runs; the oldest go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Keeps at most so many bytes."""
        self._most = most_bytes
        self._held = 0
        self._kept: OrderedDict[str, tuple[Result, int]] = OrderedDict()

    def get(self, name: str) -> Result | None:
        """The result of a run, if it is still kept."""
        found = self._kept.get(name)
        return found[0] if found else None

    def clear(self) -> None:
        """Forgets them all."""
        self._kept.clear()
        self._held = 0

    def put(self, name: str, result: Result) -> None:
        """Keeps a result without its pictures, which are large and were seen; one that is larger still is not kept."""
        if isinstance(result.value, dict):
            result = replace(result, value={**result.value, "pictures": []})
        size = len(json.dumps(result.value))
        if size > LARGEST:
            return
        self._kept[name] = (result, size)
        self._held += size
        while self._held > self._most:
            _, (_, freed) = self._kept.popitem(last=False)
            self._held -= freed
