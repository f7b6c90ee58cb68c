"""The real Home Assistant, asked in both languages: what the peer answers, it answers.

On Python 3.13.0 the newest that installs is 2025.4, which knows no satellites; what a newer one does with
them only the peer shows.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthd.config.settings import HomeAssistantSettings
from hearthd.home_assistant.agent import HomeAssistant, about, guarded_names
from hearthd.home_assistant.answer import AnswerKind, HomeAnswer
from hearthd.home_assistant.connection import HomeConnection, TokenError, UnreachableError
from hearthd.home_assistant.sentences import for_it
from tests.home_assistant.conftest import Told
from tests.peers.home_assistant import RealHouse

pytestmark = [pytest.mark.integration, pytest.mark.slow]
SPEAKER = "sensor.hearthd_kitchen_state"


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RealHouse]]:
    """One that is called in English, one in Chinese."""
    started: dict[str, RealHouse] = {}
    try:
        for language, name in (("en", "en"), ("zh", "zh-Hans")):
            started[language] = RealHouse(tmp_path_factory.mktemp("house") / language, free_port(), name)
        yield started
    finally:
        for house in started.values():
            house.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(house: RealHouse, folder: Path, token: str = "") -> HomeAssistantSettings:
    file = folder / "token"
    file.write_text(token or house.token)
    file.chmod(0o600)
    return HomeAssistantSettings(url=house.url, token_file=str(file))


@pytest.mark.parametrize(
    ("language", "text", "kind", "entity", "state"),
    [
        ("en", "Please turn on the ceiling lamp.", AnswerKind.DONE, "light.lamp0", "on"),
        ("en", "Is the ceiling lamp on?", AnswerKind.ANSWERED, "light.lamp0", "on"),
        ("en", "Turn on the light in the bedroom.", AnswerKind.DONE, "light.lamp1", "on"),
        ("en", "Unlock the front door.", AnswerKind.DONE, "lock.door", "unlocked"),
        ("en", "Turn on the dragon.", AnswerKind.NO_TARGETS, "light.lamp0", "on"),
        ("en", "Who wrote Hamlet?", AnswerKind.NO_INTENT, "light.lamp0", "on"),
        ("zh", "请帮我打开吊灯。", AnswerKind.DONE, "light.lamp0", "on"),
        ("zh", "打开卧室的灯。", AnswerKind.DONE, "light.lamp1", "on"),
        ("zh", "请把夜灯关掉。", AnswerKind.DONE, "light.lamp1", "off"),
        ("zh", "谁写了红楼梦？", AnswerKind.NO_INTENT, "light.lamp0", "on"),
    ],
)
async def test_it_does_what_it_is_asked_and_says_what_came_of_it(  # noqa: PLR0917
    houses: dict[str, RealHouse],
    told: Told,
    tmp_path: Path,
    language: str,
    text: str,
    kind: AnswerKind,
    entity: str,
    state: str,
) -> None:
    house = houses[language]
    ours = HomeAssistant(settings(house, tmp_path), told)
    answer: HomeAnswer = await ours.ask(for_it(text, language), language, seconds=30.0, satellite=SPEAKER)
    await ours.close()
    assert answer.kind is kind
    assert answer.speech
    assert answer.done == (kind in (AnswerKind.DONE, AnswerKind.ANSWERED))
    assert await asyncio.to_thread(house.state, entity) == state


async def test_a_token_that_is_wrong_is_refused_and_its_version_told_with_the_right_one(
    houses: dict[str, RealHouse], told: Told, tmp_path: Path
) -> None:
    house = houses["en"]
    connection = HomeConnection(settings(house, tmp_path))
    assert (await about(connection))[:3] == "202"
    assert await guarded_names(connection) == ("Front door",)
    await connection.close()
    wrong = HomeAssistant(settings(house, tmp_path, token="not-a-token-of-this-house"), told)
    with pytest.raises(TokenError):
        await wrong.ask("turn on the ceiling lamp", "en", seconds=5.0)
    await wrong.close()
    assert told.changes == [False]


async def test_one_that_is_killed_and_comes_back_is_found_again(told: Told, tmp_path: Path) -> None:
    port = free_port()
    house = await asyncio.to_thread(RealHouse, tmp_path / "first", port, "en")
    ours = HomeAssistant(settings(house, tmp_path), told)
    life = asyncio.create_task(ours.run())
    try:
        assert (await ours.ask("turn on the ceiling lamp", "en", seconds=30.0)).done
        await asyncio.to_thread(house.close)
        with pytest.raises(UnreachableError):
            await ours.ask("turn off the ceiling lamp", "en", seconds=5.0)
        house = await asyncio.to_thread(RealHouse, tmp_path / "second", port, "en")
        (tmp_path / "token").write_text(house.token)  # another installation, another token
        async with asyncio.timeout(90):
            while told.changes != [False, True]:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        assert (await ours.ask("turn on the ceiling lamp", "en", seconds=30.0)).done
    finally:
        life.cancel()
        await ours.close()
        await asyncio.to_thread(house.close)
