"""What the scenes share: voices that are there, and one Whisper for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from tests.scenes.stage import Recognise
from tests.utterances import available


@pytest.fixture(scope="session")
def recognise() -> Iterator[Recognise]:
    """Whisper base, waited for."""
    if not available():
        pytest.skip("the starter models are not there")
    loop = asyncio.new_event_loop()
    asr = WhisperAsr(AsrSettings())
    loop.run_until_complete(asr.start())
    yield lambda pcm, quick=False: loop.run_until_complete(asr.transcribe(pcm, quick=quick))
    loop.run_until_complete(asr.close())
    loop.close()
