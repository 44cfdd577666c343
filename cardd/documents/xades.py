"""XAdES baseline B (ETSI EN 319 132-1) in two phases: prepare here, the card signs behind the daemon, finish here.

prepared = xades.prepare(document, certificate)
answer = daemon.sign(prepared.order)              # `sign.begin` and `sign.finish`
signed = prepared.finish(answer)
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from cardd.documents.checking.xades import check
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document, digest_of, facts_of, octets_of, readable
from cardd.documents.found import Integrity
from cardd.documents.keys import HASHES, PublicKey, Scheme, holds, is_weak, load_certificate, public_key
from cardd.documents.model import Facts, Format, Order, Stamper, ValidationMaterial
from cardd.documents.state import Value, dump_state, load_state
from cardd.documents.xades_levels import add_unsigned
from cardd.documents.xades_look import stand_in
from cardd.documents.xades_signer import NO_SIGNATURES, Form, Layout, RecordingKey, Signer, Wanted, element_with
from cardd.documents.xades_xml import (
    C14N_10,
    DS,
    LARGEST,
    MOST_SIGNATURES,
    Element,
    canonical,
    read_xml,
    signatures_in,
    tag,
    write_xml,
)

HashName = Literal["sha256", "sha384", "sha512"]
ENVELOPED: Final = Layout()
SIGNATURE_ROOM: Final = 64 * 1024
"""Bytes that a signature of level B adds at most: its certificates, and as much again for names."""
_VALUE: Final = tag(DS, "SignatureValue")
_SIGNED_INFO: Final = tag(DS, "SignedInfo")


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """The document of a detached signature, read before anybody is asked for a PIN: nothing of it is read while the card waits."""

    facts: Facts
    hash_name: HashName
    digest: bytes = field(repr=False)
    """Of the document, by `hash_name`."""
    document: Document = field(repr=False)

    def check(self) -> None:
        """Read it once more. Raises `DocumentError`: `document_changed`, `file_unreadable`."""
        if digest_of(self.document, self.hash_name) != self.digest:
            raise DocumentError("document_changed")


@dataclass(frozen=True, slots=True)
class PreparedXades:
    """What was prepared. It holds the document (but a detached one), and is kept where the document may be kept."""

    facts: Facts
    order: Order
    certificate: bytes = field(repr=False)
    xml: bytes = field(repr=False)
    """With a SignatureValue of zeros."""
    place: int
    """Which signature of the document it is, in document order."""

    def dumps(self) -> bytes:
        """As bytes, to be kept between two requests (`cardd.documents.state`)."""
        rest: dict[str, Value] = {"certificate": self.certificate, "xml": self.xml, "place": self.place}
        return dump_state(Format.XADES, self.facts, self.order, rest)

    def finish(
        self,
        answer: bytes,
        *,
        expected_fingerprint: str | None = None,
        stamper: Stamper | None = None,
        material: ValidationMaterial | None = None,
    ) -> bytes:
        """The signed XML, UTF-8. `answer`: the bare signature value (PKCS#1 v1.5, or ECDSA in DER) over `order.digest`.

        `expected_fingerprint`: SHA-256 of the certificate whose key signed, hex. `stamper`: makes it level T; `material` with it:
        level LT. Raises `DocumentError`: `certificate_swapped`, `answer_for_other_document`, `signature_wrong`,
        `prepared_changed` where the state does not fit itself, `level_needs_stamp`, `stamp_…` as `stamps.stamped`.
        """
        if expected_fingerprint not in (None, hashlib.sha256(self.certificate).hexdigest()):
            raise DocumentError("certificate_swapped")
        if material is not None and stamper is None:
            raise DocumentError("level_needs_stamp")
        key = public_key(load_certificate(self.certificate))
        _check_answer(key, answer, self.order)
        root = read_xml(self.xml)
        signature = self._signature(root)
        signature.find(_VALUE).text = base64.b64encode(_as_xml_has_it(key, answer)).decode()
        if stamper is not None:
            add_unsigned(signature, stamper, material)
        signed = write_xml(root)
        # The last look is that of whoever gets it: a state that was changed on its way cannot become a signed document.
        found = check(signed)[self.place]
        if (
            found.integrity not in (Integrity.INTACT, Integrity.CONTENT_MISSING)
            or found.certificate != self.certificate
        ):
            raise DocumentError("prepared_changed")
        return signed

    def _signature(self, root: Element) -> Element:
        signatures = signatures_in(root)
        if not 0 <= self.place < len(signatures):
            raise DocumentError("prepared_changed")
        signature = signatures[self.place]
        signed_info = signature.find(_SIGNED_INFO)
        if signed_info is None or signature.find(_VALUE) is None:
            raise DocumentError("prepared_changed")
        if hashlib.new(self.order.hash_name, canonical(signed_info, C14N_10)).digest() != self.order.digest:
            raise DocumentError("prepared_changed")
        return signature


def loads(state: bytes) -> PreparedXades:
    """Read back what `dumps` wrote. Raises `DocumentError`: `state_unreadable`, `state_version`, `state_other_format`."""
    found = load_state(state, Format.XADES)
    return PreparedXades(
        found.facts, found.order, found.octets("certificate"), found.octets("xml"), found.number("place")
    )


def read_before(document: Document, *, name: str | None = None, hash_name: HashName = "sha256") -> ReadBefore:
    """Read the document of a detached signature, of any size, for `prepare`.

    Raises `DocumentError`: `file_unreadable`, `name_missing`, `document_changed` (while it was read).
    """
    facts = facts_of(document, name)
    if not facts.name:
        raise DocumentError("name_missing")
    # Of SHA-256 the one that the person is shown; of another the file is read once more, and must be the same before and after.
    digest = bytes.fromhex(facts.sha256)
    if hash_name != "sha256":
        digest = digest_of(document, hash_name)
        if digest_of(document, "sha256").hex() != facts.sha256:
            raise DocumentError("document_changed")
    return ReadBefore(facts, hash_name, digest, document)


def prepare(
    document: Document | ReadBefore,
    certificate: bytes,
    layout: Layout = ENVELOPED,
    *,
    name: str | None = None,
    hash_name: HashName = "sha256",
    at: datetime | None = None,
    others: Sequence[bytes] = (),
) -> PreparedXades:
    """Prepare one signature with the key of `certificate` (DER).

    `document`: one that was `ReadBefore` is detached, under its own name and `hash_name`, and is not read again; whoever writes
    the signature calls its `check` before. `layout`: enveloped and enveloping take XML of at most 64 MiB; detached takes any
    file, read in pieces, and names it by `name`. A document whose signatures left room gets `beside_others` by itself.
    `at`: the signing time as the signer says it, with time
    zone; now where none is given. `others`: certificates of authorities that go along, DER.

    Raises `DocumentError`: `xml_…` as `read_xml`, `xml_signed_whole` (a signature in it covers everything: one more would break
    it), `xml_no_such_id`, `xml_duplicate_id`, `name_missing`, `certificate_unreadable`, `key_not_supported`, `key_weak`,
    `document_changed` (while it was read).
    """
    leaf = load_certificate(certificate)
    key = public_key(leaf)
    if is_weak(key):
        raise DocumentError("key_weak")
    at = at or datetime.now(UTC)
    if isinstance(document, ReadBefore):
        hash_name = document.hash_name
        facts, wanted = document.facts, _detached(document, at)
    else:
        facts, wanted = _wanted(document, layout, name, hash_name, at)
    recording = RecordingKey(key)
    made = Signer(wanted, key).made(recording, [leaf, *map(load_certificate, others)])
    xml = write_xml(made)
    signatures = signatures_in(made)
    place = 0 if layout.form is not Form.ENVELOPED else len(signatures) - 1
    order = Order("raw", hash_name, hashlib.new(hash_name, recording.octets).digest())
    return PreparedXades(facts, order, certificate, xml, place)


def look(document: Document, layout: Layout = ENVELOPED, *, name: str | None = None) -> Facts:
    """Whether `prepare` would take this document, before anybody is asked for a PIN: all of its checks that need no certificate.

    Looks as well whether the document keeps within the bounds of `read_xml` once a signature stands in or around it: at most
    64 MiB with `SIGNATURE_ROOM`, 200 levels with its own. The facts of what was read come back, for the person and to
    compare with `PreparedXades.facts`. Raises `DocumentError` as `prepare`, but for what it says of certificates and keys.
    """
    facts, wanted = _wanted(document, layout, name, "sha256", datetime.now(UTC))
    if wanted.root is None:
        return facts
    # The very steps of `prepare`, with a certificate that stands for the one to come: what cannot be written fails here.
    leaf = stand_in()
    key = public_key(leaf)
    made = write_xml(Signer(wanted, key).made(RecordingKey(key), [leaf]))
    if len(made) > LARGEST - SIGNATURE_ROOM:
        raise DocumentError("too_large")
    read_xml(made)
    return facts


def _wanted(
    document: Document, layout: Layout, name: str | None, hash_name: HashName, at: datetime
) -> tuple[Facts, Wanted]:
    """The document, read once, and how it is to be signed."""
    if layout.form is Form.DETACHED:
        read = read_before(document, name=name, hash_name=hash_name)
        return read.facts, _detached(read, at)
    octets = octets_of(document, LARGEST)
    facts = facts_of(octets, name if name is not None or isinstance(document, bytes) else readable(document.name))
    root = read_xml(octets)
    if layout.form is Form.ENVELOPED:
        beside = (_room_for_one_more(root, layout.element) or layout.beside_others) and layout.element is None
        layout = replace(layout, beside_others=beside)
    return facts, Wanted(layout, hash_name, at, "text/xml", root)


def _detached(read: ReadBefore, at: datetime) -> Wanted:
    name = Path(read.facts.name).name
    return Wanted(Layout(Form.DETACHED), read.hash_name, at, read.facts.media_type, name=name, digest=read.digest)


def _room_for_one_more(root: Element, element: str | None) -> bool:
    """Whether there are signatures already that leave room for one more."""
    signatures = signatures_in(root)
    if len(signatures) >= MOST_SIGNATURES:
        raise DocumentError("too_many_signatures")
    if element is not None:
        element_with(root, element)
    for signature in signatures:
        for reference in signature.iterfind(f"{_SIGNED_INFO}/{tag(DS, 'Reference')}"):
            steps = [(step.text or "").strip() for step in reference.iter(tag(DS, "XPath"))]
            if reference.get("URI") == "" and NO_SIGNATURES not in steps:
                raise DocumentError("xml_signed_whole")
    return bool(signatures)


def _check_answer(key: PublicKey, answer: bytes, order: Order) -> None:
    family = "ecdsa" if isinstance(key, ec.EllipticCurvePublicKey) else "rsa"
    if holds(key, answer, order.digest, Scheme(family, order.hash_name)):
        return
    if isinstance(key, rsa.RSAPublicKey):
        try:
            key.recover_data_from_signature(answer, padding.PKCS1v15(), HASHES[order.hash_name])
        except (InvalidSignature, ValueError):
            raise DocumentError("signature_wrong") from None
        raise DocumentError("answer_for_other_document")
    raise DocumentError("signature_wrong")


def _as_xml_has_it(key: PublicKey, answer: bytes) -> bytes:
    """RSA as it is; ECDSA as r and s, each as long as the order of the curve (XML Signature 1.1, 6.4.3)."""
    if isinstance(key, rsa.RSAPublicKey):
        return answer
    size = (key.key_size + 7) // 8
    r, s = utils.decode_dss_signature(answer)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
