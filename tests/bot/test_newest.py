"""The newest runs are kept as long as there is room."""

from __future__ import annotations

from bot.newest import Newest
from sandbox.protocol import Result, Status


def result(name: str, size: int, **more: object) -> Result:
    return Result(id=name, status=Status.OK, value={"value": "x" * size, **more})


def test_the_oldest_go_first() -> None:
    newest = Newest(most_bytes=3_000)
    for name in ("a", "b", "c"):
        newest.put(name, result(name, 1_200))
    assert newest.get("a") is None
    assert [found.id for name in ("b", "c") if (found := newest.get(name))] == ["b", "c"]


def test_pictures_are_not_kept_and_neither_is_what_is_too_large() -> None:
    newest = Newest()
    newest.put("a", result("a", 1, pictures=[{"values": "x" * 1_000_000}]))
    newest.put("b", result("b", 1_000_000))
    kept = newest.get("a")
    assert kept is not None
    assert kept.value["pictures"] == []
    assert newest.get("b") is None


def test_a_run_that_gave_nothing_is_kept_too() -> None:
    newest = Newest()
    newest.put("a", Result(id="a", status=Status.KILLED))
    assert newest.get("a") is not None
