"""Our voice client beside a bare HTTP read of the same answer.

Twice: against a server that answers the same bytes at once (the client's own time), and against the
real protocol server, where the last samples count: a bare read ends with the connection, 0.4 to 1 s
after them. Runs of the two alternate, so that both see the same machine.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import httpx
import numpy as np

from hearthd.engines.tts.gpt_sovits import request
from hearthd.engines.tts.gpt_sovits.http import KEPT_SECONDS
from hearthd.engines.tts.gpt_sovits.voice import GptSovitsVoice
from hearthd.voices import reference_clip
from hearthd.voices.profiles import StoredVoice
from tests.bench import Figure
from tests.peers import gpt_sovits as real
from tests.peers.gpt_sovits_faults import clip, peer

BENCH = "gpt_sovits"
TEXT = "The kettle is on, and dinner is in half an hour."
CANNED_RUNS = 60
REAL_RUNS = 8

Times = tuple[float, float]
"""Seconds to the first samples, and to the end."""


async def bare(http: httpx.AsyncClient, voice: StoredVoice) -> Times:
    """Read the answer and drop it."""
    began = time.perf_counter()
    first = 0.0
    async with http.stream("POST", "/tts", json=request.body([TEXT], "en", voice)) as response:
        async for data in response.aiter_raw():
            if len(data) > 44 and not first:
                first = time.perf_counter() - began
    return first, time.perf_counter() - began


async def ours(voice: GptSovitsVoice) -> Times:
    """The same through the client."""
    began = time.perf_counter()
    first = 0.0
    async with aclosing(voice.synthesize(TEXT, "en")) as pieces:
        async for pcm in pieces:
            if len(pcm) and not first:
                first = time.perf_counter() - began
    return first, time.perf_counter() - began


async def _measure(
    url: str, stored: StoredVoice, runs: int, settle: float
) -> tuple[list[Times], list[Times]]:
    voice = GptSovitsVoice(stored, url, languages=("en",), first_audio_seconds=60, stall_seconds=60)
    await voice.start()
    pairs: list[tuple[Times, Times]] = []
    try:
        limits = httpx.Limits(keepalive_expiry=KEPT_SECONDS)  # as the client's own
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=limits) as http:
            reads: list[Callable[[], Awaitable[Times]]] = [lambda: bare(http, stored), lambda: ours(voice)]
            for _ in range(runs + 1):
                results = []
                for read in reads:
                    results.append(await read())
                    await asyncio.sleep(settle)  # what one run leaves behind must not count against the other
                pairs.append((results[0], results[1]))
    finally:
        await voice.close()
    return [pair[0] for pair in pairs[1:]], [pair[1] for pair in pairs[1:]]


def _figures(kind: str, plain: list[Times], client: list[Times]) -> list[Figure]:
    figures = []
    for position, figure in enumerate(("first audio", "whole clip")):
        before = statistics.median(times[position] for times in plain) * 1000
        after = statistics.median(times[position] for times in client) * 1000
        name = f"{figure}, {kind}"
        figures.append(
            Figure(
                BENCH, name, round(after, 3), "ms", round(before, 3), round(after / before, 3), len(client)
            )
        )
    return figures


async def _canned() -> list[Figure]:
    stored = StoredVoice(name="ann", clip=Path("/srv/ann.wav"), text="Said she.", language="en", seed=1)
    async with peer() as server:
        server.tts = clip(3.0)
        return _figures("instant server", *await _measure(server.url, stored, CANNED_RUNS, 0.0))


async def _real(server: real.Server, reference: Path) -> list[Figure]:
    stored = StoredVoice(name="ann", clip=reference, text="This is what she said.", language="en", seed=1)
    return _figures("real server, mode 3", *await _measure(server.url, stored, REAL_RUNS, 1.0))


def run() -> list[Figure]:
    """The figures; those of the real server only where it is installed."""
    figures = asyncio.run(_canned())
    if real.installed():
        with tempfile.TemporaryDirectory() as folder, real.running() as server:
            reference = Path(folder) / "clip.wav"
            sound = 6_000 * np.sin(2 * np.pi * 180 * np.arange(5 * reference_clip.RATE) / reference_clip.RATE)
            reference.write_bytes(reference_clip.wav_bytes(np.rint(sound).astype(np.int16)))
            figures += asyncio.run(_real(server, reference))
    return figures
