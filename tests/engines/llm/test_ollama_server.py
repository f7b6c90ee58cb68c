"""A real Ollama server, where ``$HEARTHD_TEST_OLLAMA`` points at one (``http://127.0.0.1:11434``).

``$HEARTHD_TEST_OLLAMA_MODEL`` names a model that it has, else the smallest is taken. Models that the tests
make are called ``hearthd-test-…`` and deleted. A dry run without a server, against the protocol peer with a
real model behind it: ``python -m tests.peers.ollama 11500``, and the variable pointed at that.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from hearthd.cli.commands import personas as command
from hearthd.common import errors
from hearthd.common.errors import EngineError
from hearthd.engines.llm import ollama_models
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.messages import Message, Usage, texts
from hearthd.engines.protocols import Manner
from hearthd.knowledge.embedder import OllamaEmbedder
from tests.chat_models import written
from tests.command_line import Run, typed

URL = os.environ.get("HEARTHD_TEST_OLLAMA", "").rstrip("/")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.ollama,
    pytest.mark.skipif(not URL, reason="$HEARTHD_TEST_OLLAMA names no Ollama server"),
]

NUM_CTX = 2048
SYSTEM = Message("system", "You are a smart speaker. Answer in one short sentence.")
QUESTION = [SYSTEM, Message("user", "What is the capital of France?")]
STORY = [SYSTEM, Message("user", "Tell a very long story about the sea, without an end.")]


@pytest.fixture
async def name() -> str:
    """The model to talk with."""
    if named := os.environ.get("HEARTHD_TEST_OLLAMA_MODEL", ""):
        return named
    found = [model for model in await ollama_models.models(URL) if not model.name.startswith("hearthd-")]
    assert found, f"the server at {URL} has no model"
    return min(found, key=lambda model: model.size).name


@pytest.fixture
async def model(name: str) -> AsyncIterator[OllamaChat]:
    opened = chat(name)
    await opened.start()
    yield opened
    await opened.close()


def chat(name: str, *, num_ctx: int = NUM_CTX, max_reply_tokens: int = 100) -> OllamaChat:
    return OllamaChat(
        URL,
        name,
        num_ctx=num_ctx,
        max_reply_tokens=max_reply_tokens,
        first_token_seconds=120.0,
        stall_seconds=60.0,
        temperature=0.0,
    )


async def answer(model: OllamaChat, messages: list[Message]) -> str:
    async with aclosing(texts(model.reply(messages))) as pieces:
        return "".join([piece async for piece in pieces])


async def loaded(name: str) -> list[int | None]:
    """The contexts in which the server holds the model."""
    async with httpx.AsyncClient(base_url=URL) as http:
        found = (await http.get("/api/ps")).json()["models"]
    return [one.get("context_length") for one in found if ollama_models.same_model(one["name"], name)]


async def test_a_reply_streams_and_is_counted(model: OllamaChat) -> None:
    async with aclosing(model.reply(QUESTION)) as reply:
        events = [event async for event in reply]
    assert len(events) > 4
    usage = events[-1]
    assert isinstance(usage, Usage)
    assert usage.prompt_tokens > 10
    assert 0 < usage.reply_tokens <= 100


async def test_the_model_is_held_with_the_same_context_whatever_is_asked(
    model: OllamaChat, name: str
) -> None:
    assert await loaded(name) == [NUM_CTX]
    assert await ollama_models.is_loaded(URL, name, NUM_CTX)
    await model.prefill([SYSTEM])
    assert await loaded(name) == [NUM_CTX]
    await answer(model, QUESTION)
    assert await loaded(name) == [NUM_CTX]


async def test_what_was_prefilled_is_not_read_again(model: OllamaChat) -> None:
    """The time to the first word with the conversation read before, beside one that nobody has read."""
    loop = asyncio.get_running_loop()

    async def first_word(messages: list[Message]) -> float:
        began = loop.time()
        async with aclosing(texts(model.reply(messages))) as pieces:
            await anext(pieces)
        return loop.time() - began

    def long(seed: str) -> list[Message]:
        rule = " ".join(f"Rule {seed} {n}: be kind to whoever asks." for n in range(80))
        return [Message("system", f"{SYSTEM.content} {rule}"), QUESTION[1]]

    unread = await first_word(long(secrets.token_hex(4)))
    read = long(secrets.token_hex(4))
    await model.prefill(read)
    assert await first_word(read) < unread


async def test_a_closed_reply_stops_the_model(model: OllamaChat) -> None:
    """The server computes one reply at a time: the next one would wait for a story that went on."""
    loop = asyncio.get_running_loop()
    endless = chat(model.name, max_reply_tokens=1500)
    began = loop.time()
    async with aclosing(texts(endless.reply(STORY))) as pieces:
        count = 0
        async for _ in pieces:
            count += 1
            if count == 5:
                break
    story = loop.time() - began
    began = loop.time()
    async with aclosing(texts(model.reply(STORY))) as pieces:
        await anext(pieces)
    assert loop.time() - began < max(10 * story, 5.0)
    await endless.close()


async def test_a_prefill_gives_way_to_a_reply(model: OllamaChat) -> None:
    prefill = asyncio.create_task(model.prefill([Message("system", secrets.token_hex(1500))]))
    await asyncio.sleep(0)
    assert await answer(model, QUESTION)
    await prefill


async def test_an_overlong_conversation_loses_its_older_half_and_is_answered(model: OllamaChat) -> None:
    turns = [Message(role, f"{number} and " * 60) for number in range(14) for role in ("user", "assistant")]
    text, usage = await written(model.reply([SYSTEM, *turns, QUESTION[1]]))
    assert text
    assert usage.prompt_tokens < NUM_CTX


async def test_an_overlong_question_is_refused_and_not_cut_in_silence(model: OllamaChat) -> None:
    with pytest.raises(errors.OverflowingError):
        await answer(model, [SYSTEM, Message("user", "and " * 20_000)])


async def test_a_missing_model_is_said_with_the_command_that_brings_it() -> None:
    missing = chat("hearthd-test-no-such-model")
    with pytest.raises(errors.ModelMissingError, match="personas apply --pull"):
        await missing.start()
    with pytest.raises(errors.ModelMissingError):
        await answer(missing, QUESTION)
    await missing.close()


async def test_another_context_loads_the_model_anew(model: OllamaChat, name: str) -> None:
    model.adopt(Manner(0.0, (), "", 1024))
    await model.start()
    assert await loaded(name) == [1024]
    model.adopt(Manner(0.0))
    await model.start()
    assert await loaded(name) == [NUM_CTX]


@pytest.fixture
def run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``hearthd personas`` with one persona of ours."""
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "test-brief.toml").write_text('system = "Be brief."\ntemperature = 0.3')
    (tmp_path / "hearthd.toml").write_text(f'[chat]\nurl = "{URL}"\nmodel = "{name}"\nnum_ctx = {NUM_CTX}')
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))
    monkeypatch.setenv("COLUMNS", "200")
    return typed(command, "personas")


