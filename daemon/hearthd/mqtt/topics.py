"""The names on the wire: every topic of one speaker, built in one place."""

from __future__ import annotations

from dataclasses import dataclass

from hearthd.config.settings import Settings
from hearthd.mqtt.commands import COMMANDS

ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of the speaker ``node`` under ``base``."""

    base: str
    node: str
    prefix: str

    @classmethod
    def of(cls, settings: Settings) -> Topics:
        """The topics that the configuration names."""
        return cls(settings.mqtt.base_topic, settings.node, settings.mqtt.discovery_prefix)

    @property
    def root(self) -> str:
        """What every topic of this speaker begins with."""
        return f"{self.base}/{self.node}"

    @property
    def device(self) -> str:
        """The device's id in Home Assistant."""
        return f"hearthd_{self.node}"

    @property
    def discovery(self) -> str:
        """Where Home Assistant looks for the device."""
        return f"{self.prefix}/device/{self.device}/config"

    @property
    def availability(self) -> str:
        """``online`` or ``offline``; also the will."""
        return f"{self.root}/availability"

    @property
    def event(self) -> str:
        """What happened, as JSON."""
        return f"{self.root}/event"

    @property
    def turn(self) -> str:
        """The last turn's fields, as JSON."""
        return f"{self.root}/turn"

    @property
    def timers(self) -> str:
        """The timers, alarms and reminders that are set, as JSON; retained."""
        return f"{self.root}/timers"

    @property
    def software(self) -> str:
        """Which version runs and which is installed, as JSON."""
        return f"{self.root}/software"

    @property
    def status(self) -> str:
        """Where a client asks for everything at once."""
        return f"{self.root}/status/get"

    @property
    def answers(self) -> str:
        """Where acknowledgements go: a client's response topic begins with this."""
        return f"{self.root}/ack/"

    def value(self, name: str) -> str:
        """The retained topic of the value ``name``."""
        return f"{self.root}/{name}"

    def health(self, part: str) -> str:
        """The retained topic of the health of ``part``."""
        return f"{self.root}/health/{part}"

    def command(self, name: str) -> str:
        """The topic of the command ``name``."""
        return f"{self.root}/{name}/set"

    def command_of(self, topic: str) -> str | None:
        """The command whose topic ``topic`` is, if it is one."""
        name = topic.removeprefix(f"{self.root}/").removesuffix("/set")
        return name if name in COMMANDS and topic == self.command(name) else None
