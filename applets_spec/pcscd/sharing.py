"""Who may use a card: connections counted, exclusive holders, transaction locks. No I/O and no threads of its own.

Source: LudovicRousseau/PCSC, `src/readerfactory.c` (RFLockSharing and relatives). A handle is a positive number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from applets_spec.pcscd.numbers import Result, Sharing


@dataclass
class Handle:
    """One connection to a reader, and what happened to the card since its owner last looked."""

    number: int
    event: Result = Result.SUCCESS


@dataclass
class CardSharing:
    """The connections of one reader. `connections` is a count, or `Sharing.EXCLUSIVE`."""

    connections: int = Sharing.NONE
    handles: dict[int, Handle] = field(default_factory=dict)
    owner: int | None = None
    depth: int = 0

    def admit(self, handle: Handle, *, exclusive: bool) -> Result:
        """Add a connection."""
        if self.connections == Sharing.EXCLUSIVE or (exclusive and self.connections != Sharing.NONE):
            return Result.E_SHARING_VIOLATION
        self.handles[handle.number] = handle
        if exclusive:
            self.connections = Sharing.EXCLUSIVE
            self.lock(handle.number)
        else:
            self.connections += 1
        return Result.SUCCESS

    def dismiss(self, number: int) -> None:
        """Take a connection away. Its lock must have been given back before."""
        del self.handles[number]
        self.connections = max(0, self.connections - 1)  # exclusive (-1) becomes none as well

    def make_exclusive(self, number: int) -> Result:
        """Turn a shared connection into the only one."""
        if self.connections == Sharing.EXCLUSIVE:
            return Result.SUCCESS
        if self.connections != Sharing.LAST:
            return Result.E_SHARING_VIOLATION
        self.connections = Sharing.EXCLUSIVE
        return self.lock(number)

    def make_shared(self, number: int) -> None:
        """Give up being the only one."""
        if self.connections == Sharing.EXCLUSIVE:
            self.connections = Sharing.LAST
            self.unlock(number)

    def check(self, number: int) -> Result:
        """Whether this handle may touch the card now."""
        return Result.SUCCESS if self.owner in (None, number) else Result.E_SHARING_VIOLATION

    def lock(self, number: int) -> Result:
        """Begin a transaction; they nest."""
        result = self.check(number)
        if result is Result.SUCCESS:
            self.owner, self.depth = number, self.depth + 1
        return result

    def unlock(self, number: int) -> Result:
        """End one transaction. An exclusive connection keeps its own lock."""
        result = self.check(number)
        if result is not Result.SUCCESS:
            return result
        kept = 1 if self.connections == Sharing.EXCLUSIVE else 0
        if self.depth <= kept:
            return Result.E_NOT_TRANSACTED
        self.depth -= 1
        if self.depth == 0:
            self.owner = None
        return Result.SUCCESS

    def unlock_all(self, number: int) -> Result:
        """Give back every lock of this handle."""
        result = self.check(number)
        if result is Result.SUCCESS:
            self.force_unlock()
        return result

    def force_unlock(self) -> None:
        """The card is gone, and every lock with it."""
        self.owner, self.depth = None, 0

    def flag_all(self, event: Result) -> None:
        """Let each handle know of a reset or a removal at its next call."""
        for handle in self.handles.values():
            handle.event = event
        if event is Result.W_REMOVED_CARD:
            self.force_unlock()
