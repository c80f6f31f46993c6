"""Which requests may come in at all, and what every answer says to the browser.

A page elsewhere must not be able to reach a tutor on localhost: the Host must be ours (DNS rebinding), and where a
browser says which page it acts for, that page must be ours too (cross-site requests and sockets).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.settings import is_loopback

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, never bound to here
SAFE_METHODS = frozenset({"GET", "HEAD"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
HTTPS_ONLY = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names that this server answers to; `any_address` lets in every literal address besides.

    A literal address cannot be rebound: only a name can be pointed somewhere else after the page was loaded.
    """

    names: frozenset[str]
    any_address: bool = False

    def allows(self, host: str) -> bool:
        """Whether a Host header, with or without a port, is one of ours."""
        name = host_name(host)
        return name is not None and (name in self.names or (self.any_address and _is_address(name)))


def known_hosts(bound: str, url: str | None) -> Hosts:
    """The hosts of a server that listens on `bound`, and that people reach at `url` where a proxy stands before it."""
    names = {name} if url and (name := host_name(urlsplit(url).netloc)) else set()
    if is_loopback(bound):
        return Hosts(frozenset(names | LOOPBACK))
    if bound in WILDCARDS:
        return Hosts(frozenset(names | LOOPBACK | {socket.gethostname().lower()}), any_address=True)
    return Hosts(frozenset(names | {bound.lower().strip("[]")}))


def host_name(host: str) -> str | None:
    """The name in a Host header, in lower case, without brackets and port; None where it is malformed."""
    if not host or any(mark in host for mark in "/@\\?# ,"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return None
    return parts.hostname.lower().rstrip(".") if parts.hostname else None


def refusal(method: str, headers: Mapping[str, str], hosts: Hosts, *, socket: bool, secure: bool) -> str | None:
    """Why a request must not come in, in words for its sender; None where it may.

    A socket and everything that changes something must say which page it acts for; a plain GET may leave it out, as
    browsers do when a person follows a link.
    """
    host = headers.get("Host", "")
    if not hosts.allows(host):
        return "This server does not go by that name. Set STRIDE_WEB__URL to the address that people use."
    origin = headers.get("Origin")
    if origin is not None:
        return None if _same_origin(origin, host, secure=secure) else "This request comes from another site."
    if socket or method not in SAFE_METHODS:
        return "This request does not say which page it comes from."
    if headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} and headers.get("Sec-Fetch-Mode") != "navigate":
        return "This request comes from another site."
    return None


def _same_origin(origin: str, host: str, *, secure: bool) -> bool:
    scheme, mark, where = origin.partition("://")
    return bool(mark) and scheme in ({"https"} if secure else {"http", "https"}) and where.lower() == host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
