"""The front end, fed with sound block by block as a microphone would."""

from collections.abc import Iterator

import numpy as np
import pytest

from hearthd.audio.chime import NAMES, chime
from hearthd.audio.resample import resample
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings, WakeSettings, WakeWordModel
from hearthd.dialogue import events as e
from hearthd.engines.protocols import WakeHit
from hearthd.engines.vad.vad import Silero
from hearthd.frontend.frontend import FrontEnd, open_front_end
from tests.utterances import noise, say, silence

pytestmark = pytest.mark.integration

RATE = 16_000
BLOCK = 320


class NoWake:
    """No wake word ever."""

    strict = False

    def __init__(self) -> None:
        self.told: list[bool] = []
        """Of each block: whether the speaker was alone in it."""

    def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
        self.told.append(alone)
        return []


@pytest.fixture
def deaf() -> FrontEnd:
    """Knows no wake word: for all that is not about it."""
    return FrontEnd(NoWake(), Silero(), Settings())


def hear(front_end: FrontEnd, sound: Pcm, block: int = BLOCK) -> list[e.Event]:
    """Feed ``sound``; sample n is captured at n / 16000 + 100 s."""
    return list(hear_slowly(front_end, sound, block))


def hear_slowly(front_end: FrontEnd, sound: Pcm, block: int = BLOCK) -> Iterator[e.Event]:
    for first in range(0, len(sound), block):
        yield from front_end.process(sound[first : first + block], 100 + front_end.now / RATE)


def room(*sounds: Pcm) -> Pcm:
    """The sounds one after the other, in a quiet room."""
    sound = np.concatenate(sounds)
    return np.clip(
        sound.astype(np.int32) + noise(len(sound) / RATE + 1, -65)[: len(sound)], -32768, 32767
    ).astype(np.int16)


def spoken(text: str, voice: str = "heart") -> Pcm:
    """``text`` without the silence around it."""
    sound = say(text, voice)
    loud = np.flatnonzero(np.abs(sound) > 300)
    return sound[loud[0] : loud[-1]]


@pytest.mark.models
@pytest.mark.parametrize("gap", [0.0, 0.8])
def test_a_wake_word_and_a_question_are_heard_whole(gap: float) -> None:
    front_end = open_front_end(Settings())
    phrase, question = spoken("Hey Jarvis."), spoken("Turn on the kitchen light.")
    sound = room(silence(1.0), phrase, silence(gap), question, silence(2.0))
    told: list[e.Event] = []
    for event in hear_slowly(front_end, sound):
        told.append(event)
        if isinstance(event, e.Wake):
            front_end.listen(event.end, 5.0, event.start)
    wake, started, *between, ended = told
    assert isinstance(wake, e.Wake)
    assert wake.word == "hey_jarvis"
    assert wake.score > 0.5
    phrase_start, phrase_end = 1.0, 1.0 + len(phrase) / RATE
    assert wake.start / RATE <= phrase_start
    assert 0 <= wake.end / RATE - phrase_end <= 0.3
    assert isinstance(started, e.SpeechStarted)
    assert isinstance(ended, e.SpeechEnded)
    assert {type(event) for event in between} <= {e.SpeechPaused, e.SpeechResumed}
    utterance = ended.utterance
    spoke_until = (len(sound) / RATE) - 2.0
    assert utterance.start == wake.start
    assert utterance.speech_end / RATE == pytest.approx(spoke_until, abs=0.25)
    assert utterance.speech_end_at == pytest.approx(100 + utterance.speech_end / RATE)
    assert np.array_equal(
        front_end.audio(utterance.start, utterance.end), sound[utterance.start : utterance.end]
    )


def test_what_was_said_before_the_listening_began_is_caught_up(deaf: FrontEnd) -> None:
    sound = room(silence(1.0), spoken("Turn on the kitchen light."), silence(0.2))
    assert hear(deaf, sound) == []
    deaf.listen(RATE // 2, 5.0, RATE // 2)
    told = hear(deaf, room(silence(1.0)))
    assert isinstance(told[0], e.SpeechStarted)
    assert told[0].sample / RATE == pytest.approx(1.0, abs=0.15)
    assert isinstance(told[-1], e.SpeechEnded)


def test_a_pre_roll_keeps_the_first_sound_but_not_the_silence_before(deaf: FrontEnd) -> None:
    deaf.listen(0, 5.0, 0)
    told = hear(deaf, room(silence(3.0), spoken("Stop."), silence(1.5)))
    ended = told[-1]
    assert isinstance(ended, e.SpeechEnded)
    assert 2.3 < ended.utterance.start / RATE < 2.9


def test_a_window_that_opens_later_ignores_what_came_before(deaf: FrontEnd) -> None:
    """The follow-up window opens when the reply's own tail has died away."""
    speech = spoken("Turn on the kitchen light.")
    deaf.listen(len(speech) + RATE, 2.0, len(speech) + RATE)
    told = hear(deaf, room(speech, silence(4.0)))
    assert [type(event) for event in told] == [e.NothingSaid]
    assert told[0].at == pytest.approx(100 + len(speech) / RATE + 3.0, abs=0.1)


@pytest.mark.models
@pytest.mark.parametrize("voice", ["heart", "af_bella", "bm_george", "zf_xiaoxiao", "zm_yunxi"])
def test_a_pause_of_600_ms_does_not_end_a_sentence(deaf: FrontEnd, voice: str) -> None:
    first, second = (
        ("Turn on the kitchen light.", "Tell me a story about a small dog.")
        if voice[0] != "z"
        else ("请打开客厅的灯。", "今天天气怎么样？")
    )
    sound = room(silence(0.5), spoken(first, voice), silence(0.6), spoken(second, voice), silence(2.0))
    deaf.listen(0, 5.0, 0)
    told = hear(deaf, sound)
    assert isinstance(told[-1], e.SpeechEnded)
    assert told[-1].utterance.speech_end / RATE == pytest.approx(len(sound) / RATE - 2.0, abs=0.3)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "error"])
