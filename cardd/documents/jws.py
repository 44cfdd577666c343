"""JWS with the signer's certificate in it, compact or detached: prepare here, sign behind the daemon, finish here.

RFC 7515: compact serialization (7.1), detached content (appendix F), `x5c` (4.1.6), `x5t#S256` (4.1.8). RFC 7518: RS256, ES256, ES384.
The signature is over the certificate too, so it must be known before: `sign.begin` gives it.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.utils import der_to_raw_signature

from cardd.documents.cades_answer import check_fingerprint
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document, facts_of, octets_of, opened, pieces
from cardd.documents.jws_form import ALGORITHMS, algorithm_of, packed, unpacked
from cardd.documents.keys import PublicKey, holds, is_weak, load_certificate, public_key
from cardd.documents.model import Facts, Format, Order, Stamper, ValidationMaterial
from cardd.documents.state import Value, dump_state, kept_document, load_state

LARGEST_PAYLOAD = 64 * 1024 * 1024
"""Bytes of a document that goes into its signature."""
LARGEST_DETACHED = 128 * 1024 * 1024
"""Bytes of a document beside its signature. What is signed begins with the certificate, so that the document can be digested only when
the PIN is given, within the 10 s from `sign.begin` to `sign.finish`; the other formats read it before."""


@dataclass(frozen=True, slots=True)
class PreparedJws:
    """All of a JWS but the value that the daemon gives."""

    facts: Facts
    order: Order
    header: str = field(repr=False)
    """The protected header in base64url."""
    certificate: bytes = field(repr=False)
    detached: bool
    document: Document | None = field(repr=False)
    """Read again by `finish`. None: detached, over bytes that were not kept."""

    def dumps(self) -> bytes:
        """For whoever cannot wait: JSON, with the document where it goes into the signature, else with the file's place or nothing."""
        rest: dict[str, Value] = {
            "header": self.header,
            "certificate": self.certificate,
            "detached": self.detached,
            **kept_document(self.document, whole=not self.detached),
        }
        return dump_state(Format.JWS, self.facts, self.order, rest)

    @classmethod
    def loads(cls, octets: bytes, *, document: Document | None = None) -> "PreparedJws":
        """Read it back. `document`: where it stands now, if somewhere else, or the bytes that were not kept.

        Raises `DocumentError`: `state_unreadable`, `state_version`, `state_other_format`.
        """
        state = load_state(octets, Format.JWS)
        found = state.document(document)
        detached = state.flag("detached")
        if state.order.signature_format != "raw" or (found is None and not detached):
            raise DocumentError("state_unreadable")
        header, certificate = state.text("header"), state.octets("certificate")
        try:
            unpacked(header)
        except ValueError:
            raise DocumentError("state_unreadable") from None
        return cls(state.facts, state.order, header, certificate, detached, found)

    def finish(
        self,
        answer: bytes,
        *,
        expected_fingerprint: str | None = None,
        stamper: Stamper | None = None,
        material: ValidationMaterial | None = None,
    ) -> bytes:
        """The JWS, ASCII: `header.payload.signature`, or `header..signature` detached. `answer`: PKCS#1 v1.5, or ECDSA in DER.

        Raises `DocumentError`: `certificate_swapped`, `document_changed`, `signature_wrong`, `file_unreadable`, `level_not_in_format`
        (the compact form has no place for a time stamp).
        """
        if stamper is not None or material is not None:
            raise DocumentError("level_not_in_format")
        check_fingerprint(self.certificate, expected_fingerprint)
        payload = self._payload()
        key = public_key(load_certificate(self.certificate))
        scheme = ALGORITHMS[algorithm_of(key)]
        if scheme.hash_name != self.order.hash_name or not holds(key, answer, self.order.digest, scheme):
            raise DocumentError("signature_wrong")
        return f"{self.header}.{payload}.{packed(_raw(answer, key))}".encode()

    def _payload(self) -> str:
        """The middle part, after the document was found to be what was prepared."""
        if self.document is None:
            return ""
        if self.detached:
            document, middle = self.document, ""
        else:
            document = octets_of(self.document, LARGEST_PAYLOAD)
            middle = packed(document)
        if signing_digest(self.header, document, self.order.hash_name) != self.order.digest:
            raise DocumentError("document_changed")
        return middle


