"""Why a picture could not be drawn."""

from __future__ import annotations

from bot.errors import StrideError


class DrawingError(StrideError):
    """No picture came of it; the message says why, and a reply says the numbers in words instead."""
