"""What the person at the seat is told of by itself, from the daemon's events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from terminal.console.desk import Desk

_QUIET: Final = frozenset({"watch"})
"""Changes of `alarm` that are for auditors, who have a screen for them."""


def warn_of(desk: Desk, topic: str, what: str, facts: Mapping[str, Any]) -> None:
    """A notice, where an event deserves one."""
    if topic == "alarm" and what not in _QUIET:
        desk.notice(f"notice.alarm.{what}", "alarm")
    elif topic == "session" and what == "ended":
        desk.notice(f"notice.ended.{facts.get('reason', 'logout')}")
    elif topic == "reader" and what == "stuck":
        desk.notice("notice.stuck", "warning", reader=str(facts.get("reader", "")))
    elif topic == "card" and what == "wrong_reader":
        desk.notice("notice.wrong_reader", "warning", reader=str(facts.get("reader", "")))
    elif topic == "lockdown":
        desk.notice(f"notice.lockdown.{what}", "alarm")
