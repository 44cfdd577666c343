"""The management key and what it opens: authentication both ways, PUT DATA, GENERATE ASYMMETRIC, SET MANAGEMENT KEY."""

import os

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from applets_spec.piv.personalise import BadgeSecrets
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import Algorithm

KEY_BYTES = {0x03: 24, 0x08: 16, 0x0A: 24, 0x0C: 32}
DEFAULT = bytes.fromhex("0102030405060708" * 3)
CHUID = bytes.fromhex("5C035FC102530434021122")


class Host:
    """The host's half of the protocol, written apart from the card's."""

    def __init__(self, desk, algorithm: int, key: bytes) -> None:
        self.desk, self.algorithm = desk, algorithm
        self.cipher = Cipher((TripleDES if algorithm == 0x03 else AES)(key), ECB())
        self.block = 8 if algorithm == 0x03 else 16
        self.header = f"0087{algorithm:02X}9B"

    def encrypt(self, data: bytes) -> bytes:
        return self.cipher.encryptor().update(data)

    def decrypt(self, data: bytes) -> bytes:
        return self.cipher.decryptor().update(data)

    def ask(self, tag: int) -> bytes:
        answer, sw = self.desk.send(self.header, bytes([0x7C, 2, tag, 0]))
        assert (sw, answer[:4]) == (0x9000, bytes([0x7C, self.block + 2, tag, self.block]))
        return answer[4:]

    def single(self) -> int:
        reply = self.encrypt(self.ask(0x81))
        return self.desk.sw(self.header, bytes([0x7C, self.block + 2, 0x82, self.block]) + reply)

    def mutual(self, challenge: bytes, *, tail: bytes = b"") -> tuple[bytes, int]:
        witness = self.decrypt(self.ask(0x80))
        n = self.block
        inner = bytes([0x80, n]) + witness + bytes([0x81, n]) + challenge + tail
        return self.desk.send(self.header, bytes([0x7C, len(inner)]) + inner)


@pytest.fixture(name="host")
def host_fixture(blank) -> Host:
    return Host(blank(), 0x03, DEFAULT)


@pytest.mark.parametrize("algorithm", KEY_BYTES)
def test_mutual_authentication_proves_both_sides(badge, algorithm: int) -> None:
    key = bytes(range(1, 1 + KEY_BYTES[algorithm]))
    host = Host(
        badge(secrets=BadgeSecrets(management_algorithm=Algorithm(algorithm), management_key=key)), algorithm, key
    )
    challenge = os.urandom(host.block)
    answer, sw = host.mutual(challenge, tail=b"\x82\x00")
    assert sw == 0x9000
    assert answer[4:] == host.encrypt(challenge)
    assert host.desk.sw("00DB3FFF", CHUID) == 0x9000


@pytest.mark.parametrize("algorithm", KEY_BYTES)
def test_single_authentication_proves_the_host(badge, algorithm: int) -> None:
    key = bytes(range(1, 1 + KEY_BYTES[algorithm]))
    host = Host(
        badge(secrets=BadgeSecrets(management_algorithm=Algorithm(algorithm), management_key=key)), algorithm, key
    )
    assert host.single() == 0x9000
    assert host.desk.sw("00DB3FFF", CHUID) == 0x9000


def test_wrong_key_is_refused_both_ways(blank) -> None:
    host = Host(blank(), 0x03, bytes.fromhex("0102030405060709" * 3)[:-1] + b"\x77")
    assert host.single() == 0x6982
    assert host.mutual(bytes(8))[1] == 0x6982
    assert host.desk.sw("00DB3FFF", CHUID) == 0x6982


@pytest.mark.parametrize("single", [True, False], ids=["single", "mutual"])
def test_wrong_key_may_be_called_wrong_data(blank, single: bool) -> None:
    host = Host(blank(quirks=PivQuirks(wrong_management_key_as_wrong_data=True)), 0x03, bytes(range(24)))
    assert (host.single() if single else host.mutual(bytes(8))[1]) == 0x6A80


def test_a_card_may_give_challenges_only(blank) -> None:
    host = Host(blank(quirks=PivQuirks(no_witness=True)), 0x03, DEFAULT)
    assert host.desk.send("0087039B", bytes.fromhex("7C028000"))[1] == 0x6A80
    assert host.single() == 0x9000


def test_failed_authentication_takes_an_earlier_one_away(host: Host) -> None:
    assert host.single() == 0x9000
    assert host.desk.sw("0087039B", bytes.fromhex("7C0A8208") + bytes(8)) == 0x6985
    assert host.desk.sw("00DB3FFF", CHUID) == 0x6982


