"""Whatever a server sends to any of our HTTP clients is an error with a name, of bounded size and time."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest

from hearthd.common.errors import EngineError
from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.engines.asr.remote import MAX_ANSWER, OpenAiAsr
from hearthd.engines.http_access import OPEN
from hearthd.engines.http_body import MOST_BYTES, MOST_OF_A_REFUSAL, Bounded
from hearthd.engines.llm import ollama_models
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.openai import OpenAiChat
from hearthd.engines.llm.openai_models import served
from hearthd.engines.messages import Message
from hearthd.engines.tts.gpt_sovits.http import VoiceServer
from hearthd.engines.tts.gpt_sovits.voice import GptSovitsVoice
from hearthd.home_assistant.agent import MOST_ANSWER_BYTES, HomeAssistant
from hearthd.knowledge import embedder
from hearthd.voices.profiles import StoredVoice

pytestmark = pytest.mark.integration

CASES = 600
AT_ONCE = 12
SECONDS = 0.4
"""What every client is given here to wait for something."""
IN_FLIGHT = 8_000_000
"""Bytes that a server may have got rid of before it notices that nobody reads: sockets' buffers."""
ASKED = [Message("user", "what time is it")]
BOMB = gzip.compress(bytes(400_000_000), 1)
"""1.7 MB that become 400 MB."""
VALID: dict[str, Any] = {
    "tags": {"models": [{"model": "m:latest", "size": 5, "details": {"parent_model": "b", "families": []}}]},
    "ps": {"models": [{"model": "m:latest", "context_length": 4096, "size_vram": 1}]},
    "show": {"details": {"parent_model": "b"}, "system": "s", "parameters": 'stop "x"\ntemperature 0.7'},
    "embed": {"embeddings": [[0.1, 0.2, 0.3]]},
    "chat": {
        "message": {"role": "assistant", "content": "Hello there."}, "done": True, "done_reason": "stop",
        "prompt_eval_count": 5, "eval_count": 3,
    },
    "openai": {
        "choices": [{"delta": {"content": "Hello."}, "finish_reason": "stop"}],
        "timings": {"prompt_n": 1, "cache_n": 2, "predicted_n": 3},
    },
    "list": {"data": [{"id": "m", "max_model_len": 4096, "owned_by": "vllm", "meta": {"n_ctx": 4096}}]},
    "words": {"text": "What time is it?"},
    "progress": {"status": "pulling", "completed": 5, "total": 10},
    "set": {"message": "success", "Exception": "x"},
    "sentence": {
        "response": {
            "speech": {"plain": {"speech": "Turned on the light", "extra_data": None}}, "card": {},
            "language": "en", "response_type": "action_done",
            "data": {"success": [{"name": "Light", "type": "entity", "id": "light.a"}], "failed": []},
        },
        "conversation_id": "01J", "continue_conversation": False,
    },
}  # fmt: skip
"""What the servers say when all is well, by what was asked."""


@dataclass
class Answer:
    """What a hostile server does: ``pieces``, then for ever the last one (``endless``), or nothing more."""

    name: str
    pieces: list[bytes]
    endless: bool = False
    pause: float = 0.0
    hangs: bool = False


