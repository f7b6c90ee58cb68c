"""What is sent to the chat model: the system prompt, a summary, the turns that fit, and the question.

The model's cache holds only a byte-identical prefix (a 600-token prompt: 0.25 s with it, 7.5 s
without). So everything here is arranged to keep the beginning still:

- the system prompt never changes within a persona; the language wanted, the time and other facts of the
  moment stand in the last message only, before the question, and are not kept;
- turns are dropped in blocks (when the estimate exceeds ``FULL`` of the budget, down to ``KEEP``), not
  one by one, so that the prefix moves once in many turns instead of at every turn; and after a turn,
  not before the next one, so that what was prefilled is what is sent.

Only what was spoken aloud counts as said. A question whose answer nobody heard is put before the next
question, in one message: models are trained on strict alternation.

Tokens are estimated from UTF-8 bytes; every reply's token count corrects the ratio. Qwen2.5 takes 4.7
bytes a token in English and 4.5 in Chinese, SmolLM2 4.7 and 1.6: hence the cautious start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from hearthd.dialogue.turn_record import Exchange
from hearthd.engines.messages import Message

FULL = 0.85
"""Share of the budget above which old turns are dropped."""
KEEP = 0.5
"""Share of the budget that is left filled then."""
RESERVE = 64
"""Tokens kept free for what the chat template adds and for the estimate's error."""
BYTES_A_TOKEN = 3.0
"""The ratio before the first reply was counted."""
SLOWNESS = 0.7
"""How much of the old ratio a new count leaves standing."""
MESSAGE_TOKENS = 6
"""What a chat template wraps around one message."""
QUESTION_TOKENS = 100
"""Room kept for the next question when turns are dropped: a long spoken sentence."""
MAX_QUESTION = 2000
"""Characters of one question: a minute of speech is about 900."""
MAX_DROPPED = 50
"""Dropped turns that wait for a summary; older ones are only in the store."""
MAX_SUMMARY = 1200
"""Characters of the summary of dropped turns."""
SUMMARY_SHARE = 0.25
"""Share of what the system prompt leaves of the budget that the summary may take."""
SYSTEM_SHARE = 0.75
"""Share of the budget that the system prompt may take; a longer one is cut at its end."""
CUT_OFF = "…"
"""Stands where the speaker was interrupted."""

ANSWER_IN = {"en": "Answer in English.", "zh": "请用中文回答。"}
"""The reminder that stands last: a small model soon forgets the system prompt's own."""


