"""Files that browsers send: by a request of their own, to be named in the message that they belong to."""

from __future__ import annotations

import io
import secrets

import pytest

from bot.adapters import sent
from bot.adapters.sent import MAX_FILES, NotTaken
from bot.adapters.web import files as receiving
from bot.adapters.web import uploads as module
from bot.adapters.web.uploads import KEPT_S, MOST_A_PERSON, Uploads
from tests.bot.adapters.web.served import INVITE, Served, Talk, Visitor, served


async def sends(visitor: Visitor, data: bytes, name: str = "deck.toml", **headers: str) -> tuple[int, str]:
    """Posts a file as the page does; the status, and the file's id or the words of the refusal."""
    said = {"Origin": visitor.url} | headers
    address = f"{visitor.url}/upload"
    async with visitor.session.post(address, params={"name": name}, data=io.BytesIO(data), headers=said) as answer:
        if answer.status != 200:
            return answer.status, await answer.text()
        return answer.status, str((await answer.json())["id"])


async def hears(talk: Talk, event: str) -> str:
    """The answer's text to what was sent, or why it was refused."""
    while True:
        frame = await talk.hears("message" if not any(each["type"] == "refused" for each in talk.kept) else "refused")
        if frame["type"] == "refused":
            return str(frame["words"])
        if frame["message"]["of"] == event:
            return str(frame["message"]["parts"][0]["text"])


async def test_a_file_arrives_with_the_message_that_names_it(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    status, name = await sends(alice, b"\x00\xff")
    assert status == 200
    event = await talk.sends(type="say", text="/bring it", files=[name])
    assert await hears(talk, event) == "deck.toml has 00ff; words: it"


async def test_a_form_brings_a_file_too(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    (form,) = (await talk.says("/bring"))["parts"]
    assert [field["file"] for field in form["fields"]] == [True, False]
    _, name = await sends(alice, b"a", "a b.csv")
    event = await talk.sends(type="act", action=form["action"], values={"words": "two"}, files=[name])
    assert await hears(talk, event) == "a b.csv has 61; words: two"


async def test_the_page_knows_which_command_takes_a_file_and_how_large(alice: Visitor) -> None:
    _, welcome = await alice.enters()
    assert {each["name"]: each["file"] for each in welcome["commands"] if each["file"]} == {"bring": "/bring"}
    assert welcome["files"] == {"most": MAX_FILES, "bytes": sent.MAX_FILE}


async def test_a_message_that_is_sent_again_is_answered_once_and_needs_no_second_file(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    _, name = await sends(alice, b"a")
    event = await talk.sends(type="say", text="/bring x", files=[name])
    await talk.hears("taken")
    await talk.sends(type="say", id=event, text="/bring x", files=[name])
    assert (await talk.hears("taken"))["before"]


async def test_nobody_uses_anothers_file(alice: Visitor, bob: Visitor) -> None:
    await alice.enters()
    _, name = await sends(alice, b"secret")
    talk, _ = await bob.enters()
    await talk.sends(type="say", text="/bring x", files=[name])
    assert (await talk.hears("refused"))["words"] == "The file did not arrive: attach it again."


async def test_a_file_that_never_came_is_asked_for_again(alice: Visitor) -> None:
    talk, _ = await alice.enters()
    await talk.sends(type="say", text="/bring x", files=[secrets.token_hex(16)])
    assert "attach it again" in (await talk.hears("refused"))["words"]


@pytest.mark.parametrize("files", ["x", [1], ["../x"], {"a": 1}, [""]])
async def test_names_that_are_none_are_refused(alice: Visitor, files: object) -> None:
    talk, _ = await alice.enters()
    await talk.sends(type="say", text="/bring x", files=files)
    assert "not understood" in (await talk.hears("refused"))["words"]


async def test_a_page_elsewhere_can_send_no_file_with_ones_cookies(alice: Visitor) -> None:
    await alice.enters()
    status, _ = await sends(alice, b"a", Origin="https://evil.example")
    assert status == 403
    async with alice.session.post(f"{alice.url}/upload", data=b"a") as answer:
        assert answer.status == 403


async def test_who_was_not_let_in_sends_nothing(page: Served) -> None:
    async with page.visitor() as stranger:
        assert (await sends(stranger, b"a"))[0] == 403


async def test_where_an_invite_is_needed_only_those_who_have_it_send_files(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with served(tmp_path_factory.mktemp("page"), invite=INVITE) as page, page.visitor() as visitor:
        await visitor.session.get(f"{page.url}/c/general")
        assert (await sends(visitor, b"a"))[0] == 403
        await visitor.session.get(f"{page.url}/join/{INVITE}")
        assert (await sends(visitor, b"a"))[0] == 200


async def test_a_file_that_is_too_large_is_refused_in_words(alice: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (sent, receiving):
        monkeypatch.setattr(each, "MAX_FILE", 1 << 20)
    await alice.enters()
    status, words = await sends(alice, bytes((1 << 20) + 1), "big.apkg")
    assert status == 413
    assert "`big.apkg`" in words
    assert "up to 1 MiB" in words


async def test_a_file_whose_length_nobody_told_is_cut_off_at_the_limit(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (sent, receiving):
        monkeypatch.setattr(each, "MAX_FILE", 1000)
    await alice.enters()

    async def endless() -> object:
        for _ in range(4):
            yield bytes(600)

    headers = {"Origin": alice.url}
    async with alice.session.post(f"{alice.url}/upload", data=endless(), headers=headers) as answer:
        assert answer.status == 413


async def test_many_files_at_once_have_to_wait(alice: Visitor) -> None:
    await alice.enters()
    statuses = {(await sends(alice, b"a"))[0] for _ in range(12)}
    assert statuses == {200, 429}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_file_waits_for_a_while() -> None:
    clock = Clock()
    uploads = Uploads(clock)
    name = uploads.put("web:a", "x", b"1")
    assert uploads.files("web:a", [name]) == {"x": b"1"}
    clock.now = KEPT_S + 1
    with pytest.raises(NotTaken, match="attach it again"):
        uploads.files("web:a", [name])


def test_one_person_keeps_the_newest_few_and_nobody_else_loses_any() -> None:
    uploads = Uploads(Clock())
    bobs = uploads.put("web:b", "x", b"1")
    names = [uploads.put("web:a", f"{number}", b"1") for number in range(MOST_A_PERSON + 2)]
    with pytest.raises(NotTaken):
        uploads.files("web:a", names[:1])
    assert uploads.files("web:a", names[-1:])
    assert uploads.files("web:b", [bobs])


def test_all_together_take_no_more_than_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    uploads = Uploads(Clock())
    first = uploads.put("web:a", "x", bytes(8))
    with pytest.raises(NotTaken, match="Too many files"):
        uploads.put("web:b", "x", bytes(8))
    uploads.used([first])
    uploads.put("web:b", "x", bytes(8))
    assert uploads.files("web:a", [first]) == {}
