"""The parts of an XML signature, taken out of a document that may be anybody's (XML Signature 1.1; ETSI EN 319 132-1)."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cardd.documents.xades_xml import DS, XADES, Element, tag

MOST_REFERENCES: Final = 32
MOST_VALUES: Final = 64
"""Certificates, lists and answers that a signature may bring along, each."""

_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"
_XMLENC: Final = "http://www.w3.org/2001/04/xmlenc#"

SIGNATURE_METHODS: Final = {
    f"{DS}rsa-sha1": ("rsa", "sha1", None),
    f"{_MORE}rsa-md5": ("rsa", "md5", None),
    f"{_MORE}rsa-sha224": ("rsa", "sha224", None),
    f"{_MORE}rsa-sha256": ("rsa", "sha256", None),
    f"{_MORE}rsa-sha384": ("rsa", "sha384", None),
    f"{_MORE}rsa-sha512": ("rsa", "sha512", None),
    f"{_MORE_2007}sha256-rsa-MGF1": ("rsa", "sha256", 32),
    f"{_MORE_2007}sha384-rsa-MGF1": ("rsa", "sha384", 48),
    f"{_MORE_2007}sha512-rsa-MGF1": ("rsa", "sha512", 64),
    f"{_MORE}ecdsa-sha1": ("ecdsa", "sha1", None),
    f"{_MORE}ecdsa-sha224": ("ecdsa", "sha224", None),
    f"{_MORE}ecdsa-sha256": ("ecdsa", "sha256", None),
    f"{_MORE}ecdsa-sha384": ("ecdsa", "sha384", None),
    f"{_MORE}ecdsa-sha512": ("ecdsa", "sha512", None),
}
"""Family, hash, salt in bytes (RFC 9231, 2.3). No HMAC: whoever can check such a value can make one."""
DIGEST_METHODS: Final = {
    f"{DS}sha1": "sha1",
    f"{_MORE}md5": "md5",
    f"{_MORE}sha224": "sha224",
    f"{_XMLENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_XMLENC}sha512": "sha512",
}


class Broken(Exception):
    """The signature's form is broken; `problem` says how."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Properties:
    """The signed properties of XAdES, and what came along unsigned."""

    element: Element = field(repr=False)
    digests: tuple[tuple[str, bytes], ...] = field(repr=False)
    """Hash and value of each certificate named by SigningCertificateV2 (or the older form), the signer's first."""
    claimed_at: datetime | None = None
    stamp: bytes | None = field(default=None, repr=False)
    stamp_canonical: str = ""
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)


def only(parent: Element, namespace: str, name: str) -> Element:
    """The one child of this name. Raises `Broken`."""
    found = parent.findall(tag(namespace, name))
    if len(found) != 1:
        raise Broken("structure")
    return found[0]


def at_most_one(parent: Element, namespace: str, name: str) -> Element | None:
    """The child of this name, if there is one. Raises `Broken` where there are several."""
    found = parent.findall(tag(namespace, name))
    if len(found) > 1:
        raise Broken("structure")
    return found[0] if found else None


def octets_in(element: Element) -> bytes:
    """Base64 text of an element that holds nothing else, with the white space that XML may put in. Raises `Broken`."""
    if len(element):
        raise Broken("base64")
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Broken("base64") from None


def hash_of(parent: Element) -> str:
    """The hash that the DigestMethod below `parent` names. Raises `Broken`."""
    name = DIGEST_METHODS.get(only(parent, DS, "DigestMethod").get("Algorithm"))
    if name is None:
        raise Broken("algorithm_unknown")
    return name


def certificates_in(signature: Element) -> tuple[bytes, ...]:
    """The certificates of KeyInfo, DER. Raises `Broken`."""
    key_info = at_most_one(signature, DS, "KeyInfo")
    if key_info is None:
        return ()
    found = key_info.findall(f"{tag(DS, 'X509Data')}/{tag(DS, 'X509Certificate')}")
    return _all_octets(iter(found))


def properties_of(signature: Element) -> Properties | None:
    """The XAdES properties; None for a plain XML signature. Raises `Broken`: several, or those of another signature."""
    found = signature.findall(f"{tag(DS, 'Object')}/{tag(XADES, 'QualifyingProperties')}")
    if not found:
        return None
    if len(found) > 1:
        raise Broken("structure")
    identifier = signature.get("Id")
    if identifier is None or found[0].get("Target") != f"#{identifier}":
        raise Broken("properties_of_other")
    signed = at_most_one(found[0], XADES, "SignedProperties")
    if signed is None:
        return None
    about = at_most_one(signed, XADES, "SignedSignatureProperties")
    later = at_most_one(found[0], XADES, "UnsignedProperties")
    unsigned = at_most_one(later, XADES, "UnsignedSignatureProperties") if later is not None else None
    stamp, stamp_canonical = _stamp(unsigned)
    return Properties(
        signed,
        tuple(_certificate_digests(about)) if about is not None else (),
        _time(about),
        stamp,
        stamp_canonical,
        _values(unsigned, "EncapsulatedX509Certificate"),
        _values(unsigned, "EncapsulatedCRLValue"),
        _values(unsigned, "EncapsulatedOCSPValue"),
    )


def _certificate_digests(about: Element) -> Iterator[tuple[str, bytes]]:
    named = [
        each for name in ("SigningCertificateV2", "SigningCertificate") for each in about.findall(tag(XADES, name))
    ]
    if len(named) > 1:
        raise Broken("structure")
    for each in named:
        for certificate in each.findall(tag(XADES, "Cert")):
            digest = only(certificate, XADES, "CertDigest")
            yield hash_of(digest), octets_in(only(digest, DS, "DigestValue"))


def _time(about: Element | None) -> datetime | None:
    said = at_most_one(about, XADES, "SigningTime") if about is not None else None
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat((said.text or "").strip())
    except ValueError:
        raise Broken("signing_time") from None
    return moment if moment.tzinfo is not None else None


def _stamp(unsigned: Element | None) -> tuple[bytes | None, str]:
    """The first time stamp over the signature value, and the canonical form that it is about (EN 319 132-1, 5.3)."""
    if unsigned is None:
        return None, ""
    for each in unsigned.findall(tag(XADES, "SignatureTimeStamp")):
        method = at_most_one(each, DS, "CanonicalizationMethod")
        token = only(each, XADES, "EncapsulatedTimeStamp")
        return octets_in(token), "" if method is None else method.get("Algorithm") or ""
    return None, ""


def _values(unsigned: Element | None, name: str) -> tuple[bytes, ...]:
    return () if unsigned is None else _all_octets(unsigned.iter(tag(XADES, name)))


def _all_octets(found: Iterator[Element]) -> tuple[bytes, ...]:
    values = []
    for each in found:
        values.append(octets_in(each))
        if len(values) > MOST_VALUES:
            raise Broken("too_many_values")
    return tuple(values)
