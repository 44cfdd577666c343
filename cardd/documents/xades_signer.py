"""signxml's XAdES signer with the seams that application forms need: Japanese names, a key that only records, content of any size.

signxml 5.2 loses `xml:` attributes of elements above when it makes the canonical form, turns names into ASCII on the way, knows one
signature in a document, and takes the signing time from the clock. Each method below puts one of these right.
"""

import secrets
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, cast
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import SignatureReference
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

from cardd.documents.errors import DocumentError
from cardd.documents.keys import PublicKey
from cardd.documents.xades_xml import (
    C14N_10,
    DS,
    XADES,
    Element,
    canonical,
    canonical_document,
    identified,
    signatures_in,
    tag,
    without,
)

XPATH: Final = "http://www.w3.org/TR/1999/REC-xpath-19991116"
NO_SIGNATURES: Final = "not(ancestor-or-self::ds:Signature)"
"""With `XPATH`: the document without any of its signatures, so that several stand side by side (XML Signature 1.1, 6.6.3)."""


class Form(StrEnum):
    """How signature and content lie to each other."""

    ENVELOPED = "enveloped"
    """In the document."""
    ENVELOPING = "enveloping"
    """Around it."""
    DETACHED = "detached"
    """Beside it, in a file of its own."""


_METHODS: Final = {
    Form.ENVELOPED: SignatureConstructionMethod.enveloped,
    Form.ENVELOPING: SignatureConstructionMethod.enveloping,
    Form.DETACHED: SignatureConstructionMethod.detached,
}


@dataclass(frozen=True)
class Layout:
    """Where the signature goes, and how much of the document it covers."""

    form: Form = Form.ENVELOPED
    element: str | None = field(default=None, repr=False)
    """Enveloped: only the element with this identifier is signed."""
    beside_others: bool = False
    """Enveloped: the document without any of its signatures is signed, which leaves room for more."""


@dataclass(frozen=True)
class Wanted:
    """What is to be signed and how. `root`: of the document, but for detached content; `digest`: of that, as it is."""

    layout: Layout
    hash_name: str
    at: datetime
    media_type: str
    root: Element = field(default=None, repr=False)
    name: str = field(default="", repr=False)
    digest: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class _Ready:
    """Stands for content whose canonical form, or digest, is known already."""

    octets: bytes = field(default=b"", repr=False)
    digest: bytes | None = field(default=None, repr=False)


