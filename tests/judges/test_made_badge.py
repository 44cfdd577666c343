"""Badges that cardd made, from blank card to certificate, and programs that nobody here wrote: OpenSC 0.23 and yubico-piv-tool 2.2.0."""

import copy
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from applets_spec.card import Card
from cardd.cards import operator_card, piv_admin, piv_puk
from cardd.cards.card_type import PublicKeyKind
from cardd.cards.management_key import FACTORY_KEYS, ManagementAlgorithm
from cardd.model import KeyRole
from tests.conformance.badge_making import MASTER, connect, digits
from tests.fixtures.pcscd import PcscBox
from tests.judges.conftest import state_of
from tests.judges.tools import Bench

GUID = uuid.UUID("7f3d0b52-90c6-4c1e-a2f1-5d6b3c1e9a44")
EXPIRES = date(2030, 3, 31)
PIN = "24681357"
NAME = "TEST MADE BY CARDD"
TOOL = ("yubico-piv-tool", "-r", "Reader")
DOCUMENT_AND_SIGNATURE = ("-i", "document", "-o", "signature")
OPENSC_IDS = {KeyRole.AUTHENTICATION: "01", KeyRole.SIGNATURE: "02"}
SLOTS = {KeyRole.AUTHENTICATION: "9a", KeyRole.SIGNATURE: "9c"}
KINDS = {
    "rsa": {KeyRole.AUTHENTICATION: PublicKeyKind.RSA_2048, KeyRole.SIGNATURE: PublicKeyKind.RSA_2048},
    "p256": {KeyRole.AUTHENTICATION: PublicKeyKind.EC_P256, KeyRole.SIGNATURE: PublicKeyKind.EC_P256},
    "p384 to sign": {KeyRole.AUTHENTICATION: PublicKeyKind.EC_P256, KeyRole.SIGNATURE: PublicKeyKind.EC_P384},
}
OPENSC_SIGN = {
    PublicKeyKind.RSA_2048: ("-m", "SHA256-RSA-PKCS"),
    PublicKeyKind.EC_P256: ("-m", "ECDSA-SHA256", "--signature-format", "openssl"),
    PublicKeyKind.EC_P384: ("-m", "ECDSA-SHA384", "--signature-format", "openssl"),
}
YUBICO_NAMES = {
    PublicKeyKind.RSA_2048: "RSA2048",
    PublicKeyKind.EC_P256: "ECCP256",
    PublicKeyKind.EC_P384: "ECCP384",
}


