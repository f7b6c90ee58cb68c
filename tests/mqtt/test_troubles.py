"""What happens when the broker, the network or somebody else misbehaves."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from hearthd.mqtt import commands as told
from hearthd.mqtt.client import MqttClient
from hearthd.mqtt.commands import COMMANDS
from hearthd.mqtt.entities import VALUES
from tests.mqtt.conftest import CHOICES, Speaker, Starts, elsewhere, settings
from tests.peers.flood import publish_all
from tests.peers.mosquitto import Broker, Certificates, Onlooker, needs_mosquitto, running

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto, needs_mosquitto, pytest.mark.slow]
ROOT = "hearthd/kitchen"
DISCOVERY = "homeassistant/device/hearthd_kitchen/config"


async def test_the_broker_may_come_after_the_speaker(tmp_path: Path, start: Starts) -> None:
    broker = Broker(tmp_path / "broker")
    speaker = await start(settings(broker), connected=False)
    assert "cannot reach the broker" in await speaker.until_fault("cannot reach")
    with running(broker):
        await speaker.until_connected()


async def test_a_broker_that_restarts_knowing_nothing_learns_everything_again(
    broker: Broker, start: Starts
) -> None:
    speaker = await start(settings(broker))
    broker.stop()
    await speaker.until(lambda: not speaker.statuses[-1].connected)
    speaker.client.publish("volume", 31)
    broker.start()
    onlooker = await elsewhere(Onlooker, broker)
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
    assert onlooker.last(f"{ROOT}/volume") == "31"
    await elsewhere(onlooker.publish, f"{ROOT}/stop/set", "PRESS")
    await speaker.until(lambda: told.Stop() in speaker.commands)
    onlooker.close()


async def test_after_kill_9_it_is_seen_offline_at_once(broker: Broker, onlooker: Onlooker) -> None:
    program = textwrap.dedent(f"""
        import asyncio
        from hearthd.mqtt.ha_options import HaOptions
        from hearthd.mqtt.client import MqttClient
        from hearthd.config.settings import Settings
        async def main():
            mqtt = {{"host": "127.0.0.1", "port": {broker.port}}}
            settings = Settings.model_validate({{"node": "kitchen", "mqtt": mqtt}})
            MqttClient(settings, print, HaOptions()).start()
            await asyncio.Event().wait()
        asyncio.run(main())
    """)
    process = await elsewhere(subprocess.Popen, [sys.executable, "-c", program])
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online", seconds=30)
    process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    process.wait()
    gone = await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "offline")
    assert gone.at - killed < 5  # the broker's reaction to a reset connection, not its keepalive


async def test_the_will_of_an_earlier_life_does_not_leave_the_speaker_offline(
    broker: Broker, onlooker: Onlooker, start: Starts
) -> None:
    await start(settings(broker))
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
    seen = len(onlooker.seen)
    await elsewhere(onlooker.publish, f"{ROOT}/availability", "offline", retain=True)
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online", since=seen)


async def test_a_frozen_broker_delays_nothing_and_is_noticed(broker: Broker, start: Starts) -> None:
    speaker = await start(settings(broker), keepalive=2)
    broker.freeze()
    begun = time.process_time()
    slowest = 0.0
    for n in range(2000):
        before = time.perf_counter()
        speaker.client.publish("volume", n % 100)
        speaker.client.event("wake", f"t{n}")
        slowest = max(slowest, time.perf_counter() - before)
    assert time.process_time() - begun < 5
    assert slowest < 1
    await speaker.until(lambda: not speaker.statuses[-1].connected, 20)
    broker.thaw()
    await speaker.until_connected()


async def test_a_frozen_broker_does_not_keep_the_speaker_from_leaving(broker: Broker, start: Starts) -> None:
    speaker = await start(settings(broker))
    broker.freeze()
    async with asyncio.timeout(8):
        await speaker.client.stop()


@pytest.mark.parametrize("password", ["mistaken", None])
async def test_a_wrong_password_is_named_once_and_mended_without_a_restart(
    tmp_path: Path, start: Starts, password: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "password"
    if password is not None:
        file.write_text("mistaken")
    with running(Broker(tmp_path / "broker", users={"kitchen": "right"})) as broker:
        configuration = settings(broker, username="kitchen", password_file=str(file))
        speaker = await start(configuration, connected=False)
        fault = await speaker.until_fault("password")
        assert ("'kitchen'" if password else str(file)) in fault
        assert "mistaken" not in fault
        file.write_text("right\n")
        await speaker.until_connected()
        assert sum("password" in record.getMessage() for record in caplog.records) == 1


async def test_a_credential_of_systemd_serves_as_password(
    tmp_path: Path, start: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mqtt_password").write_text("right")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with running(Broker(tmp_path / "broker", users={"kitchen": "right"})) as broker:
        await start(settings(broker, username="kitchen"))


RIGHTS = """
user house
topic readwrite #
user kitchen
topic readwrite hearthd/kitchen/#
topic write homeassistant/device/hearthd_kitchen/config
topic read homeassistant/status
"""


async def test_the_rights_in_the_manual_are_all_that_the_speaker_needs(tmp_path: Path, start: Starts) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "home-assistant.md").read_text("utf-8")
    for line in RIGHTS.strip().splitlines()[3:]:
        assert line in manual
    users = {"kitchen": "right", "house": "right"}
    with running(Broker(tmp_path / "broker", users=users, rights=RIGHTS)) as broker:
        secret = tmp_path / "password"
        secret.write_text("right")
        speaker = await start(settings(broker, username="kitchen", password_file=str(secret)))
        with pytest.raises(TimeoutError):  # the self-test takes 5 s at most
            await speaker.until_fault("", seconds=5.5)
        assert speaker.client.link.ok


def rights_without(verb: str, topic: str) -> str:
    """Rights to ``verb`` every topic of the speaker except one, and to do the opposite everywhere."""
    other = "write" if verb == "read" else "read"
    names = [f"{name}/set" for name in COMMANDS] + [*VALUES, "availability", "software", "status/get"]
    lines = [
        f"topic {other} hearthd/kitchen/#",
        f"topic write {DISCOVERY}",
        "topic read homeassistant/status",
    ]
    lines += [f"topic {verb} {ROOT}/{name}" for name in names]
    return "\n".join(["user kitchen", *(line for line in lines if line != f"topic {verb} {topic}")]) + "\n"


@pytest.mark.parametrize(
    "denied",
    [
        ("read", f"{ROOT}/say/set"),
        ("read", f"{ROOT}/stop/set"),
        ("write", f"{ROOT}/say/set"),
        ("write", f"{ROOT}/state"),
        ("write", DISCOVERY),
    ],
)
async def test_a_topic_that_the_broker_denies_is_named(
    tmp_path: Path, start: Starts, denied: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb, topic = denied
    monkeypatch.setattr("hearthd.mqtt.connection.SELF_TEST_SECONDS", 1.0)
    rights = rights_without(verb, topic)
    with running(Broker(tmp_path / "broker", users={"kitchen": "right"}, rights=rights)) as broker:
        secret = tmp_path / "password"
        secret.write_text("right")
        speaker = await start(settings(broker, username="kitchen", password_file=str(secret)))
        await speaker.until_fault(f"{verb} {topic}")
        assert len({f for s in speaker.statuses for f in s.faults}) == 1


async def test_two_clients_with_one_client_id_are_named_and_do_not_fight(
    broker: Broker, start: Starts
) -> None:
    first = await start(settings(broker, client_id="twin"))
    second = await start(settings(broker, "bedroom", client_id="twin"))
    both = (first, second)
    fault = asyncio.wait(
        [asyncio.create_task(s.until_fault("client id 'twin'", 60)) for s in both],
        return_when=asyncio.FIRST_COMPLETED,
    )
    await fault
    assert sum(len(s.statuses) for s in both) < 60


async def test_two_speakers_of_one_name_on_one_machine_are_told_apart_by_the_fault(
    broker: Broker, start: Starts
) -> None:
    first, second = await start(settings(broker)), await start(settings(broker))
    waits = [asyncio.create_task(s.until_fault("its own node", 60)) for s in (first, second)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def test_tls_with_a_client_certificate_and_the_brokers_name_checked(
    tmp_path: Path, start: Starts
) -> None:
    made = Certificates.make(tmp_path / "certificates")
    broker = Broker(tmp_path / "broker", certificates=made, client_certificates=True)
    files: dict[str, Any] = {"tls": True, "ca_file": str(made.authority)}
    own = {"cert_file": str(made.client), "key_file": str(made.client_key)}
    with running(broker):
        await start(settings(broker, **files, **own))
        unknown = await start(settings(broker, "a", **files), connected=False)
        assert await unknown.until_fault("broker")
        stranger = await start(settings(broker, "b", tls=True, **own), connected=False)
        assert "certificate" in await stranger.until_fault("is not good")
        broken = await start(settings(broker, "c", tls=True, ca_file="/nowhere.pem"), connected=False)
        assert "/nowhere.pem" in await broken.until_fault("cannot read")
        onlooker = await elsewhere(Onlooker, broker)
        await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
        onlooker.close()


async def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path, start: Starts) -> None:
    made = Certificates.make(tmp_path / "certificates", server_name="elsewhere")
    with running(Broker(tmp_path / "broker", certificates=made)) as broker:
        speaker = await start(settings(broker, tls=True, ca_file=str(made.authority)), connected=False)
        assert "localhost" in await speaker.until_fault("is not good")


async def test_a_command_whose_handling_breaks_ends_nothing(broker: Broker, onlooker: Onlooker) -> None:
    def breaks(command: told.MqttCommand) -> None:
        raise ZeroDivisionError

    client = MqttClient(settings(broker), breaks, CHOICES)
    client.start()
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
    for _ in range(2):
        seen = len(onlooker.seen)
        await elsewhere(onlooker.publish, f"{ROOT}/stop/set", "PRESS", answer_to=f"{ROOT}/ack/me")
        answer = await elsewhere(onlooker.wait_for, f"{ROOT}/ack/me", since=seen)
        assert b"false" in answer.payload
    await client.stop()


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_stop_after_20000_commands_acts_at_once_and_nothing_sent_before_it_follows(
    broker: Broker, start: Starts, qos: int
) -> None:
    speaker = await start(settings(broker))
    commands = [
        (f"{ROOT}/{name}/set", str(n % 100))
        for n, name in enumerate(["volume", "say", "ask", "announce"] * 5000)
    ]
    sent = await elsewhere(publish_all, broker.port, [*commands, (f"{ROOT}/stop/set", "PRESS")], qos=qos)
    await speaker.until(lambda: told.Stop() in speaker.commands)
    assert speaker.at[speaker.commands.index(told.Stop())] - sent < 2  # for a hang; the bench measures
    onlooker = await elsewhere(Onlooker, broker)
    await elsewhere(onlooker.publish, f"{ROOT}/say/set", "after", answer_to=f"{ROOT}/ack/me")
    await elsewhere(onlooker.wait_for, f"{ROOT}/ack/me", seconds=30)
    onlooker.close()
    after = speaker.commands[speaker.commands.index(told.Stop()) + 1 :]
    assert [o for o in after if not isinstance(o, told.SetValue)] == [told.Say("after")]
    assert len(speaker.commands) < 1000


async def test_a_speaker_in_trouble_is_still_only_one_log_line(
    tmp_path: Path, start: Starts, caplog: pytest.LogCaptureFixture
) -> None:
    speaker: Speaker = await start(settings(Broker(tmp_path / "none")), connected=False)
    await speaker.until_fault("cannot reach")
    await asyncio.sleep(2)  # four attempts
    assert sum("cannot reach" in record.getMessage() for record in caplog.records) == 1
