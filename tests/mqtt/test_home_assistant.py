"""The speaker in a real Home Assistant: its entities appear, show what it does, and command what they say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hearthd.dialogue.events import EchoMeasured
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.mqtt import commands as told
from hearthd.mqtt import payloads
from hearthd.mqtt.ha_options import HaOptions
from tests.mqtt.conftest import CHOICES, Starts, elsewhere, settings
from tests.peers.home_assistant import Live
from tests.peers.mosquitto import Broker, needs_mosquitto, running

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto, needs_mosquitto, pytest.mark.slow]
DEVICE = "hearthd_kitchen"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all: Home Assistant takes its time to start."""
    with running(Broker(tmp_path_factory.mktemp("broker"))) as started:
        yield started


@pytest.fixture(scope="module")
def home_assistant(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A Home Assistant at that broker."""
    live = Live(tmp_path_factory.mktemp("home_assistant") / "config", broker.port)
    yield live
    live.close()


async def test_every_entity_works_without_a_line_of_yaml(
    broker: Broker, home_assistant: Live, start: Starts
) -> None:
    speaker = await start(settings(broker, publish_transcripts=True))
    speaker.client.publish("wake_word", "alexa")
    speaker.client.publish("wake_threshold", 0.5)
    speaker.client.publish("persona", "pirate")
    speaker.client.publish("voice", "heart")
    speaker.client.publish("barge_in", "wake_word")
    speaker.client.publish("echo", payloads.echo_json(EchoMeasured(1.0, 23.4, 61.0, True)))
    speaker.client.publish("heard", "长" * 300)
    for part in ("microphone", "speaker", "asr", "chat", "voice"):
        speaker.client.publish(f"health/{part}", part != "chat")
    states = {
        "state": "idle",
        "mute": "off",
        "volume": "70",
        "wake_word": "alexa",
        "wake_threshold": "0.5",
        "persona": "pirate",
        "voice": "heart",
        "barge_in": "wake_word",
        "echo": "23.4",
        "heard": "长" * 254 + "…",
        "software": "off",
        "microphone_health": "on",
        "model_health": "off",
    }
    for key, state in states.items():
        await elsewhere(home_assistant.wait, f"{DEVICE}_{key}", state)
    speaker.client.turn(TurnRecord("t1", "c1", 0.0, first_audible_ms=812.0))
    await elsewhere(home_assistant.wait, f"{DEVICE}_latency", "812.0")
    for domain, service, entity, data, command in (
        ("button", "press", "button.hearthd_kitchen_stop", {}, told.Stop()),
        ("button", "press", "button.hearthd_kitchen_listen", {}, told.StartListening()),
        ("button", "press", "button.hearthd_kitchen_restart", {}, told.Restart()),
        ("switch", "turn_on", "switch.hearthd_kitchen_mute", {}, told.Mute(True)),
        ("number", "set_value", "number.hearthd_kitchen_volume", {"value": 35}, told.SetValue("volume", 35)),
        ("text", "set_value", "text.hearthd_kitchen_say", {"value": "hello"}, told.Say("hello")),
        (
            *("notify", "send_message", "notify.hearthd_kitchen_announce"),
            *({"message": "x " * 400}, told.Announce(" ".join("x" * 400))),
        ),
        (
            *("select", "select_option", "select.hearthd_kitchen_persona"),
            *({"option": "hearthd"}, told.SetValue("persona", "hearthd")),
        ),
        (
            *("select", "select_option", "select.hearthd_kitchen_barge_in"),
            *({"option": "speech"}, told.SetValue("barge_in", "speech")),
        ),
    ):
        await elsewhere(home_assistant.call, domain, service, entity, **data)
        await speaker.until(lambda command=command: command in speaker.commands)  # type: ignore[misc]
    await elsewhere(home_assistant.wait, f"{DEVICE}_mute", "on")
    await elsewhere(home_assistant.wait, f"{DEVICE}_volume", "35")
    assert home_assistant.complaints() == ""


async def test_a_select_whose_options_are_gone_disappears_and_comes_back(
    broker: Broker, home_assistant: Live, start: Starts
) -> None:
    speaker = await start(settings(broker))
    speaker.client.publish("voice", "heart")
    await elsewhere(home_assistant.wait, f"{DEVICE}_voice", "heart")
    speaker.client.set_options(HaOptions(CHOICES.wake_words, CHOICES.personas))
    await elsewhere(home_assistant.wait, f"{DEVICE}_voice", None)
    speaker.client.set_options(HaOptions(CHOICES.wake_words, CHOICES.personas, ("another",)))
    speaker.client.publish("voice", "another")
    await elsewhere(home_assistant.wait, f"{DEVICE}_voice", "another")


async def test_everything_is_right_again_after_speaker_and_broker_have_died(
    broker: Broker, home_assistant: Live, start: Starts
) -> None:
    speaker = await start(settings(broker))
    await elsewhere(home_assistant.wait, f"{DEVICE}_state", "idle")
    await speaker.client.stop()
    await elsewhere(home_assistant.wait, f"{DEVICE}_state", "unavailable")
    second = await start(settings(broker))
    await elsewhere(home_assistant.wait, f"{DEVICE}_state", "idle")
    broker.restart()
    second.client.publish_state("listening")
    await elsewhere(home_assistant.wait, f"{DEVICE}_state", "listening")
