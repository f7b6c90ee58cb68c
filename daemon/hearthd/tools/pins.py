"""What other servers' tools were when they were accepted, kept in a file.

A tool's description is read by the model as an instruction, so whoever runs the server can change what the
speaker does after the owner has looked. Only what was accepted is offered: a tool that is on the owner's list
is, when it is first seen; from then on one that has changed in a single character is refused until the owner
accepts it (``hearthd tools accept``).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hearthd.common.whole_file import replacing

log = logging.getLogger(__name__)

FILE = "tools.json"
"""Its name in the state directory."""
MAX_BYTES = 4_000_000
MAX_TOOLS = 64
"""Of one server."""
MAX_NAME = 100
MAX_DESCRIPTION = 2_000
"""Characters; what is longer is a text of its own, and no description."""
MAX_SCHEMA = 10_000
"""Characters of JSON."""


class PinsError(Exception):
    """The file cannot be written. The message says why."""


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool as its server describes it."""

    name: str
    description: str
    schema: Mapping[str, Any]
    reads_only: bool = False
    """Its server says that it changes nothing."""

    @property
    def digest(self) -> str:
        """Another one whenever anything of it is another."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def offered(name: object, description: object, schema: object, *, reads_only: bool) -> OfferedTool | None:
    """A tool in what a server tells, which may be anything; None: it is none that can be used."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        return None
    text = description if isinstance(description, str) else ""
    table = schema if isinstance(schema, dict) else {}
    try:
        size = len(json.dumps(table, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        return None
    if len(text) > MAX_DESCRIPTION or size > MAX_SCHEMA:
        return None
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return OfferedTool(name, text, table, reads_only)


@dataclass(frozen=True, slots=True)
class Pinned:
    """What is known of one server's tool."""

    accepted: OfferedTool | None
    """As it may be offered to the model."""
    changed: OfferedTool | None
    """As it is now, where that is another: nobody has accepted it yet."""


class Pins:
    """The file at ``path``. Where it is damaged, what was in it is refused until it is accepted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._servers: dict[str, dict[str, Pinned]] = {}
        self._damaged = False
        self.look()

    def look(self) -> bool:
        """Read the file again if it was written by somebody else; whether it was."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
        except OSError:
            stamp = None
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self._servers, self._damaged = ({}, False) if stamp is None else _read(self._path)
        return True

    def of(self, server: str) -> Mapping[str, Pinned]:
        """What is known of ``server``'s tools, by their names there."""
        return self._servers.get(server, {})

    @property
    def servers(self) -> Sequence[str]:
        """Those of which something is known."""
        return sorted(self._servers)

    def see(self, server: str, tools: Sequence[OfferedTool]) -> bool:
        """These are ``server``'s tools that the owner wants; whether what is known changed by that.

        A tool that was never seen is accepted. Raises PinsError.
        """
        known = dict(self.of(server))
        for tool in tools[:MAX_TOOLS]:
            before = known.get(tool.name)
            if before is None:
                first = not self._damaged
                known[tool.name] = Pinned(tool, None) if first else Pinned(None, tool)
            elif before.accepted is not None and before.accepted.digest == tool.digest:
                known[tool.name] = Pinned(before.accepted, None)
            else:
                known[tool.name] = Pinned(before.accepted, tool)
        if known == self.of(server):
            return False
        self._servers[server] = known
        self._write()
        return True

    def accept(self, server: str) -> list[str]:
        """Accept what has changed of ``server``'s tools; their names. Raises PinsError."""
        known = self.of(server)
        names = [name for name, pinned in known.items() if pinned.changed is not None]
        if names:
            self._servers[server] = {
                name: pinned if pinned.changed is None else Pinned(pinned.changed, None)
                for name, pinned in known.items()
            }
            self._write()
        return names

    def _write(self) -> None:
        servers = {
            server: {
                name: {
                    key: None if tool is None else asdict(tool)
                    for key, tool in (("accepted", pinned.accepted), ("changed", pinned.changed))
                }
                for name, pinned in tools.items()
            }
            for server, tools in self._servers.items()
        }
        try:
            with replacing(self._path, durable=True) as new:
                new.write_text(json.dumps({"version": 1, "servers": servers}, indent=1))
            status = self._path.stat()
        except OSError as error:
            raise PinsError(f"{self._path} cannot be written ({error.strerror})") from error
        self._stamp = (status.st_mtime_ns, status.st_size)


def _read(path: Path) -> tuple[dict[str, dict[str, Pinned]], bool]:
    """What stands in the file, and whether it is damaged."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_BYTES))
        servers = found["servers"]
        return {
            str(server): {
                str(name): Pinned(_tool(one.get("accepted")), _tool(one.get("changed")))
                for name, one in tools.items()
            }
            for server, tools in servers.items()
        }, False
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.error("%s cannot be read (%s): `hearthd tools accept` makes it anew", path, type(error).__name__)
        return {}, True


def _tool(stored: Any) -> OfferedTool | None:
    if stored is None:
        return None
    return offered(
        stored["name"], stored["description"], stored["schema"], reads_only=stored["reads_only"] is True
    )
