"""A fresh machine answers with no server: the embedded model, in its child process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from hearthd.common.errors import EngineError
from hearthd.conversation.context import Context
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.messages import Message, texts
from tests import chat_models
from tests.chat_models import written

pytestmark = [pytest.mark.integration, pytest.mark.models]

SYSTEM = Message("system", "You are a helpful speaker. " + "You answer briefly and kindly. " * 12)
FRANCE = Message("user", "What is the capital of France?")
STORY = Message("user", "Tell me a long story about a ship.")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[EmbeddedChat]:
    model = chat_models.embedded(chat_models.TINY)
    await model.start()
    yield model
    await model.close()


@pytest.fixture
async def model() -> AsyncIterator[EmbeddedChat]:
    own = chat_models.embedded(chat_models.TINY)
    yield own
    await own.close()


async def answer(model: EmbeddedChat, *messages: Message) -> str:
    async with aclosing(texts(model.reply(messages))) as pieces:
        return "".join([piece async for piece in pieces])


def child_of(model: EmbeddedChat) -> int:
    assert model._child is not None
    return model._child._process.pid


@pytest.mark.asyncio(loop_scope="module")
async def test_it_answers_and_counts(shared: EmbeddedChat) -> None:
    text, usage = await written(shared.reply([SYSTEM, FRANCE]))
    assert "Paris" in text
    assert usage.prompt_bytes == len(SYSTEM.content) + len(FRANCE.content)
    assert 80 < usage.prompt_tokens < 300


@pytest.mark.asyncio(loop_scope="module")
async def test_what_was_prefilled_is_not_read_again(shared: EmbeddedChat) -> None:
    system = Message("system", "You are a pirate. " + "You answer every question like a pirate. " * 20)
    await shared.prefill([system])
    _, usage = await written(shared.reply([system, FRANCE]))
    assert usage.cached_tokens is not None
    assert usage.cached_tokens > 0.8 * usage.prompt_tokens


@pytest.mark.asyncio(loop_scope="module")
async def test_a_reply_ends_the_prefill(shared: EmbeddedChat) -> None:
    long = Message("system", "You tell stories. " + "Every story has a ship in it. " * 150)
    prefill = asyncio.create_task(shared.prefill([long]))
    await asyncio.sleep(0.05)
    assert "Paris" in await answer(shared, SYSTEM, FRANCE)
    assert prefill.done()
    assert not prefill.cancelled()


@pytest.mark.asyncio(loop_scope="module")
async def test_closing_the_reply_stops_the_model(shared: EmbeddedChat) -> None:
    async with aclosing(texts(shared.reply([SYSTEM, STORY]))) as pieces:
        async for _ in pieces:
            break
    assert shared._child is not None
    while (await shared._child.http.get("/slots")).json()[0]["is_processing"]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert "Paris" in await answer(shared, SYSTEM, FRANCE)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_conversation_too_long_is_refused_by_name(shared: EmbeddedChat) -> None:
    with pytest.raises(EngineError, match="longer than num_ctx"):
        await answer(shared, Message("user", "word " * 3000))


@pytest.mark.asyncio(loop_scope="module")
async def test_the_estimate_of_tokens_learns_from_the_model(shared: EmbeddedChat) -> None:
    context = Context(SYSTEM.content, num_ctx=2048, reply_tokens=60)
    sent = context.messages("What is the capital of France?")
    _, usage = await written(shared.reply(sent))
    for _ in range(20):
        context.calibrate(usage.prompt_bytes, usage.prompt_tokens)
    assert context._tokens(sent) == pytest.approx(usage.prompt_tokens, rel=0.15)


@pytest.mark.slow
async def test_a_child_that_died_between_two_questions_costs_no_answer(model: EmbeddedChat) -> None:
    await model.start()
    os.kill(child_of(model), signal.SIGKILL)
    assert "Paris" in await answer(model, SYSTEM, FRANCE)


@pytest.mark.slow
async def test_a_child_that_dies_in_the_middle_is_an_error_and_the_next_answer_comes(
    model: EmbeddedChat,
) -> None:
    async with aclosing(texts(model.reply([SYSTEM, STORY]))) as pieces:
        assert await anext(pieces)
        os.kill(child_of(model), signal.SIGKILL)
        with pytest.raises(EngineError, match="started again"):
            [piece async for piece in pieces]
    assert "Paris" in await answer(model, SYSTEM, FRANCE)


async def test_a_conversation_too_long_loses_its_older_half() -> None:
    small = chat_models.embedded(chat_models.TINY, num_ctx=512, max_reply_tokens=5)
    turns = [Message(role, "word " * 60) for _ in range(5) for role in ("user", "assistant")]  # type: ignore[arg-type]
    text, usage = await written(small.reply([*turns, FRANCE]))
    assert text
    assert 200 < usage.prompt_tokens < 512
    await small.close()


async def test_closing_takes_the_child_along(model: EmbeddedChat) -> None:
    await model.start()
    pid = child_of(model)
    await model.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_start_that_is_given_up_leaves_no_child(model: EmbeddedChat) -> None:
    starting = asyncio.create_task(model.start())
    await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert model._child is None


@pytest.mark.slow
def test_the_child_does_not_outlive_a_killed_parent() -> None:
    if not chat_models.available(chat_models.TINY):
        pytest.skip("needs the tiny chat model")
    script = textwrap.dedent("""
        import asyncio, sys
        from tests import chat_models
        async def main():
            model = chat_models.embedded(chat_models.TINY)
            await model.start()
            print(model._child._process.pid, model._child._folder, flush=True)
            await asyncio.Event().wait()
        asyncio.run(main())
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    watch = os.pidfd_open(int(pid))
    for number in (signal.SIGINT, signal.SIGTERM):  # as Ctrl-C and `timeout` send to both: not the child's
        os.kill(int(pid), number)
    parent.kill()
    parent.wait()
    import select

    assert select.select([watch], [], [], 30)[0], "the child lives on"
    assert not Path(folder).exists()
    os.close(watch)


@pytest.mark.parametrize("content", [b"", b"GGUF" + b"\xff" * 4000, b"not a model"])
async def test_a_file_that_is_no_model_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(content)
    model = EmbeddedChat("broken", lambda: file, num_ctx=512, max_reply_tokens=10)
    with pytest.raises(EngineError, match=r"broken\.gguf cannot be loaded: "):
        await model.start()
    await model.close()


async def test_a_model_that_is_not_there_is_an_error_with_the_mend(tmp_path: Path) -> None:
    model = EmbeddedChat("none", lambda: tmp_path / "none", num_ctx=512, max_reply_tokens=10)
    with pytest.raises(EngineError, match="hearthd models pull"):
        await model.start()
    await model.close()


@pytest.mark.slow
async def test_the_starter_model_answers_english_and_chinese_in_kind() -> None:
    model = chat_models.embedded(chat_models.STARTER)
    system = Message("system", "You are a smart speaker. Answer in one short sentence.")
    assert "Paris" in await answer(model, system, FRANCE)
    assert "北京" in await answer(model, system, Message("user", "中国的首都是哪里？"))
    await model.close()


async def test_a_closed_model_starts_no_child_again() -> None:
    model = EmbeddedChat("closed", lambda: Path("none"), num_ctx=512, max_reply_tokens=10)
    await model.close()
    await model.prefill([SYSTEM])
    with pytest.raises(EngineError, match="closed"):
        await model.start()
