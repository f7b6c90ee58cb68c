"""Several servers of chat models: the first that is there answers, and goes on answering."""

from __future__ import annotations

import asyncio
import functools
import random
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from hearthd.app import online_check
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.config.settings import ChatHost, ChatSettings, Settings
from hearthd.engines.http_body import GONE_SECONDS
from hearthd.engines.llm import fallback
from hearthd.engines.llm.factory import answering, choose
from hearthd.engines.llm.fallback import FallbackChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.openai import OpenAiChat
from hearthd.engines.messages import Answering, Message, Text
from tests.peers.ollama import OllamaPeer
from tests.peers.openai import OpenAiPeer

pytestmark = pytest.mark.integration

QUESTION = [Message("system", "Be brief."), Message("user", "Say hello.")]
BIG, SMALL = "Qwen/Qwen3-8B", "smollm2:135m"


class House:
    """A GPU box with vLLM, and Ollama beside the speaker."""

    def __init__(self) -> None:
        self.gpu, self.here = OpenAiPeer("vllm"), OllamaPeer()
        self.told: list[tuple[Part, bool]] = []
        self.back = asyncio.Event()

    def health(self, part: Part, works: bool, why: str) -> None:
        self.told.append((part, works))
        if works and len(self.told) > 2:  # not the start
            self.back.set()

    async def model(self) -> FallbackChat:
        hosts = [
            ChatHost(url=self.gpu.url, engine="openai", model=BIG),
            ChatHost(url=self.here.url, engine="ollama", model=SMALL),
        ]
        settings = Settings(chat=ChatSettings(engine="openai", hosts=hosts, fallback=False))
        chat = await choose(settings, self.health)
        assert isinstance(chat, FallbackChat)
        return chat


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(fallback, "FIRST_RETRY_SECONDS", 0.05)
    opened = House()
    async with opened.gpu, opened.here:
        yield opened


async def who(model: FallbackChat) -> str:
    """Which model answers a question."""
    said = name = ""
    async with aclosing(model.reply(QUESTION)) as events:
        async for event in events:
            name = event.model if isinstance(event, Answering) else name
            said += event.text if isinstance(event, Text) else ""
    assert said
    return name


async def test_the_next_host_answers_the_same_turn_and_the_first_when_it_is_back(house: House) -> None:
    model = await house.model()
    await model.start()
    assert [await who(model) for _ in range(3)] == [BIG] * 3
    assert house.here.chats_begun == 0  # never by turns
    await house.gpu.stop()
    assert await who(model) == SMALL
    assert (model.name, await who(model)) == (SMALL, SMALL)
    assert house.told[-1] == (Part.CHAT_SERVER, False)
    await house.gpu.start()
    await house.back.wait()
    assert await who(model) == BIG
    assert house.told[-1] == (Part.CHAT_SERVER, True)
    assert type(answering(model)) is OpenAiChat
    await model.close()


async def test_a_host_that_fails_gives_the_turn_back_to_one_that_woke_up_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fallback, "FIRST_RETRY_SECONDS", 60.0)
    model = await house.model()
    await house.gpu.stop()
    await model.start()
    assert await who(model) == SMALL
    await house.gpu.start()
    await house.here.stop()
    assert await who(model) == BIG
    await model.close()


async def test_nobody_answers_where_all_are_away_and_the_first_that_comes_does(house: House) -> None:
    model = await house.model()
    await house.gpu.stop()
    await house.here.stop()
    with pytest.raises(EngineError, match=f"{house.gpu.url}.*{house.here.url}"):
        await who(model)
    await house.here.start()
    assert await who(model) == SMALL
    await model.close()


async def test_a_reply_that_was_begun_is_never_begun_again_elsewhere(house: House) -> None:
    model = await house.model()
    await model.start()
    house.gpu.fault = "cut"
    with pytest.raises(EngineError):
        await who(model)
    assert house.here.chats_begun == 0
    await model.close()


@pytest.mark.parametrize("seed", range(6))
async def test_hosts_that_come_and_go_leave_every_turn_with_one_answer_or_a_named_error(
    house: House, seed: int
) -> None:
    rng = random.Random(seed)
    up = {house.gpu: True, house.here: True}
    model = await house.model()
    for _ in range(12):
        peer = rng.choice([house.gpu, house.here])
        await (peer.stop() if up[peer] else peer.start())
        up[peer] = not up[peer]
        if any(up.values()):
            assert await who(model) in ({BIG} if not up[house.here] else {BIG, SMALL})
        else:
            with pytest.raises(EngineError):
                await who(model)
    await model.close()
    for peer, running in up.items():
        if not running:
            await peer.start()


async def test_a_host_has_its_own_engine_and_model_or_the_ones_above() -> None:
    hosts = [ChatHost(url="http://gpu:8000/v1"), ChatHost(engine="ollama", model="small")]
    model = await choose(Settings(chat=ChatSettings(engine="openai", model="big", hosts=hosts)))
    assert isinstance(model, FallbackChat)
    assert isinstance(model.primary, OpenAiChat)
    assert (model.primary.url, model.primary.name) == ("http://gpu:8000", "big")
    second = model._make_stand_in()
    assert isinstance(second, FallbackChat)
    assert isinstance(second.primary, OllamaChat)
    assert second.primary.name == "small"
    await second.close()
    await model.close()


async def test_a_connection_to_a_machine_that_fell_asleep_is_given_up_by_the_kernel(house: House) -> None:
    model = OpenAiChat(house.gpu.url, BIG, num_ctx=512, max_reply_tokens=9)
    async with aclosing(model.reply(QUESTION)) as events:
        async for event in events:
            if isinstance(event, Text):
                break
        pool = model._http._transport._pool  # type: ignore[attr-defined]
        stream = pool.connections[0]._connection._network_stream
        connection = stream.get_extra_info("socket")
        waits = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert waits == GONE_SECONDS * 1000
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    await model.close()


async def test_a_check_names_the_host_that_is_away_while_another_answers(house: House) -> None:
    hosts = [
        ChatHost(url=house.gpu.url, engine="openai", model=BIG),
        ChatHost(url=house.here.url, engine="ollama", model=SMALL),
    ]
    settings = Settings(chat=ChatSettings(engine="openai", hosts=hosts))
    assert await online_check._chat(settings) == f"{BIG} ({house.gpu.url})"
    await house.gpu.stop()
    assert await online_check._chat(settings) == f"{SMALL} ({house.here.url})"
    away, there = [
        await online_check._try(host.url, functools.partial(online_check._host, host, settings))
        for host in online_check._hosts(settings)
    ]
    assert (away.ok, there.ok, there.detail) == (False, True, SMALL)
    assert house.gpu.url in away.detail
