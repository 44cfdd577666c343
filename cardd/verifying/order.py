"""What is asked of the use case and what it answers. Light: importing this brings no certificate code."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

CertificateKind = Literal["jpki_signature", "jpki_authentication", "operator_badge", "operator_signature"]
StateWord = Literal["good", "bad", "unknown", "not_checked"]
ResultWord = Literal["good", "revoked", "expired", "not_yet_valid", "refused", "unknown", "not_checked"]


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """One certificate to judge. All octets are DER and nobody has looked at them yet."""

    certificate: bytes = field(repr=False)
    purpose: str
    case: str
    others: tuple[bytes, ...] = field(default=(), repr=False)
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)
    at: datetime | None = None
    """With time zone; None: now."""
    kind: CertificateKind | None = None
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict in plain words (`certs.validation.verdict`)."""

    result: ResultWord
    reason: str
    usable: bool
    """Whether the rule of the purpose lets it be used."""
    answers: tuple[tuple[str, StateWord, str], ...]
    """Question, state, reason."""
    detail: str
    list_age_s: int | None
    authority: tuple[str, str] | None
    """Who issued it: name (RFC 4514) and SHA-256 of that certificate, in hex. None where the chain is not good."""
    at: datetime
