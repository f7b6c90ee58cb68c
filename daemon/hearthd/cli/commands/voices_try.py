"""``hearthd voices try``: hear a voice say something, by the engine that the configuration speaks with."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from hearthd.audio import wav
from hearthd.cli.commands.sound import OpenSound, SoundError
from hearthd.common import rich_console
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config import loader
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Voice
from hearthd.engines.tts import factory
from hearthd.speech.clip_shaper import Loudness, Shaper
from hearthd.text.duration import is_han
from hearthd.text.markup import plain
from hearthd.text.normalize.normalizer import speakable
from hearthd.voices import profiles

RATE = 48_000
TEXT = {
    "en": "Good evening. The kettle is on, and dinner is in half an hour.",
    "zh": "晚上好，水已经烧上了，半小时以后吃饭。",
}
_WAITING = {
    "embedded": "Loading the embedded voice...",
    "low_latency": "Loading the voice (half a minute, and more from a cold disk)...",
}


def register(actions: Any) -> None:
    """Add ``try`` to the actions of ``voices``."""
    trying = actions.add_parser(
        "try",
        help="hear a voice say something",
        description="Hear a voice say something, by the engine that voice.engine names: the voice server,"
        ' or gsv-tts-lite for "low_latency". The name "embedded" is the voice that needs neither.',
    )
    trying.add_argument(
        "name", metavar="NAME", help=f'a voice of `hearthd voices list`, or "{profiles.EMBEDDED}"'
    )
    trying.add_argument("text", metavar="TEXT", nargs="?", help="what to say; without it a sentence of ours")
    trying.add_argument("--out", metavar="WAV", type=Path, help="write it instead of playing it")
    trying.add_argument(
        "--config", metavar="F", help="the configuration (for the engine, the server's address)"
    )
    trying.set_defaults(run=run_try)


def run_try(arguments: argparse.Namespace) -> int:
    """Let the voice speak once."""
    console = rich_console.console(stderr=True)
    try:
        settings = loader.load(arguments.config)
        text, language = _text(arguments.name, arguments.text)
        engine = "embedded" if arguments.name == profiles.EMBEDDED else settings.voice.engine
        waiting = _WAITING.get(engine, "Asking the voice server (its first sentence takes a while)...")
        with console.status(waiting):
            pcm = asyncio.run(_speak(settings, arguments.name, text, language))
        if arguments.out is not None:
            wav.save(arguments.out, pcm, RATE)
        else:
            asyncio.run(_play(settings, pcm, console))
    except wav.AudioFileError as error:
        raise EngineError(str(error)) from None
    return 0


def _text(name: str, given: str | None) -> tuple[str, str]:
    """What to say, as it is said in a reply, and its language."""
    if given is None:
        chinese = name != profiles.EMBEDDED and profiles.load(name).language in {"zh", "yue"}
        return (TEXT["zh"], "zh") if chinese else (TEXT["en"], "en")
    language = "zh" if any(map(is_han, given)) else "en"
    text = speakable(plain(given), language)
    if not text:
        raise EngineError("there is nothing to say in the text")
    return text, language


async def _speak(settings: Settings, name: str, text: str, language: str) -> Pcm:
    voice = factory.alone(name, settings, language)
    try:
        await voice.start()
        return await spoken(voice, text, language)
    finally:
        await voice.close()


async def spoken(voice: Voice, text: str, language: str) -> Pcm:
    """``text`` said by ``voice``, which was started, at ``RATE``. Raises EngineError."""
    shaper = Shaper(voice.rate, RATE, Loudness())
    async with aclosing(voice.synthesize(text, language)) as clip:
        pieces = [shaper.feed(pcm) async for pcm in clip]
    return np.concatenate([*pieces, shaper.finish()])


async def _play(settings: Settings, pcm: Pcm, console: Console) -> None:
    try:
        async with OpenSound(settings, {"speaker"}, console) as sound:
            await sound.play(pcm)
    except SoundError as error:
        raise EngineError(f"nothing to play it on ({error}): write it with --out WAV") from None
