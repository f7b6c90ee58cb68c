"""The body of a refusal: read as far as it is worth reading."""

from __future__ import annotations

import httpx

MOST_BYTES = 65_536
"""Of an answer other than 200; what comes after is not read."""


async def beginning(response: httpx.Response) -> bytes:
    """The beginning of a streamed response's body. Raises httpx.HTTPError if it breaks off."""
    raw = b""
    async for piece in response.aiter_bytes():
        raw += piece
        if len(raw) >= MOST_BYTES:
            break
    return raw[:MOST_BYTES]
