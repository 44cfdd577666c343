"""Room for a signature in a PDF: the signature field, its dictionary, what it certifies, how it looks. All as an incremental update."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.stamp import NoOpStampStyle

from cardd.documents.appearance import Appearance
from cardd.documents.errors import DocumentError
from cardd.documents.pades_appearance import show
from cardd.documents.pades_opening import CHUNK, look, reading

_NAME = re.compile(r"[^\W_][\w \-]{0,63}")
"""Of a new field: letters of any script, digits, space, `_`, `-`. A period parts a name into levels (ISO 32000-2, 12.7.4.2)."""


@dataclass(frozen=True, slots=True)
class PlaceholderWish:
    """What is to be written. `room`: bytes of DER. `certify`: the DocMDP level, or None."""

    room: int
    hash_name: str
    at: datetime
    field_name: str | None = field(default=None, repr=False)
    certify: int | None = None
    reason: str | None = field(default=None, repr=False)
    location: str | None = field(default=None, repr=False)
    contact: str | None = field(default=None, repr=False)
    appearance: Appearance | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the room is, and the digest of everything else. Offsets and sizes in bytes."""

    start: int
    end: int
    size: int
    digest: bytes = field(repr=False)
    shown_otherwise: tuple[str, ...] = field(default=(), repr=False)


def write_placeholder(reader: PdfFileReader, wish: PlaceholderWish) -> Placed:
    """Append the update to the reader's own stream, which must be writable.

    Raises `DocumentError`: `pdf_no_changes_allowed` (certified, or locked by an earlier signature), `pdf_field_locked`,
    `certify_not_first`, `field_filled`, `field_ambiguous`, `field_unusable`, `field_demands` (by the form's author),
    `pdf_xfa`, what the appearance raises, `pdf_damaged`.
    """
    with reading():
        _check_allowed(reader, wish)
        field_name = _choose_field(reader, wish.field_name)
        _check_lock(reader, field_name)
        shown = None if wish.appearance is None else show(wish.appearance, wish.at, reader, field_name)
    # Microsoft Word writes hybrid files (ISO 32000-2, 7.5.8.4): all objects are in the bytes that are signed, readers from before 2003
    # see fewer of them. pyHanko's strict mode would refuse each of Word's documents; its tables were read strictly before.
    reader.strict = not reader.xrefs.hybrid_xrefs_present
    writer = IncrementalPdfFileWriter.from_reader(reader)
    signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=field_name,
            md_algorithm=wish.hash_name,
            subfilter=SigSeedSubFilter.PADES,
            certify=wish.certify is not None,
            docmdp_permissions=MDPPerm(wish.certify or MDPPerm.FILL_FORMS.value),
            reason=wish.reason,
            location=wish.location,
            contact_info=wish.contact,
        ),
        # Who signs is known after the PIN: a resident's certificate opens with it.
        ExternalSigner(signing_cert=None, cert_registry=None),
        stamp_style=NoOpStampStyle() if shown is None else shown.style,
        new_field_spec=None if shown is None else SigFieldSpec(field_name, on_page=shown.page, box=shown.box),
    )
    with reading():
        try:
            session = signer.init_signing_session(writer)
            session.system_time = wish.at
            to_be_signed = session.prepare_tbs_document(None, bytes_reserved=2 * wish.room)
        except SigningError:
            # What is left after our own checks: the field's seed values (ISO 32000-2, 12.7.5.5).
            raise DocumentError("field_demands") from None
        prepared, stream = to_be_signed.digest_tbs_document(in_place=True, chunk_size=CHUNK)
    stream.seek(0, 2)
    return Placed(
        prepared.reserved_region_start,
        prepared.reserved_region_end,
        stream.tell(),
        prepared.document_digest,
        () if shown is None else shown.lacking,
    )


def _check_allowed(reader: PdfFileReader, wish: PlaceholderWish) -> None:
    form = look(reader.root, "/AcroForm")
    if form is not None and "/XFA" in form:
        # An XFA reader shows another form than the pages that are signed; deprecated (ISO 32000-2, 12.7.8).
        raise DocumentError("pdf_xfa")
    earlier = reader.embedded_signatures
    if wish.certify is not None and earlier:
        raise DocumentError("certify_not_first")
    # Certified so, or locked so by an ordinary signature (ISO 32000-2, 12.8.2.2 and 12.7.5.5).
    if any(signature.docmdp_level is MDPPerm.NO_CHANGES for signature in earlier):
        raise DocumentError("pdf_no_changes_allowed")


def _choose_field(reader: PdfFileReader, wanted: str | None) -> str:
    """The field to be signed: the one that was asked for, the only empty one, or a name that no field has."""
    fields = {str(name): value is None for name, value, _ in enumerate_sig_fields(reader)}
    empty = [name for name, is_empty in fields.items() if is_empty]
    if wanted is None:
        if len(empty) > 1:
            raise DocumentError("field_ambiguous")
        names = fields.keys() | _names(reader)
        return empty[0] if empty else next(name for name in map("Signature{}".format, count(1)) if name not in names)
    if not fields.get(wanted, True):
        raise DocumentError("field_filled")
    if wanted not in fields and (not _NAME.fullmatch(wanted) or wanted in _names(reader)):
        raise DocumentError("field_unusable")
    return wanted


def _check_lock(reader: PdfFileReader, name: str) -> None:
    """FieldMDP of the signatures that are there (ISO 32000-2, 12.8.2.4)."""
    locks = [signature.fieldmdp for signature in reader.embedded_signatures]
    if any(lock is not None and lock.is_locked(name) for lock in locks):
        raise DocumentError("pdf_field_locked")


def _names(reader: PdfFileReader) -> set[str]:
    """Names at the form's top level, of fields of any kind."""
    form = look(reader.root, "/AcroForm")
    fields = () if form is None else look(form, "/Fields") or ()
    return {str(look(each.get_object(), "/T")) for each in fields}
