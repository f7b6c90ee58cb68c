"""What a speaker in a box talks with, each as a unit of the box: a broker, Ollama's peer, a voice server."""

from __future__ import annotations

from pathlib import Path

from tests import utterances
from tests.box import Box
from tests.peers import gpt_sovits, mosquitto
from tests.room.room import Room, write_wav

OLLAMA = """
import asyncio
from tests.peers.ollama import OllamaPeer
async def main():
    async with OllamaPeer("qwen2.5:3b", port=11434):
        await asyncio.Event().wait()
asyncio.run(main())
"""
SETTINGS = """\
HEARTHD_MQTT__HOST=127.0.0.1
HEARTHD_CHAT__ENGINE=ollama
HEARTHD_VOICE__NAME=anna
HEARTHD_ASR__LANGUAGES='["en"]'
"""
"""The voice server of the tests speaks English only: its Chinese needs models that no index has."""
CLIP_TEXT = "The quick brown fox jumps over the lazy dog, and then it sleeps."
PYTHON = "/opt/hearthd/current/venv/bin/python"
BROKER = "listener 1883 127.0.0.1\nallow_anonymous true\n"


def cannot() -> str:
    """Why they cannot be had here; "" if they can."""
    if mosquitto.SERVER is None:
        return "mosquitto is not installed"
    if not gpt_sovits.installed():
        return "the voice server is not installed: python -m tests.peers.gpt_sovits --install"
    return ""


def move_in(box: Box, room: Room) -> None:
    """Start all three, and configure the installed speaker for them; it is restarted."""
    box.run("tee", "/etc/broker.conf", stdin=BROKER)
    box.run("install", "-d", "/srv/voice")
    box.run("cp", str(gpt_sovits.weights() / "tts.yaml"), "/srv/voice/tts.yaml")
    for name in ("broker", "ollama", "voice"):
        start(box, name)
    add_voice(box, room, "anna")
    box.run("tee", "-a", "/etc/default/hearthd", stdin=SETTINGS)
    box.run("systemctl", "restart", "hearthd", timeout=180)


def add_voice(box: Box, room: Room, name: str) -> None:
    """A cloned voice, made from a sentence of the tests' own voice."""
    write_wav(Path(room.env["HOME"]) / "clip.wav", utterances.say(CLIP_TEXT, "af_bella", 32_000), 32_000)
    words = ("--text", CLIP_TEXT, "--language", "en")
    box.run("hearthd", "voices", "add", name, "/room/clip.wav", *words, timeout=120)


def start(box: Box, name: str) -> None:
    """Start one of them (again)."""
    voice = str(gpt_sovits.home() / "venv" / "bin" / "gpt-sovits-api-v2")
    commands = {
        "broker": (str(mosquitto.SERVER), "-c", "/etc/broker.conf"),
        "ollama": (PYTHON, "-c", OLLAMA),
        "voice": (voice, "-a", "127.0.0.1", "-p", "9880", "-c", "/srv/voice/tts.yaml"),
    }
    environment = (
        "PYTHONPATH=/checkout",
        "HOME=/srv/voice",
        "GPT_SOVITS_DATA_DIR=/srv/voice",
        "OMP_NUM_THREADS=1",
    )
    with_them = [f"--setenv={one}" for one in environment]
    unit = ("systemd-run", "-q", f"--unit=peer-{name}", "--working-directory=/srv/voice", *with_them)
    box.run(*unit, *commands[name])


def kill(box: Box, name: str) -> None:
    """It dies without a word."""
    box.run("systemctl", "kill", "-s", "KILL", f"peer-{name}")
    box.wait_until("systemctl", "is-failed", f"peer-{name}")
    box.run("systemctl", "reset-failed", f"peer-{name}")
