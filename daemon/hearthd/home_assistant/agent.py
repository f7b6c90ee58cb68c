"""Home Assistant's own conversation agent: what it is asked, and whether it is there.

It is always that one (``AGENT``), never the agent that the owner chose there: that may be a chat model, or
a way back to this speaker.

While it is known to be away it is not asked: ``run`` looks for it in the background, after growing waits,
and whoever wants something of it is told at once why not.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from hearthd.common.backoff import Backoff
from hearthd.common.parts import OnHealth, Part
from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.home_assistant.answer import HomeAnswer, answer_of
from hearthd.home_assistant.connection import (
    HomeAssistantError,
    HomeConnection,
    NoSuchThingError,
    TokenError,
    UnwantedError,
    token,
)
from hearthd.service.log_redaction import part_health
from hearthd.service.supervise import LONGEST_WAIT

log = logging.getLogger(__name__)

AGENT = "conversation.home_assistant"
LANGUAGES = {"zh": "zh-CN"}
"""Home Assistant's names of languages, where they are others than ours."""
LOOK_SECONDS = 10.0
"""For an answer to whether it is there: a small computer that has just started takes its time."""
FIRST_WAIT = 1.0
REFUSED_WAIT = 300.0
"""Between two attempts with a token that was refused: Home Assistant shows each to its owner as a failed
login, and bans who fails too often where that is configured. Another token is tried at once."""
TOKEN_LOOK_SECONDS = 5.0
JITTER = 0.3
MOST_ANSWER_BYTES = 262_144
"""Of an answer to a sentence: one that names 500 entities has 60 kB."""
LOOK_AGAIN_SECONDS = 1800.0
"""So often it is looked what its locks and doors are called now."""
GUARDED_DOMAINS = ("lock", "alarm_control_panel")
ENTRANCES = ("door", "garage", "gate")
"""Device classes of covers that open a house."""
MAX_NAME, MOST_GUARDED = 100, 200
MOST_CONFIG_BYTES = 1_000_000
STAGE = "home_assistant"


