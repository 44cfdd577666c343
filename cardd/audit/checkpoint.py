"""Heads of the log in the form of a C2SP checkpoint (c2sp.org/tlog-checkpoint, signed-note, tlog-cosignature).

A head is text:

    cardd/<log id, 32 hex digits>                  origin
    <number of records>
    <root of the RFC 6962 tree, base64>
    time <RFC 3339 with microseconds, UTC, Z>      when it was signed
    chain <SHA-256 of its last record, hex>        zeros for no record
    why <one word>

and an empty line, and signatures: `— <key name> <base64 of 4 bytes key id ‖ signature>`. The log signs with the key of the day,
named `cardd/<log id>/<YYYY-MM-DD>`; a witness signs the same text under its own name, with the time at which it saw it.
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 0x01
"""Type byte of a signature over the note's text (signed-note)."""
COSIGNATURE = 0x04
"""Type byte of a witness's signature with a time in front (tlog-cosignature)."""
LARGEST_NOTE = 64 * 1024
MOST_SIGNATURES = 16
_ORIGIN = re.compile(r"cardd/[0-9a-f]{32}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Sign = Callable[[bytes], bytes]
"""Ed25519 over the whole message: 64 bytes."""


class BadNote(ValueError):
    """This is no head, or a signature does not hold. Its text is one word."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a signed head says. `root`, `chain`: 32 bytes each; `utc_us`: microseconds since 1970."""

    log_id: str
    size: int
    root: bytes
    utc_us: int
    chain: bytes
    why: str

    @property
    def origin(self) -> str:
        return f"cardd/{self.log_id}"

    def text(self) -> bytes:
        """The bytes that are signed; ends in a newline."""
        lines = (
            self.origin,
            str(self.size),
            base64.b64encode(self.root).decode("ascii"),
            f"time {_time_text(self.utc_us)}",
            f"chain {self.chain.hex()}",
            f"why {self.why}",
        )
        return ("\n".join(lines) + "\n").encode("ascii")


@dataclass(frozen=True, slots=True)
class Signature:
    """One line behind the empty one. `octets`: 64 of the log, 72 (time and signature) of a witness."""

    name: str
    key_id: bytes
    octets: bytes

    def line(self) -> bytes:
        return f"\u2014 {self.name} {base64.b64encode(self.key_id + self.octets).decode('ascii')}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with its signatures."""

    head: Head
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The whole note."""
        return self.head.text() + b"\n" + b"".join(each.line() for each in self.signatures)

    def with_signature(self, signature: Signature) -> "SignedHead":
        return SignedHead(self.head, (*self.signatures, signature))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name: `name+key id in hex+base64 of type byte and key` (signed-note). `public`: 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """4 bytes."""
        known = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(known).digest()[:4]

    def __str__(self) -> str:
        told = base64.b64encode(bytes([self.kind]) + self.public).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{told}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises `BadNote`."""
        name, _, rest = text.strip().partition("+")
        key_id, _, told = rest.partition("+")
        octets = _base64(told)
        if not name or len(octets) != 33 or octets[0] not in (ED25519, COSIGNATURE):
            raise BadNote("verifier_key")
        key = cls(name, octets[0], octets[1:])
        if key.key_id.hex() != key_id:
            raise BadNote("verifier_key")
        return key


def log_key(log_id: str, period: str, public: bytes) -> VerifierKey:
    """The log's key of one day (`YYYY-MM-DD`, UTC)."""
    return VerifierKey(f"cardd/{log_id}/{period}", ED25519, public)


def sign_head(head: Head, key: VerifierKey, sign: Sign) -> SignedHead:
    """With the log's own key."""
    return SignedHead(head, (Signature(key.name, key.key_id, sign(head.text())),))


def cosign(signed: SignedHead, key: VerifierKey, sign: Sign, at_s: int) -> Signature:
    """A witness's signature over the head that it saw; `at_s`: seconds since 1970."""
    return Signature(key.name, key.key_id, struct.pack(">Q", at_s) + sign(_cosigned(signed.head, at_s)))


def signed_by(signed: SignedHead, key: VerifierKey) -> int | None:
    """Whether this key signed it: the witness's time in seconds, 0 for the log's own key, None for no signature of this key.

    Raises `BadNote` (`signature`) when one of this key is there and does not hold.
    """
    for each in signed.signatures:
        if (each.name, each.key_id) == (key.name, key.key_id):
            return _checked(signed.head, key, each.octets)
    return None


def parse(note: bytes) -> SignedHead:
    """Strict: what is read is what would be written. Signatures are not checked here. Raises `BadNote`."""
    if len(note) > LARGEST_NOTE:
        raise BadNote("too_long")
    text, gap, tail = note.partition(b"\n\n")
    if not gap or not tail.endswith(b"\n"):
        raise BadNote("form")
    signatures = tuple(_signature(line) for line in tail[:-1].split(b"\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise BadNote("too_many_signatures")
    signed = SignedHead(_head(text + b"\n"), signatures)
    if signed.encode() != note:
        raise BadNote("form")
    return signed


def split(notes: bytes) -> list[bytes]:
    """The notes of a file of heads: one after the other, an empty line behind each. Raises `BadNote` (`torn`) when the last is cut."""
    parts = notes.split(b"\n\n")
    if parts.pop() != b"" or len(parts) % 2:
        raise BadNote("torn")
    return [parts[at] + b"\n\n" + parts[at + 1] + b"\n" for at in range(0, len(parts), 2)]


def _head(text: bytes) -> Head:
    try:
        lines = text.decode("ascii").split("\n")
        origin, size, root, time, chain, why, end = lines
    except ValueError:
        raise BadNote("form") from None
    fields = time.startswith("time ") and chain.startswith("chain ") and why.startswith("why ") and end == ""
    if not fields or not _ORIGIN.fullmatch(origin) or not _WORD.fullmatch(why[4:]) or not _TIME.fullmatch(time[5:]):
        raise BadNote("form")
    if not size.isdecimal() or len(size) > 16 or not re.fullmatch("[0-9a-f]{64}", chain[6:]):
        raise BadNote("form")
    octets = _base64(root)
    if len(octets) != 32:
        raise BadNote("form")
    return Head(origin[6:], int(size), octets, _time_us(time[5:]), bytes.fromhex(chain[6:]), why[4:])


def _signature(line: bytes) -> Signature:
    try:
        dash, name, told = line.decode("utf-8").split(" ")
    except ValueError:
        raise BadNote("form") from None
    octets = _base64(told)
    if dash != "\u2014" or not name or "+" in name or len(octets) not in (68, 76):
        raise BadNote("form")
    return Signature(name, octets[:4], octets[4:])


def _checked(head: Head, key: VerifierKey, octets: bytes) -> int:
    at_s, message, signature = 0, head.text(), octets
    if key.kind == COSIGNATURE:
        at_s, signature = int.from_bytes(octets[:8], "big"), octets[8:]
        message = _cosigned(head, at_s)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadNote("signature") from None
    return at_s


def _cosigned(head: Head, at_s: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % at_s + head.text()


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("base64") from None


def _time_text(utc_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=utc_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time_us(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        raise BadNote("form") from None
    return (moment - _EPOCH) // timedelta(microseconds=1)
