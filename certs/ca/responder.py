"""OCSP answers of the operator CA (RFC 6960), by a responder that the CA appointed: the CA's own key need not be there.

An answer is made from the two books on the disk. What this CA never issued is `unknown`, never good.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core, ocsp
from asn1crypto import x509 as asn1
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.ocsp import load_der_ocsp_request

from certs.asn1 import check_bounds
from certs.ca import building
from certs.ca.authority import Authority, Named, second_of
from certs.ca.errors import CaKeyError, CaRefused
from certs.ca.issued import Issued, IssuedBook
from certs.ca.keys import CaSigner, spki_of
from certs.ca.lists import ListBook
from certs.ca.names import authority_name
from certs.ca.revoked import Reason, Revoked, RevokedBook
from certs.errors import Malformed
from certs.validation.validate import parse

ROLE = "ocsp_responder"
NOBODY = "-"
"""In the book of issued certificates, where a badge's operator and GUID stand."""
LONGEST_DAYS = 90
LONGEST_HOURS = 24 * 31
LARGEST_NONCE = 128
"""Bytes (RFC 9654, 2.1)."""
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_HASHES = ("sha1", "sha256", "sha384", "sha512")


def appoint(authority: Authority, public_key: bytes, name: str, now: datetime, days: int) -> bytes:
    """The certificate of a responder's key, DER; it is in the book before this returns. `days`: 1 to 90.

    Raises `CaRefused` (`responder_days`, `ca_expired`, `ca_not_yet_valid`), `CaKeyError`, `BookError`.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise CaRefused("responder_days")
    begin = second_of(now)
    issuer = x509.load_der_x509_certificate(authority.certificate)
    extensions = building.responder_extensions(public_key, issuer)
    named = Named(NOBODY, NOBODY, ROLE)
    return authority.certify(public_key, authority_name(name), extensions, named, (begin, begin + timedelta(days=days)))


@dataclass(frozen=True, slots=True)
class Books:
    """What a responder knows."""

    issued: Mapping[int, Issued]
    revoked: Mapping[int, Revoked]

    @classmethod
    def beside(cls, certificate: Path) -> "Books":
        """Those of the CA whose certificate is in this file, as they stand on the disk now. Raises `BookError`."""
        revoked = RevokedBook.beside(certificate)
        ListBook.beside(certificate).check_whole(revoked)
        return cls(
            {int(each.serial, 16): each for each in IssuedBook.beside(certificate).entries()},
            {each.number: each for each in revoked.standing().values()},
        )


class Responder:
    """Answers for one CA. `signer`: the responder's opened key; close it afterwards."""

    def __init__(self, ca_der: bytes, certificate_der: bytes, signer: CaSigner) -> None:
        """Raises `CaRefused` (`ca_malformed`, `responder_malformed`, `responder_other_ca`), `CaKeyError` (`key_mismatch`)."""
        self._ca = _parsed(ca_der, "ca_malformed")
        self._certificate = _parsed(certificate_der, "responder_malformed")
        try:
            self._certificate.verify_directly_issued_by(self._ca)
        except (InvalidSignature, ValueError, TypeError):
            raise CaRefused("responder_other_ca") from None
        if not _may_answer(self._certificate):
            raise CaRefused("responder_malformed")
        if spki_of(self._certificate.public_key()) != signer.public_key:
            raise CaKeyError("key_mismatch")
        self._der, self._signer = certificate_der, signer

    def answer(self, request_der: bytes, books: Books, now: datetime, hours: int) -> bytes:
        """The OCSPResponse to one OCSPRequest, DER: signed, or an error of RFC 6960, 2.3 (`malformedRequest`).

        One certificate a request (RFC 5019, 2.1.1). A nonce comes back. `hours`: until nextUpdate, 1 to 744, at most until the
        responder's own certificate ends. Raises `CaRefused` (`responder_not_valid`, `answer_hours`), `CaKeyError`.
        """
        try:
            check_bounds(request_der)
            request = load_der_ocsp_request(request_der)
            hash_name = request.hash_algorithm.name
            nonce = next((e.value.nonce for e in request.extensions if isinstance(e.value, x509.OCSPNonce)), None)
            theirs = (request.issuer_name_hash, request.issuer_key_hash)
            serial = request.serial_number
        except (Malformed, ValueError, TypeError, NotImplementedError, x509.DuplicateExtension):
            return _error("malformed_request")
        if hash_name not in _HASHES or (nonce is not None and not 1 <= len(nonce) <= LARGEST_NONCE):
            return _error("malformed_request")
        ours = theirs == self._issuer_hashes(hash_name)
        status = _status(serial, books) if ours else _unknown()
        identity = _identity(hash_name, theirs, serial)
        return self._signed(identity, status, self._updates(now, hours), nonce)

    def answer_beforehand(self, entry: Issued, books: Books, now: datetime, hours: int) -> bytes:
        """The answer to a question that nobody has asked yet, without a nonce (RFC 5019, 2.2). Raises as `answer`."""
        serial = int(entry.serial, 16)
        identity = _identity("sha1", self._issuer_hashes("sha1"), serial)  # what clients of RFC 5019, 2.1.1 ask with
        return self._signed(identity, _status(serial, books), self._updates(now, hours), None)

    def close(self) -> None:
        """Let go of the key. Harmless when done twice."""
        self._signer.close()

    def _updates(self, now: datetime, hours: int) -> tuple[datetime, datetime]:
        if not 1 <= hours <= LONGEST_HOURS:
            raise CaRefused("answer_hours")
        begin = second_of(now)
        if not self._certificate.not_valid_before_utc <= begin < self._certificate.not_valid_after_utc:
            raise CaRefused("responder_not_valid")
        return begin, min(begin + timedelta(hours=hours), self._certificate.not_valid_after_utc)

    def _issuer_hashes(self, hash_name: str) -> tuple[bytes, bytes]:
        """issuerNameHash and issuerKeyHash: over the name's DER, and the key's bit string without its header (RFC 6960, 4.1.1)."""
        bits = PublicKeyInfo.load(spki_of(self._ca.public_key()))["public_key"].contents[1:]
        name = self._ca.subject.public_bytes()
        return hashlib.new(hash_name, name).digest(), hashlib.new(hash_name, bits).digest()

    def _signed(
        self, identity: ocsp.CertId, status: ocsp.CertStatus, updates: tuple[datetime, datetime], nonce: bytes | None
    ) -> bytes:
        key_bits = PublicKeyInfo.load(self._signer.public_key)["public_key"].contents[1:]
        fields: dict[str, Any] = {
            # KeyHash is SHA-1 whatever else is used (RFC 6960, 4.2.1)
            "responder_id": ocsp.ResponderId("by_key", hashlib.sha1(key_bits, usedforsecurity=False).digest()),
            "produced_at": updates[0],
            "responses": [
                {"cert_id": identity, "cert_status": status, "this_update": updates[0], "next_update": updates[1]}
            ],
        }
        if nonce is not None:
            fields["response_extensions"] = [
                {"extn_id": "nonce", "critical": False, "extn_value": core.OctetString(nonce)}
            ]
        body = ocsp.ResponseData(fields)
        basic = ocsp.BasicOCSPResponse(
            {
                "tbs_response_data": body,
                "signature_algorithm": {"algorithm": self._signer.algorithm.signature_name},
                "signature": self._signer.sign(body.dump()),
                "certs": [asn1.Certificate.load(self._der)],
            }
        )
        whole = {
            "response_status": "successful",
            "response_bytes": {
                "response_type": "basic_ocsp_response",
                "response": core.ParsableOctetString(basic.dump()),
            },
        }
        der: bytes = ocsp.OCSPResponse(whole).dump()
        return der


