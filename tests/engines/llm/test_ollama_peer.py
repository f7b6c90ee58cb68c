"""The Ollama peer answers in the shapes in which a real server (0.32.15) was seen to answer.

``SHAPES``: for a request, its answer with what varies left out: the status line and the headers in their
order, whether a line's end closes the body, and for each line of JSON its fields in order, each as its
type; texts that a client must tell apart stand as they are.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from tests.peers.ollama import OllamaPeer

pytestmark = pytest.mark.integration

WORDS = ("assistant", "load", "unload", "length", "pulling manifest", "writing manifest", "success")
JSON = "Content-Type: application/json; charset=utf-8"
LINES = "Content-Type: application/x-ndjson"
TOKEN = '{"model":s,"created_at":s,"message":{"role":"assistant","content":s},"done":b}'
COUNTS = (
    '"done":b,"done_reason":"length","total_duration":n,"load_duration":n,"prompt_eval_count":n,'
    '"prompt_eval_duration":n,"eval_count":n,"eval_duration":n}'
)
LAST = '{"model":s,"created_at":s,"message":{"role":"assistant","content":s},' + COUNTS
DETAILS = '{"parent_model":s,"format":s,"family":s,"families":[s],"parameter_size":s,"quantization_level":s}'
TAG_DETAILS = DETAILS[:-1] + ',"context_length":n,"embedding_length":n}'
TAGS = (
    '{"models":[{"name":s,"model":s,"modified_at":s,"size":n,"digest":s,"details":'
    + TAG_DETAILS
    + ',"capabilities":[s]}]}'
)
PULLED = '{"status":s,"digest":s,"total":n,"completed":n}'

ASKED = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "Say hello."}]}
LONG = {"model": "smollm2:135m", "messages": [{"role": "user", "content": "word " * 200}]}
SMALL: dict[str, Any] = {"options": {"num_ctx": 64}}
SHORT: dict[str, Any] = {"options": {"num_ctx": 2048, "num_predict": 8}}

SHAPES: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "version": ("GET", "/api/version", {}, ["200 OK", JSON, "Date", "Content-Length", '{"version":s}']),
    "ps": (
        *("GET", "/api/ps", {}),
        [
            *("200 OK", JSON, "Date", "Content-Length"),
            '{"models":[{"name":s,"model":s,"size":n,"digest":s,"details":'
            + DETAILS
            + ',"expires_at":s,"size_vram":n,"context_length":n}]}',
        ],
    ),
    "few tags": ("GET", "/api/tags", {}, ["200 OK", JSON, "Date", "Content-Length", TAGS]),
    "many tags": ("GET", "/api/tags", {}, ["200 OK", JSON, "Date", "chunked", TAGS]),
    "show": (
        *("POST", "/api/show", {"model": "smollm2:135m"}),
        [
            *("200 OK", JSON, "Date", "chunked"),
            '{"modelfile":s,"parameters":s,"template":s,"details":' + DETAILS + ',"model_info":{…},'
            '"tensors":[{"name":s,"type":s,"shape":[n]}],"capabilities":[s],"modified_at":s}',
        ],
    ),
    "chat": (
        *("POST", "/api/chat", ASKED | SHORT),
        ["200 OK", LINES, "Date", "chunked", *[TOKEN] * 8, LAST, "a line's end"],
    ),
    "whole chat": (
        *("POST", "/api/chat", ASKED | SHORT | {"stream": False}),
        ["200 OK", JSON, "Date", "Content-Length", LAST],
    ),
    "preload": (
        *("POST", "/api/generate", {"model": "smollm2:135m", "keep_alive": -1}),
        [
            *("200 OK", JSON, "Date", "Content-Length"),
            '{"model":s,"created_at":s,"response":s,"done":b,"done_reason":"load"}',
        ],
    ),
    "unload": (
        *("POST", "/api/generate", {"model": "smollm2:135m", "keep_alive": 0}),
        [
            *("200 OK", JSON, "Date", "Content-Length"),
            '{"model":s,"created_at":s,"response":s,"done":b,"done_reason":"unload"}',
        ],
    ),
    "missing": (
        *("POST", "/api/chat", ASKED | {"model": "nope"}),
        ["404 Not Found", JSON, "Date", "Content-Length", '{"error":"model \'nope\' not found"}'],
    ),
    "too long": (
        *("POST", "/api/chat", LONG | SMALL | {"shift": False}),
        [
            *("400 Bad Request", "Content-Type: application/json", "Date", "chunked"),
            '{"error":"the prompt is longer than the context length currently available to the model; '
            "shorten the prompt, adjust the context length in settings, or use a model with a longer context "
            'length"}',
        ],
    ),
    "no thinking": (
        *("POST", "/api/chat", ASKED | SHORT | {"think": True}),
        [
            *("400 Bad Request", JSON, "Date", "Content-Length"),
            r'{"error":"\"smollm2:135m\" does not support thinking"}',
        ],
    ),
    "no tools": (
        *("POST", "/api/chat", ASKED | SHORT | {"tools": [{}]}),
        [
            *("400 Bad Request", JSON, "Date", "Content-Length"),
            '{"error":"registry.ollama.ai/library/smollm2:135m does not support tools"}',
        ],
    ),
    "create": (
        *("POST", "/api/create", {"model": "rec", "from": "smollm2:135m", "system": "x", "parameters": {}}),
        [
            *("200 OK", LINES, "Date", "chunked", *['{"status":s}'] * 4),
            *('{"status":"writing manifest"}', '{"status":"success"}', "a line's end"),
        ],
    ),
    "pull": (
        *("POST", "/api/pull", {"model": "new"}),
        [
            *("200 OK", LINES, "Date", "chunked", '{"status":"pulling manifest"}'),
            *('{"status":s,"digest":s,"total":n}', PULLED, PULLED, '{"status":s}'),
            *('{"status":"writing manifest"}', '{"status":"success"}', "a line's end"),
        ],
    ),
    "pull of nothing": (
        *("POST", "/api/pull", {"model": "nope-model"}),
        [
            *("200 OK", LINES, "Date", "chunked", '{"status":"pulling manifest"}'),
            *('{"error":"pull model manifest: file does not exist"}', "a line's end"),
        ],
    ),
    "delete": ("DELETE", "/api/delete", {"model": "old"}, ["200 OK", "Date", "Content-Length"]),
    "delete of nothing": (
        *("DELETE", "/api/delete", {"model": "rec"}),
        ["404 Not Found", JSON, "Date", "Content-Length", '{"error":"model \'rec\' not found"}'],
    ),
}


def shape(answer: bytes) -> list[str]:
    """What ``SHAPES`` says of a raw answer. Its chunks are put together."""
    head, body = answer.split(b"\r\n\r\n", 1)
    status, *headers = head.decode().split("\r\n")
    said = [status.removeprefix("HTTP/1.1 ")]
    for header in headers:
        name, _, value = header.partition(": ")
        said.append(header if name == "Content-Type" else "chunked" if name == "Transfer-Encoding" else name)
        if name == "Transfer-Encoding":
            assert value == "chunked"
            body = _whole(body)
        elif name == "Content-Length":
            assert int(value) == len(body)
        elif name == "Date":
            assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", value)
    said += [_fields(json.loads(line)) for line in body.splitlines()]
    return said + ["a line's end"] * body.endswith(b"\n")


def _whole(chunks: bytes) -> bytes:
    body = b""
    while True:
        size, chunks = chunks.split(b"\r\n", 1)
        if size == b"0":
            assert chunks == b"\r\n"
            return body
        body += chunks[: int(size, 16)]
        assert chunks[int(size, 16) :].startswith(b"\r\n")
        chunks = chunks[int(size, 16) + 2 :]


def _fields(value: Any, key: str = "") -> str:
    if key == "model_info":
        return "{…}"
    if isinstance(value, dict):
        return "{" + ",".join(f'"{name}":{_fields(one, name)}' for name, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{_fields(value[0])}]"
    if isinstance(value, str):
        return json.dumps(value) if key == "error" or value in WORDS else "s"
    return "b" if isinstance(value, bool) else "n"


async def asked(url: str, method: str, path: str, body: dict[str, Any]) -> bytes:
    """The raw answer to one request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    raw = json.dumps(body).encode()
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("name", SHAPES)
async def test_the_peer_answers_in_the_servers_shapes(name: str) -> None:
    method, path, body, expected = SHAPES[name]
    names = ("smollm2:135m", "old", *(f"more{n}" for n in range(10 if name == "many tags" else 0)))
    async with OllamaPeer(*names) as peer:
        peer.loaded["smollm2:135m"] = 2048
        if name == "chat":
            body = body | {"options": {"num_ctx": 2048, "num_predict": 8}}
        assert shape(await asked(peer.url, method, path, body)) == expected


async def test_thoughts_stand_beside_the_content() -> None:
    async with OllamaPeer() as peer:
        peer.fault = "thinking"
        answer = shape(await asked(peer.url, "POST", "/api/chat", ASKED | SHORT))
        assert answer[4] == TOKEN.replace('"content":s', '"content":s,"thinking":s')
        assert answer[6] == LAST.replace("length", "stop").replace('"stop"', "s")
