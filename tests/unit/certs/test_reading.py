"""What is mended in a certificate from a card, and everything near it that must stay refused."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.testca import badge_cases, encoding_cases
from applets_spec.testca.badge_cases import NEW, draft, key_of
from applets_spec.testca.der import Field, children, contents, encode, indefinite_length
from applets_spec.testca.x509_parts import sign
from certs.asn1 import DEEPEST, LARGEST
from certs.errors import BadAnchor, Malformed
from certs.profiles.operator_badge import OPERATOR_BADGE
from certs.reading import CARDS, STRICT, Looseness, Reading, read
from certs.validation.path import FOR_CARDS
from certs.validation.path import STRICT as STRICT_RULES
from certs.validation.truststore import from_der, from_pem
from certs.validation.validate import validate
from certs.validation.verdict import Verdict

GOOD = sign(draft(), key_of(NEW))
CASE = badge_cases.good()
SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, BOOLEAN = 0x30, 0x31, 0x02, 0x03, 0x04, 0x01
PLAIN = bytes.fromhex("300a06082a8648ce3d040302")
WITH_NULL = bytes.fromhex("300c06082a8648ce3d0403020500")
"""ecdsa-with-SHA256 without and with NULL."""


def judged(octets: bytes, *, card: bool = True) -> Verdict:
    rules = FOR_CARDS if card else STRICT_RULES
    return validate(octets, OPERATOR_BADGE, from_der(CASE.anchors), CASE.at, rules=rules)


def signed_by_ca(body: bytes, algorithm: bytes, over: bytes | None = None) -> bytes:
    """A certificate of this body; `over`: what the CA signs instead of it."""
    key = key_of(NEW)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(over or body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return encode(SEQUENCE, body + algorithm + encode(BIT_STRING, b"\x00" + signature))


def body_with(place: Field, value: bytes) -> bytes:
    fields = children(children(GOOD)[0])
    fields[place] = value
    return encode(SEQUENCE, b"".join(fields))


def long_length(element: bytes) -> bytes:
    """The same element, its length with two zero bytes in front."""
    content = contents(element)
    return bytes([element[0], 0x84]) + len(content).to_bytes(4, "big") + content


def null_everywhere() -> bytes:
    return signed_by_ca(body_with(Field.ALGORITHM, WITH_NULL), WITH_NULL)


def ber_body(*, over_der: bool) -> bytes:
    """The TBSCertificate with indefinite length; the CA signed it so, or signed its DER form (RFC 5280, 4.1.1.3)."""
    body = children(GOOD)[0]
    return signed_by_ca(indefinite_length(body), PLAIN, over=body if over_der else None)


MENDED = {
    "padded": (GOOD + bytes(100), (Looseness.ZERO_PADDING,)),
    "padded to the limit": (GOOD + bytes(LARGEST - len(GOOD)), (Looseness.ZERO_PADDING,)),
    "indefinite": (indefinite_length(GOOD), (Looseness.BER_LENGTHS,)),
    "indefinite and padded": (indefinite_length(GOOD) + bytes(7), (Looseness.ZERO_PADDING, Looseness.BER_LENGTHS)),
    "long length": (long_length(GOOD), (Looseness.BER_LENGTHS,)),
    "body of BER, signed as it is": (ber_body(over_der=False), (Looseness.BER_LENGTHS,)),
    "body of BER, signed as DER": (ber_body(over_der=True), (Looseness.BER_LENGTHS,)),
    "NULL": (null_everywhere(), (Looseness.NULL_PARAMETERS,)),
    "all three": (indefinite_length(null_everywhere()) + bytes(3), tuple(Looseness)),
}


@pytest.mark.proves("K5", "fault 160")
@pytest.mark.parametrize("name", MENDED)
def test_a_cards_certificate_is_mended_by_name_and_its_signature_still_checked(name: str) -> None:
    octets, fixes = MENDED[name]
    verdict = judged(octets)
    assert verdict.good_but_revocation, verdict
    assert verdict.fixes == fixes
    strict = judged(octets, card=False)
    assert (strict.reason, strict.fixes) == ("malformed", ())


@pytest.mark.proves("K5", "fault 160")
@pytest.mark.parametrize("name", MENDED)
def test_a_signature_over_something_else_stays_bad_after_mending(name: str) -> None:
    """The serial number is changed where it stands, so everything is mended as before and the signature fits no longer."""
    octets = bytearray(MENDED[name][0])
    serial = children(children(GOOD)[0])[Field.SERIAL]
    octets[octets.index(serial) + len(serial) - 1] ^= 1
    verdict = judged(bytes(octets))
    assert verdict.reason == "bad_signature", verdict
    assert verdict.fixes == MENDED[name][1]


@pytest.mark.parametrize("missing", Looseness)
def test_each_looseness_is_allowed_by_itself(missing: Looseness) -> None:
    octets, fixes = MENDED["all three"]
    assert read(octets, CARDS).fixes == fixes
    with pytest.raises(Malformed):
        read(octets, CARDS - {missing})
    for octets, fixes in MENDED.values():
        if missing not in fixes:
            assert read(octets, CARDS - {missing}).fixes == fixes


@pytest.mark.proves("K5")
@pytest.mark.parametrize("name", MENDED)
def test_nothing_is_mended_for_anchors_or_unless_asked(name: str) -> None:
    octets = MENDED[name][0]
    with pytest.raises(Malformed):
        read(octets, STRICT)
    with pytest.raises(Malformed):
        read(octets)
    with pytest.raises(BadAnchor):
        from_der([octets])


@pytest.mark.proves("K1", "K5")
def test_an_anchor_is_never_mended() -> None:
    anchor = CASE.anchors[1]
    for octets in (anchor + bytes(10), indefinite_length(anchor), long_length(anchor)):
        with pytest.raises(BadAnchor):
            from_der([octets])
    with pytest.raises(BadAnchor):
        from_pem([anchor + bytes(10)])


@pytest.mark.proves("K5")
def test_an_authority_that_came_along_is_never_mended() -> None:
    """The badge's own form is mended, the authority's between it and the anchor is not."""
    case = badge_cases.good_old_generation()
    padded = tuple(each + bytes(5) for each in case.anchors)
    verdict = validate(
        case.certificate, OPERATOR_BADGE, from_der([CASE.anchors[1]]), case.at, others=padded, rules=FOR_CARDS
    )
    assert verdict.reason == "unknown_issuer"


def constructed(octets: bytes, tag: int) -> bytes:
    """The first element with this tag in parts, as BER allows and DER does not."""
    place = octets.index(bytes([tag]))
    length = octets[place + 1]
    value = octets[place + 2 : place + 2 + length]
    return octets[:place] + encode(tag | 0x20, encode(tag, value)) + octets[place + 2 + length :]


def with_extensions(extensions: bytes) -> bytes:
    return signed_by_ca(body_with(Field.EXTENSIONS, encode(0xA3, encode(SEQUENCE, extensions))), PLAIN)


EXTENSIONS = contents(contents(children(children(GOOD)[0])[Field.EXTENSIONS]))
ONE_EXTENSION = children(encode(SEQUENCE, EXTENSIONS))[0]
KEY_USAGE = next(each for each in children(encode(SEQUENCE, EXTENSIONS)) if bytes.fromhex("0603551d0f") in each)

STAYS_REFUSED = {
    "one byte that is not zero": GOOD + b"\x01",
    "zero bytes and one that is not": GOOD + bytes(50) + b"\x01",
    "a second certificate": GOOD + GOOD,
    "a second certificate behind zero bytes": GOOD + bytes(4) + GOOD,
    "longer than a card's file": GOOD + bytes(LARGEST + 1 - len(GOOD)),
    "cut short": GOOD[:-1],
    "cut short and filled with zero bytes": GOOD[:-100] + b"\x01" + bytes(98),
    "indefinite without an end": indefinite_length(GOOD)[:-2],
    "indefinite with half an end": indefinite_length(GOOD)[:-1],
    "indefinite with bytes behind its end": indefinite_length(GOOD) + b"\x30",
    "indefinite and primitive": encode(SEQUENCE, children(GOOD)[0] + PLAIN + b"\x03\x80" + bytes(4)),
    "nine bytes of length": b"\x30\x89" + len(contents(GOOD)).to_bytes(9, "big") + contents(GOOD),
    "reserved length": b"\x30\xff" + GOOD[2:],
    "a child longer than its parent": encode(SEQUENCE, children(GOOD)[0] + PLAIN + b"\x03\x84\x00\x00\xff\xff" + bytes(9)),
    "nested too deep": indefinite_length(encoding_cases.deeply_nested().certificate[:60]),
    "an octet string in parts": with_extensions(constructed(ONE_EXTENSION, OCTET_STRING)),
    "a bit string in parts": encode(SEQUENCE, children(GOOD)[0] + PLAIN + encode(0x23, children(GOOD)[2])),
    "TRUE as 01": with_extensions(KEY_USAGE.replace(b"\x01\x01\xff", b"\x01\x01\x01")),
    "an integer with zeros in front": signed_by_ca(body_with(Field.SERIAL, encode(INTEGER, bytes(2) + b"\x01")), PLAIN),
    "the same extension twice": with_extensions(EXTENSIONS + ONE_EXTENSION),
    "a negative serial number": encoding_cases.negative_serial().certificate,
    "a serial number of zero": signed_by_ca(body_with(Field.SERIAL, encode(INTEGER, b"\x00")), PLAIN),
    "the 31st of February": encoding_cases.broken_date().certificate,
    "NULL inside only": signed_by_ca(body_with(Field.ALGORITHM, WITH_NULL), PLAIN),
    "NULL outside only": signed_by_ca(children(GOOD)[0], WITH_NULL),
    "parameters that are not NULL": signed_by_ca(
        body_with(Field.ALGORITHM, PLAIN[:1] + b"\x0d" + PLAIN[2:] + b"\x02\x01\x00"), PLAIN[:1] + b"\x0d" + PLAIN[2:] + b"\x02\x01\x00"
    ),
    "NULL twice": signed_by_ca(
        body_with(Field.ALGORITHM, b"\x30\x0e" + WITH_NULL[2:] + b"\x05\x00"), b"\x30\x0e" + WITH_NULL[2:] + b"\x05\x00"
    ),
    "algorithms that differ": signed_by_ca(body_with(Field.ALGORITHM, bytes.fromhex("300a06082a8648ce3d040303")), PLAIN),
    "no certificate": encoding_cases.not_a_certificate().certificate,
    "nothing": b"",
    "zero bytes alone": bytes(40),
    "a tag alone": b"\x30",
}  # fmt: skip


@pytest.mark.proves("K5", "fault 22", "fault 160")
@pytest.mark.parametrize("name", STAYS_REFUSED)
def test_nothing_else_is_loosened(name: str) -> None:
    verdict = judged(STAYS_REFUSED[name])
    assert (verdict.reason, verdict.fixes) == ("malformed", ()), verdict
    assert not verdict.good_but_revocation


def test_what_stays_refused_is_refused_for_its_own_reason() -> None:
    """The pieces these certificates are put together from are good ones."""
    assert judged(signed_by_ca(children(GOOD)[0], PLAIN)).good_but_revocation
    assert judged(with_extensions(EXTENSIONS)).good_but_revocation
    assert judged(signed_by_ca(body_with(Field.SERIAL, encode(INTEGER, b"\x01" * 9)), PLAIN)).good_but_revocation


def test_what_is_der_already_is_not_touched() -> None:
    reading = read(GOOD, CARDS)
    assert (reading.octets, reading.der, reading.fixes) == (GOOD, GOOD, ())
    assert reading.signed == (children(GOOD)[0],)


def test_what_came_is_kept_beside_what_is_parsed() -> None:
    octets = null_everywhere()
    reading = read(octets + bytes(8), CARDS)
    assert reading.octets == octets
    assert hashlib.sha256(reading.der).digest() != hashlib.sha256(octets).digest()
    assert reading.signed == (children(octets)[0],)


def test_a_reading_shows_nothing_of_the_certificate() -> None:
    assert repr(read(GOOD + b"\x00", CARDS)) == "Reading(fixes=(<Looseness.ZERO_PADDING: 'zero_padding'>,))"


@pytest.mark.proves("K5", "fault 22")
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_malformed(octets: bytes) -> None:
    try:
        assert isinstance(read(octets, CARDS), Reading)
    except Malformed as error:
        assert error.problem  # noqa: PT017 - one of the two outcomes


@pytest.mark.proves("K5")
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_cards_certificate_is_ever_good(place: int, change: int) -> None:
    octets = bytearray(GOOD)
    octets[place] ^= change
    assert not judged(bytes(octets) + bytes(4)).good_but_revocation


@given(st.integers(1, DEEPEST * 3))
def test_nesting_of_ber_is_bounded(depth: int) -> None:
    octets = b"\x30\x80" * depth + b"\x00\x00" * depth
    with pytest.raises(Malformed):
        read(octets, CARDS)
