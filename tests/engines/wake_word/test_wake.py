"""Wake words on real speech, and that nothing is missed while the network sleeps."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import models_dir
from hearthd.config.settings import WakeSettings, WakeWordModel
from hearthd.engines.protocols import WakeHit
from hearthd.engines.wake_word.openwakeword import OpenWakeWord, open_wake_word
from hearthd.engines.wake_word.verifier import Verifier
from tests.utterances import noise, say, silence

pytestmark = [pytest.mark.integration, pytest.mark.models]

RATE = 16_000
FOLDER = models_dir() / "openwakeword"
JARVIS = WakeWordModel(name="hey_jarvis")


class Scored(OpenWakeWord):
    """Keeps the score of every chunk that was looked at."""

    def __init__(self, *, gated: bool) -> None:
        super().__init__([JARVIS], FOLDER, refractory_seconds=2.0, gated=gated)
        self.kept: dict[int, float] = {}

    def _score(self, back: int) -> list[WakeHit]:
        hits = super()._score(back)
        self.kept[self._scored] = self.scores["hey_jarvis"]
        return hits


def hear(wake: OpenWakeWord, sound: Pcm, block: int = 320) -> list[WakeHit]:
    return [
        hit for first in range(0, len(sound), block) for hit in wake.process(sound[first : first + block])
    ]


def mixed(sound: Pcm, level_db: float) -> Pcm:
    return np.clip(
        sound.astype(np.int32) + noise(len(sound) / RATE + 1, level_db)[: len(sound)], -32768, 32767
    ).astype(np.int16)


def conversation() -> Pcm:
    parts = [silence(6.0)]
    for text in ("Hey Jarvis, turn on the kitchen light.", "What a nice day.", "Hey Travis.", "Hey Jarvis."):
        parts += [say(text, "heart"), silence(2.2)]
    return np.concatenate(parts)


@pytest.mark.parametrize("voice", ["heart", "af_bella", "am_michael", "bf_emma", "bm_george"])
def test_the_word_is_recognised_once_and_its_phrase_lies_within(voice: str) -> None:
    speech = say("Hey Jarvis.", voice)
    loud = np.flatnonzero(np.abs(speech) > 300)
    sound = mixed(np.concatenate([silence(3.0), speech, silence(2.0)]), -60)
    [hit] = hear(OpenWakeWord([JARVIS], FOLDER, refractory_seconds=2.0), sound)
    assert hit.word == "hey_jarvis"
    assert hit.start <= 3 * RATE + loud[0]
    assert -0.2 <= (hit.end - 3 * RATE - loud[-1]) / RATE <= 0.3


def test_the_word_is_recognised_at_the_very_start() -> None:
    """A recording may begin with it; there is no second of deafness."""
    assert len(hear(OpenWakeWord([JARVIS], FOLDER, refractory_seconds=2.0), say("Hey Jarvis.", "heart"))) == 1


@pytest.mark.parametrize("level_db", [None, -45.0, -28.0])
def test_sleeping_changes_no_score(level_db: float | None) -> None:
    sound = conversation() if level_db is None else mixed(conversation(), level_db)
    always, sometimes = Scored(gated=False), Scored(gated=True)
    expected, got = hear(always, sound), hear(sometimes, sound)
    assert got == expected
    assert got
    assert len(sometimes.kept) < 0.9 * len(always.kept)
    assert all(
        score == pytest.approx(always.kept[chunk], abs=1e-5) for chunk, score in sometimes.kept.items()
    )
    slept_through = [score for chunk, score in always.kept.items() if chunk not in sometimes.kept]
    assert max(slept_through, default=0.0) < 0.2


@pytest.mark.parametrize("level_db", [-120.0, -65.0, -40.0])
def test_a_quiet_room_or_a_steady_noise_lets_the_network_sleep(level_db: float) -> None:
    wake = Scored(gated=True)
    hear(wake, noise(6.0, level_db))
    before = len(wake.kept)
    hear(wake, noise(10.0, level_db, seed=1))
    assert len(wake.kept) == before


def clatter(seconds: float) -> Pcm:
    """Bangs and rustling, as of dishes: noise whose level jumps by up to 25 dB, several times a second."""
    rng, parts = np.random.default_rng(3), []
    while sum(map(len, parts)) < seconds * RATE:
        parts.append(noise(rng.uniform(0.04, 0.3), rng.uniform(-55, -30), seed=len(parts)))
    return np.concatenate(parts)[: int(seconds * RATE)]


def test_clatter_lets_the_network_sleep_and_a_word_said_in_it_is_heard() -> None:
    always, sometimes = Scored(gated=False), Scored(gated=True)
    sound = clatter(20.0)
    for wake in (always, sometimes):
        hear(wake, sound)
    assert len(sometimes.kept) < 0.1 * len(always.kept)
    word = np.concatenate([silence(1.0), say("Hey Jarvis.", "heart"), silence(1.0)])
    sound = np.clip(clatter(len(word) / RATE).astype(np.int32) + word // 4, -32768, 32767).astype(np.int16)
    assert hear(sometimes, sound) == hear(always, sound) != []


def test_while_the_speaker_sounds_every_sound_is_looked_at() -> None:
    wake = Scored(gated=True)
    wake.strict = True
    hear(wake, clatter(10.0))
    assert len(wake.kept) > 100


@pytest.mark.parametrize("seed", range(3))
def test_a_beginning_makes_up_no_words(seed: int) -> None:
    """openWakeWord's own window of random noise scores up to 0.99 in its first second."""
    wake = Scored(gated=False)
    speech = say("What is the weather going to be like tomorrow in London?", "heart")[seed * 5000 :]
    assert hear(wake, speech) == []
    assert max(wake.kept.values()) < 0.3


