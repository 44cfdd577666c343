"""What is known of revocation, as it is handed to a check: lists and answers as bytes, and the long lists that lie ready on the disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


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

    def revoked_at(self, serial: int) -> datetime | None:
        """When the certificate with this serial number was revoked; None when it is not in the list."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """All three may be empty: then revocation is `not_checked`, never good."""

    lists: Sequence[bytes] = field(default=(), repr=False)
    """DER CertificateLists (RFC 5280, 5), up to 4 MiB each."""
    responses: Sequence[bytes] = field(default=(), repr=False)
    """DER OCSPResponses (RFC 6960, 4.2.1)."""
    long_lists: Sequence[LongList] = ()


NO_EVIDENCE = Evidence()
