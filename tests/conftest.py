"""For every test: nothing may block the event loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Raises where `bot`, `cards` or `sandbox` block inside the event loop."""
    with blockbuster_ctx(scanned_modules=["bot", "cards", "sandbox"]) as found:
        yield found
