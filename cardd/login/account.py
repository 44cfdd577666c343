"""The account of the machine that a badge is to open, where a login is one to the machine (PAM)."""

from dataclasses import dataclass

from cardd.errors import WrongAccount
from cardd.register import Operator


@dataclass(frozen=True, slots=True)
class Account:
    """What the caller claims. The register alone says whose account a badge opens; a claim can only be found equal or not."""

    unix_user: str
    hand_over: bool = False
    """The session is to belong to that user, and not to the caller."""

    def check(self, operator: Operator) -> None:
        """Raises `WrongAccount` (`unix_user_missing`, `unix_user_other`) unless the register gives this operator this account."""
        if operator.unix_user is None:
            raise WrongAccount(problem="unix_user_missing")
        if operator.unix_user != self.unix_user:
            raise WrongAccount(problem="unix_user_other")
