"""Pictures that a terminal cannot show."""

from __future__ import annotations

import io
import os
from pathlib import Path

from rich.console import Console

from bot.adapters.terminal import render
from bot.adapters.terminal.album import Album
from bot.reply import File, Picture, Reply, Text
from tests.bot.adapters.lab import PNG

TWO = Reply(
    parts=(Text(text="Look."), Picture(data=PNG, alt="a dot"), Picture(data=b"GIF89a", alt="a film", kind="gif"))
)


def test_a_picture_is_a_file_and_its_path_stands_below_its_words(tmp_path: Path) -> None:
    kept = Album(tmp_path).keep(TWO)
    assert {number: path.read_bytes() for number, path in kept.items()} == {1: PNG, 2: b"GIF89a"}
    assert [path.suffix for path in kept.values()] == [".png", ".gif"]
    assert {path.parent for path in kept.values()} == {tmp_path / "pictures"}
    out = io.StringIO()
    render.show(TWO, Console(file=out, width=40), kept)
    lines = out.getvalue().splitlines()
    assert lines.index("[picture: a dot]") + 1 == lines.index(f"    {kept[1]}")


def test_a_file_keeps_its_name_in_a_folder_of_its_own(tmp_path: Path) -> None:
    names = ("output.txt", "../../etc/passwd", "a b\n.py", "x" * 300 + ".txt", "")
    kept = Album(tmp_path).keep(Reply(parts=tuple(File(name=name, data=name.encode()) for name in names)))
    assert {path.parent for path in kept.values()} == {tmp_path / "files"}
    assert [path.read_bytes() for path in kept.values()] == [name.encode() for name in names]
    assert kept[0].name.endswith("-output.txt")
    assert all(len(path.name) < 80 and path.name.isprintable() for path in kept.values())


def test_the_same_picture_is_kept_once_and_the_oldest_go(tmp_path: Path) -> None:
    album = Album(tmp_path, most=3)
    for number in range(5):
        (path,) = album.keep(Reply(parts=(Picture(data=bytes([number]), alt="x"),))).values()
        os.utime(path, ns=(number, number))
    album.keep(Reply(parts=(Picture(data=bytes([4]), alt="x"),)))
    left = sorted(path.read_bytes() for path in (tmp_path / "pictures").iterdir())
    assert left == [b"\2", b"\3", b"\4"]


def test_the_pictures_of_one_answer_are_all_there_also_where_they_are_more_than_the_album_holds(tmp_path: Path) -> None:
    kept = Album(tmp_path, most=1).keep(TWO)
    assert all(path.exists() for path in kept.values())


def test_a_folder_that_cannot_be_made_leaves_the_words(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file is in the way")
    assert Album(tmp_path).keep(TWO) == {}


def test_nothing_is_made_where_nothing_is_shown(tmp_path: Path) -> None:
    assert Album(tmp_path).keep(Reply(parts=(Text(text="words"),))) == {}
    assert not list(tmp_path.iterdir())
