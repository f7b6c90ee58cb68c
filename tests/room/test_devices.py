"""Microphone and speaker on real (virtual) devices: unplugged, missing, killed, and exact to the sample."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from hearthd.audio.devices import alsa, catalog
from hearthd.audio.devices.supervised_stream import PROBE_SECONDS
from hearthd.common.audio import Pcm
from tests.room.room import MICROPHONE, SPEAKER, Room
from tests.room.sound import Sound, tone, until

pytestmark = [pytest.mark.integration, pytest.mark.room, pytest.mark.slow]


def pattern(count: int) -> Pcm:
    """Samples between 4000 and 12000 in an order that does not repeat: a place in it can be found again."""
    return np.random.default_rng(1).integers(4000, 12_000, count).astype(np.int16)


def place_of(needle: Pcm, hay: Pcm) -> int:
    """Where ``needle`` (of a pattern) stands in a recording; -1 if it does not."""
    starts = np.flatnonzero(hay[: len(hay) - len(needle) + 1] == needle[0])
    for start in starts:
        if np.array_equal(hay[start : start + len(needle)], needle):
            return int(start)
    return -1


def test_the_room_lists_its_devices(indoors: Room) -> None:
    listed = catalog.scan()
    assert catalog.find(listed, MICROPHONE, "input").name == MICROPHONE
    assert catalog.find(listed, SPEAKER, "output").name == SPEAKER
    assert catalog.find(listed, "", "input").default_input
    with pytest.raises(catalog.DeviceError, match="fits several"):
        catalog.find(listed, "room_", "output")
    with pytest.raises(catalog.DeviceError, match="is not there; there is"):
        catalog.find(listed, "kitchen", "output")


def test_alsa_takes_a_shape_that_a_device_has_and_no_other(indoors: Room) -> None:
    assert alsa.refusal(SPEAKER, "output", 48_000, 1) is None
    assert alsa.refusal(SPEAKER, "output", 48_000, 1000) == "Invalid argument"
    indoors.unplug_speaker()
    assert alsa.refusal(SPEAKER, "output", 48_000, 1) == "Input/output error"


async def test_what_is_said_in_the_room_is_heard_at_its_time(indoors: Room) -> None:
    async with Sound().running() as sound:
        await until(lambda: sound.works("microphone") and sound.works("speaker"), "devices open")
        at = time.monotonic()
        sound.mixer.play(1, 0, tone(0.5))
        sound.mixer.finish(1)
        await until(lambda: ("finished", 1) in [news[:2] for news in sound.told], "finished")
        audible = next(moment for kind, _, moment in sound.told if kind == "first_audible")
        await until(lambda: sound.hears_since(at), "the microphone hears the speaker")
        first = next(one for one in sound.blocks if one.at >= at and np.abs(one.pcm).max() > 300)
        heard_at = first.at + int(np.flatnonzero(np.abs(first.pcm) > 300)[0]) / 16_000
        assert heard_at == pytest.approx(audible, abs=0.04)
        assert sum(one.lost for one in sound.blocks) == 0


async def test_hold_and_resume_are_exact_in_what_the_speaker_really_plays(indoors: Room) -> None:
    clip = pattern(96_000)
    async with Sound().running() as sound:
        await until(lambda: sound.works("speaker"), "speaker open")
        with indoors.record() as recording:
            sound.mixer.play(1, 0, clip)
            sound.mixer.finish(1)
            await until(lambda: sum(sound.mixer.played_samples(1).values()) > 20_000, "some of it heard")
            sound.mixer.hold()
            await until(lambda: sound.told[-1][0] == "held", "held")
            stopped = sum(sound.mixer.played_samples(1).values())
            await asyncio.sleep(0.3)  # a hold of some length
            sound.mixer.resume()
            await until(lambda: sound.told[-1][0] == "finished", "finished")
            await until(lambda: np.count_nonzero(recording.pcm()) >= len(clip), "recorded to the end")
            played = recording.pcm()
    sounded = played[played != 0]
    assert len(sounded) == len(clip)
    faded = np.flatnonzero(sounded != clip)
    assert stopped - 240 <= faded[0]
    assert faded[-1] < stopped + 240
    assert np.flatnonzero(played)[-1] - np.flatnonzero(played)[0] > len(clip) + 0.2 * 48_000


async def test_a_flush_silences_the_speaker_within_a_tenth_of_a_second(indoors: Room) -> None:
    clip = pattern(240_000)
    async with Sound().running() as sound:
        await until(lambda: sound.works("speaker"), "speaker open")
        with indoors.record() as recording:
            sound.mixer.play(1, 0, clip)
            await until(lambda: sum(sound.mixer.played_samples(1).values()) > 20_000, "some of it heard")
            asked = time.monotonic()
            sound.mixer.flush(1)
            await until(lambda: sound.told[-1][0] == "flushed", "flushed")
            silent = sound.mixer.silent_at()
            heard = sound.mixer.played_samples(1)[0]
            await asyncio.sleep(0.3)  # nothing may come after it
            played = recording.pcm()
    assert silent is not None
    assert silent - asked < 0.2
    sounding = np.flatnonzero(played)
    whole = place_of(clip[1000:1050], played)
    assert whole >= 0
    assert sounding[-1] - (whole - 1000) == pytest.approx(heard + 480, abs=960)


async def test_heard_agrees_with_the_recording_within_a_block(indoors: Room) -> None:
    clip = pattern(96_000)
    async with Sound().running() as sound:
        await until(lambda: sound.works("speaker"), "speaker open")
        with indoors.record("room.monitor") as recording:
            sound.mixer.play(1, 0, clip[:48_000])
            sound.mixer.play(1, 1, clip[48_000:])
            await until(
                lambda: sound.mixer.played_samples(1).get(1, 0) > 9600, "some of the second chunk heard"
            )
            sound.mixer.hold()
            await until(lambda: sound.told[-1][0] == "held", "held")
            heard = sound.mixer.played_samples(1)
            await asyncio.sleep(0.3)  # let the recorder's own latency pass
            recorded = int(np.count_nonzero(recording.pcm()))
    assert heard[0] == 48_000
    assert recorded == pytest.approx(heard[0] + heard[1], abs=960)


async def test_an_unplugged_microphone_is_noticed_and_heard_again_once_it_is_back(indoors: Room) -> None:
    async with Sound().running() as sound:
        await until(lambda: sound.works("microphone") and sound.works("speaker"), "devices open")
        indoors.unplug_microphone()
        await until(lambda: not sound.works("microphone"), "the loss noticed")
        assert sound.works("speaker")
        indoors.plug_microphone()
        await until(lambda: sound.works("microphone"), "the microphone back")
        back = time.monotonic()
        indoors.say(tone(0.5))
        await until(lambda: sound.hears_since(back), "hears again")
        position = 0
        for one in sound.blocks:
            position += one.lost
            assert one.at == pytest.approx(sound.blocks[0].at + position / 16_000, abs=0.05)
            position += len(one.pcm)


async def test_an_unplugged_speaker_is_noticed_although_nothing_plays(indoors: Room) -> None:
    async with Sound().running() as sound:
        await until(lambda: sound.works("microphone") and sound.works("speaker"), "devices open")
        indoors.unplug_speaker()
        await until(lambda: not sound.works("speaker"), "the loss noticed", 3 * PROBE_SECONDS)
        assert sound.works("microphone")
        indoors.plug_speaker()
        await until(lambda: sound.works("speaker"), "the speaker back")


async def test_a_speaker_that_appears_later_is_used_then(
    indoors: Room, capfd: pytest.CaptureFixture[str]
) -> None:
    indoors.unplug_speaker()
    catalog.renew()
    async with Sound().running() as sound:
        await until(lambda: sound.failures("speaker"), "the missing speaker told of")
        assert f'"{SPEAKER}"' in sound.failures("speaker")[0]
        await until(lambda: sound.works("microphone"), "the microphone works all the same")
        await until(lambda: sound.mixer._abandoned, "given up for now", 10)
        sound.mixer.play(1, 0, tone(1.0))
        sound.mixer.finish(1)
        await until(lambda: ("finished", 1) in [news[:2] for news in sound.told], "the turn ends")
        assert sound.mixer.played_samples(1) == {}
        indoors.plug_speaker()
        await until(lambda: sound.works("speaker"), "the speaker found")
        await until(lambda: sound.works("microphone"), "the microphone taken up again")
        now = time.monotonic()
        sound.mixer.play(2, 0, tone(0.5))
        sound.mixer.finish(2)
        await until(lambda: ("finished", 2) in [news[:2] for news in sound.told], "played")
        await until(lambda: sound.hears_since(now), "heard in the room")
        assert len(sound.failures("speaker")) == 1
    assert capfd.readouterr().err == ""


async def test_portaudio_is_not_asked_for_a_speaker_that_alsa_refuses(
    indoors: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a running stream an open that fails may crash PortAudio, or never return."""
    asked: list[object] = []
    real = catalog.portaudio().RawOutputStream
    monkeypatch.setattr(
        catalog.portaudio(), "RawOutputStream", lambda **shape: asked.append(shape) or real(**shape)
    )
    indoors.unplug_speaker()
    async with Sound().running() as sound:
        await until(lambda: sound.works("microphone"), "the microphone works")
        for _ in range(100):
            with pytest.raises(catalog.DeviceError, match=f'speaker "{SPEAKER}" cannot be opened'):
                await asyncio.to_thread(sound.speaker._start)
        assert asked == []
        indoors.plug_speaker()
        await until(lambda: sound.works("speaker"), "the speaker found")
    assert asked


