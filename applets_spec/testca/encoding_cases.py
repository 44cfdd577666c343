"""Certificate cases about encoding: what is not DER, not a certificate, or built to hurt the reader. All on a badge's 9A."""

from cryptography import x509

from applets_spec.testca.badge_cases import NEW, case, draft, key_of
from applets_spec.testca.case import Case, Verdict
from applets_spec.testca.der import INTEGER, SEQUENCE, UTC_TIME, Field, encode, indefinite_length, reassembled
from applets_spec.testca.x509_parts import Extension, sign

DEEP = 10_000
HUGE = 1 << 20
TEST_EXTENSION = x509.ObjectIdentifier("2.25.4712")


def _good() -> bytes:
    return sign(draft(), key_of(NEW))


def zero_padded() -> Case:
    """A good 9A followed by 100 zero bytes, as a file longer than its content. Malformed unless the reader cuts at the length."""
    return case(_good() + bytes(100), Verdict.MALFORMED, "ITU-T X.690, 10")


def truncated() -> Case:
    """A good 9A without its last 10 bytes. Malformed."""
    return case(_good()[:-10], Verdict.MALFORMED, "ITU-T X.690, 10.1")


def ber_indefinite_length() -> Case:
    """A good 9A whose outermost length is indefinite. Malformed: the signature holds, but it is not DER."""
    return case(indefinite_length(_good()), Verdict.MALFORMED, "ITU-T X.690, 10.1; RFC 5280, 4.1")


def negative_serial() -> Case:
    """TEST Operator CA (2) -> 9A with serial number -1. Malformed."""
    leaf = reassembled(_good(), {Field.SERIAL: encode(INTEGER, b"\xff")}, key_of(NEW))
    return case(leaf, Verdict.MALFORMED, "RFC 5280, 4.1.2.2")


def broken_date() -> Case:
    """TEST Operator CA (2) -> 9A that begins on the 31st of February. Malformed."""
    dates = encode(UTC_TIME, b"250231000000Z") + encode(UTC_TIME, b"300331000000Z")
    leaf = reassembled(_good(), {Field.VALIDITY: encode(SEQUENCE, dates)}, key_of(NEW))
    return case(leaf, Verdict.MALFORMED, "RFC 5280, 4.1.2.5.1")


def deeply_nested() -> Case:
    """TEST Operator CA (2) -> 9A with an extension of 10,000 sequences inside each other. Malformed, and quickly."""
    nested = b""
    for _ in range(DEEP):
        nested = encode(SEQUENCE, nested)
    return case(_with_extension(nested), Verdict.MALFORMED, "limit of the reader; pyasn1 CVE-2026-30922")


def huge() -> Case:
    """TEST Operator CA (2) -> 9A of more than 1 MiB. Malformed: no card holds it."""
    return case(_with_extension(encode(0x04, bytes(HUGE))), Verdict.MALFORMED, "limit of the reader")


def not_a_certificate() -> Case:
    """The DER of an empty SEQUENCE. Malformed."""
    return case(encode(SEQUENCE, b""), Verdict.MALFORMED, "RFC 5280, 4.1")


def _with_extension(value: bytes) -> bytes:
    leaf = draft().extended_by(Extension(x509.UnrecognizedExtension(TEST_EXTENSION, value)))
    return sign(leaf, key_of(NEW))
