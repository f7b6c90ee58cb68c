import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.service import journal, log_redaction
from hearthd.service.journal import JournalHandler, TerminalHandler
from hearthd.service.log_redaction import (
    MAX_KEPT,
    NOTICE,
    Repeats,
    Transcripts,
    acted,
    heard,
    message_of,
    said,
)
from hearthd.service.message_ids import MessageId
from tests.service.journald import Journald

pytestmark = pytest.mark.integration


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    listening = Journald(tmp_path / "socket")
    yield listening
    listening.socket.close()


@pytest.fixture
def log(journald: Journald) -> Iterator[logging.Logger]:
    logger = logging.getLogger("hearthd.tested")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    handler = JournalHandler(journald.path)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
    handler.close()


@pytest.fixture
def transcripts_allowed() -> Iterator[None]:
    Transcripts.allowed = True
    yield
    Transcripts.allowed = False


def test_a_turns_line_can_be_found_by_its_fields(log: logging.Logger, journald: Journald) -> None:
    extra = {"turn_id": "7f3a", "stage": "tts", "latency_ms": 312.7, "message_id": MessageId.TURN_FAILED}
    log.error("the voice server is gone", extra=extra)
    (fields,) = journald.read()
    assert fields["MESSAGE"] == "[7f3a] the voice server is gone"
    assert (fields["TURN_ID"], fields["STAGE"], fields["LATENCY_MS"]) == ("7f3a", "tts", "313")
    assert fields["MESSAGE_ID"] == MessageId.TURN_FAILED
    assert fields["PRIORITY"] == "3"
    assert fields["SYSLOG_IDENTIFIER"] == "hearthd"


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (NOTICE, 5), (logging.WARNING, 4), (logging.ERROR, 3), (50, 2)],
)
def test_each_level_has_its_priority(log, journald, level: int, priority: int) -> None:
    log.log(level, "line")
    assert journald.read()[0]["PRIORITY"] == str(priority)


def test_a_line_with_breaks_arrives_whole(log: logging.Logger, journald: Journald) -> None:
    log.info("one\ntwo=2\n\x00三")
    assert journald.read()[0]["MESSAGE"] == "one\ntwo=2\n\x00三"


def test_a_huge_line_travels_by_memory_file(log: logging.Logger, journald: Journald) -> None:
    log.info("啊" * 300_000)
    (fields,) = journald.read()
    assert fields["MESSAGE"] == "啊" * 300_000


def test_a_line_beyond_all_measure_is_cut(log: logging.Logger, journald: Journald) -> None:
    log.info("x" * (journal.MAX_VALUE + 5))
    assert len(journald.read()[0]["MESSAGE"]) == journal.MAX_VALUE


def test_half_a_character_does_not_lose_the_line(log: logging.Logger, journald: Journald) -> None:
    log.info("half \ud83d")
    assert journald.read()[0]["MESSAGE"] == "half \\ud83d"


def test_a_wrong_log_call_still_shows_its_line() -> None:
    record = logging.LogRecord("hearthd", logging.INFO, "", 0, "%d lamps", ("two",), None)
    assert message_of(record) == "%d lamps (its arguments do not fit: TypeError)"


def test_a_journal_that_does_not_read_holds_nothing_up_and_the_loss_is_counted(log, journald) -> None:
    for n in range(5000):  # with a blocking send this test would not end
        log.info("line %d", n)
    arrived = len(journald.read())
    assert 0 < arrived < 5000
    log.info("back")
    first, second = journald.read()
    assert first["MESSAGE"] == f"{5000 - arrived} lines lost: the journal was not reading"
    assert first["MESSAGE_ID"] == MessageId.RECORDS_LOST
    assert second["MESSAGE"] == "back"
    log.info("and on")
    assert len(journald.read()) == 1


def test_a_journal_that_is_gone_holds_nothing_up(tmp_path: Path) -> None:
    handler = JournalHandler(str(tmp_path / "nobody"))
    handler.handle(logging.LogRecord("hearthd", logging.INFO, "", 0, "line", None, None))
    assert handler.lost == 1
    handler.close()


def test_what_was_said_is_in_no_field_unless_it_is_allowed(log: logging.Logger, journald: Journald) -> None:
    heard(log, "7f3a", 2.3, "turn off the kitchen light", 310)
    said(log, "7f3a", "The kitchen light is off.", 780)
    fields = journald.read()
    assert [f["MESSAGE"] for f in fields] == [
        "[7f3a] heard 2.3 s: 26 characters (310 ms)",
        "[7f3a] said 25 characters (first sound after 780 ms)",
    ]
    assert "kitchen" not in json.dumps(fields)


def test_what_was_done_is_found_by_its_name_and_tells_no_words(log, journald: Journald) -> None:
    acted(log, "7f3a", "reminder_set", "{'text': 'call the clinic'}: done", 1.4, done=True)
    said(log, "7f3a", "I'll remind you: call the clinic.", 300, "command")
    did, answered = journald.read()
    assert did["MESSAGE"] == "[7f3a] reminder_set: done (33 characters, 1 ms)"
    assert (did["ACTION"], did["STAGE"], did["LATENCY_MS"]) == ("reminder_set", "action", "1")
    assert answered["UNDERSTOOD_BY"] == "command"
    assert "clinic" not in json.dumps([did, answered])


def test_what_was_said_is_logged_where_it_is_allowed(log, journald, transcripts_allowed: None) -> None:
    heard(log, "7f3a", 2.3, "关灯", 310)
    assert journald.read()[0]["MESSAGE"] == '[7f3a] heard 2.3 s: "关灯" (310 ms)'


