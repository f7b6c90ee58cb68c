"""The speaker at a real broker: what others see, what they can command, and what happens when things die."""

from __future__ import annotations

import json

import pytest

from hearthd.dialogue.turn_record import TurnRecord, bounded
from hearthd.mqtt import commands as told
from tests.mqtt.conftest import Starts, elsewhere, settings
from tests.peers.mosquitto import Broker, Onlooker, needs_mosquitto

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto, needs_mosquitto]
ROOT = "hearthd/kitchen"


async def test_on_connecting_a_client_sees_the_device_then_every_value_then_online(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    await start(settings(broker))
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
    topics = [m.topic for m in onlooker.seen if not m.topic.endswith("/set")]
    assert topics[0] == "homeassistant/device/hearthd_kitchen/config"
    assert topics.index(f"{ROOT}/state") < topics.index(f"{ROOT}/availability")
    assert onlooker.last(f"{ROOT}/state") == "idle"
    assert onlooker.last(f"{ROOT}/muted") == "OFF"
    assert onlooker.last(f"{ROOT}/volume") == "70"
    later = Onlooker(broker)
    await elsewhere(later.wait_for, f"{ROOT}/availability", "online")
    assert {m.topic for m in later.seen if m.retain} >= {
        f"{ROOT}/state",
        f"{ROOT}/volume",
        "homeassistant/device/hearthd_kitchen/config",
    }
    later.close()


@pytest.mark.parametrize(
    "case",
    [
        ("stop", "PRESS", told.Stop()),
        ("listen", "PRESS", told.StartListening()),
        ("mute", "ON", told.Mute(True)),
        ("mute", "OFF", told.Mute(False)),
        ("volume", "42", told.SetValue("volume", 42)),
        ("say", "The door bell rang.", told.Say("The door bell rang.")),
        ("ask", "今天天气怎么样？", told.Ask("今天天气怎么样？")),
        ("announce", "Dinner!\nNow!", told.Announce("Dinner! Now!")),
        ("new_conversation", "PRESS", told.NewConversation()),
        ("wake_word", "alexa", told.SetValue("wake_word", "alexa")),
        ("wake_threshold", "0.6", told.SetValue("wake_threshold", 0.6)),
        ("persona", "pirate", told.SetValue("persona", "pirate")),
        ("voice", "zf_xiaoxiao", told.SetValue("voice", "zf_xiaoxiao")),
        ("barge_in", "speech", told.SetValue("barge_in", "speech")),
        ("restart", "PRESS", told.Restart()),
    ],
    ids=lambda case: f"{case[0]} {case[1]}",
)
async def test_every_command_arrives_and_is_acknowledged(
    broker: Broker, onlooker: Onlooker, start: Starts, case: tuple[str, str, told.MqttCommand]
) -> None:
    name, payload, command = case
    speaker = await start(settings(broker))
    await elsewhere(onlooker.publish, f"{ROOT}/{name}/set", payload, answer_to=f"{ROOT}/ack/me")
    answer = await elsewhere(onlooker.wait_for, f"{ROOT}/ack/me")
    assert json.loads(answer.payload) == {"ok": True}
    assert answer.correlation == b"question"
    assert speaker.commands == [command]


async def test_a_command_that_the_speaker_refuses_is_answered_with_the_reason_and_an_event(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    speaker = await start(settings(broker))
    speaker.refuses = "the microphone is muted"
    await elsewhere(onlooker.publish, f"{ROOT}/listen/set", "PRESS", answer_to=f"{ROOT}/ack/me")
    answer = await elsewhere(onlooker.wait_for, f"{ROOT}/ack/me")
    assert json.loads(answer.payload) == {"ok": False, "reason": "the microphone is muted"}
    event = json.loads((await elsewhere(onlooker.wait_for, f"{ROOT}/event")).payload)
    assert event["event_type"] == "error"
    assert event["reason"] == "the microphone is muted"


@pytest.mark.parametrize(
    "case",
    [
        ("volume", "101", "not a number"),
        ("volume", "loud", "not a number"),
        ("mute", "perhaps", "ON or OFF"),
        ("persona", "unknown", "not one of the options"),
        ("barge_in", "Speech", "not one of the options"),
        ("say", "   ", "no word"),
        ("say", b"\xff\xfe", "UTF-8"),
        ("announce", "x" * 8193, "longer than"),
        ("restart", "please", "PRESS"),
    ],
    ids=lambda case: f"{case[0]} {case[2]}",
)
async def test_a_bad_command_changes_nothing_and_is_answered_with_an_event(
    broker: Broker, onlooker: Onlooker, start: Starts, case: tuple[str, str | bytes, str]
) -> None:
    name, payload, reason = case
    speaker = await start(settings(broker))
    await elsewhere(onlooker.publish, f"{ROOT}/{name}/set", payload)
    event = json.loads((await elsewhere(onlooker.wait_for, f"{ROOT}/event")).payload)
    assert event["event_type"] == "error"
    assert event["command"] == name
    assert reason in event["reason"]
    assert speaker.commands == []


async def test_a_retained_command_is_ignored_live_and_on_the_next_connection(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    await elsewhere(onlooker.publish, f"{ROOT}/say/set", "old news", retain=True)
    speaker = await start(settings(broker))
    await elsewhere(onlooker.publish, f"{ROOT}/restart/set", "PRESS", retain=True)
    await elsewhere(onlooker.publish, f"{ROOT}/stop/set", "")
    await elsewhere(onlooker.publish, f"{ROOT}/mute/set", "ON")
    await speaker.until(lambda: bool(speaker.commands))
    assert speaker.commands == [told.Mute(True)]


async def test_nobody_can_make_the_speaker_answer_outside_its_own_topics(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    await start(settings(broker))
    await elsewhere(onlooker.publish, f"{ROOT}/volume/set", "5", answer_to="zigbee2mqtt/lock/set")
    await elsewhere(onlooker.publish, f"{ROOT}/volume/set", "6", answer_to=f"{ROOT}/ack/me")
    await elsewhere(onlooker.wait_for, f"{ROOT}/ack/me")
    assert not onlooker.on("zigbee2mqtt/lock/set")


async def test_home_assistants_birth_brings_everything_again(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    await start(settings(broker))
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
    seen = len(onlooker.seen)
    for _ in range(5):
        await elsewhere(onlooker.publish, "homeassistant/status", "online")
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online", since=seen)
    again = [m.topic for m in onlooker.seen[seen:]]
    assert again.count(f"{ROOT}/state") == 1
    assert again.index("homeassistant/device/hearthd_kitchen/config") < again.index(f"{ROOT}/state")


async def test_what_happened_while_the_broker_was_away_is_not_told_late(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    speaker = await start(settings(broker))
    broker.stop()
    await speaker.until(lambda: not speaker.statuses[-1].connected)
    speaker.client.publish_state("listening")
    speaker.client.event("wake", "t1")
    speaker.client.publish_state("responding")
    seen = len(onlooker.seen)
    broker.start()
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online", since=seen)
    speaker.client.event("turn_end", "t1")
    await elsewhere(onlooker.wait_for, f"{ROOT}/event", since=seen)
    after = onlooker.seen[seen:]
    assert [m.payload for m in after if m.topic == f"{ROOT}/state"] == [b"responding"]
    assert [json.loads(m.payload)["event_type"] for m in after if m.topic == f"{ROOT}/event"] == ["turn_end"]


async def test_a_speaker_that_leaves_says_so(broker: Broker, onlooker: Onlooker, start: Starts) -> None:
    speaker = await start(settings(broker))
    await speaker.client.stop()
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "offline")


async def test_what_people_say_stays_in_the_speaker_unless_wanted(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    action = bounded("reminder_set", {"text": "a secret"}, "a secret", "command", 1.0, done=True)
    record = TurnRecord(
        "t1", "c1", 0.0, heard="our secret", reply="a secret", spoken="a secret", actions=(action,)
    )
    for transcripts in (False, True):
        speaker = await start(settings(broker, publish_transcripts=transcripts))
        speaker.client.publish("heard", record.heard)
        speaker.client.event("turn_end", "t1", heard=record.heard)
        speaker.client.turn(record)
        await elsewhere(onlooker.wait_for, f"{ROOT}/turn")
        told_it = any(b"secret" in m.payload for m in onlooker.seen)
        (told,) = (json.loads(m.payload) for m in onlooker.seen if m.topic == f"{ROOT}/turn")
        assert [(one["name"], one["by"], one["done"]) for one in told["actions"]] == [
            ("reminder_set", "command", True)
        ]
        assert told_it is transcripts
        await speaker.client.stop()
        onlooker.seen.clear()


async def test_without_a_broker_configured_nothing_happens_at_all(start: Starts, broker: Broker) -> None:
    speaker = await start(settings(broker, host=""), connected=False)
    speaker.client.event("wake", "t1")
    assert speaker.client.link.connected is False
