"""The speaker and its Ollama server, in good and bad hours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from hearthd.core.context import Message
from hearthd.engines.chat import errors
from hearthd.engines.chat.ollama import OllamaChat
from hearthd.engines.protocols import Usage
from tests.peers.ollama import OllamaPeer

SYSTEM = Message("system", "Be brief.")
QUESTION = [SYSTEM, Message("user", "Say hello.")]
GREETING = "I'm so glad you're here."


def chat(peer: OllamaPeer, **options: Any) -> OllamaChat:
    return OllamaChat(peer.url, "smollm2:135m", num_ctx=2048, max_reply_tokens=100, **options)


@pytest.fixture
async def peer() -> AsyncIterator[OllamaPeer]:
    async with OllamaPeer() as running:
        yield running


@pytest.fixture
async def model(peer: OllamaPeer) -> AsyncIterator[OllamaChat]:
    opened = chat(peer)
    yield opened
    await opened.close()


async def answer(model: OllamaChat, messages: list[Message] | None = None) -> str:
    async with aclosing(model.reply(messages or QUESTION)) as pieces:
        return "".join([piece async for piece in pieces])


async def test_a_reply_comes_piece_by_piece_and_is_counted(model: OllamaChat) -> None:
    pieces = [piece async for piece in model.reply(QUESTION)]
    assert "".join(pieces) == GREETING
    assert len(pieces) == 8
    assert model.usage == Usage(prompt_bytes=19, prompt_tokens=4, reply_tokens=8, cut=False)


async def test_every_request_keeps_the_model_loaded_with_the_same_context(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    await model.start()
    await model.prefill([SYSTEM])
    await answer(model)
    sent = [*peer.loads, *peer.chats]
    assert len(sent) == 3
    for body in sent:
        kept = {key: body[key] for key in ("keep_alive", "think", "truncate", "shift", "stream")}
        assert kept == {"keep_alive": -1, "think": False, "truncate": False, "shift": False, "stream": True}
        assert body["options"]["num_ctx"] == 2048
    assert peer.chats[0]["options"]["num_predict"] == 1
    assert "stop" not in peer.chats[1]["options"]  # it would replace the model's own


async def test_a_reply_does_not_wait_for_the_prefill(peer: OllamaPeer, model: OllamaChat) -> None:
    peer.fault, peer.fault_once = "silent", True
    prefill = asyncio.create_task(model.prefill([SYSTEM]))
    async with peer.asked:
        await peer.asked.wait_for(lambda: peer.chats_begun == 1)
    assert await answer(model) == GREETING
    await prefill
    await peer.cancelled.wait()


async def test_closing_the_reply_stops_the_model(peer: OllamaPeer, model: OllamaChat) -> None:
    async def endless(messages: list[dict[str, str]]) -> Any:
        while True:
            yield "la "
            await asyncio.sleep(0)

    peer.writer = endless
    async with aclosing(model.reply(QUESTION)) as pieces:
        async for _ in pieces:
            break
    await peer.cancelled.wait()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy", errors.BusyError),
        ("not_ollama", errors.RefusedError),
        ("garbage", errors.RefusedError),
        ("endless_line", errors.RefusedError),
        ("cut", errors.BrokeOffError),
        ("cut_first", errors.BrokeOffError),
        ("error", errors.BrokeOffError),
        ("error_first", errors.BrokeOffError),
        ("unfinished", errors.BrokeOffError),
        ("thinking", errors.EmptyReplyError),
    ],
)
async def test_each_way_to_fail_is_told_apart(
    peer: OllamaPeer, model: OllamaChat, fault: str, error: type[Exception]
) -> None:
    peer.fault = fault
    with pytest.raises(error):
        await answer(model)
    peer.fault = ""
    assert await answer(model) == GREETING


async def test_a_server_that_is_not_there_is_said_with_its_address() -> None:
    peer = OllamaPeer()
    await peer.start()
    await peer.stop()
    model = chat(peer)
    with pytest.raises(errors.NotRunningError, match=peer.url):
        await model.start()
    with pytest.raises(errors.NotRunningError):
        await answer(model)
    await model.close()


async def test_a_missing_model_is_said_with_the_command_that_brings_it(peer: OllamaPeer) -> None:
    model = OllamaChat(peer.url, "nope", num_ctx=2048, max_reply_tokens=100)
    with pytest.raises(errors.ModelMissingError, match="personas apply --pull"):
        await model.start()
    await model.close()


@pytest.mark.parametrize("fault", ["silent", "stall"])
async def test_a_server_that_falls_silent_is_given_up_and_let_go(peer: OllamaPeer, fault: str) -> None:
    model = chat(peer, first_token_seconds=0.2, stall_seconds=0.2)
    peer.fault = fault
    with pytest.raises(errors.StallError):
        await answer(model)
    await peer.cancelled.wait()
    await model.close()


async def test_a_model_that_dies_before_its_first_word_is_asked_again(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    peer.fault, peer.fault_once = "error_first", True
    assert await answer(model) == GREETING
    assert len(peer.chats) == 2


async def test_a_conversation_too_long_for_the_server_loses_its_older_half(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    turns = [Message(role, f"{role} {n} " + "x" * 800) for n in range(8) for role in ("user", "assistant")]
    assert await answer(model, [SYSTEM, *turns, Message("user", "Say hello.")]) == GREETING
    sent = [m["content"][:11] for m in peer.chats[1]["messages"]]
    assert sent[:2] == ["Be brief.", "user 4 xxxx"]
    assert sent[-1] == "Say hello."


async def test_when_half_is_still_too_long_the_question_goes_alone(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    turns = [Message(role, "x" * 4000) for n in range(8) for role in ("user", "assistant")]
    assert await answer(model, [SYSTEM, *turns, Message("user", "Say hello.")]) == GREETING
    assert [m["content"] for m in peer.chats[2]["messages"]] == ["Be brief.", "Say hello."]


async def test_a_question_too_long_by_itself_is_an_error(model: OllamaChat) -> None:
    with pytest.raises(errors.OverflowingError):
        await answer(model, [SYSTEM, Message("user", "x" * 20_000)])


async def test_thoughts_that_the_server_left_in_the_text_are_not_spoken(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    peer.fault = "untagged"
    assert await answer(model) == GREETING


async def test_a_model_pushed_out_by_another_program_is_loaded_again(peer: OllamaPeer) -> None:
    model = chat(peer, watch_seconds=0.01)
    await model.start()
    for evicted in ({}, {"smollm2:135m": 4096}):
        peer.loaded = dict(evicted)
        loads = len(peer.loads)
        async with peer.asked:
            await peer.asked.wait_for(lambda loads=loads: len(peer.loads) > loads)
        assert peer.loaded == {"smollm2:135m": 2048}
    await model.close()


async def test_the_server_may_restart_between_two_questions(peer: OllamaPeer, model: OllamaChat) -> None:
    assert await answer(model) == GREETING
    await peer.stop()
    with pytest.raises(errors.ChatError):
        await answer(model)
    await peer.start()
    assert await answer(model) == GREETING


async def test_the_question_never_stands_in_an_error(peer: OllamaPeer, model: OllamaChat) -> None:
    for fault in ("busy", "garbage", "cut", "error", "thinking"):
        peer.fault = fault
        with pytest.raises(errors.ChatError) as raised:
            await answer(model, [SYSTEM, Message("user", "xylophone")])
        assert "xylophone" not in str(raised.value)
