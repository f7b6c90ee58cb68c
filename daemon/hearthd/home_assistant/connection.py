"""HTTP to Home Assistant: its address, its certificate, the owner's token.

``HomeAssistantError`` (an EngineError) says why it cannot be asked, told apart by what follows from it:

    HomeAssistantError
      UnreachableError   nobody answers at the address: nothing was done
      UntrustedError     there is no TLS with it, or its certificate is not good
      TokenError         it refuses the token, or the token cannot be read
      NoSuchThingError   what answers there is no Home Assistant, or has no such interface
      UnwantedError      it does not take the request as it was written (400)
      UncertainError     it was asked and gave no whole answer: what it did is not known

No message holds the token, or a word of what people said.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from hearthd.common.errors import EngineError
from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.engines.http_body import CONNECT_SECONDS, MOST_OF_A_REFUSAL, BadAnswerError, Bounded

CREDENTIAL = "home_assistant_token"
"""The systemd credential that may hold the token."""
MAX_TOKEN_BYTES = 4096
"""A long-lived access token has about 180."""
MOST_BYTES = 8_000_000
"""Of any answer: the states of 10,000 entities are 5 MB."""
KEPT_SECONDS = 30.0
"""An idle connection is used again for so long; Home Assistant ends it after 75 s."""
Trace = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Told of every step of an exchange."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,}")
_FORBIDDEN = stat.S_IRWXO
"""Nobody but the owner and the group of the token's file may do anything with it."""


class HomeAssistantError(EngineError):
    """Home Assistant cannot be asked. The message says why, and the mend."""


class UnreachableError(HomeAssistantError):
    """Nobody answers at the address: nothing was done."""


class UntrustedError(HomeAssistantError):
    """There is no TLS with it, or its certificate is not good: nothing was sent."""


class TokenError(HomeAssistantError):
    """It refuses the token, or the token cannot be read: nothing was done."""


class NoSuchThingError(HomeAssistantError):
    """What answers there is no Home Assistant, or has no such interface: nothing was done."""


class UnwantedError(HomeAssistantError):
    """It does not take the request as it was written: nothing was done."""


class UncertainError(HomeAssistantError):
    """It was asked and gave no whole answer: what it did is not known."""


def token(settings: HomeAssistantSettings) -> str:
    """The token in ``token_file``, or in the systemd credential. Raises TokenError."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(folder) / CREDENTIAL if folder else None
    if settings.token_file:
        file = Path(settings.token_file)
    elif credential is not None and credential.exists():
        file = credential
    else:
        raise TokenError("home_assistant.token_file is not set: put a long-lived access token into a file")
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise TokenError(f"{file} is no file: name the one that holds Home Assistant's token")
        with file.open("rb") as stream:
            raw = stream.read(MAX_TOKEN_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise TokenError(f"cannot read Home Assistant's token from {file}: {why}") from None
    if settings.token_file and status.st_mode & _FORBIDDEN:
        raise TokenError(f"{file} is open to every user of this machine: chmod 600 {file}")
    found = raw.decode("ascii", "replace").strip()
    if len(raw) > MAX_TOKEN_BYTES or not _TOKEN.fullmatch(found):
        raise TokenError(f"{file} does not hold a token: put the long-lived access token alone into it")
    return found


def trust(settings: HomeAssistantSettings) -> ssl.SSLContext | bool:
    """Whose certificates are good. Raises UntrustedError if the authority's file cannot be used."""
    if not settings.url.startswith("https:"):
        return True
    file = settings.ca_file
    try:
        return ssl.create_default_context(cafile=file or None)
    except ssl.SSLError as error:
        raise UntrustedError(f"{file} is not a usable certificate: {error.reason or error}") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UntrustedError(f"cannot read {file}: {why}") from None


