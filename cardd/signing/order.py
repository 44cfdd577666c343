"""What is ordered from the signing use case and what comes back. Light: importing this brings no certificate code."""

import hashlib
import json
from dataclasses import dataclass, field

from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, KeyRole, Operation
from cardd.ports import Call


def fingerprint_of(octets: bytes) -> str:
    """SHA-256, 64 lower-case hex digits."""
    return hashlib.sha256(octets).hexdigest()


@dataclass(frozen=True, slots=True)
class SignOrder:
    """What is to be signed. `fingerprint`: SHA-256 of the certificate the person was shown, lower-case hex."""

    card: CardHandle
    purpose: str
    case: str
    key: KeyRole
    hash_name: str
    digests: tuple[bytes, ...] = field(repr=False)
    signature_format: str
    fingerprint: str | None = None
    idempotency_key: str | None = None
    approval: str | None = None
    """A second person's approval, where the office wants one."""
    grant: str | None = None
    """The grant under which it is signed, without a PIN."""

    def digests_hash(self) -> str:
        """SHA-256 over the digests one after the other, 64 hex digits: what a second person approves."""
        return fingerprint_of(b"".join(self.digests))

    def request(self, call: Call) -> Request:
        """The order as policy and record see it."""
        algorithm = f"{self.hash_name}.{self.signature_format}"
        return Request(
            call,
            Operation.SIGN,
            self.card,
            self.purpose,
            self.case,
            key=self.key,
            digests=len(self.digests),
            algorithm=algorithm,
            fingerprint_given=self.fingerprint is not None,
            approval=self.approval,
            content=(("digests", self.digests_hash()), ("format", algorithm)),
            grant=self.grant,
        )

    def hashed(self) -> bytes:
        """SHA-256 over everything but the idempotency key, 32 bytes."""
        params = {
            "card": self.card,
            "purpose": self.purpose,
            "case": self.case,
            "key": self.key,
            "hash": self.hash_name,
            "digests": [digest.hex() for digest in self.digests],
            "format": self.signature_format,
            "fingerprint": self.fingerprint,
            "grant": self.grant,
        }
        return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """What is asked for. `digests`: the only ones that may be signed, each as often as it stands there; none = any."""

    card: CardHandle
    purpose: str
    case: str
    key: KeyRole
    hash_name: str
    count: int
    seconds: int
    digests: tuple[bytes, ...] = field(default=(), repr=False)
    approval: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Signed:
    """Signatures in the order of the digests, the certificate (DER) they were checked with, and what the card was."""

    kind: CardKind
    signatures: tuple[bytes, ...]
    certificate: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True, repr=False)
class SignAnswer:
    """A finished order; `repeated` says that no new signature was made."""

    performed: Performed[Signed]
    repeated: bool
