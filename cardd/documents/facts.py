"""What a file is and what a person is shown of it before signing: kind, size, digest, pages. A file is read in pieces."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from cardd.documents.errors import DocumentError
from cardd.documents.model import Facts

Document = bytes | Path
"""A document in memory, or the file that it stands in."""

PIECE = 1 << 20
"""Bytes read at a time."""
_HEAD = 1024
"""Bytes in which a PDF's header must begin (ISO 32000-2, 7.5.2, and what readers have always accepted)."""
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""id-signedData with its tag and length (RFC 5652, 5.1)."""
_BASE64URL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_PEM_LABELS = (b"-----BEGIN CMS-----", b"-----BEGIN PKCS7-----")


class Kind(StrEnum):
    """What a file is, by its first bytes; the value is its media type."""

    PDF = "application/pdf"
    XML = "application/xml"
    JSON = "application/json"
    JWS = "application/jose"
    """JWS in the compact form (RFC 7515, 9.2.1)."""
    CMS = "application/cms"
    """CMS in BER or DER (RFC 7193)."""
    CMS_PEM = "application/x-pem-file"
    """CMS in the textual form (RFC 7468, 8 and 9)."""
    OCTETS = "application/octet-stream"


def recognise(head: bytes) -> Kind:
    """What begins with `head` (the first 1,024 bytes, or all of a shorter file). Says what it looks like, not that it is sound."""
    if b"%PDF-" in head[:_HEAD]:
        return Kind.PDF
    if head[:1] == b"\x30" and _SIGNED_DATA in head[:32]:
        return Kind.CMS
    if head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return Kind.XML
    return _recognise_text(head.removeprefix(b"\xef\xbb\xbf").lstrip())


def _recognise_text(text: bytes) -> Kind:
    if text.startswith(_PEM_LABELS):
        return Kind.CMS_PEM
    if text.startswith(b"<"):
        return Kind.XML
    if text.startswith((b"{", b"[")):
        return Kind.JSON
    if text.startswith(b"eyJ") and _looks_compact(text):
        return Kind.JWS
    return Kind.OCTETS


def _looks_compact(text: bytes) -> bool:
    """Whether it is one run of base64url and at most two dots, as far as it was read. `eyJ` is `{"` in base64url."""
    parts = text.rstrip().split(b".")
    return len(parts) <= 3 and all(_BASE64URL.issuperset(part) for part in parts)


@contextmanager
def opened(document: Document) -> Iterator[BinaryIO]:
    """The document as a stream that can seek. Raises `DocumentError("file_unreadable")` where the file cannot be opened."""
    if isinstance(document, bytes):
        yield io.BytesIO(document)
        return
    try:
        # The file's name must not come along in the cause.
        stream = document.open("rb")
    except (OSError, ValueError):  # ValueError: a name that no file can have, out of a state that was changed
        raise DocumentError("file_unreadable") from None
    with stream:
        yield stream


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """What is left of a stream, 1 MiB at a time. Raises `DocumentError("file_unreadable")`."""
    while True:
        try:
            piece = stream.read(PIECE)
        except OSError:
            raise DocumentError("file_unreadable") from None
        if not piece:
            return
        yield piece


def digest_of(document: Document, hash_name: str) -> bytes:
    """The digest of a document, by hash name (`sha256`, `sha384`, `sha512`). Raises `DocumentError("file_unreadable")`."""
    made = hashlib.new(hash_name)
    with opened(document) as stream:
        for piece in pieces(stream):
            made.update(piece)
    return made.digest()


def octets_of(document: Document, largest: int) -> bytes:
    """All of a document. Raises `DocumentError`: `file_unreadable`, `too_large` above `largest` bytes."""
    with opened(document) as stream:
        return b"".join(_until(stream, largest))


def _until(stream: BinaryIO, largest: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces(stream):
        size += len(piece)
        if size > largest:
            raise DocumentError("too_large")
        yield piece


def facts_of(document: Document, name: str | None = None, *, media_type: str | None = None) -> Facts:
    """Size, SHA-256, kind and, for a PDF, pages. `name`: as the person knows it; a file's own name where none is given.

    Raises `DocumentError("file_unreadable")`.
    """
    size = 0
    digest = hashlib.sha256()
    head = b""
    with opened(document) as stream:
        for piece in pieces(stream):
            head = head or piece[:_HEAD]
            size += len(piece)
            digest.update(piece)
        kind = recognise(head)
        pages = _pages(stream) if kind is Kind.PDF else None
    if name is None:
        name = readable(document.name) if isinstance(document, Path) else ""
    return Facts(name, media_type or kind.value, size, digest.hexdigest(), pages)


def readable(name: str) -> str:
    """A file's name that can be shown: what is no UTF-8 in it (names in Shift_JIS, say) becomes U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _pages(stream: BinaryIO) -> int | None:
    """The number of pages that a PDF claims; None where it is encrypted or too damaged to be asked."""
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - 0.3 s that only a PDF is worth
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415

    try:
        count = PdfFileReader(stream, strict=False).root["/Pages"]["/Count"]
    except (PdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return int(count) if isinstance(count, int) and count >= 0 else None
