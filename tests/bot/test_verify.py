"""With a real worker and real jails: what the help and the cards say is what torch says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings
from bot.verify import chosen, verify
from cards.deck import HOUSE, house
from sandbox.settings import JailSettings, SandboxSettings

CARD = "[[card]]\nid = '{}'\nkind = 'number'\nfront = '?'\nreason = '!'\nanswer = {}\nproof = \"claim(len('ab'))\"\n"


def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, sandbox=SandboxSettings(start_s=300, jail=JailSettings(wall_s=30)))


async def test_a_deck_of_ones_own_is_proved_in_the_same_jails(tmp_path: Path) -> None:
    mine, yours = tmp_path / "mine.toml", tmp_path / "yours.toml"
    mine.write_text("".join(CARD.format(f"c{number}", 2) for number in range(50)))
    yours.write_text(CARD.format("odd", 3))
    said: list[str] = []
    assert await verify(settings(tmp_path), say=said.append, files=[mine, yours]) == 1
    progress, fault, stamp = said
    assert progress == "50 of 51 cards"
    assert fault == "WRONG  yours.toml, line 1, card odd: line 1 of its proof: torch gives 2, the card says 3"
    assert stamp.startswith("51 cards: 50 proved on torch ")
    assert stamp.endswith(", 0 not executable, 1 wrong")


@pytest.mark.long
async def test_a_deck_that_holds_ends_well_and_draws_a_bar_where_somebody_watches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # to rich, a terminal
    monkeypatch.setenv("TERM", "xterm")
    mine = tmp_path / "mine.toml"
    mine.write_text(CARD.format("even", 2))
    said: list[str] = []
    assert await verify(settings(tmp_path), say=said.append, files=[mine], watched=True) == 0
    assert [line.partition(" on torch ")[0] for line in said] == ["1 cards: 1 proved"]
    assert "proving" in capsys.readouterr().out


def test_a_file_that_comes_with_stride_can_be_proved_alone_though_its_cards_need_those_of_others() -> None:
    everything = house()
    mistakes = chosen([HOUSE / "18-mistakes.toml"])
    alone = {card.id for card in mistakes.cards}
    assert alone == {card.id for card in everything.cards if everything.places[card.id].file == "18-mistakes.toml"}
    assert any(need not in alone for card in mistakes.cards for need in card.needs)
    assert chosen([]).cards == everything.cards


async def test_a_deck_file_with_a_fault_is_named_and_nothing_is_run(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(CARD.format("even", "2\nodd = 3"))
    said: list[str] = []
    assert await verify(settings(tmp_path), say=said.append, files=[mine, tmp_path / "none.toml"]) == 1
    assert len(said) == 1
    assert said[0].startswith("mine.toml, line 1, card even: there is no field odd; there are ")


@pytest.mark.long
async def test_all_that_is_said_holds(tmp_path: Path) -> None:
    """As `make verify` has it: the deck that comes with Stride, and the help."""
    said: list[str] = []
    status = await verify(settings(tmp_path), say=said.append)
    assert status == 0, "\n".join(said)
    assert said[-1].endswith("examples, all confirmed")
