"""Twenty spoken commands in six voices, through the same pipeline as the service, in real time."""

from __future__ import annotations

import asyncio
import difflib
import json
import re
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest

from hearthd.app.rehearsal import rehearse
from hearthd.cli import main
from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from tests.peers.ollama import OllamaPeer
from tests.utterances import say, silence

pytestmark = [pytest.mark.system, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(600)]

PAUSE = 0.6
"""Seconds of silence where a sentence below has "..."."""

GAP = 4.0
"""Seconds between two commands: an endpoint (0.75), a transcript (0.6), a short reply of a slow voice (2)."""

COMMANDS = [
    ("heart", "turn off the light in the kitchen"),
    ("bf_emma", "what is the weather like tomorrow"),
    ("am_michael", "play some music ... in the living room"),
    ("af_bella", "set the alarm for seven o'clock"),
    ("heart", "how do I cook rice"),
    ("bf_emma", "please close the window ... and lock the door"),
    ("am_michael", "tell me a story about a dragon"),
    ("af_bella", "is the front door open"),
    ("heart", "remind me to call my mother ... this evening"),
    ("bf_emma", "what time does the sun rise"),
    ("zf_xiaobei", "今天天气怎么样"),
    ("zm_yunxi", "请把客厅的灯打开"),
    ("zf_xiaobei", "给我讲一个故事"),
    ("zm_yunxi", "明天早上七点叫我起床"),
    ("zf_xiaobei", "现在几点了"),
    ("zm_yunxi", "把电视的声音 ... 调小一点"),
    ("zf_xiaobei", "播放一首轻松的音乐"),
    ("zm_yunxi", "帮我查一下明天的天气"),
    ("zf_xiaobei", "中国的首都是哪里"),
    ("zm_yunxi", "请关上卧室的门"),
]


def spoken(voice: str, text: str) -> Pcm:
    """The wake word and ``text``; Chinese voices have the wake word spoken by an English one."""
    chinese = voice.startswith("z")
    first, *rest = text.split(" ... ")
    pieces = (
        [say("Hey Jarvis,", "bf_emma"), silence(0.1), trimmed(say(first, voice))]
        if chinese
        else [trimmed(say(f"Hey Jarvis, {first}", voice))]
    )
    for part in rest:
        pieces += [silence(PAUSE), trimmed(say(part, voice))]
    return np.concatenate(pieces)


def trimmed(pcm: Pcm) -> Pcm:
    """Without the silence at the ends: the pause between the parts shall be exactly ``PAUSE``."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 200)
    return pcm[loud[0] : loud[-1] + 1]


def letters(text: str) -> str:
    """Lower case letters and Han only; small numbers as words."""
    if not re.search("[\u4e00-\u9fff]", text):
        text = text.replace("7", "seven")
    return re.sub(r"[^a-z\u4e00-\u9fff]", "", text.lower().replace("7", "七"))


def right(said: str, heard: str) -> bool:
    """The same sentence, up to one letter or character in ten (a homophone, a plural)."""
    a, b = letters(said), letters(heard)
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= 0.9


async def briefly(messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
    """Answers in a word, so that the next command need not wait."""
    yield "好的。" if re.search("[\u4e00-\u9fff]", messages[-1]["content"]) else "Yes."


async def answered(heard: Pcm) -> list[TurnRecord]:
    """The turns of a rehearsal whose model says little."""
    async with OllamaPeer("smollm2:135m", writer=briefly) as peer:
        settings = Settings.model_validate(
            {
                "chat": {"engine": "ollama", "url": peer.url, "model": "smollm2:135m"},
                "follow_up": {"seconds": 0.0, "question_seconds": 0.0},
                "barge_in": {"mode": "wake_word"},
            }
        )
        return (await rehearse(settings, heard)).turns


def test_twenty_commands_are_understood_whole() -> None:
    recording = [np.concatenate([spoken(voice, text), silence(GAP)]) for voice, text in COMMANDS]
    turns = asyncio.run(answered(np.concatenate(recording)))
    assert len(turns) == len(COMMANDS), [turn.heard for turn in turns]
    wrong = [
        (text, turn.heard, turn.ended, turn.wake_score)
        for (_, text), turn in zip(COMMANDS, turns, strict=True)
        if not right(text, turn.heard)
    ]
    assert len(wrong) <= 1, wrong
    cut = [
        (text, turn.heard)
        for (_, text), turn in zip(COMMANDS, turns, strict=True)
        if " ... " in text and len(letters(turn.heard)) < 0.8 * len(letters(text))
    ]
    assert not cut
    assert {turn.ended for turn in turns} <= {Ended.COMPLETED, Ended.BARGE_IN}


def test_the_command_prints_each_turn_as_json_and_writes_what_was_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = tmp_path / "hearthd.toml", tmp_path / "answer.wav"
    config.write_text('[chat]\nengine = "embedded"\n')
    code = main.main(
        ["rehearse", "--say", "What colour is the sky?", "--out", str(out), "--json", "--config", str(config)]
    )
    [line] = capsys.readouterr().out.splitlines()
    turn = json.loads(line)
    assert code == 0
    assert set(turn) == set(TurnRecord("", "", 0.0).as_dict())
    assert turn["ended"] == "completed"
    assert "sky" in turn["heard"].lower()
    assert turn["spoken"]
    assert 0 < turn["asr_ms"] < turn["llm_first_token_ms"] < turn["first_audible_ms"]
    with wave.open(str(out)) as played:
        assert played.getframerate() == 48_000
        assert np.frombuffer(played.readframes(played.getnframes()), np.int16).any()


def test_a_recording_without_the_wake_word_is_no_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, wav = tmp_path / "hearthd.toml", tmp_path / "question.wav"
    config.write_text('[chat]\nengine = "embedded"\nembedded_model = "smollm2-135m"\n')
    with wave.open(str(wav), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(say("What colour is the sky?", "bf_emma").tobytes())
    assert main.main(["rehearse", str(wav), "--out", str(tmp_path / "out.wav"), "--config", str(config)]) == 1
    assert "no wake word" in capsys.readouterr().err


def test_a_file_that_is_no_recording_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    garbage = tmp_path / "garbage.wav"
    garbage.write_bytes(b"RIFF\x00\x00\x00\x00nothing")
    assert main.main(["rehearse", str(garbage), "--out", str(tmp_path / "out.wav")]) == 1
    assert str(garbage) in capsys.readouterr().err
