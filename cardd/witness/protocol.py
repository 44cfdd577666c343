"""What a sender says to a witness, as bytes (c2sp.org/tlog-witness).

`POST /add-checkpoint`, each line with a newline at its end:

    old <records that the witness has, decimal>
    <hash of the consistency proof, base64>          0 to 63 lines, RFC 6962 2.1.2

    <checkpoint>

`POST /add-key` is our own, because this log signs with another key each day. It says the same, and behind the proof

    key <number of the `log.key` record, from 1, decimal> <the whole record, base64>
    <hash of its inclusion proof, base64>            0 to 63 lines, RFC 6962 2.1.1

so that the key of the next day is accepted only where a head of the key before it covers the record that names it.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from cardd.audit.chain import LARGEST_RECORD, Damaged, content_of, decode_record
from cardd.audit.checkpoint import BadNote, SignedHead, VerifierKey, log_key, parse
from cardd.audit.records import Phase

ADD_CHECKPOINT = "/add-checkpoint"
ADD_KEY = "/add-key"
SIZE_TYPE = "text/x.tlog.size"
"""Content type of a 409: its body is the size that the witness has."""
MOST_PROOF_LINES = 63
LARGEST_BODY = 256 * 1024
"""Bytes of a request; a full one takes 160 KiB."""
KEY_EVENT = "log.key"
WITNESS_NAME = r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}"
"""A witness's name stands in records and in key names: no blank, no plus (signed-note), no slash."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")


class BadBody(ValueError):
    """This is no request of the protocol."""


@dataclass(frozen=True, slots=True)
class NextKey:
    """The record that names the log's next key, and the proof that the head beside it covers the record."""

    sequence: int
    """Number of the record, from 1; its leaf has the index one below."""
    record: bytes = field(repr=False)
    inclusion: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """One request. `old`: records that the witness has; `proof`: from there to the head."""

    old: int
    proof: tuple[bytes, ...]
    signed: SignedHead
    key: NextKey | None = None

    def encode(self) -> bytes:
        """The body."""
        lines = [f"old {self.old}", *_told(self.proof)]
        if self.key is not None:
            record = base64.b64encode(self.key.record).decode("ascii")
            lines += [f"key {self.key.sequence} {record}", *_told(self.key.inclusion)]
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.signed.encode()


def decode(body: bytes, *, with_key: bool) -> Submission:
    """The request in `body`, strictly. `with_key`: it came to `/add-key`. Raises `BadBody`."""
    if len(body) > LARGEST_BODY:
        raise BadBody("too long")
    top, gap, note = body.partition(b"\n\n")
    try:
        lines = top.decode("ascii").split("\n")
        signed = parse(note)
    except (UnicodeDecodeError, BadNote):
        raise BadBody("form") from None
    word, _, number = lines[0].partition(" ")
    if not gap or word != "old":
        raise BadBody("form")
    keys = [at for at, line in enumerate(lines) if line.startswith("key ")]
    if len(keys) != int(with_key):
        raise BadBody("form")
    end = keys[0] if keys else len(lines)
    key = _next_key(lines[end:]) if keys else None
    return Submission(_number(number), _hashes(lines[1:end]), signed, key)


def key_named(key: NextKey, log_id: str) -> VerifierKey:
    """The key that a `log.key` record of this log names. Raises `BadBody` when it is no such record."""
    try:
        record = decode_record(key.record, 0)
        content = content_of(record)
    except (Damaged, ValueError):
        raise BadBody("record") from None
    period, public = content.get("key_period"), content.get("key_public")
    known = (record.end, record.sequence, record.phase) == (len(key.record), key.sequence, Phase.STATE)
    if not known or content.get("event") != KEY_EVENT or content.get("log") != log_id:
        raise BadBody("record")
    if not isinstance(period, str) or not is_day(period) or not re.fullmatch("[0-9a-f]{64}", str(public)):
        raise BadBody("record")
    return log_key(log_id, period, bytes.fromhex(str(public)))


def period_of(key: VerifierKey) -> str:
    """The day that a key of a log stands for, from its name. Raises `BadNote`."""
    origin, _, period = key.name.rpartition("/")
    if not re.fullmatch(r"cardd/[0-9a-f]{32}", origin) or not is_day(period):
        raise BadNote("verifier_key")
    return period


def period_of_head(signed: SignedHead) -> str:
    """The day of the key that signed a head, as the key's name says."""
    return signed.signatures[0].name.rpartition("/")[2]


def origin_of(key: VerifierKey) -> str:
    """The log that a key belongs to: the first line of its heads."""
    return key.name.rpartition("/")[0]


def day_after(period: str) -> str:
    """The next day, UTC."""
    return (date.fromisoformat(period) + timedelta(days=1)).isoformat()


def is_day(text: str) -> bool:
    """Whether this is a day as key names write it."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Known:
    """What a witness has of one log, as it tells the sender (`GET /state/<origin>`)."""

    size: int
    period: str
    public: bytes
    """The key that it accepts now: day and 32 bytes."""

    def encode(self) -> bytes:
        """JSON."""
        return json.dumps({"size": self.size, "period": self.period, "public": self.public.hex()}).encode("ascii")

    @classmethod
    def decode(cls, body: bytes) -> "Known":
        """Raises `BadBody`."""
        try:
            told = json.loads(body)
            size, period, public = told["size"], told["period"], bytes.fromhex(told["public"])
        except (ValueError, TypeError, KeyError):
            raise BadBody("state") from None
        if type(size) is not int or size < 0 or not isinstance(period, str) or not is_day(period) or len(public) != 32:
            raise BadBody("state")
        return cls(size, period, public)


def _told(hashes: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(each).decode("ascii") for each in hashes]


def _next_key(lines: Sequence[str]) -> NextKey:
    try:
        _, number, told = lines[0].split(" ")
        record = base64.b64decode(told, validate=True)
    except (ValueError, binascii.Error):
        raise BadBody("form") from None
    if len(record) > LARGEST_RECORD:
        raise BadBody("too long")
    return NextKey(_number(number), record, _hashes(lines[1:]))


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > MOST_PROOF_LINES:
        raise BadBody("too many proof lines")
    try:
        found = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (ValueError, binascii.Error):
        raise BadBody("proof") from None
    if any(len(each) != 32 for each in found):
        raise BadBody("proof")
    return found


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadBody("number")
    return int(text)
