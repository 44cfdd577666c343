"""A detached CAdES-B-B signature holds as RFC 5652 and ETSI EN 319 122-1 want it, read back with another library's eyes."""

import hashlib
from datetime import UTC, datetime

import pytest
from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from applets_spec.holder import Holder
from applets_spec.testca.issue import Operator, issue_badge, issue_jpki
from applets_spec.testca.keys import KeyAlgorithm, PrivateKey
from cardd.cards.card_type import PublicKeyKind
from cardd.signing import cms

WHEN = datetime(2026, 11, 22, 9, 30, 15, 999999, tzinfo=UTC)
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
RESIDENT = issue_jpki(Holder.example("long_address"), 1)
BADGE = issue_badge(Operator("TESTER", "0001"), KeyAlgorithm.P256, 1).slots[0x9C]
SIGNERS: dict[PublicKeyKind, tuple[bytes, PrivateKey]] = {
    PublicKeyKind.RSA_2048: (RESIDENT.signature_certificate, RESIDENT.signature_key),
    PublicKeyKind.EC_P256: (BADGE.certificate, BADGE.key),
}


def made(kind: PublicKeyKind, name: str) -> tuple[asn1.SignedData, cms.PreparedCms, bytes]:
    certificate, key = SIGNERS[kind]
    prepared = cms.prepare(certificate, kind, hashlib.new(name, b"document").digest(), name, WHEN)
    prehashed = utils.Prehashed(HASHES[name])
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(prepared.digest, padding.PKCS1v15(), prehashed)
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        signature = key.sign(prepared.digest, ec.ECDSA(prehashed))
    return asn1.ContentInfo.load(cms.finish(prepared, signature), strict=True)["content"], prepared, signature


def attributes(signed: asn1.SignedData) -> dict[str, object]:
    return {one["type"].native: one["values"][0] for one in signed["signer_infos"][0]["signed_attrs"]}


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("kind", SIGNERS)
def test_the_signature_is_over_the_der_of_the_signed_attributes(kind: PublicKeyKind, name: str) -> None:
    signed, prepared, signature = made(kind, name)
    signer = signed["signer_infos"][0]
    # RFC 5652, 5.4: an explicit SET OF tag in place of [0]
    covered = b"\x31" + signer["signed_attrs"].dump()[1:]
    assert hashlib.new(name, covered).digest() == prepared.digest
    public = x509.load_der_x509_certificate(SIGNERS[kind][0]).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, covered, padding.PKCS1v15(), HASHES[name])
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, covered, ec.ECDSA(HASHES[name]))
    assert signer["signature"].native == signature


@pytest.mark.parametrize("kind", SIGNERS)
def test_the_attributes_bind_document_time_and_certificate(kind: PublicKeyKind) -> None:
    signed, _, _ = made(kind, "sha256")
    found = attributes(signed)
    assert set(found) == {"content_type", "message_digest", "signing_time", "signing_certificate_v2"}
    assert found["message_digest"].native == hashlib.sha256(b"document").digest()  # type: ignore[attr-defined]
    assert found["signing_time"].native == WHEN.replace(microsecond=0)  # type: ignore[attr-defined]
    (named,) = found["signing_certificate_v2"]["certs"]  # type: ignore[index]
    assert named["cert_hash"].native == hashlib.sha256(SIGNERS[kind][0]).digest()


@pytest.mark.parametrize("kind", SIGNERS)
def test_it_is_detached_and_brings_its_one_certificate(kind: PublicKeyKind) -> None:
    signed, _, _ = made(kind, "sha256")
    assert signed["encap_content_info"]["content"].native is None
    (certificate,) = signed["certificates"]
    assert certificate.chosen.dump() == SIGNERS[kind][0]
    issuer = signed["signer_infos"][0]["sid"].chosen
    assert issuer["serial_number"].native == certificate.chosen.serial_number


@pytest.mark.parametrize(
    ("kind", "name", "algorithm"),
    [
        (PublicKeyKind.RSA_2048, "sha256", "sha256_rsa"),
        (PublicKeyKind.RSA_2048, "sha512", "sha512_rsa"),
        (PublicKeyKind.EC_P256, "sha256", "sha256_ecdsa"),
        (PublicKeyKind.EC_P256, "sha384", "sha384_ecdsa"),
    ],
)
def test_the_algorithm_names_hash_and_key(kind: PublicKeyKind, name: str, algorithm: str) -> None:
    signed, _, _ = made(kind, name)
    assert signed["signer_infos"][0]["signature_algorithm"]["algorithm"].native == algorithm
    assert signed["digest_algorithms"][0]["algorithm"].native == name


def test_nothing_of_it_has_a_text() -> None:
    _, prepared, _ = made(PublicKeyKind.RSA_2048, "sha256")
    assert "certificate" not in repr(prepared)
