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
from rich.live import Live

from hearthd.audio.chime import chime
from hearthd.audio.devices import room_check
from hearthd.audio.devices.level_meter import FLOOR_DB, bar, decibels
from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.devices.microphone import Microphone
from hearthd.audio.devices.room_check import CALLS, Check, Finding
from hearthd.audio.playback.mixer import Mixer
from hearthd.common import terminal
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.config.settings import Settings
from hearthd.engines.wake_word.openwakeword import OpenWakeWord, open_wake_word
from hearthd.turn_taking import wake_phrase

REPORT = "devices-test.json"
OPEN_SECONDS = 10.0
QUIET_SECONDS, PLAYED_SECONDS, CALL_SECONDS = 3.0, 3.0, 3.0
PLAYED_LEVEL = 0.1
"""Root mean square of full scale (-20 dB): as loud as its voice."""


class RoomCheck:
    """Opens the devices, leads through the steps, and keeps what was measured."""

    def __init__(self, settings: Settings, parts: set[str], seconds: float, console: Console) -> None:
        """``parts``: which of microphone and speaker there are. ``seconds``: each step of speaking."""
        self._settings, self._parts, self._seconds, self._console = settings, parts, seconds, console
        self._mixer = Mixer()
        self._mixer.volume = settings.audio.volume
        self._microphone = Microphone(settings.audio.microphone, self._health)
        self._working: set[str] = set()
        self._opened = asyncio.Event()
        self._wake: OpenWakeWord | None = None
        self._far: list[Pcm] = []

    async def run(self) -> int:
        """0: all is well; 1: something is not, and its mend is printed."""
        tasks = []
        if "speaker" in self._parts:
            speaker = Loudspeaker(self._settings.audio.speaker, self._mixer, self._health)
            tasks.append(asyncio.create_task(speaker.run()))
        if "microphone" in self._parts:
            tasks.append(asyncio.create_task(self._microphone.run()))
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._opened.wait()
            check = await self._checked()
        except TimeoutError:
            return 1
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        found = list(room_check.findings(check))
        for finding in found:
            self._say(_line(finding))
        self._save(check, found)
        return int(any(finding.mend for finding in found))

    def _health(self, part: str, works: bool, detail: str) -> None:
        self._console.print(f"{part}: {'works' if works else 'FAILED'}: {detail}")
        (self._working.add if works else self._working.discard)(part)
        if self._parts <= self._working:
            self._opened.set()

    async def _checked(self) -> Check:
        self._mixer.chime(chime("wake"))
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
        self._mixer.chime(chime("wake"))
        return room_check.sound_of(await self._hear(self._seconds))

    async def _echo(self) -> room_check.HeardEcho | None:
        rate = self._mixer.rate
        hiss = np.random.default_rng(1).standard_normal(round(PLAYED_SECONDS * rate)) * PLAYED_LEVEL * 32767
        self._mixer.play(1, 0, np.clip(np.rint(hiss), -32768, 32767).astype(np.int16))
        self._mixer.finish(1)
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
            self._mixer.chime(chime("wake"))
            found = await self._hear(CALL_SECONDS, until_woken=True)
            heard += not len(found)
        self._wake = None
        return heard

    async def _hear(self, seconds: float, *, until_woken: bool = False) -> Pcm:
        """What the microphone gives for so long; nothing if the wake word came and is waited for."""
        return await asyncio.to_thread(self._listen, seconds, until_woken)

    def _listen(self, seconds: float, until_woken: bool) -> Pcm:
        end = time.monotonic() + seconds
        blocks: list[Pcm] = [np.zeros(0, np.int16)]
        self._far = [np.zeros(0, np.int16)]
        woken, peak = False, FLOOR_DB
        with Live(console=self._console, refresh_per_second=15, transient=True) as live:
            while time.monotonic() < end:
                block = self._microphone.read(0.1)
                if block is None:
                    continue
                blocks.append(block.pcm)
                level = decibels(block.pcm)
                peak = max(peak, level)
                if self._console.is_terminal:
                    live.update(bar(level, peak))
                self._far.append(self._mixer.reference.read(block.at, len(block.pcm), SAMPLE_RATE))
                if self._wake is not None:
                    woken = any(not hit.stops for hit in self._wake.process(block.pcm)) or woken
        return np.zeros(0, np.int16) if until_woken and woken else np.concatenate(blocks)

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


def _line(finding: Finding) -> str:
    return f"[!!] {finding.what}: {finding.mend}" if finding.mend else f"[ok] {finding.what}"


def check(settings: Settings, parts: set[str], seconds: float, console: Console) -> int:
    """Lead through the check; the exit code."""

    async def run() -> int:
        return await RoomCheck(settings, parts, seconds, console).run()

    return asyncio.run(run())
