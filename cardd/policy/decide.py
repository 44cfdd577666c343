"""Decides a question: the first rule with an opinion decides, no opinion means no. Pure: same question, same policy, same answer."""

from cardd.model import Operation
from cardd.policy.facts import Decision, Question
from cardd.policy.rules import RULES, Policy


def decide(question: Question, policy: Policy) -> Decision:
    """Allowed or not, and the id of the rule or row that says so (`default`: nothing allows it)."""
    for rule in RULES:
        decision = rule(question, policy)
        if decision is not None:
            return decision
    return Decision(False, "default", "no_row")


def may_spend_last_try(role: str, policy: Policy) -> bool:
    """Whether this role may spend a resident's last try when the resident agrees (P3)."""
    known = policy.roles.get(role)
    return known is not None and known.may_spend_last_try


def has_right(role: str, operation: Operation, policy: Policy) -> bool:
    """Whether this role may do what needs no row (`table.RIGHTS`): loss reports, emergency stop, its release…"""
    known = policy.roles.get(role)
    return known is not None and operation in known.rights


def may_approve(role: str, operation: Operation, policy: Policy) -> bool:
    """Whether somebody of this role may be the second person for `operation`."""
    known = policy.roles.get(role)
    return known is not None and operation in known.approves
