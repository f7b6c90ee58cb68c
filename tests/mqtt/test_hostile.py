"""Whatever is published at the speaker, it lives on unchanged."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.dialogue.turn_record import TurnRecord, bounded
from hearthd.mqtt import commands, payloads
from hearthd.mqtt.commands import COMMANDS, BadCommandError, MqttCommand
from hearthd.mqtt.ha_options import HaOptions
from tests.mqtt.conftest import Starts, elsewhere
from tests.mqtt.conftest import settings as configuration
from tests.peers.flood import publish_all
from tests.peers.mosquitto import Broker, Onlooker, needs_mosquitto

pytestmark = pytest.mark.integration

CHOICES = HaOptions(("hey_jarvis",), ("hearthd",), ())


def read(name: str, payload: bytes) -> tuple[MqttCommand | None, str]:
    """The command, or the reason why it is none."""
    try:
        return commands.parse(name, payload, CHOICES), ""
    except BadCommandError as bad:
        return None, str(bad)


SPOKEN = ("say", "ask", "announce", "stop", "timer_cancel")
"""Orders that take any text."""


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(name=st.sampled_from(COMMANDS), payload=st.one_of(st.binary(max_size=64), st.text().map(str.encode)))
def test_ten_thousand_random_payloads_are_commands_or_have_a_reason(name: str, payload: bytes) -> None:
    command, reason = read(name, payload)
    assert (command is None) == bool(reason)
    match command:
        case commands.SetValue("volume", level):
            assert 0 <= level <= 100
        case commands.SetValue("wake_threshold", value):
            assert 0 < value < 1
        case commands.Say(text) | commands.Ask(text) | commands.Announce(text):
            assert text
            assert text.isprintable()
        case commands.SetValue("voice"):
            raise AssertionError("there is no voice to choose")


@pytest.mark.parametrize(
    ("name", "written", "command"),
    [
        ("volume", "55.00000000000001", commands.SetValue("volume", 55)),
        ("volume", "54.99999999999999", commands.SetValue("volume", 55)),
        ("volume", "100.00000000000001", commands.SetValue("volume", 100)),
        ("volume", "-1e-15", commands.SetValue("volume", 0)),
        ("volume", "5.5e1", commands.SetValue("volume", 55)),
        ("volume", " 70.0\n", commands.SetValue("volume", 70)),
        ("volume", "+40", commands.SetValue("volume", 40)),
        ("volume", "30.", commands.SetValue("volume", 30)),
        ("volume", "007", commands.SetValue("volume", 7)),
        ("wake_threshold", "0.30000000000000004", commands.SetValue("wake_threshold", 0.3)),
        ("wake_threshold", "0.9500000000000001", commands.SetValue("wake_threshold", 0.95)),
        ("wake_threshold", ".5", commands.SetValue("wake_threshold", 0.5)),
        ("wake_threshold", "5e-1", commands.SetValue("wake_threshold", 0.5)),
        ("mute", "True", commands.Mute(True)),
        ("mute", "0", commands.Mute(False)),
    ],
)
def test_a_value_as_a_template_computes_it_is_a_command(
    name: str, written: str, command: MqttCommand
) -> None:
    assert read(name, written.encode()) == (command, "")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        *[("volume", one) for one in ("100.6", "-1", "1e3", "nan", "inf", "٥٥", "1_0", "0x10", "5,5")],
        *[("volume", one) for one in ("", ".", "e5", "5e", "1e999", "9" * 400, "1" + "0" * 25, "5 5")],
        *[("wake_threshold", one) for one in ("0.04", "1", "0.96", "unknown", "None")],
        *[("mute", one) for one in ("2", "unavailable", "", "ON OFF")],
    ],
)
def test_what_is_no_value_is_refused_with_its_bounds(name: str, written: str) -> None:
    command, reason = read(name, written.encode())
    assert command is None
    assert "a number from" in reason or "ON or OFF" in reason


@settings(deadline=None)
@given(st.text(min_size=1))
def test_a_reason_never_repeats_what_was_sent(text: str) -> None:
    marked = f"Geheimnis {text}"
    for name in COMMANDS:
        command, reason = read(name, marked.encode())
        assert "Geheimnis" not in f"{command!r} {reason}"


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=20),
        st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.just("长" * 9000), st.just("\ud800")),
        max_size=8,
    )
)
def test_events_are_always_json_that_home_assistant_can_record(fields: dict[str, Any]) -> None:
    text = payloads.event_json("error", None, fields, transcripts=True)
    assert len(text.encode()) <= 16_384
    assert json.loads(text)["event_type"] == "error"


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=20),
            st.one_of(st.text(), st.floats(), st.just("长" * 9000), st.just("\ud800"), st.just(object())),
            max_size=8,
        ),
        max_size=25,
    ),
    st.booleans(),
)
def test_a_turn_that_did_whatever_is_json_that_home_assistant_can_record(
    calls: list[dict[str, Any]], transcripts: bool
) -> None:
    actions = [bounded("长" * 200, call, "长" * 900, "model", 1.0, done=True) for call in calls]
    record = TurnRecord("t", "c", 0.0, heard="长" * 9000, reply="长" * 9000, actions=tuple(actions))
    text = payloads.turn_json(record, transcripts)
    assert len(text.encode()) <= 16_384
    assert len(json.loads(text)["actions"]) <= len(actions)


@settings(deadline=None)
@given(st.text())
def test_a_shown_text_fits_into_a_state(text: str) -> None:
    assert len(payloads.plain(text)) <= 255
    assert payloads.plain(text[:255]) == text[:255]


@pytest.mark.mosquitto
@needs_mosquitto
async def test_ten_thousand_random_messages_leave_the_speaker_alive_and_as_it_was(
    broker: Broker, start: Starts
) -> None:
    speaker = await start(configuration(broker))
    onlooker = await elsewhere(Onlooker, broker)
    await elsewhere(onlooker.wait_for, "hearthd/kitchen/availability", "online")
    shown = {m.topic: m.payload for m in onlooker.seen if m.retain or m.topic.endswith("state")}
    onlooker.close()
    rng = random.Random(1)
    silent = [name for name in COMMANDS if name not in SPOKEN] + ["../x", "", "status"]
    junk = [  # of three bytes and more: a digit alone is a command to some
        (f"hearthd/kitchen/{rng.choice(silent)}/set", rng.randbytes(rng.randrange(3, 200)).decode("latin-1"))
        for _ in range(10_000)
    ]
    junk = [(topic, payload) for topic, payload in junk if not payload.strip().isdigit()]  # a byte may be "5"
    await elsewhere(publish_all, broker.port, junk)
    later = await elsewhere(Onlooker, broker)
    await elsewhere(later.publish, "hearthd/kitchen/stop/set", "PRESS", answer_to="hearthd/kitchen/ack/me")
    await elsewhere(later.wait_for, "hearthd/kitchen/ack/me", seconds=30)
    await asyncio.sleep(0)
    assert speaker.commands == [commands.Stop()]
    for topic, payload in shown.items():
        assert later.last(topic) == payload.decode(), topic
    assert speaker.client.link.ok
    later.close()
