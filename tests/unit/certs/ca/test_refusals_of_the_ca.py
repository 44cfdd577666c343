"""What the operator CA refuses, and which keys and certificates make none."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.ca.authority import Authority, BadgeKey, create_root
from certs.ca.errors import CaKeyError, CaRefused
from certs.ca.file_key import FileKey
from certs.ca.issued import IssuedBook
from certs.ca.keys import key_fingerprint
from tests.unit.certs.ca.office import (
    DAY,
    HANAKO,
    NAME,
    NOW,
    authority,
    ca_key,
    issued,
    key_of,
    request_for,
    signer,
    spki,
    subject,
)


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return authority(tmp_path)


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 65),
        ("name", "花子\u202e"),
        ("name", "花子\x00"),
        ("name", " 花子"),
        ("name", "\u3000花子"),
        ("name", "\U000e0100"),
        ("office", ""),
        ("office", "見本\n市"),
        ("office", "x" * 65),
        ("operator_id", ""),
        ("operator_id", "a" * 65),
        ("operator_id", "a\tb"),
        ("guid", b""),
        ("guid", bytes(16)),
        ("guid", b"\x01" * 15),
        ("guid", b"\x01" * 17),
    ],
)
def test_a_subject_that_does_not_fit_is_refused(ca: Authority, field: str, value: object) -> None:
    with pytest.raises(CaRefused) as refusal:
        ca.issue_badge(request_for(key_of("p256")), subject(**{field: value}), NOW, 36)
    assert refusal.value.problem == field
    assert ca.book.entries() == ()


@pytest.mark.parametrize("name", ["葛\U000e0100城　真琴", "髙橋 﨑子", "𠮷野 たろう", "Ａ子", "x" * 64, "渡邉󠄂 花子"])
def test_japanese_names_stay_as_they_are_written(ca: Authority, name: str) -> None:
    (part,) = issued(ca, name=name).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert part.value == name


def test_a_request_that_was_not_signed_by_its_key_is_refused(ca: Authority) -> None:
    mine, theirs = spki(key_of("p256")), spki(key_of("p256", 1))
    forged = request_for(key_of("p256")).replace(mine, theirs)
    with pytest.raises(CaRefused, match="request_signature"):
        ca.issue_badge(forged, HANAKO, NOW, 36)
    assert ca.book.entries() == ()


@pytest.mark.proves("K1")
@pytest.mark.parametrize("bits", [1024, 1536])
def test_a_weak_key_is_refused(ca: Authority, bits: int) -> None:
    weak = rsa.generate_private_key(65537, bits)
    with pytest.raises(CaRefused, match="weak_key"):
        ca.issue_badge(request_for(weak), HANAKO, NOW, 36)


def test_nothing_of_a_request_but_its_key_gets_into_the_certificate(ca: Authority) -> None:
    wishes = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mayor")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("mayor.example")]), critical=False)
        .sign(key_of("p256"), hashes.SHA256())
    )
    certificate = x509.load_der_x509_certificate(ca.issue_badge(wishes.public_bytes(Encoding.DER), HANAKO, NOW, 36))
    assert b"mayor" not in certificate.public_bytes(Encoding.DER)
    assert len(certificate.extensions) == 5


@pytest.mark.parametrize("change", [{"guid": b"\x07" * 16}, {"operator_id": "taro"}, {"role": BadgeKey.SIGNATURE}])
def test_the_key_of_another_live_certificate_is_refused(ca: Authority, change: dict[str, object]) -> None:
    issued(ca)
    with pytest.raises(CaRefused, match="key_in_use"):
        issued(ca, **change)
    assert len(ca.book.entries()) == 1


def test_the_same_key_of_the_same_badge_may_come_again(ca: Authority) -> None:
    first, second = issued(ca), issued(ca)
    assert first.serial_number != second.serial_number
    assert len(ca.book.entries()) == 2


def test_a_key_may_return_when_its_certificate_has_ended(ca: Authority) -> None:
    ca.issue_badge(request_for(key_of("p256")), HANAKO, NOW, 1)
    ca.issue_badge(request_for(key_of("p256")), subject(operator_id="taro"), NOW + 40 * DAY, 1)


def test_a_key_that_is_known_elsewhere_is_refused(ca: Authority) -> None:
    known = {key_fingerprint(spki(key_of("p256")))}
    with pytest.raises(CaRefused, match="key_in_use"):
        ca.issue_badge(request_for(key_of("p256")), HANAKO, NOW, 36, known)
    assert ca.issue_badge(request_for(key_of("p256", 1)), HANAKO, NOW, 36, known)


def test_the_cas_own_key_is_no_badges(ca: Authority) -> None:
    with pytest.raises(CaRefused, match="key_in_use"):
        ca.issue_badge(request_for(ca_key()), HANAKO, NOW, 36)


# --- the CA itself ---------------------------------------------------------------------------------------------------


def test_a_certificate_of_another_key_opens_no_ca(tmp_path: Path) -> None:
    root = create_root(signer(), NAME, 10, NOW)
    with pytest.raises(CaKeyError, match="key_mismatch"):
        Authority(root, signer(number=1), IssuedBook(tmp_path / "book"))


def test_a_badges_certificate_opens_no_ca(ca: Authority, tmp_path: Path) -> None:
    leaf = issued(ca).public_bytes(Encoding.DER)
    key = key_of("p256")
    assert not isinstance(key, rsa.RSAPrivateKey)
    with pytest.raises(CaRefused, match="ca_not_an_authority"):
        Authority(leaf, FileKey(key), IssuedBook(tmp_path / "book"))


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"x" * 9000])
def test_what_is_no_certificate_opens_no_ca(tmp_path: Path, der: bytes) -> None:
    with pytest.raises(CaRefused, match="ca_malformed"):
        Authority(der, signer(), IssuedBook(tmp_path / "book"))


class Faulty:
    """A token whose signatures do not verify."""

    def __init__(self) -> None:
        self._good = signer()
        self.public_key, self.algorithm = self._good.public_key, self._good.algorithm

    def sign(self, tbs: bytes) -> bytes:
        return self._good.sign(tbs + b"!")

    def close(self) -> None:
        self._good.close()


def test_a_faulty_signature_never_leaves(tmp_path: Path) -> None:
    ca = Authority(create_root(signer(), NAME, 10, NOW), Faulty(), IssuedBook(tmp_path / "issued.jsonl"))
    with pytest.raises(CaKeyError, match="signature"):
        ca.issue_badge(request_for(key_of("p256")), HANAKO, NOW, 36)
    assert ca.book.entries() == ()
    with pytest.raises(CaKeyError, match="signature"):
        create_root(Faulty(), NAME, 10, NOW)


def test_a_closed_ca_signs_no_more_and_none_can_be_copied(ca: Authority) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(ca)
    with pytest.raises(TypeError):
        copy.copy(ca)
    with ca:
        issued(ca)
    with pytest.raises(CaKeyError, match="key_absent"):
        issued(ca)