@dataclass
class Server:
    """Answers every request alike; ``sent`` counts what it got rid of."""

    answer: Answer
    folder: Path
    sent: int = 0
    url: str = ""
    socket: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in self.answer.pieces:
                await self._send(writer, piece)
            while self.answer.endless:
                await self._send(writer, self.answer.pieces[-1])
            if self.answer.hangs:
                await reader.read()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _send(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        writer.write(piece)
        await writer.drain()
        self.sent += len(piece)
        await asyncio.sleep(self.answer.pause)

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


@asynccontextmanager
async def serving(answer: Answer, folder: Path) -> AsyncIterator[Server]:
    server = Server(answer, folder)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    server.socket = str(folder / f"{listening.sockets[0].getsockname()[1]}.sock")
    private = await asyncio.start_unix_server(server.serve, server.socket)
    try:
        yield server
    finally:
        server.end()
        listening.close()
        private.close()


# --- the clients ----------------------------------------------------------------------------------


async def ollama_chat(server: Server) -> None:
    chat = OllamaChat(
        server.url, "m", num_ctx=4096, max_reply_tokens=50, first_token_seconds=SECONDS, stall_seconds=SECONDS
    )
    try:
        async with asyncio.timeout(10 * SECONDS):  # who asks gives a prefill up when the words are there
            await chat.prefill(ASKED)
    except TimeoutError:
        pass
    try:
        async for _ in chat.reply(ASKED):
            continue
    finally:
        await chat.close()


async def openai_chat(server: Server) -> None:
    chat = OpenAiChat(
        server.url, "m", num_ctx=4096, max_reply_tokens=50, first_token_seconds=SECONDS, stall_seconds=SECONDS
    )
    try:
        async for _ in chat.reply(ASKED):
            continue
    finally:
        await chat.close()


async def remote_asr(server: Server) -> None:
    asr = OpenAiAsr(server.url, ["en", "zh"], SECONDS, model="m", access=OPEN)
    try:
        await asr.transcribe(np.zeros(16_000, np.int16))
    finally:
        await asr.close()


async def openai_list(server: Server) -> None:
    async with OPEN.client(server.url, httpx.Timeout(None)) as http:
        await served(http, server.url)


async def ollama_list(server: Server) -> None:
    await ollama_models.has(server.url, "m")


async def ollama_loaded(server: Server) -> None:
    await ollama_models.is_loaded(server.url, "m", 4096)


async def ollama_unload(server: Server) -> None:
    await ollama_models.unload(server.url, "m")


async def ollama_recipe(server: Server) -> None:
    await ollama_models.recipe(server.url, "m")


async def ollama_pull(server: Server) -> None:
    try:
        async with asyncio.timeout(2 * SECONDS):  # a person presses Ctrl-C
            async for _ in ollama_models.pull(server.url, "m"):
                continue
    except TimeoutError:
        pass


async def embed(server: Server) -> None:
    ours = embedder.OllamaEmbedder(server.url, "m")
    try:
        await asyncio.to_thread(ours.embed, ["hello"])
    finally:
        ours.close()


async def embedded_chat(server: Server) -> None:
    chat = EmbeddedChat(
        "m", lambda: server.folder, num_ctx=512, max_reply_tokens=50, first_token_seconds=SECONDS,
        stall_seconds=SECONDS,
    )  # fmt: skip
    async with httpx.AsyncClient(
        transport=Bounded(uds=server.socket), base_url="http://embedded", timeout=None
    ) as http:
        child: Any = SimpleNamespace(http=http)
        try:
            async for _ in chat._spoken(child, ASKED, ()):
                continue
        except httpx.HTTPError as error:  # ``reply`` starts another child for it
            raise EngineError(type(error).__name__) from error


async def voice_set(server: Server) -> None:
    voice = VoiceServer(server.url, SECONDS)
    try:
        await voice.set("set_refer_audio", refer_audio_path="x.wav")
    finally:
        await voice.close()


async def voice_speaks(server: Server) -> None:
    stored = StoredVoice.model_construct(
        name="v", clip=server.folder / "v.wav", text="t", language="en", speed=1.0, version="v2",
        streaming_mode=2, gpt_weights="", sovits_weights="", server_clip="", extra_clips=[], top_k=5,
        top_p=1.0, temperature=1.0, repetition_penalty=1.3, sample_steps=32, seed=-1,
    )  # fmt: skip
    voice = GptSovitsVoice(stored, server.url, first_audio_seconds=SECONDS, stall_seconds=SECONDS)
    voice.ready = True
    try:
        async for _ in voice.synthesize("It is a quarter past nine.", "en"):
            continue
    finally:
        await voice.close()


async def home_assistant(server: Server) -> None:
    file = server.folder / "token"
    file.write_text("a" * 40)
    file.chmod(0o600)
    settings = HomeAssistantSettings(url=server.url, token_file=str(file))
    asking = HomeAssistant(settings, lambda *_: None)
    try:
        await asking.ask("turn on the light", "en", seconds=SECONDS, satellite="sensor.speaker")
    finally:
        await asking.close()


CLIENTS: dict[str, tuple[Callable[[Server], Awaitable[None]], str, int]] = {
    "the chat model": (ollama_chat, "chat", 3 * MOST_BYTES),
    "an OpenAI chat": (openai_chat, "openai", 6 * MOST_BYTES),
    "a recogniser elsewhere": (remote_asr, "words", MAX_ANSWER),
    "its models": (openai_list, "list", MOST_BYTES),
    "the models": (ollama_list, "tags", ollama_models.MOST_BYTES),
    "what is loaded": (ollama_loaded, "ps", ollama_models.MOST_BYTES),
    "unloading": (ollama_unload, "progress", ollama_models.MOST_BYTES),
    "a recipe": (ollama_recipe, "show", ollama_models.MOST_BYTES),
    "a pull": (ollama_pull, "progress", 2**62),  # bounded line by line
    "embeddings": (embed, "embed", embedder.MOST_OF_A_VECTOR + MOST_OF_A_REFUSAL),
    "the embedded model": (embedded_chat, "openai", MOST_BYTES),
    "setting the voice": (voice_set, "set", MOST_OF_A_REFUSAL),
    "the voice": (voice_speaks, "", 8_000_000),
    "Home Assistant": (home_assistant, "sentence", MOST_ANSWER_BYTES),
}
"""By name: the client, what it asks for (a key of ``VALID``), and the most bytes it may read of an answer."""


# --- the answers ----------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JUNK = (None, -1, 10**400, 1e308, True, [], {}, "", "x" * 5000, "\ud800", [[[]]], {"": ""})


def mutated(value: Any, rng: random.Random) -> Any:
    """``value`` with one of its parts exchanged for something else."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        return value | {key: mutated(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        return [*value[:place], mutated(value[place], rng), *value[place + 1 :]]
    return rng.choice(JUNK)


def wav(size: int, samples: bytes) -> bytes:
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, 1, 32_000, 64_000, 2, 16)
    return head + struct.pack("<4sI", b"data", size) + samples


def answers(rng: random.Random, asked: str) -> list[Answer]:
    """One of every kind, drawn anew."""
    line = json.dumps(mutated(VALID.get(asked, {"x": 1}), rng)).encode()
    line = b"data: " + line if asked == "openai" else line
    noise = np.random.default_rng(rng.randrange(2**32)).integers(-9000, 9000, 3200).astype("<i2").tobytes()
    status = rng.choice(
        [b"200 OK", b"400 Bad", b"404 Not Found", b"500 Error", b"503 Busy", b"204 No Content"]
    )
    head = b"HTTP/1.1 " + status + b"\r\n"
    encoding = rng.choice([b"gzip", b"deflate", b"br", b"zstd", b"x-unknown", b"gzip, gzip"])
    sized = b"Content-Length: %d\r\n\r\n"
    return [
        Answer("garbage", [rng.randbytes(rng.randrange(1, 3000))]),
        Answer("garbage after a head", [head + b"\r\n", rng.randbytes(rng.randrange(0, 5000))]),
        Answer("other shapes", [head + sized % (len(line) + 1), line, b"\n"]),
        Answer("other shapes, cut", [head + sized % (len(line) + 9), line[: rng.randrange(len(line))]]),
        Answer(
            "no JSON", [OK + b"\r\n", line[:-3] + rng.choice([b"NaN}", b"\xff\xfe", b"\x00" * 9]) + b"\n"]
        ),
        Answer("a bomb", [head + b"Content-Encoding: gzip\r\n" + sized % len(BOMB), BOMB]),
        Answer("an endless bomb", [OK + b"Content-Encoding: gzip\r\n\r\n", BOMB], endless=True),
        Answer("an encoding", [head + b"Content-Encoding: " + encoding + b"\r\n\r\n", rng.randbytes(500)]),
        Answer("deep", [OK + b"\r\n", rng.choice([b"[", b'{"a":']) * 90_000, b"\n"]),
        Answer("digits", [OK + b"\r\n", b'{"error":' + b"9" * 6000 + b"}\n"]),
        Answer("an endless line", [head + b"\r\n", b"a" * 65_536], endless=True),
        Answer("endless lines", [head + b"\r\n", (line + b"\n") * 50], endless=True),
        Answer("endless empty lines", [OK + b"\r\n", b"\n" * 65_536], endless=True),
        Answer("endless hints", [b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100], endless=True),
        Answer("endless head", [head + b"X: y\r\n", b"X-Y: " + b"z" * 4000 + b"\r\n"], endless=True),
        Answer(
            "endless chunks", [OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 500], endless=True
        ),
        Answer("bad chunks", [OK + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\nabc\r\n"]),
        Answer("a redirect", [b"HTTP/1.1 302 Found\r\nLocation: /api/tags\r\nContent-Length: 0\r\n\r\n"]),
        Answer("silence", [head + b"\r\n"], hangs=True),
        Answer("nothing", [], hangs=rng.random() < 0.5),
        Answer("a trickle", [head + b"\r\n", b"1"], endless=True, pause=0.05),
        Answer("a trickle of lines", [OK + b"\r\n", b"{}\n"], endless=True, pause=0.05),
        Answer("a trickle of sound", [OK + b"\r\n" + wav(0, b""), noise[:2]], endless=True, pause=0.05),
        Answer("endless sound", [OK + b"\r\n" + wav(0, b""), noise], endless=True),
        Answer("endless silence", [OK + b"\r\n" + wav(0, b""), bytes(6400)], endless=True),
        Answer("sound and more", [OK + b"\r\n" + wav(len(noise), noise), noise], endless=True, pause=0.02),
        Answer("sound, then nothing", [OK + b"\r\n" + wav(10 * len(noise), noise)], hangs=True),
        Answer("a header that never ends", [OK + b"\r\n" + wav(0, b"")[:36], b"LIST\0\0\0\0"], endless=True),
    ]


def cases() -> Iterator[tuple[str, Answer]]:
    """Every client with every kind, over and over with other seeds."""
    seed = 0
    while True:
        for name, (_, asked, _) in CLIENTS.items():
            rng = random.Random(seed)
            seed += 1
            yield from ((name, answer) for answer in answers(rng, asked))


async def outcome(client: str, answer: Answer, folder: Path) -> str:
    """ "" if the client got over it; otherwise what went wrong."""
    ask, _, most = CLIENTS[client]
    async with serving(answer, folder) as server:
        try:
            async with asyncio.timeout(80 * SECONDS):
                await ask(server)
        except EngineError:
            pass
        except TimeoutError:
            return "it never ends"
        except Exception as error:
            return f"{type(error).__name__}: {str(error)[:100]}"
        return "" if server.sent <= most + IN_FLIGHT else f"it read on: {server.sent} bytes"


@pytest.mark.slow
async def test_six_hundred_hostile_answers_are_errors_with_a_name_in_bounded_size_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ollama_models, "ANSWER_SECONDS", SECONDS)
    monkeypatch.setattr(embedder, "OLLAMA_SECONDS", SECONDS)
    monkeypatch.setattr("hearthd.engines.llm.openai_models.ANSWER_SECONDS", SECONDS)
    monkeypatch.setattr("hearthd.engines.llm.openai.COUNT_SECONDS", SECONDS)
    monkeypatch.setattr("hearthd.engines.tts.gpt_sovits.http.SETTING_SECONDS", SECONDS)
    drawn = [case for case, _ in zip(cases(), range(CASES), strict=False)]
    wrong: Counter[str] = Counter()
    for first in range(0, len(drawn), AT_ONCE):
        batch = drawn[first : first + AT_ONCE]
        found = await asyncio.gather(*(outcome(client, answer, tmp_path) for client, answer in batch))
        for (client, answer), trouble in zip(batch, found, strict=True):
            if trouble:
                wrong[f"{client}, {answer.name}: {trouble}"] += 1
    print(f"{len(drawn)} answers of {len({a.name for _, a in drawn})} kinds to {len(CLIENTS)} clients")
    assert not wrong, "\n".join(f"{count} x {trouble}" for trouble, count in wrong.most_common())
