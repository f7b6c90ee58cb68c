"""What is being talked about: the conversation's id, its context, its language, and who answers."""

from __future__ import annotations

import time

from hearthd.common import local_time
from hearthd.config import trained_models
from hearthd.config.personas import Persona, ollama_name
from hearthd.config.settings import Settings
from hearthd.conversation.context import Context
from hearthd.conversation.reply_language import answer_language
from hearthd.dialogue.events import Ended, Origin
from hearthd.dialogue.state import Rules
from hearthd.dialogue.turn_record import Action, TurnRecord, bounded
from hearthd.engines.messages import Acted, Usage
from hearthd.engines.protocols import Adapter, Manner
from hearthd.history.recall import recall
from hearthd.history.store import Store, new_turn_id

SLACK_SECONDS = 30.0
"""What an answer may take beside the waits that the owner set: recognition, and a stand-in to be loaded."""


class Conversation:
    """The conversation in progress. For the asyncio thread; nothing here waits for the disk to write."""

    def __init__(self, settings: Settings, persona: Persona, store: Store, room: str = "") -> None:
        """``room``: where it is held; nothing of another room's is recalled."""
        self.room = room
        self.persona = persona
        self._configured_num_ctx = settings.chat.num_ctx
        self.context = Context(
            persona.system, num_ctx=self.num_ctx, reply_tokens=settings.chat.max_reply_tokens
        )
        self._languages = settings.asr.languages
        self._store = store
        self.id = ""
        """The conversation of the latest turn."""
        self._language = ""

    @property
    def num_ctx(self) -> int:
        """Tokens that the model sees at once."""
        return self.persona.num_ctx or self._configured_num_ctx

    def new_record(self) -> TurnRecord:
        """The record of a turn that begins now; after a quiet gap it begins a conversation, too."""
        conversation = self._store.conversation_id(time.time(), self.room)
        if conversation != self.id or self._store.changed_elsewhere(self.room):
            self.id, self._language = conversation, ""
            known = recall(self._store, conversation, self.room)
            self.context.restore(known.turns, known.summary, known.unsummarised)
        return TurnRecord(new_turn_id(), conversation, started_at=time.time(), room=self.room)

    def language(self, heard: str, detected: str) -> str:
        """The language to answer ``heard`` in; remembered for the rest of the conversation."""
        if self.persona.language is not None:
            return self.persona.language
        self._language = answer_language(heard, detected, self._language, self._languages)
        return self._language

    def expected_language(self) -> str:
        """The language of the next answer, as far as can be told before the question."""
        return self.persona.language or self._language or self._languages[0]

    def become(self, persona: Persona) -> None:
        """``persona`` answers from now on, in a conversation of its own."""
        self.persona = persona
        self.context.become(persona.system, self.num_ctx)
        self.start_anew()

    def start_anew(self) -> None:
        """What was talked about so far is left behind."""
        self._store.new_conversation(self.room)

    def heard(self, record: TurnRecord) -> None:
        """A person's words are known for certain."""
        self._store.heard(record)

    def answered(self, record: TurnRecord) -> None:
        """The reply is written to its end."""
        self._store.answered(record)

    def amended(self, record: TurnRecord) -> None:
        """More is known of a turn that is over."""
        self._store.ended(record)

    def ended(self, record: TurnRecord, origin: Origin, usage: Usage | None) -> None:
        """A turn is over: remember what was really said; an automation's words are no conversation."""
        if usage is not None:
            self.context.calibrate(usage.prompt_bytes, usage.prompt_tokens)
        if origin not in (Origin.SAY, Origin.ANNOUNCE) and record.heard:
            interrupted = record.ended is not Ended.COMPLETED
            self.context.add(record.heard, record.spoken, interrupted, record.started_at)
        self._store.ended(record)


def action_of(event: Acted) -> Action:
    """What was done, as a turn's record holds it."""
    return bounded(event.name, event.arguments, event.result, event.by, event.ms, done=event.done)


def facts_now() -> str:
    """What the model should know about this moment."""
    return local_time.now().strftime("%A %Y-%m-%d %H:%M")


def manner_of(persona: Persona) -> Manner:
    """What the chat model is told of a persona: what was trained for it answers, if it is in use."""
    model, adapter = persona.model, None
    trained = trained_models.of(persona.name)
    if trained is not None and trained.applied:
        if trained.engine == "ollama":
            model = ollama_name(persona.name)
        else:
            adapter = Adapter(trained.adapter, trained.base_file)
    return Manner(
        persona.temperature,
        tuple(persona.stop),
        model,
        persona.num_ctx,
        system=persona.system.strip(),
        brief=persona.brief.strip(),
        adapter=adapter,
    )


def rules_of(settings: Settings, persona: Persona) -> Rules:
    """The dialogue's rules as the owner configured them; a persona may follow up for longer."""
    follow_up = persona.follow_up_seconds
    chat, voice = settings.chat, settings.voice
    return Rules(
        think_seconds=SLACK_SECONDS + chat.first_token_seconds,
        quiet_seconds=SLACK_SECONDS + chat.stall_seconds + voice.first_audio_seconds + voice.stall_seconds,
        barge_in=settings.barge_in.mode,
        no_speech_seconds=settings.endpoint.no_speech_seconds,
        max_speech_seconds=settings.endpoint.max_seconds,
        follow_up_seconds=settings.follow_up.seconds if follow_up is None else follow_up,
        question_seconds=settings.follow_up.question_seconds,
        ring_seconds=settings.actions.ring_minutes * 60.0,
    )
