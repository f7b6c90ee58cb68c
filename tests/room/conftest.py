from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from hearthd.audio.devices import catalog
from tests.room.room import Room, missing


@pytest.fixture
def room() -> Iterator[Room]:
    """A sound room; pass ``room.env`` to a process that is to live in it."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with Room() as one:
        yield one


@pytest.fixture
def indoors(room: Room, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """The room, with this very process in it: PortAudio here lists the room's devices."""
    for name in os.environ:
        if name.startswith("PULSE_"):
            monkeypatch.delenv(name)
    for name, value in room.env.items():
        monkeypatch.setenv(name, value)
    catalog.renew()
    yield room
    room.kill_server()
    catalog.renew()
