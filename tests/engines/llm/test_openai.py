"""The speaker and servers with ``/v1/chat/completions``: every row of what sets them apart."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.common import errors
from hearthd.engines.http_access import Access
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.openai import OpenAiChat
from hearthd.engines.llm.openai_protocol import (
    CallFragments,
    Dialect,
    alternating,
    read_event,
    refusal,
    usage,
)
from hearthd.engines.messages import Answering, Message, Text, ToolCall, ToolSpec, Usage, Withdrawn, texts
from hearthd.engines.protocols import Manner
from tests import chat_models
from tests.peers import llama_server
from tests.peers.ollama import OllamaPeer
from tests.peers.openai import OpenAiPeer

pytestmark = pytest.mark.integration

SYSTEM = Message("system", "Be brief.")
QUESTION = [SYSTEM, Message("user", "Say hello.")]
TALK = [SYSTEM, Message("user", "One?"), Message("assistant", "Two."), Message("user", "Three?")]
TIMER = ToolSpec(
    "set_timer", "Sets a timer", {"type": "object", "properties": {"minutes": {"type": "integer"}}}
)


def chat(peer: OpenAiPeer, model: str = "Qwen/Qwen3-8B", **options: Any) -> OpenAiChat:
    return OpenAiChat(peer.url, model, num_ctx=2048, max_reply_tokens=100, **options)


@pytest.fixture
async def vllm() -> AsyncIterator[OpenAiPeer]:
    async with OpenAiPeer("vllm") as running:
        yield running


@pytest.fixture
async def model(vllm: OpenAiPeer) -> AsyncIterator[OpenAiChat]:
    opened = chat(vllm)
    yield opened
    await opened.close()


async def answer(model: Any, messages: list[Message] | None = None, *tools: ToolSpec) -> str:
    async with aclosing(texts(model.reply(messages or QUESTION, tools))) as pieces:
        return "".join([piece async for piece in pieces])


async def events(model: OpenAiChat, *tools: ToolSpec) -> list[Any]:
    return [event async for event in model.reply(QUESTION, tools)]


# --- vLLM -----------------------------------------------------------------------------------------


async def test_a_reply_comes_piece_by_piece_and_is_counted_by_a_last_chunk_without_choices(
    model: OpenAiChat,
) -> None:
    first, *pieces, counted = await events(model)
    assert first == Answering("Qwen/Qwen3-8B")
    assert pieces == [Text("Hello"), Text(", "), Text("you"), Text(".")]
    assert counted == Usage(prompt_bytes=19, prompt_tokens=11, reply_tokens=4, cut=False)


async def test_a_request_switches_thinking_off_and_asks_for_the_count(
    vllm: OpenAiPeer, model: OpenAiChat
) -> None:
    model.adopt(Manner(0.2, stop=("END",)))
    await answer(model)
    body = vllm.bodies[0]
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["stream_options"] == {"include_usage": True}
    assert (body["max_tokens"], body["temperature"], body["stop"]) == (100, 0.2, ["END"])
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert "tools" not in body


async def test_thoughts_in_a_field_of_their_own_are_not_spoken(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    async def thinks(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        yield {"reasoning": "They greet", "content": None}  # vLLM since 0.10
        yield {"reasoning_content": " me."}  # and before, as llama.cpp and LM Studio
        yield {"content": "Hello."}
        yield {"finish": "stop"}

    vllm.writer = thinks
    assert await answer(model) == "Hello."


async def test_thoughts_only_are_an_error_that_names_the_mend(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    async def thinks(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        yield {"reasoning": "Hm. " * 100}
        yield {"finish": "length"}

    vllm.writer = thinks
    with pytest.raises(errors.EmptyReplyError, match="switches thinking off"):
        await answer(model)


async def test_thoughts_in_the_text_are_taken_back(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    async def thinks(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        for piece in ("They", " greet me.", "</think>", "Hello."):
            yield {"content": piece}
        yield {"finish": "stop"}

    vllm.writer = thinks
    said = [event for event in await events(model) if isinstance(event, Text | Withdrawn)]
    assert said[said.index(Withdrawn()) + 1 :] == [Text("Hello.")]


async def test_a_tool_call_is_joined_from_its_pieces(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    async def calls(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        function = {"name": "set_timer", "arguments": ""}
        yield {
            "tool_calls": [{"index": 0, "id": "chatcmpl-tool-7", "type": "function", "function": function}]
        }
        for piece in ('{"min', 'utes": ', "10}"):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
        yield {"finish": "tool_calls"}

    vllm.writer = calls
    called = [event for event in await events(model, TIMER) if isinstance(event, ToolCall)]
    assert called == [ToolCall("set_timer", {"minutes": 10}, "chatcmpl-tool-7")]
    assert vllm.bodies[0]["tools"] == [TIMER.as_json()]
    told = [Message("assistant", "", tuple(called)), Message("tool", "Done.", answers=called[0])]
    vllm.writer = OpenAiPeer("vllm").writer
    await answer(model, [*QUESTION, *told], TIMER)
    assert vllm.bodies[1]["messages"][-1] == {
        "role": "tool",
        "content": "Done.",
        "tool_call_id": "chatcmpl-tool-7",
    }


async def test_a_server_that_was_not_told_to_take_tools_answers_without_them(
    vllm: OpenAiPeer, model: OpenAiChat, caplog: pytest.LogCaptureFixture
) -> None:
    vllm.takes_tools = False
    assert await answer(model, None, TIMER) == "Hello, you."
    assert "--enable-auto-tool-choice" in caplog.text
    assert await answer(model, None, TIMER) == "Hello, you."
    assert ["tools" in body for body in vllm.bodies] == [True, False, False]


async def test_the_model_must_be_named_exactly_where_there_are_several(vllm: OpenAiPeer) -> None:
    vllm.models = [{"id": "Qwen/Qwen3-8B"}, {"id": "Qwen/Qwen3-32B"}]
    model = chat(vllm, "qwen3")
    with pytest.raises(errors.ModelMissingError, match=r"Qwen/Qwen3-8B, Qwen/Qwen3-32B.*chat\.model"):
        await model.start()
    with pytest.raises(errors.ModelMissingError, match="qwen3"):
        await answer(model)
    await model.close()


async def test_a_personas_model_answers_where_the_server_has_it(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    vllm.models = [{"id": "Qwen/Qwen3-8B"}, {"id": "tiny"}]
    model.adopt(Manner(model="tiny"))
    await model.start()
    assert (model.name, vllm.bodies[-1]["model"]) == ("tiny", "tiny")
    model.adopt(Manner(model="qwen2.5:3b"))
    await model.start()
    assert model.name == "Qwen/Qwen3-8B"


async def test_a_context_smaller_than_configured_is_said(
    vllm: OpenAiPeer, caplog: pytest.LogCaptureFixture
) -> None:
    vllm.models = [{"id": "Qwen/Qwen3-8B", "max_model_len": 1024}]
    model = chat(vllm)
    await model.start()
    assert "1024 tokens: set chat.num_ctx" in caplog.text
    await model.close()


async def test_a_conversation_too_long_for_the_server_loses_its_older_half(
    vllm: OpenAiPeer, model: OpenAiChat
) -> None:
    vllm.context = 4000
    turns = [Message(role, f"{role} {n} " + "x" * 800) for n in range(8) for role in ("user", "assistant")]
    assert await answer(model, [SYSTEM, *turns, Message("user", "Say hello.")]) == "Hello, you."
    assert [m["content"][:10] for m in vllm.bodies[-1]["messages"]] == ["Be brief.", "Say hello."]
    vllm.context = 5
    with pytest.raises(errors.OverflowingError):
        await answer(model)


# --- llama.cpp, the real server -------------------------------------------------------------------


@pytest.mark.models
async def test_llama_cpps_own_server_answers_counts_pings_and_lets_nobody_in_without_the_key(
    tmp_path: Path,
) -> None:
    if not chat_models.available(chat_models.TINY):
        pytest.skip("needs the tiny chat model")
    token = tmp_path / "token"
    token.write_text("wrong\n")
    async with llama_server.running(chat_models.TINY, key="sesame") as url:
        model = OpenAiChat(
            f"{url}/v1", "whatever", num_ctx=2048, max_reply_tokens=12, temperature=0.0,
            access=Access(str(token)),
        )  # fmt: skip
        with pytest.raises(errors.ChatRefusedError, match=r"401.*chat\.token_file"):
            await model.start()
        token.write_text("sesame\n")
        await model.start()  # the file is read anew
        long = Message("system", "You are a helpful speaker. " + "You answer briefly and kindly. " * 12)
        await model.prefill([long], [])
        asked = [long, Message("user", "What is the capital of France?")]
        found = [event async for event in model.reply(asked)]
        assert "".join(event.text for event in found if isinstance(event, Text))
        assert model.name == "model.gguf"
        counted = found[-1]
        assert isinstance(counted, Usage)
        assert 60 < counted.prompt_tokens < 200
        assert counted.cached_tokens is not None
        assert counted.cached_tokens > 50  # the prefill was read into the cache
        assert counted.cut is (counted.reply_tokens == 12)
        tools = [event async for event in model.reply(asked, [TIMER])]
        assert any(isinstance(event, Text | ToolCall) for event in tools)
        turns = [Message(role, "word " * 150) for _ in range(4) for role in ("user", "assistant")]
        assert await answer(model, [SYSTEM, *turns, Message("user", "Say hello.")])  # type: ignore[list-item]
        with pytest.raises(errors.OverflowingError):
            await answer(model, [Message("user", "word " * 2000)])
        async with aclosing(texts(model.reply([SYSTEM, Message("user", "Tell a long story.")]))) as pieces:
            async for _ in pieces:
                break  # cancelled: the one slot is free again at once
        assert await answer(model)
        await model.close()


# --- LM Studio ------------------------------------------------------------------------------------


async def test_a_call_whose_id_is_empty_gets_one_that_its_result_can_name() -> None:
    async def calls(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        for name in ("one", "two"):
            yield {
                "tool_calls": [{"id": "", "type": "function", "function": {"name": name, "arguments": "{}"}}]
            }
        yield {"finish": "tool_calls"}

    async with OpenAiPeer("lm_studio", writer=calls) as peer:
        model = chat(peer, "anything")
        called = [event for event in await events(model, TIMER) if isinstance(event, ToolCall)]
        assert called == [ToolCall("one", {}, "call_0"), ToolCall("two", {}, "call_1")]
        await model.close()


async def test_the_only_model_of_a_server_answers_whatever_it_is_called() -> None:
    async with OpenAiPeer("lm_studio") as peer:
        model = chat(peer, "qwen2.5:3b")
        await model.start()
        assert model.name == "qwen3-8b"
        assert await answer(model) == "Hello, you."
        await model.close()


async def test_a_server_that_knows_no_greatest_length_is_cut_off() -> None:
    async def endless(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        while True:
            yield {"content": "la "}

    async with OpenAiPeer("lm_studio", writer=endless) as peer:
        model = chat(peer)
        assert await answer(model) == "la " * 100 + "la "
        await peer.cancelled.wait()
        await model.close()


# --- chatglm.cpp ----------------------------------------------------------------------------------


async def test_chatglm_hears_the_system_prompt_in_the_question_and_an_odd_history_without_done() -> None:
    async with OpenAiPeer("chatglm") as peer:
        model = chat(peer)
        await model.start()
        assert await answer(model, TALK, TIMER) == "Hello, you."
        body = peer.bodies[-1]
        assert [m["role"] for m in body["messages"]] == ["user", "assistant", "user"]
        assert body["messages"][0]["content"] == "Be brief.\n\nOne?"
        assert "tools" not in body
        await model.prefill(TALK[:-1])
        assert await answer(model, [SYSTEM, Message("user", "a"), Message("user", "b")]) == "Hello, you."
        assert peer.bodies[-1]["messages"] == [{"role": "user", "content": "Be brief.\n\na\nb"}]
        await model.close()


async def test_a_template_that_wants_strict_turns_teaches_it_at_the_first_refusal() -> None:
    async with OpenAiPeer("chatglm") as peer:
        peer.models = []  # it does not say what it is
        model = chat(peer)
        even = [SYSTEM, Message("user", "a"), Message("user", "b")]
        assert await answer(model, even) == "Hello, you."
        assert len(peer.bodies) == 2
        await model.close()


@given(st.lists(st.sampled_from(["system", "user", "assistant", "tool"]), max_size=12))
def test_any_history_becomes_one_of_strict_turns_that_loses_no_words(roles: list[Any]) -> None:
    messages = [Message(role, f"<{n}>") for n, role in enumerate(roles)]
    turns = alternating([*messages, Message("user", "<last>")])
    assert [m.role for m in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"]
    said = "".join(m.content for m in turns)
    first_user = next((n for n, r in enumerate([*roles, "user"]) if r in ("user", "tool")), 0)
    wanted = [f"<{n}>" for n, role in enumerate(roles) if role != "assistant" or n > first_user]
    assert all(said.count(word) == 1 for word in [*wanted, "<last>"])


# --- what any of them may do ----------------------------------------------------------------------


@pytest.mark.parametrize("field", ["chat_template_kwargs", "stream_options"])
async def test_a_field_that_a_strict_server_does_not_know_is_left_out_from_then_on(
    vllm: OpenAiPeer, model: OpenAiChat, field: str
) -> None:
    vllm.rejects = (field,)
    assert await answer(model) == "Hello, you."
    assert await answer(model) == "Hello, you."
    assert [field in body for body in vllm.bodies] == [True, False, False]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy", errors.BusyError),
        ("cut", errors.BrokeOffError),
        ("cut_first", errors.BrokeOffError),
        ("error", errors.BrokeOffError),
        ("garbage", errors.ChatRefusedError),
        ("html", errors.EmptyReplyError),
    ],
)
async def test_each_way_to_fail_is_told_apart_and_got_over(
    vllm: OpenAiPeer, model: OpenAiChat, fault: str, error: type[Exception]
) -> None:
    vllm.fault = fault
    with pytest.raises(error):
        await answer(model)
    vllm.fault = ""
    assert await answer(model) == "Hello, you."


async def test_a_server_that_loads_its_model_is_busy(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    vllm.fault = "busy"
    with pytest.raises(errors.BusyError, match="loads its model"):
        await model.start()


@pytest.mark.parametrize("fault", ["silent", "stall"])
async def test_a_server_that_falls_silent_is_given_up_and_let_go(vllm: OpenAiPeer, fault: str) -> None:
    model = chat(vllm, first_token_seconds=0.2, stall_seconds=0.2)
    vllm.fault = fault
    with pytest.raises(errors.StallError):
        await answer(model)
    await vllm.cancelled.wait()
    await model.close()


@pytest.mark.parametrize("fault", ["no_done", "hangs_open"])
async def test_the_end_need_not_be_said(
    vllm: OpenAiPeer, model: OpenAiChat, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthd.engines.llm.openai.COUNT_SECONDS", 0.1)
    vllm.fault = fault
    assert await answer(model) == "Hello, you."


async def test_a_server_that_is_not_there_is_said_with_its_address() -> None:
    peer = OpenAiPeer("vllm")
    await peer.start()
    await peer.stop()
    model = chat(peer)
    for attempt in (model.start(), answer(model)):
        with pytest.raises(errors.NotRunningError, match=rf"{peer.url}.*chat\.url"):
            await attempt
    await model.close()


async def test_closing_the_reply_stops_the_model(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    async def endless(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        while True:
            yield {"content": "la "}

    vllm.writer = endless
    async with aclosing(texts(model.reply(QUESTION))) as pieces:
        async for _ in pieces:
            break
    await vllm.cancelled.wait()


async def test_a_reply_does_not_wait_for_the_prefill(vllm: OpenAiPeer, model: OpenAiChat) -> None:
    vllm.fault = "silent"
    prefill = asyncio.create_task(model.prefill([SYSTEM]))
    await vllm.asked.wait()
    assert vllm.bodies[0]["max_tokens"] == 1
    vllm.fault = ""
    assert await answer(model) == "Hello, you."
    await prefill
    await vllm.cancelled.wait()


# --- tokens and certificates ----------------------------------------------------------------------


def certificate(folder: Path) -> Path:
    made = folder / "server.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(made), "-days", "2", "-subj", "/CN=gpu"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return made


async def test_a_server_behind_tls_and_a_token_is_asked_with_both(tmp_path: Path) -> None:
    authority, token = certificate(tmp_path), tmp_path / "token"
    token.write_text("sesame\nwhat comes after is not sent\n")
    peer = OpenAiPeer("vllm", key="sesame")
    peer.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    peer.tls.load_cert_chain(authority, tmp_path / "key.pem")
    async with peer:
        model = chat(peer, access=Access(str(token), str(authority)))
        assert await answer(model) == "Hello, you."
        await model.close()
        stranger = chat(peer, access=Access(str(token)))
        with pytest.raises(errors.ChatError):
            await answer(stranger)
        await stranger.close()
    assert len(peer.bodies) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"a\x00b", b"\xff\xfe", b"x" * 10_000, None])
async def test_a_token_file_that_holds_no_token_is_said_by_its_name(
    vllm: OpenAiPeer, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    model = chat(vllm, access=Access(str(file)))
    with pytest.raises(errors.EngineError, match=str(file)):
        await model.start()
    await model.prefill(QUESTION)  # it only logs
    await model.close()
    assert not vllm.bodies


async def test_an_authority_that_is_none_is_said_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    model = OpenAiChat(
        "https://127.0.0.1:9", "m", num_ctx=512, max_reply_tokens=9, access=Access("", str(file))
    )
    with pytest.raises(errors.EngineError, match=str(file)):
        await model.start()
    await model.close()


async def test_ollama_behind_a_proxy_is_asked_with_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("sesame")
    async with OllamaPeer() as peer:
        asked: list[str] = []

        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.decode())
            there, back = await asyncio.open_connection("127.0.0.1", int(peer.url.rsplit(":", 1)[1]))
            back.write(head.replace(b"keep-alive", b"close"))
            if b"Bearer sesame" not in head:
                writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
            else:
                both = asyncio.gather(passed(reader, back), passed(there, writer), return_exceptions=True)
                await both
            writer.close()
            back.close()

        async def passed(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                to.write(data)

        before = await asyncio.start_server(proxy, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{before.sockets[0].getsockname()[1]}"
        let_in = OllamaChat(url, "smollm2:135m", num_ctx=512, max_reply_tokens=20, access=Access(str(token)))
        assert await answer(let_in)
        await let_in.close()
        stranger = OllamaChat(url, "smollm2:135m", num_ctx=512, max_reply_tokens=20)
        with pytest.raises(errors.ChatRefusedError, match=r"chat\.token_file"):
            await answer(stranger)
        await stranger.close()
        before.close()
    assert all("sesame" in head for head in asked[:1])


# --- pieces ---------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


FUNCTION = st.fixed_dictionaries({}, optional={"name": JSON, "arguments": JSON}) | JSON
PIECE = st.fixed_dictionaries({}, optional={"index": JSON, "id": JSON, "function": FUNCTION}) | JSON


@given(st.lists(PIECE, max_size=8))
def test_pieces_of_calls_of_any_shape_are_calls_or_nothing(pieces: list[Any]) -> None:
    fragments = CallFragments()
    fragments.feed({"tool_calls": pieces})
    for call in fragments.calls():
        assert call.name
        assert call.id
        assert isinstance(call.arguments, dict)


def test_arguments_without_an_index_go_on_with_the_call_before() -> None:
    fragments = CallFragments()
    for piece in (
        {"function": {"name": "a", "arguments": '{"x"'}, "id": "1"},
        {"function": {"arguments": ": 1}"}},
    ):
        fragments.feed({"tool_calls": [piece]})
    assert fragments.calls() == [ToolCall("a", {"x": 1}, "1")]


@given(JSON)
def test_an_event_of_any_shape_costs_nothing_or_a_count(event: Any) -> None:
    for key in ("usage", "timings"):
        counted = usage({key: event}, 5, cut=False)
        assert counted is None or counted.prompt_tokens >= 0


def test_what_is_no_data_line_is_none() -> None:
    assert [read_event(line) for line in (b":", b": ping", b"event: message", b"id: 3", b"retry: 9")] == [
        None
    ] * 5
    assert read_event(b"data:[DONE]") == {"done": True}


def test_a_refusal_teaches_once() -> None:
    dialect = Dialect()
    assert dialect.learn(400, '"auto" tool choice requires --enable-auto-tool-choice')
    assert not dialect.learn(400, '"auto" tool choice requires --enable-auto-tool-choice')
    assert dialect.learn(500, "System role not supported")
    assert not dialect.learn(404, "stream_options")
    assert dialect == Dialect(tools=False, system=False)


def test_no_refusal_repeats_what_a_terminal_would_obey() -> None:
    assert "\x1b" not in str(refusal(400, "\x1b[2J" + json.dumps("x" * 999), "m", "http://h"))
