"""The events that deserve an explanation: each has a text in ``systemd/hearthd.catalog``.

``journalctl -x`` prints that text under the line, so that whoever reads the journal learns what
happened and what to do. The numbers are random, made once, and never change.
"""

from __future__ import annotations

from enum import StrEnum


class MessageId(StrEnum):
    """Values of the journal field MESSAGE_ID."""

    READY = "22c6cf95c113457c9064795e401914f1"
    """The speaker listens."""

    STOPPING = "352816b3adde44f3a6eb5c0923d51161"
    """The speaker shuts down in good order."""

    PART_FAILED = "94c19cce94d343f6ba4994fc828b1ec9"
    """A part broke and is tried again."""

    PART_RECOVERED = "f6b844f6680941d281f48333e528505c"
    """A part works: it was found, or a broken one has come back."""

    TURN_FAILED = "1e37de8295c2471e8eb46e5049c4a037"
    """A turn ended in an error."""

    CONFIG_CHANGED = "c246d0d38c0d4d568f2e6dedece4ba50"
    """A new configuration is in force."""

    CONFIG_REFUSED = "d2db576ceebe4ab9827285cf70308efe"
    """A new configuration has mistakes; the old one stays."""

    RECORDS_LOST = "9d347998211e4153a0c9367d0b8d260c"
    """The journal did not read for a while; some lines are gone."""

    SILENT_MICROPHONE = "81fec1d812314a9a88286f7243136427"
    """The microphone delivers nothing but zeros."""
