"""Whether two entries of the register are one person, wherever two people are needed (S9, fault 96)."""

from collections.abc import Set as AbstractSet

from cardd.register import Operator


def marks_of(operator: Operator) -> frozenset[str]:
    """Fingerprints of the certificates and the GUID of an operator's badge."""
    return frozenset(operator.certificates) | ({operator.guid} if operator.guid else frozenset())


def one_person(operator: Operator, other_id: str, other_person: str, other_marks: AbstractSet[str]) -> bool:
    """By id, by person, or by a badge that both name. An id that stands as somebody's person is that person, too."""
    return bool({operator.id, operator.who} & {other_id, other_person}) or bool(marks_of(operator) & other_marks)