@pytest.mark.parametrize("level", [1.0, 4.0])
def test_the_chime_is_never_heard_as_speech(deaf: FrontEnd, name: str, level: float) -> None:
    """As loud as it is played, and as loud as it gets beside the speaker ("error" ends a listening)."""
    sound = np.clip(resample(chime(name), 48_000, RATE) * level, -32768, 32767).astype(np.int16)
    deaf.listen(RATE // 4, 2.0, 0)
    assert [type(event) for event in hear(deaf, room(silence(0.5), sound, silence(3.0)))] == [e.NothingSaid]


def test_nobody_speaks(deaf: FrontEnd) -> None:
    deaf.listen(0, 1.0, 0)
    told = hear(deaf, noise(3.0, -40))
    assert [type(event) for event in told] == [e.NothingSaid]


def test_a_listening_called_off_tells_nothing_more(deaf: FrontEnd) -> None:
    deaf.listen(0, 1.0, 0)
    deaf.stop_listening()
    assert hear(deaf, noise(2.0, -40)) == []


@pytest.mark.parametrize("block", [1, 160, 511, 4096, 50_000])
def test_the_size_of_the_blocks_does_not_matter(deaf: FrontEnd, block: int) -> None:
    deaf.listen(0, 5.0, 0)
    told = hear(deaf, room(silence(0.2), spoken("Stop."), silence(1.2)), block)
    assert [type(event) for event in told] == [e.SpeechStarted, e.SpeechPaused, e.SpeechEnded]
    assert told[0].sample / RATE == pytest.approx(0.25, abs=0.15)


def test_lost_samples_count_so_that_later_times_are_true(deaf: FrontEnd) -> None:
    deaf.process(noise(1.0, -40), 50.0)
    deaf.process(noise(1.0, -40), 50.0 + 1.0 + 0.5, lost=RATE // 2)
    assert deaf.now == 2.5 * RATE
    assert deaf.time_of(0) == pytest.approx(50.0)
    assert deaf.time_of(deaf.now) == pytest.approx(52.5)
    assert not deaf.audio(RATE, RATE + RATE // 2).any()


def test_a_microphone_that_was_shut_leaves_the_whole_time_to_speak(deaf: FrontEnd) -> None:
    deaf.listen(0, 2.0, 0)
    assert deaf.process(silence(0.02), 10.0, lost=10 * RATE) == []  # unmuted a moment ago
    found = hear(deaf, room(spoken("good morning everybody"), silence(1.5)))
    assert [type(event) for event in found if not isinstance(event, e.SpeechPaused | e.SpeechResumed)] == [
        e.SpeechStarted,
        e.SpeechEnded,
    ]


def test_an_hour_muted_costs_no_more_than_the_ring_holds(deaf: FrontEnd) -> None:
    deaf.process(noise(1.0, -40), 50.0)
    deaf.process(noise(1.0, -40), 3651.0, lost=3600 * RATE)
    assert deaf.time_of(deaf.now) == pytest.approx(3652.0)
    assert deaf.now < 60 * RATE


def test_an_empty_block_is_nothing(deaf: FrontEnd) -> None:
    assert deaf.process(np.zeros(0, np.int16), 1.0) == []
    assert deaf.now == 0


@pytest.mark.parametrize("block", [np.zeros(320), np.zeros((2, 320), np.int16), np.zeros(320, np.uint8)])
def test_what_is_no_block_is_refused(deaf: FrontEnd, block: Pcm) -> None:
    with pytest.raises(ValueError, match="int16"):
        deaf.process(block, 1.0)


def test_the_cleaned_signal_is_what_all_hear() -> None:
    class Halving:
        def process(self, near: Pcm, at: float) -> Pcm:
            return near // np.int16(2)

        def news(self, at: float) -> list[e.Event]:
            return [e.EchoMeasured(at, 6.0, 0.0, True)]

    front_end = FrontEnd(NoWake(), Silero(), Settings(), echo=Halving())
    assert front_end.process(np.full(320, 1000, np.int16), 1.0) == [e.EchoMeasured(1.02, 6.0, 0.0, True)]
    assert set(front_end.audio(0, 320)) == {500}


def test_somebody_over_the_speaker_is_looked_for_only_while_it_sounds() -> None:
    class NearEnd:
        alone = True

        def __init__(self) -> None:
            self.fed: list[int] = []

        def process(self, near: Pcm, at: float, sample: int) -> list[e.Event]:
            self.fed.append(sample)
            return [e.NearEndSuspected(at, sample)]

        def reset(self, before: Pcm, *, over_ring: bool = False) -> None:
            self.before = before

    near_end, wake = NearEnd(), NoWake()
    front_end = FrontEnd(wake, Silero(), Settings(), near_end=near_end)
    front_end.process(silence(0.02), 1.0)
    front_end.watch_near_end(True)
    assert wake.strict
    assert len(near_end.before) == 320
    assert front_end.process(silence(0.02), 1.02) == [e.NearEndSuspected(1.02, 320)]
    front_end.watch_near_end(False)
    assert not wake.strict
    front_end.process(silence(0.02), 1.04)
    assert near_end.fed == [320]
    assert wake.told == [False, True, False]


@pytest.mark.parametrize(
    ("heard_at", "stops"), [(320 + 8_000, True), (320 + 13_000, False), (100, False), (None, False)]
)
def test_a_short_word_over_the_speaker_that_was_heard_as_stop_needs_no_transcript(
    heard_at: int | None, stops: bool
) -> None:
    class Short:
        alone = False

        def process(self, near: Pcm, at: float, sample: int) -> list[e.Event]:
            return [e.NearEndShort(at, 320, 320 + 8_000)]

        def reset(self, before: Pcm, *, over_ring: bool = False) -> None: ...

    class Stops(NoWake):
        def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
            return [] if heard_at is None else [WakeHit("stop", 0.95, 0, heard_at, stops=True)]

    front_end = FrontEnd(Stops(), Silero(), Settings(), near_end=Short())
    front_end.watch_near_end(True)
    [event] = front_end.process(silence(0.02), 1.0)
    assert isinstance(event, e.StopWord if stops else e.NearEndShort)


def test_other_wake_words_are_taken_over_while_it_runs() -> None:
    class OneHit(NoWake):
        def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
            return [WakeHit("alexa", 0.9, 10, 20)]

    front_end = FrontEnd(NoWake(), Silero(), Settings(), open_wake=lambda wake: OneHit())
    front_end.process(silence(1.0), 1.0)
    alexa = WakeSettings(words=[WakeWordModel(name="alexa")])
    assert front_end.reconfigure(Settings(wake=alexa)) == alexa
    [wake] = front_end.process(silence(0.02), 2.0)
    assert isinstance(wake, e.Wake)
    assert (wake.start, wake.end) == (RATE + 10, RATE + 20)


def test_wake_words_that_cannot_be_loaded_leave_the_old_ones(caplog: pytest.LogCaptureFixture) -> None:
    def fails(wake: WakeSettings) -> NoWake:
        raise EngineError("no such model")

    front_end = FrontEnd(NoWake(), Silero(), Settings(), open_wake=fails)
    nobody = Settings(wake=WakeSettings(words=[WakeWordModel(name="nobody")]))
    assert front_end.reconfigure(nobody) == Settings().wake, "what is in use"
    assert front_end.process(silence(0.02), 2.0) == []
    assert "no such model" in caplog.text


def test_a_microphone_that_clips_whoever_speaks_is_told_of(
    deaf: FrontEnd, caplog: pytest.LogCaptureFixture
) -> None:
    shout = np.clip(spoken("Turn on the kitchen light.").astype(np.int32) * 20, -32768, 32767)
    for number in range(3):
        assert "clips" not in caplog.text
        deaf.listen(deaf.now, 5.0, deaf.now)
        told = hear(deaf, room(silence(1.0), shout.astype(np.int16), silence(2.0)))
        assert isinstance(told[-1], e.SpeechEnded), number
    assert caplog.text.count("the microphone clips") == 1


def test_who_pauses_long_is_waited_for_after_a_few_sentences(deaf: FrontEnd) -> None:
    """Three are cut in two at a pause of 0.95 s and gone on with; the fourth comes whole."""
    whole = []
    for _ in range(4):
        start = deaf.now
        deaf.listen(start, 5.0, start)
        said = room(spoken("Turn on the light."), silence(0.95), spoken("In the kitchen."), silence(3.0))
        ended = 0
        for event in hear_slowly(deaf, said):
            if isinstance(event, e.SpeechEnded):
                ended += 1
                if ended == 1 and event.utterance.end < start + len(said) - 3 * RATE:
                    deaf.listen(event.utterance.end, 5.0, event.utterance.end)
        whole.append(ended == 1)
    assert whole == [False, False, False, True]