class Context:
    """The conversation as the model shall see it.

    ``num_ctx`` is the model's context, ``reply_tokens`` what a reply may take of it.
    """

    def __init__(self, system: str, *, num_ctx: int, reply_tokens: int) -> None:
        self._reply_tokens = reply_tokens
        self._tool_bytes = 0
        self.become(system, num_ctx)

    # --- what is sent ----------------------------------------------------------------------------

    def prefix(self) -> list[Message]:
        """The part of the next ``messages`` that is known before the question: what to prefill."""
        system = self._system
        if self._summary:
            system = f"{system}\n\nEarlier in this conversation: {self._summary}".strip()
        found = [Message("system", system)] if system else []
        questions: list[str] = []
        for turn in self._turns:
            questions.append(turn.heard)
            if turn.spoken:
                found.append(Message("user", "\n".join(questions)))
                found.append(Message("assistant", turn.spoken + (CUT_OFF if turn.interrupted else "")))
                questions = []
        return found

    def messages(self, heard: str, language: str = "", facts: str = "") -> list[Message]:
        """What to send for the question ``heard``.

        ``language`` ("en", "zh") is the one to answer in, ``facts`` are of the moment (time, sensors):
        both stand in the last message, before the question. The question can push out neither the system
        prompt nor itself: turns give way first, then the question's own middle.
        """
        question = _cut_middle(heard.strip(), MAX_QUESTION)
        aside = _aside(language, facts)
        prefix, last = self.prefix(), self._last_message(question, aside)
        if self._tokens([*prefix, last]) > self._room:
            self._drop(self._room - self._tokens([last]))
            prefix, last = self.prefix(), self._last_message(question, aside)
            if self._tokens([*prefix, last]) > self._room:
                spare = self._room - self._tokens([*prefix, Message("user", aside)])
                question = _cut_middle(question, max(int(spare * self._ratio) // 4, 20))
                last = self._last_message(question, aside)
        return [*prefix, last]

    def beginning(self, language: str = "", facts: str = "") -> list[Message]:
        """What of the next ``messages`` is known before the question: what to prefill.

        The aside stands before the question for this: some 25 tokens that are read while the person
        still speaks, 0.3 s of two slow cores. A wrong guess of the language costs only what it saves.
        """
        return [*self.prefix(), self._last_message("", _aside(language, facts))]

    def _last_message(self, question: str, aside: str) -> Message:
        questions: list[str] = []
        for turn in reversed(self._turns):
            if turn.spoken:
                break
            questions.insert(0, turn.heard)
        text = "\n".join([*questions, question])
        return Message("user", f"({aside})\n\n{text}" if aside else text)

    def offer(self, tool_bytes: int) -> None:
        """So much of the next prompt is taken by the tools that are offered with it."""
        self._tool_bytes = tool_bytes

    @property
    def system(self) -> str:
        """The persona's prompt, as far as there is room for it."""
        return self._system

    # --- what is known ---------------------------------------------------------------------------

    def become(self, system: str, num_ctx: int) -> None:
        """Another system prompt, and perhaps another model, for a conversation that begins anew."""
        self._budget = max(num_ctx - self._reply_tokens - RESERVE, num_ctx // 4)
        self._ratio = BYTES_A_TOKEN
        self._system = _cut_bytes(system.strip(), int(self._budget * SYSTEM_SHARE * BYTES_A_TOKEN))
        self.system_cut = self._system != system.strip()
        """The system prompt was too long for ``num_ctx``."""
        self.restore(())

    def add(self, heard: str, spoken: str, interrupted: bool, at: float = 0.0) -> None:
        """A turn has ended: ``spoken`` is what was heard of the reply, empty if nothing was."""
        heard = _cut_middle(heard.strip(), MAX_QUESTION)
        if heard or spoken.strip():
            self._turns.append(Exchange(heard, spoken.strip(), interrupted, at))
        self._trim()

    def restore(self, turns: Iterable[Exchange], summary: str = "", dropped: Iterable[Exchange] = ()) -> None:
        """Begin again from these turns (oldest first) and the summary of what came before them.

        ``dropped`` are older turns that are in no summary yet.
        """
        self._turns: list[Exchange] = []
        self._dropped = [*dropped][-MAX_DROPPED:]
        self._summary = self._short(summary)
        for turn in turns:
            self.add(turn.heard, turn.spoken, turn.interrupted, turn.at)

    def calibrate(self, sent_bytes: int, prompt_tokens: int) -> None:
        """A prompt of ``sent_bytes`` (contents, UTF-8) was counted as ``prompt_tokens`` tokens.

        More tokens than thought are believed at once, fewer slowly: one mistake overflows the context.
        """
        if sent_bytes <= 0 or prompt_tokens <= 0:
            return
        measured = min(max(sent_bytes / prompt_tokens, 1.0), 6.0)
        self._ratio = min(measured, SLOWNESS * self._ratio + (1 - SLOWNESS) * measured)
        self._trim()

    def dropped(self) -> list[Exchange]:
        """The turns dropped since the last ``summarised``, oldest first."""
        return list(self._dropped)

    @property
    def summary(self) -> str:
        """The summary in use."""
        return self._summary

    def summarised(self, text: str, turns: int) -> None:
        """``text`` now stands for the old summary and the first ``turns`` of the dropped turns."""
        self._summary = self._short(text)
        del self._dropped[:turns]

    def forget(self, at: float) -> None:
        """The turn that began at ``at`` is known no longer; nor is a summary in which it may be."""
        if not any(turn.at == at for turn in (*self._turns, *self._dropped)):
            self._summary = ""
        self._turns = [turn for turn in self._turns if turn.at != at]
        self._dropped = [turn for turn in self._dropped if turn.at != at]

    def drop_all_but(self, turns: int) -> None:
        """Drop the older turns, for a summary, as after a long silence."""
        gone = max(len(self._turns) - turns, 0)
        self._dropped = [*self._dropped, *self._turns[:gone]][-MAX_DROPPED:]
        del self._turns[:gone]

    # --- the budget ------------------------------------------------------------------------------

    def _short(self, summary: str) -> str:
        """The summary, cut to what there is room for beside the system prompt."""
        room = self._budget - self._tokens([Message("system", self._system)])
        return _cut_bytes(summary.strip()[:MAX_SUMMARY], int(max(room, 0) * SUMMARY_SHARE * BYTES_A_TOKEN))

    def _trim(self) -> None:
        if self._tokens(self.prefix()) + QUESTION_TOKENS > FULL * self._room:
            self._drop(int(KEEP * self._room))

    @property
    def _room(self) -> int:
        """What the tools leave of the budget."""
        return max(self._budget - math.ceil(self._tool_bytes / self._ratio), self._budget // 4)

    def _drop(self, tokens: int) -> None:
        """Drop the oldest turns until the prefix takes no more than ``tokens``."""
        while self._turns and self._tokens(self.prefix()) > tokens:
            self._dropped.append(self._turns.pop(0))
        del self._dropped[:-MAX_DROPPED]

    def _tokens(self, messages: Iterable[Message]) -> int:
        """An estimate of what the messages take."""
        return sum(
            math.ceil(len(message.content.encode()) / self._ratio) + MESSAGE_TOKENS for message in messages
        )


def _aside(language: str, facts: str) -> str:
    return " ".join(text for text in (facts.strip(), ANSWER_IN.get(language, "")) if text)


def _cut_middle(text: str, characters: int) -> str:
    """At most ``characters`` of the text: its beginning and its end, where the question usually is."""
    if len(text) <= characters:
        return text
    half = max((characters - 3) // 2, 1)
    return f"{text[:half]} … {text[-half:]}"


def _cut_bytes(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
