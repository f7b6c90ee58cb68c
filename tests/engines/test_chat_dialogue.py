"""In a dialogue, the model is told what was really said, and what it has read already is not read again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests import chat_models, dialogue

pytestmark = [pytest.mark.models, pytest.mark.slow]


async def test_ten_turns_hold_only_what_was_spoken_and_the_prefix_stays() -> None:
    model = chat_models.embedded(chat_models.TINY)
    try:
        steps = await dialogue.hold(model)
    finally:
        await model.close()
    expected = [{"role": "system", "content": dialogue.SYSTEM}]
    unanswered = ""
    for number, step in enumerate(steps):
        language = "Answer in English." if dialogue.QUESTIONS[number][1] == "en" else "请用中文回答。"
        last = {"role": "user", "content": f"(It is 14:{number:02}. {language})\n\n{unanswered}{step.heard}"}
        assert step.sent == [*expected, last], f"turn {number}"
        assert step.sent[: len(step.prefix)] == [{"role": m.role, "content": m.content} for m in step.prefix]
        if step.spoken:
            mark = "…" if number in dialogue.INTERRUPTED_AFTER else ""
            expected.append({"role": "user", "content": unanswered + step.heard})
            expected.append({"role": "assistant", "content": step.spoken + mark})
            unanswered = ""
        else:
            unanswered += step.heard + "\n"
    for before, after in pairwise(steps):
        assert after.prefix[: len(before.prefix)] == before.prefix
    interrupted = steps[2]
    assert interrupted.spoken
    assert interrupted.reply.startswith(interrupted.spoken)
    assert len(interrupted.reply) > len(interrupted.spoken)
    assert steps[6].spoken == ""
