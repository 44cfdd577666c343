"""What outlives a restart, opened and given the office's limits."""

from dataclasses import dataclass

from cardd.config import Limits
from cardd.ports import Publish
from cardd.state.approvals import Approvals
from cardd.state.attempts import LoginAttempts
from cardd.state.lockdown import Lockdown
from cardd.state.pin_counts import PinCounts
from cardd.state.store import NAME, StateStore

__all__ = ["NAME", "StateTables", "open_tables"]


@dataclass(frozen=True, slots=True)
class StateTables:
    """The tables of one store."""

    attempts: LoginAttempts
    pin_counts: PinCounts
    approvals: Approvals
    lockdown: Lockdown


def open_tables(store: StateStore, limits: Limits, publish: Publish) -> StateTables:
    """All tables, each with its limits."""
    return StateTables(
        LoginAttempts(
            store,
            publish,
            failures=limits.login_failures,
            window_s=float(limits.login_window_seconds),
            lock_s=float(limits.login_lock_seconds),
        ),
        PinCounts(
            store,
            per_insertion=limits.wrong_pins_per_insertion,
            per_card_and_day=limits.wrong_pins_per_card_and_day,
            per_operator_and_hour=limits.wrong_pins_per_operator_and_hour,
        ),
        Approvals(store, publish, seconds=float(limits.approval_seconds)),
        Lockdown(store, publish, seconds=float(limits.approval_seconds)),
    )
