"""The turns of a room: the live one, and those that have ended and are being written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from hearthd.audio.chime import chime
from hearthd.audio.playback.mixer import MixerNotice
from hearthd.conversation.recognition import Call
from hearthd.conversation.turn import Turn, TurnParts
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Command, Ended, Origin
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.rooms.fair_queue import Waits
from hearthd.rooms.ports import Observer
from hearthd.rooms.shared import Shared
from hearthd.rooms.waiting_sounds import WaitingSounds
from hearthd.service.log_redaction import said
from hearthd.service.message_ids import MessageId

log = logging.getLogger(__name__)


class Turns:
    """Opens the turns that the dialogue asks for, gives them their work, and closes them."""

    def __init__(
        self,
        parts: TurnParts,
        shared: Shared,
        observers: Sequence[Observer],
        chimes: Callable[[], bool],
        ended: Callable[[Ended], None],
        *,
        waits: Waits,
        clips: WaitingSounds,
    ) -> None:
        """``chimes()``: whether sounds are wanted. ``ended`` hears of a turn's end before the observers.

        ``waits``: how long the room waited for engines that others used. ``clips``: sounds to be announced.
        """
        self._waits, self._clips = waits, clips
        self._parts, self._shared, self._observers = parts, shared, observers
        self._chimes, self._ended = chimes, ended
        self.live: Turn | None = None
        """The turn in progress."""
        self._by_number: dict[int, Turn] = {}
        """The live turn and those that are being closed."""
        self._last: Turn | None = None
        """The one that ended last."""
        self._closing: asyncio.Task[None] | None = None

    def open(self, command: e.OpenTurn) -> None:
        """Begin a turn."""
        parts = self._parts
        record = parts.conversation.new_record()
        self._waits.take_ms()  # what was waited since the last turn (a summary, say) is not this one's
        if command.wake is not None:
            record.wake_word, record.wake_score = command.wake.word, round(command.wake.score, 3)
            record.wake_to_chime_ms = round((parts.clock() - command.wake.at) * 1000, 1)
            log.info(
                '"%s" %.2f',
                command.wake.word,
                command.wake.score,
                extra={"turn_id": record.turn_id, "stage": "wake"},
            )
        self._shared.store.begin(record)
        call, first_half = call_of(command), None
        if self._taken_back(command, record) and self._last is not None:
            call, first_half = self._last.call, command.goes_on_from
        turn = Turn(
            command.turn_id,
            command.origin,
            record,
            parts,
            before=self._closing,
            call=call,
            goes_on_from=first_half,
        )
        self.live = self._by_number[command.turn_id] = turn
        if command.origin not in (Origin.SAY, Origin.ANNOUNCE, Origin.ASK):
            turn.prefill()
        if command.wake is not None:
            for observer in self._observers:
                observer.wake(record)

    def _taken_back(self, command: e.OpenTurn, record: TurnRecord) -> bool:
        """Whether the turn answers the question of the last one, whose answer is thrown away."""
        if command.goes_on_from is None or self._last is None or not self._last.take_back():
            return False
        called = self._last.record
        record.wake_word, record.wake_score = called.wake_word, called.wake_score
        return True

    def work(self, command: Command) -> None:
        """Let the live turn do what ``command`` says. Without one nothing happens."""
        turn = self.live
        if turn is None:
            return
        match command:
            case e.Speculate(utterance=utterance):
                turn.speculate(utterance)
            case e.Retract():
                turn.retract()
            case e.Answer(utterance=utterance):
                turn.answer(utterance, self._parts.clock())
            case e.AnswerText(text=text):
                turn.answer_text(text)
            case e.Speak(text=text, clip=number):
                chimes = turn.origin is Origin.ANNOUNCE and self._chimes()
                after = len(chime("announce")) / self._parts.mixer.rate if chimes else 0.0
                if number:
                    turn.play(self._clips.take(number, turn.number), after)
                else:
                    turn.speak(text, after=after)

    def sounded(self, kind: MixerNotice, number: int, at: float) -> None:
        """The mixer's news of the turn ``number``; ``at`` is on the events' clock."""
        turn = self._by_number.get(number)
        if turn is None:
            return
        if kind in ("finished", "flushed") and not turn.silent.done():
            turn.silent.set_result(at)
        if kind == "first_audible":
            turn.audible(at)
            self._parts.post(e.ReplyAudible(at, number))
        elif kind == "finished":
            self._parts.post(turn.played_out(at))

    def end(self, ended: Ended, interrupted_at: float | None) -> None:
        """The live turn is over; what is left of it happens beside. ``interrupted_at``: since when it was."""
        turn, self.live = self.live, None
        if turn is not None:
            turn.record.waited_ms = self._waits.take_ms()
            self._last = turn
            self._closing = self._shared.background.keep(self._close(turn, ended, interrupted_at))

    async def closed(self, seconds: float) -> None:
        """Wait until the last turn that ended is written down, so long at most."""
        if self._closing is not None:
            await asyncio.wait([self._closing], timeout=seconds)

    async def _close(self, turn: Turn, ended: Ended, interrupted_at: float | None) -> None:
        """Everything that comes after the last sample: none of it is on the way to the next answer."""
        self._parts.mixer.duck(False)
        try:
            await turn.end(ended)
        finally:  # whatever happens, it is written down, and nobody waits for it any more
            del self._by_number[turn.number]
            self._clips.turn_over(turn.number)
            self._write_down(turn, ended, interrupted_at)

    def _write_down(self, turn: Turn, ended: Ended, interrupted_at: float | None) -> None:
        record = turn.record
        if not turn.silent.done():  # a device that has stopped tells of nothing
            turn.silent.set_result(self._parts.clock())
        elif interrupted_at is not None and record.first_audible_ms is not None:
            record.bargein_stop_ms = round((turn.silent.result() - interrupted_at) * 1000, 1)
        self._ended(ended)
        self._parts.conversation.ended(record, turn.origin, turn.usage)
        if record.first_audible_ms is not None:
            said(log, record.turn_id, record.spoken, record.first_audible_ms, record.understood_by)
        if ended is Ended.ERROR:
            fields = {"turn_id": record.turn_id, "message_id": MessageId.TURN_FAILED}
            log.error("the turn failed; see the lines before", extra=fields)
        elif ended is not Ended.COMPLETED:
            log.info("ended: %s", ended, extra={"turn_id": record.turn_id, "stage": "playback"})
        for observer in self._observers:
            observer.turn(record)


def call_of(command: e.OpenTurn) -> Call | None:
    """Where the wake word stands in what was heard; None: none was said, or a satellite heard it itself."""
    wake = command.wake
    return Call(wake.start, wake.end) if wake is not None and wake.start < wake.end else None
