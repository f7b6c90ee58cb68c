"""The whole speaker at a real broker: what is commanded over MQTT is done, and what is done is shown."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.living import Living, wait_until
from tests.peers.mosquitto import Broker, Onlooker, needs_mosquitto, running
from tests.room.room import RATE, Recording, Room
from tests.utterances import say

pytestmark = [
    pytest.mark.system,
    pytest.mark.room,
    pytest.mark.models,
    pytest.mark.mosquitto,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    needs_mosquitto,
]

ROOT = "hearthd/kitchen"
STORY = "Once upon a time there was a king who had three daughters, and each of them loved the sea. " * 4


def configuration(broker: Broker) -> str:
    return (
        '[follow_up]\nseconds = 0.0\nquestion_seconds = 0.0\n[barge_in]\nmode = "wake_word"\n'
        f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\npublish_transcripts = true\n'
    )


def command(onlooker: Onlooker, command: str, payload: str = "PRESS") -> None:
    onlooker.publish(f"{ROOT}/{command}/set", payload)


def loud(recording: Recording, seconds: float) -> bool:
    """Whether the last ``seconds`` of the recording hold anything but silence."""
    return bool(np.abs(recording.pcm()[-int(seconds * RATE) :].astype(np.int32)).max(initial=0) > 300)


def test_everything_that_is_commanded_over_mqtt_is_done(room: Room, tmp_path: Path) -> None:  # noqa: PLR0915
    node = 'node = "kitchen"\n'
    with running(Broker(tmp_path / "broker")) as broker:
        onlooker = Onlooker(broker)
        with Living(room, tmp_path, configuration(broker), node) as speaker:
            onlooker.wait_for(f"{ROOT}/availability", "online", seconds=30)
            onlooker.wait_for(f"{ROOT}/state", "idle", seconds=30)
            assert "hearthd_kitchen" in onlooker.last("homeassistant/device/hearthd_kitchen/config")

            command(onlooker, "volume", "40")
            onlooker.wait_for(f"{ROOT}/volume", "40")
            with room.record() as recording:
                command(onlooker, "say", "Dinner is ready.")
                onlooker.wait_for(f"{ROOT}/state", "responding", seconds=30)
                onlooker.wait_for(f"{ROOT}/reply", "Dinner is ready.", seconds=30)
                assert loud(recording, 5.0)

                command(onlooker, "say", STORY)
                since = len(onlooker.seen)
                onlooker.wait_for(f"{ROOT}/state", "responding", since=since, seconds=30)
                wait_until(lambda: loud(recording, 0.5), "the story")
                command(onlooker, "stop")
                onlooker.wait_for(f"{ROOT}/state", "idle", since=since, seconds=10)
                time.sleep(1.0)  # what would have gone on would be in the recording now
                assert not loud(recording, 0.5)

            since = len(onlooker.seen)
            command(onlooker, "ask", "What is the capital of France?")
            turn = json.loads(onlooker.wait_for(f"{ROOT}/turn", since=since, seconds=60).payload)
            assert turn["heard"] == "What is the capital of France?"
            assert turn["ended"] == "completed"
            assert turn["spoken"]

            since = len(onlooker.seen)
            command(onlooker, "mute", "ON")
            onlooker.wait_for(f"{ROOT}/muted", "ON", since=since)
            onlooker.wait_for(f"{ROOT}/state", "muted", since=since)
            room.say(say("Hey Jarvis, what is the time?", "bf_emma", RATE)).wait()
            command(onlooker, "say", "I am still allowed to speak.")
            onlooker.wait_for(f"{ROOT}/reply", "I am still allowed to speak.", since=since, seconds=30)
            assert not [m for m in onlooker.seen[since:] if b'"wake"' in m.payload]

            onlooker.publish(f"{ROOT}/persona/set", "xiaoji")
            onlooker.wait_for(f"{ROOT}/persona", "xiaoji")
            onlooker.publish(f"{ROOT}/volume/set", "loud")
            events = f"{ROOT}/event"
            wait_until(lambda: any("error" in str(m.payload) for m in onlooker.on(events)), "refused")
            assert onlooker.last(f"{ROOT}/volume") == "40"

            speaker.process.send_signal(signal.SIGTERM)
            onlooker.wait_for(f"{ROOT}/availability", "offline", seconds=20)
        since = len(onlooker.seen)
        asks = say("中国的首都是哪里？", "zm_yunxi", RATE)  # made now: the speaker listens for 5 s only
        with Living(room, tmp_path, configuration(broker), node):
            onlooker.wait_for(f"{ROOT}/muted", "ON", since=since, seconds=30)
            onlooker.wait_for(f"{ROOT}/volume", "40", since=since)
            onlooker.wait_for(f"{ROOT}/persona", "xiaoji", since=since)
            since = len(onlooker.seen)
            command(onlooker, "mute", "OFF")
            onlooker.wait_for(f"{ROOT}/state", "idle", since=since, seconds=20)
            command(onlooker, "listen")
            onlooker.wait_for(f"{ROOT}/state", "listening", since=since, seconds=20)
            room.say(asks).wait()
            turn = json.loads(onlooker.wait_for(f"{ROOT}/turn", since=since, seconds=90).payload)
            assert "首都" in turn["heard"]
            assert turn["language"] == "zh"
        onlooker.close()


def test_a_frozen_broker_delays_no_answer(room: Room, tmp_path: Path) -> None:
    with running(Broker(tmp_path / "broker")) as broker:
        onlooker = Onlooker(broker)
        with Living(room, tmp_path, configuration(broker), 'node = "kitchen"\n') as speaker:
            onlooker.wait_for(f"{ROOT}/state", "idle", seconds=30)
            room.say(say("Hey Jarvis, what is the capital of Spain?", "bf_emma", RATE)).wait()
            [before] = speaker.after_turns(1)
            broker.freeze()
            wait_until(lambda: "idle" in speaker.status(), "idle")
            room.say(say("Hey Jarvis, what is the capital of Italy?", "bf_emma", RATE)).wait()
            after = speaker.after_turns(2)[1]
            broker.thaw()
            assert before.endpoint_ms is not None
            assert after.endpoint_ms is not None
            assert after.spoken
            assert after.endpoint_ms < 2 * before.endpoint_ms
        onlooker.close()
