"""The settings of a running speaker: the configuration, and over it what people have set."""

from __future__ import annotations

from hearthd.config import live_settings, reload
from hearthd.config.live_settings import BY_NAME, LIVE_SETTINGS, Value
from hearthd.config.overrides import Overrides
from hearthd.config.settings import Settings, WakeSettings


class RunningSettings:
    """What is in force follows from ``configured`` and ``overrides``, and from nothing else."""

    def __init__(self, configured: Settings, overrides: Overrides | None = None) -> None:
        """Without ``overrides`` what is set is forgotten at the end."""
        self.configured = configured
        """The configuration as far as it is in effect: what needs a restart is still the old."""
        self.overrides = overrides or Overrides(None)

    @property
    def in_force(self) -> Settings:
        """What the speaker goes by."""
        return live_settings.in_force(self.configured, self.overrides.values)

    def having(self, name: str, value: Value) -> Settings:
        """What would be in force with ``value`` for ``name``. Raises ValueError if it cannot be that."""
        row = BY_NAME.get(name)
        if row is None:
            raise ValueError(f"nothing called {name} can be set")
        checked = row.values.check(value)
        return live_settings.in_force(self.configured, {**self.overrides.values, name: checked})

    def remember(self, name: str, value: Value) -> None:
        """``value`` holds for ``name`` from now on, over a restart too. Never waits. Raises ValueError."""
        self.overrides.set(name, value)

    def voice(self, own: str) -> str:
        """What a persona speaks with: a voice chosen after it, its ``own``, or the configured one."""
        in_force = self.in_force.voice.name
        chosen_last = [name for name in self.overrides.values if name in ("persona", "voice")][-1:]
        return in_force if chosen_last == ["voice"] else own or in_force

    def keep_wake(self, in_use: WakeSettings) -> None:
        """Others were set or configured and cannot be loaded: those ``in_use`` stay in force.

        What was set goes back to what it was, for the next start; a file that names them says so itself then.
        """
        [first, *_] = in_use.words
        for name, value in (("wake_word", first.name), ("wake_threshold", first.threshold)):
            if name not in self.overrides.values:
                continue
            self.overrides.forget(name)
            if BY_NAME[name].read(self.in_force) != value:
                self.overrides.set(name, value)
        if self.in_force.wake != in_use:
            self.configured = self.configured.model_copy(update={"wake": in_use})

    def after_reload(self, configured: Settings) -> Settings:
        """What would be in force with ``configured`` as the new configuration."""
        forgotten = self._forgotten(configured)
        kept = {name: value for name, value in self.overrides.values.items() if name not in forgotten}
        return live_settings.in_force(configured, kept)

    def reload(self, configured: Settings) -> None:
        """Take ``configured`` over, as far as it takes effect without a restart."""
        for name in self._forgotten(configured):
            self.overrides.forget(name)
        self.configured = reload.taken_over(self.configured, configured)

    def _forgotten(self, configured: Settings) -> set[str]:
        """What was set, but is another in the new configuration, and that counts."""
        return {
            row.name
            for row in LIVE_SETTINGS
            if row.file_wins and row.read(configured) != row.read(self.configured)
        }
