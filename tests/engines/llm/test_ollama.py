"""The speaker and its Ollama server, in good and bad hours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.common import errors
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.ollama_protocol import content, read_event, refusal
from hearthd.engines.messages import Answering, Message, Text, Usage, Withdrawn, texts
from hearthd.engines.protocols import Manner
from tests.peers import ollama
from tests.peers.ollama import OllamaPeer

pytestmark = pytest.mark.integration

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
    async with aclosing(texts(model.reply(messages or QUESTION))) as pieces:
        return "".join([piece async for piece in pieces])


async def test_a_reply_comes_piece_by_piece_and_is_counted(model: OllamaChat) -> None:
    first, *pieces, usage = [event async for event in model.reply(QUESTION)]
    assert first == Answering(model.name)
    assert "".join(piece.text for piece in pieces if isinstance(piece, Text)) == GREETING
    assert len(pieces) == 8
    assert usage == Usage(prompt_bytes=19, prompt_tokens=4, reply_tokens=8, cut=False)


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


async def test_a_thought_whose_beginning_the_template_wrote_is_taken_back_once_and_then_held(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    async def thinks_aloud(messages: list[dict[str, str]]) -> Any:
        for piece in ("Four", ", I", " think.", "\n</", "think>", "\n\n", "Four."):
            yield piece

    peer.writer = thinks_aloud
    said = [
        event for event in [e async for e in model.reply(QUESTION)] if isinstance(event, Text | Withdrawn)
    ]
    assert said[said.index(Withdrawn()) + 1 :] == [Text("Four.")]
    assert await answer(model) == "Four."


async def test_a_reply_that_only_calls_a_tool_in_its_text_says_nothing(
    peer: OllamaPeer, model: OllamaChat
) -> None:
    async def calls(messages: list[dict[str, str]]) -> Any:
        for piece in ('{"name": "set', '_timer", "argum', 'ents": {"minutes": 10}}'):
            yield piece

    peer.writer = calls
    assert await answer(model) == ""


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
    async with aclosing(texts(model.reply(QUESTION))) as pieces:
        async for _ in pieces:
            break
    await peer.cancelled.wait()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy", errors.BusyError),
        ("not_ollama", errors.ChatRefusedError),
        ("redirect", errors.ChatRefusedError),
        ("garbage", errors.ChatRefusedError),
        ("no_object", errors.ChatRefusedError),
        ("html", errors.ChatRefusedError),
        ("deep", errors.ChatRefusedError),
        ("odd_types", errors.EmptyReplyError),
        ("no_utf8", errors.ChatRefusedError),
        ("gzip", errors.BrokeOffError),
        ("endless_line", errors.ChatRefusedError),
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


@pytest.mark.parametrize("fault", ["silent", "stall", "slow_error"])
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
    assert peer.chats_begun == 2


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
        peer.loads.clear()
        async with peer.asked:
            await peer.asked.wait_for(lambda: bool(peer.loads))
        assert peer.loaded == {"smollm2:135m": 2048}
    await model.close()


async def test_the_server_may_restart_between_two_questions(peer: OllamaPeer, model: OllamaChat) -> None:
    assert await answer(model) == GREETING
    await peer.stop()
    with pytest.raises(errors.ChatError):
        await answer(model)
    await peer.start()
    assert await answer(model) == GREETING


async def test_half_a_character_and_nul_are_left_out(peer: OllamaPeer, model: OllamaChat) -> None:
    peer.fault = "surrogate"
    assert await answer(model) == "ab"


async def test_a_slow_reply_is_waited_for(peer: OllamaPeer) -> None:
    model = chat(peer, stall_seconds=2.0)
    peer.fault = "slow"
    assert await answer(model) == GREETING
    await model.close()


async def test_both_ways_to_say_that_a_prompt_is_too_long_are_understood(peer: OllamaPeer) -> None:
    for body in ({"truncate": False, "options": {"num_ctx": 64}}, {"shift": False}):
        error = ollama._overflow(body, 4206)
        assert isinstance(refusal(400, error, "m"), errors.OverflowingError)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (
            500,
            "model runner has unexpectedly stopped, this may be due to resource limitations",
            "BrokeOffError",
        ),
        (500, 'option "num_ctx" must be of type integer', "ChatRefusedError"),
        (500, "llama-server reported out-of-memory during startup: 8 GiB", "ChatRefusedError"),
        (404, "model 'x' not found", "ModelMissingError"),
        (400, "\x1b[2J\r\nmodel is required", "ChatRefusedError"),
    ],
)
def test_what_the_server_refuses_with_is_told_apart(status: int, error: str, kind: str) -> None:
    found = refusal(status, error, "m")
    assert type(found).__name__ == kind
    assert str(found).isprintable()


@given(st.binary(max_size=200))
def test_no_line_raises_anything_but_a_chat_error(line: bytes) -> None:
    with contextlib.suppress(errors.ChatError):
        content(read_event(line, "m"))


async def test_another_persona_may_have_another_model_and_the_first_is_let_go() -> None:
    async with OllamaPeer("smollm2:135m", "qwen2.5:3b") as peer:
        model = chat(peer)
        await model.start()
        model.adopt(Manner(0.1, ("END",), "qwen2.5:3b", 1024))
        await model.start()
        assert peer.loaded == {"qwen2.5:3b": 1024}
        await model.prefill([SYSTEM])
        await answer(model)
        for body in (peer.loads[-1], *peer.chats):
            assert (body["model"], body["options"]["num_ctx"]) == ("qwen2.5:3b", 1024)
        assert peer.chats[-1]["options"]["stop"] == ["END"]
        model.adopt(Manner())
        await model.start()
        assert peer.loaded == {"smollm2:135m": 2048}
        assert "stop" not in peer.loads[-1]["options"]
        await model.close()


async def test_a_personas_model_that_is_missing_does_not_cost_the_one_that_is_there(peer: OllamaPeer) -> None:
    model = chat(peer)
    await model.start()
    model.adopt(Manner(model="qwen2.5:3b"))
    with pytest.raises(errors.ModelMissingError, match=r"qwen2\.5:3b"):
        await model.start()
    assert peer.loaded == {"smollm2:135m": 2048}
    await model.close()


async def test_the_question_never_stands_in_an_error(peer: OllamaPeer, model: OllamaChat) -> None:
    for fault in ("busy", "garbage", "cut", "error", "thinking"):
        peer.fault = fault
        with pytest.raises(errors.ChatError) as raised:
            await answer(model, [SYSTEM, Message("user", "xylophone")])
        assert "xylophone" not in str(raised.value)
