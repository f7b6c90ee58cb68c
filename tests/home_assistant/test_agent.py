"""What Home Assistant is asked and answers; and whatever it does instead is an error with a name."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hearthd.common.errors import EngineError
from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.home_assistant import agent
from hearthd.home_assistant.agent import HomeAssistant, about, guarded_names
from hearthd.home_assistant.answer import MAX_SPEECH, AnswerKind, HomeAnswer, answer_of
from hearthd.home_assistant.connection import (
    HomeConnection,
    NoSuchThingError,
    TokenError,
    UncertainError,
    UnreachableError,
    UntrustedError,
    token,
)
from tests.home_assistant.conftest import Told, settings_for
from tests.peers.home_assistant_http import TOKEN, HomeAssistantPeer
from tests.peers.mosquitto import Certificates

pytestmark = pytest.mark.integration


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (what is waited for has no event for us)
            await asyncio.sleep(0.01)


SPEAKER = "sensor.hearthd_kitchen_state"


async def ask(ours: HomeAssistant, text: str, language: str = "en", **more: str) -> HomeAnswer:
    return await ours.ask(text, language, seconds=2.0, **more)


# --- what it is asked, and answers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Turn on the kitchen light.", "en", "Turned on the kitchen light"),
        ("打开厨房的灯。", "zh", "已打开"),
    ],
)
async def test_a_light_is_switched(
    peer: HomeAssistantPeer, ours: HomeAssistant, text: str, language: str, said: str
) -> None:
    answer = await ask(ours, text, language)
    assert (answer.kind, answer.done, answer.speech) == (AnswerKind.DONE, True, said)
    assert answer.success == ("kitchen light",)
    assert peer.house.is_on("light.kitchen")
    assert peer.asked[0]["agent_id"] == "conversation.home_assistant"
    assert peer.asked[0]["language"] == {"en": "en", "zh": "zh-CN"}[language]


@pytest.mark.parametrize(("text", "language"), [("Turn on the lights", "en"), ("把灯打开", "zh")])
async def test_without_a_room_it_is_that_of_the_speaker(
    peer: HomeAssistantPeer, ours: HomeAssistant, text: str, language: str
) -> None:
    peer.house.speakers[SPEAKER] = "bedroom"
    assert (await ask(ours, text, language, satellite=SPEAKER)).done
    assert peer.house.is_on("light.bedroom")
    assert not peer.house.is_on("light.kitchen")


async def test_one_that_knows_no_satellites_is_asked_without_and_never_with_one_again(
    peer: HomeAssistantPeer, ours: HomeAssistant
) -> None:
    peer.old = True
    for _ in range(3):
        assert (await ask(ours, "Turn on the kitchen light", satellite=SPEAKER)).done
    assert [status for *_, status in peer.requests] == [400, 200, 200, 200]


@pytest.mark.parametrize(
    ("text", "language", "kind", "said"),
    [
        ("Is the kitchen light on?", "en", AnswerKind.ANSWERED, "No, kitchen light is off"),
        ("厨房的灯开着吗？", "zh", AnswerKind.ANSWERED, "没有"),
        (
            "Turn on the dragon",
            "en",
            AnswerKind.NO_TARGETS,
            "Sorry, I am not aware of any device called dragon",
        ),
        ("打开恐龙", "zh", AnswerKind.NO_TARGETS, "抱歉，找不到名为 恐龙 的设备"),
        ("Who wrote Hamlet?", "en", AnswerKind.NO_INTENT, "Sorry, I couldn't understand that"),
        ("谁写了红楼梦？", "zh", AnswerKind.NO_INTENT, "抱歉，我无法理解您的意思，你可以尝试换个说法"),
        ("set a timer", "en", AnswerKind.FAILED, "Sorry, timers are not supported on this device"),
    ],
)
async def test_what_came_of_it_is_told_apart(
    ours: HomeAssistant, text: str, language: str, kind: AnswerKind, said: str
) -> None:
    answer = await ask(ours, text, language)
    assert (answer.kind, answer.speech) == (kind, said)
    assert answer.understood == (kind in (AnswerKind.ANSWERED, AnswerKind.FAILED))


async def test_what_failed_is_not_done_and_half_of_it_is(
    peer: HomeAssistantPeer, ours: HomeAssistant
) -> None:
    peer.house.speakers[SPEAKER] = "bedroom"
    peer.house.things[1].broken = True
    answer = await ask(ours, "turn on the bedroom light")
    assert (answer.kind, answer.done) == (AnswerKind.FAILED, False)
    data: dict[str, Any] = {"success": [], "failed": [{"name": "a", "type": "entity"}]}
    half = {"response_type": "action_done", "data": data}
    assert not answer_of({"response": half}).done
    data["success"] = [{"name": "b", "type": "entity", "id": None}]
    assert answer_of({"response": half}).done


async def test_the_next_sentence_belongs_to_the_same_conversation(
    peer: HomeAssistantPeer, ours: HomeAssistant
) -> None:
    first = await ask(ours, "turn on the kitchen light")
    await ask(ours, "turn off the kitchen light", conversation=first.conversation_id)
    assert first.conversation_id.startswith("01J")
    assert peer.asked[1]["conversation_id"] == first.conversation_id


# --- what it says, made speakable -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("speech", "said"),
    [
        ({"plain": {"speech": " It is\n21.5 °C.\t", "extra_data": None}}, "It is 21.5 °C."),
        ({"ssml": {"speech": "<speak>It's <emphasis>warm</emphasis> &amp; dry</speak>"}}, "It's warm & dry"),
        ({"plain": {"speech": "a\x00\x1b[31mb\u202e\ud800c"}}, "a [31mb c"),
        ({"plain": {"speech": 7}, "ssml": ["x"]}, ""),
        ({"plain": {"speech": "x" * 100_000}}, "x" * MAX_SPEECH),
        ({}, ""),
        (["plain"], ""),
        (None, ""),
    ],
)
def test_what_it_says_can_be_spoken_whatever_it_is(speech: Any, said: str) -> None:
    raw = {"response": {"response_type": "action_done", "speech": speech, "data": None}, "conversation_id": 5}
    answer = answer_of(raw)
    assert (answer.speech, answer.conversation_id, answer.success) == (said, "", ())


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "x",
        {},
        {"response": 1},
        {"response": {"response_type": ["error"]}},
        {"response": {"data": {}}},
    ],
)
def test_an_answer_of_no_known_form_is_none(raw: Any) -> None:
    with pytest.raises(UncertainError):
        answer_of(raw)


def test_a_code_that_is_not_known_is_a_failure() -> None:
    for code in ("unknown", "something_new", None, {"a": 1}):
        raw = {"response": {"response_type": "error", "data": {"code": code}}}
        assert answer_of(raw).kind is AnswerKind.FAILED


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("hang", UncertainError),
        ("cut", UncertainError),
        ("error", UncertainError),
        ("garbage", UncertainError),
        ("deep", UncertainError),
        ("huge", UncertainError),
        ("gzip", UncertainError),
        ("odd", UncertainError),
        ("redirect", NoSuchThingError),
        ("starting", NoSuchThingError),
    ],
)
async def test_whatever_it_sends_is_an_error_with_a_name(
    peer: HomeAssistantPeer, ours: HomeAssistant, told: Told, fault: str, error: type[EngineError]
) -> None:
    peer.fault = fault
    with pytest.raises(error) as raised:
        await ours.ask("turn on my secret lamp", "en", seconds=0.3)
    assert "secret" not in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert told.changes == [False]
    peer.fault = ""
    assert (await ask(ours, "turn on the kitchen light")).done
    assert told.changes == [False, True]


async def test_a_server_that_is_gone_has_done_nothing(peer: HomeAssistantPeer, ours: HomeAssistant) -> None:
    await ask(ours, "turn on the kitchen light")
    await peer.stop()
    with pytest.raises(UnreachableError, match="nobody answers"):
        await ask(ours, "turn off the kitchen light")
    await peer.start()
    assert (await ask(ours, "turn off the kitchen light")).done


async def test_it_is_looked_for_while_it_is_away_and_told_of_once(
    peer: HomeAssistantPeer,
    ours: HomeAssistant,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(agent, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(ours, "_backoff", agent.Backoff(0.01, 0.05))
    await peer.stop()
    life = asyncio.create_task(ours.run())
    await until(lambda: told.changes == [False])
    await asyncio.sleep(0.1)  # several attempts
    with caplog.at_level(logging.INFO):
        await peer.start()
        await until(lambda: told.changes == [False, True])
    assert ours.away is None
    assert "2026.11.0" in caplog.text
    life.cancel()


async def test_one_that_hangs_is_left_alone_for_longer_and_longer(
    peer: HomeAssistantPeer, ours: HomeAssistant, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "_backoff", agent.Backoff(0.2, 10.0))
    life = asyncio.create_task(ours.run())
    await until(lambda: len(peer.requests) == 2)  # what it is, and what its locks are called
    peer.fault = "hang"  # it answers that still, and no sentence
    for times in (1, 2):
        with pytest.raises(UncertainError):
            await ours.ask("turn on the kitchen light", "en", seconds=0.2)
        await asyncio.sleep(0.1 * times)
        assert ours.away is not None
        await until(lambda: ours.away is None)
    peer.fault = ""
    assert (await ask(ours, "turn on the kitchen light")).done
    assert told.changes == [False, True, False, True]
    life.cancel()


async def test_a_refused_token_is_not_tried_again_until_there_is_another(
    peer: HomeAssistantPeer,
    settings: HomeAssistantSettings,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = HomeAssistant(settings, told)
    monkeypatch.setattr(agent, "TOKEN_LOOK_SECONDS", 0.02)
    peer.token = "another"
    life = asyncio.create_task(ours.run())
    await until(lambda: told.changes == [False])
    await asyncio.sleep(0.2)
    assert [status for *_, status in peer.requests] == [401]
    assert isinstance(ours.away, TokenError)
    assert "token_file" in str(ours.away)
    peer.token = "a-new-token-that-was-made"
    Path(settings.token_file).write_text(peer.token)  # noqa: ASYNC240
    await until(lambda: told.changes == [False, True])
    assert TOKEN not in caplog.text
    assert peer.token not in caplog.text
    life.cancel()


async def test_a_reload_takes_another_address_and_forgets_what_was_wrong(
    peer: HomeAssistantPeer, tmp_path: Path, told: Told
) -> None:
    wrong = settings_for(peer, tmp_path).model_copy(update={"url": "http://127.0.0.1:9"})
    ours = HomeAssistant(wrong, told)
    life = asyncio.create_task(ours.run())
    await until(lambda: told.changes == [False])
    ours.adopt(settings_for(peer, tmp_path))
    await until(lambda: told.changes == [False, True])
    ours.adopt(HomeAssistantSettings())
    assert not ours.enabled
    life.cancel()
    await ours.close()


@pytest.mark.parametrize(
    "states",
    [
        None,
        {},
        [1, "x", {}],
        [{"entity_id": 5}, {"entity_id": "lock.a", "attributes": []}],
        [{"entity_id": "lock.a"}],
    ],
)
async def test_states_of_any_form_name_nothing(peer: HomeAssistantPeer, tmp_path: Path, states: Any) -> None:
    peer.states = states
    assert await guarded_names(HomeConnection(settings_for(peer, tmp_path))) == ()


async def test_it_is_known_what_the_locks_and_doors_of_the_house_are_called(
    peer: HomeAssistantPeer, tmp_path: Path
) -> None:
    def state(entity: str, name: str, **more: str) -> dict[str, Any]:
        return {"entity_id": entity, "state": "on", "attributes": {"friendly_name": name, **more}}

    peer.states = [
        state("lock.a", "Fort Knox"),
        state("light.b", "Lamp"),
        state("cover.c", "Hörmann", device_class="garage"),
        state("cover.d", "Blinds", device_class="blind"),
        state("alarm_control_panel.e", "警卫"),
    ]
    names = await guarded_names(HomeConnection(settings_for(peer, tmp_path)))
    assert names == ("Fort Knox", "Hörmann", "警卫")


# --- certificates and tokens ----------------------------------------------------------------------


def tls(made: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server, made.server_key)
    return context


async def test_it_is_asked_over_tls_and_its_certificate_is_checked(tmp_path: Path, told: Told) -> None:
    made = Certificates.make(tmp_path / "certificates")
    async with HomeAssistantPeer(tls=tls(made)) as peer:
        trusting = HomeAssistant(settings_for(peer, tmp_path, ca_file=str(made.authority)), told)
        assert (await ask(trusting, "turn on the kitchen light")).done
        await trusting.close()
        asked = len(peer.requests)
        for settings, why in (
            (settings_for(peer, tmp_path), "is not good"),
            (settings_for(peer, tmp_path, ca_file=str(made.client_key)), "not a usable certificate"),
            (settings_for(peer, tmp_path, ca_file=str(tmp_path / "none.pem")), "cannot read"),
        ):
            wary = HomeAssistant(settings, told)
            with pytest.raises(UntrustedError, match=why):
                await ask(wary, "turn on the kitchen light")
            await wary.close()
        assert len(peer.requests) == asked  # the token was shown to nobody


async def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path, told: Told) -> None:
    made = Certificates.make(tmp_path / "certificates", server_name="elsewhere")
    async with HomeAssistantPeer(tls=tls(made)) as peer:
        ours = HomeAssistant(settings_for(peer, tmp_path, ca_file=str(made.authority)), told)
        with pytest.raises(UntrustedError, match="is not good"):
            await ask(ours, "turn on the kitchen light")


async def test_https_where_there_is_none_is_named(
    peer: HomeAssistantPeer, tmp_path: Path, told: Told
) -> None:
    url = peer.url.replace("http:", "https:")
    ours = HomeAssistant(settings_for(peer, tmp_path).model_copy(update={"url": url}), told)
    with pytest.raises(UntrustedError, match="no TLS"):
        await ask(ours, "turn on the kitchen light")


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"", 0o600, "does not hold a token"),
        (b"two words here", 0o600, "does not hold a token"),
        (b"tok\r\nen: x\r\nmore", 0o600, "does not hold a token"),
        (b"\xff\xfe" * 20, 0o600, "does not hold a token"),
        (b"a" * 100_000, 0o600, "does not hold a token"),
        (TOKEN.encode(), 0o644, "open to every user"),
        (TOKEN.encode(), 0o602, "open to every user"),
    ],
)
def test_a_tokens_file_is_looked_at_closely(tmp_path: Path, content: bytes, mode: int, why: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    file.chmod(mode)
    settings = HomeAssistantSettings(url="http://h", token_file=str(file))
    with pytest.raises(TokenError, match=why) as raised:
        token(settings)
    assert TOKEN not in str(raised.value)


def test_a_token_may_be_a_credential_or_in_a_file_that_the_group_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TokenError, match="is not set"):
        token(HomeAssistantSettings(url="http://h"))
    with pytest.raises(TokenError, match="cannot read"):
        token(HomeAssistantSettings(url="http://h", token_file=str(tmp_path / "none")))
    with pytest.raises(TokenError, match="is no file"):
        token(HomeAssistantSettings(url="http://h", token_file=str(tmp_path)))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TokenError, match="is no file"):
        token(HomeAssistantSettings(url="http://h", token_file=str(tmp_path / "pipe")))
    file = tmp_path / "home_assistant_token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o640)
    assert token(HomeAssistantSettings(url="http://h", token_file=str(file))) == TOKEN
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    file.chmod(0o444)  # systemd's own business
    assert token(HomeAssistantSettings(url="http://h")) == TOKEN


async def test_what_is_no_home_assistant_is_told_at_once(peer: HomeAssistantPeer, tmp_path: Path) -> None:
    settings = settings_for(peer, tmp_path)
    assert await about(HomeConnection(settings)) == "2026.11.0"
    peer.fault = "starting"
    with pytest.raises(NoSuchThingError, match="still starting"):
        await about(HomeConnection(settings))
    peer.fault = "redirect"
    with pytest.raises(NoSuchThingError, match="302"):
        await about(HomeConnection(settings))
