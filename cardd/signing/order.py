"""What is ordered from the signing use case and what comes back. Light: importing this brings no certificate code."""

import hashlib
import json
from dataclasses import dataclass, field, replace

from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, KeyRole, Operation
from cardd.ports import Call, DocumentFacts


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
    document: DocumentFacts | None = None
    """What the person is shown, and asked about."""
    begun: str | None = None
    """The signature that was begun and ends with this one: the person was asked then."""

    def digests_hash(self) -> str:
        """SHA-256 over the digests one after the other, 64 hex digits: what a second person approves."""
        return fingerprint_of(b"".join(self.digests))

    def without_name(self) -> "SignOrder":
        """The same without the document's name, which nobody needs who keeps it."""
        return replace(self, document=_nameless(self.document))

    def request(self, call: Call) -> Request:
        """The order as policy and record see it. A second person who agreed to a beginning agreed to its end."""
        algorithm = f"{self.hash_name}.{self.signature_format}"
        signed = (
            (("digests", self.digests_hash()), ("format", algorithm))
            if self.begun is None
            else (("hash", self.hash_name),)
        )
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
            content=(*signed, *_approved_document(self.document)),
            resumes=self.approval if self.begun is not None else None,
            grant=self.grant,
            document=self.document,
            document_agreed=self.begun is not None,
            begun=self.begun,
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
            "document": self.document.sha256 if self.document is not None else None,
            "begun": self.begun,
        }
        return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class BeginOrder:
    """A signature in two steps. `fingerprint`: SHA-256 of the certificate the person was shown, lower-case hex."""

    card: CardHandle
    purpose: str
    case: str
    key: KeyRole
    hash_name: str
    document: DocumentFacts
    fingerprint: str | None = None
    approval: str | None = None

    def request(self, call: Call) -> Request:
        """The beginning as policy and record see it: one signature, over something that names this document."""
        return Request(
            call,
            Operation.SIGN,
            self.card,
            self.purpose,
            self.case,
            key=self.key,
            digests=1,
            algorithm=self.hash_name,
            fingerprint_given=self.fingerprint is not None,
            approval=self.approval,
            content=(("hash", self.hash_name), *_approved_document(self.document)),
            document=self.document,
        )

    def without_name(self) -> "BeginOrder":
        """The same without the document's name, which nobody needs any more."""
        return replace(self, document=replace(self.document, name=""))

    def finishing(self, begun: str, digest: bytes, signature_format: str) -> SignOrder:
        """The one order that ends it."""
        return SignOrder(
            self.card, self.purpose, self.case, self.key, self.hash_name, (digest,), signature_format, self.fingerprint,
            approval=self.approval, document=self.document, begun=begun,
        )  # fmt: skip


def _nameless(document: DocumentFacts | None) -> DocumentFacts | None:
    return None if document is None else replace(document, name="")


def _approved_document(document: DocumentFacts | None) -> tuple[tuple[str, str], ...]:
    """What a second person is told of it: its digest. The name may be a person's."""
    return () if document is None else (("document", document.sha256),)


@dataclass(frozen=True, slots=True)
class FinishOrder:
    """The digest for what was begun."""

    begun: str
    digest: bytes = field(repr=False)
    signature_format: str
    idempotency_key: str | None = None

    def hashed(self) -> bytes:
        """SHA-256 over everything but the idempotency key, 32 bytes."""
        params = {"begun": self.begun, "digest": self.digest.hex(), "format": self.signature_format}
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