def test_the_size_of_the_blocks_does_not_matter() -> None:
    sound = say("Hey Jarvis, what time is it?", "heart")
    whole = hear(OpenWakeWord([JARVIS], FOLDER, refractory_seconds=2.0), sound, len(sound))
    assert whole == hear(OpenWakeWord([JARVIS], FOLDER, refractory_seconds=2.0), sound, 77)


def test_the_same_word_again_within_the_refractory_time_is_one() -> None:
    twice = np.concatenate([say("Hey Jarvis.", "heart")] * 2)
    patient = OpenWakeWord([JARVIS], FOLDER, refractory_seconds=10.0)
    eager = OpenWakeWord([JARVIS], FOLDER, refractory_seconds=0.5)
    assert len(hear(patient, twice)) == 1
    assert len(hear(eager, twice)) == 2


def test_while_the_speaker_is_alone_the_network_sleeps_and_wakes_for_who_interrupts() -> None:
    wake = OpenWakeWord([JARVIS], FOLDER, refractory_seconds=2.0)
    speech = say("What is the weather going to be like tomorrow in London?", "heart")
    for first in range(0, len(speech), 320):
        assert wake.process(speech[first : first + 320], alone=True) == []
    assert wake.scores == {}
    phrase = say("Hey Jarvis.", "heart")
    told = 4000  # a quarter of a second of it is over before anybody notices
    wake.process(phrase[:told], alone=True)
    [hit] = hear(wake, np.concatenate((phrase[told:], silence(0.4))))
    assert hit.word == "hey_jarvis"


def test_several_words_are_listened_for_at_once() -> None:
    words = [JARVIS, WakeWordModel(name="alexa"), WakeWordModel(name="timer"), WakeWordModel(name="weather")]
    wake = OpenWakeWord(words, FOLDER, refractory_seconds=2.0)
    hits = hear(wake, np.concatenate([say("Alexa.", "heart"), silence(1.0), say("Hey Jarvis.", "heart")]))
    assert [hit.word for hit in hits] == ["alexa", "hey_jarvis"]
    assert set(wake.scores) == {"hey_jarvis", "alexa", "timer", "weather"}


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_patience_and_strictness_ask_for_chunks_in_a_row(patience: int) -> None:
    word = WakeWordModel(name="hey_jarvis", patience=patience)
    ends = []
    for strict in (False, True):
        wake = OpenWakeWord([word], FOLDER, refractory_seconds=2.0)
        wake.strict = strict
        [hit] = hear(wake, np.concatenate([say("Hey Jarvis.", "heart"), silence(0.5)]))
        ends.append(hit.end)
    assert ends[1] - ends[0] == (1280 if patience == 1 else 0)


def test_who_ends_the_reply_by_calling_is_heard_though_less_is_asked_for_in_the_middle_of_the_word() -> None:
    """The reply stops between the first chunk that holds the word and the second."""
    wake, hits = OpenWakeWord([JARVIS], FOLDER, refractory_seconds=2.0), []
    wake.strict = True
    for first in range(0, len(sound := np.concatenate([say("Hey Jarvis.", "heart"), silence(0.5)])), 320):
        hits += wake.process(sound[first : first + 320])
        if wake.scores.get("hey_jarvis", 0.0) >= JARVIS.threshold:
            wake.strict = False
    assert len(hits) == 1


def test_a_threshold_nothing_reaches_never_wakes() -> None:
    wake = OpenWakeWord([WakeWordModel(name="hey_jarvis", threshold=1.0)], FOLDER, refractory_seconds=2.0)
    assert hear(wake, say("Hey Jarvis.", "heart")) == []


