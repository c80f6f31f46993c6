"""With a real worker: what the help shows is what torch says."""

from __future__ import annotations

from pathlib import Path

from bot.doctor import examine
from bot.settings import Settings, WebSettings
from bot.verify import verify


async def test_every_example_that_the_help_shows_is_confirmed_by_torch(tmp_path: Path) -> None:
    said: list[str] = []
    status = await verify(Settings(data_dir=tmp_path), say=said.append)
    assert status == 0, "\n".join(said)


async def test_the_doctor_finds_torch_and_its_protections(tmp_path: Path) -> None:
    said: list[str] = []
    settings = Settings(data_dir=tmp_path, web=WebSettings(port=0))
    assert await examine(settings, quiet=False, serving=False, say=said.append) == 0
    assert "torch" in said[0]
    assert "WRONG" not in said[0]
