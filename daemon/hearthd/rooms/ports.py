"""What a room asks of what is around it: devices, the front end's thread, documents, and whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.parts import OnHealth
from hearthd.config.settings import Settings
from hearthd.dialogue.events import EchoMeasured, Event
from hearthd.dialogue.state import State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.frontend.frontend import FrontEnd
from hearthd.frontend.thread import BlockSource
from hearthd.knowledge.answers import Consulted


class AudioDevice(Protocol):
    """A supervised audio device."""

    async def run(self) -> None:
        """Keep it open; never returns."""
        ...


class InputDevice(AudioDevice, BlockSource, Protocol):
    """A microphone that can be closed (muted) and opened."""

    reading: bool


class FrontEndHost(Protocol):
    """The front end's thread, or what a test puts in its place."""

    progress: int

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End."""
        ...

    def call(self, action: Callable[[FrontEnd], None]) -> None:
        """Run ``action`` on the front end between two blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Hardware:
    """A room's devices, and what turns the microphone's blocks into events."""

    microphone: InputDevice
    loudspeaker: AudioDevice
    front_end: FrontEnd
    thread: FrontEndHost


HardwareMaker = Callable[[Mixer, OnHealth, Callable[[Event], None]], Hardware]
"""Makes a room's hardware for the mixer that it plays; events go to the function, from any thread."""


class Documents(Protocol):
    """The owner's documents."""

    @property
    def there(self) -> bool:
        """Some were added, as far as can be told at a look."""
        ...

    async def run(self) -> None:
        """Keep up with the documents; never returns."""
        ...

    def adopt(self, settings: Settings, num_ctx: int) -> None:
        """Other settings, or a context of another size."""
        ...

    async def consult(self, question: str, language: str, workspaces: Sequence[str] = ()) -> Consulted:
        """What they say to ``question``, within a time that an answer can wait: those of ``workspaces``."""
        ...


class Observer(Protocol):
    """Somebody who is told what the speaker does (Home Assistant, a rehearsal). Never waits."""

    def state(self, state: State) -> None:
        """The dialogue's state has changed."""
        ...

    def wake(self, record: TurnRecord) -> None:
        """A wake word opened a turn."""
        ...

    def turn(self, record: TurnRecord) -> None:
        """A turn is over and its record complete."""
        ...

    def echo(self, measured: EchoMeasured) -> None:
        """The canceller was measured while it sounds."""
        ...
