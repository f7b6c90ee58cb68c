"""The rooms of the configuration."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from hearthd.app import config_check
from hearthd.config import loader
from hearthd.config.loader import ConfigError
from hearthd.config.room_settings import address_of, named, settings_of
from hearthd.config.settings import RoomSettings, Settings
from hearthd.mqtt import ha_discovery
from hearthd.mqtt.broker import client_id
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.topics import Topics

pytestmark = pytest.mark.unit

KITCHEN = '[[rooms]]\nname = "kitchen"\nkind = "wyoming"\naddress = "10.0.0.5"\n'


def load(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "hearthd.toml").write_text(text)
    return loader.load(str(tmp_path / "hearthd.toml"), {})


def test_a_room_goes_by_what_its_table_names_and_else_by_the_box(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        'node = "den"\narea = "Den"\ngroup = "down"\n[follow_up]\nseconds = 7.0\n'
        + KITCHEN
        + 'area = "Kitchen"\nlanguage = "zh"\nvoice = "anna"\nvolume = 30\nwake_word = "alexa"\n',
    )
    own = settings_of(settings, settings.rooms[0])
    assert (own.node, own.area, own.group) == ("den-kitchen", "Kitchen", "down")
    assert (own.audio.volume, own.voice.name, own.asr.languages) == (30, "anna", ["zh"])
    assert [word.name for word in own.wake.words] == ["alexa"]
    assert own.follow_up.seconds == 7.0
    assert own.persona == settings.persona
    assert settings.audio.volume == 70


def test_an_esphome_room_has_its_port_its_key_and_a_wake_word_of_its_own(tmp_path: Path) -> None:
    room = '[[rooms]]\nname = "hall"\nkind = "esphome"\naddress = "10.0.0.6"\n'
    settings = load(tmp_path, room + 'wake_word = "okay_nabu"\nkey_file = "/nowhere/key"\n')
    assert address_of(settings.rooms[0]) == ("10.0.0.6", 6053)
    own = settings_of(settings, settings.rooms[0])
    assert own.wake == settings.wake, "the device listens for it, not hearthd"
    told = [one for one in config_check.problems(settings) if one.key[-1] == "key_file"]
    assert [(one.key, one.fatal) for one in told] == [(("rooms", 0, "key_file"), False)]
    with pytest.raises(ConfigError, match="key_file is for rooms of kind"):
        load(tmp_path, KITCHEN + 'key_file = "/nowhere/key"\n')
    with pytest.raises(ConfigError, match="needs an address"):
        load(tmp_path, '[[rooms]]\nname = "hall"\nkind = "esphome"\n')


def test_an_esphome_room_without_the_library_is_told_of_by_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "aioesphomeapi" else found(name)
    )
    settings = load(tmp_path, '[[rooms]]\nname = "hall"\nkind = "esphome"\naddress = "10.0.0.6"\n')
    [problem] = [one for one in config_check.problems(settings) if one.key[:1] == ("rooms",)]
    assert "pip install" in problem.text
    assert not problem.fatal


def test_the_boxs_topics_are_as_ever_and_each_room_is_a_device_of_its_own(tmp_path: Path) -> None:
    settings = load(tmp_path, KITCHEN + 'area = "Kitchen"\n')
    alone = load(tmp_path, "")
    assert ha_discovery.payload(settings, HaOptions()) == ha_discovery.payload(alone, HaOptions())
    own = settings_of(settings, settings.rooms[0])
    assert Topics.of(own).root == "hearthd/hearthd-kitchen"
    shown = ha_discovery.payload(own, HaOptions(), via=settings.node)
    assert shown["dev"]["ids"] == ["hearthd_hearthd-kitchen"]
    assert shown["dev"]["via_device"] == "hearthd_hearthd"
    assert shown["dev"]["sa"] == "Kitchen"
    ids = [one["unique_id"] for one in shown["cmps"].values() if "unique_id" in one]
    theirs = [
        one["unique_id"]
        for one in ha_discovery.payload(settings, HaOptions())["cmps"].values()
        if "unique_id" in one
    ]
    assert not set(ids) & set(theirs)
    assert client_id(own) != client_id(settings)


def test_every_client_of_one_broker_has_an_id_of_its_own(tmp_path: Path) -> None:
    settings = load(tmp_path, KITCHEN + '[mqtt]\nhost = "b"\nclient_id = "mine"\n')
    assert client_id(settings_of(settings, settings.rooms[0])) == "mine_kitchen"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (KITCHEN + KITCHEN, 'two are called "kitchen"'),
        (KITCHEN + "[wyoming]\nsatellites_port = 10700\n", "does nothing without listen"),
        (
            KITCHEN + '[wyoming]\nlisten = "::1"\nsatellites_port = 10299\n',
            "10300 is a satellite's (10299 to 10300)",
        ),
        (KITCHEN + '[wyoming]\nlisten = "::1"\nsatellites_port = 65535\n', "need the ports 65535 to 65536"),
        (KITCHEN + 'group = "kitchen"\n', "is a room and a group"),
        (KITCHEN + 'group = "all"\n', "no group may be called"),
        (KITCHEN.replace("kitchen", "all"), "no room may be called"),
        (KITCHEN.replace("kitchen", "Küche"), "rooms.name"),
        ('[[rooms]]\nname = "a"\n', "needs microphone and speaker"),
        ('[[rooms]]\nname = "a"\nkind = "wyoming"\n', "needs an address"),
        (KITCHEN + 'microphone = "x"\n', "a satellite brings its own"),
        ('[[rooms]]\nname = "a"\naddress = "x"\nmicrophone = "m"\nspeaker = "s"\n', "did you mean"),
        (KITCHEN.replace("10.0.0.5", "http://x/"), "rooms.address"),
        (KITCHEN + "volumes = 3\n", 'did you mean "volume"'),
        ('[[rooms]]\nname = "a"\nkind = "wyomming"\naddress = "x"\n', "rooms.kind"),
    ],
)
def test_a_mistake_in_a_room_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert any(said in problem and "hearthd.toml" in problem for problem in error.value.problems), error.value


def test_a_name_that_stands_for_nothing_is_found_in_its_own_table(tmp_path: Path) -> None:
    text = KITCHEN + 'persona = "nobody"\nvoice = "nobody"\n' + KITCHEN.replace("kitchen", "hall")
    settings = load(tmp_path, text + 'wake_word = "hey_jarvi"\n')
    found = config_check.problems(settings)
    lines = [problem.line(str(tmp_path / "hearthd.toml")) for problem in found]
    rooms = [line for line in lines if ": rooms." in line]
    assert any("hearthd.toml:5: rooms.persona: " in line for line in rooms), rooms
    assert any("hearthd.toml:11: rooms.wake_word: " in line and '"hey_jarvis"' in line for line in rooms)


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("10.0.0.5", "10.0.0.5", 10700),
        ("kitchen.local:10800", "kitchen.local", 10800),
        ("[fe80::1]:10700", "fe80::1", 10700),
        ("[fe80::1]", "fe80::1", 10700),
    ],
)
def test_a_satellite_is_found_by_name_or_address(written: str, host: str, port: int) -> None:
    room = RoomSettings(name="a", kind="wyoming", address=written)
    assert address_of(room) == (host, port)


def test_rooms_are_meant_by_name_group_or_all(tmp_path: Path) -> None:
    settings = load(tmp_path, KITCHEN + 'group = "down"\n' + KITCHEN.replace("kitchen", "hall"))
    assert [one.node for one in named(settings, "")] == ["hearthd"]
    assert [one.node for one in named(settings, "hall")] == ["hearthd-hall"]
    assert [one.node for one in named(settings, "down")] == ["hearthd-kitchen"]
    assert [one.node for one in named(settings, "all")] == ["hearthd", "hearthd-kitchen", "hearthd-hall"]
    with pytest.raises(ValueError, match="kitchen, hall, down, all"):
        named(settings, "cellar")