@dataclass(frozen=True)
class Made:
    """A badge as cardd left it."""

    state: dict[str, Any]
    certificates: Mapping[KeyRole, bytes]
    authority: bytes
    guid: bytes
    management: ManagementAlgorithm


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def issue(subject: str, public: Any, ca: ec.EllipticCurvePrivateKey, *, authority: bool = False) -> bytes:
    builder = (
        x509.CertificateBuilder(name("TEST CA"), name(subject), public, x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    return builder.sign(ca, SHA256()).public_bytes(Encoding.DER)


@cache
def make(blank: str, kinds: str, container: str = "the maker's", extended: bool = True) -> Made:
    """Enrol a blank badge with cardd's own card language, as a use case does it, in one process."""
    state = copy.deepcopy(state_of(blank))
    state["variants"]["short_apdus_only"] = not extended
    if container != "the maker's":
        del state["applets"]["piv"]["objects"]["5FC107"]
    card, ca, certificates = Card.from_state(state), ec.generate_private_key(ec.SECP256R1()), {}
    with connect(card) as connection:
        piv_admin.select(connection)
        worked = piv_admin.authenticate(connection, FACTORY_KEYS)
        piv_admin.write_chuid(connection, GUID.bytes, EXPIRES)
        if container == "ours":
            assert piv_admin.ensure_capabilities(connection, GUID.bytes)
        for role, kind in KINDS[kinds].items():
            public = load_der_public_key(piv_admin.generate_key(connection, role, kind))
            certificates[role] = issue(NAME, public, ca)
            piv_admin.write_certificate(connection, role, certificates[role])
        piv_admin.set_management_key(connection, MASTER.management_key(GUID.bytes, worked.algorithm))
        piv_puk.change_puk(connection, digits("12345678"), MASTER.puk(GUID.bytes))
        piv_puk.reset_pin(connection, MASTER.puk(GUID.bytes), digits(PIN))
    authority = issue("TEST CA", ca.public_key(), ca, authority=True)
    return Made(card.to_state(), certificates, authority, GUID.bytes, worked.algorithm)


@pytest.fixture(params=KINDS)
def kinds(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def insert_made(pcscd: PcscBox) -> Callable[..., Card]:
    def put_in(made: Made, **variants: Any) -> Card:
        state = copy.deepcopy(made.state)
        state["variants"] |= variants
        card = Card.from_state(state)
        pcscd.insert(card)
        return card

    return put_in


@pytest.mark.parametrize("extended", [True, False], ids=["extended", "short only"])
@pytest.mark.parametrize("container", ["the maker's", "ours", "none"])
def test_opensc_reads_and_uses_it(
    bench: Bench, insert_made: Callable[..., Card], kinds: str, container: str, extended: bool
) -> None:
    """With any capability container, or none."""
    made = make("blank", kinds, container, extended)
    insert_made(made)
    assert "Personal Identity Verification Card" in bench.ok("opensc-tool", "-n")
    assert GUID.hex in bench.ok("opensc-tool", "--serial").replace(" ", "").lower()
    assert f"token label        : {NAME}" in bench.ok("pkcs11-tool", "-L")
    for role, number in OPENSC_IDS.items():
        bench.ok("pkcs15-tool", "--read-certificate", number, "-o", f"certificate-{number}")
        certificate = bench.certificate(f"certificate-{number}")
        assert certificate.public_bytes(Encoding.DER) == made.certificates[role]
        bench.chains_to(f"certificate-{number}", made.authority)
        kind = KINDS[kinds][role]
        how, digest = OPENSC_SIGN[kind], "sha384" if kind is PublicKeyKind.EC_P384 else "sha256"
        login = ("--login", "--pin", PIN)
        bench.ok("pkcs11-tool", *login, "--sign", *how, "--id", number, *DOCUMENT_AND_SIGNATURE)
        assert bench.verifies(f"certificate-{number}", "signature", digest=digest)


def test_the_yubico_tool_reads_and_uses_it(bench: Bench, insert_made: Callable[..., Card], kinds: str) -> None:
    made = make("blank", kinds, "ours")
    insert_made(made, answers_without_le=True)
    status = bench.ok(*TOOL, "-a", "status")
    assert "CCC:\tf015a000000116ff02" in status
    assert GUID.hex in status
    assert b"20300331".hex() in status
    assert status.count(f"CN={NAME}") == 2
    for role, slot in SLOTS.items():
        assert hashlib.sha256(made.certificates[role]).hexdigest() in status
        bench.ok(*TOOL, "-a", "read-certificate", "-s", slot, "-o", slot)
        assert bench.certificate(slot).public_bytes(Encoding.DER) == made.certificates[role]
        named = ("-H", "SHA384" if KINDS[kinds][role] is PublicKeyKind.EC_P384 else "SHA256")
        test = ("-a", "test-signature", *named, "-s", slot, "-i", slot)
        said = bench.ok(*TOOL, "-a", "verify-pin", "-P", PIN, *test)
        assert "Successful" in said
        assert YUBICO_NAMES[KINDS[kinds][role]] in status


def test_nothing_of_the_factory_is_left_on_it(bench: Bench, insert_made: Callable[..., Card]) -> None:
    """PIN, PUK, management key: the published ones are refused, the derived ones are taken, by another program."""
    insert_made(make("blank-with-vendor-command", "p256"), answers_without_le=True)
    assert "tries left" in bench.fails(*TOOL, "-a", "verify-pin", "-P", "123456")
    bench.fails(*TOOL, "-a", "unblock-pin", "-P", "12345678", "-N", "135790")
    assert "Failed authentication" in bench.fails(*TOOL, "-a", "set-ccc")
    with MASTER.puk(GUID.bytes) as puk:
        bench.ok(*TOOL, "-a", "unblock-pin", "-P", puk.octets.decode(), "-N", "135790")
    bench.ok(*TOOL, "-a", "verify-pin", "-P", "135790")
    key = MASTER.management_key(GUID.bytes, ManagementAlgorithm.TDES).octets.hex()
    bench.ok(*TOOL, f"--key={key}", "-a", "set-ccc")


def test_cardd_takes_a_badge_that_the_yubico_tool_made(bench: Bench, insert: Callable[..., Card]) -> None:
    card = insert("blank", answers_without_le=True)
    bench.ok(*TOOL, "-a", "set-chuid", "-a", "set-ccc")
    bench.ok(*TOOL, "-a", "generate", "-s", "9a", "-A", "ECCP256", "-o", "public")
    bench.ok("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca")
    bench.ok("openssl", "x509", "-new", "-subj", "/CN=TEST", "-force_pubkey", "public", "-key", "ca", "-out", "made")
    bench.ok(*TOOL, "-a", "import-certificate", "-s", "9a", "-i", "made")
    der = bench.certificate("made").public_bytes(Encoding.DER)
    with connect(Card.from_state(card.to_state())) as connection:
        piv_admin.select(connection)
        condition = piv_admin.condition(connection)
        assert condition.certificates == {KeyRole.AUTHENTICATION: hashlib.sha256(der).hexdigest()}
        assert condition.guid is not None
        assert condition.expires is not None
        assert operator_card.read_certificate(connection, KeyRole.AUTHENTICATION) == der
