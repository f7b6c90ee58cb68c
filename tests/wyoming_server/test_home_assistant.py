"""Home Assistant's own Wyoming code uses the speaker: it hears, speaks and asks in both languages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hearthd.app.wyoming import WyomingOffer
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Transcript
from tests.peers import home_assistant
from tests.peers.llama_server import free_port
from tests.scripted import Scripted, ScriptedVoice

pytestmark = pytest.mark.integration

PEER = Path(__file__).parents[1] / "peers" / "home_assistant_wyoming.py"


@dataclass(frozen=True)
class Edition:
    """A Home Assistant whose integration is used."""

    name: str
    packages: tuple[str, ...]
    """Laid over the environment that is there."""


AS_INSTALLED = Edition("homeassistant-wyoming", ("wyoming==1.5.4",))
"""The newest one that the Python here takes, up to 2025.4, and what its integration asks for."""
STREAMING = Edition("homeassistant-2025.8", ("homeassistant==2025.8.3", "wyoming==1.7.2"))
"""Speaks a text while it is still written. It asks for Python 3.13.2 or newer; its Wyoming integration needs
nothing of that, nor anything that 2025.4 has not."""


def environment(edition: Edition) -> dict[str, str]:
    """Where Home Assistant finds what its integration needs. Skips where it cannot be had."""
    python, folder = home_assistant.python(), home_assistant.FOLDER.with_name(edition.name)
    if not (folder / "complete").exists():
        if not os.environ.get("HEARTHD_TEST_HOMEASSISTANT"):
            pytest.skip(f"{edition.packages} is not there; HEARTHD_TEST_HOMEASSISTANT=1 gets it")
        command = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--ignore-requires-python"]
        command += ["--no-compile", "--target", str(folder), *edition.packages]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"{edition.packages} could not be installed: {error}")
        (folder / "complete").touch()
    return {**os.environ, "PYTHONPATH": str(folder)}


class Asked:
    """Home Assistant, and the speaker that it uses."""

    def __init__(self, process: asyncio.subprocess.Process, speaker: Scripted, edition: Edition) -> None:
        self._process, self.speaker, self.edition = process, speaker, edition

    async def line(self) -> Any:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        if not line:
            assert self._process.stderr is not None
            pytest.fail((await self._process.stderr.read()).decode()[-2000:])
        return json.loads(line)

    async def __call__(self, **wanted: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        return await self.line()


@pytest.fixture(params=[AS_INSTALLED, STREAMING], ids=lambda edition: edition.name)
async def asked(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Asked]:
    environ, port = environment(request.param), free_port()
    wyoming = {"listen": "127.0.0.1", "port": port, "satellites_port": free_port()}
    settings = Settings.model_validate({"node": "den", "audio": {"chime": False}, "wyoming": wyoming})
    async with Scripted(tmp_path, settings) as speaker:
        offer = WyomingOffer(speaker.app, lambda _: ScriptedVoice())
        running = asyncio.create_task(offer.run())
        await offer.server.listening.wait()
        pipe = asyncio.subprocess.PIPE
        command = [str(home_assistant.python()), str(PEER), "127.0.0.1", str(port)]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environ, cwd="/"
        )
        yield Asked(process, speaker, request.param)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        running.cancel()
        await asyncio.wait({running})


async def test_home_assistant_finds_hears_speaks_and_asks_in_both_languages(
    asked: Asked, tmp_path: Path
) -> None:
    told = await asked.line()
    assert told["name"] == "hearthd"
    assert told["platforms"] == ["conversation", "stt", "tts", "wake_word"]
    assert sorted(told["languages"]) == ["en", "zh"]
    assert told["voices"] == ["embedded"]

    file = tmp_path / "talk.raw"
    file.write_bytes((np.sin(np.arange(24_000) / 9) * 3000).astype("<i2").tobytes())
    for text, language in (("what time is it", "en"), ("现在几点", "zh")):
        asked.speaker.asr.next = Transcript(text, language)
        heard = await asked(hear=str(file), language=language)
        assert heard == {"text": text, "result": "success"}
    for text, language in (("Hello there. How are you?", "en"), ("你好。今天天气很好。", "zh")):
        spoken = await asked(say=text, language=language, voice="embedded")
        assert (spoken["kind"], spoken["rate"]) == ("wav", 24_000)
        assert spoken["seconds"] > 0.5
    assert told["streams"] or asked.edition is not STREAMING
    if told["streams"]:
        for texts, language in (
            (["Hello there. How ", "are you ", "today?"], "en"),
            (["你好。今天", "天气", "很好。"], "zh"),
        ):
            spoken = await asked(read=texts, language=language, voice="embedded")
            assert (spoken["kind"], spoken["rate"]) == ("wav", 24_000)
            assert spoken["seconds"] > 0.5
    asked.speaker.chat.text = "It is fine."
    assert await asked(ask="how is it?", language="en", conversation="c1") == {
        "text": "It is fine.",
        "error": None,
    }
    asked.speaker.chat.text = "很好。"
    assert await asked(ask="你好吗", language="zh", conversation="c1") == {"text": "很好。", "error": None}
    sent = asked.speaker.chat.sent[-1]
    assert sum(message.role == "user" for message in sent) == 2  # the conversation went on

    program = tmp_path / "ffmpeg"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdout.buffer.write(b'\\x00\\x20' * 22_050)\n")
    program.chmod(0o755)
    found = await asked(announce=str(program), port=asked.speaker.settings.wyoming.satellites_port)
    assert found == {"name": "den", "platforms": [], "played": True}
    rate = asked.speaker.room.mixer.rate
    assert sum(len(pcm) for _, pcm in asked.speaker.speaker.blocks[-60:]) > 0.9 * rate
