"""A detached CAdES-B-B signature holds as RFC 5652 and ETSI EN 319 122-1 want it, read back with another library's eyes."""

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from applets_spec.holder import Holder
from applets_spec.testca.issue import Operator, issue_badge, issue_jpki
from applets_spec.testca.keys import KeyAlgorithm, PrivateKey
from cardd.cards.card_type import PublicKeyKind
from cardd.signing import cms

WHEN = datetime(2026, 11, 22, 9, 30, 15, 999999, tzinfo=UTC)
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
RESIDENT = issue_jpki(Holder.example("long_address"), 1)
ISSUED_BADGE = issue_badge(Operator("TESTER", "0001"), KeyAlgorithm.P256, 1)
BADGE = ISSUED_BADGE.slots[0x9C]
AUTHORITIES = {PublicKeyKind.RSA_2048: RESIDENT.signature_ca, PublicKeyKind.EC_P256: ISSUED_BADGE.ca}
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


# --- PAdES, and CAdES around its document ------------------------------------------------------------------------------


def answered(kind: PublicKeyKind, when: datetime | None, document: bytes, name: str = "sha256") -> bytes:
    """A whole CMS, as the daemon gives it, signed with a key in memory."""
    certificate, key = SIGNERS[kind]
    prepared = cms.prepare(certificate, kind, hashlib.new(name, document).digest(), name, when)
    prehashed = utils.Prehashed(HASHES[name])
    if isinstance(key, rsa.RSAPrivateKey):
        return cms.finish(prepared, key.sign(prepared.digest, padding.PKCS1v15(), prehashed))
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return cms.finish(prepared, key.sign(prepared.digest, ec.ECDSA(prehashed)))


@pytest.mark.parametrize("kind", SIGNERS)
def test_pades_has_no_signing_time_and_all_else(kind: PublicKeyKind) -> None:
    """ETSI EN 319 142-1, 6.3: content-type, message-digest and signing-certificate-v2 shall be there, signing-time shall not."""
    signed = asn1.ContentInfo.load(answered(kind, None, b"byte ranges"), strict=True)["content"]
    found = attributes(signed)
    assert set(found) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert found["content_type"].native == "data"  # type: ignore[attr-defined]
    assert found["message_digest"].native == hashlib.sha256(b"byte ranges").digest()  # type: ignore[attr-defined]
    (named,) = found["signing_certificate_v2"]["certs"]  # type: ignore[index]
    certificate = x509.load_der_x509_certificate(SIGNERS[kind][0])
    assert named["cert_hash"].native == hashlib.sha256(SIGNERS[kind][0]).digest()
    assert named["issuer_serial"]["serial_number"].native == certificate.serial_number
    assert signed["signer_infos"][0]["unsigned_attrs"].native is None


def enveloping(detached: bytes, document: bytes) -> bytes:
    """The document put in, as a client does it."""
    whole = asn1.ContentInfo.load(detached)
    content = whole["content"]
    content["encap_content_info"] = {"content_type": "data", "content": document}
    return bytes(asn1.ContentInfo({"content_type": "signed_data", "content": content}).dump(force=True))


@pytest.mark.parametrize(
    ("when", "kind", "name"),
    [
        (WHEN, PublicKeyKind.RSA_2048, "sha256"),
        (None, PublicKeyKind.RSA_2048, "sha512"),
        (WHEN, PublicKeyKind.EC_P256, "sha384"),
        (None, PublicKeyKind.EC_P256, "sha256"),
    ],
)
def test_openssl_accepts_it_detached_and_around_its_document_and_nothing_else(
    when: datetime | None, kind: PublicKeyKind, name: str, tmp_path: Path
) -> None:
    document = "<申請>転出届</申請>\n".encode()
    detached = answered(kind, when, document, name)
    (tmp_path / "document").write_bytes(document)
    (tmp_path / "other").write_bytes(document + b" ")
    (tmp_path / "detached").write_bytes(detached)
    (tmp_path / "whole").write_bytes(enveloping(detached, document))
    (tmp_path / "changed").write_bytes(enveloping(detached, document + b" "))
    authority = x509.load_der_x509_certificate(AUTHORITIES[kind])
    (tmp_path / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    assert openssl(tmp_path, "detached", "-content", "document") == document
    assert openssl(tmp_path, "whole") == document
    assert openssl(tmp_path, "detached", "-content", "other") is None
    assert openssl(tmp_path, "changed") is None


def openssl(folder: Path, signature: str, *more: str) -> bytes | None:
    """What `openssl cms -verify -cades` gives out on that day, None where it refuses."""
    trust = ("-CAfile", "ca.pem", "-purpose", "any", "-attime", str(int(WHEN.timestamp())))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", signature, *trust, *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else None