def test_the_arguments_of_a_log_call_are_in_no_field(log: logging.Logger, journald: Journald) -> None:
    log.info("heard %.0s", "my secret")
    assert "secret" not in json.dumps(journald.read())


SAID = "turn off the kitchen light"


def fail_with_what_was_said() -> None:
    try:
        raise ConnectionError("voice server refused")
    except ConnectionError as error:
        raise ValueError(f"cannot parse {SAID}") from error


def test_a_traceback_shows_where_but_not_what_was_said(log: logging.Logger, journald: Journald) -> None:
    try:
        fail_with_what_was_said()
    except ValueError:
        log.exception("the turn failed")
    text = journald.read()[0]["EXCEPTION_TEXT"]
    assert "fail_with_what_was_said" in text
    assert SAID not in text
    assert "ConnectionError: voice server refused" in text
    assert text.endswith("ValueError")


def test_a_foreign_library_says_one_line_at_most() -> None:
    record = logging.LogRecord(
        "asyncio", 40, "", 0, "Task failed\nfuture: ValueError('my secret')", None, None
    )
    assert message_of(record) == "Task failed"


def repeats_of(lines: list[tuple[float, str]]) -> list[str]:
    """What is written of the lines that come at the times given."""
    now = [0.0]
    repeats = Repeats(lambda: now[0])
    written = []
    for at, line in lines:
        now[0] = at
        record = logging.LogRecord("hearthd", logging.WARNING, "", 0, line, None, None)
        written += [message_of(r) for r in repeats.admit(record)]
    return written + [message_of(r) for r in repeats.counts()]


def test_a_line_that_repeats_is_counted_once_a_minute() -> None:
    assert repeats_of([(n, "no broker") for n in range(121)]) == [
        "no broker",
        "no broker (59 times more in the last minute)",
        "no broker (60 times more in the last minute)",
        "no broker (once more in the last minute)",
    ]


def test_lines_that_differ_are_all_written() -> None:
    assert repeats_of([(0, "a"), (0, "b"), (1, "a")]) == ["a", "b", "a (once more in the last minute)"]


def test_the_lines_of_a_turn_are_never_held_back() -> None:
    repeats = Repeats(lambda: 0.0)
    record = logging.LogRecord("hearthd", logging.INFO, "", 0, "wake", None, None)
    record.turn_id = "7f3a"
    assert [repeats.admit(record) for _ in range(3)] == [[record]] * 3


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from("abcd")), max_size=200))
def test_no_repeat_is_lost_from_the_count(steps: list[tuple[float, str]]) -> None:
    at, lines = 0.0, []
    for step, line in steps:
        at += step
        lines.append((at, line))
    total = 0
    for line in repeats_of(lines):
        more = line.partition("(")[2].split(" ")[0]
        total += 1 if not more else 1 if more == "once" else int(more)
    assert total == len(lines)


def test_endlessly_many_different_lines_take_no_endless_memory() -> None:
    repeats = Repeats(lambda: 0.0)
    for n in range(10 * MAX_KEPT):
        repeats.admit(logging.LogRecord("hearthd", logging.INFO, "", 0, f"line {n}", None, None))
    assert len(repeats._seen) <= MAX_KEPT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "coloured"), [(io.StringIO, False), (Terminal, True)])
def test_colour_is_for_terminals_only(stream, coloured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = stream()
    handler = TerminalHandler(out)
    handler.handle(logging.LogRecord("hearthd", logging.WARNING, "", 0, "no microphone", None, None))
    assert ("\033" in out.getvalue()) is coloured
    assert "warning: no microphone" in out.getvalue()


def test_a_closed_terminal_does_not_stop_the_speaker() -> None:
    out = io.StringIO()
    handler = TerminalHandler(out)
    out.close()
    for _ in range(2):
        handler.handle(logging.LogRecord("hearthd", logging.INFO, "", 0, "line", None, None))
        handler._repeats.counts()


def test_the_journal_is_recognised_by_the_stream_systemd_gave_us(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{stderr.st_dev}:{stderr.st_ino}")
    assert journal.stderr_is_journal()
    for wrong in ("", "1:2", "nonsense"):
        monkeypatch.setenv("JOURNAL_STREAM", wrong)
        assert not journal.stderr_is_journal()


def test_libraries_that_log_what_is_said_are_heard_only_when_they_warn(capsys) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("hearthd").level)
    handler = journal.configure("debug")
    try:
        logging.getLogger("httpx").info("GET /tts?text=my+secret")
        assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
        assert logging.getLogger("hearthd.conversation.turn").isEnabledFor(logging.DEBUG)
        assert journal.configure("notice") is handler
        assert not logging.getLogger("hearthd.conversation.turn").isEnabledFor(logging.INFO)
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        logging.getLogger("hearthd").setLevel(before[2])
        logging.captureWarnings(False)


def test_every_message_has_a_number_of_its_own() -> None:
    assert len({str(m) for m in MessageId}) == len(MessageId)
    assert all(len(m) == 32 and int(m, 16) for m in MessageId)
    assert log_redaction.OWN == "hearthd"


def test_an_end_that_nobody_foresaw_names_its_place_but_not_what_was_said(journald: Journald) -> None:
    handler = JournalHandler(journald.path)
    logging.getLogger("hearthd").addHandler(handler)
    try:
        fail_with_what_was_said()
    except ValueError as error:
        journal._uncaught(ValueError, error, error.__traceback__)
    finally:
        logging.getLogger("hearthd").removeHandler(handler)
    (fields,) = journald.read()
    assert fields["MESSAGE"].startswith("ended by ValueError at test_journal.py:")
    assert SAID not in json.dumps(fields)
