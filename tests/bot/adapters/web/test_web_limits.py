"""How much one person may ask for."""

from __future__ import annotations

from bot.adapters.web.hub import Hub, Listener
from bot.adapters.web.limits import MAX_WAITING_FRAMES, Limiter, Rate
from bot.command import User

ALICE, BOB = User(id="web:a", name="Alice"), User(id="web:b", name="Bob")


class Seconds:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_burst_is_fine_and_then_one_waits() -> None:
    now = Seconds()
    limiter = Limiter(Rate(3, 0.5), now)
    assert [limiter.take("a") for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a") == 2
    now.at = 1
    assert limiter.take("a") == 1
    now.at = 2
    assert limiter.take("a") == 0


def test_one_persons_haste_is_not_anothers() -> None:
    limiter = Limiter(Rate(1, 1), Seconds())
    assert limiter.take("a") == 0
    assert limiter.take("a") > 0
    assert limiter.take("b") == 0


def test_the_burst_does_not_grow_with_time() -> None:
    now = Seconds()
    limiter = Limiter(Rate(2, 1), now)
    limiter.take("a")
    now.at = 1e6
    assert [limiter.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_a_million_people_take_no_more_memory_than_those_remembered() -> None:
    limiter = Limiter(Rate(1, 1), Seconds(), known=10)
    for number in range(1000):
        limiter.take(str(number))
    assert len(limiter._left) == 10


async def test_a_page_that_does_not_read_is_dropped_and_the_others_are_not() -> None:
    hub, slow, quick = Hub(), Listener(ALICE, "general"), Listener(BOB, "general")
    hub.add(slow)
    hub.add(quick)
    for _ in range(MAX_WAITING_FRAMES + 1):
        hub.send("general", {"type": "message"})
        await quick.next()
    assert slow.dropped.is_set()
    assert not quick.dropped.is_set()


async def test_a_frame_for_one_person_reaches_no_other() -> None:
    hub, alice, bob = Hub(), Listener(ALICE, "general"), Listener(BOB, "general")
    hub.add(alice)
    hub.add(bob)
    hub.send("general", {"type": "first"}, only=BOB.id)
    hub.send("general", {"type": "second"})
    assert [await alice.next() for _ in range(3)][-1] == '{"type":"second"}'
    assert '{"type":"first"}' in [await bob.next() for _ in range(2)]


async def test_a_person_with_two_pages_is_one_person() -> None:
    hub, pages = Hub(), [Listener(ALICE, "general"), Listener(ALICE, "general"), Listener(BOB, "week-1")]
    for page in pages:
        hub.add(page)
    assert hub.here("general") == [ALICE]
    assert len(hub.pages_of(ALICE.id)) == 2
    for page in pages:
        hub.remove(page)
    assert list(hub.everyone()) == []
