"""Numbers as they come out of the jail."""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from typing import Any

NAN, INF = math.nan, math.inf


def raw(kind: str, shape: list[int], values: list[float], **fields: Any) -> dict[str, Any]:
    """What `show()` leaves behind, with its range worked out unless it is given."""
    finite = [value for value in values if math.isfinite(value)]
    packed = struct.pack(f"<{len(values)}f", *values)
    return {
        "kind": kind,
        "shape": shape,
        "values": b64encode(packed).decode(),
        "title": None,
        "of": shape,
        "dtype": "float32",
        "low": min(finite, default=None),
        "high": max(finite, default=None),
    } | fields