class RecordingKey:
    """Takes the place of a private key: keeps what is to be signed, answers with a value of the right size."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key
        self.octets = b""

    @property
    def key_size(self) -> int:
        """Bits."""
        return self._key.key_size

    def sign(self, data: bytes, *_how: object, **_more: object) -> bytes:
        """signxml calls it once, with the canonical SignedInfo."""
        self.octets = data
        if isinstance(self._key, rsa.RSAPublicKey):
            return bytes(self.key_size // 8)
        return utils.encode_dss_signature(1, 1)


class Signer(XAdESSigner):
    """One use signs one document."""

    def __init__(self, wanted: Wanted, key: PublicKey) -> None:
        family = "ECDSA" if isinstance(key, ec.EllipticCurvePublicKey) else "RSA"
        super().__init__(
            method=_METHODS[wanted.layout.form],
            signature_algorithm=SignatureMethod[f"{family}_{wanted.hash_name.upper()}"],
            digest_algorithm=DigestAlgorithm[wanted.hash_name.upper()],
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
            data_object_format=XAdESDataObjectFormat(Description="", MimeType=wanted.media_type),
        )
        self._wanted = wanted
        self._object_id = f"Object-{_token()}"

    def made(self, key: RecordingKey, chain: list[x509.Certificate]) -> Element:
        """The document with its new signature (`Wanted.root` itself), or the signature alone (enveloping, detached)."""
        return self.sign(None, key=cast(Any, key), cert=chain, always_add_key_value=False)

    def _c14n(self, nodes: Any, algorithm: Any, inclusive_ns_prefixes: Any = None) -> Any:  # noqa: ARG002 - never exclusive
        return nodes if isinstance(nodes, _Ready) else canonical(nodes, algorithm.value)

    def _get_digest(self, data: Any, algorithm: Any) -> bytes:
        if isinstance(data, _Ready):
            if data.digest is not None:
                return data.digest
            data = data.octets
        return bytes(super()._get_digest(data, algorithm))

    def _unpack(self, data: Any, references: Any) -> Any:  # noqa: ARG002 - what is signed is known already
        wanted = self._wanted
        signature = etree.Element(tag(DS, "Signature"), nsmap=self.namespaces)
        if wanted.layout.form is Form.DETACHED:
            return signature, None, [_Ready(digest=wanted.digest)], [SignatureReference(URI=quote(wanted.name))]
        if wanted.layout.form is Form.ENVELOPING:
            holder = etree.Element(tag(DS, "Object"), nsmap=self.namespaces, Id=self._object_id)
            holder.append(wanted.root)
            return signature, signature, [holder], [SignatureReference(URI=f"#{self._object_id}")]
        if wanted.layout.element is not None:
            wanted.root.append(signature)
            part = element_with(wanted.root, wanted.layout.element)
            return signature, wanted.root, [part], [SignatureReference(URI=f"#{wanted.layout.element}")]
        whole = deepcopy(wanted.root.getroottree())
        for other in signatures_in(whole.getroot()) if wanted.layout.beside_others else ():
            without(other)
        ready = _Ready(canonical_document(whole.getroot(), C14N_10))
        wanted.root.append(signature)
        return signature, wanted.root, [ready], [SignatureReference(URI="")]

    def _build_transforms_for_reference(self, *, transforms_node: Element, **_how: Any) -> None:
        wanted = self._wanted
        if wanted.layout.form is Form.DETACHED:
            return
        if wanted.layout.beside_others:
            step = etree.SubElement(transforms_node, tag(DS, "Transform"), Algorithm=XPATH)
            etree.SubElement(step, tag(DS, "XPath")).text = NO_SIGNATURES
        elif wanted.layout.form is Form.ENVELOPED and wanted.layout.element is None:
            etree.SubElement(
                transforms_node, tag(DS, "Transform"), Algorithm=SignatureConstructionMethod.enveloped.value
            )
        etree.SubElement(transforms_node, tag(DS, "Transform"), Algorithm=self.c14n_alg.value)

    def _build_sig(self, sig_root: Element, *more: Any, **how: Any) -> Any:
        built = cast(Any, super())._build_sig(sig_root, *more, **how)
        for transforms in sig_root.findall(f".//{tag(DS, 'Transforms')}"):
            if not len(transforms):  # the schema knows no empty list
                without(transforms)
        return built

    def add_signing_time(self, signed_signature_properties: Element, *_more: Any, **_how: Any) -> None:
        """The time that the caller says, in whole seconds, UTC."""
        moment = self._wanted.at.astimezone(UTC).replace(microsecond=0)
        etree.SubElement(
            signed_signature_properties, tag(XADES, "SigningTime"), nsmap=self.namespaces
        ).text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def add_data_object_format(
        self,
        signed_data_object_properties: Element,
        sig_root: Element,
        signing_settings: Any,  # noqa: ARG002
    ) -> None:
        """The media type of what is signed; no description, since nobody gave one (EN 319 132-1, 5.2.4)."""
        reference = sig_root.find(f"{tag(DS, 'SignedInfo')}/{tag(DS, 'Reference')}")
        reference.set("Id", f"Reference-{_token()}")
        kind = etree.SubElement(
            signed_data_object_properties,
            tag(XADES, "DataObjectFormat"),
            nsmap=self.namespaces,
            ObjectReference=f"#{reference.get('Id')}",
        )
        etree.SubElement(kind, tag(XADES, "MimeType"), nsmap=self.namespaces).text = self._wanted.media_type


def element_with(root: Element, identifier: str) -> Element:
    """The one element below the root that carries it. Raises `DocumentError`: `xml_no_such_id`, `xml_duplicate_id`."""
    found = {id(node): node for value, node in identified(root) if value == identifier}
    if len(found) > 1:
        raise DocumentError("xml_duplicate_id")
    if not found or root in found.values():
        raise DocumentError("xml_no_such_id")
    return next(iter(found.values()))


def _token() -> str:
    """Tells the identifiers of several signatures in one document apart."""
    return secrets.token_hex(8)
