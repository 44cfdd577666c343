"""What the person at the seat is told of by itself, from the daemon's events and from the agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cardd.cli.texts import Speech
from terminal.agent.news import ALARMS, News
from terminal.console.desk import Desk
from terminal.console.say import Say

_TOLD_BY_AGENT: Final = frozenset({"taken", "prompt_broken", "locked_by_command", "badge_left", "resident_left"})
"""What else the agent says, the page shows by itself."""


def warn_of(desk: Desk, topic: str, what: str, facts: Mapping[str, Any]) -> None:
    """A notice, where an event deserves one."""
    if topic == "alarm":
        _of_alarm(desk, what, facts)
    elif topic == "approval":
        _of_approval(desk, what, facts)
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


def _of_alarm(desk: Desk, what: str, facts: Mapping[str, Any]) -> None:
    """What rules over the record found is for those who may look into it; everything else is for everybody."""
    if what == "lockdown_engaged":
        return  # told by its own topic
    if what != "watch":
        key = f"notice.alarm.{what}"
        known = Say(desk.locale).has(key)  # a later daemon may have others
        desk.notice(key if known else "notice.alarm.other", "alarm", reader=str(facts.get("reader", "")))
    elif desk.at_work and "audit" in desk.rights:
        desk.notice("notice.alarm.watch", "alarm", name=Speech(desk.locale)(f"watch.{facts.get('watch')}"))


def _of_approval(desk: Desk, what: str, facts: Mapping[str, Any]) -> None:
    """To whoever asked, what became of it; to whoever may agree, that it was asked. Nobody else needs to know."""
    mine = facts.get("requester") == desk.operator.get("id")
    told = {"given", "refused"} if mine else {"asked"}
    role = desk.operator.get("role")
    may = any(row["code"] == role and facts.get("operation") in row["approves"] for row in desk.policy.get("roles", ()))
    if desk.at_work and what in told and (mine or may):
        operation = Speech(desk.locale)(f"operation.{facts.get('operation')}")
        desk.notice(f"notice.approval.{what}", operation=operation, requester=str(facts.get("requester", "")))
