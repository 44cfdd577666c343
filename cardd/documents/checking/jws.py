"""Checks JWS in the compact form, with or without its content, by the certificate in `x5c` (RFC 7515, 5.2 and appendix F).

Nothing that a header points to is ever fetched: `jku` and `x5u` are not looked at, nor are `jwk` and `kid`.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.utils import raw_to_der_signature

from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document, digest_of
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.jws import signing_digest
from cardd.documents.jws_form import ALGORITHMS, LARGEST_HEADER, fits, packed, read_header, unpacked
from cardd.documents.keys import PublicKey, holds, is_weak, load_certificate, public_key
from cardd.documents.model import Format

LARGEST = 96 * 1024 * 1024
"""Bytes of a whole JWS."""
MOST_CERTIFICATES = 10
_FOUND = Found(Format.JWS, Integrity.INTACT, Scope.WHOLE)


class _Flaw(Exception):
    """The first thing that is wrong."""

    def __init__(self, integrity: Integrity, problem: str) -> None:
        self.integrity = integrity
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True, repr=False)
class _Parts:
    header: str
    payload: str
    signature: bytes


def check(document: bytes, *, content: Document | None = None) -> tuple[Found, ...]:
    """The one signature of a compact JWS. `content`: the document, in memory or a file, where the JWS is detached.

    Where the JWS holds it too, both must agree. Raises `DocumentError`: `jws_unreadable`, `too_large`, `file_unreadable`.
    """
    parts = _parts(document)
    try:
        header = read_header(parts.header)
    except (ValueError, RecursionError):
        raise DocumentError("jws_unreadable") from None
    found = _FOUND
    try:
        name = _algorithm(header)
        found = replace(found, hash_name=ALGORITHMS[name].hash_name)
        certificates = _certificates(header)
        found = replace(found, certificate=certificates[0], others=tuple(certificates[1:]))
        _check_thumbprints(header, certificates[0])
        key = _key(name, certificates)
        _check_value(parts, name, key, content)
    except _Flaw as flaw:
        return (replace(found, integrity=flaw.integrity, problem=flaw.problem),)
    return (found,)


def _parts(document: bytes) -> _Parts:
    if len(document) > LARGEST:
        raise DocumentError("too_large")
    try:
        pieces = document.strip().decode("ascii").split(".")
    except UnicodeDecodeError:
        raise DocumentError("jws_unreadable") from None
    if len(pieces) != 3 or not pieces[0] or len(pieces[0]) > LARGEST_HEADER:
        raise DocumentError("jws_unreadable")
    try:
        return _Parts(pieces[0], pieces[1], unpacked(pieces[2]))
    except ValueError:
        raise DocumentError("jws_unreadable") from None


def _algorithm(header: dict[str, Any]) -> str:
    """The algorithm, after what must not stand in a header that we understand in full."""
    if "crit" in header:
        # Whatever it names, we do not know it, and must refuse (RFC 7515, 4.1.11).
        raise _Flaw(Integrity.UNREADABLE, "crit")
    if "b64" in header:
        # Without `crit` it means nothing (RFC 7797, 6); some readers would sign for other bytes than we check.
        raise _Flaw(Integrity.UNREADABLE, "b64")
    name = header.get("alg")
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise _Flaw(Integrity.UNREADABLE, "algorithm_refused")
    return name


def _certificates(header: dict[str, Any]) -> list[bytes]:
    """`x5c`: certificates in plain base64, the signer's first (RFC 7515, 4.1.6)."""
    chain = header.get("x5c")
    if chain is None:
        raise _Flaw(Integrity.WRONG_CERTIFICATE, "certificate_missing")
    if not isinstance(chain, list) or not 1 <= len(chain) <= MOST_CERTIFICATES:
        raise _Flaw(Integrity.UNREADABLE, "x5c")
    return [_certificate(text) for text in chain]


def _certificate(text: Any) -> bytes:
    try:
        der = base64.b64decode(text, validate=True)
        load_certificate(der)
    except (binascii.Error, ValueError, TypeError, DocumentError):
        raise _Flaw(Integrity.UNREADABLE, "x5c") from None
    return der


def _check_thumbprints(header: dict[str, Any], certificate: bytes) -> None:
    """`x5t#S256` and `x5t` name the signer's certificate, where they are there (RFC 7515, 4.1.7 and 4.1.8)."""
    for name, hash_name in (("x5t#S256", "sha256"), ("x5t", "sha1")):
        if name in header and header[name] != packed(hashlib.new(hash_name, certificate).digest()):
            raise _Flaw(Integrity.WRONG_CERTIFICATE, "reference")


def _key(name: str, certificates: list[bytes]) -> PublicKey:
    """The signer's key; each certificate behind the first has issued the one before it (RFC 7515, 4.1.6)."""
    loaded = [load_certificate(der) for der in certificates]
    for subject, issuer in pairwise(loaded):
        try:
            subject.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise _Flaw(Integrity.UNREADABLE, "chain_order") from None
    try:
        key = public_key(loaded[0])
    except DocumentError as error:
        raise _Flaw(Integrity.UNREADABLE, error.problem) from None
    if not fits(name, key):
        raise _Flaw(Integrity.WRONG_VALUE, "algorithm_for_other_key")
    return key


def _check_value(parts: _Parts, name: str, key: PublicKey, content: Document | None) -> None:
    scheme = ALGORITHMS[name]
    document = _document(parts, content)
    digest = signing_digest(parts.header, document, scheme.hash_name)
    if not holds(key, _in_der(parts.signature, key), digest, scheme):
        raise _Flaw(Integrity.WRONG_VALUE, "value")
    if is_weak(key):
        raise _Flaw(Integrity.WEAK, "key")


def _document(parts: _Parts, content: Document | None) -> Document:
    """What is signed. An empty middle part is a detached JWS, unless nothing but an empty document could be meant."""
    if not parts.payload:
        if content is None:
            raise _Flaw(Integrity.CONTENT_MISSING, "content_missing")
        return content
    try:
        inside = unpacked(parts.payload)
    except ValueError:
        raise _Flaw(Integrity.UNREADABLE, "payload") from None
    if content is not None and digest_of(content, "sha256") != hashlib.sha256(inside).digest():
        raise _Flaw(Integrity.CHANGED, "given_differs")
    return inside


def _in_der(signature: bytes, key: PublicKey) -> bytes:
    """r and s of JWS as ECDSA in DER; RSA as it is."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return signature
    try:
        return raw_to_der_signature(signature, key.curve)
    except ValueError:
        raise _Flaw(Integrity.WRONG_VALUE, "value") from None
