"""Whether one SignerInfo holds by itself: its form, the certificate it names, its value, the document's digest, its algorithms.

RFC 5652, 5.4 and 5.6; ETSI EN 319 122-1, 5 (which signed attributes there must be). Nothing here asks a trust anchor.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from asn1crypto import algos, cms, core, tsp, x509

from cardd.documents.cades_cms import BROKEN, DATA, Signer, is_der_set, key_identifier_of, time_of
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.keys import STRONG_HASHES, Scheme, holds, is_weak, load_certificate, public_key

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
"""RFC 5035, 3 and 4."""
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
"""RFC 6211, 2."""
_ONCE = (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, ALGORITHM_PROTECTION)

HASH_NAMES = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_RSA_PSS = "1.2.840.113549.1.1.10"
_SCHEMES = {
    "1.2.840.113549.1.1.4": Scheme("rsa", "md5"),
    "1.2.840.113549.1.1.5": Scheme("rsa", "sha1"),
    "1.2.840.113549.1.1.14": Scheme("rsa", "sha224"),
    "1.2.840.113549.1.1.11": Scheme("rsa", "sha256"),
    "1.2.840.113549.1.1.12": Scheme("rsa", "sha384"),
    "1.2.840.113549.1.1.13": Scheme("rsa", "sha512"),
    "1.2.840.10045.4.1": Scheme("ecdsa", "sha1"),
    "1.2.840.10045.4.3.1": Scheme("ecdsa", "sha224"),
    "1.2.840.10045.4.3.2": Scheme("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": Scheme("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": Scheme("ecdsa", "sha512"),
}

Digests = Callable[[str], bytes | None]
"""The signed document's digest by hash name; None where the document is missing."""


@dataclass(frozen=True, slots=True, repr=False)
class Judged:
    """What became of one signer. `certificate`: DER, as soon as it was found."""

    integrity: Integrity
    problem: str = ""
    certificate: bytes | None = None
    hash_name: str = ""
    claimed_at: datetime | None = None


class _Flaw(Exception):
    """The first thing that is wrong."""

    def __init__(self, integrity: Integrity, problem: str) -> None:
        self.integrity = integrity
        self.problem = problem
        super().__init__(problem)


def judge(
    signer: Signer | None,
    certificates: Iterable[bytes],
    digests: Digests,
    *,
    content_type: str = DATA,
    old_reference: bool = False,
    reference_needed: bool = True,
) -> Judged:
    """Judge one signer. `certificates`: DER, of those that came along.

    `old_reference`: ESS signing-certificate (SHA-1) will do, as time stamp authorities still give it (RFC 3161, 2.4.2).
    `reference_needed`: no for signatures that are not of an ETSI form (`adbe.pkcs7.detached` in a PDF: ISO 32000-2, 12.8.3.3.2).
    """
    if signer is None:
        return Judged(Integrity.UNREADABLE, "signer_info")
    hash_name = HASH_NAMES.get(signer.digest_algorithm, "")
    judged = Judged(Integrity.INTACT, hash_name=hash_name)
    try:
        scheme = _scheme(signer, hash_name)
        attributes = _attributes(signer, content_type)
        judged = replace(judged, claimed_at=_claimed(attributes))
        certificate = _certificate(
            signer, certificates, attributes, old_reference=old_reference, reference_needed=reference_needed
        )
        judged = replace(judged, certificate=certificate)
        _check_value(signer, certificate, scheme)
        _check_digest(attributes, digests(hash_name))
    except _Flaw as flaw:
        return replace(judged, integrity=flaw.integrity, problem=flaw.problem)
    except BROKEN:
        return replace(judged, integrity=Integrity.UNREADABLE, problem="attributes")
    if hash_name not in STRONG_HASHES:
        return replace(judged, integrity=Integrity.WEAK, problem="hash")
    return judged


def _scheme(signer: Signer, hash_name: str) -> Scheme:
    """How the value was made. One hash for document and attributes: another one behind the signature's name is a trick."""
    if not hash_name:
        raise _Flaw(Integrity.UNREADABLE, "algorithm_unknown")
    if signer.signature_algorithm == _RSA_ENCRYPTION:
        return Scheme("rsa", hash_name)  # RFC 3370, 3.2
    if signer.signature_algorithm == _RSA_PSS:
        scheme = _pss(signer.signature_parameters)
    else:
        found = _SCHEMES.get(signer.signature_algorithm)
        if found is None:
            raise _Flaw(Integrity.UNREADABLE, "algorithm_unknown")
        scheme = found
    if scheme.hash_name != hash_name:
        raise _Flaw(Integrity.UNREADABLE, "algorithms_disagree")
    return scheme


def _pss(parameters: bytes | None) -> Scheme:
    """RSASSA-PSS-params (RFC 4055, 3.1) with one hash throughout, which is all that anybody uses."""
    read = algos.RSASSAPSSParams.load(parameters or b"0\0", strict=True)
    hash_name = HASH_NAMES.get(read["hash_algorithm"]["algorithm"].dotted, "")
    mask = read["mask_gen_algorithm"]
    mask_hash = HASH_NAMES.get(mask["parameters"]["algorithm"].dotted, "") if mask["algorithm"].native == "mgf1" else ""
    salt, trailer = read["salt_length"].native, read["trailer_field"].native
    if not hash_name or mask_hash != hash_name or trailer not in (1, "trailer_field_bc") or not 0 <= salt <= 512:
        raise _Flaw(Integrity.UNREADABLE, "algorithm_unknown")
    return Scheme("rsa", hash_name, salt)


