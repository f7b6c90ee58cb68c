"""A real MCP server, by the official SDK, whose tools fail in every way.

``python -m tests.peers.mcp_server stdio FOLDER`` or ``http FOLDER PORT``. ``FOLDER/description`` holds the
description of the tool ``add``. ``die`` ends the process in the middle of a call, ``hang`` never answers.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from mcp.server import MCPServer
from mcp_types import ToolAnnotations


def made(folder: Path) -> MCPServer:
    """The server."""
    server = MCPServer("test")
    description = (folder / "description").read_text() if (folder / "description").exists() else "Adds."

    @server.tool(description=description, annotations=ToolAnnotations(read_only_hint=True))
    def add(a: int, b: int) -> str:
        return str(a + b)

    @server.tool(description="Fails.")
    def fail() -> str:
        raise ValueError("the well is dry")

    @server.tool(description="Says much.")
    def shout(characters: int) -> str:
        return "a" * characters

    @server.tool(description="Never answers.")
    def hang() -> str:
        time.sleep(3600)
        return ""

    @server.tool(description="Ends the server.")
    def die() -> str:
        os._exit(1)

    @server.tool(description="Is on nobody's list.")
    def forbidden() -> str:
        return "It was called."

    return server


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        made(Path(sys.argv[2])).run("stdio")
    else:
        made(Path(sys.argv[2])).run("streamable-http", port=int(sys.argv[3]))
