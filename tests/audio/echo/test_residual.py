"""What the canceller leaves of the speaker, and what is louder than that."""

from __future__ import annotations

import pytest

from hearthd.audio.echo.residual import ENOUGH, LARGEST, STRANGE_DB, Residue
from hearthd.turn_taking.barge_in import ABOVE_DB

pytestmark = pytest.mark.unit

FAR, NEAR, LEFT, STRICT = -20.0, -28.0, -45.0, -66.0


def learned() -> Residue:
    """A speaker that has sounded alone for 6.4 s."""
    residue = Residue()
    for _ in range(200):
        residue.process(FAR, NEAR, LEFT, STRICT)
    return residue


def test_nothing_is_known_at_first() -> None:
    residue = Residue()
    assert {residue.process(FAR, NEAR, LEFT, STRICT) for _ in range(ENOUGH)} == {-99.0}


def test_a_person_is_above_the_residue_and_the_residue_is_not() -> None:
    residue = learned()
    assert residue.process(FAR, NEAR, LEFT, STRICT) <= 0
    assert residue.process(FAR, -26.0, -33.0, -40.0) > ABOVE_DB


def test_the_residue_may_be_as_loud_as_it_has_ever_been() -> None:
    residue = learned()
    for _ in range(LARGEST):
        residue.process(FAR, NEAR, LEFT + 9, STRICT)
    assert residue.process(FAR, NEAR, LEFT + 9, STRICT) < ABOVE_DB


def test_the_tail_of_the_reply_is_not_above_it() -> None:
    residue = learned()
    for behind in range(10):
        assert residue.process(-120.0, NEAR - 4 * behind, LEFT - 2 * behind, STRICT) < ABOVE_DB


def test_the_noise_of_the_room_is_not_above_it_when_the_reply_is_silent() -> None:
    residue = Residue()
    for number in range(400):
        far = FAR if number % 40 < 30 else -120.0
        assert residue.process(far, NEAR if far == FAR else LEFT, LEFT, STRICT) < ABOVE_DB


def test_what_came_to_nothing_was_the_residue_grown() -> None:
    residue = learned()
    loud = LEFT + STRANGE_DB + 5
    for _ in range(8):
        assert residue.process(FAR, NEAR, loud, STRICT) > ABOVE_DB
    residue.came_to_nothing()
    assert residue.process(FAR, NEAR, loud, STRICT) < ABOVE_DB


def test_a_person_is_not_learned_from() -> None:
    residue = learned()
    loud = LEFT + STRANGE_DB + 5
    for _ in range(40):
        residue.process(FAR, NEAR, loud, STRICT)
    residue.was_somebody()
    assert residue.process(FAR, NEAR, loud, STRICT) > ABOVE_DB
