"""How the links to the broker are, in words; each fault is logged once, not at every attempt."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from hearthd.common.parts import Part
from hearthd.service.message_ids import MessageId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How a link is. ``faults`` says in words what does not work; none while all is well."""

    connected: bool
    faults: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Connected, and nothing amiss."""
        return self.connected and not self.faults


class CombinedStatus:
    """The state of several links as one. ``changed`` hears of every change, in a link's thread."""

    def __init__(self, links: int, changed: Callable[[LinkStatus], None]) -> None:
        self._links = [LinkStatus(False)] * links
        self._changed = changed
        self._lock = threading.Lock()
        self._logged: set[str] = set()
        self.now = LinkStatus(False)

    def set(self, link: int, status: LinkStatus) -> None:
        """The link number ``link`` is like this now."""
        with self._lock:
            self._links[link] = status
            faults = dict.fromkeys(fault for one in self._links for fault in one.faults)
            now = LinkStatus(all(one.connected for one in self._links), tuple(faults))
            before, self.now = self.now, now
        if now == before:
            return
        if now.connected and not before.connected:
            log.info("connected to the broker", extra=_fields(MessageId.PART_RECOVERED))
        for fault in now.faults:
            if fault not in self._logged:
                self._logged.add(fault)
                log.warning("%s", fault, extra=_fields(MessageId.PART_FAILED))
        self._changed(now)

    def stable(self) -> None:
        """A link has stood for a while: if all is well, the next fault is news again."""
        if self.now.ok:
            self._logged.clear()


def _fields(message_id: MessageId) -> dict[str, str]:
    return {"stage": "mqtt", "part": Part.MQTT, "message_id": message_id}
