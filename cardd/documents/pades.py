"""PAdES in two phases (ETSI EN 319 142-1): prepare a PDF here, have its digest signed by the daemon, finish it here.

`prepare` gives a `PreparedPdf`: what the person is shown, what the daemon is asked, and the document with room for the
signature. A web server keeps `dumps()` between its two requests. `finish` takes the daemon's CMS and looks at all of it before
a byte is written.
"""

import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import IntEnum
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from cardd.documents.appearance import Appearance
from cardd.documents.cades_answer import check_answer
from cardd.documents.cades_levels import check_material, raise_level
from cardd.documents.cades_signer import SIGNING_TIME
from cardd.documents.errors import DocumentError
from cardd.documents.facts import opened, pieces
from cardd.documents.model import Facts, Format, Level, Order, Stamper, ValidationMaterial
from cardd.documents.pades_material import add_material
from cardd.documents.pades_opening import CHUNK, check_size, count_pages, open_pdf
from cardd.documents.pades_placeholder import PlaceholderWish, write_placeholder
from cardd.documents.state import Value, dump_state, load_state

MEDIA_TYPE = "application/pdf"

ROOM = {Level.B: 16 * 1024, Level.T: 32 * 1024, Level.LT: 32 * 1024}
"""Bytes of DER that a signature may take. A daemon's answer has 2 to 4 KiB, a time stamp token with its certificates 4 to 12."""


class Permission(IntEnum):
    """What a certified document still allows (DocMDP, ISO 32000-2, Table 257)."""

    NOTHING = 1
    """Validation data and document time stamps may be added; no further signature."""
    FILL_AND_SIGN = 2
    """Fields may be filled in, signatures added."""
    ANNOTATE = 3
    """And notes."""


@dataclass(frozen=True, slots=True)
class PdfOptions:
    """How a PDF is to be signed. Nothing that names a person is written but what stands here."""

    level: Level = Level.B
    hash_name: Literal["sha256", "sha384", "sha512"] = "sha256"
    field_name: str | None = field(default=None, repr=False)
    """Of the signature field: an empty one that is there, else it is made. None: the only empty one, else `Signature1` or the
    next free number."""
    certify: Permission | None = None
    """Make it the certifying signature; it must be the first one."""
    reason: str | None = field(default=None, repr=False)
    location: str | None = field(default=None, repr=False)
    contact: str | None = field(default=None, repr=False)
    appearance: Appearance | None = field(default=None, repr=False)
    """None: no visible signature."""
    at: datetime | None = None
    """The time that the signer claims (the dictionary's `M`); aware. None: now."""


