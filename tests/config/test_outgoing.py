"""What leaves the machine is said."""

from __future__ import annotations

from typing import Any

import pytest

from hearthd.config.outgoing import outgoing, token_in_clear
from hearthd.config.settings import Settings

pytestmark = pytest.mark.unit


def said(**sections: Any) -> list[str]:
    return [str(one) for one in outgoing(Settings.model_validate(sections))]


def test_a_speaker_as_it_comes_sends_nothing_anywhere() -> None:
    assert said() == []
    assert said(chat={"url": "http://localhost:1"}, asr={"engine": "wyoming"}) == []
    assert said(chat={"url": "https://[::1]:1"}, mqtt={"host": "broker"}) == []


def test_each_server_elsewhere_is_said_with_what_goes_there_and_whether_it_can_be_read() -> None:
    hosts = [
        {"url": "https://gpu/v1"},
        {"url": "http://u:secret@10.0.0.2:8000"},
        {"url": "http://127.0.0.2:1"},
    ]
    assert said(
        chat={"engine": "openai", "hosts": hosts},
        asr={"engine": "wyoming", "url": "tcp://cellar:10300"},
        voice={"name": "mario", "url": "http://cellar:9880"},
        home_assistant={"url": "https://home"},
        tools={
            "mcp": [
                {"name": "weather", "allow": ["*"], "url": "http://weather/mcp"},
                {"name": "mine", "allow": ["*"], "command": ["/bin/mine"]},
            ]
        },
        mqtt={"host": "broker", "publish_transcripts": True},
    ) == [
        "the sound of what is said to cellar:10300 in clear text",
        "what is said and answered to gpu",
        "what is said and answered to 10.0.0.2:8000 in clear text",
        "what is answered to cellar:9880 in clear text",
        "what is asked to home",
        "what the model asks of the tools of weather to weather in clear text",
        "what is said and answered to broker:1883 in clear text",
    ]


def test_a_token_that_can_be_read_on_the_way_is_said() -> None:
    hosts = [{"url": "http://gpu:1", "token_file": "t"}, {"url": "https://gpu:2", "token_file": "t"}]
    settings = Settings.model_validate({"chat": {"hosts": hosts, "engine": "openai"}})
    assert token_in_clear(settings) == ["gpu:1"]
