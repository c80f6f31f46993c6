"""`/deck`: whose decks are whose, what they are called, and how they come and go. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.actions import Action
from bot.reply import Form, Table, plain
from bot.store.decks import deck_id
from tests.bot.commands.decks import PLAIN, TABLE, brings, has, sends, the_file, titles
from tests.bot.commands.running import AT_EASE, text
from tests.bot.conversation import START, Conversation, conversation

pytestmark = pytest.mark.asyncio(loop_scope="module")
OWNERS = ("test:alice", "test:bob", "test:olga", "community:test:page")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    """A channel with torch away."""
    folder = tmp_path_factory.mktemp("decks")
    async with conversation(folder, organisers=frozenset({"olga"}), fairness=AT_EASE) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def group(channel: Conversation) -> AsyncIterator[Conversation]:
    """The channel, in which nobody has a deck yet."""
    yield channel
    decks = channel.core.store.decks
    for held in await decks.of(OWNERS):
        await decks.remove(held.id, START)
    await decks.forget(removed_before=START + timedelta(days=1))


async def test_the_list_names_strides_deck_and_ones_own(group: Conversation) -> None:
    await has(group, "alice", "history")
    reply = await group.says("alice", "/deck")
    assert [(each["title"], each["whose"], each["used"]) for each in reply.data["decks"]] == [
        ("PyTorch layers", "stride", True),
        ("history", "you", True),
    ]
    assert reply.private
    assert await titles(group, "bob") == [], "one's own decks are one's own"


async def test_an_imported_deck_says_what_came_and_what_torch_has_not_proved(group: Conversation) -> None:
    reply = await brings(group, "alice", history_toml=PLAIN)
    assert reply.fault is None
    assert "`history` is there: 2 cards." in text(reply)
    assert "2 cards have nothing that torch could run, and will say “not proved by torch”." in text(reply)
    assert (reply.data["cards"], reply.data["added"], reply.data["not_proved"]) == (2, ["who", "when"], 2)
    shown = await group.says("alice", "/deck show history")
    (table,) = (part for part in shown.parts if isinstance(part, Table))
    assert [row[2] for row in table.rows] == ["not proved by torch"] * 2


async def test_the_same_file_again_doubles_nothing_and_says_what_changed(group: Conversation) -> None:
    first = await brings(group, "alice", history_toml=PLAIN)
    newer = PLAIN.replace("2016", "2017").replace('id = "who"', 'id = "whoever"')
    again = await brings(group, "alice", history_toml=newer)
    assert again.data["deck"] == first.data["deck"]
    kinds = ("added", "changed", "same", "gone")
    assert [again.data[kind] for kind in kinds] == [["whoever"], ["when"], 0, ["who"]]
    assert "1 new, 1 changed, 0 the same, 1 no longer in the file were taken out" in text(again)
    assert await titles(group, "alice") == ["history"]


async def test_a_deck_is_practised_by_its_name(group: Conversation) -> None:
    await brings(group, "alice", minima_csv="front,answer\nWhat is one?,1\nWhat is two?,2\n")
    asked = await group.says("alice", "/practice Minima 5")
    assert {each["prompt"] for each in asked.data["questions"]} == {"What is one?", "What is two?"}
    assert "The deck `minima`" in text(asked)


async def test_a_name_of_ones_own_may_be_given(group: Conversation) -> None:
    await brings(group, "alice", "/deck import My first deck", history_toml=PLAIN)
    assert await titles(group, "alice") == ["My first deck"]


async def test_text_can_be_pasted_below_the_command(group: Conversation) -> None:
    await group.says("alice", f"/deck import Tensors\n{TABLE}")
    await group.says("alice", f"/deck import\n```toml\n{PLAIN}```")
    assert await titles(group, "alice") == ["Tensors", "Where it comes from"]


async def test_two_decks_pasted_without_a_name_are_two(group: Conversation) -> None:
    await group.says("alice", f"/deck import\n{TABLE}")
    await group.says("alice", f"/deck import\n{PLAIN}")
    assert len(await titles(group, "alice")) == 2


async def test_without_a_file_a_form_asks_for_one(group: Conversation) -> None:
    asked = await group.says("alice", "/deck import")
    (form,) = asked.parts
    assert isinstance(form, Form)
    assert [(field.name, field.file) for field in form.fields] == [("title", False), ("file", True), ("text", False)]
    filled = group.incoming("alice", action=form.action, values={"title": "", "text": ""})
    by_file = await sends(group, filled, {"h.toml": PLAIN})
    assert by_file.data["title"] == "h"
    by_text = await group.submits("alice", form.action, title="Pasted", text=TABLE)
    assert by_text.data["title"] == "Pasted"
    neither = await group.submits("alice", form.action, title="x", text=" ")
    assert neither.fault is not None
    assert "neither a file nor a text" in neither.fault.message


async def test_platforms_know_beforehand_when_a_form_opens(group: Conversation) -> None:
    command = group.core.dispatcher.named("deck")
    assert command is not None
    assert command.opens_form is not None
    for said in (
        "/deck",
        "/deck list",
        "/deck import",
        "/deck import My name",
        "/deck --group import",
        "/deck show import",
    ):
        incoming = group.incoming("olga", text=said)
        reply = await group.says("olga", said)
        assert command.opens_form(incoming) == any(isinstance(part, Form) for part in reply.parts), said


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a_toml", PLAIN.replace("2016", '"2016"'), "a.toml, line 13, card when: the answer of a number card is"),
        ("a_toml", "[[card]\n", "a.toml, line 1: not TOML"),
        ("a_toml", b"\xff\xfe\x00", "a.toml"),
        ("a_toml", "", "it has no cards"),
        ("a_csv", "front,back\n", "it has no cards"),
        ("a_apkg", b"PK\x03\x04 no package", "a.apkg"),
        ("a_exe", b"MZ", "decks are files of the kinds .apkg"),
    ],
)
async def test_a_file_that_cannot_be_used_says_where_and_changes_nothing(
    group: Conversation, name: str, data: str | bytes, words: str
) -> None:
    reply = await sends(group, group.incoming("alice", text="/deck import"), {name.replace("_", "."): data})
    assert reply.fault is not None
    assert "Nothing was imported." in reply.fault.message
    assert words in reply.fault.message
    assert await titles(group, "alice") == []


async def test_one_file_at_a_time(group: Conversation) -> None:
    reply = await brings(group, "alice", a_toml=PLAIN, b_toml=PLAIN)
    assert reply.fault is not None
    assert "one file at a time" in reply.fault.message


@pytest.mark.parametrize("name", ["stride", "PyTorch layers", "Stride!"])
async def test_nobody_passes_a_deck_off_as_strides(group: Conversation, name: str) -> None:
    reply = await brings(group, "alice", f"/deck import {name}", a_toml=PLAIN)
    assert reply.fault is not None
    assert "Stride's own deck" in reply.fault.message
    assert await titles(group, "alice") == []


async def test_a_groups_decks_are_its_organisers_and_everybodys_to_practise(group: Conversation) -> None:
    refused = await brings(group, "alice", "/deck --group import", history_toml=PLAIN)
    assert refused.fault is not None
    assert "Only organisers" in refused.fault.message
    await brings(group, "olga", "/deck import History --group", history_toml=PLAIN)
    assert await titles(group, "alice") == await titles(group, "bob", "--group") == ["History"]
    listed = await group.says("alice", "/deck list")
    assert [(each["whose"], each["used"]) for each in listed.data["decks"][1:]] == [("group", True)]
    for said in ("/deck remove History", "/deck stop History", "/deck use History --group"):
        reply = await group.says("alice", said)
        assert reply.fault is not None, said
        assert "Only organisers" in reply.fault.message
    assert await titles(group, "alice") == ["History"]


async def test_ones_own_deck_comes_before_the_groups_of_that_name(group: Conversation) -> None:
    await has(group, "group", "History")
    await has(group, "alice", "History")
    assert (await group.says("alice", "/deck show history")).data["whose"] == "you"
    assert (await group.says("alice", "/deck --group show history")).data["whose"] == "group"
    assert (await group.says("bob", "/deck show history")).data["whose"] == "group"


@pytest.mark.parametrize("said", ["History of torch", "history OF torch!", "hist", "torch", "histroy of torhc"])
async def test_names_are_found_forgivingly(group: Conversation, said: str) -> None:
    await has(group, "alice", "History of torch", "Tensors")
    assert (await group.says("alice", f"/deck show {said}")).data["title"] == "History of torch"


async def test_a_name_that_is_none_says_which_there_are(group: Conversation) -> None:
    reply = await group.says("alice", "/deck show tensors")
    assert reply.fault is not None
    assert "There is none." in reply.fault.message
    await has(group, "alice", "Tensors", "Other")
    for said in ("/deck use anatomy", "/deck export", "/deck remove 42", "/deck stop `x`"):
        reply = await group.says("alice", said)
        assert reply.fault is not None
        assert "`Other`, `Tensors`" in reply.fault.message, said


async def test_a_deck_is_used_or_not(group: Conversation) -> None:
    await has(group, "alice", "tensors")
    stopped = await group.says("alice", "/deck stop tensors")
    assert "not asked any more" in text(stopped)
    shown = await group.says("alice", "/deck show tensors")
    assert not shown.data["used"]
    await group.presses("alice", "Use it", shown)
    assert (await group.says("alice", "/deck show tensors")).data["used"]
    assert "always in use" in text(await group.says("alice", "/deck use stride"))
    assert "always in use" in text(await group.says("alice", "/deck stop PyTorch layers"))


async def test_removing_asks_first_and_can_be_undone(group: Conversation) -> None:
    await has(group, "alice", "tensors")
    asked = await group.says("alice", "/deck remove tensors")
    assert group.button(asked, "Remove it").style == "danger"
    assert await titles(group, "alice") == ["tensors"]
    kept = await group.presses("alice", "Keep it", asked)
    assert kept.data["title"] == "tensors"
    gone = await group.presses("alice", "Remove it", asked)
    assert await titles(group, "alice") == []
    again = await group.presses("alice", "Remove it", asked)
    assert again.fault is not None
    await group.presses("alice", "Undo", gone)
    assert (await group.says("alice", "/deck show tensors")).data["used"]
    await group.says("alice", "/deck remove tensors --yes")
    assert await titles(group, "alice") == []
    assert "is back" in text(await group.says("alice", "/deck restore tensors"))
    assert await titles(group, "alice") == ["tensors"]


async def test_strides_deck_is_not_removed(group: Conversation) -> None:
    for said in ("/deck remove stride", "/deck remove stride --yes"):
        reply = await group.says("olga", said)
        assert reply.fault is not None
        assert "stays" in reply.fault.message


async def test_anothers_button_is_worth_nothing(group: Conversation) -> None:
    """Ids prove nothing: what somebody may do is looked up."""
    await has(group, "alice", "tensors")
    await has(group, "group", "Ours")
    alices, ours = deck_id("test:alice", "tensors"), deck_id("community:test:page", "ours")
    for name in ("deck-show", "deck-use", "deck-stop", "deck-remove", "deck-gone", "deck-prove"):
        reply = await group.submits("bob", Action(name, (alices,)))
        assert reply.fault is not None, name
        assert "It is first" not in plain(reply)
    for name in ("deck-remove", "deck-gone", "deck-prove"):
        assert (await group.submits("bob", Action(name, (ours,)))).fault is not None, name
    await group.says("alice", "/deck remove tensors --yes")
    assert (await group.submits("bob", Action("deck-back", (alices,)))).fault is not None
    assert await titles(group, "bob") == ["Ours"]
    for name in ("deck-show", "deck-gone", "deck-back", "deck-form"):
        for args in ((), ("nowhere-12345678",)):
            assert (await group.submits("bob", Action(name, args))).fault is not None


@pytest.mark.parametrize("kind", ["toml", "csv", "apkg"])
async def test_what_is_exported_comes_back_the_same(group: Conversation, kind: str) -> None:
    await brings(group, "alice", "/deck import History", a_toml=PLAIN)
    out = the_file(await group.says("alice", f"/deck export history {kind}"))
    assert out.name == f"history.{kind}"
    reply = await brings(group, "bob", "/deck import History", **{out.name.replace(".", "_"): out.data})
    assert reply.data["cards"] == 2
    again = the_file(await group.says("bob", "/deck export history toml")).data.decode()
    mine = the_file(await group.says("alice", "/deck export history toml")).data.decode()
    assert again == mine


async def test_anki_is_what_is_exported_where_no_kind_is_said(group: Conversation) -> None:
    await has(group, "alice", "csv notes")
    assert the_file(await group.says("alice", "/deck export csv notes")).name == "csv-notes.apkg"
    assert the_file(await group.says("alice", "/deck export csv notes .CSV")).name == "csv-notes.csv"


async def test_an_export_of_the_groups_deck_is_everybodys(group: Conversation) -> None:
    await has(group, "group", "Ours")
    reply = await group.says("bob", "/deck export ours csv")
    assert b"It is first" in the_file(reply).data
    assert reply.private


async def test_what_people_call_their_decks_is_shown_and_formats_nothing(group: Conversation) -> None:
    await has(group, "alice", "`rm` @everyone **b** <x>")
    reply = await group.says("alice", "/deck list")
    assert "'rm' @everyone **b** <x>" in plain(reply)
