"""What the agent tells the program around it: the console's page, or the journal. Never personal data, no PIN, no name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from cardd.wire.fault import Locale
from terminal import words

What = Literal[
    "connected",
    "no_daemon",
    "no_access",
    "daemon_gone",
    "refused",
    "registered",
    "taken",
    "asking",
    "asked_no_more",
    "prompt_broken",
    "wrong_shape",
    "session_started",
    "session_ended",
    "session_locked",
    "session_unlocked",
    "lockdown_engaged",
    "lockdown_released",
    "locking",
    "locked",
    "locked_by_command",
    "session_terminated",
    "lock_failed",
    "left_alone",
    "badge_left",
    "resident_left",
]
ALARMS: Final = frozenset({"session_terminated", "lock_failed"})
WARNINGS: Final = frozenset(
    {"no_daemon", "no_access", "daemon_gone", "refused", "taken", "prompt_broken", "badge_left", "resident_left"}
)


@dataclass(frozen=True, slots=True)
class News:
    """One piece. `facts` fill its sentence: a reader, a reason, the daemon's own words; nothing of a person."""

    what: What
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def say(self, locale: Locale) -> str:
        """One sentence, or two."""
        return words.say(locale, f"news.{self.what}", **self.facts)


OnNews = Callable[[News], None]
