"""Settings come from the environment, and a wrong one is named in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import settings
from bot.errors import SettingsError
from bot.settings import Settings, is_loopback, load, names
from bot.store.engine import shown


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in names():
        monkeypatch.delenv(name, raising=False)


def _load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load(environment)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description and field.description[-1] != " " for field in names().values())


def test_the_names_that_others_rely_on_are_there() -> None:
    assert {
        "STRIDE_DATA_DIR",
        "STRIDE_DATABASE_URL",
        "STRIDE_WEB__HOST",
        "STRIDE_WEB__PORT",
        "STRIDE_WEB__INVITE",
        "STRIDE_DISCORD__TOKEN",
        "STRIDE_DISCORD__API_BASE",
        "STRIDE_DISCORD__GATEWAY",
        "STRIDE_SLACK__BOT_TOKEN",
        "STRIDE_SLACK__APP_TOKEN",
        "STRIDE_SLACK__SIGNING_SECRET",
        "STRIDE_SLACK__API_BASE",
    } <= set(names())


def test_without_any_setting_stride_is_on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    found = _load(monkeypatch)
    assert is_loopback(found.web.host)
    assert found.database == Path("/srv/data/stride/stride.sqlite3")
    assert found.discord.token is None
    assert found.slack.bot_token is None


def test_a_folder_named_for_the_tests_or_the_bench_keeps_no_bot_from_starting_in_the_same_shell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tests = Path(__file__).parent.parent
    sources = "".join(path.read_text() for path in tests.rglob("*.py"))
    looked_up = set(re.findall(r'environ\.get\("(STRIDE_\w+)"\)', sources))
    assert {"STRIDE_SPECS", "STRIDE_BENCH_DIR"} <= looked_up
    assert _load(monkeypatch, **dict.fromkeys(looked_up, "/srv/folder")).data_dir == settings.default_data_dir()


def test_a_relative_xdg_folder_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the standard says."""
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert settings.default_data_dir() == Path("~/.local/share/stride").expanduser()


def test_settings_are_read_with_their_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _load(monkeypatch, STRIDE_WEB__PORT="9000", STRIDE_DISCORD__TOKEN="t0ken", STRIDE_DATA_DIR="~/here")
    assert found.web.port == 9000
    assert found.discord.token is not None
    assert found.discord.token.get_secret_value() == "t0ken"
    assert found.data_dir == Path("~/here").expanduser()


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `env.example` and compose files leave them."""
    assert _load(monkeypatch, STRIDE_DISCORD__TOKEN="", STRIDE_WEB__PORT="").discord.token is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"STRIDE_WEB__PORT": "99999"}, "STRIDE_WEB__PORT should be less than or equal to 65535 (it is '99999')"),
        ({"STRIDE_WEB__PORT": "http"}, "STRIDE_WEB__PORT should be a valid integer"),
        ({"STRIDE_WEB_PORT": "9000"}, "did you mean STRIDE_WEB__PORT?"),
        ({"STRIDE_DISCORD__TOEKN": "t0ken"}, "did you mean STRIDE_DISCORD__TOKEN?"),
        ({"STRIDE_WEB": "{}"}, "STRIDE_WEB is not a setting"),
        ({"STRIDE_LOG_LEVEL": "loud"}, "STRIDE_LOG_LEVEL"),
        ({"STRIDE_WEB__HOST": "0.0.0.0"}, "STRIDE_WEB__INVITE must be set"),  # noqa: S104 - what is refused
        ({"STRIDE_WEB__INVITE": "hunter2"}, "STRIDE_WEB__INVITE must have at least 16 characters"),
        ({"STRIDE_WEB__URL": "stride.example.org"}, "STRIDE_WEB__URL must begin with http"),
        ({"STRIDE_DATABASE_URL": "mysql://root:hunter2@db/x"}, "STRIDE_DATABASE_URL must be an address"),
        ({"STRIDE_DATABASE_URL": "postgresql://stride:hunter2@db:x/y"}, "STRIDE_DATABASE_URL must have %40 for @"),
        ({"STRIDE_DATABASE_URL": "postgresql://stride:5/hunter2@db/y"}, "STRIDE_DATABASE_URL must have %40 for @"),
        ({"STRIDE_DATABASE_URL": "postgresql://stride:hunter2#@db/y"}, "STRIDE_DATABASE_URL must have %40 for @"),
        ({"STRIDE_DATABASE_URL": "postgresql://stride:hunter2@[::1/y"}, "STRIDE_DATABASE_URL must have %40 for @"),
        ({"STRIDE_DISCORD__API_BASE": "discord.com"}, "STRIDE_DISCORD__API_BASE must begin with http"),
        ({"STRIDE_SLACK__BOT_TOKEN": "xoxb-hunter2"}, "STRIDE_SLACK__APP_TOKEN or STRIDE_SLACK__SIGNING_SECRET"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line_without_secrets(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, **environment)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_what_kubernetes_says_about_a_service_called_stride_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    _load(
        monkeypatch,
        STRIDE_SERVICE_HOST="10.0.0.1",
        STRIDE_SERVICE_PORT_HTTP="80",
        STRIDE_PORT="tcp://10.0.0.1:80",
        STRIDE_PORT_80_TCP_ADDR="10.0.0.1",
        STRIDE_WEB_SERVICE_HOST="10.0.0.1",
    )


def test_an_address_elsewhere_is_allowed_with_an_invite(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _load(monkeypatch, STRIDE_WEB__HOST="192.0.2.1", STRIDE_WEB__INVITE="0123456789abcdef")
    assert not is_loopback(found.web.host)


def test_every_secret_is_known_and_none_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "STRIDE_WEB__INVITE": "invite-0123456789",
        "STRIDE_DISCORD__TOKEN": "discord-0123456789",
        "STRIDE_SLACK__BOT_TOKEN": "xoxb-0123456789",
        "STRIDE_SLACK__APP_TOKEN": "xapp-0123456789",
        "STRIDE_SLACK__SIGNING_SECRET": "sign-0123456789",
    }
    found = _load(monkeypatch, **given)
    assert set(found.secrets()) == set(given.values())
    assert not any(secret in repr(found) for secret in given.values())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////srv/x.sqlite3", "/srv/x.sqlite3"),
        ("sqlite+aiosqlite:////srv/x.sqlite3", "/srv/x.sqlite3"),
        ("sqlite:///x.sqlite3", str(Path.cwd() / "x.sqlite3")),
    ],
)
def test_the_database_can_be_elsewhere(monkeypatch: pytest.MonkeyPatch, url: str, path: str) -> None:
    assert _load(monkeypatch, STRIDE_DATABASE_URL=url).database == Path(path)


def test_a_database_on_a_server_stays_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://stride:hunter%40234@db.example.org/stride"
    found = _load(monkeypatch, STRIDE_DATABASE_URL=url)
    assert isinstance(found.database, SecretStr)
    assert found.database.get_secret_value() == url
    assert "hunter" not in repr(found) + shown(found.database)
    assert {url, "hunter%40234", "hunter@234"} <= set(found.secrets())
