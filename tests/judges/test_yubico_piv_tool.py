"""yubico-piv-tool 2.2.0 judges the badge: it is written for YubiKeys, and works with a plain PIV card as far as it keeps to SP 800-73.

What it needs: a card that answers a SELECT without Le over T=1 (`answers_without_le`), as Java Card does; the tool takes
61xx for an error there. What cannot work with any plain card, because it is a command of the vendor's own: version (FD),
serial number, import-key (FE), set-mgm-key (FF), pin-retries (FA), reset (FB), attest (F9). It proves the management key
with 3DES alone. selfsign-certificate and request-certificate fail in this build before anything is sent to the card
(Yubico/yubico-piv-tool issue 388: OpenSSL 3), so the certificate for a generated key is made with openssl.
"""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card import Card
from applets_spec.piv.personalise import FACTORY_SECRETS, BadgeSecrets
from applets_spec.testca.keys import KeyAlgorithm
from tests.judges.conftest import OPERATOR, badge_certificates
from tests.judges.tools import Bench

TOOL = ("yubico-piv-tool", "-r", "Reader")
PIN, PUK = BadgeSecrets().pin, BadgeSecrets().puk
FACTORY_PIN = FACTORY_SECRETS.pin
KIND = {KeyAlgorithm.RSA_2048: "badge-rsa", KeyAlgorithm.P256: "badge-p256"}
VERIFIED = {KeyAlgorithm.RSA_2048: "Successful RSA verification", KeyAlgorithm.P256: "Successful ECDSA verification"}
DECIPHERED = {
    KeyAlgorithm.RSA_2048: "Successfully performed RSA decryption",
    KeyAlgorithm.P256: "ECDH exchange with card",
}
NAMES = {KeyAlgorithm.RSA_2048: "RSA2048", KeyAlgorithm.P256: "ECCP256"}

Insert = Callable[..., Card]


@pytest.fixture
def badge(insert: Insert, algorithm: KeyAlgorithm) -> Card:
    return insert(KIND[algorithm], answers_without_le=True)


@pytest.fixture
def blank(insert: Insert) -> Card:
    return insert("blank", answers_without_le=True)


def verify_pin(pin: str = PIN) -> tuple[str, ...]:
    return (*TOOL, "-a", "verify-pin", "-P", pin)


def test_status_tells_what_is_on_the_badge(bench: Bench, badge: Card, algorithm: KeyAlgorithm) -> None:
    status = bench.ok(*TOOL, "-a", "status")
    issued = badge_certificates(algorithm)
    assert issued.guid.hex in status
    assert status.count(f"CN={OPERATOR.name}") == 3  # 9E names the card alone
    assert status.count(NAMES[algorithm]) == 4
    assert "PIN tries left:\t3" in status


def test_certificates_are_read_and_chain(bench: Bench, badge: Card, algorithm: KeyAlgorithm) -> None:
    issued = badge_certificates(algorithm)
    for slot in ("9a", "9c", "9d", "9e"):
        bench.ok(*TOOL, "-a", "read-certificate", "-s", slot, "-o", slot)
        assert bench.certificate(slot).public_bytes(Encoding.DER) == issued.slots[int(slot, 16)].certificate
        bench.chains_to(slot, issued.ca)


def test_keys_sign_for_their_certificates(bench: Bench, badge: Card, algorithm: KeyAlgorithm) -> None:
    for slot in ("9a", "9c", "9e"):
        bench.ok(*TOOL, "-a", "read-certificate", "-s", slot, "-o", slot)
        login = () if slot == "9e" else ("-a", "verify-pin", "-P", PIN)
        said = bench.ok(*TOOL, *login, "-a", "test-signature", "-s", slot, "-i", slot)
        assert VERIFIED[algorithm] in said


def test_keys_do_nothing_without_the_pin(bench: Bench, badge: Card, algorithm: KeyAlgorithm) -> None:
    for slot in ("9a", "9c", "9d"):
        bench.ok(*TOOL, "-a", "read-certificate", "-s", slot, "-o", slot)
        said = bench.fails(*TOOL, "-a", "test-decipher" if slot == "9d" else "test-signature", "-s", slot, "-i", slot)
        assert "Successful" not in said


def test_a_file_is_signed_and_openssl_verifies(bench: Bench, insert: Insert) -> None:
    """RSA only: `--sign` fails for EC keys within this build (Yubico/yubico-piv-tool issue 412)."""
    insert("badge-rsa", answers_without_le=True)
    bench.ok(*TOOL, "-a", "read-certificate", "-s", "9a", "-o", "9a")
    signing = ("--sign", "-s", "9a", "-A", "RSA2048", "-H", "SHA256", "-i", "document", "-o", "signature")
    bench.ok(*verify_pin(), *signing)
    assert bench.verifies("9a", "signature")


def test_key_management_key_deciphers(bench: Bench, badge: Card, algorithm: KeyAlgorithm) -> None:
    bench.ok(*TOOL, "-a", "read-certificate", "-s", "9d", "-o", "9d")
    said = bench.ok(*verify_pin(), "-a", "test-decipher", "-s", "9d", "-i", "9d")
    assert DECIPHERED[algorithm] in said