def test_challenge_lives_for_one_command_only(host: Host) -> None:
    reply = host.encrypt(host.ask(0x81))
    host.desk.object("5FC102")
    assert host.desk.sw("0087039B", bytes.fromhex("7C0A8208") + reply) == 0x6985
    reply = host.encrypt(host.ask(0x81))
    assert host.desk.sw("0087039B", bytes.fromhex("7C0A8208") + bytes(8)) == 0x6982
    assert host.desk.sw("0087039B", bytes.fromhex("7C0A8208") + reply) == 0x6985


def test_witness_does_not_answer_a_challenge(host: Host) -> None:
    witness = host.decrypt(host.ask(0x80))
    assert host.desk.sw("0087039B", bytes.fromhex("7C0A8208") + host.encrypt(witness)) == 0x6985


def test_card_never_encrypts_for_somebody_unproven(host: Host) -> None:
    assert host.desk.send("0087039B", bytes.fromhex("7C0C8108") + bytes(8) + b"\x82\x00")[1] == 0x6A80


def test_challenges_differ(host: Host) -> None:
    assert len({host.ask(0x81) for _ in range(8)}) == 8


@pytest.mark.parametrize(
    ("header", "sw"), [("0087009B", 0x9000), ("0087039B", 0x9000), ("0087089B", 0x6A86), ("0087119B", 0x6A86)]
)
def test_algorithm_zero_is_triple_des_others_must_fit(host: Host, header: str, sw: int) -> None:
    assert host.desk.send(header, bytes.fromhex("7C028100"))[1] == sw


@pytest.mark.parametrize(
    "data", ["7C0A8008" + "00" * 8, "7C03810100", "7C098207" + "00" * 7, "7C0A8108" + "00" * 8, "7C00", "7C0285000000"]
)
def test_broken_steps_are_refused(host: Host, data: str) -> None:
    assert host.desk.send("0087039B", bytes.fromhex(data))[1] in (0x6A80, 0x6985)


@pytest.mark.parametrize("event", ["select", "other", "reset"])
def test_session_end_takes_the_status_away(host: Host, event: str) -> None:
    assert host.single() == 0x9000
    if event == "other":
        host.desk.raw("00A4040007A0000001510000")
    if event == "reset":
        host.desk.card.reset()
    host.desk.select()
    assert host.desk.sw("00DB3FFF", CHUID) == 0x6982


def test_pin_does_not_stand_in_for_the_management_key(blank) -> None:
    desk = blank()
    assert desk.verify("123456") == 0x9000
    assert desk.sw("00DB3FFF", CHUID) == 0x6982
    assert desk.send("0047009A", bytes.fromhex("AC03800111"))[1] == 0x6982


def test_management_key_does_not_stand_in_for_the_pin(host: Host) -> None:
    assert host.single() == 0x9000
    assert host.desk.send("0047009A", bytes.fromhex("AC03800111"))[1] == 0x9000
    assert host.desk.send("0087119A", bytes.fromhex("7C2482008120") + bytes(32))[1] == 0x6982
    assert host.desk.object("5FC109")[1] == 0x6982
    assert not host.desk.reference().verified


def test_a_new_key_leaves_everything_else_as_it_was(badge) -> None:
    host = Host(badge(), 0x0C, bytes(range(0x40, 0x60)))
    host.single()
    before = host.desk.card.to_state()["applets"]["piv"]
    assert host.desk.send("0047009A", bytes.fromhex("AC03800107"))[1] == 0x9000
    after = host.desk.card.to_state()["applets"]["piv"]
    assert before["keys"].pop("9A") != after["keys"].pop("9A")
    assert before == after


def test_long_object_goes_in_chained_and_comes_out_whole(host: Host) -> None:
    content = os.urandom(3000)
    assert host.single() == 0x9000
    data = bytes.fromhex("5C035FC105") + b"\x53\x82" + len(content).to_bytes(2) + content
    assert host.desk.sw("00DB3FFF", data) == 0x9000
    assert host.desk.object("5FC105") == (b"\x53\x82" + len(content).to_bytes(2) + content, 0x9000)


def test_empty_object_deletes(host: Host) -> None:
    host.single()
    assert host.desk.sw("00DB3FFF", CHUID) == 0x9000
    assert host.desk.object("5FC102") == (bytes.fromhex("530434021122"), 0x9000)
    assert host.desk.sw("00DB3FFF", bytes.fromhex("5C035FC1025300")) == 0x9000
    assert host.desk.object("5FC102")[1] == 0x6A82


def test_discovery_object_travels_under_its_own_tag(host: Host) -> None:
    host.single()
    discovery = bytes.fromhex("7E124F0BA0000003080000100001005F2F026010")
    assert host.desk.sw("00DB3FFF", discovery) == 0x9000
    assert host.desk.object("7E") == (discovery, 0x9000)


