"""Checks the signatures of a PDF (ISO 32000-2, 12.8; ETSI EN 319 142-1): what each covers, and what was added after it.

Document time stamps (`ETSI.RFC3161`) are no signer's signatures and are left out; as additions they are allowed.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

from asn1crypto import parser
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from cardd.documents.cades_cms import SignedData, Signer, read_signed_data
from cardd.documents.cades_signer import Judged, judge
from cardd.documents.checking.pades_coverage import Coverage, contents_of, read_byte_range, review
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document, opened
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.model import Format, ValidationMaterial
from cardd.documents.pades_opening import check_size, look, open_pdf, reading

Field = tuple[str, generic.DictionaryObject]
"""A signature field: its whole name, its dictionary."""

MOST_SIGNATURES = 100
"""Signatures in one document; each is compared with every revision after it."""
MOST_REVISIONS = 400
"""Revisions of one document: each signature is compared with all after it, and looked for in all before the last."""

_ETSI = "/ETSI.CAdES.detached"
_DETACHED = frozenset({_ETSI, "/adbe.pkcs7.detached"})
"""The two forms in which the CMS is over the document itself."""
_OLD = frozenset({"/adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1"})
"""Over a SHA-1 of it (deprecated by ISO 32000-2, 12.8.3)."""


def check(document: Document, *, content: Document | None = None) -> tuple[Found, ...]:  # noqa: ARG001 - as each format's check
    """Every signature, the oldest first; empty where nobody signed. A PDF carries its content itself: `content` is not looked at.

    A signature that an earlier revision had and the last one has no more is told as well (`signature_removed`).
    Raises `DocumentError`: `pdf_too_large`, `file_unreadable`, `pdf_no_pdf`, `pdf_encrypted`, `pdf_damaged`, `pdf_too_many_signatures`.
    """
    check_size(document)
    with opened(document) as stream:
        reader, strict = _open(stream)
        with reading():
            fields = _filled_fields(reader)
        if len(fields) > MOST_SIGNATURES or reader.total_revisions > MOST_REVISIONS:
            raise DocumentError("pdf_too_many_signatures")
        material = _store(reader)
        found = [_one(reader, stream, name, reference, material, strict=strict) for name, reference in fields]
        return (*(each for _, each in sorted(found, key=lambda pair: pair[0])), *_removed(reader, fields))


def _open(stream: IO[bytes]) -> tuple[PdfFileReader, bool]:
    """A strict reader where the file allows that, else a lenient one: then only a signature over the whole file counts as whole."""
    try:
        return open_pdf(stream), True
    except DocumentError as error:
        if error.problem not in ("pdf_damaged", "pdf_not_exact"):
            raise
        return open_pdf(stream, strict=False), False


def _filled_fields(handler: Any) -> list[Field]:
    """Name and dictionary of each signature field that has a value and is no document time stamp."""
    filled = []
    for name, value, reference in enumerate_sig_fields(handler, filled_status=True):
        if look(value.get_object(), "/Type") != "/DocTimeStamp":
            filled.append((str(name), reference.get_object()))
    return filled


def _one(
    reader: PdfFileReader,
    stream: IO[bytes],
    name: str,
    signature_field: generic.DictionaryObject,
    material: ValidationMaterial,
    *,
    strict: bool,
) -> tuple[int, Found]:
    """One signature, and how far it reaches (bytes), by which they are put in order."""
    found = Found(Format.PADES, Integrity.UNREADABLE, Scope.CHANGED_SINCE, covers=name)
    try:
        with reading("signature_dictionary"):
            dictionary = signature_field["/V"]
            subfilter = look(dictionary, "/SubFilter")
            if subfilter in _OLD:
                return 0, replace(found, integrity=Integrity.WEAK, problem="hash")
            if subfilter not in _DETACHED:
                raise DocumentError("subfilter_unknown")
            where = read_byte_range(dictionary, stream)
        with reading("cms_unreadable"):
            signed = read_signed_data(_without_padding(where.contents))
    except DocumentError as error:
        return 0, replace(found, problem=error.problem)
    signer = signed.signers[0] if len(signed.signers) == 1 else None
    judged = judge(signer, signed.certificates, where.digest, reference_needed=subfilter == _ETSI)
    coverage = review(reader, signature_field, where, strict=strict)
    return where.end, _found(found, signed, signer, judged, coverage, material, _claimed(dictionary))


def _found(
    found: Found,
    signed: SignedData,
    signer: Signer | None,
    judged: Judged,
    coverage: Coverage,
    material: ValidationMaterial,
    claimed: Any,
) -> Found:
    stamp = signer.stamps[0] if signer is not None and signer.stamps else None
    lists = tuple(dict.fromkeys((*signed.lists, *material.lists)))
    responses = tuple(dict.fromkeys((*signed.responses, *material.responses)))
    others = dict.fromkeys((*signed.certificates, *material.certificates))
    return replace(
        found,
        integrity=judged.integrity,
        scope=coverage.scope,
        problem=judged.problem or coverage.problem,
        level="b" if stamp is None else "lt" if lists or responses else "t",
        certificate=judged.certificate,
        others=tuple(der for der in others if der != judged.certificate),
        lists=lists,
        responses=responses,
        claimed_at=judged.claimed_at or claimed,
        stamp=stamp,
        stamped=None if signer is None else signer.signature,
        hash_name=judged.hash_name,
    )


def _without_padding(contents: bytes) -> bytes:
    """The CMS at the beginning of `Contents`; behind it stands what was left of the room."""
    _, _, _, header, value, trailer = parser.parse(contents)
    return contents[: len(header) + len(value) + len(trailer)]


def _claimed(dictionary: generic.DictionaryObject) -> Any:
    """The dictionary's `M`; None where it has none, or one without a time zone, which is no moment."""
    written = look(dictionary, "/M")
    if not isinstance(written, generic.TextStringObject) or not re.search(
        r"(Z|[+-]\d\d'?(\d\d)?'?)", str(written)[10:]
    ):
        return None
    try:
        with reading("time"):
            return generic.parse_pdf_date(written, strict=False)
    except DocumentError:
        return None  # what the signer claims decides nothing, so an unreadable claim is no claim


