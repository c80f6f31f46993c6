"""The platforms' own schemas, for checking what is sent to them; `STRIDE_SPECS` names their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest


def read_spec(name: str) -> dict[str, Any] | None:
    """A schema, or None where this machine has none."""
    folder = os.environ.get("STRIDE_SPECS")
    path = Path(folder) / name if folder else None
    return json.loads(path.read_text()) if path and path.is_file() else None


def need_spec(name: str) -> dict[str, Any]:
    """A schema that a test is about; skips the test where this machine has none."""
    spec = read_spec(name)
    if spec is None:
        pytest.skip(f"{name} is not part of the project: STRIDE_SPECS names no folder that has it")
    return spec
