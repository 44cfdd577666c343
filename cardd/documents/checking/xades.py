"""Reads the signatures of an XML document: XAdES (ETSI EN 319 132-1) and plain XML Signature 1.1, enveloped, enveloping, detached."""

import hashlib
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree

from cardd.documents.checking.xades_reading import (
    SIGNATURE_METHODS,
    Broken,
    Properties,
    certificates_in,
    octets_in,
    only,
    properties_of,
)
from cardd.documents.checking.xades_references import Covered, Reference, cover, references_of, unsigned_content
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.keys import STRONG_HASHES, PublicKey, Scheme, holds, is_weak, load_certificate, public_key
from cardd.documents.model import Format
from cardd.documents.xades_xml import (
    C14N_10,
    CANONICAL,
    DS,
    MOST_SIGNATURES,
    Element,
    canonical,
    read_xml,
    signatures_in,
    tag,
)

ABOUT_CONTENT = ("file_unreadable", "too_large")
"""What is wrong with the content beside a signature, and not with the signature."""
DSIG11 = "http://www.w3.org/2009/xmldsig11#"


def check(document: bytes, *, content: Document | None = None) -> tuple[Found, ...]:
    """Every signature of the document, in document order. `content`: what a detached signature is over; nothing is ever fetched.

    Raises `DocumentError`: `xml_…` and `too_large` as `read_xml`, `no_signature`, `too_many_signatures` (more than 32); of a content that
    is a file `file_unreadable`, and `too_large` above 64 MiB where its canonical form was signed.
    """
    root = read_xml(document)
    signatures = signatures_in(root)
    if not signatures:
        raise DocumentError("no_signature")
    if len(signatures) > MOST_SIGNATURES:
        raise DocumentError("too_many_signatures")
    return tuple(_one(signature, content) for signature in signatures)


def _one(signature: Element, content: Document | None) -> Found:
    found = Found(Format.XADES, Integrity.UNREADABLE, Scope.PART)
    try:
        return _judged(signature, content, found)
    except Broken as broken:
        return replace(found, problem=broken.problem)
    except DocumentError as error:  # an element of it has no canonical form, a certificate cannot be read
        if error.problem in ABOUT_CONTENT:
            raise
        return replace(found, problem=error.problem)


def _judged(signature: Element, content: Document | None, found: Found) -> Found:
    signed_info = only(signature, DS, "SignedInfo")
    value = octets_in(only(signature, DS, "SignatureValue"))
    family, hash_name, salt = _method(signed_info)
    references = references_of(signed_info)
    properties = properties_of(signature)
    found = _told(found, signature, properties, hash_name)
    weak = {hash_name, *(each.hash_name for each in references), *_hashes(properties)} - STRONG_HASHES
    if weak:
        return replace(found, integrity=Integrity.WEAK, problem="hash")
    certificate, word = _certificate(certificates_in(signature), properties)
    if certificate is None:
        return replace(found, integrity=Integrity.WRONG_CERTIFICATE, problem=word)
    key = public_key(load_certificate(certificate))
    found = replace(
        found,
        certificate=certificate,
        others=tuple(each for each in (*certificates_in(signature), *found.others) if each != certificate),
    )
    if is_weak(key):
        return replace(found, integrity=Integrity.WEAK, problem="key")
    if not _holds(key, value, signed_info, Scheme(family, hash_name, salt)):
        return replace(found, integrity=Integrity.WRONG_VALUE)
    if _other_key_value(signature, key):
        return replace(found, integrity=Integrity.WRONG_CERTIFICATE, problem="key_value")
    return _covered(signature, references, properties, content, found)


def _method(signed_info: Element) -> tuple[str, str, int | None]:
    if only(signed_info, DS, "CanonicalizationMethod").get("Algorithm") not in CANONICAL:
        raise Broken("algorithm_unknown")
    method = SIGNATURE_METHODS.get(only(signed_info, DS, "SignatureMethod").get("Algorithm"))
    if method is None:
        raise Broken("algorithm_unknown")
    return method


