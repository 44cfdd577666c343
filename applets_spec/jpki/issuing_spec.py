"""Tables of the issuing test profile: commands, order, lengths. Ours throughout; no line is about a real card."""

import hmac
import re
from enum import IntEnum, unique
from hashlib import sha256

from applets_spec.jpki.spec import AUTHENTICATION_PIN_EF, SIGNATURE_PIN_EF, TABLE

CLA = 0x80
OPEN = 0x82
"""`80 82 00 00 30 (16 bytes of the terminal) (32 bytes of proof) 20`: the card answers with its proof, 32 bytes."""
GENERATE = 0x46
"""`80 46 00 kind 00`: 265 bytes `90 03 e 91 820100 n`, then 32 bytes of proof."""
WRITE = 0xD6
"""`80 D6 00 part|kind Lc (2 bytes of offset) (piece)`: offsets without gaps, the holder's certificate first."""
SET_PIN = 0x24
"""`80 24 00 kind Lc (the new PIN)`."""
ACTIVATE = 0x44
"""`80 44 00 kind`: key, certificates, PIN in force together."""

CERTIFICATE_OF_HOLDER = 0x10
CERTIFICATE_OF_AUTHORITY = 0x20
"""Parts, in the high half of P2 of WRITE."""

CHALLENGE_BYTES = 16
"""What GET CHALLENGE must have given just before OPEN."""
MAC_BYTES = 32
MOST_TRIES = 5
TEST_SECRET = sha256(b"TEST - worthless: the secret of the issuing test profile of cardd-vcard").digest()
"""Everybody has it; it stands for what a real issuing terminal would prove."""


@unique
class Kind(IntEnum):
    """Which of the card's two certificates; the low half of P2."""

    SIGNATURE = 0x01
    AUTHENTICATION = 0x02


_SIZES = {row.name: row.size for row in TABLE.efs if hasattr(row, "size")}
LONGEST = {
    CERTIFICATE_OF_HOLDER: _SIZES["signature_certificate"] or 0,
    CERTIFICATE_OF_AUTHORITY: _SIZES["signature_ca"] or 0,
}
"""Bytes: the sizes of the EFs."""
PIN_FORMS = {
    Kind.SIGNATURE: re.compile(rb"(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])[A-Z0-9]{6,16}"),
    Kind.AUTHENTICATION: re.compile(rb"[0-9]{4}"),
}
PIN_TRIES = {
    Kind.SIGNATURE: next(row.tries for row in TABLE.efs if row.ef == SIGNATURE_PIN_EF and hasattr(row, "tries")),
    Kind.AUTHENTICATION: next(
        row.tries for row in TABLE.efs if row.ef == AUTHENTICATION_PIN_EF and hasattr(row, "tries")
    ),
}


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 over the parts, each behind its length in two bytes."""
    return hmac.digest(key, b"".join(len(part).to_bytes(2) + part for part in parts), "sha256")