class HomeAssistant:
    """For the asyncio thread. ``run`` keeps it; without it, it can be asked all the same."""

    def __init__(self, settings: HomeAssistantSettings, on_health: OnHealth) -> None:
        self._on_health = on_health
        self._connection = HomeConnection(settings)
        self._away: HomeAssistantError | None = None
        self._guarded: tuple[str, ...] = ()
        self._knows_places = True
        """It takes the entity where a sentence was said; an old one refuses such a request."""
        self._backoff = Backoff(FIRST_WAIT, LONGEST_WAIT, jitter=JITTER)
        self._news = asyncio.Event()
        self._closing: set[asyncio.Future[None]] = set()

    @property
    def enabled(self) -> bool:
        """The owner has named one."""
        return self._connection.settings.enabled

    @property
    def guarded(self) -> Sequence[str]:
        """What the locks, doors, gates and alarm systems there are called, as far as is known."""
        return self._guarded

    @property
    def away(self) -> HomeAssistantError | None:
        """Why it cannot be asked at present; None if it can, as far as is known."""
        return self._away

    def adopt(self, settings: HomeAssistantSettings) -> None:
        """Other settings; or the same, and their files may be others."""
        before, self._connection = self._connection, HomeConnection(settings)
        closing = asyncio.ensure_future(before.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._knows_places = True
        self._backoff.reset()
        if not settings.enabled:
            self._is_well("")
        self._news.set()

    async def close(self) -> None:
        """Close every connection."""
        await self._connection.close()

    async def run(self) -> None:
        """Look for it at the start and whenever it is away; never returns."""
        while True:
            self._news.clear()
            if self.enabled:
                await self._look()
            if self._news.is_set():
                continue
            if self._away is None:
                await self._until_news(LOOK_AGAIN_SECONDS)
            if self._away is not None:
                self._news.clear()  # that a sentence came to nothing is no reason to look at once
                await self._wait(self._away)

    async def _look(self) -> None:
        connection = self._connection
        try:
            version = await about(connection)
            guarded = await guarded_names(connection)
        except HomeAssistantError as error:
            await connection.close()  # another token, or another certificate, is read with the next attempt
            if connection is self._connection:
                self._is_away(error)
            return
        if connection is self._connection:
            self._guarded = guarded
            self._is_well(f"{connection.where} is version {version}")

    async def _wait(self, away: HomeAssistantError) -> None:
        """Until it is worth another attempt."""
        if isinstance(away, TokenError):
            await self._until_another_token()
            return
        await self._until_news(self._backoff.wait())

    async def _until_news(self, seconds: float) -> bool:
        """Whether something has happened, within so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _until_another_token(self) -> None:
        settings = self._connection.settings
        refused = await asyncio.to_thread(_held, settings)
        waited = 0.0
        while waited < REFUSED_WAIT:
            if await self._until_news(TOKEN_LOOK_SECONDS):
                return
            waited += TOKEN_LOOK_SECONDS
            if await asyncio.to_thread(_held, settings) != refused:
                return

    async def ask(
        self, text: str, language: str, *, seconds: float, satellite: str = "", conversation: str = ""
    ) -> HomeAnswer:
        """What it says to ``text``, within ``seconds``. It may act. Raises HomeAssistantError.

        ``satellite``: the entity there whose room is meant where no room is named. ``conversation``: the id
        of the answer before.
        """
        connection = self._connection
        body = {"text": text, "language": LANGUAGES.get(language, language), "agent_id": AGENT}
        if conversation:
            body["conversation_id"] = conversation
        try:
            answer = answer_of(await self._asked(connection, body, satellite, seconds))
        except HomeAssistantError as error:
            if connection is self._connection:
                self._is_away(error)
                self._news.set()
            raise
        if connection is self._connection:
            self._backoff.reset()
            self._is_well(f"{connection.where} answers")
        return answer

    async def _asked(
        self, connection: HomeConnection, body: dict[str, str], satellite: str, seconds: float
    ) -> Any:
        """The answer of a Home Assistant of any age: an old one refuses a request that names a satellite."""
        path = "/api/conversation/process"
        if satellite and self._knows_places:
            try:
                known = {**body, "satellite_id": satellite}
                return await connection.post(path, known, seconds=seconds, most=MOST_ANSWER_BYTES)
            except UnwantedError as error:
                if "satellite_id" not in str(error):
                    raise
                self._knows_places = False
                log.warning(
                    "%s is too old to know in which room it is asked: name the room, or update it",
                    connection.where,
                    extra={"part": Part.HOME_ASSISTANT},
                )
        return await connection.post(path, body, seconds=seconds, most=MOST_ANSWER_BYTES)

    def _is_away(self, error: HomeAssistantError) -> None:
        before, self._away = self._away, error
        if str(before) != str(error):
            part_health(log, Part.HOME_ASSISTANT, False, str(error), stage=STAGE)
        if before is None:
            self._on_health(Part.HOME_ASSISTANT, False, "")

    def _is_well(self, detail: str) -> None:
        if self._away is not None:
            self._away = None
            part_health(log, Part.HOME_ASSISTANT, True, detail, stage=STAGE)
            self._on_health(Part.HOME_ASSISTANT, True, "")


async def about(connection: HomeConnection) -> str:
    """Its version. Raises HomeAssistantError if it cannot be asked in words."""
    found = await connection.get("/api/config", seconds=LOOK_SECONDS, most=MOST_CONFIG_BYTES)
    if not isinstance(found, dict) or not isinstance(components := found.get("components"), list):
        raise NoSuchThingError(f"what answers as {connection.where} is no Home Assistant")
    if "conversation" not in components:
        raise NoSuchThingError(
            f"{connection.where} is still starting, or its conversation integration is not set up"
        )
    return str(found.get("version", "?"))[:40]


async def guarded_names(connection: HomeConnection) -> tuple[str, ...]:
    """What must not be opened without a yes is called there. Raises HomeAssistantError."""
    states = await connection.get("/api/states", seconds=LOOK_SECONDS)
    names = []
    for state in states if isinstance(states, list) else ():
        if not isinstance(state, dict) or not isinstance(entity := state.get("entity_id"), str):
            continue
        about_it = state.get("attributes")
        attributes = about_it if isinstance(about_it, dict) else {}
        domain, name = entity.partition(".")[0], attributes.get("friendly_name")
        opens = domain == "cover" and attributes.get("device_class") in ENTRANCES
        if (opens or domain in GUARDED_DOMAINS) and isinstance(name, str) and name.strip():
            names.append(name[:MAX_NAME])
    return tuple(names[:MOST_GUARDED])


def _held(settings: HomeAssistantSettings) -> str:
    """What stands in the token's file, or why it cannot be read."""
    try:
        return token(settings)
    except TokenError as error:
        return str(error)
