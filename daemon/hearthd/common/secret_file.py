"""A password or token in a file of its own: read bounded, its first line only."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = 8_192
"""Signed tokens have up to 2,000 characters; a larger file is the wrong one."""


class SecretError(Exception):
    """The file holds no secret that can be used. The message names it and the mend."""


def read_token(path: str) -> str:
    """The token in the file ``path``: printable ASCII, as an HTTP header takes it. Raises SecretError."""
    token = _first_line(Path(path).expanduser())
    if not token:
        raise SecretError(f"{path} is empty: put the token alone on its first line")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SecretError(f"{path} holds no token: put it alone on the first line, without blanks")
    return token


def _first_line(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SecretError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MAX_BYTES:
        raise SecretError(f"{file} is longer than a token: put the token alone on its first line")
    try:
        return raw.decode("utf-8").split("\n")[0].strip()
    except UnicodeDecodeError:
        raise SecretError(f"{file} is not text: put the token alone on its first line") from None
