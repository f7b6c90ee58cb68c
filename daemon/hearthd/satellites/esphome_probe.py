"""Tries an ESPHome device once: is it there, is it free, can it fetch a reply.

For ``hearthd rooms add``, ``rooms test`` and ``check --online``. That it can fetch a reply is found out by an
announcement of silence.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.errors import EngineError
from hearthd.satellites.esphome_device import OURSELVES, EsphomeDevice, EsphomeTarget, OwnedError, connect
from hearthd.satellites.reply_server import ReplyServer
from hearthd.satellites.reply_stream import ReplyStream

FETCH_SECONDS = 3.0
ANNOUNCE_SECONDS = 10.0


async def ask(target: EsphomeTarget, port: int = 0, address: str = "") -> str:
    """Its name, version and wake words. Raises EngineError with what is wrong, and the mend.

    ``port`` and ``address``: of the configuration's ``esphome`` table.
    """
    device = await connect(target, lambda: None)
    try:
        can = device.can
        found = f"{can.name or 'a device'}, ESPHome {can.version or 'of no version'}"
        try:
            words = await device.subscribe(
                started=_started, stopped=_ignored, heard=_heard, announced=_ignored
            )
        except OwnedError as error:
            if (device.refused_by or "").startswith(OURSELVES):
                return f"{found}; {error}"
            raise
        if words:
            found += "; its wake words: " + ", ".join(word for word, _ in words)
        if not can.announces:
            return found
        return f"{found}; {await _fetched(device, port, address)}"
    except EngineError as error:
        raise EngineError(f"{target.where}: {error}") from None
    finally:
        device.close()


async def _fetched(device: EsphomeDevice, port: int, address: str) -> str:
    """Whether it has fetched a moment of silence. Raises EngineError if it cannot."""
    replies = ReplyServer(port, address)
    stream = ReplyStream(Mixer(), device.can.form, lambda _: None)
    try:
        await replies.open(device.facing)
    except EngineError:  # most likely the hearthd that runs, with other devices
        return f"whether it can fetch its replies was not tried: port {port} is in use"
    url = replies.offer(stream, device.facing)
    announcing = asyncio.create_task(device.announce(url, "…", ANNOUNCE_SECONDS))
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            await stream.fetched.wait()
        await asyncio.sleep(0.2)
        stream.end()
        await asyncio.wait([announcing], timeout=FETCH_SECONDS)
        return f"it fetches its replies from {url.rpartition('/')[0]}"
    except TimeoutError:
        where = url.rpartition("/")[0]
        raise EngineError(
            f"the device cannot fetch its replies from {where}: let TCP port {replies.port} through the "
            "firewall, or set esphome.address to this machine's address as the device sees it"
        ) from None
    finally:
        stream.end()
        announcing.cancel()
        replies.close()


async def _started(conversation: str, flags: int, settings: Any, phrase: str | None) -> None:
    """It is called just now: it must wait until the hearthd that runs has it again."""


async def _heard(data: bytes, second: bytes | None) -> None:
    """Nobody listens."""


async def _ignored(told: Any) -> None:
    """It is not asked for anything."""
