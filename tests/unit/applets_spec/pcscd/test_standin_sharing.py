"""Exclusive holders and transaction locks, as rules without a daemon."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from applets_spec.pcscd.numbers import Result, Sharing
from applets_spec.pcscd.sharing import CardSharing, Handle

NUMBERS = st.integers(1, 4)


class SharingMachine(RuleBasedStateMachine):
    """Any order of calls: never two owners, never a lock without its holder, never a wrong count."""

    def __init__(self) -> None:
        super().__init__()
        self.sharing = CardSharing()

    @rule(number=NUMBERS, exclusive=st.booleans())
    def admit(self, number: int, exclusive: bool) -> None:
        if number in self.sharing.handles:
            return
        others = bool(self.sharing.handles)
        was_exclusive = self.sharing.connections == Sharing.EXCLUSIVE
        held = self.sharing.owner
        if exclusive and held is not None:
            return  # the daemon waits for the lock before it admits
        result = self.sharing.admit(Handle(number), exclusive=exclusive)
        refused = was_exclusive or (exclusive and others)
        assert result is (Result.E_SHARING_VIOLATION if refused else Result.SUCCESS)

    @rule(number=NUMBERS)
    def lock(self, number: int) -> None:
        if number in self.sharing.handles:
            owner = self.sharing.owner
            result = self.sharing.lock(number)
            assert (result is Result.SUCCESS) == (owner in (None, number))

    @rule(number=NUMBERS)
    def unlock(self, number: int) -> None:
        if number in self.sharing.handles:
            self.sharing.unlock(number)

    @rule(number=NUMBERS)
    def leave(self, number: int) -> None:
        if number in self.sharing.handles:
            self.sharing.unlock_all(number)
            self.sharing.dismiss(number)

    @rule()
    def card_pulled(self) -> None:
        self.sharing.flag_all(Result.W_REMOVED_CARD)
        assert all(handle.event is Result.W_REMOVED_CARD for handle in self.sharing.handles.values())
        assert self.sharing.owner is None

    @invariant()
    def count_fits(self) -> None:
        if self.sharing.connections == Sharing.EXCLUSIVE:
            assert len(self.sharing.handles) == 1
        else:
            assert self.sharing.connections == len(self.sharing.handles)

    @invariant()
    def a_lock_has_its_holder(self) -> None:
        assert (self.sharing.owner is None) == (self.sharing.depth == 0)
        assert self.sharing.owner is None or self.sharing.owner in self.sharing.handles


TestSharing = SharingMachine.TestCase
