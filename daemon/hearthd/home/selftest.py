"""A loopback test of the broker's rights: what is sent to an order's topic must come back.

A broker may grant a subscription and then deliver nothing (mosquitto 2.0 does, when its ACL denies the
topic), and the speaker would look fine and hear no order. So every connection begins with one empty,
marked message to each of its own topics. Empty ones are ignored as orders by everybody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from hearthd.home.outbox import Message

SECONDS = 5.0
"""A broker on the other side of the house answers in milliseconds."""


class SelfTest:
    """One connection's test. ``token`` tells its messages from another client's."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.token = secrets.token_hex(8)
        self._open = dict.fromkeys(topics)

    def messages(self) -> list[Message]:
        """What to send."""
        return [Message(topic, "", probe=True) for topic in self._open]

    def arrived(self, topic: str, token: str) -> None:
        """A marked message came in."""
        if token == self.token:
            self._open.pop(topic, None)

    def untestable(self, topic: str) -> None:
        """The broker does not let us write there: others may, and that is all that is needed."""
        self._open.pop(topic, None)

    def missing(self) -> list[str]:
        """The topics whose message has not come back (yet)."""
        return list(self._open)
