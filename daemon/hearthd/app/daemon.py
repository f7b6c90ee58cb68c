"""The life of the service: signals, systemd, reload, and the speaker in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal

from hearthd.app import config_check, factory, other_rooms
from hearthd.app.app import App
from hearthd.app.bridges import MqttBridges
from hearthd.app.lost_choices import forget_lost
from hearthd.app.room_parts import real_devices
from hearthd.common.paths import state_dir
from hearthd.config import loader, personas, reload
from hearthd.config.loader import ConfigError
from hearthd.config.outgoing import outgoing
from hearthd.config.overrides import Overrides
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings
from hearthd.dialogue.events import EchoMeasured
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.service import journal
from hearthd.service.crash_marker import Life
from hearthd.service.leaving import Leaving, to_the_end
from hearthd.service.log_redaction import NOTICE
from hearthd.service.message_ids import MessageId
from hearthd.service.sd_notify import Notifier

log = logging.getLogger(__name__)


def status_of(app: App) -> str:
    """The speaker in one line: what it does, with what, and what does not work."""
    faults = ", ".join(_faults(app))
    leaves = ", ".join(str(one) for one in outgoing(app.room.settings))
    return (
        f"{app.room.state.shown}; {app.description}"
        + (f"; sends {leaves}" if leaves else "")
        + (f"; not working: {faults}" if faults else "")
    )


def _faults(app: App) -> list[str]:
    """What does not work: the box's parts, then those of other rooms that the box has, by their room."""
    box = app.room.state.faults
    return [
        *sorted(box),
        *(f"{room.name} {part}" for room in app.rooms[1:] for part in sorted(room.state.faults - box)),
    ]


class _Status:
    """Keeps systemd's STATUS true, and says READY once."""

    def __init__(self, notifier: Notifier, app: App) -> None:
        self._notifier = notifier
        self._app = app
        self._ready = False

    def state(self, state: State) -> None:
        if state.phase is Phase.STARTING:
            return
        if self._ready:
            self._notifier.status(status_of(self._app))
            return
        self._ready = True
        self._notifier.ready(status_of(self._app))
        log.log(NOTICE, "ready: %s", self._app.description, extra={"message_id": MessageId.READY})

    def wake(self, record: TurnRecord) -> None:
        pass  # the journal has it already

    def turn(self, record: TurnRecord) -> None:
        pass  # the journal has it already

    def echo(self, measured: EchoMeasured) -> None:
        pass  # the figures are for MQTT; a canceller that fails is a fault of the state


async def live(settings: Settings, config_file: str | None) -> int:
    """Run the speaker until SIGTERM or SIGINT; the exit code. Whoever called it ends the process then."""
    notifier = Notifier()
    leaving = Leaving()
    life = Life(state_dir() / "alive")
    speaker = asyncio.create_task(_speak(settings, config_file, notifier, after_crash=life.after_crash))

    def stop() -> None:
        if leaving.begin():
            notifier.stopping()
            log.log(NOTICE, "stopping", extra={"message_id": MessageId.STOPPING})
            life.end()
            speaker.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await speaker
    except ConfigError:
        life.end()  # a bad configuration is no crash
        raise
    return 0


async def _speak(
    settings: Settings, config_file: str | None, notifier: Notifier, *, after_crash: bool
) -> None:
    """The speaker put together, run until this is cancelled, and taken apart in order."""
    overrides = Overrides(state_dir() / "remembered.json")
    running_settings = RunningSettings(settings, overrides)
    forget_lost(running_settings)
    async with notifier.extending():
        app = await factory.assemble(
            running_settings.in_force,
            real_devices(settings),
            running=running_settings,
            muted=overrides.muted,
            after_crash=after_crash,
            others=True,
        )
    status = _Status(notifier, app)
    for room in app.rooms:
        room.observers.append(status)
    bridges = MqttBridges(app.rooms)
    bridges.start()
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGHUP, _Reload(app, bridges, notifier, config_file=config_file)
    )
    watchdog = asyncio.create_task(notifier.watch(lambda: app.room.hardware.thread.progress))
    try:
        await _run(app, notifier)
    finally:
        watchdog.cancel()
        await to_the_end(bridges.stop())
        for room in app.rooms:
            room.running.overrides.close()


async def _run(app: App, notifier: Notifier) -> None:
    """The speaker's life; its start may take as long as a model takes to load."""
    ready = asyncio.create_task(app.ready.wait())
    running = asyncio.create_task(app.run())
    try:
        async with notifier.extending():
            await asyncio.wait([ready, running], return_when=asyncio.FIRST_COMPLETED)
        await running
    finally:
        ready.cancel()
        running.cancel()
        await to_the_end(asyncio.wait([running]))


class _Reload:
    """SIGHUP: take over what can change live, name the rest; a bad file changes nothing."""

    def __init__(
        self, app: App, bridges: MqttBridges, notifier: Notifier, *, config_file: str | None
    ) -> None:
        self._app = app
        self._bridges = bridges
        self._notifier = notifier
        self._config_file = config_file
        self._reconnecting: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        self._notifier.reloading()
        refused = {"stage": "config", "message_id": MessageId.CONFIG_REFUSED}
        try:
            self._reload()
        except ConfigError as error:
            for problem in error.problems:
                log.error("%s; the old configuration stays", problem, extra=refused)
        except Exception:  # whatever it was: systemd waits for the end of the reload
            log.exception("the configuration could not be taken over", extra=refused)
        finally:
            self._notifier.ready(status_of(self._app))

    def _reload(self) -> None:
        configured = loader.load(self._config_file)
        for line in config_check.refuse(configured, self._config_file):
            log.warning("%s", line, extra={"stage": "config"})
        running = self._app.room.running
        forget_lost(running)
        settings = running.after_reload(configured)
        persona = personas.load(settings.persona)
        running.reload(configured)
        self._take_over(settings, persona)
        for room in self._app.rooms[1:]:
            other_rooms.reload(room, running.configured)

    def _take_over(self, settings: Settings, persona: personas.Persona) -> None:
        room = self._app.room
        live_keys, restart_keys = reload.split(room.settings, settings)
        journal.configure(settings.log.level, transcripts=settings.log.transcripts)
        if self._app.shared.home is not None:
            self._app.shared.home.adopt(settings.home_assistant)
        self._app.shared.personas = factory.known_personas()
        # Another one, or its file was changed.
        room.reconfigure(room.running.in_force, persona if persona != room.conversation.persona else None)
        if any(key.startswith("mqtt.") for key in live_keys):
            self._reconnecting = asyncio.create_task(self._bridges.reconnect())
        else:
            self._bridges.offer()
        changed = {"stage": "config", "message_id": MessageId.CONFIG_CHANGED}
        if live_keys:
            log.log(NOTICE, "changed: %s", ", ".join(live_keys), extra=changed)
        if restart_keys:
            log.warning("takes effect after a restart: %s", ", ".join(restart_keys), extra=changed)
        if not live_keys and not restart_keys:
            log.log(NOTICE, "read anew: no key has changed", extra=changed)