@dataclass(frozen=True, slots=True)
class PreparedPdf:
    """A PDF with room for its signature, and the digest that is to be signed."""

    facts: Facts
    order: Order
    level: Level
    start: int
    """Offset of the `<` before the room for the signature, bytes from the beginning."""
    end: int
    """Offset behind its `>`."""
    size: int
    """Bytes of the prepared document."""
    kept: bytes | Path = field(repr=False)
    """The prepared document itself, or where it lies."""
    shown_otherwise: tuple[str, ...] = field(default=(), repr=False)
    """Characters of the visible signature that the font lacks, shown as 〓; the caller says so to the person."""

    def dumps(self) -> bytes:
        """The state between the two phases: JSON, and with it the whole document where it is held in memory (base64). It holds
        the document's name: keep it where the document itself may be kept, and never let a browser hold it.
        """
        rest: dict[str, Value] = {
            "level": self.level.value,
            "start": self.start,
            "end": self.end,
            "size": self.size,
            "shown_otherwise": [character.encode() for character in self.shown_otherwise],
            "in_memory": isinstance(self.kept, bytes),
            "kept": self.kept if isinstance(self.kept, bytes) else os.fsencode(self.kept),
        }
        return dump_state(Format.PADES, self.facts, self.order, rest)

    def finish(
        self,
        answer: bytes,
        *,
        expected_fingerprint: str | None = None,
        stamper: Stamper | None = None,
        material: ValidationMaterial | None = None,
    ) -> bytes:
        """The signed PDF. `answer`: the daemon's CMS, DER. `expected_fingerprint`: SHA-256 of the signer's certificate, hex.

        Raises `DocumentError`: `document_changed`, `prepared_file_missing`; what `cardd.documents.cades_answer.check_answer` raises;
        `answer_not_for_pdf`, `answer_too_long`; `stamper_missing`, `material_missing` where the level asks for them;
        `material_unreadable`; what `cardd.documents.stamps.stamped` and the stamper raise.
        """
        signature = self._signature(answer, expected_fingerprint, stamper, material)
        stream = BytesIO(self.kept if isinstance(self.kept, bytes) else self.kept.read_bytes())
        self._complete(stream, signature, material)
        return stream.getvalue()

    def finish_file(
        self,
        answer: bytes,
        destination: Path,
        *,
        expected_fingerprint: str | None = None,
        stamper: Stamper | None = None,
        material: ValidationMaterial | None = None,
    ) -> None:
        """As `finish`, for a document prepared as a file: that file is completed, synced, and becomes `destination` at once.

        `destination` stands on the same file system. Until then it is not touched; whatever failed, it can be tried again.
        Raises as `finish`, and `prepared_in_memory`, `write_failed`.
        """
        if isinstance(self.kept, bytes):
            raise DocumentError("prepared_in_memory")
        signature = self._signature(answer, expected_fingerprint, stamper, material)
        try:
            with self.kept.open("r+b") as stream:
                stream.truncate(self.size)
                self._complete(stream, signature, material)
                stream.flush()
                os.fsync(stream.fileno())
            self.kept.replace(destination)
            _sync_folder(destination.parent)
        except OSError:
            raise DocumentError("write_failed") from None

    def _signature(
        self, answer: bytes, fingerprint: str | None, stamper: Stamper | None, material: ValidationMaterial | None
    ) -> bytes:
        """What is to be put into the room, checked; nothing is written yet."""
        if self.level is not Level.B and stamper is None:
            raise DocumentError("stamper_missing")
        if self.level is Level.LT and material is None:
            raise DocumentError("material_missing")
        self._check_unchanged()
        if material is not None:
            check_material(material)
        if len(answer) > self.room:
            raise DocumentError("answer_too_long")
        signer, _ = check_answer(answer, self.order, fingerprint)
        if signer.stamps or any(kind == SIGNING_TIME for kind, _ in signer.attributes):
            # ETSI EN 319 142-1, 6.3, Table 1: the claimed time stands in the dictionary's M, and nowhere else.
            raise DocumentError("answer_not_for_pdf")
        signature = answer if stamper is None else raise_level(answer, stamper=stamper)
        if len(signature) > self.room:
            raise DocumentError("answer_too_long")
        return signature

    @property
    def room(self) -> int:
        """Bytes of DER that fit in; the signature stands there in hex, between `<` and `>`."""
        return (self.end - self.start - 2) // 2

    def _check_unchanged(self) -> None:
        if isinstance(self.kept, bytes):
            found = self._digest(BytesIO(self.kept))
        else:
            try:
                with self.kept.open("rb") as stream:
                    found = self._digest(stream)
            except OSError:
                raise DocumentError("prepared_file_missing") from None
        if found != self.order.digest:
            raise DocumentError("document_changed")

    def _digest(self, stream: IO[bytes]) -> bytes:
        """Over all bytes of the prepared document but its room (ISO 32000-2, 12.8.1)."""
        digest = hashlib.new(self.order.hash_name)
        for begin, end in ((0, self.start), (self.end, self.size)):
            stream.seek(begin)
            while (left := end - stream.tell()) > 0:
                piece = stream.read(min(CHUNK, left))
                if not piece:
                    raise DocumentError("document_changed")
                digest.update(piece)
        return digest.digest()

    def _complete(self, stream: IO[bytes], signature: bytes, material: ValidationMaterial | None) -> None:
        place = PreparedByteRangeDigest(self.order.digest, self.start, self.end)
        padded = place.fill_reserved_region(stream, signature)
        if self.level is Level.LT and material is not None:
            add_material(stream, padded, material)


