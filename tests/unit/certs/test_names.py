"""The names in residents' certificates: the test PKI's own, and what certificates of other makers may say."""

from itertools import permutations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.testca.badge_cases import NEW, draft, key_of
from applets_spec.testca.der import encode
from applets_spec.testca.resident_cases import Somebody, issued
from certs.errors import Malformed
from certs.names import Era, ResidentNames, Sex, birth_of, resident_names
from certs.reading import parse

ARC = "1.2.392.200149.8.5.5"
UTF8, PRINTABLE, BMP, OCTETS = 0x0C, 0x13, 0x1E, 0x04
VALUES = {1: "試験　太郎", 2: "01000", 3: "1", 4: "319800217", 5: "東京都千代田区試験町一丁目", 6: "1" + "0" * 12}


def certificate(*names: tuple[int, bytes]) -> x509.Certificate:
    """A certificate with these otherNames, by the last number of their identifier."""
    key, plain = key_of(NEW), draft()
    builder = (
        x509.CertificateBuilder()
        .subject_name(plain.subject)
        .issuer_name(plain.issuer)
        .public_key(plain.public_key)
        .serial_number(plain.serial)
        .not_valid_before(plain.not_before)
        .not_valid_after(plain.not_after)
    )
    if names:
        others = [x509.OtherName(x509.ObjectIdentifier(f"{ARC}.{last}"), value) for last, value in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
    return builder.sign(key, hashes.SHA256())


def utf8(text: str) -> bytes:
    return encode(UTF8, text.encode())


def facts(names: ResidentNames) -> tuple[object, ...]:
    birth = None if names.birth is None else names.birth.iso
    return names.name, names.name_substitutes, names.sex, birth, names.address, names.address_substitutes


EXPECTED = (VALUES[1], (1,), Sex.MALE, "1980-02-17", VALUES[5], (0,))


def test_a_signature_certificate_of_the_test_pki_says_who_its_holder_is() -> None:
    names = resident_names(parse(issued().signature_certificate))
    resident = Somebody()
    assert facts(names) == (resident.name, (), Sex.MALE, "1980-02-17", resident.address, ())
    assert names.birth is not None
    assert (names.birth.era, names.birth.text) == (Era.SHOWA, "319800217")


def test_an_authentication_certificate_says_nothing_of_its_holder() -> None:
    assert resident_names(parse(issued().authentication_certificate)).empty
    assert resident_names(certificate()).empty
    assert not resident_names(certificate((1, utf8("試験")))).empty


def test_the_order_of_the_names_is_free() -> None:
    entries = [(last, utf8(text)) for last, text in VALUES.items()]
    for front in permutations(range(6), 2):
        order = [*front, *(place for place in range(6) if place not in front)]
        assert facts(resident_names(certificate(*(entries[place] for place in order)))) == EXPECTED


@pytest.mark.parametrize("missing", VALUES)
def test_what_is_not_there_is_none_and_the_rest_is_read(missing: int) -> None:
    """Cards made before the present profile may say less."""
    found = facts(
        resident_names(certificate(*((last, utf8(text)) for last, text in VALUES.items() if last != missing)))
    )
    place = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5}[missing]
    assert found[place] is None
    assert found[:place] + found[place + 1 :] == EXPECTED[:place] + EXPECTED[place + 1 :]


def test_names_of_other_makers_stand_beside_them() -> None:
    found = resident_names(certificate((1, utf8("試験")), (7, encode(OCTETS, b"\x00")), (3, encode(PRINTABLE, b"2"))))
    assert facts(found) == ("試験", None, Sex.FEMALE, None, None, None)


