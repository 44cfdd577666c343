"""OpenSC 0.23 judges the operator's badge: RSA-2048 and P-256, all four keys, PIN and PUK, through its PIV driver.

It knows the badge by its AID; the ATR is made up and in no list. It asks for no PIN before 9E, but `pkcs11-tool --sign`
always logs in. 9C wants VERIFY as the very command before: OpenSC does that by CKA_ALWAYS_AUTHENTICATE.
"""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card import Card
from applets_spec.piv.personalise import BadgeSecrets
from applets_spec.testca.keys import KeyAlgorithm
from tests.judges.conftest import OPERATOR, badge_certificates
from tests.judges.tools import Bench

PIN, PUK = BadgeSecrets().pin, BadgeSecrets().puk
LOGIN = ("--login", "--pin", PIN)
WRONG_PIN = "999999"
KIND = {KeyAlgorithm.RSA_2048: "badge-rsa", KeyAlgorithm.P256: "badge-p256"}
SIGN = {
    KeyAlgorithm.RSA_2048: ("--sign", "-m", "SHA256-RSA-PKCS"),
    KeyAlgorithm.P256: ("--sign", "-m", "ECDSA-SHA256", "--signature-format", "openssl"),
}
IDENTIFIERS = {0x9A: "01", 0x9C: "02", 0x9D: "03", 0x9E: "04"}
"""OpenSC's object numbers by key reference (pkcs15-piv.c)."""
DOCUMENT_AND_SIGNATURE = ("-i", "document", "-o", "signature")

Insert = Callable[..., Card]


def read_certificate(bench: Bench, reference: int) -> str:
    """Let OpenSC read a certificate; the file."""
    name = f"certificate-{reference:02x}"
    bench.ok("pkcs15-tool", "--read-certificate", IDENTIFIERS[reference], "-o", name)
    return name


@pytest.mark.parametrize("extended", [True, False], ids=["extended", "short only"])
def test_badge_is_named_and_its_objects_are_listed(
    bench: Bench, insert: Insert, algorithm: KeyAlgorithm, extended: bool
) -> None:
    insert(KIND[algorithm], short_apdus_only=not extended)
    assert "Personal Identity Verification Card" in bench.ok("opensc-tool", "-n")
    for reference in IDENTIFIERS:
        name = read_certificate(bench, reference)
        issued = badge_certificates(algorithm)
        assert bench.certificate(name).public_bytes(Encoding.DER) == issued.slots[reference].certificate
        bench.chains_to(name, issued.ca)
    keys = bench.ok("pkcs15-tool", "-k")
    assert [keys.count(f"(0x{reference:02X})") for reference in IDENTIFIERS] == [1, 1, 1, 1]
    assert f"token label        : {OPERATOR.name}" in bench.ok("pkcs11-tool", "-L")


@pytest.mark.parametrize("extended", [True, False], ids=["extended", "short only"])
def test_keys_sign_and_openssl_verifies(bench: Bench, insert: Insert, algorithm: KeyAlgorithm, extended: bool) -> None:
    insert(KIND[algorithm], short_apdus_only=not extended)
    bench.write("other", b"another document")
    for reference in (0x9A, 0x9C, 0x9E):
        name = read_certificate(bench, reference)
        sign = (*SIGN[algorithm], *DOCUMENT_AND_SIGNATURE, "--id", IDENTIFIERS[reference])
        bench.ok("pkcs11-tool", *LOGIN, *sign)
        assert bench.verifies(name, "signature")
        assert not bench.verifies(name, "signature", "other")


def test_rsa_key_management_key_decrypts(bench: Bench, insert: Insert) -> None:
    insert("badge-rsa")
    key = bench.public_key(read_certificate(bench, 0x9D))
    bench.write("secret", b"a session key")
    bench.ok("openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", key, "-in", "secret", "-out", "closed")
    bench.ok("pkcs11-tool", *LOGIN, "--decrypt", "-m", "RSA-PKCS", "--id", "03", "-i", "closed", "-o", "opened")
    assert bench.read("opened") == b"a session key"


def test_p256_key_management_key_agrees(bench: Bench, insert: Insert) -> None:
    insert("badge-p256")
    key = bench.public_key(read_certificate(bench, 0x9D))
    bench.ok("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "mine")
    bench.ok("openssl", "ec", "-in", "mine", "-pubout", "-outform", "DER", "-out", "mine.pub")
    derive = ("--derive", "-m", "ECDH1-DERIVE", "--id", "03", "-i", "mine.pub", "-o", "shared-by-card")
    bench.ok("pkcs11-tool", *LOGIN, *derive)
    bench.ok("openssl", "pkeyutl", "-derive", "-inkey", "mine", "-peerkey", key, "-out", "shared")
    assert bench.read("shared-by-card") == bench.read("shared") != b""


def test_wrong_pins_count_down_to_locked_and_the_puk_helps(bench: Bench, insert: Insert) -> None:
    card = insert("badge-rsa")
    pin = card.references()["piv.pin"]
    for left in (2, 1, 0):
        assert "CKR_PIN_INCORRECT" in bench.fails("pkcs11-tool", "--login", "--pin", WRONG_PIN, "-O")
        assert pin.tries == left
    assert "CKR_PIN_LOCKED" in bench.fails("pkcs11-tool", *LOGIN, "-O")
    assert "user PIN locked" in bench.ok("pkcs11-tool", "-L")
    bench.ok("pkcs15-tool", "--unblock-pin", "--auth-id", "01", "--puk", PUK, "--new-pin", "135790")
    assert pin.tries == 3
    bench.ok("pkcs11-tool", "--login", "--pin", "135790", "-O")


def test_pin_is_changed(bench: Bench, insert: Insert) -> None:
    card = insert("badge-p256")
    bench.ok("pkcs11-tool", *LOGIN, "--change-pin", "--new-pin", "135790")
    assert "CKR_PIN_INCORRECT" in bench.fails("pkcs11-tool", *LOGIN, "-O")
    assert card.references()["piv.pin"].tries == 2
    bench.ok("pkcs11-tool", "--login", "--pin", "135790", "-O")


def test_compressed_certificates_are_read(bench: Bench, insert: Insert) -> None:
    insert("badge-compressed")
    plain = badge_certificates(KeyAlgorithm.RSA_2048).slots[0x9A].certificate
    assert bench.certificate(read_certificate(bench, 0x9A)).public_bytes(Encoding.DER) == plain


def test_blank_badge_has_no_certificates(bench: Bench, insert: Insert) -> None:
    insert("blank")
    assert "Personal Identity Verification Card" in bench.ok("opensc-tool", "-n")
    assert "X.509 Certificate" not in bench.ok("pkcs15-tool", "--list-certificates")


def test_t0_badge_signs(bench: Bench, insert: Insert) -> None:
    insert("badge-rsa", t0=True, atr="3B00", short_apdus_only=True)
    name = read_certificate(bench, 0x9A)
    bench.ok("pkcs11-tool", *LOGIN, *SIGN[KeyAlgorithm.RSA_2048], *DOCUMENT_AND_SIGNATURE, "--id", "01")
    assert bench.verifies(name, "signature")
