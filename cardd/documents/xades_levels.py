"""What stands unsigned beside an XAdES signature: the time stamp of level T, certificates and revocation values of level LT."""

import base64
from collections.abc import Iterable

from lxml import etree

from cardd.documents.errors import DocumentError
from cardd.documents.model import Stamper, ValidationMaterial
from cardd.documents.stamps import stamped
from cardd.documents.xades_xml import C14N_10, DS, NAMES, XADES, Element, canonical, tag


def add_unsigned(signature: Element, stamper: Stamper, material: ValidationMaterial | None) -> None:
    """A time stamp over the signature value (EN 319 132-1, 5.3), and with `material` what a later check needs (5.4).

    Raises `DocumentError`: `prepared_changed` where the properties are missing, `stamp_…` as `cardd.documents.stamps.stamped`.
    """
    properties = signature.find(f"{tag(DS, 'Object')}/{tag(XADES, 'QualifyingProperties')}")
    value = signature.find(tag(DS, "SignatureValue"))
    if properties is None or value is None:
        raise DocumentError("prepared_changed")
    below = _child(_child(properties, XADES, "UnsignedProperties"), XADES, "UnsignedSignatureProperties")
    stamp = _child(below, XADES, "SignatureTimeStamp")
    _child(stamp, DS, "CanonicalizationMethod").set("Algorithm", C14N_10)
    token = stamped(stamper, canonical(value, C14N_10))
    _child(stamp, XADES, "EncapsulatedTimeStamp").text = base64.b64encode(token).decode()
    if material is not None:
        _add_material(below, material)


def _add_material(below: Element, material: ValidationMaterial) -> None:
    if material.certificates:
        values = _child(below, XADES, "CertificateValues")
        _add_values(values, "EncapsulatedX509Certificate", material.certificates)
    if material.lists or material.responses:
        values = _child(below, XADES, "RevocationValues")
        if material.lists:
            _add_values(_child(values, XADES, "CRLValues"), "EncapsulatedCRLValue", material.lists)
        if material.responses:
            _add_values(_child(values, XADES, "OCSPValues"), "EncapsulatedOCSPValue", material.responses)


def _add_values(parent: Element, name: str, values: Iterable[bytes]) -> None:
    for each in values:
        _child(parent, XADES, name).text = base64.b64encode(each).decode()


def _child(parent: Element, namespace: str, name: str) -> Element:
    return etree.SubElement(parent, tag(namespace, name), nsmap=NAMES)
