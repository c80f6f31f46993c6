"""Cookies that only this server can make, and names that are what they look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.web.identity import MAX_NAME, Signer, clean_name, guest_name, name_key, same_secret

SIGNER = Signer(b"k" * 32)
OTHER = Signer(b"o" * 32)


def test_a_cookie_proves_its_person() -> None:
    person, cookie = SIGNER.issue()
    assert SIGNER.person(cookie) == person
    assert SIGNER.issue()[0] != person


def test_a_changed_cookie_proves_nobody() -> None:
    person, cookie = SIGNER.issue()
    other, _ = SIGNER.issue()
    signature = cookie.partition(".")[2]
    for forged in (
        f"{other}.{signature}",
        cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        cookie[:-1],
        person,
        f"{person}.",
        f"{person}.é",
        "",
        ".",
        OTHER.cookie(person),
        cookie.upper(),
    ):
        assert SIGNER.person(forged) is None


@given(st.text(max_size=200))
def test_no_text_that_we_did_not_sign_is_anybody(text: str) -> None:
    assert SIGNER.person(text) is None


def test_a_membership_is_ones_own_and_ends_with_its_invite() -> None:
    shown = SIGNER.membership("a" * 32, "first invite")
    assert SIGNER.is_member("a" * 32, "first invite", shown)
    assert not SIGNER.is_member("b" * 32, "first invite", shown)
    assert not SIGNER.is_member("a" * 32, "second invite", shown)
    assert not OTHER.is_member("a" * 32, "first invite", shown)


def test_what_is_signed_for_one_purpose_serves_no_other() -> None:
    person, cookie = SIGNER.issue()
    assert not SIGNER.is_member(person, "", cookie.partition(".")[2])
    assert SIGNER.organiser_invite() not in cookie
    assert SIGNER.organiser_invite() != OTHER.organiser_invite()


def test_no_secret_is_the_empty_one() -> None:
    assert not same_secret("", "")
    assert same_secret("word", "word")
    assert not same_secret("wörd", "word")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("A\u202eadmin", "Aadmin"),
        ("Al\u200bice\ufeff", "Alice"),
        ("two\nlines\t", "two lines"),
        ("\u2066Bob\u2069", "Bob"),
        ("\x1b[31mred", "[31mred"),
        ("Ｆｕｌｌ", "Full"),
        ("\u3164\u2800", ""),
        ("\ud800x", "x"),
        ("z" + "\u0336" * 50, "z" + "\u0336" * 2),
        ("<b>bold</b>", "<b>bold</b>"),
        ("张伟", "张伟"),
    ],
)
def test_a_name_is_what_can_be_seen_of_it(typed: str, shown: str) -> None:
    assert clean_name(typed) == shown


@given(st.text())
def test_a_clean_name_stays_as_it_is(typed: str) -> None:
    name = clean_name(typed)
    assert len(name) <= MAX_NAME
    assert name.isprintable()
    assert clean_name(name) == name


def test_names_that_look_alike_have_one_key() -> None:
    assert name_key("Alice") == name_key(" ALICE. ") == name_key("al ice") == name_key("Álice")
    assert name_key("Alice") != name_key("Alicia")
    assert name_key("...") == ""
    assert guest_name("abcd1234") == "Guest abcd"
