"""Who answers: the server, or the stand-in while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from hearthd.common.errors import EngineError
from hearthd.config.settings import ChatSettings, Settings
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.factory import choose
from hearthd.engines.llm.fallback import FallbackChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.messages import Message, ReplyEvent, Text, ToolSpec, texts
from hearthd.engines.protocols import Manner
from tests import chat_models
from tests.peers.ollama import OllamaPeer

pytestmark = pytest.mark.integration

QUESTION = [Message("system", "Be brief."), Message("user", "Say hello.")]
GREETING = "I'm so glad you're here."


class StandIn:
    """Says one word."""

    def __init__(self, *, broken: bool = False) -> None:
        self.name = "stand-in"
        self.broken = broken
        self.manner = Manner()
        self.closed = asyncio.Event()

    async def start(self) -> None:
        if self.broken:
            raise EngineError("no model file")

    def adopt(self, manner: Manner) -> None:
        self.manner = manner

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        pass

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        yield Text("Me!")

    async def close(self) -> None:
        self.closed.set()


def server(peer: OllamaPeer) -> OllamaChat:
    return OllamaChat(peer.url, "smollm2:135m", num_ctx=2048, max_reply_tokens=100)


async def answer(model: FallbackChat) -> tuple[str, str]:
    async with aclosing(texts(model.reply(QUESTION))) as pieces:
        return "".join([piece async for piece in pieces]), model.name


async def test_the_server_answers_while_it_is_there_and_no_stand_in_is_loaded() -> None:
    async with OllamaPeer() as peer:
        model = FallbackChat(server(peer), StandIn, expected=True)
        await model.start()
        assert await answer(model) == (GREETING, "smollm2:135m")
        assert model.stand_in is None
        await model.close()


@pytest.mark.parametrize("fault", ["error_first", "busy", "thinking", "cut_first"])
async def test_a_server_that_fails_before_its_first_word_is_stood_in_for(fault: str) -> None:
    async with OllamaPeer() as peer:
        model = FallbackChat(server(peer), StandIn, expected=True)
        await model.start()
        peer.fault = fault
        assert await answer(model) == ("Me!", "stand-in")
        await model.close()


async def test_a_reply_that_has_begun_is_not_begun_again_by_another() -> None:
    async with OllamaPeer() as peer:
        model = FallbackChat(server(peer), StandIn, expected=True)
        peer.fault = "cut"
        with pytest.raises(EngineError):
            await answer(model)
        assert model.stand_in is None
        await model.close()


async def test_the_server_answers_again_once_it_is_back_and_the_stand_in_goes() -> None:
    peer = OllamaPeer()
    await peer.start()
    await peer.stop()
    stand_in = StandIn()
    model = FallbackChat(server(peer), lambda: stand_in, expected=False, first_retry_seconds=0.01)
    await model.start()
    assert await answer(model) == ("Me!", "stand-in")
    await peer.start()
    await stand_in.closed.wait()
    assert await answer(model) == (GREETING, "smollm2:135m")
    await model.close()
    await peer.stop()


async def test_the_stand_in_finishes_its_reply_before_it_goes() -> None:
    peer = OllamaPeer()
    await peer.start()
    await peer.stop()
    stand_in = StandIn()
    model = FallbackChat(server(peer), lambda: stand_in, expected=False, first_retry_seconds=0.01)
    async with aclosing(texts(model.reply(QUESTION))) as pieces:
        assert await anext(pieces) == "Me!"
        await peer.start()
        async with peer.asked:
            await peer.asked.wait_for(lambda: peer.loads)
        assert not stand_in.closed.is_set()
    await stand_in.closed.wait()
    await model.close()
    await peer.stop()


async def test_only_one_stand_in_is_called_however_many_ask() -> None:
    peer = OllamaPeer()
    await peer.start()
    await peer.stop()
    made: list[StandIn] = []

    def make() -> StandIn:
        made.append(StandIn())
        return made[-1]

    model = FallbackChat(server(peer), make, expected=True)
    (answered, who), _ = await asyncio.gather(answer(model), model.start())
    assert (answered, who) == ("Me!", "stand-in")
    assert [stand_in for stand_in in made if not stand_in.closed.is_set()] == [model.stand_in]
    await model.close()


async def test_when_neither_can_answer_both_reasons_are_said() -> None:
    async with OllamaPeer("another") as peer:
        model = FallbackChat(server(peer), lambda: StandIn(broken=True), expected=True)
        with pytest.raises(EngineError, match=r"no model .*stand-in: no model file"):
            await model.start()
        await model.close()


@pytest.mark.parametrize(
    ("chat", "kind"),
    [
        (ChatSettings(engine="auto"), FallbackChat),
        (ChatSettings(engine="ollama"), FallbackChat),
        (ChatSettings(engine="ollama", fallback=False), OllamaChat),
        (ChatSettings(engine="embedded"), EmbeddedChat),
    ],
)
async def test_the_configured_engine_is_chosen(chat: ChatSettings, kind: type) -> None:
    model = await choose(Settings(chat=chat))
    assert type(model) is kind
    await model.close()


@pytest.mark.models
async def test_a_machine_without_a_server_answers_with_the_embedded_model() -> None:
    if not chat_models.available(chat_models.TINY):
        pytest.skip("needs the tiny chat model")
    chat = ChatSettings(
        url="http://127.0.0.1:9", embedded_model=chat_models.TINY, num_ctx=512, max_reply_tokens=20
    )
    model = await choose(Settings(chat=chat))
    await model.start()
    assert model.name == chat_models.TINY
    async with aclosing(texts(model.reply(QUESTION))) as pieces:
        assert "".join([piece async for piece in pieces])
    await model.close()


@pytest.mark.models
async def test_the_peer_speaks_with_a_real_model_behind_it() -> None:
    behind = chat_models.embedded(chat_models.TINY)

    async with OllamaPeer(writer=chat_models.writer(behind)) as peer:
        model = server(peer)
        question = [QUESTION[0], Message("user", "What is the capital of France?")]
        assert "Paris" in "".join([piece async for piece in texts(model.reply(question))])
        await model.close()
    await behind.close()


async def test_a_primary_that_is_back_and_gone_again_while_a_reply_waits_leaves_it_to_a_stand_in() -> None:
    peer = OllamaPeer()
    await peer.start()
    await peer.stop()
    model = FallbackChat(server(peer), StandIn, expected=True)
    await model.start()
    before = model.stand_in
    await model._in_use.acquire()
    asking = asyncio.create_task(answer(model))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    model.stand_in = None  # as when it was won back
    model._in_use.release()
    assert await asking == ("Me!", "stand-in")
    assert model.stand_in is not before
    await model.close()
