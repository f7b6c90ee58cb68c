"""``hearthd say|ask|stop|mute|status`` and ``discovery`` against a running speaker at a real broker."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from hearthd.cli.commands import discovery, remote, timers
from hearthd.dialogue.events import EchoMeasured
from hearthd.mqtt import commands as told
from hearthd.mqtt import payloads
from hearthd.mqtt.timer_commands import TimerWish
from tests.mqtt.conftest import Speaker, Starts, elsewhere, settings
from tests.peers.mosquitto import Broker, Onlooker, needs_mosquitto, running

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto, needs_mosquitto]


def main(words: list[str]) -> int:
    """``hearthd`` with these words, and only the commands that this file is about."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    remote.register(commands)
    timers.register(commands)
    discovery.register(commands)
    parsed = parser.parse_args(words)
    return int(parsed.run(parsed))


@pytest.fixture
def config(broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The configuration file of the speaker in the kitchen."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    file = tmp_path / "hearthd.toml"
    file.write_text(f'node = "kitchen"\n[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n')
    return str(file)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["say", "The washing", "machine is done."], told.Say("The washing machine is done.")),
        (["ask", "现在几点了？"], told.Ask("现在几点了？")),
        (["stop"], told.Stop()),
        (["mute", "on"], told.Mute(True)),
        (["mute", "off"], told.Mute(False)),
        (["timers", "add", "10m", "pasta"], told.SetTimer(TimerWish("timer", "pasta", 600.0))),
        (["timers", "cancel", "pasta"], told.CancelTimer("pasta")),
    ],
)
async def test_a_command_from_the_command_line_reaches_the_speaker(
    broker: Broker, start: Starts, config: str, words: list[str], command: told.MqttCommand
) -> None:
    speaker: Speaker = await start(settings(broker))
    assert await elsewhere(main, [*words, "--config", config]) == 0
    assert speaker.commands == [command]


async def test_status_shows_what_the_speaker_shows(
    broker: Broker, start: Starts, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    speaker: Speaker = await start(settings(broker))
    speaker.client.publish("health/microphone", False)
    speaker.client.publish("echo", payloads.echo_json(EchoMeasured(1.0, 23.4, 61.0, False)))
    assert await elsewhere(main, ["status", "--config", config]) == 0
    shown = capsys.readouterr().out
    assert "kitchen" in shown
    assert "idle" in shown
    assert "does not work" in shown
    assert "23 dB taken out, the room not learned yet, 61 ms late" in shown


@pytest.mark.parametrize("words", [["say", "x"], ["status"], ["stop"]])
async def test_without_a_running_speaker_it_fails_and_says_what_to_look_at(
    config: str, capsys: pytest.CaptureFixture[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthd.mqtt.remote_control.PATIENCE_SECONDS", 0.3)
    assert await elsewhere(main, [*words, "--config", config]) == 1
    assert "systemctl status hearthd" in capsys.readouterr().err


async def test_a_refusal_is_shown_with_its_reason(
    broker: Broker, start: Starts, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    speaker: Speaker = await start(settings(broker))
    speaker.refuses = "the voice is broken"
    assert await elsewhere(main, ["say", "hello", "--config", config]) == 1
    assert "the voice is broken" in capsys.readouterr().err
    assert await elsewhere(main, ["say", "...", "--config", config]) == 1
    assert "no word" in capsys.readouterr().err


def test_without_a_broker_in_the_configuration_it_says_how_to_name_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hearthd.toml"
    file.write_text("")
    assert main(["stop", "--config", str(file)]) == 1
    assert "[mqtt]" in capsys.readouterr().err


def test_a_broker_that_is_not_there_or_lets_nobody_in_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(Broker(tmp_path / "broker", users={"kitchen": "right"})) as broker:
        file = tmp_path / "hearthd.toml"
        file.write_text(f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\nusername = "kitchen"\n')
        assert main(["stop", "--config", str(file)]) == 1
        assert "'kitchen'" in capsys.readouterr().err
    assert main(["stop", "--config", str(file)]) == 1
    assert "cannot reach the broker" in capsys.readouterr().err


def test_discovery_prints_the_payload_and_clears_the_device(
    broker: Broker, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discovery", "print", "--config", config]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["cmps"]["state"]["p"] == "sensor"
    topic = "homeassistant/device/hearthd_kitchen/config"
    assert topic in printed.err
    onlooker = Onlooker(broker)
    onlooker.publish(topic, "{}", retain=True)
    assert main(["discovery", "clear", "--config", config]) == 0
    onlooker.wait_for(topic, "")
    onlooker.close()
