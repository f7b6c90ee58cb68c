"""How a server of ours is reached that stands behind a proxy: with a token, over TLS.

Neither is looked at before the first request, so that a file that is missing is one engine's failure, with
its name, and a stand-in can answer.
"""

from __future__ import annotations

import ssl
from collections.abc import Generator
from dataclasses import dataclass

import httpx

from hearthd.common.errors import EngineError
from hearthd.common.secret_file import SecretError, read_token
from hearthd.engines.http_body import MOST_BYTES, Bounded


@dataclass(frozen=True, slots=True)
class Access:
    """What a server asks of its clients. Without anything: it lets everybody in."""

    token_file: str = ""
    """The file with the bearer token."""
    ca_file: str = ""
    """The authority that signed the server's certificate; empty: those that the system trusts."""

    def auth(self) -> httpx.Auth | None:
        """How each request proves itself. Raises EngineError if the token cannot be read."""
        return _Bearer(self.token_file) if self.token_file else None

    def transport(self, url: str, *, most: int = MOST_BYTES, by_line: bool = False) -> Bounded:
        """Connections to ``url``. Raises EngineError if the authority cannot be read."""
        return Bounded(most=most, by_line=by_line, verify=self._verify(url))

    def client(
        self, url: str, timeout: httpx.Timeout, *, most: int = MOST_BYTES, by_line: bool = False
    ) -> httpx.AsyncClient:
        """A client for ``url`` and what lies below it. Raises EngineError."""
        return httpx.AsyncClient(
            base_url=url,
            auth=self.auth(),
            timeout=timeout,
            trust_env=False,
            transport=self.transport(url, most=most, by_line=by_line),
        )

    def _verify(self, url: str) -> ssl.SSLContext | bool:
        if not url.lower().startswith("https:"):
            return True
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise EngineError(f"cannot use the authority in {self.ca_file}: {reason}") from None


class _Bearer(httpx.Auth):
    """A token in the header. Where it is refused its file is read anew: tokens are exchanged while we run."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._token = self._read()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and (token := self._read()) != self._token:
            self._token = token
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _read(self) -> str:
        try:
            return read_token(self._file)
        except SecretError as error:
            raise EngineError(str(error)) from None


OPEN = Access()
"""No token, and whom the system trusts."""
