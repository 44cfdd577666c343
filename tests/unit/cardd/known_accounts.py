"""The accounts of a machine, for tests of logins without one."""

from cardd.errors import WrongAccount
from cardd.ports import Caller


class KnownAccounts:
    """Implements `cardd.ports.Accounts` over a list."""

    def __init__(self, **uids: int) -> None:
        self.uids = uids
        self.asked: list[tuple[int, str]] = []

    async def owner(self, caller: Caller, unix_user: str) -> int:
        """The uid, as the list has it."""
        self.asked.append((caller.peer.uid, unix_user))
        if unix_user not in self.uids:
            raise WrongAccount(problem="account_unknown")
        return self.uids[unix_user]