class HomeConnection:
    """Home Assistant's HTTP interface. Files are read with the first request, and again after ``close``."""

    def __init__(self, settings: HomeAssistantSettings) -> None:
        self.settings = settings
        self._client: httpx.AsyncClient | None = None

    @property
    def where(self) -> str:
        """It, in words."""
        return f"Home Assistant at {self.settings.url}"

    async def close(self) -> None:
        """Close every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def get(self, path: str, *, seconds: float, most: int = MOST_BYTES) -> Any:
        """The JSON that is answered to GET ``path``. Raises HomeAssistantError."""
        return await self._ask("GET", path, None, seconds, most)

    async def post(self, path: str, body: Any, *, seconds: float, most: int = MOST_BYTES) -> Any:
        """The JSON that is answered to POST ``path``, of at most ``most`` bytes. Raises HomeAssistantError.

        Cancelling closes the connection; what it has begun, Home Assistant may still do.
        """
        return await self._ask("POST", path, body, seconds, most)

    async def _ask(self, method: str, path: str, body: Any, seconds: float, most: int) -> Any:
        client = self._client or await self._open()
        sent = False

        async def trace(event: str, _: dict[str, Any]) -> None:
            nonlocal sent
            sent = sent or event == "http11.send_request_headers.started"

        try:
            async with asyncio.timeout(seconds):
                request = client.build_request(method, path, json=body, extensions={"trace": trace})
                status, raw = await _answer(client, request, most)
        except TimeoutError:
            late = UncertainError if sent else UnreachableError
            raise late(f"{self.where} did not answer within {seconds:g} s") from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._not_connected(error) from None
        except BadAnswerError as error:
            raise UncertainError(f"{self.where}: {error}") from None
        except httpx.HTTPError as error:
            raise UncertainError(
                f"{self.where} broke off its answer ({type(error).__name__}): it may be restarting"
            ) from None
        if status != httpx.codes.OK:
            raise self._refusal(status, raw)
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise UncertainError(f"{self.where} answered with something that is no JSON") from None

    async def _open(self) -> httpx.AsyncClient:
        secret, verify = await asyncio.to_thread(lambda: (token(self.settings), trust(self.settings)))
        transport = Bounded(
            most=MOST_BYTES, verify=verify, limits=httpx.Limits(keepalive_expiry=KEPT_SECONDS)
        )
        headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
        timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
        self._client = httpx.AsyncClient(
            base_url=self.settings.url.rstrip("/"),
            headers=headers,
            timeout=timeout,
            transport=transport,
            trust_env=False,
        )
        return self._client

    def _not_connected(self, error: httpx.HTTPError) -> HomeAssistantError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return UntrustedError(
                    f"the certificate of {self.where} is not good: {cause.verify_message}; "
                    "is the authority that signed it in home_assistant.ca_file?"
                )
            if isinstance(cause, ssl.SSLError):
                return UntrustedError(f"no TLS with {self.where}: {cause.reason or cause}")
            cause = cause.__cause__ or cause.__context__
        return UnreachableError(
            f"nobody answers as {self.where}: is it running, is home_assistant.url right?"
        )

    def _refusal(self, status: int, raw: bytes) -> HomeAssistantError:
        if status in (401, 403):
            return TokenError(
                f"{self.where} refuses the token ({status}): make a new long-lived access token "
                "and put it into home_assistant.token_file"
            )
        if status == 400:
            return UnwantedError(f"{self.where} does not take the request: {_message(raw)}")
        if status in (404, 405) or 300 <= status < 400:
            return NoSuchThingError(
                f"{self.where} answers {status}: is that its address, and is conversation set up there?"
            )
        return UncertainError(f"{self.where} answers {status}: its log says why")


async def _answer(client: httpx.AsyncClient, request: httpx.Request, most: int) -> tuple[int, bytes]:
    """Status and body of one exchange. Raises httpx.HTTPError."""
    response = await client.send(request, stream=True)
    try:
        bound = most if response.status_code == httpx.codes.OK else MOST_OF_A_REFUSAL
        raw = bytearray()
        async for piece in response.aiter_raw():
            raw += piece
            if len(raw) > bound:
                raise BadAnswerError(f"the answer is longer than {bound} bytes")
        return response.status_code, bytes(raw)
    finally:
        await response.aclose()


def _message(raw: bytes) -> str:
    """What a refusal says, on one line."""
    try:
        said = json.loads(raw)["message"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return "it does not say why"
    return " ".join(str(said).split())[:300]