def _attributes(signer: Signer, content_type: str) -> dict[str, tuple[bytes, ...]]:
    """The signed attributes by type, after what RFC 5652, 5.3 and 11 ask of them."""
    if signer.attributes_der is None:
        raise _Flaw(Integrity.UNREADABLE, "no_signed_attributes")
    if not is_der_set(signer.attributes_der):
        raise _Flaw(Integrity.UNREADABLE, "attributes_not_der")
    read = dict(signer.attributes)
    single = all(len(read[kind]) == 1 for kind in _ONCE if kind in read)
    if len(read) != len(signer.attributes) or not single or CONTENT_TYPE not in read or MESSAGE_DIGEST not in read:
        raise _Flaw(Integrity.UNREADABLE, "attributes")
    if core.ObjectIdentifier.load(read[CONTENT_TYPE][0], strict=True).dotted != content_type:
        raise _Flaw(Integrity.UNREADABLE, "content_type")
    if ALGORITHM_PROTECTION in read:
        _check_protection(signer, read[ALGORITHM_PROTECTION][0])
    return read


def _check_protection(signer: Signer, der: bytes) -> None:
    """CMSAlgorithmProtection names the same algorithms as the SignerInfo around it (RFC 6211, 2)."""
    told = cms.CMSAlgorithmProtection.load(der, strict=True)
    signature = told["signature_algorithm"]
    same_signature = (
        not isinstance(signature, core.Void) and signature["algorithm"].dotted == signer.signature_algorithm
    )
    if told["digest_algorithm"]["algorithm"].dotted != signer.digest_algorithm or not same_signature:
        raise _Flaw(Integrity.UNREADABLE, "algorithms_disagree")


def _claimed(attributes: dict[str, tuple[bytes, ...]]) -> datetime | None:
    return time_of(attributes[SIGNING_TIME][0]) if SIGNING_TIME in attributes else None


def _certificate(
    signer: Signer,
    certificates: Iterable[bytes],
    attributes: dict[str, tuple[bytes, ...]],
    *,
    old_reference: bool,
    reference_needed: bool,
) -> bytes:
    """The certificate that the SignerInfo names *and* whose hash is signed (RFC 5035, 4)."""
    named = [der for der in certificates if _names(signer, der)]
    if not named:
        raise _Flaw(Integrity.WRONG_CERTIFICATE, "certificate_missing")
    if SIGNING_CERTIFICATE_V2 in attributes:
        reference = _reference_v2(attributes[SIGNING_CERTIFICATE_V2][0])
    elif SIGNING_CERTIFICATE in attributes:
        if not old_reference:
            raise _Flaw(Integrity.WEAK, "reference_sha1")
        reference = _reference_v1(attributes[SIGNING_CERTIFICATE][0])
    elif reference_needed:
        raise _Flaw(Integrity.WRONG_CERTIFICATE, "reference_missing")
    else:
        return named[0]
    for der in named:
        if reference.is_for(der):
            return der
    raise _Flaw(Integrity.WRONG_CERTIFICATE, "reference")


def _names(signer: Signer, der: bytes) -> bool:
    if signer.key_identifier is not None:
        return key_identifier_of(der) == signer.key_identifier
    try:
        read = x509.Certificate.load(der)
        return bool(read.serial_number == signer.serial_number and read.issuer == x509.Name.load(signer.issuer))
    except BROKEN:
        return False  # a certificate beside the signer's that cannot be read is nobody's


@dataclass(frozen=True, slots=True, repr=False)
class _Reference:
    """What is signed about the signer's certificate: a hash of it and, where it is told, issuer and serial number."""

    hash_name: str
    digest: bytes
    issuer: x509.Name | None
    serial_number: int | None

    def is_for(self, der: bytes) -> bool:
        if hashlib.new(self.hash_name, der).digest() != self.digest:
            return False
        read = x509.Certificate.load(der)
        return self.issuer is None or bool(read.issuer == self.issuer and read.serial_number == self.serial_number)


def _reference_v2(der: bytes) -> _Reference:
    first = tsp.SigningCertificateV2.load(der, strict=True)["certs"][0]
    hash_name = HASH_NAMES.get(first["hash_algorithm"]["algorithm"].dotted, "")
    if hash_name not in STRONG_HASHES:
        raise _Flaw(Integrity.WEAK, "reference_hash")
    return _Reference(hash_name, bytes(first["cert_hash"]), *_issuer_serial(first["issuer_serial"]))


def _reference_v1(der: bytes) -> _Reference:
    first = tsp.SigningCertificate.load(der, strict=True)["certs"][0]
    return _Reference("sha1", bytes(first["cert_hash"]), *_issuer_serial(first["issuer_serial"]))


def _issuer_serial(field: core.Asn1Value) -> tuple[x509.Name | None, int | None]:
    if isinstance(field, core.Void):
        return None, None
    (name,) = field["issuer"]
    if name.name != "directory_name":
        raise _Flaw(Integrity.UNREADABLE, "attributes")
    return name.chosen, field["serial_number"].native


def _check_value(signer: Signer, certificate: bytes, scheme: Scheme) -> None:
    try:
        key = public_key(load_certificate(certificate))
    except DocumentError as error:
        raise _Flaw(Integrity.UNREADABLE, error.problem) from None
    assert signer.attributes_der is not None
    if not holds(key, signer.signature, hashlib.new(scheme.hash_name, signer.attributes_der).digest(), scheme):
        raise _Flaw(Integrity.WRONG_VALUE, "value")
    if is_weak(key):
        raise _Flaw(Integrity.WEAK, "key")


def _check_digest(attributes: dict[str, tuple[bytes, ...]], digest: bytes | None) -> None:
    if digest is None:
        raise _Flaw(Integrity.CONTENT_MISSING, "content_missing")
    signed = core.OctetString.load(attributes[MESSAGE_DIGEST][0], strict=True)
    if bytes(signed) != digest:
        raise _Flaw(Integrity.CHANGED, "digest")
