"""The device payload before Home Assistant's own code, where that is installed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hearthd.mqtt import ha_discovery
from tests.mqtt.test_ha_discovery import BARE, WHOLE
from tests.peers import home_assistant

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def spoiled(change: str) -> dict[str, Any]:
    """The whole payload with one mistake that costs the device, or one entity."""
    payload = copy.deepcopy(WHOLE)
    match change:
        case "no origin":
            del payload["o"]
        case "no unique id":
            del payload["cmps"]["volume"]["unique_id"]
        case "unknown platform":
            payload["cmps"]["volume"]["p"] = "media_player"
        case "options without enum":
            del payload["cmps"]["state"]["device_class"]
    return payload


def test_home_assistant_accepts_the_device_whole_bare_and_while_it_shrinks() -> None:
    retiring = ha_discovery.retiring(BARE)
    assert retiring is not None
    assert home_assistant.judge([WHOLE, BARE, retiring]) == [[], [], []]


def test_the_judge_sees_mistakes() -> None:
    changes = ("no origin", "no unique id", "unknown platform", "options without enum")
    verdicts = home_assistant.judge([spoiled(change) for change in changes])
    assert all(verdicts), dict(zip(changes, verdicts, strict=True))
