"""An engine that fails in any way is a broken part, tried again; never the end of the speaker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.config.personas import Persona
from hearthd.rooms.engine_manager import EngineManager
from tests.scripted import Scripted, ScriptedChat
from tests.virtual_time import run

pytestmark = pytest.mark.unit


class Engine:
    """Fails at its start, a few times."""

    name = "thing"

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)

    async def start(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    "error", [EngineError("no model"), TypeError("wrong tokenizer"), KeyError("x"), OSError(5)]
)
def test_an_engine_that_raises_anything_at_its_start_is_tried_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def live() -> None:
        told: list[tuple[Part, bool]] = []
        tasks: set[asyncio.Task[None]] = set()

        def keep(work: Awaitable[None]) -> asyncio.Task[None]:
            task = asyncio.ensure_future(work)
            tasks.add(task)  # type: ignore[arg-type]
            return task  # type: ignore[return-value]

        engines: Any = {Part.ASR: Engine(error, error), Part.CHAT: Engine()}
        manager = EngineManager(
            engines, on_health=lambda part, works, _: told.append((part, works)), keep=keep
        )
        await manager.start()
        assert set(told) == {(Part.ASR, False)}
        await asyncio.wait(tasks, timeout=60)
        assert told[-1] == (Part.ASR, True)

    run(live())
    assert "asr" in caplog.text


@pytest.mark.parametrize("error", [EngineError("the server went away"), TypeError("a fault of ours")])
def test_a_prompt_that_cannot_be_read_at_the_start_does_not_end_the_speaker(
    error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def live() -> None:
        chat = ScriptedChat()
        chat.prefill_fails = error
        async with Scripted(tmp_path, chat=chat) as speaker:
            await asyncio.sleep(1.0)
            assert chat.prefills == 1
            speaker.room.use_persona(Persona(name="mario", system="You are Mario."))
            await asyncio.sleep(1.0)
            assert chat.prefills == 2
            chat.prefill_fails = None
            await speaker.asks("how are you")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == chat.text

    run(live())
    assert caplog.text.count("the persona's prompt was not read") == 2
