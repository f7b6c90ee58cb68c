"""The HTTP of a GPT-SoVITS server (``api_v2``): its calls, its refusals, and whether it is still there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from hearthd.common.errors import (
    DroppedStreamError,
    NothingSaidError,
    ServerGoneError,
    ServerSlowError,
    VoiceRefusedError,
    VoiceServerError,
)
from hearthd.engines.http_body import Bounded, beginning

SETTING_SECONDS = 60.0
"""Loading weights from a slow disk."""
RECONNECT_SECONDS = 0.2
"""A server that has died has closed its port by then, and opens it again only when it has loaded."""
KEPT_SECONDS = 2.0
"""An idle connection is used again for so long. The server ends it after 5 s, httpx by itself would give it
up after 5 s, too: a request sent at that moment is lost, and a sentence with it."""
MOST_AUDIO_BYTES = 64_000_000
"""Of one clip: eleven minutes. What one text may take is bounded far sooner, by its own length."""
REASONS_OF_TEXT = ("valid text", "有效文本")
"""In a refusal: it is the text that holds nothing to say."""


class VoiceServer:
    """A server at ``url``. Every failure is a ``VoiceServerError``."""

    def __init__(self, url: str, connect_seconds: float) -> None:
        self._url = httpx.URL(url)
        self._connect_seconds = connect_seconds
        timeout = httpx.Timeout(None, connect=connect_seconds)
        transport = Bounded(most=MOST_AUDIO_BYTES, limits=httpx.Limits(keepalive_expiry=KEPT_SECONDS))
        self._client = httpx.AsyncClient(
            base_url=self._url, timeout=timeout, transport=transport, trust_env=False
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def set(self, endpoint: str, **parameters: str) -> None:
        """One of the /set_* calls. Raises with what the server says."""
        try:
            request = self._client.stream("GET", f"/{endpoint}", params=parameters)
            async with asyncio.timeout(SETTING_SECONDS), request as response:
                detail = _object(await beginning(response))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise self._gone() from None
        except TimeoutError:
            raise ServerSlowError(f"/{endpoint} took longer than {SETTING_SECONDS:g} s") from None
        except httpx.HTTPError as error:
            raise DroppedStreamError(f"the voice server broke off /{endpoint}: {error}") from None
        if response.status_code != httpx.codes.OK:
            said = " ".join(str(detail[key]) for key in ("message", "Exception") if detail.get(key))[:300]
            wanted = next(iter(parameters.values()))
            raise VoiceRefusedError(f"the voice server refuses {wanted}: {said or response.status_code}")

    async def speak(self, body: dict[str, Any]) -> AsyncGenerator[bytes, None]:
        """POST /tts: the bytes of the answer as they come. Closing it closes the connection."""
        try:
            async with self._client.stream("POST", "/tts", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise await _refusal(response)
                async for data in response.aiter_raw():
                    yield data
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise self._gone() from None
        except httpx.HTTPError as error:
            raise DroppedStreamError(
                f"the voice server broke off its answer ({type(error).__name__}): its log says why"
            ) from None

    async def until_gone(self) -> None:
        """Return once nothing accepts connections there: an idle one ends when the server does."""
        while True:
            try:
                async with asyncio.timeout(self._connect_seconds):
                    reader, writer = await asyncio.open_connection(self._url.host, self._url.port or 80)
            except (OSError, TimeoutError):
                return
            try:
                with contextlib.suppress(OSError):
                    await reader.read(1)
            finally:
                writer.close()
            await asyncio.sleep(RECONNECT_SECONDS)  # gone, or something between us tired of the connection

    def _gone(self) -> ServerGoneError:
        return ServerGoneError(f"no voice server answers at {self._url}")


async def _refusal(response: httpx.Response) -> VoiceServerError:
    """The error that a status other than 200 stands for. Nothing of the text comes into the message."""
    detail = _object(await beginning(response))
    exception = str(detail.get("Exception", ""))
    if any(reason in exception for reason in REASONS_OF_TEXT):
        return NothingSaidError("the voice server found nothing to say in the text")
    message = str(detail.get("message", ""))[:200]
    return VoiceRefusedError(
        f"the voice server answered {response.status_code}: {message or 'no reason given'}"
    )


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``, or an empty one."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
