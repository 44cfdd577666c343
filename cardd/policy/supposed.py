"""What is supposed where somebody asks whether a thing may be done and does not say everything."""

from cardd.model import CardKind, Operation
from cardd.policy.table import BADGE_CARE, BADGE_PROOFS, RIGHTS

SOME_CASE = "?"
"""There will be a reception number when it is done: the question is whether it may be."""
_WITH_BADGE = BADGE_CARE | BADGE_PROOFS | {Operation.GRANT}


def usual_card(operation: Operation) -> CardKind:
    """The kind of card that an operation is usually done with."""
    if operation in RIGHTS - BADGE_PROOFS:
        return CardKind.UNKNOWN
    return CardKind.BADGE if operation in _WITH_BADGE else CardKind.MY_NUMBER
