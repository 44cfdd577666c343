"""The book of issued certificates: a file that is only added to, one JSON object a line, on disk before a certificate goes out.

Whoever revokes, or makes a revocation list, finds here all that was ever issued. It names operators by their id, never by name.
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from certs.ca.book import Book
from certs.ca.errors import BookError

NAME = "issued.jsonl"


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate that was issued."""

    serial: str
    """Lower-case hex, as OpenSSL prints it but for its case."""
    fingerprint: str
    """SHA-256 of the certificate, lower-case hex."""
    key: str
    """SHA-256 of its SubjectPublicKeyInfo, lower-case hex."""
    operator: str
    """The operator's id."""
    guid: str
    """The badge's, 32 hex digits."""
    role: str
    """`authentication` (9A), `signature` (9C), or `ocsp_responder`, whose `operator` and `guid` are `-`."""
    not_after: str
    """RFC 3339 with `Z`."""
    time: str
    """When it was issued, likewise."""

    def ends(self) -> datetime:
        return datetime.fromisoformat(self.not_after)


class IssuedBook:
    """The book in one file. Several processes may use it: each entry is written under the file's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._book = Book(path)

    @classmethod
    def beside(cls, certificate: Path) -> "IssuedBook":
        """The book that belongs to the CA whose certificate is in this file."""
        return cls(certificate.parent / NAME)

    def add(self, entry: Issued) -> None:
        """Returns when the entry is on the disk. Raises `BookError`; the book is then as it was before."""
        self._book.add(asdict(entry))

    def entries(self) -> tuple[Issued, ...]:
        """All entries in the order of issue; none where there is no book yet. Raises `BookError`."""
        return tuple(_entry(each) for each in self._book.entries())


def _entry(found: dict[str, Any]) -> Issued:
    try:
        entry = Issued(**{each.name: found[each.name] for each in fields(Issued)})
        if not all(isinstance(getattr(entry, each.name), str) for each in fields(Issued)):
            raise BookError("book_damaged")
        if entry.ends().tzinfo is None:
            raise BookError("book_damaged")
    except (ValueError, KeyError, TypeError):
        raise BookError("book_damaged") from None
    return entry