async def test_a_killed_sound_server_is_survived(indoors: Room) -> None:
    clip = pattern(144_000)
    async with Sound().running() as sound:
        await until(lambda: sound.works("microphone") and sound.works("speaker"), "devices open")
        sound.mixer.play(1, 0, clip)
        sound.mixer.finish(1)
        await until(lambda: sum(sound.mixer.played_samples(1).values()) > 10_000, "some of it heard")
        indoors.kill_server()
        await until(lambda: not sound.works("speaker") and not sound.works("microphone"), "the loss noticed")
        indoors.start_server()
        await until(lambda: sound.works("speaker") and sound.works("microphone"), "both back")
        await until(lambda: [n for n in sound.told if n[0] in ("finished", "flushed")], "the reply ends")
        now = time.monotonic()
        sound.mixer.play(2, 0, tone(0.5))
        await until(lambda: sound.hears_since(now), "heard in the room")


async def test_a_muted_microphone_is_closed_and_says_nothing(indoors: Room) -> None:
    async with Sound().running() as sound:
        await until(lambda: sound.works("microphone"), "microphone open")
        sound.microphone.reading = False
        await until(lambda: not sound.microphone.open, "closed")
        count = len(sound.blocks)
        indoors.say(tone(0.3)).wait()
        assert len(sound.blocks) <= count + 5
        assert not sound.failures("microphone")
        sound.microphone.reading = True
        await until(lambda: sound.microphone.open, "open again")
        now = time.monotonic()
        indoors.say(tone(0.3))
        await until(lambda: sound.hears_since(now), "hears again")