def test_pin_counts_down_to_blocked_and_the_puk_unblocks(bench: Bench, insert: Insert) -> None:
    card = insert("badge-rsa", answers_without_le=True)
    pin = card.references()["piv.pin"]
    bench.ok(*verify_pin())
    for left in (2, 1):
        assert f"{left} tries left" in bench.fails(*verify_pin("999999"))
        assert pin.tries == left
    assert "PIN tries left:\t1" in bench.ok(*TOOL, "-a", "status")
    assert "Pin code blocked" in bench.fails(*verify_pin("999999"))
    assert pin.tries == 0
    assert "Pin code blocked" in bench.fails(*verify_pin())
    bench.fails(*TOOL, "-a", "unblock-pin", "-P", "00000000", "-N", "135790")
    assert card.references()["piv.puk"].tries == 2
    bench.ok(*TOOL, "-a", "unblock-pin", "-P", PUK, "-N", "135790")
    bench.ok(*verify_pin("135790"))


def test_pin_and_puk_are_changed(bench: Bench, insert: Insert) -> None:
    insert("badge-rsa", answers_without_le=True)
    bench.ok(*TOOL, "-a", "change-pin", "-P", PIN, "-N", "135790")
    bench.fails(*verify_pin())
    bench.ok(*verify_pin("135790"))
    bench.ok(*TOOL, "-a", "change-puk", "-P", PUK, "-N", "12345678")
    bench.fails(*TOOL, "-a", "unblock-pin", "-P", PUK, "-N", PIN)
    bench.ok(*TOOL, "-a", "unblock-pin", "-P", "12345678", "-N", PIN)
    bench.ok(*verify_pin())


def test_blank_badge_is_filled(bench: Bench, blank: Card, algorithm: KeyAlgorithm) -> None:
    """Key, identity and certificate, as an enrolment does it, with the factory's 3DES management key."""
    assert "CHUID:\tNo data available" in bench.ok(*TOOL, "-a", "status")
    bench.ok(*TOOL, "-a", "set-chuid", "-a", "set-ccc")
    bench.ok(*TOOL, "-a", "generate", "-s", "9a", "-A", NAMES[algorithm], "-o", "public")
    bench.ok("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "authority")
    bench.ok(
        "openssl", "x509", "-new", "-subj", "/CN=TEST", "-force_pubkey", "public", "-key", "authority", "-out", "made"
    )
    bench.ok(*TOOL, "-a", "import-certificate", "-s", "9a", "-i", "made")
    bench.ok(*TOOL, "-a", "read-certificate", "-s", "9a", "-o", "read")
    assert bench.read("read") == bench.read("made")
    said = bench.ok(*verify_pin(FACTORY_PIN), "-a", "test-signature", "-s", "9a", "-i", "read")
    assert VERIFIED[algorithm] in said
    assert "CHUID:\t30" in bench.ok(*TOOL, "-a", "status")
    bench.ok(*TOOL, "-a", "delete-certificate", "-s", "9a")
    assert "Slot 9a" not in bench.ok(*TOOL, "-a", "status")


@pytest.mark.parametrize("action", ["generate", "set-chuid", "delete-certificate"])
def test_nothing_is_written_with_a_wrong_management_key(bench: Bench, blank: Card, action: str) -> None:
    before = blank.to_state()
    wrong = "99" + FACTORY_SECRETS.management_key.hex()[2:]
    said = bench.fails(*TOOL, f"--key={wrong}", "-a", action, "-s", "9a")
    assert "Failed authentication" in said
    assert blank.to_state() == before


def test_a_card_with_an_aes_management_key_refuses_the_tools_3des(bench: Bench, insert: Insert) -> None:
    card = insert("blank-aes", answers_without_le=True)
    before = card.to_state()
    assert "Failed authentication" in bench.fails(*TOOL, "-a", "set-chuid")
    assert card.to_state() == before


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(("set-mgm-key", "-n", "000102030405060708090A0B0C0D0E0F1011121314151617"), id="set-mgm-key"),
        pytest.param(("import-key", "-s", "9e", "-i", "key"), id="import-key"),
        pytest.param(("pin-retries", "--pin-retries", "5", "--puk-retries", "5"), id="pin-retries"),
        pytest.param(("attest", "-s", "9a"), id="attest"),
        pytest.param(("reset",), id="reset"),
    ],
)
def test_vendor_commands_change_nothing_on_a_plain_card(bench: Bench, blank: Card, action: tuple[str, ...]) -> None:
    bench.ok("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key")
    before = blank.to_state()
    bench.fails(*TOOL, "-a", "verify-pin", "-P", FACTORY_PIN, "-a", *action)
    assert blank.to_state() == before


def test_management_key_is_replaced_where_the_card_has_the_vendors_command(bench: Bench, insert: Insert) -> None:
    insert("blank-with-vendor-command", answers_without_le=True)
    new = "000102030405060708090A0B0C0D0E0F1011121314151617"
    bench.ok(*TOOL, "-a", "set-mgm-key", "-n", new)
    assert "Failed authentication" in bench.fails(*TOOL, "-a", "set-chuid")
    bench.ok(*TOOL, f"--key={new}", "-a", "set-chuid")


def test_a_card_without_le_answers_is_not_this_tools(bench: Bench, insert: Insert) -> None:
    """The switch that this file sets everywhere: without it the tool does not get past SELECT."""
    insert("badge-rsa")
    assert "Failed to connect" in bench.fails(*TOOL, "-a", "status")
