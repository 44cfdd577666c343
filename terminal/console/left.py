"""What the person at the seat is told of by itself, from the daemon's events and from the agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from terminal.agent.news import ALARMS, News
from terminal.console.desk import Desk

_FOR_AUDITORS: Final = frozenset({"watch"})
"""Changes of `alarm` for which there is a screen."""
_TOLD_BY_AGENT: Final = frozenset({"taken", "prompt_broken", "locked_by_command", "badge_left", "resident_left"})
"""What else the agent says, the page shows by itself."""


def warn_of(desk: Desk, topic: str, what: str, facts: Mapping[str, Any]) -> None:
    """A notice, where an event deserves one."""
    if topic == "alarm" and what not in _FOR_AUDITORS:
        desk.notice(f"notice.alarm.{what}", "alarm")
    elif topic == "session" and what == "ended":
        desk.notice(f"notice.ended.{facts.get('reason', 'logout')}")
    elif topic == "reader" and what == "stuck":
        desk.notice("notice.stuck", "warning", reader=str(facts.get("reader", "")))
    elif topic == "card" and what == "wrong_reader":
        desk.notice("notice.wrong_reader", "warning", reader=str(facts.get("reader", "")))
    elif topic == "lockdown":
        desk.notice(f"notice.lockdown.{what}", "alarm")


def tell(desk: Desk, news: News) -> None:
    """What the agent has to say, where the page does not show it anyway."""
    if news.what in ALARMS or news.what in _TOLD_BY_AGENT:
        kind = "alarm" if news.what in ALARMS else "warning"
        desk.notice(f"news.{news.what}", kind, **{name: str(fact) for name, fact in news.facts.items()})
