"""What a kind of certificate must look like, as one row of facts."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of certificate that are told apart."""

    OPERATOR_BADGE = "operator_badge"
    OPERATOR_SIGNATURE = "operator_signature"
    JPKI_SIGNATURE = "jpki_signature"
    JPKI_AUTHENTICATION = "jpki_authentication"
    JPKI_SIGNATURE_AUTHORITY = "jpki_signature_authority"
    JPKI_AUTHENTICATION_AUTHORITY = "jpki_authentication_authority"
    OCSP_RESPONDER = "ocsp_responder"
    TIME_STAMP_AUTHORITY = "time_stamp_authority"


@dataclass(frozen=True, slots=True)
class Profile:
    """Names of key usages are those of `cryptography.x509.KeyUsage`; object identifiers are dotted strings."""

    kind: Kind
    source: str
    key_usage: frozenset[str]
    """All of these must be set, and the extension must be there."""
    forbidden_key_usage: frozenset[str]
    extended_usage: frozenset[str] = field(default=frozenset())
    """If the certificate restricts its extended usage, one of these must be in it. Empty: not looked at."""
    extended_usage_alone: bool = False
    """The extension must be there and name nothing but these."""
    extended_usage_critical: bool = False
    forbidden_extended_usage: frozenset[str] = field(default=frozenset())
    policies: frozenset[str] = field(default=frozenset())
    """One of these certificate policies must be in it. Empty: not looked at."""
    test_policies: frozenset[str] = field(default=frozenset())
    """These count too where test certificates are allowed."""
    authority: bool = False
    """Must be an authority's (CA:TRUE, critical); otherwise must not be."""
    units: frozenset[str] = field(default=frozenset())
    """One of these must be an organisational unit of the subject. Empty: not looked at."""
