"""OpenSC 0.23 judges the My Number card and the 住基カード: what it shows, reads and signs, OpenSSL must find right.

What its JPKI driver does (pkcs15-jpki.c, card-jpki.c): it selects the JPKI-AP and never looks at the ATR, shows one token
for each PIN, and asks for the tries left with an empty VERIFY of four bytes. Over T=0 it does not fetch a signature that
waits behind 61xx and hands out memory that the card never wrote: signing is not judged over T=0, reading is.
"""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.card import Card
from applets_spec.testca.issue import JpkiCertificates
from tests.fixtures.counter import until
from tests.fixtures.pcscd import PcscBox
from tests.judges.tools import Bench

AUTHENTICATION = ("pkcs11-tool", "--token-label", "JPKI (User Authentication PIN)")
SIGNATURE = ("pkcs11-tool", "--token-label", "JPKI (Digital Signature PIN)")
AUTHENTICATION_PIN, SIGNATURE_PIN = "1234", "ABC123"
SEEN_GONE_S = 5.0
SIGN = ("--sign", "-m", "SHA256-RSA-PKCS", "-i", "document", "-o", "signature")

Insert = Callable[..., Card]


def tries(bench: Bench) -> list[int]:
    """Tries left as OpenSC shows them: authentication PIN, signature PIN."""
    lines = bench.ok("pkcs15-tool", "--list-pins").splitlines()
    return [int(line.split(":")[1]) for line in lines if "Tries left" in line]


def flags(bench: Bench) -> list[str]:
    """Token flags: authentication, signature."""
    return [line for line in bench.ok("pkcs11-tool", "-L").splitlines() if "token flags" in line]


def test_reader_card_and_atr_are_shown(bench: Bench, pcscd: PcscBox, insert: Insert) -> None:
    card = insert("my-number")
    rows = [line.split(maxsplit=2) for line in bench.ok("opensc-tool", "-l").splitlines() if line[:1].isdigit()]
    assert rows == [["0", "Yes", pcscd.readers[0]], ["1", "No", pcscd.readers[1]]]
    assert card.atr.hex(":") in bench.ok("opensc-tool", "-a")
    assert "jpki" in bench.ok("opensc-tool", "-n").split()


def test_certificates_keys_and_tokens_are_listed(bench: Bench, insert: Insert) -> None:
    insert("my-number")
    certificates = bench.ok("pkcs15-tool", "--list-certificates")
    assert [line.strip() for line in certificates.splitlines() if "Path" in line] == [
        f"Path           : {ef}" for ef in ("000a", "0001", "000b", "0002")
    ]
    keys = bench.ok("pkcs15-tool", "-k")
    assert keys.count("ModLength      : 2048") == 2
    assert "User Authentication Key" in keys
    assert "Digital Signature Key" in keys
    tokens = bench.ok("pkcs11-tool", "-L")
    assert "JPKI (User Authentication PIN)" in tokens
    assert "JPKI (Digital Signature PIN)" in tokens
    assert tries(bench) == [3, 5]


@pytest.mark.parametrize("kind", ["my-number", "juki"])
def test_authentication_key_signs_and_openssl_verifies(
    bench: Bench, insert: Insert, jpki: JpkiCertificates, kind: str
) -> None:
    card = insert(kind)
    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "certificate")
    assert bench.certificate("certificate").public_bytes(Encoding.DER) == jpki.authentication_certificate
    bench.ok(*AUTHENTICATION, "--login", "--pin", AUTHENTICATION_PIN, *SIGN, "--id", "01")
    assert bench.verifies("certificate", "signature")
    bench.write("other", b"another document")
    assert not bench.verifies("certificate", "signature", "other")
    bench.chains_to("certificate", jpki.authentication_ca)
    assert card.references()["jpki.authentication"].tries == 3


@pytest.mark.parametrize("kind", ["my-number", "juki"])
def test_signature_key_signs_and_openssl_verifies(
    bench: Bench, insert: Insert, jpki: JpkiCertificates, kind: str
) -> None:
    insert(kind)
    login = (*SIGNATURE, "--login", "--pin", SIGNATURE_PIN)
    bench.ok(*login, "--read-object", "--type", "cert", "--id", "02", "-o", "certificate")
    assert bench.certificate("certificate").public_bytes(Encoding.DER) == jpki.signature_certificate
    bench.ok(*login, *SIGN, "--id", "02")
    assert bench.verifies("certificate", "signature")
    bench.chains_to("certificate", jpki.signature_ca)


def test_signature_certificate_is_hidden_without_its_pin(bench: Bench, insert: Insert) -> None:
    insert("my-number")
    said = bench.fails(*SIGNATURE, "--read-object", "--type", "cert", "--id", "02", "-o", "certificate")
    assert "object not found" in said
    assert not (bench.folder / "certificate").exists()
    objects = bench.ok(*SIGNATURE, "-O")
    assert "Digital Signature Certificate" not in objects
    bench.ok("pkcs15-tool", "--verify-pin", "--auth-id", "02", "--pin", SIGNATURE_PIN, "--read-certificate", "02")


def test_authorities_certificates_are_read_and_sign_the_holders(
    bench: Bench, insert: Insert, jpki: JpkiCertificates
) -> None:
    insert("my-number")
    for identifier, authority in (("03", jpki.authentication_ca), ("04", jpki.signature_ca)):
        bench.ok("pkcs15-tool", "--read-certificate", identifier, "-o", f"ca-{identifier}")
        assert bench.certificate(f"ca-{identifier}").public_bytes(Encoding.DER) == authority
    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "certificate")
    bench.ok("openssl", "verify", "-no-CAfile", "-no-CApath", "-trusted", "ca-03", "certificate")
    bench.fails("openssl", "verify", "-no-CAfile", "-no-CApath", "-trusted", "ca-04", "certificate")


