"""Asks a satellite who it is, once: for ``hearthd rooms test`` and ``hearthd check --online``."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

from wyoming.event import Event

from hearthd.common.errors import EngineError
from hearthd.engines.wyoming_wire import WyomingError, read_event, write_event

SECONDS = 5.0
"""A satellite answers in milliseconds; a wrong address of an own network in no time at all."""
OWNED_SECONDS = 1.5
"""One that another server has answers nothing but what it is."""
OWNED = "another server has it: the hearthd that runs, or Home Assistant (then remove it there)"
MAX_SHOWN = 60


async def ask(address: tuple[str, int]) -> str:
    """The satellite's name and version. Raises EngineError with what is wrong, and the mend."""
    host, port = address
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                await write_event(writer, Event("describe"))
                while (event := await read_event(reader)) is not None:
                    if event.type == "info":
                        found = _described(event.data, where)
                        return found if await _ours(reader, writer) else f"{found}; {OWNED}"
            finally:
                writer.close()
    except TimeoutError:
        raise EngineError(f"{where} does not answer: is it switched on, is a firewall between?") from None
    except ConnectionRefusedError:
        raise EngineError(
            f"nothing listens at {where}: start wyoming-satellite there with --uri tcp://0.0.0.0:{port}"
        ) from None
    except OSError as error:
        raise EngineError(f"{where} cannot be reached ({error.strerror or type(error).__name__})") from None
    except WyomingError as error:
        raise EngineError(f"what answers at {where} is no Wyoming satellite: {error}") from None
    raise EngineError(f"what answers at {where} has closed the connection: it is no Wyoming satellite")


async def _ours(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether it speaks with us."""
    await write_event(writer, Event("ping", {"text": ""}))
    try:
        async with asyncio.timeout(OWNED_SECONDS):
            while (event := await read_event(reader)) is not None:
                if event.type == "pong":
                    return True
    except (TimeoutError, WyomingError):
        pass
    return False


def _described(info: dict[str, Any], where: str) -> str:
    satellite = info.get("satellite")
    if not isinstance(satellite, dict):
        raise EngineError(
            f"{where} speaks Wyoming and is no satellite: is it a recogniser's or a voice's port?"
        )
    shown = " ".join(str(satellite.get(key) or "") for key in ("name", "version")).strip()
    clean = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in shown)
    return clean[:MAX_SHOWN].strip() or "a satellite"