def test_a_models_own_file_is_used(tmp_path: Path) -> None:
    own = tmp_path / "mine.onnx"
    own.write_bytes((FOLDER / "hey_jarvis_v0.1.onnx").read_bytes())
    wake = open_wake_word(WakeSettings(words=[WakeWordModel(name="mine", model=str(own))]))
    [hit] = hear(wake, say("Hey Jarvis.", "heart"))
    assert hit.word == "mine"


def test_an_unknown_word_names_those_there_are() -> None:
    with pytest.raises(EngineError, match=r"hey_jarvis.*wake\.words\.model"):
        open_wake_word(WakeSettings(words=[WakeWordModel(name="hey_nobody")]))


def test_without_models_the_error_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="hearthd models pull"):
        OpenWakeWord([JARVIS], tmp_path, refractory_seconds=2.0)


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x07" * 1000])
def test_a_broken_model_is_named(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(content)
    with pytest.raises(EngineError, match=r"broken\.onnx"):
        OpenWakeWord([WakeWordModel(name="x", model=str(broken))], FOLDER, refractory_seconds=2.0)


def test_another_kind_of_model_is_refused() -> None:
    foreign = WakeWordModel(name="x", model=str(FOLDER / "melspectrogram.onnx"))
    with pytest.raises(EngineError, match="not an openWakeWord model"):
        OpenWakeWord([foreign], FOLDER, refractory_seconds=2.0)


class Owner:
    """Stands in for a trained verifier: the owner's voice, or not."""

    def __init__(self, score: float) -> None:
        self.answer = score

    def predict_proba(self, features: np.ndarray) -> list[list[float]]:  # type: ignore[type-arg]
        assert features.shape == (1, 16, 96)
        return [[1 - self.answer, self.answer]]


@pytest.mark.parametrize(("score", "heard"), [(0.9, 1), (0.3, 0)])
def test_a_verifier_has_the_last_word(tmp_path: Path, score: float, heard: int) -> None:
    file = tmp_path / "owner.pkl"
    file.write_bytes(pickle.dumps(Owner(score)))
    file.chmod(0o600)
    word = WakeWordModel(name="hey_jarvis", verifier=str(file))
    hits = hear(OpenWakeWord([word], FOLDER, refractory_seconds=2.0), say("Hey Jarvis.", "heart"))
    assert len(hits) == heard


@pytest.mark.slow
def test_a_verifier_that_openwakeword_trained_is_read(tmp_path: Path) -> None:
    from openwakeword.custom_verifier_model import train_verifier_model

    random = np.random.default_rng(0)
    owner, others = random.normal(3, 1, (20, 16, 96)), random.normal(-3, 1, (20, 16, 96))
    model = train_verifier_model(np.vstack([owner, others]), np.array([1] * 20 + [0] * 20))
    file = tmp_path / "owner.pkl"
    file.write_bytes(pickle.dumps(model))
    file.chmod(0o600)
    verifier = Verifier(file)
    assert verifier.score(owner[0].astype(np.float32), 0.9) > 0.9
    assert verifier.score(others[0].astype(np.float32), 0.9) < 0.1
    assert verifier.score(others[0].astype(np.float32), 0.05) == 0.05


class Bomb:
    """Reading it would run code."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, ("/tmp/hearthd-bomb-went-off",))


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_verifier_that_others_may_write_is_never_read(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "bomb.pkl"
    file.write_bytes(pickle.dumps(Bomb()))
    file.chmod(mode)
    with pytest.raises(EngineError, match="somebody else"):
        Verifier(file)
    assert not Path("/tmp/hearthd-bomb-went-off").exists()


def test_a_verifier_that_is_a_link_a_pipe_or_missing_is_never_read(tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "owner.pkl", tmp_path / "link.pkl", tmp_path / "pipe.pkl"
    file.write_bytes(pickle.dumps(Owner(1.0)))
    link.symlink_to(file)
    os.mkfifo(pipe, 0o600)
    for path in (link, pipe, tmp_path / "missing.pkl", tmp_path):
        with pytest.raises(EngineError):
            Verifier(path)


@pytest.mark.parametrize("content", [b"", b"garbage", pickle.dumps({"no": "model"})])
def test_what_is_no_verifier_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "owner.pkl"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(EngineError, match="not an openWakeWord verifier"):
        Verifier(file)


def test_stop_is_listened_for_only_while_the_speaker_sounds() -> None:
    engine = open_wake_word(WakeSettings())
    said = np.concatenate((silence(1.5), say("Stop!", "bm_george"), silence(0.5)))
    assert engine.process(said) == []
    engine.strict = True
    hits = engine.process(said)
    assert [hit.stops for hit in hits] == [True]
