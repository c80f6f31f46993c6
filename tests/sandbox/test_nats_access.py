"""Who may use a NATS server, what is sent to one, and that no secret is ever seen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import nkeys  # type: ignore[import-untyped]  # it has none
import pytest
import trustme
from nats.aio.client import Client
from pydantic import SecretStr, ValidationError

from bot.errors import SettingsError
from bot.settings import load
from sandbox import __main__ as command_line
from sandbox.local import Local
from sandbox.nats_client import NatsSandbox
from sandbox.nats_member import Member
from sandbox.protocol import Result, Status
from sandbox.settings import NatsSettings, SandboxSettings
from tests.attacks.lab import ask, rogue_command
from tests.sandbox.nats_lab import ROOT, nats_server, unready_worker

SECRET = "correct-horse-battery"
HASTY = SandboxSettings(wait_s=0.5, wall_s=0.5)


def nobody_serves(result: Result) -> bool:
    """Whether we were let in, and found no worker."""
    return result.status is Status.UNAVAILABLE and "no worker is up" in result.error


async def asked(settings: NatsSettings) -> Result:
    async with NatsSandbox(HASTY, settings) as sandbox:
        return await ask(sandbox, "echo")


def by_password(_: Path) -> tuple[str, dict[str, object]]:
    config = f'authorization {{ user: bot, password: "{SECRET}" }}'
    return config, {"user": "bot", "password": SecretStr(SECRET)}


def by_token(_: Path) -> tuple[str, dict[str, object]]:
    return f'authorization {{ token: "{SECRET}" }}', {"token": SecretStr(SECRET)}


def by_nkey(folder: Path) -> tuple[str, dict[str, object]]:
    seed = nkeys.encode_seed(bytes(range(32)), nkeys.PREFIX_BYTE_USER)
    (folder / "user.nk").write_bytes(seed + b"\n")
    public = nkeys.from_seed(bytearray(seed)).public_key.decode()
    return f"authorization {{ users: [ {{ nkey: {public} }} ] }}", {"nkey": folder / "user.nk"}


@pytest.mark.parametrize("way", [by_password, by_token, by_nkey])
async def test_only_whoever_has_the_secret_gets_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, way: Callable[[Path], tuple[str, dict[str, object]]]
) -> None:
    caplog.set_level(logging.DEBUG)
    config, secret = way(tmp_path)
    with nats_server(tmp_path, config) as server:
        assert nobody_serves(await asked(NatsSettings.model_validate({"url": server.url, **secret})))
        refused = await asked(NatsSettings(url=server.url, token=SecretStr("wrong-" + SECRET)))
    assert refused.status is Status.UNAVAILABLE
    assert "Authorization Violation" in refused.error
    assert SECRET not in refused.error + caplog.text


async def test_tls_proves_who_the_server_is_and_who_we_are(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    files = {"server": authority.issue_cert("127.0.0.1"), "client": authority.issue_cert("bot")}
    for name, certificate in files.items():
        certificate.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    stranger.cert_pem.write_to_path(tmp_path / "stranger.pem")
    config = (
        f"tls {{ cert_file: '{tmp_path}/server.pem', key_file: '{tmp_path}/server.key',"
        f" ca_file: '{tmp_path}/ca.pem', verify: true }}"
    )
    without = NatsSettings(tls_ca=tmp_path / "ca.pem")
    right = without.model_copy(update={"tls_cert": tmp_path / "client.pem", "tls_key": tmp_path / "client.key"})
    with nats_server(tmp_path, config) as server:
        assert nobody_serves(await asked(right.model_copy(update={"url": server.url})))
        for wrong in (
            right.model_copy(update={"tls_ca": tmp_path / "stranger.pem"}),
            right.model_copy(update={"tls_ca": tmp_path / "missing.pem"}),
            without,
        ):
            refused = await asked(wrong.model_copy(update={"url": server.url}))
            assert refused.status is Status.UNAVAILABLE
            assert "cannot be reached" in refused.error


async def test_nothing_is_sent_in_clear_where_encryption_is_asked_for() -> None:
    """A server in the middle that says it has no TLS must not learn the password."""
    heard = bytearray()

    async def pose(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"headers":true}\r\n')
        heard.extend(await reader.read())
        writer.close()

    async with await asyncio.start_server(pose, "127.0.0.1", 0) as posing:
        url = f"tls://127.0.0.1:{posing.sockets[0].getsockname()[1]}"
        refused = await asked(NatsSettings(url=url, user="bot", password=SecretStr(SECRET)))
    assert "does not encrypt" in refused.error
    assert bytes(heard) == b""


async def test_the_users_of_the_deployed_server_may_do_their_part_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATS_BOT_PASSWORD", SECRET)
    monkeypatch.setenv("NATS_WORKER_PASSWORD", "w-" + SECRET)
    config = await asyncio.to_thread((ROOT / "deploy" / "nats.conf").read_text)
    refused: asyncio.Queue[str] = asyncio.Queue()

    async def note(fault: Exception) -> None:
        refused.put_nowait(str(fault))

    with nats_server(tmp_path, config.replace("port: 4222", "")) as server:
        bot = NatsSettings(url=server.url, user="bot", password=SecretStr(SECRET))
        worker = NatsSettings(url=server.url, user="worker", password=SecretStr("w-" + SECRET))
        settings = SandboxSettings()
        async with (
            Local(settings, rogue_command) as behind,
            Member(behind, settings, worker, device="cpu", name="deployed") as member,
            NatsSandbox(settings, bot) as sandbox,
        ):
            await member.joined()
            assert (await ask(sandbox, "echo", 1)).value == [1]
            assert (await sandbox.report()).members == 1
        client = Client()
        await client.connect(server.url, user="worker", password="w-" + SECRET, error_cb=note)
        await client.subscribe("_INBOX.>")
        await client.publish("stride.v1.ask.run.cpu", b"code")
        for subject in ("_inbox.>", "stride.v1.ask.run.cpu"):
            words = (await refused.get()).lower()
            assert "permissions violation" in words
            assert subject in words
        await client.close()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"url": f"nats://bot:{SECRET}@127.0.0.1:4222"}, "must hold no secret"),
        ({"url": "http://127.0.0.1:4222"}, "must be an address"),
        ({"url": "nats://127.0.0.1:1", "user": "bot"}, "go together"),
        ({"url": "nats://127.0.0.1:1", "token": SECRET, "nkey": "/a"}, "exclude one another"),
        ({"url": "nats://127.0.0.1:1", "tls_key": "/a"}, "go together"),
    ],
)
def test_settings_that_make_no_sense_are_named_and_not_shown(
    given: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        NatsSettings.model_validate(given)
    names = {f"STRIDE_NATS__{name.upper()}": value for name, value in given.items()}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=complaint) as told:
        load(names)
    assert command_line.main(["serve", "--device", "cpu"]) == 1
    said = capsys.readouterr().err
    assert complaint in said
    assert SECRET not in said + str(told.value)


@pytest.mark.long
async def test_a_worker_takes_its_secrets_from_the_environment_and_shows_them_nowhere(tmp_path: Path) -> None:
    config, _ = by_password(tmp_path)
    with nats_server(tmp_path, config) as server:
        environment = {
            "STRIDE_NATS__URL": server.url,
            "STRIDE_NATS__USER": "bot",
            "STRIDE_NATS__PASSWORD": SECRET,
            "STRIDE_SANDBOX__JAIL__MODE": "off",
        }
        async with unready_worker(environment=environment) as serving:
            await serving.says("ready at nats")
            shown = (await asyncio.to_thread(Path(f"/proc/{serving.process.pid}/cmdline").read_bytes)).decode()
            assert SECRET not in shown + "".join(serving.said)
