"""Several rooms of one speaker: they share the engines and nothing else."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hearthd.audio.chime import chime
from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.rooms.rooms import UnknownRoomError, find
from tests.scripted_rooms import OneRoom, ScriptedRooms
from tests.virtual_time import run

pytestmark = pytest.mark.unit

TOGETHER = ["here"] * 4
ANIMALS = ("zebra", "falcon", "otter", "badger")
WAKE_CHIME = len(chime("wake"))


def test_two_rooms_that_hear_one_call_give_one_answer_and_one_chime(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=TOGETHER) as house:
            box, kitchen = house.rooms[:2]
            kitchen.ears.late = 0.12
            captured = house.clock()
            await asyncio.sleep(0.03)
            house.wakes(box, captured)  # the box heard it 30 ms after the kitchen, and tells it first
            await asyncio.sleep(0.09)
            house.wakes(kitchen, captured - 0.03)
            await asyncio.sleep(0.3)
            await house.asks(kitchen, "what time is it", call=False)
            await house.until(lambda: bool(kitchen.turns))
            await asyncio.sleep(15)
            assert [turn.heard for turn in kitchen.turns] == ["what time is it"]
            assert [len(one.turns) for one in house.rooms] == [0, 1, 0, 0]
            assert [one.chimes for one in house.rooms] == [[], [WAKE_CHIME], [], []]
            assert set(box.states) == {"idle"}
            assert not box.speaker.blocks

    run(scene())


def test_in_fifty_scenes_with_wifi_delays_one_room_chimes(tmp_path: Path) -> None:
    async def scene() -> None:
        rng = random.Random(50)
        async with ScriptedRooms(tmp_path, groups=TOGETHER) as house:
            for number in range(50):
                captured = house.clock()
                delays = {one.ears.number: rng.uniform(0.0, 1.2) for one in house.rooms}
                heard = rng.sample(house.rooms, rng.randrange(2, 5))
                for one in house.rooms:
                    one.ears.late = delays[one.ears.number]
                    one.chimes.clear()

                async def tell(one: OneRoom, captured: float, delay: float) -> None:
                    await asyncio.sleep(delay)
                    house.wakes(one, captured)

                await asyncio.gather(
                    *(
                        tell(one, captured + rng.uniform(0.0, 0.2), delays[one.ears.number] + 0.2)
                        for one in heard
                    )
                )
                await asyncio.sleep(0.5)
                listening = [one for one in house.rooms if one.room.state.phase == "listening"]
                assert len(listening) == 1, f"scene {number}"
                assert sum(len(one.chimes) for one in house.rooms) == 1, f"scene {number}"
                for one in house.rooms:
                    one.room.post(e.StopRequested(house.clock()))
                await asyncio.sleep(2.0)

    run(scene())


def test_four_conversations_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path) as house:
            for round_number in range(3):
                words = [f"about the {ANIMALS[one.ears.number]} again" for one in house.rooms]
                await asyncio.gather(
                    *(house.asks(one, said) for one, said in zip(house.rooms, words, strict=True))
                )
                await house.until(_turns(house, round_number + 1))
                await asyncio.sleep(8)
                for one, said in zip(house.rooms, words, strict=True):
                    turn = one.turns[round_number]
                    assert turn.heard == said
                    assert turn.spoken == f"You asked me {said}."
                    assert turn.room == one.room.name
                    assert turn.voice == one.voice.name
                    assert all(ANIMALS[one.ears.number] in text for text in one.voice.said), "another's words"
            conversations = [{turn.conversation_id for turn in one.turns} for one in house.rooms]
            assert all(len(ids) == 1 for ids in conversations)
            assert len(set.union(*conversations)) == 4
            for manner, messages in house.chat.sent:
                number = round(manner.temperature * 10)
                assert manner.temperature == number / 10
                assert f"You are {number}." in manner.system
                told = "\n".join(message.content for message in messages)
                assert f"You are {number}." in told
                assert [name for name in ANIMALS if name in told] == [ANIMALS[number]], "another room's words"
            assert house.asr.most_at_once == 1
            waited = [turn.waited_ms for one in house.rooms for turn in one.turns]
            assert sum(wait is None for wait in waited) >= 1
            assert max(wait or 0.0 for wait in waited) > 300

    run(scene())


def _turns(house: ScriptedRooms, count: int) -> Callable[[], bool]:
    return lambda: all(len(one.turns) >= count for one in house.rooms)


async def first_sound(house: ScriptedRooms, one: OneRoom, said: str) -> float:
    count = len(one.turns)
    await house.asks(one, said)
    await house.until(lambda: len(one.turns) > count)
    await asyncio.sleep(6)
    return one.turns[-1].first_audible_ms or 1e9


@pytest.mark.parametrize("trouble", ["pulled", "hung", "flooding"])
def test_a_rooms_broken_device_is_a_fault_of_that_room_only(tmp_path: Path, trouble: str) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path) as house:
            box, broken = house.rooms[0], house.rooms[1]
            alone = await first_sound(house, box, "how are you")
            flood = None
            if trouble == "pulled":
                for part in (Part.MICROPHONE, Part.LOUDSPEAKER):
                    broken.room.health.told(part, False, "unplugged")
                broken.room.mixer.detach()
            elif trouble == "hung":
                broken.speaker.stalled = True
                await house.asks(broken, "are you there")
            else:
                flood = asyncio.create_task(_flood(house, broken))
            with_trouble = [await first_sound(house, box, f"how are you {n}") for n in range(3)]
            assert max(with_trouble) <= 1.2 * alone, (alone, with_trouble)
            assert not box.room.state.faults
            if trouble == "pulled":
                assert broken.room.state.faults == {Part.MICROPHONE, Part.LOUDSPEAKER}
            if flood is not None:
                flood.cancel()

    run(scene())


def test_a_television_that_asks_without_end_costs_the_others_one_request(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path) as house:
            box = house.rooms[0]
            alone = await first_sound(house, box, "how are you")
            shows = [asyncio.create_task(_television(house, one)) for one in house.rooms[1:2]]
            for number in range(5):
                sound = await first_sound(house, box, f"how are you {number}")
                waited = box.turns[-1].waited_ms or 0.0
                assert sound - waited <= 1.2 * alone
                assert waited <= 2 * (house.asr.delay + 1.0) * 1000
            assert sum(turn.waited_ms is not None for turn in box.turns) >= 1, "it tells that it waited"
            for show in shows:
                show.cancel()

    run(scene())


async def _television(house: ScriptedRooms, one: OneRoom) -> None:
    while True:
        await house.asks(one, "a thing", seconds=0.2)


async def _flood(house: ScriptedRooms, one: OneRoom) -> None:
    """A device that is out of its mind: wake words and barge-ins without end."""
    while True:
        house.wakes(one, house.clock())
        for _ in range(50):
            house.shared.floor.heard(one.room, e.NearEndCertain(house.clock(), one.ears.now))
            house.shared.floor.heard(one.room, e.NearEndShort(house.clock(), one.ears.now, one.ears.now + 99))
        await asyncio.sleep(0.1)


def test_a_room_that_cannot_serve_leaves_the_call_to_another(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=TOGETHER) as house:
            box, kitchen = house.rooms[:2]
            box.room.health.told(Part.LOUDSPEAKER, False, "unplugged")
            captured = house.clock()
            house.wakes(box, captured)
            house.wakes(kitchen, captured + 0.1)
            await asyncio.sleep(0.5)
            assert box.room.state.phase == "idle"
            assert kitchen.room.state.phase == "listening"

    run(scene())


def test_the_same_call_told_twice_while_it_is_waited_for_is_one(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=TOGETHER) as house:
            house.rooms[1].ears.late = 0.15
            captured = house.clock()
            for _ in range(3):
                house.wakes(house.rooms[0], captured)
            await asyncio.sleep(0.5)
            assert house.rooms[0].room.state.phase == "listening"
            house.wakes(house.rooms[1], captured)
            await asyncio.sleep(0.5)
            assert [len(one.chimes) for one in house.rooms] == [1, 0, 0, 0]

    run(scene())


def test_who_waits_for_an_answer_elsewhere_does_not_take_what_is_said_here(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=TOGETHER) as house:
            box, kitchen = house.rooms[:2]
            await house.asks(kitchen, "how are you")
            await house.until(lambda: kitchen.room.state.phase == "follow_up")
            house.wakes(box, house.clock())
            await asyncio.sleep(0.1)
            assert (box.room.state.phase, kitchen.room.state.phase) == ("listening", "idle")

    run(scene())


def test_a_timer_of_a_group_rings_in_its_rooms_and_is_stopped_in_one(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=["", "up", "up", ""]) as house:
            house.timers.set_timer(5, "eggs", room="up")
            await house.until(lambda: house.rooms[1].room.state.phase == "ringing")
            phases = [one.room.state.phase.value for one in house.rooms]
            assert phases == ["idle", "ringing", "ringing", "idle"]
            house.rooms[2].room.post(e.StopRequested(house.clock()))
            await asyncio.sleep(0.1)
            assert [one.room.state.phase.value for one in house.rooms] == ["idle"] * 4
            house.timers.set_timer(5, "tea", room="gone since")
            await house.until(lambda: house.rooms[0].room.state.phase == "ringing")

    run(scene())


def test_a_name_means_a_room_a_group_or_all(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=["", "up", "up", ""]) as house:
            rooms = [one.room for one in house.rooms]
            assert find(rooms, "kitchen") == [rooms[1]]
            assert find(rooms, "up") == rooms[1:3]
            assert find(rooms, "all") == rooms
            assert find(rooms, "") == find(rooms, "hearthd", "hearthd") == [rooms[0]]
            with pytest.raises(UnknownRoomError, match=r"kitchen, bedroom, study, up, all"):
                find(rooms, "cellar")

    run(scene())