@pytest.mark.parametrize("digest", ["SHA384", "SHA512"])
def test_other_hashes_are_signed(bench: Bench, insert: Insert, digest: str) -> None:
    insert("my-number")
    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "certificate")
    sign = ("--sign", "-m", f"{digest}-RSA-PKCS", "-i", "document", "-o", "signature", "--id", "01")
    bench.ok(*AUTHENTICATION, "--login", "--pin", AUTHENTICATION_PIN, *sign)
    assert bench.verifies("certificate", "signature", digest=digest.lower())


@pytest.mark.parametrize(
    ("token", "name", "place", "right", "wrong", "most"),
    [
        pytest.param(AUTHENTICATION, "jpki.authentication", 0, AUTHENTICATION_PIN, "9999", 3, id="authentication"),
        pytest.param(SIGNATURE, "jpki.signature", 1, SIGNATURE_PIN, "WRONG9", 5, id="signature"),
    ],
)
def test_wrong_pins_count_down_to_locked(
    bench: Bench, insert: Insert, token: tuple[str, ...], name: str, place: int, right: str, wrong: str, most: int
) -> None:
    card = insert("my-number")
    for left in reversed(range(most)):
        said = bench.fails(*token, "--login", "--pin", wrong, "-O")
        assert "CKR_PIN_INCORRECT" in said
        assert card.references()[name].tries == left
        assert tries(bench)[place] == left
    assert "user PIN locked" in flags(bench)[place]
    assert "user PIN locked" not in flags(bench)[1 - place]
    bench.fails(*token, "--login", "--pin", right, "-O")  # OpenSC 0.23 says CKR_GENERAL_ERROR to 6984


def test_right_pin_restores_the_counter(bench: Bench, insert: Insert) -> None:
    insert("my-number")
    bench.fails(*AUTHENTICATION, "--login", "--pin", "9999", "-O")
    assert "user PIN count low" in flags(bench)[0]
    bench.fails(*AUTHENTICATION, "--login", "--pin", "9999", "-O")
    assert "final user PIN try" in flags(bench)[0]
    bench.ok(*AUTHENTICATION, "--login", "--pin", AUTHENTICATION_PIN, "-O")
    assert tries(bench) == [3, 5]


VARIANTS = {
    "contact, without historical bytes": {"atr": "contact-plain"},
    "contact, newer": {"atr": "contact-b3"},
    "contact, short APDUs only": {"atr": "contact-short", "short_apdus_only": True},
    "contactless, short APDUs only": {"atr": "contactless-05", "short_apdus_only": True},
    "contactless, random PUPI in the ATR": {"atr": "contactless-pupi"},
    "contactless, bare ATR": {"atr": "contactless-bare"},
    "an ATR that nobody has": {"atr": "3B8180018080"},
    "first command fails": {"first_command_fails": True},
    "files by SELECT EF only": {"files_by_sfi": False},
    "warning at the end of a file": {"end_of_file_warning": True},
    "blocked answers 6983": {"blocked": "6983"},
    "verified PIN answers 9000": {"verified_status_as_success": True},
    "warm reset clears": {"warm_reset_keeps_state": False},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_each_variant_is_read_and_signs(bench: Bench, insert: Insert, variant: dict[str, object]) -> None:
    insert("my-number", **variant)
    assert "jpki" in bench.ok("opensc-tool", "-n").split()
    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "certificate")
    bench.ok(*AUTHENTICATION, "--login", "--pin", AUTHENTICATION_PIN, *SIGN, "--id", "01")
    assert bench.verifies("certificate", "signature")


def test_random_pupi_changes_with_the_power(bench: Bench, pcscd: PcscBox, insert: Insert) -> None:
    card = insert("my-number", atr="contactless-pupi")
    first = card.atr
    pcscd.pull()
    until(lambda: "Yes" not in bench.ok("opensc-tool", "-l"), SEEN_GONE_S)
    pcscd.insert(card)
    assert card.atr != first
    assert card.atr.hex(":") in bench.ok("opensc-tool", "-a")
    assert "jpki" in bench.ok("opensc-tool", "-n").split()


def test_t0_card_is_read(bench: Bench, insert: Insert, jpki: JpkiCertificates) -> None:
    insert("my-number", t0=True, atr="3B00")
    bench.ok("pkcs15-tool", "--read-certificate", "01", "-o", "certificate")
    assert bench.certificate("certificate").public_bytes(Encoding.DER) == jpki.authentication_certificate
    bench.ok(*SIGNATURE, "--login", "--pin", SIGNATURE_PIN, "--read-object", "--type", "cert", "--id", "02")


@pytest.mark.parametrize(
    ("variant", "empty"),
    [
        pytest.param({"case_1_refused": True}, False, id="four-byte commands are refused"),
        pytest.param({"blocked_status_as_count": False}, True, id="a blocked PIN says so when asked for its tries"),
    ],
)
def test_what_opensc_cannot_bind_it_still_names(
    bench: Bench, insert: Insert, variant: dict[str, object], empty: bool
) -> None:
    """OpenSC 0.23 gives the card up when the empty VERIFY is answered with anything but 63Cx: its limit, and seen in use."""
    card = insert("my-number", **variant)
    if empty:
        card.references()["jpki.authentication"].tries = 0
    assert "jpki" in bench.ok("opensc-tool", "-n").split()
    assert "Unsupported card" in bench.fails("pkcs15-tool", "--list-pins")
