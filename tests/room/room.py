"""A sound room without a sound card: a private PulseAudio whose null sink is the room's air.

    with Room() as room:
        microphone = Microphone("room_mic", ...)     # hears the room
        speaker = Speaker("room_speaker", ...)       # sounds in the room, ``echo_db`` as loud
        room.say(wav)                                # a person speaks
        with room.record() as recording: ...         # what the speaker (alone) played

The microphone is a remapped source of the room's monitor, the speaker a remapped sink onto the room
whose volume there is the echo's level; what the speaker plays is recorded before that volume. A
remapped sink does not drift as module-loopback does, and ``norewinds`` keeps a null sink's first block
from coming 1.6 s late.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np

from hearthd.common.audio import Pcm

RATE = 48_000
MICROPHONE = "room_mic"
SPEAKER = "room_speaker"
NEEDS = ("pulseaudio", "pactl", "paplay", "parec")

_ASOUND = """</usr/share/alsa/alsa.conf>
pcm.room_speaker {{ type pulse server "unix:{socket}" device "speaker" hint {{ show on }} }}
pcm.room_mic {{ type pulse server "unix:{socket}" device "mic" hint {{ show on }} }}
pcm.!default {{ type asym playback.pcm "room_speaker" capture.pcm "room_mic" }}
ctl.!default {{ type pulse server "unix:{socket}" }}
"""

_REMAP = ["channels=1", "channel_map=mono", "master_channel_map=mono", "remix=no"]


def missing() -> str | None:
    """Why there can be no room on this machine; None if there can."""
    absent = [name for name in NEEDS if shutil.which(name) is None]
    if absent:
        return f"no {', '.join(absent)}: install pulseaudio, pulseaudio-utils, libasound2-plugins"
    plugins = list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
    return None if plugins else "ALSA has no pulse plugin: install libasound2-plugins"


class Room:
    """The room; a context manager. ``env`` is for processes that are to live in it."""

    def __init__(self, echo_db: float = -12.0, microphone: bool = True, speaker: bool = True) -> None:
        self.echo_db = echo_db
        self._wants = (microphone, speaker)
        self._folder = Path(tempfile.mkdtemp(prefix="room-"))
        self._server: subprocess.Popen[bytes] | None = None
        self._modules: dict[str, str] = {}
        socket = self._folder / "native"
        config = self._folder / "asound.conf"
        config.write_text(_ASOUND.format(socket=socket))
        (self._folder / "run").mkdir(mode=0o700)
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PULSE_")},
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder / "run"),
            "PULSE_RUNTIME_PATH": str(self._folder / "run" / "pulse"),
            "PULSE_STATE_PATH": str(self._folder / "state"),
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(config),
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        }
        self.env.pop("DISPLAY", None)
        self._socket = socket

    def __enter__(self) -> Room:
        try:
            self.start_server()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill_server()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- the server and its devices -------------------------------------------------------------

    def start_server(self) -> None:
        """Bring the sound server up, with the devices that were there."""
        self._socket.unlink(missing_ok=True)
        loads = [
            f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}",
            f"module-null-sink sink_name=room rate={RATE} channels=1 format=s16le norewinds=1",
        ]
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit=0"]
        command += ["--use-pid-file=no", "--realtime=no", "--high-priority=no", "--disable-shm=yes"]
        command += ["--log-level=error", f"--log-target=file:{self._folder}/pulse.log"]
        for load in loads:
            command += ["-L", load]
        self._server = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            if self._server.poll() is not None:
                raise RuntimeError(f"pulseaudio ended: {(self._folder / 'pulse.log').read_text()}")
            if self._socket.exists() and "room" in self._ask("list", "short", "sinks"):
                break
            if time.monotonic() > deadline:
                raise RuntimeError("pulseaudio does not answer")
            time.sleep(0.02)
        self._modules.clear()
        microphone, speaker = self._wants
        if microphone:
            self.plug_microphone()
        if speaker:
            self.plug_speaker()

    def kill_server(self) -> None:
        """The sound server dies, as on an update of it."""
        if self._server is not None:
            self._server.send_signal(signal.SIGKILL)
            self._server.wait()
            self._server = None

    def plug_microphone(self) -> None:
        """The microphone is there (again)."""
        self._load("mic", "module-remap-source", "source_name=mic", "master=room.monitor", *_REMAP)
        self._ask("set-default-source", "mic")
        self._wants = (True, self._wants[1])

    def unplug_microphone(self) -> None:
        """Pull the microphone's plug."""
        self._unload("mic")
        self._wants = (False, self._wants[1])

    def plug_speaker(self) -> None:
        """The speaker is there (again)."""
        before = set(self._ask("list", "short", "sink-inputs").splitlines())
        self._load("speaker", "module-remap-sink", "sink_name=speaker", "master=room", *_REMAP)
        self._ask("set-default-sink", "speaker")
        for line in set(self._ask("list", "short", "sink-inputs").splitlines()) - before:
            self._ask("set-sink-input-volume", line.split()[0], f"{self.echo_db}dB")
        self._wants = (self._wants[0], True)

    def unplug_speaker(self) -> None:
        """Pull the speaker's plug."""
        self._unload("speaker")
        self._wants = (self._wants[0], False)

    def _load(self, name: str, *words: str) -> None:
        self._modules[name] = self._ask("load-module", *words).strip()

    def _unload(self, name: str) -> None:
        self._ask("unload-module", self._modules.pop(name))

    def _ask(self, *words: str) -> str:
        done = subprocess.run(["pactl", *words], env=self.env, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    # --- people and recordings ------------------------------------------------------------------

    def say(self, pcm: Pcm, rate: int = RATE) -> subprocess.Popen[bytes]:
        """A person in the room speaks ``pcm``; returns at once, wait on the process for the end."""
        path = self._folder / f"say-{time.monotonic_ns()}.wav"
        write_wav(path, pcm, rate)
        return subprocess.Popen(["paplay", "-d", "room", str(path)], env=self.env)

    @contextmanager
    def record(self, source: str = "speaker.monitor") -> Iterator[Recording]:
        """Record what the speaker plays (or another source, as ``room.monitor``) until the block ends."""
        path = self._folder / f"record-{time.monotonic_ns()}.raw"
        with path.open("wb") as out:
            process = subprocess.Popen(
                [
                    "parec",
                    "-d",
                    source,
                    f"--rate={RATE}",
                    "--channels=1",
                    "--format=s16le",
                    "--latency-msec=20",
                ],
                env=self.env,
                stdout=out,
            )
            recording = Recording(path)
            try:
                deadline = time.monotonic() + 5
                while path.stat().st_size == 0:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"cannot record {source}")
                    time.sleep(0.01)
                yield recording
            finally:
                process.terminate()
                process.wait()


class Recording:
    """A recording in progress, or done."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pcm(self) -> Pcm:
        """What has been recorded so far, 48 kHz."""
        raw = self._path.read_bytes()
        return np.frombuffer(raw[: len(raw) // 2 * 2], np.int16)


def write_wav(path: Path, pcm: Pcm, rate: int) -> None:
    """Write mono int16 ``pcm``."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.astype("<i2").tobytes())
