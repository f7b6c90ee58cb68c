"""All rooms of one speaker, and which of them a name means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hearthd.config.settings import ALL


class NamedRoom(Protocol):
    """What is needed of a room to find it."""

    name: str
    """Empty: the box itself."""
    group: str


Named = TypeVar("Named", bound=NamedRoom)


class UnknownRoomError(ValueError):
    """There is no room or group of that name; the message says which there are."""


def find(rooms: Sequence[Named], name: str, node: str = "") -> list[Named]:
    """The room of that name, all rooms of the group of that name, or every room. Raises UnknownRoomError.

    Empty or ``node``: the box itself, the first room.
    """
    if name in ("", node):
        return list(rooms[:1])
    if name == ALL:
        return list(rooms)
    found = [room for room in rooms if room.name == name] or [room for room in rooms if room.group == name]
    if not found:
        known = dict.fromkeys([*(room.name for room in rooms[1:]), *(room.group for room in rooms), ALL])
        there = ", ".join(one for one in known if one)
        raise UnknownRoomError(f'no room or group is called "{name[:40]}" (there are: {there})')
    return found
