"""Which requests may come in."""

from __future__ import annotations

import socket

import pytest

from bot.adapters.web.guard import Hosts, host_name, known_hosts, refusal

LOCAL = known_hosts("127.0.0.1", None)


def asked(method: str = "GET", hosts: Hosts = LOCAL, *, ws: bool = False, secure: bool = False, **headers: str) -> bool:
    """Whether a request is let in; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(method, {"Host": "127.0.0.1:8765"} | named, hosts, socket=ws, secure=secure) is None


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "localhost", "[::1]:8765", "LOCALHOST:1"])
def test_a_local_page_answers_to_this_machines_names(host: str) -> None:
    assert asked(Host=host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8765",
        "",
        "127.0.0.1@evil.example",
        "10.0.0.7",
        "a:b:c",
        "x:99999",
        "127.0.0.1, evil.example",
    ],
)
def test_a_local_page_answers_to_no_other_name(host: str) -> None:
    """A name that was pointed at this machine after its page was loaded stays the other page's name."""
    assert not asked(Host=host)


def test_a_wildcard_address_answers_to_any_address_but_not_to_any_name() -> None:
    """Only names can be rebound."""
    hosts = known_hosts("0.0.0.0", None)  # noqa: S104 - nothing is bound to it here
    assert asked(hosts=hosts, Host="192.168.1.7:8765")
    assert asked(hosts=hosts, Host="[fe80::1]:8765")
    assert asked(hosts=hosts, Host=socket.gethostname())
    assert not asked(hosts=hosts, Host="evil.example")


def test_the_address_that_people_use_is_known() -> None:
    hosts = known_hosts("127.0.0.1", "https://stride.example.org")
    assert asked(hosts=hosts, Host="stride.example.org")
    assert not asked(hosts=hosts, Host="other.example.org")
    assert asked(hosts=known_hosts("10.1.2.3", None), Host="10.1.2.3:80")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        "http://localhost:8765",
        "file://",
        "",
    ],
)
def test_other_origins_are_refused_even_on_this_machine(origin: str) -> None:
    assert not asked("POST", Origin=origin)
    assert not asked("GET", Origin=origin)
    assert not asked(ws=True, Origin=origin)


def test_the_pages_own_origin_is_let_in() -> None:
    assert asked("POST", Origin="http://127.0.0.1:8765")
    assert asked(ws=True, Origin="http://127.0.0.1:8765")


def test_behind_https_only_https_pages_count() -> None:
    assert asked(ws=True, secure=True, Origin="https://127.0.0.1:8765")
    assert not asked(ws=True, secure=True, Origin="http://127.0.0.1:8765")


def test_sockets_and_changes_must_say_where_they_come_from() -> None:
    assert not asked(ws=True)
    assert not asked("POST")
    assert not asked("DELETE")
    assert asked("GET")


def test_a_link_elsewhere_may_lead_here_but_a_page_elsewhere_may_not_read_from_here() -> None:
    assert asked(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert not asked(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")
    assert not asked(Sec_Fetch_Site="same-site", Sec_Fetch_Mode="cors")
    assert asked(Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors")
    assert asked(Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate")


def test_a_hosts_name_is_read_without_its_port() -> None:
    assert host_name("Stride.Example.:443") == "stride.example"
    assert host_name("[::1]:80") == "::1"
    assert host_name("a/b") is None
    assert host_name(":80") is None
