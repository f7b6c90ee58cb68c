"""The manual of the spoken commands, made from the sentence files: ``docs/commands.md``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hearthd.actions.matcher import sentences
from hearthd.actions.slots import SLOTS
from hearthd.actions.table import FAMILIES

_BEGIN = """\
# Spoken commands

What the speaker understands and does by itself, without a model, in about a millisecond. Say it as you like:
these are examples, and politeness, "um" and another order of the words do not matter. What is not certainly
a command goes to the model. Try a sentence with

```sh
hearthd commands try "set a pasta timer for ten minutes"
```

What a command leaves open is asked back ("For how long?"), and so is which of two timers it means; the
answer needs no wake word. Two commands in one breath are two.

What reads as an order and is no command goes to Home Assistant, and to the model where that has tools. If
nobody has done it, the speaker says that it was not done and what would mend it; no model's word is taken
for a deed. What it did stands in the turn: `hearthd history show`.

This page is made from `config/commands/` by `hearthd commands list --markdown`.

"""
_OWN = """\
## Sentences of your own

Put a file `commands/en.toml` (or `zh.toml`) beside your `hearthd.toml`, with only what you add; it takes
effect after a restart, and `hearthd commands try` tells at once.

```toml
[commands]
timer_set = ["(brew|steep) my tea for {seconds}"]

[examples]
timer_set = ["Brew my tea for four minutes."]
```

`[words]` may be missing, `(this|that)` is one of several, `<part>` stands for what `[parts]` says, `{slot}`
is filled in by what is said, and `{slot=value}` by itself. `any_order` has what makes a command in whatever
order it is said, `answers` what may answer a question that was asked back. `hearthd check` names every
mistake. The slots are:
"""


def manual(where: Iterable[Path] | None = None) -> str:
    """The page, in Markdown."""
    where = list(where) if where is not None else None
    said = [sentences(language, where).examples for language in ("en", "zh")]
    pages = [_BEGIN]
    for title, rows in FAMILIES.items():
        pages.append(f"## {title}\n\n| command | English | Chinese |\n|---|---|---|\n")
        for row in rows:
            cells = ("<br>".join(examples.get(row.name, ())) for examples in said)
            pages.append(f"| `{row.name}` | {' | '.join(cells)} |\n")
        pages.append("\n")
    pages.append(_OWN)
    pages.append("\n| slot | is |\n|---|---|\n")
    pages += [f"| `{{{slot}}}` | {what} |\n" for slot, what in SLOTS.items()]
    return "".join(pages)
