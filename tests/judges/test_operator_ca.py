"""OpenSSL judges the operator CA: its root, its badges' certificates, and the requests that badges make."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.ca.authority import Authority, BadgeKey
from certs.ca.keys import Algorithm
from tests.judges.tools import Bench
from tests.unit.certs.ca.office import HANAKO, KEYS, NOW, authority, key_of, request_for, spki, subject

AT_THAT_TIME = ("-attime", str(int(NOW.timestamp())))


@pytest.fixture
def judge(tmp_path: Path) -> Bench:
    return Bench(tmp_path, tmp_path / "no-pcscd")


def pem(bench: Bench, name: str, der: bytes) -> str:
    return bench.write(name, x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))


def made(bench: Bench, ca: Authority, kind: str = "p256", role: BadgeKey = BadgeKey.AUTHENTICATION) -> str:
    """A badge's certificate as a file, the CA's beside it as `ca.pem`."""
    pem(bench, "ca.pem", ca.certificate)
    return pem(bench, "badge.pem", ca.issue_badge(request_for(key_of(kind)), subject(role=role), NOW, 36))


def verify(badge: str, *more: str) -> tuple[str, ...]:
    return ("openssl", "verify", "-x509_strict", "-check_ss_sig", "-no-CAfile", "-no-CApath", *AT_THAT_TIME, *more,
            "-trusted", "ca.pem", badge)  # fmt: skip


@pytest.mark.parametrize("role", BadgeKey)
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_path_holds_under_the_strict_rules(
    judge: Bench, tmp_path: Path, algorithm: Algorithm, kind: str, role: BadgeKey
) -> None:
    badge = made(judge, authority(tmp_path, algorithm), kind, role)
    judge.ok(*verify("ca.pem"))
    judge.ok(*verify(badge))


@pytest.mark.proves("fault 162")
@pytest.mark.parametrize(
    ("role", "good", "bad"),
    [(BadgeKey.AUTHENTICATION, "sslclient", "smimesign"), (BadgeKey.SIGNATURE, "smimesign", "sslclient")],
)
def test_each_key_is_good_for_its_purpose_alone(
    judge: Bench, tmp_path: Path, role: BadgeKey, good: str, bad: str
) -> None:
    badge = made(judge, authority(tmp_path), role=role)
    judge.ok(*verify(badge, "-purpose", good))
    judge.fails(*verify(badge, "-purpose", bad))
    judge.fails(*verify(badge, "-purpose", "sslserver"))


def test_a_badge_is_no_authority(judge: Bench, tmp_path: Path) -> None:
    badge = made(judge, authority(tmp_path))
    said = judge.ok("openssl", "x509", "-in", badge, "-noout", "-purpose")
    assert "SSL client : Yes" in said
    assert "SSL client CA : No" in said


def test_another_ca_of_the_same_name_does_not_vouch(judge: Bench, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    badge = made(judge, authority(tmp_path))
    pem(judge, "ca.pem", authority(tmp_path / "other", Algorithm.P384).certificate)
    judge.fails(*verify(badge))


def test_what_openssl_reads_in_them(judge: Bench, tmp_path: Path) -> None:
    badge = made(judge, authority(tmp_path), role=BadgeKey.SIGNATURE)
    said = judge.ok("openssl", "x509", "-in", badge, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space")
    for line in (
        "Issuer: C=JP, CN=TEST 見本市 職員認証局",
        "Subject: C=JP, O=見本市, CN=窓口　花子, UID=hanako_1",
        "Not Before: Nov 22 08:55:30 2026 GMT",
        "Not After : Nov 22 09:00:30 2029 GMT",
        "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n",
        "URI:urn:uuid:01020304-0506-0708-090a-0b0c0d0e0f10",
    ):
        assert line in said, line
    root = judge.ok("openssl", "x509", "-in", "ca.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space")
    assert "CA:TRUE, pathlen:0" in root
    assert "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n" in root


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_verifies_the_requests(judge: Bench, kind: str) -> None:
    judge.write("request.der", request_for(key_of(kind)))
    said = judge.ok("openssl", "req", "-inform", "DER", "-in", "request.der", "-verify", "-noout", "-text")
    assert "self-signature verify OK" in said
    assert "Subject: CN = badge" in said
    key = judge.ok("openssl", "req", "-inform", "DER", "-in", "request.der", "-noout", "-pubkey")
    judge.write("key.pem", key.encode())
    assert judge.run("openssl", "pkey", "-pubin", "-in", "key.pem", "-outform", "DER").output == spki(key_of(kind))


@pytest.mark.parametrize("kind", KEYS)
def test_a_request_of_openssl_is_taken(judge: Bench, tmp_path: Path, kind: str) -> None:
    key = key_of(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    judge.write("key.pem", key)
    judge.ok(
        "openssl", "req", "-new", "-sha256", "-key", "key.pem", "-subj", "/CN=x", "-outform", "DER", "-out", "r.der"
    )
    der = authority(tmp_path).issue_badge(judge.read("r.der"), HANAKO, NOW, 36)
    assert x509.load_der_x509_certificate(der).public_key() == key_of(kind).public_key()


def test_a_document_signed_with_9c_verifies_as_cms(judge: Bench, tmp_path: Path) -> None:
    badge = made(judge, authority(tmp_path), role=BadgeKey.SIGNATURE)
    judge.write("key.pem", key_of("p256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    judge.write("policy.toml", b"version = 7\n")
    judge.ok("openssl", "cms", "-sign", "-binary", "-in", "policy.toml", "-signer", badge, "-inkey", "key.pem",
             "-md", "sha256", "-outform", "DER", "-out", "policy.toml.p7s")  # fmt: skip
    judge.ok("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "policy.toml.p7s", "-content", "policy.toml",
             "-CAfile", "ca.pem", "-no-CApath", *AT_THAT_TIME, "-out", "read.toml")  # fmt: skip
    assert judge.read("read.toml") == b"version = 7\n"
