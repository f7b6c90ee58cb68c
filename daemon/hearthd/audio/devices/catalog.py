"""Which sound devices there are, and which one a name in the configuration means.

PortAudio takes its list of devices once, when it is initialised. A card that is plugged in later is
not in it, and taking the list anew ends every open stream. So a missing device is looked for in a
child process (``appeared``), and the list is only renewed (``renew``) once that has seen it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from hearthd.audio.devices import mute_stderr
from hearthd.audio.devices.alsa import CARD_NUMBER, Direction

PROBE_SECONDS = 10
"""A sound server that is coming up may keep a client waiting; none keeps it longer."""
MAX_PROBE_BYTES = 1_000_000

lock = threading.RLock()
"""PortAudio may be called from one thread at a time; held while a stream is opened or closed."""

_closers: dict[int, Callable[[], None]] = {}
"""By stream: how to close it before the list is renewed."""


class DeviceError(Exception):
    """A sound device cannot be used. The message names it and the mend."""


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """A sound device as PortAudio lists it. ``rate`` is its native one."""

    index: int
    name: str
    host: str
    inputs: int
    outputs: int
    rate: int
    default_input: bool
    default_output: bool

    def does(self, direction: Direction) -> bool:
        """Whether it can record (input) or play (output)."""
        return (self.inputs if direction == "input" else self.outputs) > 0

    def is_default(self, direction: Direction) -> bool:
        """Whether the system takes it where none is named."""
        return self.default_input if direction == "input" else self.default_output


def portaudio() -> Any:
    """The ``sounddevice`` module, with ALSA's chatter off. Raises DeviceError without PortAudio."""
    with lock:
        if "sounddevice" not in sys.modules:
            mute_stderr.hush_alsa()
        try:
            with mute_stderr.no_c_stderr():
                import sounddevice
        except OSError:
            raise DeviceError("PortAudio is missing: install libportaudio2") from None
        return sounddevice


def scan() -> list[SoundDevice]:
    """The devices that PortAudio knows of, in its order."""
    with lock:
        sounddevice = portaudio()
        try:
            hosts, listed = sounddevice.query_hostapis(), sounddevice.query_devices()
        except sounddevice.PortAudioError as error:
            raise DeviceError(f"PortAudio does not answer: {error}") from None
        default_input, default_output = sounddevice.default.device
        return [
            SoundDevice(
                index=index,
                name=str(one["name"]),
                host=str(hosts[one["hostapi"]]["name"]),
                inputs=int(one["max_input_channels"]),
                outputs=int(one["max_output_channels"]),
                rate=int(one["default_samplerate"]),
                default_input=index == default_input,
                default_output=index == default_output,
            )
            for index, one in enumerate(listed)
        ]


def find(devices: Sequence[SoundDevice], name: str, direction: Direction) -> SoundDevice:
    """The device meant by ``name``: '' the default; else the exact name, else the only one that holds it.

    Case does not matter for the latter, nor does a card's number at the end of ``name``, as in "USB Audio
    (hw:1,0)": it changes when things are plugged in another order. Raises DeviceError that names the
    candidates.
    """
    part = "microphone" if direction == "input" else "speaker"
    able = [one for one in devices if one.does(direction)]
    if not able:
        raise DeviceError(
            f"no {part}: no sound {direction} here; is it plugged in, and the user in group audio?"
        )
    if not name:
        for one in able:
            if one.is_default(direction):
                return one
        raise DeviceError(f"no default {part}: name one in [audio] {part}: {_names(able)}")
    exact = [one for one in able if one.name == name]
    if exact:
        return exact[0]
    near = [one for one in able if name.casefold() in one.name.casefold()]
    bare = CARD_NUMBER.sub("", name).casefold()
    if not near and bare:
        near = [one for one in able if bare in one.name.casefold()]
    if len(near) == 1:
        return near[0]
    if near:
        raise DeviceError(f'[audio] {part} = "{name}" fits several: {_names(near)}')
    raise DeviceError(f'{part} "{name}" is not there; there is: {_names(able)}')


def appeared(name: str, direction: Direction) -> bool:
    """Whether a fresh look (in a child process: 0.2 s of CPU) finds the device. Blocks."""
    command = [sys.executable, "-c", "import sys; from hearthd.audio.devices.catalog import _print; _print()"]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PROBE_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        listed = [SoundDevice(**one) for one in json.loads(done.stdout[:MAX_PROBE_BYTES])]
        find(listed, name, direction)
    except (subprocess.SubprocessError, OSError, ValueError, TypeError, DeviceError):
        return False
    return True


def renew() -> None:
    """Take PortAudio's list anew. Every open stream is closed first; its owner opens it again."""
    with lock:
        for close in list(_closers.values()):
            close()
        _closers.clear()
        sounddevice = portaudio()
        with mute_stderr.no_c_stderr():
            with suppress(sounddevice.PortAudioError):  # it was not initialised: the last try failed
                sounddevice._terminate()
            try:
                sounddevice._initialize()
            except sounddevice.PortAudioError as error:
                raise DeviceError(f"PortAudio does not start: {error}") from None


def opened(stream: object, close: Callable[[], None]) -> None:
    """Note that ``stream`` is open; ``close`` will be called before the list is renewed."""
    _closers[id(stream)] = close


def closed(stream: object) -> None:
    """Note that ``stream`` is closed."""
    _closers.pop(id(stream), None)


def any_open() -> bool:
    """Whether a stream would be ended by ``renew``."""
    return bool(_closers)


def _names(devices: Sequence[SoundDevice]) -> str:
    return ", ".join(f'"{one.name}"' for one in devices)


def _print() -> None:
    """The child's part of ``appeared``."""
    try:
        print(json.dumps([asdict(one) for one in scan()]))
    except DeviceError:
        print("[]")