def prepare(
    pdf: bytes | Path, options: PdfOptions | None = None, *, name: str | None = None, work: Path | None = None
) -> PreparedPdf:
    """Write the room for a signature into a copy of `pdf`, as an incremental update, and take the digest.

    `pdf`: bytes up to 100 MiB; or a file, then `work` says where the prepared document is written (it must not exist; a whole
    copy, up to 2 GiB, mode 0600; its directory on the file system of the later destination). `name`: what the person is shown.

    Raises `DocumentError`: `pdf_too_large`, `pdf_no_pdf`, `pdf_encrypted`, `pdf_damaged`, `file_unreadable`; what
    `write_placeholder` raises; `work_missing`, `work_exists`, `work_failed` (then nothing is left at `work`).
    """
    options = options or PdfOptions()
    size = check_size(pdf)
    if isinstance(pdf, bytes):
        stream = BytesIO(pdf)
        prepared = _prepare_in(stream, options, name or "", size, b"")
        return replace(prepared, kept=stream.getvalue())
    if work is None:
        raise DocumentError("work_missing")
    try:
        # For nobody else to read: what is signed may be about a person.
        handle = os.open(work, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise DocumentError("work_exists") from None
    except OSError:
        raise DocumentError("work_failed") from None
    try:
        with os.fdopen(handle, "r+b") as copy:
            _copy(pdf, copy)
            return _prepare_in(copy, options, name or pdf.name, size, work)
    except OSError:
        work.unlink(missing_ok=True)
        raise DocumentError("work_failed") from None
    except BaseException:
        work.unlink(missing_ok=True)
        raise


def _copy(pdf: Path, copy: IO[bytes]) -> None:
    with opened(pdf) as source:
        for piece in pieces(source):
            copy.write(piece)


def _prepare_in(stream: IO[bytes], options: PdfOptions, name: str, size: int, kept: bytes | Path) -> PreparedPdf:
    stream.seek(0)
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type] # wants readinto, which both have
    reader = open_pdf(stream)
    pages = count_pages(reader)
    placed = write_placeholder(
        reader,
        PlaceholderWish(
            room=ROOM[options.level],
            hash_name=options.hash_name,
            at=options.at or datetime.now(UTC),
            field_name=options.field_name,
            certify=None if options.certify is None else int(options.certify),
            reason=options.reason,
            location=options.location,
            contact=options.contact,
            appearance=options.appearance,
        ),
    )
    return PreparedPdf(
        facts=Facts(name, MEDIA_TYPE, size, digest, pages),
        order=Order("pades_b", options.hash_name, placed.digest),
        level=Level(options.level),
        start=placed.start,
        end=placed.end,
        size=placed.size,
        kept=kept,
        shown_otherwise=placed.shown_otherwise,
    )


def loads(state: bytes) -> PreparedPdf:
    """What `PreparedPdf.dumps` gave; the document's digest is looked at by `finish`.

    Raises `DocumentError`: `state_unreadable`, `state_version`, `state_other_format`.
    """
    read = load_state(state, Format.PADES)
    kept = read.octets("kept")
    start, end, size = read.number("start"), read.number("end"), read.number("size")
    if not 0 < start < end - 2 < size or read.text("level") not in set(Level):
        raise DocumentError("state_unreadable")
    return PreparedPdf(
        facts=read.facts,
        order=read.order,
        level=Level(read.text("level")),
        start=start,
        end=end,
        size=size,
        kept=kept if read.flag("in_memory") else Path(os.fsdecode(kept)),
        shown_otherwise=_texts(read.many_octets("shown_otherwise")),
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _texts(given: tuple[bytes, ...]) -> tuple[str, ...]:
    try:
        return tuple(each.decode() for each in given)
    except UnicodeDecodeError:
        raise DocumentError("state_unreadable") from None
