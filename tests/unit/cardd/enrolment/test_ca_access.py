"""The operator CA, opened for an enrolment with the secret that a person types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from cardd.config import CaKey
from cardd.enrolment.authority import CaAccess
from cardd.errors import AuthorityUnavailable
from cardd.model import PinShape
from cardd.pin import Pin
from certs.ca.authority import BadgeKey, BadgeSubject, create_root
from certs.ca.file_key import FileKey
from certs.ca.files import write_certificate
from certs.ca.keys import Algorithm, spki_of
from certs.ca.request import build_request
from certs.ca.token_key import TokenKey
from tests.fixtures.softhsm import LABEL, PIN, softhsm

PASSPHRASE = b"correct horse battery"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> CaKey:
    """A CA with its key in a file."""
    key = FileKey.create(tmp_path / "ca.key", bytearray(PASSPHRASE), Algorithm.P256)
    write_certificate(tmp_path / "ca.pem", create_root(key, "TEST CA", 10, NOW))
    return CaKey(certificate=tmp_path / "ca.pem", file=tmp_path / "ca.key")


def pin(octets: bytes = PASSPHRASE) -> Pin:
    return Pin(bytearray(octets))


def problem_of(settings: CaKey, secret: bytes = PASSPHRASE) -> str | None:
    with pytest.raises(AuthorityUnavailable) as refusal, pin(secret) as given:
        CaAccess(settings).open(given)
    assert secret.decode() not in repr(refusal.value) + str(refusal.value)
    return refusal.value.facts.problem


def test_a_file_wants_a_passphrase_and_a_token_its_pin(tmp_path: Path, settings: CaKey) -> None:
    assert CaAccess(settings).needs_secret == PinShape(12, 64, "printable")
    token = CaKey(certificate=tmp_path / "ca.pem", pkcs11_module=tmp_path / "m.so", token="t", key_label="k")
    assert CaAccess(token).needs_secret == PinShape(4, 32, "printable")


async def test_it_opens_on_a_thread_and_issues_into_the_book_beside_its_certificate(settings: CaKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = build_request(
        spki_of(key.public_key()), "badge", lambda digest: key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    )
    subject = BadgeSubject("hanako", "窓口 花子", "見本市", b"\x01" * 16, BadgeKey("authentication"))

    def issue() -> bytes:
        with pin() as secret, CaAccess(settings).open(secret) as ca:
            return ca.issue_badge(request, subject, NOW, 36)

    assert await asyncio.to_thread(issue)
    assert "hanako" in (settings.certificate.parent / "issued.jsonl").read_text()


def test_a_token_opens_with_its_pin(tmp_path: Path) -> None:
    (tmp_path / "hsm").mkdir()
    with softhsm(tmp_path / "hsm") as hsm:
        key = TokenKey.create(hsm.module, LABEL, "ca", bytearray(PIN), Algorithm.P256)
        write_certificate(tmp_path / "ca.pem", create_root(key, "TEST CA", 10, NOW))
        key.close()
        settings = CaKey(certificate=tmp_path / "ca.pem", pkcs11_module=hsm.module, token=LABEL, key_label="ca")
        with pin(PIN) as secret, CaAccess(settings).open(secret) as ca:
            assert ca.not_after.year == 2036
        assert problem_of(settings, b"135791") == "token_pin"
        assert problem_of(settings.model_copy(update={"token": "another"}), PIN) == "token_absent"


def test_the_caller_wipes_the_secret(settings: CaKey) -> None:
    secret = pin()
    CaAccess(settings).open(secret).close()
    assert secret.octets == PASSPHRASE


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda ca: ca.certificate.unlink(), "certificate_absent"),
        (lambda ca: ca.certificate.write_bytes(b"x"), "ca_malformed"),
        (lambda ca: ca.file.unlink(), "absent"),
        (lambda ca: ca.file.chmod(0o644), "wrong_mode"),
        (lambda ca: ca.file.write_bytes(b"x"), "not_a_key"),
        (lambda ca: ca.file.write_bytes(ca.file.read_bytes()[:-60]), "damaged"),
    ],
)
def test_each_problem_has_its_word(settings: CaKey, break_it: Callable[[CaKey], object], problem: str) -> None:
    break_it(settings)
    assert problem_of(settings) == problem


def test_a_wrong_passphrase_is_called_so(settings: CaKey) -> None:
    assert problem_of(settings, b"correct horse batterz") == "passphrase"


def test_a_key_that_does_not_belong_to_the_certificate_is_let_go(
    settings: CaKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[FileKey] = []

    def close(key: FileKey) -> None:
        closed.append(key)

    monkeypatch.setattr(FileKey, "close", close)
    FileKey.create(tmp_path / "other.key", bytearray(PASSPHRASE), Algorithm.P256)
    assert problem_of(settings.model_copy(update={"file": tmp_path / "other.key"})) == "key_mismatch"
    assert len(closed) == 1
