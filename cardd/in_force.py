"""What is in force now: the office's policy, and the register of operators with what was enrolled or blocked at this machine."""

from collections.abc import Callable
from dataclasses import replace

from cardd.policy.rules import Policy
from cardd.register import Operator, Register
from cardd.state.badges import BadgeBook


class InForce:
    """Policy and register as everybody asks them. Exchanged while the daemon runs, never half."""

    def __init__(self, policy: Policy, register: Register, badges: BadgeBook) -> None:
        """`register`: as the office signed it."""
        self._policy = policy
        self._signed = register
        self._badges = badges
        self._blocked_by_list: frozenset[str] = frozenset()
        self._listeners: list[Callable[[], None]] = []
        self._register = self._merged()

    @property
    def policy(self) -> Policy:
        return self._policy

    @property
    def register(self) -> Register:
        """The signed register, and what this machine knows beyond it."""
        return self._register

    @property
    def signed_register(self) -> Register:
        """As the office signed it."""
        return self._signed

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, on the event loop, whenever something else is in force."""
        self._listeners.append(listener)

    def put_policy(self, policy: Policy) -> None:
        self._policy = policy
        self._changed()

    def put_register(self, register: Register) -> None:
        self._signed = register
        self._changed()

    def put_block_list(self, marks: frozenset[str]) -> None:
        """Fingerprints and GUIDs that the office's block list names."""
        self._blocked_by_list = marks
        self._changed()

    def badges_changed(self) -> None:
        """The badge book has something new."""
        self._changed()

    def _changed(self) -> None:
        self._register = self._merged()
        for listener in self._listeners:
            listener()

    def _merged(self) -> Register:
        """Who is enrolled here and is not in the signed register counts as well; for the others a newer signed register wins."""
        signed = {operator.id: operator for operator in self._signed.operators}
        for local in self._badges.operators():
            known = signed.get(local.operator.id)
            if known is None:
                signed[local.operator.id] = local.operator
            elif local.register_version >= self._signed.version:
                signed[local.operator.id] = _joined(known, local.operator)
        return replace(
            self._signed,
            operators=tuple(signed.values()),
            blocked=self._badges.blocked() | self._blocked_by_list,
        )


def _joined(signed: Operator, local: Operator) -> Operator:
    """The register's entry with the badge that was made here since: a renewed one beside the old, a new one instead."""
    certificates = local.certificates
    if local.guid == signed.guid:
        certificates = tuple(dict.fromkeys((*local.certificates, *signed.certificates)))
    return signed.model_copy(update={"certificates": certificates, "guid": local.guid})
