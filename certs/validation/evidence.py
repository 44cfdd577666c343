"""What is known of revocation, as it is handed to a check: lists and answers as bytes, and the long lists that lie ready on the disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cryptography import x509


class LongList(Protocol):
    """A revocation list whose signature was checked when it was taken in, and whose serial numbers lie sorted on the disk."""

    @property
    def issuer_key(self) -> bytes:
        """SHA-256 of the issuer's SubjectPublicKeyInfo, 32 bytes: two CAs of one name are told apart by it."""
        ...

    @property
    def this_update(self) -> datetime: ...

    @property
    def next_update(self) -> datetime | None: ...

    def covers(self, certificate: x509.Certificate) -> bool:
        """Whether the list is about this certificate of its issuer: the right part of a divided list (RFC 5280, 6.3.3 (b) (2))."""
        ...

    def revoked_at(self, serial: int) -> datetime | None:
        """When the certificate with this serial number was revoked; None when it is not in the list.

        Raises `CertificateError` when the list cannot be looked into any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first three may be empty: then revocation is `not_checked`, never good."""

    lists: Sequence[bytes] = field(default=(), repr=False)
    """DER CertificateLists (RFC 5280, 5), up to 4 MiB each."""
    responses: Sequence[bytes] = field(default=(), repr=False)
    """DER OCSPResponses (RFC 6960, 4.2.1), up to 64 KiB each."""
    long_lists: Sequence[LongList] = ()
    seen_at: datetime | None = None
    """When the evidence is looked at, with time zone; None: at the time that is asked for. A document signed last year is judged
    for last year, by lists of today: with `seen_at` a list or answer made between the two counts (ETSI EN 319 102-1, 5.2.5)."""
    nonce: bytes | None = field(default=None, repr=False)
    """The nonce that was sent with the request (RFC 9654, 2.1): an OCSP answer must repeat it. None: none was sent."""


NO_EVIDENCE = Evidence()
