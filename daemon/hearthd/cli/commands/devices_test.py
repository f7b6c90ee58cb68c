"""``hearthd devices --test``: a guided check of microphone and loudspeaker where they stand."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from hearthd.audio.devices import room_check
from hearthd.audio.devices.microphone import Block
from hearthd.audio.devices.room_check import CALLS, Check, Finding
from hearthd.cli.commands.sound import OpenSound, SoundError
from hearthd.common import terminal
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.config.settings import Settings
from hearthd.engines.wake_word.openwakeword import OpenWakeWord, open_wake_word
from hearthd.turn_taking import wake_phrase

REPORT = "devices-test.json"
QUIET_SECONDS, PLAYED_SECONDS, CALL_SECONDS = 3.0, 3.0, 3.0
PLAYED_LEVEL = 0.1
"""Root mean square of full scale (-20 dB): as loud as its voice."""


class RoomCheck:
    """Opens the devices, leads through the steps, and keeps what was measured."""

    def __init__(self, settings: Settings, parts: set[str], seconds: float, console: Console) -> None:
        """``parts``: which of microphone and speaker there are. ``seconds``: each step of speaking."""
        self._settings, self._parts, self._seconds, self._console = settings, parts, seconds, console
        self._sound = OpenSound(settings, parts, console)
        self._wake: OpenWakeWord | None = None
        self._woken = False
        """Whether the word came."""
        self._far: list[Pcm] = []

    async def run(self) -> int:
        """0: all is well; 1: something is not, and its mend is printed."""
        try:
            async with self._sound:
                check = await self._checked()
        except SoundError:
            return 1  # which it is was printed
        found = list(room_check.findings(check))
        for finding in found:
            self._say(str(finding))
        self._save(check, found)
        return int(any(finding.mend for finding in found))

    async def _checked(self) -> Check:
        self._sound.chime()
        if "microphone" not in self._parts:
            await asyncio.sleep(1.0)  # the chime's length and the device's delay
            return Check()
        await self._hear(1.0)  # the chime dies away
        check = Check()
        self._say(f"1. Be quiet, please ({QUIET_SECONDS:.0f} s).")
        check = replace(check, quiet=room_check.sound_of(await self._hear(QUIET_SECONDS)))
        check = replace(check, here=await self._voice("2. Speak here"))
        check = replace(check, door=await self._voice("3. Speak from the door"))
        if "speaker" in self._parts:
            self._say("4. Be quiet again: it plays a hiss and listens to itself.")
            check = replace(check, played=True, echo=await self._echo())
        return replace(check, calls=await self._calls())

    async def _voice(self, order: str) -> room_check.RoomSound:
        self._say(f"{order}, as you would to somebody ({self._seconds:.0f} s).")
        self._sound.chime()
        return room_check.sound_of(await self._hear(self._seconds))

    async def _echo(self) -> room_check.HeardEcho | None:
        mixer = self._sound.mixer
        hiss = (
            np.random.default_rng(1).standard_normal(round(PLAYED_SECONDS * mixer.rate))
            * PLAYED_LEVEL
            * 32767
        )
        mixer.play(1, 0, np.clip(np.rint(hiss), -32768, 32767).astype(np.int16))
        mixer.finish(1)
        near = await self._hear(PLAYED_SECONDS)
        return room_check.echo_of(near, np.concatenate(self._far))

    async def _calls(self) -> int | None:
        word = self._settings.wake.words[0]
        phrase = wake_phrase.phrases_of(word.name, word.phrases)[0]
        try:
            self._wake = await asyncio.to_thread(open_wake_word, self._settings.wake)
        except EngineError as error:
            terminal.complain(f"the wake word cannot be tried: {error}")
            return None
        await self._hear(2.0)  # its first features are of nothing
        heard = 0
        for number in range(1, CALLS + 1):
            self._say(f'5. Call it after each chime: "{phrase}" ({number} of {CALLS}).')
            self._sound.chime()
            self._woken = False
            await self._hear(CALL_SECONDS)
            heard += self._woken
        self._wake = None
        return heard

    async def _hear(self, seconds: float) -> Pcm:
        """What the microphone gives for so long, and beside it what was played, and whether the word came."""
        self._far = [np.zeros(0, np.int16)]
        return await self._sound.hear(seconds, self._block)

    def _block(self, block: Block) -> str:
        self._far.append(self._sound.mixer.reference.read(block.at, len(block.pcm), SAMPLE_RATE))
        if self._wake is not None:
            self._woken = any(not hit.stops for hit in self._wake.process(block.pcm)) or self._woken
        return ""

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _save(self, check: Check, found: Sequence[Finding]) -> None:
        report = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "microphone": self._settings.audio.microphone,
            "speaker": self._settings.audio.speaker,
            **asdict(check),
            "findings": [asdict(finding) for finding in found],
        }
        if (path := kept(json.dumps(report, indent=1, ensure_ascii=False))) is not None:
            self._say(f"the report is {path}")


def kept(text: str) -> Path | None:
    """Where the report was written; a folder that takes nothing is said, and no reason to fail."""
    try:
        path = state_dir() / REPORT
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        terminal.complain(f"the report is not kept: {error.filename}: {error.strerror}")
        return None
    return path


def check(settings: Settings, parts: set[str], seconds: float, console: Console) -> int:
    """Lead through the check; the exit code."""

    async def run() -> int:
        return await RoomCheck(settings, parts, seconds, console).run()

    return asyncio.run(run())
