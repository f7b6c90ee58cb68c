"""A loopback test of the broker's rights: what is sent to a command's topic must come back.

A broker may grant a subscription and then deliver nothing (mosquitto 2.0 does, when its ACL denies the
topic), and the speaker would look fine and get no command. So every connection begins with one empty,
marked message to each of its own topics. Nobody takes an empty one for a command.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from hearthd.mqtt.publish_queue import Publication

SECONDS = 5.0
"""A broker on the same network answers in milliseconds."""


class AclSelfTest:
    """One connection's test. ``token`` tells its messages from another client's."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.token = secrets.token_hex(8)
        self._open = dict.fromkeys(topics)
        self._denied: list[str] = []

    def messages(self) -> list[Publication]:
        """What to send."""
        return [Publication(topic, "", probe=True) for topic in self._open]

    def arrived(self, topic: str, token: str) -> None:
        """A marked message came in."""
        if token == self.token:
            self._open.pop(topic, None)

    def denied(self, topic: str) -> None:
        """The broker does not let us write there, or has refused the subscription."""
        if topic in self._open:
            del self._open[topic]
            self._denied.append(topic)

    @property
    def finished(self) -> bool:
        """Nothing is waited for any more."""
        return not self._open

    def faults(self, broker: str) -> list[str]:
        """What is wrong, in words."""
        said = []
        if self._open:
            said.append(f"{broker} does not let the speaker read {', '.join(self._open)}")
        if self._denied:
            said.append(
                f"{broker} does not let the speaker write {', '.join(self._denied)}, so whether it may "
                "read there cannot be tested: allow both"
            )
        return said