def test_a_persona_becomes_a_model_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert run("apply", "test-brief") == 0
        assert capsys.readouterr().out == "hearthd-test-brief: made\n"
        assert run("apply", "test-brief") == 0
        assert capsys.readouterr().out == "hearthd-test-brief: as it should be\n"
        assert run("list") == 0
        [row] = [line for line in capsys.readouterr().out.splitlines() if "test-brief" in line]
        assert row.split("│")[-2].strip() == "yes"
        made = asyncio.run(ollama_models.recipe(URL, "hearthd-test-brief"))
        assert made is not None
        assert made.system == "Be brief."
    finally:
        httpx.request("DELETE", f"{URL}/api/delete", json={"model": "hearthd-test-brief"})
    assert asyncio.run(ollama_models.recipe(URL, "hearthd-test-brief")) is None


async def test_a_model_that_nobody_has_is_not_pulled_in_silence() -> None:
    async def pull() -> None:
        async with aclosing(ollama_models.pull(URL, "nope-no-such-model")) as steps:
            async for _ in steps:
                continue

    with pytest.raises(errors.ChatError):
        await pull()


async def test_texts_are_embedded_or_the_reason_is_said(name: str) -> None:
    embedder = OllamaEmbedder(URL, name)
    try:
        vectors = await asyncio.to_thread(embedder.embed, ["the red boiler", "the red boiler", "a cat"])
        assert vectors.shape[0] == 3
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    except EngineError as error:
        assert "cannot embed" in str(error)  # noqa: PT017 - a chat model may not, and then it is said so
    finally:
        embedder.close()
