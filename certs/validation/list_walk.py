"""Walks the entries of a revocation list in its DER, one after the other, without an object for each (RFC 5280, 5.1).

For lists that `cryptography` has read, and whose signature holds.
"""

from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from certs.errors import Malformed

_BOOLEAN, _INTEGER, _OCTET_STRING, _OBJECT_IDENTIFIER = 0x01, 0x02, 0x04, 0x06
_UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _EXTENSIONS = 0x17, 0x18, 0x30, 0xA0
_CRITICAL = b"\x01\x01\xff\x04"
"""BOOLEAN TRUE and the tag of the value behind it (X.690, 11.1; RFC 5280, 4.1)."""
_VERSION_2 = b"\x02\x01\x01"
_REASON_CODE, _INVALIDITY_DATE = bytes.fromhex("551d15"), bytes.fromhex("551d18")
_CERTIFICATE_ISSUER = bytes.fromhex("551d1d")
"""2.5.29.29."""
_CONSPICUOUS = (_CRITICAL, b"\x06\x03" + _CERTIFICATE_ISSUER)
_UNDERSTOOD = frozenset({_REASON_CODE, _INVALIDITY_DATE})
"""2.5.29.21 and 2.5.29.24. Every reason is revoked here, certificateHold too; removeFromCRL belongs into delta lists alone."""
LONGEST_SERIAL = 20
"""Bytes (RFC 5280, 5.1.2.6 and 4.1.2.2)."""
_MOST_KNOWN = 4096


class EntryNotUnderstood(Exception):
    """An entry has a critical extension that is not known here, or names another issuer (RFC 5280, 5.3): the list cannot be used."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a list, as places in its bytes."""

    signed: slice
    """tbsCertList, with its header: what the signature is over."""
    version_2: bool
    entries: slice
    """The content of revokedCertificates; empty when there are none."""


def frame_of(octets: bytes) -> Frame:
    """Finds the parts of a DER CertificateList. Raises `Malformed`."""
    try:
        _, body, end = _header(octets, 0, len(octets))
        _, place, end = _header(octets, body, end)
        version_2 = octets[place : place + 3] == _VERSION_2
        if octets[place] == _INTEGER:
            place = _header(octets, place, end)[2]
        for _ in range(3):  # signature, issuer, thisUpdate
            place = _header(octets, place, end)[2]
        if place < end and octets[place] in (_UTC_TIME, _GENERALIZED_TIME):
            place = _header(octets, place, end)[2]
        entries = slice(0, 0)
        if place < end and octets[place] == _SEQUENCE:
            _, start, stop = _header(octets, place, end)
            entries = slice(start, stop)
    except IndexError:
        raise Malformed("truncated") from None
    return Frame(slice(body, end), version_2, entries)


def check_entries(octets: bytes) -> None:
    """Raises `EntryNotUnderstood` where an entry of the list must not be ignored, and `Malformed`.

    Costs next to nothing for most lists: what must not be ignored has bytes of its own, and only where they occur it is walked.
    """
    frame = frame_of(octets)
    if any(octets.find(each, frame.entries.start, frame.entries.stop) >= 0 for each in _CONSPICUOUS):
        for _ in entries_of(octets, frame):
            pass


def entries_of(octets: bytes, frame: Frame) -> Iterator[tuple[bytes, int]]:
    """Serial number (unsigned, big-endian, without leading zeros) and revocation date (seconds since 1970) of each entry.

    Raises `Malformed`: also for a negative serial number or one over 20 bytes; and `EntryNotUnderstood`.
    """
    days: dict[bytes, int] = {}
    known: set[bytes] = set()
    place, end = frame.entries.start, frame.entries.stop
    try:
        while place < end:
            tag, body, stop = _header(octets, place, end)
            kind, serial_at, time_at = _header(octets, body, stop)
            time_tag, text_at, rest = _header(octets, time_at, stop)
            serial = octets[serial_at:time_at]
            if tag != _SEQUENCE or kind != _INTEGER or not serial or serial[0] & 0x80:
                raise Malformed("entry")
            serial = serial.lstrip(b"\x00")
            if len(serial) > LONGEST_SERIAL:
                raise Malformed("serial_number")
            if rest != stop:
                _check_extensions(octets[rest:stop], known)
            yield serial, _seconds(time_tag, octets[text_at:rest], days)
            place = stop
    except IndexError:
        raise Malformed("truncated") from None


def _header(octets: bytes, place: int, limit: int) -> tuple[int, int, int]:
    """Tag, where the content begins and where it ends, of the element at `place`; it must end by `limit`."""
    tag, length, start = octets[place], octets[place + 1], place + 2
    if length >= 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or tag & 0x1F == 0x1F:
            raise Malformed("length_form")
        start += count
        length = int.from_bytes(octets[place + 2 : start], "big")
    end = start + length
    if end > limit:
        raise Malformed("truncated")
    return tag, start, end


def _seconds(tag: int, text: bytes, days: dict[bytes, int]) -> int:
    """UTCTime or GeneralizedTime to the second, in UTC, as RFC 5280, 4.1.2.5 allows. Days are computed once each."""
    size = {_UTC_TIME: 6, _GENERALIZED_TIME: 8}.get(tag, 0)
    day, clock = text[:size], text[size:]
    if not size or len(clock) != 7 or clock[6:] != b"Z" or not (day + clock[:6]).isdigit():
        raise Malformed("time")
    start = days.get(day)
    if start is None:
        start = days[day] = _day(day)
    hours, minutes, seconds = int(clock[:2]), int(clock[2:4]), int(clock[4:6])
    if hours > 23 or minutes > 59 or seconds > 59:
        raise Malformed("time")
    return start + hours * 3600 + minutes * 60 + seconds


def _day(digits: bytes) -> int:
    """Two digits of a year mean 1950 to 2049 (RFC 5280, 4.1.2.5.1)."""
    text = digits.decode("ascii")
    if len(text) == 6:
        text = ("19" if text >= "50" else "20") + text
    try:
        return timegm(date(int(text[:4]), int(text[4:6]), int(text[6:])).timetuple())
    except ValueError:
        raise Malformed("time") from None


def _check_extensions(octets: bytes, known: set[bytes]) -> None:
    """The extensions of one entry. Most entries of a list have the same ones, so those that were seen are known."""
    if octets in known:
        return
    tag, place, end = _header(octets, 0, len(octets))
    if tag != _SEQUENCE or end != len(octets):
        raise Malformed("entry_extensions")
    while place < end:
        _, inner, stop = _header(octets, place, end)
        kind, name_at, place = _header(octets, inner, stop)
        if kind != _OBJECT_IDENTIFIER:
            raise Malformed("entry_extensions")
        name = octets[name_at:place]
        critical = octets[place] == _BOOLEAN and octets[place + 2] != 0
        if name == _CERTIFICATE_ISSUER or (critical and name not in _UNDERSTOOD):
            raise EntryNotUnderstood
        place = stop
    if len(known) < _MOST_KNOWN:
        known.add(octets)
