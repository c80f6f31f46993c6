"""What is written about Stride is what its declarations say."""

from __future__ import annotations

from bot import docs


def test_the_readme_and_the_files_of_deploy_are_up_to_date() -> None:
    assert docs.out_of_date() == [], "run: make docs"


def test_every_generated_block_has_its_place_in_the_readme() -> None:
    text = (docs.ROOT / "README.md").read_text(encoding="utf-8")
    for name in docs.BLOCKS:
        assert f"<!-- {name} -->" in text
        assert f"<!-- /{name} -->" in text
