"""What the doctor says of the jails, and with which exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doctor import examine
from bot.settings import Settings, WebSettings
from sandbox.settings import JailSettings, SandboxSettings


async def _doctor(folder: Path, mode: str) -> tuple[int, str]:
    said: list[str] = []
    sandbox = SandboxSettings(jail=JailSettings.model_validate({"mode": mode}))
    settings = Settings(data_dir=folder, web=WebSettings(port=0), sandbox=sandbox)
    return await examine(settings, quiet=False, serving=False, say=said.append), "\n".join(said)


@pytest.mark.long
async def test_every_protection_of_the_jails_is_named_and_one_run_proves_them(tmp_path: Path) -> None:
    status, said = await _doctor(tmp_path, "bubblewrap")
    assert status == 0, said
    assert "WRONG" not in said
    for words in ("in a process of its own", "ran code in one in"):
        assert words in said
    for name in ("namespaces", "outer filter", "inner filter", "landlock", "memory group"):
        assert name in said


@pytest.mark.long
async def test_the_weaker_mode_is_named_with_what_is_missing(tmp_path: Path) -> None:
    status, said = await _doctor(tmp_path, "landlock")
    assert status == 0, said
    assert "the weaker mode, landlock, was chosen" in said
    assert next(line for line in said.splitlines() if "namespaces" in line).split()[1] == "missing"


@pytest.mark.long
async def test_without_bubblewrap_the_verdict_is_that_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, said = await _doctor(tmp_path, "bubblewrap")
    assert status == 2
    assert "bubblewrap is missing: install it" in said


@pytest.mark.long
async def test_jails_that_are_switched_off_are_no_fault(tmp_path: Path) -> None:
    status, said = await _doctor(tmp_path, "off")
    assert status == 0, said
    assert "people's code is not run" in said
