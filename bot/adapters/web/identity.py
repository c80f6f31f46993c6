"""Who someone is: a random id in a signed cookie, which only this server can make.

The signature covers what a cookie is for, so an id's signature proves no membership and the other way round. Roles
are never in a cookie: they are looked up in the store.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable

SECRET_BYTES = 32
MAX_NAME = 32
YEAR_S = 365 * 24 * 3600
_ID = re.compile(r"[0-9a-f]{32}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, bidi marks, joiners, private use
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters that show nothing


class Signer:
    """Makes and checks what a browser brings back."""

    def __init__(self, secret: bytes, *, new_id: Callable[[], str] = lambda: secrets.token_hex(16)) -> None:
        self._secret = secret
        self._new_id = new_id

    def issue(self) -> tuple[str, str]:
        """A new person: the id, and the cookie that proves it."""
        person = self._new_id()
        return person, self.cookie(person)

    def cookie(self, person: str) -> str:
        """The cookie of a person's id."""
        return f"{person}.{self._sign('person', person)}"

    def person(self, cookie: str) -> str | None:
        """The id that a cookie proves; None where it proves nothing."""
        person, _, signature = cookie.partition(".")
        genuine = _ID.fullmatch(person) and _same(signature, self._sign("person", person))
        return person if genuine else None

    def membership(self, person: str, invite: str) -> str:
        """What shows that a person came by an invite; worth nothing to others or after the invite has changed."""
        return self._sign("member", person, invite)

    def is_member(self, person: str, invite: str, cookie: str) -> bool:
        """Whether a cookie shows that this person came by this invite."""
        return _same(cookie, self.membership(person, invite))

    def organiser_invite(self) -> str:
        """The secret that gives the organiser's role, the same for as long as the server's own secret."""
        return self._sign("organiser")[:32]

    def _sign(self, purpose: str, *pieces: str) -> str:
        message = "\0".join((purpose, *pieces)).encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


def same_secret(given: str, wanted: str) -> bool:
    """Whether two secrets are one, in a time that tells nothing about where they differ."""
    return bool(wanted) and _same(given, wanted)


def clean_name(name: str) -> str:
    """A name as it is shown: composed, on one line, with nothing in it that cannot be seen; may come out empty."""
    composed = unicodedata.normalize("NFKC", name[: MAX_NAME * 4])
    spaced = (" " if mark.isspace() else mark for mark in composed)
    seen = "".join(mark for mark in spaced if unicodedata.category(mark) not in _UNSEEN and mark not in _BLANK)
    words = unicodedata.normalize("NFKC", _few_marks(seen)).split()
    return " ".join(words)[:MAX_NAME].rstrip()


def guest_name(person: str) -> str:
    """What to call someone who has not said."""
    return f"Guest {person[:4]}"


def name_key(name: str) -> str:
    """Two names with one key look the same to a hasty reader."""
    folded = unicodedata.normalize("NFKD", clean_name(name).casefold())
    return "".join(mark for mark in folded if mark.isalnum())


def _few_marks(text: str) -> str:
    """At most two combining marks in a row, so that no name climbs over the lines around it."""
    kept: list[str] = []
    row = 0
    for mark in text:
        row = row + 1 if unicodedata.combining(mark) else 0
        if row <= 2:
            kept.append(mark)
    return "".join(kept)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(errors="replace"), right.encode())
