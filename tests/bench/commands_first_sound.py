"""From the end of a person's words to the first sound: a command's answer beside a model's, in one rehearsal.

Whisper base, the embedded model and voice as they are configured without more; commands and questions take
turns. The bound is 0.6 of what the model takes.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile

import numpy as np

from hearthd.app.rehearsal import rehearse
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.models import manifest
from tests.bench import CannotRun, Figure
from tests.utterances import say, silence

COMMANDS = (
    "set a timer for ten minutes.",
    "what's seventeen times twenty three?",
    "which timers are running?",
    "what time is it?",
    "how many grams are in a pound?",
    "what's the date today?",
    "cancel all timers.",
    "set the volume to fifty percent.",
)
QUESTIONS = (
    "why is the sky blue?",
    "what do cats like to eat?",
    "tell me something about the moon.",
    "what is a good name for a dog?",
    "how far away is the sun?",
    "what should I wear in the snow?",
    "who wrote this song?",
    "how do I cook rice?",
)
VOICES = ("heart", "bf_emma", "am_michael", "bm_george")
GAP_SECONDS = 12.0
"""From one to the next: time for a short answer."""


def run() -> list[Figure]:
    """The medians of both, and their ratio."""
    settings = Settings.model_validate(
        {"chat": {"engine": "embedded", "max_reply_tokens": 24}, "follow_up": {"seconds": 0.0}}
    )
    try:
        for name in ("whisper-base", settings.chat.embedded_model, "openwakeword", "kokoro"):
            manifest.path(name)
    except EngineError as error:
        raise CannotRun(str(error)) from None
    said = [text for pair in zip(COMMANDS, QUESTIONS, strict=True) for text in pair]
    pieces = []
    for number, text in enumerate(said):
        pieces += [say(f"Hey Jarvis, {text}", VOICES[number // 2 % len(VOICES)]), silence(GAP_SECONDS)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STATE_DIRECTORY"] = folder
        turns: list[TurnRecord] = asyncio.run(rehearse(settings, np.concatenate(pieces))).turns
    done, answered = [], []
    for turn in turns:
        if turn.first_audible_ms is not None:
            (done if turn.understood_by == "command" else answered).append(turn.first_audible_ms)
    if min(len(done), len(answered)) < len(COMMANDS) // 2:
        raise CannotRun(f"only {len(done)} commands and {len(answered)} questions were answered")
    command, model = statistics.median(done), statistics.median(answered)
    return [
        Figure(
            "commands_first_sound",
            "audible, median",
            command,
            "ms",
            model,
            round(command / model, 3),
            len(done),
        )
    ]
