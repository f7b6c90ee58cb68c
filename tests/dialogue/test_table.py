"""The table of phases and events that people read is what ``step`` does."""

from __future__ import annotations

import pytest

from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import Event
from hearthd.dialogue.state import Phase
from tests.dialogue.table import HAPPENS, reached, table, written

pytestmark = pytest.mark.unit


def test_the_page_says_what_step_does() -> None:
    assert written() == table(), "python -m tests.dialogue.table writes it anew"


@pytest.mark.parametrize("phase", Phase)
def test_each_phase_is_reached(phase: Phase) -> None:
    assert reached(phase).phase is phase


def test_no_event_is_left_out() -> None:
    kinds = {
        kind
        for kind in (*vars(e).values(), *vars(r).values())
        if isinstance(kind, type) and issubclass(kind, Event) and kind not in (Event, e.TurnEvent)
    }
    assert {type(event) for event in HAPPENS} == kinds