@pytest.mark.parametrize(
    ("data", "sw"),
    [
        pytest.param(bytes.fromhex("5C035FFF00530100"), 0x6A81, id="vendor's tag"),
        pytest.param(bytes.fromhex("5C017E530100"), 0x6A81, id="discovery object inside 53"),
        pytest.param(bytes.fromhex("5C035FC102"), 0x6A80, id="no content"),
        pytest.param(bytes.fromhex("5C035FC102530500"), 0x6A80, id="too short"),
        pytest.param(bytes.fromhex("530100"), 0x6A80, id="no tag"),
        pytest.param(bytes.fromhex("5C035FC10553823200") + bytes(12800), 0x6A84, id="too long"),
    ],
)
def test_objects_that_cannot_be_stored(host: Host, data: bytes, sw: int) -> None:
    host.single()
    assert host.desk.sw("00DB3FFF", data) == sw


def test_generated_p256_key_is_the_one_that_signs(host: Host) -> None:
    host.single()
    answer, sw = host.desk.send("0047009E", bytes.fromhex("AC03800111"))
    assert (sw, answer[:5]) == (0x9000, bytes.fromhex("7F49438641"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), answer[5:])
    signature, sw = host.desk.send("0087119E", bytes.fromhex("7C2482008120") + bytes(range(32)))
    assert sw == 0x9000
    public.verify(signature[4:], bytes(range(32)), ec.ECDSA(Prehashed(hashes.SHA256())))


def test_generated_rsa_key_is_the_one_that_signs(host: Host) -> None:
    host.single()
    answer, sw = host.desk.send("0047009E", bytes.fromhex("AC03800107"))
    assert (sw, answer[:9]) == (0x9000, bytes.fromhex("7F4982010981820100"))
    assert answer[-5:] == bytes.fromhex("8203010001")
    modulus = int.from_bytes(answer[9:265])
    block = b"\x00" + os.urandom(255)
    signature, sw = host.desk.send("0087079E", bytes.fromhex("7C820106820081820100") + block)
    assert sw == 0x9000
    assert pow(int.from_bytes(signature[8:]), 65537, modulus) == int.from_bytes(block)
    assert rsa.RSAPublicNumbers(65537, modulus).public_key().key_size == 2048


def test_generated_p384_key(host: Host) -> None:
    host.single()
    answer, sw = host.desk.send("0047009C", bytes.fromhex("AC03800114"))
    assert (sw, len(answer)) == (0x9000, 5 + 97)
    assert host.desk.verify("123456") == 0x9000
    assert host.desk.send("0087149C", bytes.fromhex("7C3482008130") + bytes(48))[1] == 0x9000


@pytest.mark.parametrize(
    ("header", "data", "sw"),
    [
        ("0047009B", "AC03800111", 0x6A86),
        ("00470082", "AC03800111", 0x6A86),
        ("0047019A", "AC03800111", 0x6A86),
        ("0047009A", "AC03800106", 0x6A80),
        ("0047009A", "AC03800103", 0x6A80),
        ("0047009A", "AC03800114", 0x6A80),
        ("0047009E", "AC03800114", 0x6A80),
        ("0047009A", "AC00", 0x6A80),
        ("0047009A", "800111", 0x6A80),
    ],
)
def test_keys_that_are_not_generated(host: Host, header: str, data: str, sw: int) -> None:
    host.single()
    assert host.desk.send(header, bytes.fromhex(data))[1] == sw


def test_set_management_key_is_a_vendors_command(host: Host) -> None:
    host.single()
    assert host.desk.sw("00FFFFFF", bytes.fromhex("039B18") + bytes(range(24))) == 0x6D00


@pytest.mark.parametrize("algorithm", KEY_BYTES)
def test_new_management_key_is_in_force_and_survives_power(blank, algorithm: int) -> None:
    desk = blank(quirks=PivQuirks(set_management_key=True))
    key = bytes(range(0x30, 0x30 + KEY_BYTES[algorithm]))
    command = bytes([algorithm, 0x9B, len(key)]) + key
    assert desk.sw("00FFFFFF", command) == 0x6982
    assert Host(desk, 0x03, DEFAULT).single() == 0x9000
    assert desk.sw("00FFFFFF", command) == 0x9000
    desk.card.power_off()
    desk.card.power_on()
    desk.select()
    if algorithm == 0x03:
        assert Host(desk, 0x03, DEFAULT).single() == 0x6982
    assert Host(desk, algorithm, key).single() == 0x9000


@pytest.mark.parametrize(
    ("data", "sw"),
    [
        ("039B17" + "00" * 23, 0x6700),
        ("039A18" + "00" * 24, 0x6A80),
        ("119B18" + "00" * 24, 0x6A80),
        ("039B18" + "00" * 23, 0x6A80),
        ("", 0x6A80),
    ],
)
def test_management_keys_that_do_not_fit(blank, data: str, sw: int) -> None:
    desk = blank(quirks=PivQuirks(set_management_key=True))
    Host(desk, 0x03, DEFAULT).single()
    assert desk.sw("00FFFFFF", bytes.fromhex(data)) == sw
    assert Host(desk, 0x03, DEFAULT).single() == 0x9000
