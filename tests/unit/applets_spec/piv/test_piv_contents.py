"""What lies in the badge's objects, byte by byte, and that a personalised badge says what its certificates say."""

import gzip
import uuid
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.card import Card
from applets_spec.card_file import CardFileError
from applets_spec.iso7816 import CardRefusal, Command
from applets_spec.piv import keys, objects
from applets_spec.piv.applet import application_property_template
from applets_spec.piv.contents import (
    FascN,
    capabilities,
    certificate,
    chuid,
    discovery,
    key_history,
    printed_information,
)
from applets_spec.piv.personalise import BadgeSecrets, badge_variants, make_badge, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import Algorithm
from applets_spec.piv.templates import members, only
from applets_spec.testca.issue import Operator
from applets_spec.testca.keys import KeyAlgorithm, derive_p256, derive_rsa

GUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
OPERATOR = Operator("窓口 花子", "A0001")


def test_fasc_n_of_agency_9999_is_the_well_known_one() -> None:
    assert FascN().encode().hex() == "d4e739da739ced39ce739d836858210842108421c84210c3eb"  # yubico-piv-tool, set-chuid


@pytest.mark.parametrize("changed", [{"agency": "0032"}, {"credential": "123456"}, {"person": "1234567890"}])
def test_fasc_n_has_odd_parity_in_every_character(changed: dict[str, str]) -> None:
    bits = "".join(f"{byte:08b}" for byte in FascN(**changed).encode())
    assert len(bits) == 200
    assert all(bits[at : at + 5].count("1") % 2 == 1 for at in range(0, 200, 5))
    assert FascN(**changed).encode() != FascN().encode()


def test_chuid_holds_guid_and_expiry() -> None:
    content = chuid(GUID, date(2030, 3, 31))
    assert content[27:] == bytes.fromhex("3410") + GUID.bytes + b"\x35\x0820300331" + bytes.fromhex("3E00FE00")


def test_capability_container_is_the_size_the_standard_says() -> None:
    content = capabilities(bytes(14))
    assert content.hex().upper().startswith("F015A000000116FF02")
    assert content.hex().upper().endswith("F10121F20121F300F40100F50110F600F700FA00FB00FC00FD00FE00")
    with pytest.raises(ValueError, match="14 bytes"):
        capabilities(bytes(13))


def test_discovery_and_key_history() -> None:
    assert discovery(global_pin=False).hex().upper() == "4F0BA0000003080000100001005F2F024000"
    assert key_history(2).hex().upper() == "C10102C20100F300FE00"


def test_certificate_object_plain_and_compressed() -> None:
    der = bytes(range(256)) * 4
    assert certificate(der) == b"\x70\x82\x04\x00" + der + bytes.fromhex("710100FE00")
    packed = certificate(der, compressed=True)
    length = int.from_bytes(packed[2:4])
    assert gzip.decompress(packed[4 : 4 + length]) == der
    assert packed[4:6] == b"\x1f\x8b"
    assert packed[4 + length :] == bytes.fromhex("710101FE00")
    assert packed == certificate(der, compressed=True)


def test_printed_information_has_the_date_in_words() -> None:
    content = printed_information("Hanako", "TEST City", date(2030, 3, 31), "A0001")
    assert b"\x04\x092030MAR31" in content
    assert content.startswith(b"\x01\x06Hanako\x02\x09TEST City")


def test_application_property_template_is_one_object() -> None:
    template = only(application_property_template(), 0x61)
    parts = members(template, 0x4F, 0x79, 0x50, 0x5F50, 0xAC)
    assert parts[0x4F] == bytes.fromhex("000010000100")
    assert parts[0x79] == bytes.fromhex("4F05A000000308")
    assert parts[0xAC] == bytes.fromhex("80010380010780010880010A80010C800111800114060100")


@pytest.mark.parametrize("compressed", [False, True])
def test_badge_carries_the_certificates_it_was_given(certificates, compressed: bool) -> None:
    issued = certificates[KeyAlgorithm.RSA_2048]
    state = make_badge(OPERATOR, issued, compressed=compressed).to_state()
    stored = objects.from_state(state["applets"]["piv"]["objects"])
    for slot, tag in {0x9A: 0x5FC105, 0x9C: 0x5FC10A, 0x9D: 0x5FC10B, 0x9E: 0x5FC101}.items():
        assert stored[tag] == certificate(issued.slots[slot].certificate, compressed=compressed)
    assert stored[0x5FC102][29:45] == issued.guid.bytes
    assert stored[0x5FC102][47:55] == b"20300331"
    leaf = x509.load_der_x509_certificate(issued.slots[0x9A].certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"urn:uuid:{issued.guid}"]