@pytest.mark.parametrize(
    ("text", "era", "iso", "unknown"),
    [
        ("118991201", Era.MEIJI, "1899-12-01", ()),
        ("219261224", Era.TAISHO, "1926-12-24", ()),
        ("319261225", Era.SHOWA, "1926-12-25", ()),
        ("419890108", Era.HEISEI, "1989-01-08", ()),
        ("520190501", Era.REIWA, "2019-05-01", ()),
        ("019800217", None, "1980-02-17", ("era",)),
        ("919800217", None, "1980-02-17", ("era",)),
        ("319800200", Era.SHOWA, None, ("day",)),
        ("319800000", Era.SHOWA, None, ("month", "day")),
        ("000000000", None, None, ("era", "year", "month", "day")),
        ("319800230", Era.SHOWA, None, ()),
        ("319801301", Era.SHOWA, None, ()),
        ("520240229", Era.REIWA, "2024-02-29", ()),
        ("520230229", Era.REIWA, None, ()),
        ("19800217", None, None, ("era", "year", "month", "day")),
        ("3550217", None, None, ("era", "year", "month", "day")),
        ("３19800217", None, None, ("era", "year", "month", "day")),
        ("", None, None, ("era", "year", "month", "day")),
    ],
)
def test_a_date_of_birth_is_read_part_by_part(
    text: str, era: Era | None, iso: str | None, unknown: tuple[str, ...]
) -> None:
    """An unknown part is no error and is not guessed; what has another form is kept as text."""
    birth = birth_of(text)
    assert (birth.text, birth.era, birth.iso, birth.unknown) == (text, era, iso, unknown)
    assert birth.exists == (iso is not None)


@pytest.mark.parametrize(
    ("digit", "sex"), [("1", Sex.MALE), ("2", Sex.FEMALE), ("0", Sex.UNKNOWN), ("9", Sex.UNKNOWN), ("", Sex.UNKNOWN)]
)
def test_sex_is_one_of_three(digit: str, sex: Sex) -> None:
    assert resident_names(certificate((3, utf8(digit)))).sex is sex


@pytest.mark.parametrize(
    ("flags", "places"),
    [("", ()), ("0000", ()), ("1001", (0, 3)), ("1", (0,)), ("0200", None), ("１0", None), ("01 ", None)],
)
def test_substitute_characters_are_places(flags: str, places: tuple[int, ...] | None) -> None:
    found = resident_names(certificate((2, utf8(flags)), (6, utf8(flags))))
    assert (found.name_substitutes, found.address_substitutes) == (places, places)


def test_long_texts_and_rare_characters_are_kept_as_they_are() -> None:
    """Unnormalised: variation selectors and compatibility characters are part of a name."""
    for text in ("葛\U000e0100城　太郎", "神田" * 100, "𠮷田", "㈱", "が"):
        assert resident_names(certificate((1, utf8(text)))).name == text


@pytest.mark.proves("C1", "K5")
@pytest.mark.parametrize(
    "value",
    [
        encode(UTF8, b"\xff\xfe"),
        encode(PRINTABLE, "試験".encode()),
        encode(BMP, "試験".encode("utf-16-be")),
        encode(OCTETS, b"text"),
        encode(UTF8, b"a\x00b"),
        encode(UTF8, b"a\x1b[2J"),
        encode(UTF8, "字".encode() * 700),
        encode(0x30, encode(UTF8, b"inside")),
    ],
    ids=["no UTF-8", "no ASCII", "BMPString", "octets", "NUL", "escape", "too long", "sequence"],
)
def test_what_is_no_text_is_malformed(value: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        resident_names(certificate((1, value)))
    assert caught.value.problem == "name_form"


@pytest.mark.proves("C1")
@pytest.mark.parametrize("last", VALUES)
def test_two_names_of_one_kind_are_malformed(last: int) -> None:
    with pytest.raises(Malformed) as caught:
        resident_names(
            certificate((last, utf8(VALUES[last])), (1, utf8("x")) if last != 1 else (2, utf8("0")), (last, utf8("1")))
        )
    assert caught.value.problem == "duplicate_name"


@given(st.binary(max_size=60))
def test_any_value_is_text_or_malformed(value: bytes) -> None:
    """Values that are no DER at all do not get past the reader of certificates."""
    try:
        built = certificate((1, value))
        names = resident_names(built)
    except Malformed as error:
        assert error.problem in {"name_form", "not_readable"}  # noqa: PT017 - one of the outcomes
    except ValueError:
        return  # cannot be put into a certificate
    else:
        assert names.name is not None


def test_nothing_of_a_person_is_in_a_repr() -> None:
    names = resident_names(certificate(*((last, utf8(text)) for last, text in VALUES.items())))
    assert names.birth is not None
    for record in (names, names.birth):
        assert repr(record) == str(record) == object.__repr__(record)
