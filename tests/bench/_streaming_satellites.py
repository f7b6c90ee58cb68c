"""``python -m tests.bench._streaming_satellites N``: so many that stream faint noise; prints their ports."""

from __future__ import annotations

import asyncio
import json
import sys

import numpy as np
from wyoming.event import Event

from tests.peers.satellite import SatellitePeer

SAMPLES = 1024
"""What the real one sends at a time: 64 ms."""


async def stream(peer: SatellitePeer) -> None:
    """Send as soon as somebody has asked for it, in real time, for ever."""
    faint = np.rint(np.random.default_rng(peer.port).normal(0, 12, SAMPLES * 100)).astype("<i2")
    form = {"rate": 16_000, "width": 2, "channels": 1}
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    while True:
        sent += 1
        await asyncio.sleep(began + sent * SAMPLES / 16_000 - loop.time())
        if "run-satellite" in peer.kinds():
            first = sent % 100 * SAMPLES
            await peer.send(Event("audio-chunk", form, faint[first : first + SAMPLES].tobytes()))


async def main(count: int) -> None:
    """Until it is killed."""
    peers = [SatellitePeer() for _ in range(count)]
    for peer in peers:
        await peer.listen()
    print(json.dumps([peer.port for peer in peers]), flush=True)
    await asyncio.gather(*map(stream, peers))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
