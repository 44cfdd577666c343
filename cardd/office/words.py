"""What is wrong with a file of the office, in a sentence for whoever puts files there: at start, and in the `.why` beside a file."""

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "unreadable": "cannot be read",
        "too_large": "is too large for what it should be",
        "wrong_owner": "belongs to somebody else than root",
        "wrong_mode": "may be written by others, or is no plain file",
        "broken": "has mistakes",
        "unsigned": "is not signed: production needs files signed by two administrators; cardctl policy sign FILE",
        "one_signer": "is signed by one person only; a second administrator must sign it too: cardctl policy sign FILE",
        "same_person": "is signed twice by one person; the second signature must be another administrator's",
        "badge_blocked": "is signed with a badge that was reported lost",
        "not_administrator": "is signed by somebody who may not sign files of the office",
        "bad_signature": "does not fit its signatures: it was changed after signing, or the .p7s belongs to another file",
        "signed_in_future": "is signed at a time that has not come yet; look at the clocks of both machines",
        "unknown_issuer": "is signed with a badge of another authority than `operator_ca`",
        "issuer_not_valid": "is signed with a badge whose authority was not valid then",
        "expired": "is signed with a badge whose certificate has expired",
        "not_yet_valid": "is signed with a badge whose certificate is not valid yet",
        "weak_algorithm": "is signed with an algorithm that is too weak",
        "wrong_kind": "is signed with another key than the signature key (9C) of a badge",
        "rolled_back": "is older than the version in force; a new file needs a higher `version`",
        "same_version": "has the version that is in force, and another content; a new file needs a higher `version`",
        "version_too_high": "has a `version` that is too high: at most 9007199254740991",
        "issued_in_future": "has an `issued` that has not come yet; look at the clock",
        "role_missing": "names a role that the policy does not know",
        "gone": "is gone, though it was in force; put it back together with its .p7s",
        "altered": "is not the file that was put in force with this version; put that one back",
        "operator_ca": "cannot be checked, for `operator_ca` cannot be used; cardd --check-config says why",
        "check_failed": "could not be checked: the check of signatures ended early; the log of the machine may say why",
        "not_written": "could not be kept: the disk did not take it",
    }
)


def sentence(problem: str) -> str:
    """The words for `problem`; the word itself where there are none."""
    return WORDS.get(problem, f"is refused: {problem}")
