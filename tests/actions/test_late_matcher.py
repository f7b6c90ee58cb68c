"""Spoken commands are understood however early they are asked, and the speaker listens once they can be."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime

import pytest

from hearthd.actions.late_matcher import LateMatcher
from hearthd.actions.matcher import CommandsError, Matcher
from hearthd.app.app import App
from hearthd.history.store import Store
from hearthd.rooms.shared import Shared
from tests.actions import corpus
from tests.scripted import ScriptedAsr, ScriptedChat

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 27, 9, 30)


def test_who_asks_before_it_is_made_is_answered_once_it_is() -> None:
    finish, made = threading.Event(), corpus.matcher()

    def make() -> Matcher:
        assert finish.wait(60)
        return made

    late = LateMatcher(make)
    threading.Timer(0.05, finish.set).start()
    found = late.understand("set a timer for ten minutes", NOW)
    assert found is not None
    assert (found.name, found.slots) == ("timer_set", {"seconds": 600})
    assert late.answered("seconds", "timer_set", "ten minutes", NOW) == {"seconds": 600}


async def test_sentences_that_cannot_be_used_end_the_start() -> None:
    def make() -> Matcher:
        raise CommandsError(["en.toml: no sentence"])

    late = LateMatcher(make)
    with pytest.raises(CommandsError, match="no sentence"):
        await late.ready()


async def test_the_speaker_listens_once_what_it_prepares_is_there() -> None:
    app = App(Shared(asr=ScriptedAsr(), chat=ScriptedChat(), store=Store(None)), [])
    prepared = asyncio.Event()

    async def prepare() -> None:
        await prepared.wait()

    app.getting_ready.append(prepare)
    life = asyncio.create_task(app.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not app.ready.is_set()
    prepared.set()
    async with asyncio.timeout(60):
        await app.ready.wait()
    life.cancel()
    await asyncio.wait([life])