def _store(reader: PdfFileReader) -> ValidationMaterial:
    """The document security store. What cannot be read of it is not there: then revocation is not known, and is called that."""
    kinds = (
        ("/Certs", DecodePurpose.CERTIFICATE),
        ("/CRLs", DecodePurpose.CRL),
        ("/OCSPs", DecodePurpose.OCSP_RESPONSE),
    )
    try:
        with reading("store"):
            store = look(reader.root, "/DSS")
            if store is None:
                return ValidationMaterial()
            certificates, lists, responses = (tuple(_streams(store, name, purpose)) for name, purpose in kinds)
    except DocumentError:
        return ValidationMaterial()
    return ValidationMaterial(certificates, lists, responses)


def _streams(store: generic.DictionaryObject, name: str, purpose: DecodePurpose) -> Iterator[bytes]:
    for reference in look(store, name) or ():
        yield reference.get_object().read_data(purpose)


def _removed(reader: PdfFileReader, fields: list[Field]) -> Iterator[Found]:
    """Signatures that an earlier revision had and that stand in no field now: gone, or another one in their place."""
    known = {_mark(each) for _, each in fields}
    for revision in range(reader.total_revisions - 1):
        try:
            with reading():
                earlier = _filled_fields(reader.get_historical_resolver(revision))
        except DocumentError:
            continue  # an old table that nobody can read shows nobody a signature
        for name, each in earlier:
            mark = _mark(each)
            if mark and mark not in known:
                known.add(mark)
                yield Found(Format.PADES, Integrity.UNREADABLE, Scope.CHANGED_SINCE, "signature_removed", covers=name)


def _mark(signature_field: generic.DictionaryObject) -> bytes:
    """By which a signature is known again: the hash of its `Contents`; empty where it has none."""
    try:
        with reading():
            return hashlib.sha256(contents_of(signature_field["/V"])).digest()
    except DocumentError:
        return b""