def _told(found: Found, signature: Element, properties: Properties | None, hash_name: str) -> Found:
    """With what the signature says and brings along."""
    if properties is None:
        return replace(found, hash_name=hash_name)
    stamped = None
    level = "b"
    if properties.stamp is not None:
        stamped = canonical(only(signature, DS, "SignatureValue"), properties.stamp_canonical or C14N_10)
        level = "lt" if properties.lists or properties.responses else "t"
    return replace(
        found,
        hash_name=hash_name,
        level=level,
        claimed_at=properties.claimed_at,
        stamp=properties.stamp,
        stamped=stamped,
        others=properties.certificates,
        lists=properties.lists,
        responses=properties.responses,
    )


def _hashes(properties: Properties | None) -> set[str]:
    return set() if properties is None else {name for name, _ in properties.digests[:1]}


def _certificate(certificates: tuple[bytes, ...], properties: Properties | None) -> tuple[bytes | None, str]:
    """The signer's: the one that the signed properties name, else (a plain signature) the first of KeyInfo."""
    if not certificates:
        return None, "certificate_missing"
    if properties is None:
        return certificates[0], ""
    if not properties.digests:
        return None, "certificate_not_named"
    name, digest = properties.digests[0]
    for each in certificates:
        if hashlib.new(name, each).digest() == digest:
            return each, ""
    return None, "certificate_not_named"


def _holds(key: PublicKey, value: bytes, signed_info: Element, scheme: Scheme) -> bool:
    method = only(signed_info, DS, "CanonicalizationMethod")
    prefixes = method.find("{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces")
    named = None if prefixes is None else (prefixes.get("PrefixList") or "").split()
    octets = canonical(signed_info, method.get("Algorithm"), comments=True, prefixes=named)
    if isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.key_size + 7) // 8
        if len(value) != 2 * size:
            return False
        value = utils.encode_dss_signature(int.from_bytes(value[:size]), int.from_bytes(value[size:]))
    return holds(key, value, hashlib.new(scheme.hash_name, octets).digest(), scheme)


def _other_key_value(signature: Element, key: PublicKey) -> bool:
    """Whether KeyInfo names another key beside the certificate: two readers could then check with two keys."""
    values = signature.findall(f"{tag(DS, 'KeyInfo')}/{tag(DS, 'KeyValue')}")
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        named = [each for value in values for each in value.iter(f"{{{DSIG11}}}PublicKey")]
        return len(named) != len(values) or any(octets_in(each) != point for each in named)
    named = [each for value in values for each in value.iter(tag(DS, "Modulus"))]
    modulus = key.public_numbers().n
    return len(named) != len(values) or any(int.from_bytes(octets_in(each)) != modulus for each in named)


def _covered(
    signature: Element,
    references: list[Reference],
    properties: Properties | None,
    content: Document | None,
    found: Found,
) -> Found:
    covered = cover(signature, references, properties, content)
    if properties is not None and not covered.properties:
        raise Broken("properties_not_signed")
    if not (covered.whole or covered.external or covered.elements):
        raise Broken("nothing_signed")
    if covered.changed:
        return replace(found, integrity=Integrity.CHANGED)
    scope, covers, problem = _scope(signature, covered)
    if covered.content_missing:
        return replace(found, integrity=Integrity.CONTENT_MISSING, scope=scope)
    return replace(found, integrity=Integrity.INTACT, scope=scope, covers=covers, problem=problem)


def _scope(signature: Element, covered: Covered) -> tuple[Scope, str, str]:
    """Whole: the document (or the content beside it, or all that the signature is around); else the names of the parts."""
    root = signature.getroottree().getroot()
    if covered.whole or covered.external:
        problem = "unsigned_object" if unsigned_content(covered) else ""
        return (Scope.PART if problem else Scope.WHOLE), "", problem
    if signature is root:
        holders = [
            each
            for each in signature.findall(tag(DS, "Object"))
            if properties_of(signature) is None or each.find("{*}QualifyingProperties") is None
        ]
        if holders and all(any(each is one for one in covered.elements) for each in holders):
            return Scope.WHOLE, "", ""
    return Scope.PART, ", ".join(covered.parts), "" if _only_ones(root, covered) else "part_not_unique"


def _only_ones(root: Element, covered: Covered) -> bool:
    """Whether no unsigned element has the name of a signed one: a reader who goes by names could take the wrong one."""
    signed = {id(node) for element in covered.elements for node in element.iter()}
    return not any(
        etree.QName(node).localname in covered.parts and id(node) not in signed for node in root.iter(etree.Element)
    )