def prepare(
    document: Document,
    name: str | None = None,
    *,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    detached: bool = False,
    typ: str | None = None,
    cty: str | None = None,
    known: Facts | None = None,
) -> PreparedJws:
    """Read the document and say what is to be signed. `certificate`: the signer's, DER; `chain`: each the issuer of the one before.

    `known`: what `look` said of it; then it is read once, while the card waits, and not twice. `typ`, `cty`: media types of the whole and
    of the document (RFC 7515, 4.1.9 and 4.1.10). Raises `DocumentError`: `file_unreadable`, `too_large`, `too_large_for_jws`,
    `certificate_unreadable`, `key_not_supported`, `key_weak`, `document_changed` (while it was read, or since `look`).
    """
    key = public_key(load_certificate(certificate))
    if is_weak(key):
        raise DocumentError("key_weak")
    for der in chain:
        load_certificate(der)
    algorithm = algorithm_of(key)
    facts = known or look(document, name, detached=detached)
    header = {
        "alg": algorithm,
        **({} if typ is None else {"typ": typ}),
        **({} if cty is None else {"cty": cty}),
        "x5c": [base64.b64encode(der).decode() for der in (certificate, *chain)],
        "x5t#S256": packed(hashlib.sha256(certificate).digest()),
    }
    protected = packed(json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode())
    hash_name = cast(Literal["sha256", "sha384", "sha512"], ALGORITHMS[algorithm].hash_name)
    signing, whole = _digests(protected, document, hash_name)
    if whole != facts.sha256:
        raise DocumentError("document_changed")
    order = Order("raw", hash_name, signing)
    return PreparedJws(facts, order, protected, certificate, detached, document)


def look(document: Document, name: str | None = None, *, detached: bool = False) -> Facts:
    """Whether `prepare` would take this document, before anybody is asked for a PIN, and what the person is shown of it.

    Raises `DocumentError`: `file_unreadable`, `too_large` (above 64 MiB, unless detached), `too_large_for_jws` (above 128 MiB).
    """
    facts = facts_of(document, name)
    if facts.size > LARGEST_DETACHED:
        raise DocumentError("too_large_for_jws")
    if not detached and facts.size > LARGEST_PAYLOAD:
        raise DocumentError("too_large")
    return facts


def signing_digest(header: str, document: Document, hash_name: str) -> bytes:
    """The digest of the JWS signing input (RFC 7515, 5.1, step 8), of a document that is read in pieces."""
    return _digests(header, document, hash_name)[0]


def _digests(header: str, document: Document, hash_name: str) -> tuple[bytes, str]:
    """The same, and the document's own SHA-256 in hex, read once: a card may be waiting."""
    made, whole = hashlib.new(hash_name, header.encode() + b"."), hashlib.sha256()
    with opened(document) as stream:
        for piece in _in_threes(pieces(stream)):
            whole.update(piece)
            made.update(base64.urlsafe_b64encode(piece).rstrip(b"="))
    return made.digest(), whole.hexdigest()


def _in_threes(source: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of a multiple of three bytes, but for the last one."""
    rest = b""
    for piece in source:
        whole = rest + piece if rest else piece
        cut = len(whole) - len(whole) % 3
        yield whole[:cut]
        rest = whole[cut:]
    yield rest


def _raw(answer: bytes, key: PublicKey) -> bytes:
    """ECDSA as JWS has it: r and s of fixed length, one behind the other (RFC 7518, 3.4); RSA as it is. The value has been verified."""
    return der_to_raw_signature(answer, key.curve) if isinstance(key, ec.EllipticCurvePublicKey) else answer
