"""Home Assistant in the whole speaker: what it does, what it leaves to the model, what needs a yes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from hearthd.conversation.home import (
    AWAY,
    DONE,
    NOT_DONE,
    NOT_READY,
    QUESTION_SECONDS,
    REFUSED,
    UNKNOWN,
    UNTRUSTED,
    Sentences,
)
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.engines.protocols import Transcript
from hearthd.home_assistant.connection import (
    HomeAssistantError,
    NoSuchThingError,
    TokenError,
    UncertainError,
    UnreachableError,
    UntrustedError,
)
from tests.actions import corpus
from tests.peers.home_assistant_http import told_of
from tests.scripted import Scripted
from tests.scripted_home import ScriptedHome
from tests.virtual_time import run

pytestmark = pytest.mark.unit

SPEAKER = "sensor.hearthd_hearthd_state"
Scene = Callable[[Scripted, ScriptedHome], Coroutine[None, None, None]]


def play(folder: Path, scene: Scene, *, enabled: bool = True) -> None:
    async def life() -> None:
        home = ScriptedHome(enabled=enabled)
        async with Scripted(folder, commands=corpus.matcher(), home=home) as speaker:
            await scene(speaker, home)

    run(life())


async def answered(speaker: Scripted, turns: int) -> str:
    """What the last of so many turns said."""
    await speaker.until(lambda: len(speaker.turns) == turns)
    return speaker.turns[-1].spoken


# --- what it does -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("turn on the kitchen light.", "en", "Turned on the kitchen light"),
        ("打开厨房的灯。", "zh", "已打开"),
        ("请帮我把厨房的灯打开。", "zh", "已打开"),
    ],
)
def test_an_order_is_carried_out_and_answered_without_the_model(
    tmp_path: Path, words: str, language: str, said: str
) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks(words, language=language)
        assert await answered(speaker, 1) == said
        assert home.house.is_on("light.kitchen")
        assert speaker.chat.sent == []
        (turn,) = speaker.turns
        assert (turn.understood_by, turn.chat_model, turn.language) == ("home_assistant", "", language)
        (action,) = turn.actions
        assert (action.name, action.by, action.done) == ("conversation", "home_assistant", True)
        assert (action.result, action.arguments["success"]) == ("action_done", ["kitchen light"])

    play(tmp_path, scene)


@pytest.mark.parametrize(("words", "language"), [("turn on the lights.", "en"), ("把灯打开。", "zh")])
def test_the_light_is_that_of_the_speakers_own_room(tmp_path: Path, words: str, language: str) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.house.speakers[SPEAKER] = "bedroom"
        await speaker.asks(words, language=language)
        await answered(speaker, 1)
        assert home.house.is_on("light.bedroom")
        assert not home.house.is_on("light.kitchen")

    play(tmp_path, scene)


def test_a_command_of_its_own_never_goes_there(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        for turn, words in enumerate(("set a timer for ten minutes.", "what time is it?", "volume up."), 1):
            await speaker.asks(words)
            await answered(speaker, turn)
        assert home.begun == 0

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("words", "language"),
    [("in five minutes the train leaves.", "en"), ("三分钟后火车就要开了。", "zh"), ("hello!", "en")],
)
def test_what_it_would_take_wrongly_goes_to_the_model_alone(
    tmp_path: Path, words: str, language: str
) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks(words, language=language)
        assert await answered(speaker, 1) == speaker.chat.text
        assert home.begun == 0

    play(tmp_path, scene)


def test_nothing_is_done_on_a_guess(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        speaker.wakes()
        start = speaker.sample
        speaker.room.post(e.SpeechStarted(speaker.clock(), start))
        await asyncio.sleep(1)
        for words in ("turn on the kitchen light", "is the kitchen light on"):
            speaker.asr.next = Transcript(f"Hey Jarvis, {words}", "en")
            paused = e.Utterance(start, speaker.sample, speaker.sample, speaker.clock())
            speaker.room.post(e.SpeechPaused(speaker.clock(), paused))
            await asyncio.sleep(0.6)
            speaker.room.post(e.SpeechResumed(speaker.clock()))
            await asyncio.sleep(0.5)
        assert home.begun == 0
        speaker.asr.next = Transcript("Hey Jarvis, turn on the bedroom light", "en")
        whole = e.Utterance(start, speaker.sample, speaker.sample, speaker.clock())
        speaker.room.post(e.SpeechPaused(speaker.clock(), whole))
        speaker.room.post(e.SpeechEnded(speaker.clock(), whole))
        await answered(speaker, 1)
        assert home.texts == ["turn on the bedroom light"]

    play(tmp_path, scene)


def test_without_an_address_it_is_not_asked_and_the_mend_is_said(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("turn on the kitchen light.")
        said = await answered(speaker, 1)
        assert said == "I can't turn lights on or off yet: connect Home Assistant first."
        assert home.begun == 0

    play(tmp_path, scene, enabled=False)


def test_what_was_done_without_a_word_is_told_all_the_same(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        silent = {
            "speech": {},
            "response_type": "action_done",
            "data": {"success": [{"name": "x"}], "failed": []},
        }
        home.peer.scripted["turn on the fan"] = {"response": silent}
        await speaker.asks("turn on the fan.")
        assert await answered(speaker, 1) == DONE["en"]

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("turn on the dragon.", "en", "Sorry, I am not aware of any device called dragon"),
        ("打开水族箱的灯。", "zh", "抱歉，找不到名为 水族箱的灯 的设备"),
    ],
)
def test_an_order_for_what_is_not_there_is_answered_by_home_assistant(
    tmp_path: Path, words: str, language: str, said: str
) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks(words, language=language)
        assert await answered(speaker, 1) == said
        assert speaker.chat.sent == []
        assert [action.done for action in speaker.turns[0].actions] == [False]

    play(tmp_path, scene)


def test_what_failed_is_said(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.house.things[0].broken = True
        await speaker.asks("turn on the kitchen light.")
        assert await answered(speaker, 1) == "An unexpected error occurred"
        assert [action.done for action in speaker.turns[0].actions] == [False]

    play(tmp_path, scene)


# --- what is asked beside the model -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ("is the kitchen light on?", "en", "No, kitchen light is off"),
        ("厨房的灯开着吗？", "zh", "没有"),
    ],
)
def test_a_question_that_it_can_answer_is_answered_by_it_and_nothing_else_sounds(
    tmp_path: Path, words: str, language: str, said: str
) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        speaker.asr.delay = speaker.chat.first = 0.01  # the model's answer is ready first
        await speaker.asks(words, language=language)
        assert await answered(speaker, 1) == said
        (turn,) = speaker.turns
        assert (turn.reply, turn.understood_by, turn.chat_model) == (said, "home_assistant", "")
        assert turn.llm_first_token_ms is None
        assert speaker.chat.open == speaker.voice.open == 0
        loud = sum(len(block) for _, block in speaker.speaker.blocks)
        assert loud < 1.5 * speaker.voice.letter_seconds * len(said) * speaker.room.mixer.rate + 48_000

    play(tmp_path, scene)


@pytest.mark.parametrize("chat_first", [0.01, 1.0])
def test_a_question_that_it_does_not_understand_sounds_as_soon_as_without_it(
    tmp_path: Path, chat_first: float
) -> None:
    sounds = {}

    def scene_of(name: str) -> Scene:
        async def scene(speaker: Scripted, home: ScriptedHome) -> None:
            speaker.asr.delay, speaker.chat.first = 0.05, chat_first
            await speaker.asks("who wrote Hamlet?")
            assert await answered(speaker, 1) == speaker.chat.text
            assert home.texts == (["who wrote Hamlet?"] if name == "with" else [])
            sounds[name] = speaker.turns[0].first_audible_ms or 0.0

        return scene

    for name in ("without", "with"):
        folder = tmp_path / name
        folder.mkdir()
        play(folder, scene_of(name), enabled=name == "with")
    # what the model has not ready by then is not later at all; what it has waits for Home Assistant's 30 ms
    assert sounds["with"] - sounds["without"] <= (50.0 if chat_first < 0.5 else 0.0)


def test_a_hung_one_keeps_the_model_waiting_for_its_time_and_no_longer(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.delay = 100.0
        await speaker.asks("who wrote Hamlet?")
        assert await answered(speaker, 1) == speaker.chat.text
        (turn,) = speaker.turns
        assert turn.endpoint_ms is not None
        assert turn.first_audible_ms is not None
        assert turn.first_audible_ms - turn.endpoint_ms <= QUESTION_SECONDS * 1000 + 100
        assert isinstance(home.away, UncertainError)
        assert home.health == [False]
        await speaker.asks("and who wrote Faust?")  # it is known to be away
        await answered(speaker, 2)
        assert home.begun == 1
        turn = speaker.turns[1]
        assert (turn.first_audible_ms or 0.0) - (turn.endpoint_ms or 0.0) <= 250

    play(tmp_path, scene)


def test_a_model_that_fails_takes_nothing_from_home_assistants_answer(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        speaker.chat.fail_after = 0
        await speaker.asks("is the kitchen light on?")
        assert await answered(speaker, 1) == "No, kitchen light is off"
        assert speaker.turns[0].ended is Ended.COMPLETED
        await speaker.asks("who wrote Hamlet?")
        await answered(speaker, 2)
        assert speaker.turns[1].ended is Ended.ERROR

    play(tmp_path, scene)


def test_a_joke_is_no_device(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("tell me a joke.")
        assert await answered(speaker, 1) == speaker.chat.text
        assert speaker.turns[0].actions == ()

    play(tmp_path, scene)


def test_it_takes_over_in_the_middle_of_what_the_model_writes(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        speaker.chat.text, speaker.chat.first = "word " * 400, 0.01
        home.delay = 0.5
        await speaker.asks("is the kitchen light on?")
        assert await answered(speaker, 1) == "No, kitchen light is off"
        assert speaker.chat.open == 0

    play(tmp_path, scene)


def test_stop_ends_what_is_being_asked(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.delay = 100.0
        await speaker.asks("who wrote Hamlet?")
        await asyncio.sleep(0.1)
        speaker.room.post(e.StopRequested(speaker.clock()))
        await answered(speaker, 1)
        assert speaker.turns[0].ended is Ended.STOPPED
        assert speaker.chat.open == speaker.voice.open == 0
        assert speaker.speaker.blocks == [] or speaker.turns[0].spoken == ""
        await asyncio.sleep(5)
        assert home.health == []  # nobody waited for it

    play(tmp_path, scene)


def test_who_stops_an_order_on_its_way_finds_written_down_that_nobody_knows(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.delay = 100.0
        await speaker.asks("turn on the kitchen light.")
        await asyncio.sleep(0.5)
        speaker.room.post(e.StopRequested(speaker.clock()))
        await answered(speaker, 1)
        (action,) = speaker.turns[0].actions
        assert (action.by, action.result, action.done) == ("home_assistant", "unknown", False)

    play(tmp_path, scene)


# --- when it is away ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "told", "language"),
    [
        (UnreachableError("x"), AWAY, "en"),
        (TokenError("x"), REFUSED, "zh"),
        (UntrustedError("x"), UNTRUSTED, "en"),
        (NoSuchThingError("x"), NOT_READY, "zh"),
    ],
)
def test_an_order_that_cannot_reach_it_says_so_and_is_not_claimed(
    tmp_path: Path, error: HomeAssistantError, told: Sentences, language: str
) -> None:
    words = {"en": "turn on the fan.", "zh": "打开风扇。"}[language]

    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.fails = error
        for turn in (1, 2):
            await speaker.asks(words, language=language)
            assert await answered(speaker, turn) == told[language]
            (action,) = speaker.turns[-1].actions
            assert (action.done, action.result) == (False, "not reached")
        assert home.begun == 1  # the second time it was known
        assert home.health == [False]
        assert speaker.chat.sent == []

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("words", "language"), [("turn on the kitchen light.", "en"), ("打开厨房的灯。", "zh")]
)
def test_what_became_of_an_order_whose_answer_never_came_is_not_known_and_it_says_so(
    tmp_path: Path, words: str, language: str
) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.loses_answers = True
        await speaker.asks(words, language=language)
        assert await answered(speaker, 1) == UNKNOWN[language]
        assert home.house.is_on("light.kitchen")  # it was, and nobody could know
        (action,) = speaker.turns[-1].actions
        assert (action.done, action.result) == (False, "unknown")
        home.loses_answers = False
        await speaker.asks(words, language=language)  # one that was late is asked again
        await answered(speaker, 2)
        assert speaker.turns[-1].actions[0].done
        assert home.health == [False, True]

    play(tmp_path, scene)


# --- what needs a yes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "language", "asked", "yes", "said"),
    [
        ("please unlock the front door.", "en", "Unlock the front door?", "Yes, please.", "Unlocked"),
        ("帮我打开大门。", "zh", "打开大门，确定吗？", "好的。", "已打开"),
    ],
)
def test_a_door_is_opened_after_a_yes_that_needs_no_wake_word(  # noqa: PLR0917
    tmp_path: Path, words: str, language: str, asked: str, yes: str, said: str
) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks(words, language=language)
        assert await answered(speaker, 1) == asked
        assert home.begun == 0
        await speaker.until(lambda: speaker.phase == "follow_up")
        await asyncio.sleep(1)
        await speaker.says(yes, language=language)
        assert await answered(speaker, 2) == said
        assert not home.house.is_on("lock.front_door")
        assert speaker.chat.sent == []
        (action,) = speaker.turns[1].actions
        assert (action.by, action.done) == ("home_assistant", True)

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("no", "language", "said"),
    [("No.", "en", NOT_DONE["en"]), ("不行。", "zh", NOT_DONE["zh"]), ("不要。", "zh", "")],
)
def test_a_no_ends_it(tmp_path: Path, no: str, language: str, said: str) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("unlock the front door." if language == "en" else "打开大门。", language=language)
        await answered(speaker, 1)
        await asyncio.sleep(1)
        await speaker.says(no, language=language)
        assert await answered(speaker, 2) == said
        await speaker.asks("yes.")  # too late: it answers nothing
        await answered(speaker, 3)
        assert home.house.is_on("lock.front_door")

    play(tmp_path, scene)


def test_never_mind_ends_it_in_silence(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("unlock the front door.")
        await answered(speaker, 1)
        await asyncio.sleep(1)
        await speaker.says("Never mind.")
        assert await answered(speaker, 2) == ""
        await speaker.asks("yes.")
        await answered(speaker, 3)
        assert home.house.is_on("lock.front_door")

    play(tmp_path, scene)


@pytest.mark.parametrize(
    "other", ["Is the kitchen light on?", "Turn on the kitchen light.", "What did you say?"]
)
def test_anything_else_does_not_open_it_and_is_answered(tmp_path: Path, other: str) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("unlock the front door.")
        await answered(speaker, 1)
        await asyncio.sleep(1)
        await speaker.says(other)
        assert await answered(speaker, 2)
        await asyncio.sleep(1)
        await speaker.says("Yes.")
        await answered(speaker, 3)
        assert home.house.is_on("lock.front_door")
        assert "unlock the front door" not in home.texts

    play(tmp_path, scene)


def test_a_lock_that_is_called_otherwise_is_confirmed_too(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home._guarded = ("Fort Knox",)
        await speaker.asks("turn off Fort Knox.")
        assert await answered(speaker, 1) == "Turn off Fort Knox?"
        assert home.begun == 0

    play(tmp_path, scene)


def test_a_yes_that_comes_much_later_opens_nothing(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("unlock the front door.")
        await answered(speaker, 1)
        await asyncio.sleep(60)
        await speaker.asks("yes.")
        await answered(speaker, 2)
        assert home.house.is_on("lock.front_door")

    play(tmp_path, scene)


def test_a_yes_over_the_question_counts_and_a_noise_before_it_does_no_harm(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        await speaker.asks("unlock the front door.")
        await answered(speaker, 1)
        await asyncio.sleep(0.5)
        await speaker.says("")
        await speaker.until(lambda: len(speaker.turns) == 2)
        assert speaker.turns[1].ended is Ended.NO_SPEECH
        await speaker.asks("yes.")
        assert await answered(speaker, 3) == "Unlocked"

    play(tmp_path, scene)


def test_it_is_not_asked_back_for_what_cannot_be_done(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.fails = UnreachableError("x")
        await speaker.asks("turn on the fan.")
        await answered(speaker, 1)
        await speaker.asks("unlock the front door.")
        assert await answered(speaker, 2) == AWAY["en"]

    play(tmp_path, scene)


def test_it_cannot_be_opened_as_it_after_a_question_about_it(tmp_path: Path) -> None:
    async def scene(speaker: Scripted, home: ScriptedHome) -> None:
        home.peer.scripted["is the front door locked"] = {
            "response": told_of([home.house.things[3]], "Yes"),
            "conversation_id": "01JX",
        }
        await speaker.asks("is the front door locked?")
        assert await answered(speaker, 1) == "Yes"
        await speaker.asks("turn on the kitchen light.")
        await answered(speaker, 2)
        await speaker.asks("turn off the kitchen light.")
        await answered(speaker, 3)
        ids = [body.get("conversation_id") for body in home.peer.asked]
        assert ids[:2] == [None, None]
        assert ids[2] is not None

    play(tmp_path, scene)
