"""The thread of the front end goes on, whatever breaks in it."""

import queue
import threading
from collections.abc import Callable

import pytest

from hearthd.audio.devices.microphone import Block
from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import WakeHit
from hearthd.engines.vad.vad import Silero
from hearthd.frontend.frontend import FrontEnd
from hearthd.frontend.thread import FrontEndThread
from tests.utterances import silence

pytestmark = pytest.mark.unit


class FedMicrophone:
    """Hands over what it is given."""

    def __init__(self) -> None:
        self.blocks: queue.SimpleQueue[Block | Exception] = queue.SimpleQueue()

    def read(self, timeout: float) -> Block | None:
        try:
            block = self.blocks.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(block, Exception):
            raise block
        return block


class EveryBlockWakes:
    """A wake word in every block but the ones that break it."""

    strict = False

    def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
        if block.any():
            raise RuntimeError("broken")
        return [WakeHit("hey", 1.0, 0, 1)]


GOOD, BAD = silence(0.02), silence(0.02) + 1


@pytest.fixture
def running():  # type: ignore[no-untyped-def]
    microphone, told = FedMicrophone(), queue.SimpleQueue[e.Event]()
    thread = FrontEndThread(microphone, FrontEnd(EveryBlockWakes(), Silero(), Settings()), told.put)
    thread.start()
    yield microphone, thread, lambda: told.get(timeout=10)
    thread.stop()


Running = tuple[FedMicrophone, FrontEndThread, Callable[[], e.Event]]


def test_what_is_found_is_posted(running: Running) -> None:
    microphone, _, told = running
    microphone.blocks.put(Block(GOOD, 1.0))
    assert isinstance(told(), e.Wake)


@pytest.mark.parametrize("fault", [Block(BAD, 1.0), OSError("gone")])
def test_a_fault_is_told_once_and_so_is_its_end(
    running: Running, fault: Block | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    microphone, _, told = running
    for _ in range(3):
        microphone.blocks.put(fault)
    microphone.blocks.put(Block(GOOD, 2.0))
    assert isinstance(failed := told(), e.PartFailed)
    assert failed.part == "front_end"
    assert isinstance(told(), e.Wake)
    assert isinstance(told(), e.PartRecovered)
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_calls_run_in_its_thread_with_or_without_a_microphone(running: Running) -> None:
    _, thread, _ = running
    done: queue.SimpleQueue[str] = queue.SimpleQueue()
    thread.call(lambda front_end: done.put(threading.current_thread().name))
    assert done.get(timeout=10) == "front_end"


def test_a_call_that_breaks_loses_no_block(running: Running) -> None:
    microphone, thread, told = running
    thread.call(lambda front_end: 1 // 0)  # type: ignore[arg-type, return-value]
    microphone.blocks.put(Block(GOOD, 1.0))
    assert {type(told()) for _ in range(3)} == {e.PartFailed, e.Wake, e.PartRecovered}


def test_the_heartbeat_goes_on_without_a_microphone(running: Running) -> None:
    _, thread, _ = running
    beats: queue.SimpleQueue[int] = queue.SimpleQueue()
    for _ in range(2):
        thread.call(lambda front_end: beats.put(thread.progress))
        beat = beats.get(timeout=10)
        thread.call(lambda front_end: beats.put(thread.progress))
        assert beats.get(timeout=10) >= beat
    assert beat > 0
