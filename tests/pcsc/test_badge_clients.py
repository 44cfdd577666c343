"""The reference badge judged by clients that nobody here wrote, on both kinds of pcscd: OpenSC, yubico-piv-tool; openssl verifies."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from applets_spec.piv.personalise import badge_variants, make_badge, make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from applets_spec.testca.issue import Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from tests.fixtures.pcscd import PcscBox

OPERATOR = Operator("TEST Hanako", "A0001")
PIN = "246813"
OBJECT_IDS = {"9A": "01", "9C": "02", "9E": "04"}
PIV_TOOL = ("yubico-piv-tool", "--reader=")
JAVA_CARD = replace(badge_variants(), answers_without_le=True)
"""yubico-piv-tool sends SELECT without Le and wants data all the same, as Java Card over T=1 gives it."""
FACTORY_KEY = "010203040506070801020304050607080102030405060708"
OTHER_KEY = "000102030405060708090a0b0c0d0e0f1011121314151617"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="run")
def run_fixture(pcscd: PcscBox, tmp_path: Path) -> Run:
    """Runs a client on this pcscd, in a folder of its own; its answer may be a refusal."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PCSCLITE_CSOCK_NAME": str(pcscd.socket_path), "HOME": str(tmp_path)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    (tmp_path / "message").write_bytes(b"an application form\n")
    return run


def openssl_agrees(run: Run, certificate: str) -> None:
    public = run("openssl", "x509", "-in", certificate, "-noout", "-pubkey").stdout
    folder = Path(run("pwd").stdout.strip())
    (folder / "public.pem").write_text(public)
    verified = run("openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message")
    assert verified.stdout == "Verified OK\n", verified.stderr


@pytest.mark.parametrize("extended", [True, False], ids=["extended", "short"])
@pytest.mark.parametrize("key", OBJECT_IDS)
def test_opensc_signs_with_rsa_keys(pcscd: PcscBox, run: Run, key: str, extended: bool) -> None:
    pcscd.insert(make_badge(OPERATOR, issue_badge(OPERATOR), badge_variants(extended=extended)))
    _opensc_signs(run, key, "SHA256-RSA-PKCS", "message")


@pytest.mark.parametrize("key", OBJECT_IDS)
def test_opensc_signs_with_elliptic_keys(pcscd: PcscBox, run: Run, key: str) -> None:
    pcscd.insert(make_badge(OPERATOR, issue_badge(OPERATOR, KeyAlgorithm.P256)))
    assert run("openssl", "dgst", "-sha256", "-binary", "-out", "digest", "message").returncode == 0
    _opensc_signs(run, key, "ECDSA", "digest")


def _opensc_signs(run: Run, key: str, mechanism: str, source: str) -> None:
    token = ("pkcs11-tool", "--module", "opensc-pkcs11.so", "--login", "--pin", PIN)
    wanted = ("--sign", "--mechanism", mechanism, "--signature-format", "openssl", "--id", OBJECT_IDS[key])
    signed = run(*token, *wanted, "--input-file", source, "--output-file", "signature")
    assert signed.returncode == 0, signed.stderr
    read = run("pkcs15-tool", "--read-certificate", OBJECT_IDS[key], "--output", "certificate.pem")
    assert read.returncode == 0, read.stderr
    openssl_agrees(run, "certificate.pem")


def test_opensc_knows_the_card_and_reads_the_tries(pcscd: PcscBox, run: Run) -> None:
    pcscd.insert(make_badge(OPERATOR, issue_badge(OPERATOR)))
    assert run("opensc-tool", "--name").stdout.strip() == "Personal Identity Verification Card"
    dump = run("pkcs15-tool", "--dump").stdout
    assert [key for key in ("PIV AUTH key", "SIGN key", "KEY MAN key", "CARD AUTH key") if key not in dump] == []


def test_opensc_wrong_pin_costs_the_badge_one_try(pcscd: PcscBox, run: Run) -> None:
    card = make_badge(OPERATOR, issue_badge(OPERATOR))
    pcscd.insert(card)
    refused = run("pkcs11-tool", "--module", "opensc-pkcs11.so", "--login", "--pin", "000000", "--test")
    assert "CKR_PIN_INCORRECT" in refused.stderr
    assert card.references()["piv.pin"].tries == 2


@pytest.mark.parametrize("key", ["9a", "9c", "9e"])
def test_yubico_piv_tool_checks_signatures(pcscd: PcscBox, run: Run, key: str) -> None:
    pcscd.insert(make_badge(OPERATOR, issue_badge(OPERATOR), JAVA_CARD))
    assert run(*PIV_TOOL, "-a", "read-certificate", "-s", key, "-o", "certificate.pem").returncode == 0
    tested = run(*PIV_TOOL, "-P", PIN, "-a", "verify-pin", "-a", "test-signature", "-s", key, "-i", "certificate.pem")
    assert "Successful RSA verification" in tested.stderr, tested.stderr


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P256])
def test_yubico_piv_tool_deciphers_and_agrees(pcscd: PcscBox, run: Run, algorithm: KeyAlgorithm) -> None:
    pcscd.insert(make_badge(OPERATOR, issue_badge(OPERATOR, algorithm), JAVA_CARD))
    assert run(*PIV_TOOL, "-a", "read-certificate", "-s", "9d", "-o", "certificate.pem").returncode == 0
    tested = run(*PIV_TOOL, "-P", PIN, "-a", "verify-pin", "-a", "test-decipher", "-s", "9d", "-i", "certificate.pem")
    assert "Successfully performed" in tested.stderr, tested.stderr


def test_yubico_piv_tool_enrols_a_blank_badge(pcscd: PcscBox, run: Run) -> None:
    card = make_blank_badge(variants=JAVA_CARD, quirks=PivQuirks(set_management_key=True))
    pcscd.insert(card)
    for said, action in (
        ("set new CHUID", ("-a", "set-chuid")),
        ("set new CCC", ("-a", "set-ccc")),
        ("generated a new private key", ("-a", "generate", "-s", "9e", "-A", "ECCP256", "-o", "public.pem")),
        ("changed the pin code", ("-a", "change-pin", "-P", "123456", "-N", "654321")),
        ("changed the puk code", ("-a", "change-puk", "-P", "12345678", "-N", "87654321")),
        ("2 tries left", ("-a", "verify-pin", "-P", "111111")),
        ("1 tries left", ("-a", "verify-pin", "-P", "111111")),
        ("Pin code blocked", ("-a", "verify-pin", "-P", "111111")),
        ("unblocked the pin code", ("-a", "unblock-pin", "-P", "87654321", "-N", "222222")),
        ("verified PIN", ("-a", "verify-pin", "-P", "222222")),
        ("set new management key", ("-a", "set-mgm-key", "-n", OTHER_KEY)),
        ("Failed authentication", ("-a", "set-chuid", "--key=" + FACTORY_KEY)),
        ("set new CHUID", ("-a", "set-chuid", "--key=" + OTHER_KEY)),
    ):
        done = run(*PIV_TOOL, *action)
        assert said in done.stderr + done.stdout, (action[1], done.stderr)
    assert {name: pin.tries for name, pin in card.references().items() if name != "piv.global-pin"} == {
        "piv.pin": 3,
        "piv.puk": 3,
    }
