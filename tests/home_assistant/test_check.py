"""``hearthd check`` and Home Assistant: what its section must hold, and whether it answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthd.app import online_check
from hearthd.config.loader import ConfigError, load
from hearthd.config.outgoing import token_in_clear
from hearthd.config.settings import HomeAssistantSettings, Settings
from tests.home_assistant.conftest import settings_for
from tests.peers.home_assistant_http import TOKEN, HomeAssistantPeer

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('url = "homeassistant.local:8123"', "url"),
        ('url = "ftp://h"', "url"),
        ('url = "http://ann:hunter2@h:8123"', "url"),
        ('url = "http://h:8123/?token=x"', "url"),
        ('url = "http://h"\nca_file = "/etc/ca.pem"', "ca_file does nothing without an https address"),
        ('token = "abc"', "unknown key"),
        ('url = "http://h"\ntoken_flie = "x"', 'did you mean "token_file"?'),
    ],
)
def test_a_wrong_section_is_refused(tmp_path: Path, section: str, said: str) -> None:
    file = tmp_path / "hearthd.toml"
    file.write_text(f"[home_assistant]\n{section}\n")
    with pytest.raises(ConfigError) as refused:
        load(str(file), {})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("url", "clear"),
    [
        ("http://192.168.1.5:8123", ["192.168.1.5:8123"]),
        ("https://h:8123", []),
        ("http://127.0.0.1:8123", []),
        ("", []),
    ],
)
def test_a_token_that_can_be_read_on_the_way_is_named(url: str, clear: list[str]) -> None:
    assert token_in_clear(Settings(home_assistant=HomeAssistantSettings(url=url))) == clear


async def tried(settings: Settings) -> online_check.CheckResult:
    return await online_check._try("home_assistant", lambda: online_check._home_assistant(settings))


async def test_it_is_tried_and_its_version_told(peer: HomeAssistantPeer, tmp_path: Path) -> None:
    settings = Settings(home_assistant=settings_for(peer, tmp_path))
    result = await tried(settings)
    assert (result.ok, result.detail.split(" (")[0]) == (True, f"version 2026.11.0 at {peer.url}")
    assert "no TLS" in result.detail
    peer.token = "another"
    result = await tried(settings)
    assert not result.ok
    assert "make a new long-lived access token" in result.detail
    assert TOKEN not in result.detail
    assert (await tried(Settings())).detail == "not configured"