def _identity(hash_name: str, hashes: tuple[bytes, bytes], serial: int) -> ocsp.CertId:
    algorithm = {"algorithm": hash_name}
    return ocsp.CertId(
        {
            "hash_algorithm": algorithm,
            "issuer_name_hash": hashes[0],
            "issuer_key_hash": hashes[1],
            "serial_number": serial,
        }
    )


def _status(serial: int, books: Books) -> ocsp.CertStatus:
    if serial not in books.issued:
        return _unknown()
    line = books.revoked.get(serial)
    if line is None:
        return ocsp.CertStatus("good", ocsp.StatusGood())
    revoked: dict[str, Any] = {"revocation_time": line.moment().astimezone(UTC)}
    if line.reason != Reason.UNSPECIFIED.value:
        revoked["revocation_reason"] = line.reason
    return ocsp.CertStatus("revoked", ocsp.RevokedInfo(revoked))


def _unknown() -> ocsp.CertStatus:
    return ocsp.CertStatus("unknown", ocsp.StatusUnknown())


def _error(status: str) -> bytes:
    der: bytes = ocsp.OCSPResponse({"response_status": status}).dump()
    return der


def _parsed(der: bytes, problem: str) -> x509.Certificate:
    try:
        return parse(der)
    except Malformed:
        raise CaRefused(problem) from None


def _may_answer(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return building.OCSP_SIGNING in {each.dotted_string for each in usages}
