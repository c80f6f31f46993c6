"""With a real worker: what the help shows is what torch says."""

from __future__ import annotations

from pathlib import Path

from bot.settings import Settings
from bot.verify import verify


async def test_every_example_that_the_help_shows_is_confirmed_by_torch(tmp_path: Path) -> None:
    said: list[str] = []
    status = await verify(Settings(data_dir=tmp_path), say=said.append)
    assert status == 0, "\n".join(said)