def test_badge_file_brings_the_same_badge_back_and_keeps_the_counter(tmp_path: Path, certificates) -> None:
    path = tmp_path / "badge.json"
    card = make_badge(OPERATOR, certificates[KeyAlgorithm.P256], path=path)
    card.power_on()
    card.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
    assert card.transmit(bytes.fromhex("0020008008303030303030FFFF")) == bytes.fromhex("63C2")

    again = Card.load(path)

    assert again.references()["piv.pin"].tries == 2
    assert again.to_state() == card.to_state()


def test_a_right_pin_that_changes_nothing_is_not_written(tmp_path: Path, certificates) -> None:
    path = tmp_path / "badge.json"
    card = make_badge(OPERATOR, certificates[KeyAlgorithm.P256], path=path)
    written = path.stat().st_ino
    card.power_on()
    card.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
    assert card.transmit(bytes.fromhex("0020008008323436383133FFFF")) == bytes.fromhex("9000")
    assert path.stat().st_ino == written


@pytest.mark.parametrize("damage", ["keys", "quirks", "management", "objects", "pin"])
def test_damaged_badge_file_is_refused(certificates, damage: str) -> None:
    state = make_badge(OPERATOR, certificates[KeyAlgorithm.P256]).to_state()
    state["applets"]["piv"][damage] = {
        "keys": {"9A": "no key"},
        "quirks": {"unheard of": True},
        "management": {"algorithm": 8, "key": "00"},
        "objects": {"123456": ""},
        "pin": {"value": "", "max_tries": 3, "tries": 4},
    }[damage]
    with pytest.raises(CardFileError):
        Card.from_state(state)


def test_blank_badges_differ_by_number_only() -> None:
    first, second = make_blank_badge(number=1).to_state(), make_blank_badge(number=2).to_state()
    assert first["applets"]["piv"]["objects"].pop("5FC107") != second["applets"]["piv"]["objects"].pop("5FC107")
    assert first == second


def test_blank_badge_with_aes_has_the_same_key_bytes() -> None:
    state = make_blank_badge(management_algorithm=Algorithm.AES_192).to_state()["applets"]["piv"]["management"]
    assert state == {"algorithm": 0x0A, "key": "0102030405060708" * 3}


@pytest.mark.parametrize(
    "wrong",
    [{"pin": "12345"}, {"pin": "abcdef"}, {"pin": "123456789"}, {"puk": "123456789"}, {"management_key": bytes(16)}],
)
def test_secrets_that_do_not_fit_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^(PIN|PUK|management key):"):
        BadgeSecrets(**wrong)


def test_secrets_do_not_show() -> None:
    secrets = BadgeSecrets()
    assert secrets.pin not in repr(secrets)
    assert secrets.puk not in repr(secrets)


def test_keys_no_badge_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="1024"):
        keys.algorithm_of(derive_rsa("small", 1024))
    assert keys.algorithm_of(derive_p256("x")) is Algorithm.P256


def test_atr_tells_whether_extended_length_works() -> None:
    extended, short = (badge_variants(extended=one) for one in (True, False))
    assert extended.make_atr(b"")[-3:-1] == bytes.fromhex("21C0")
    assert short.make_atr(b"")[-3:-1] == bytes.fromhex("2180")
    assert (extended.short_apdus_only, short.short_apdus_only) == (False, True)
    for variants in (extended, short):
        check = 0
        for byte in variants.make_atr(b"")[1:]:
            check ^= byte
        assert check == 0


def test_unknown_quirk_is_refused() -> None:
    assert PivQuirks.from_state(PivQuirks(logout=False).to_state()) == PivQuirks(logout=False)
    with pytest.raises(ValueError, match="unknown PIV quirks: vendor"):
        PivQuirks.from_state({"vendor": True})


@given(st.binary(max_size=80))
def test_any_bytes_for_put_data_either_store_or_refuse(data: bytes) -> None:
    stored: dict[int, bytes] = {}
    sw = _put(stored, data)
    assert sw in (0x9000, 0x6A80, 0x6A81, 0x6A84)
    assert sw == 0x9000 or not stored


def _put(stored: dict[int, bytes], data: bytes) -> int:
    try:
        objects.put(stored, Command(0x00, 0xDB, 0x3F, 0xFF, data))
    except CardRefusal as refusal:
        return refusal.sw
    return 0x9000


@given(
    st.binary(max_size=300), st.sampled_from([0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x82]), st.sampled_from([0, 3, 7, 8, 0x11])
)
def test_any_bytes_for_general_authenticate_are_answered(data: bytes, key: int, algorithm: int) -> None:
    card = make_blank_badge()
    card.power_on()
    card.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
    sent = bytes([0x00, 0x87, algorithm, key, 0x00]) + len(data).to_bytes(2) + data + b"\x00\x00"
    answer = card.transmit(sent if data else bytes([0x00, 0x87, algorithm, key]))
    assert answer[-2:].hex() in {"6a80", "6a86", "6a88", "6982", "6985", "9000"}
