"""OpenSSL judges the operator CA: its root, its badges' certificates, and the requests that badges make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.ca.authority import Authority, BadgeKey, create_next_root
from certs.ca.issued import IssuedBook
from certs.ca.keys import Algorithm
from certs.ca.lists import ListBook, issue_list
from certs.ca.responder import Books, Responder, appoint
from certs.ca.revoked import Reason, RevokedBook
from tests.judges.tools import Bench
from tests.unit.certs.ca.office import HANAKO, KEYS, NOW, authority, key_of, request_for, signer, spki, subject

A_LIFETIME = str(100 * 365 * 86400)
"""`openssl ocsp` looks at an answer's times with this machine's clock, whatever -attime says: so many seconds of patience."""
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


# --- lists and answers -------------------------------------------------------------------------------------------------


def revoked_badge(judge: Bench, tmp_path: Path, algorithm: Algorithm) -> tuple[Authority, str, str]:
    """A CA whose books are in `tmp_path`, a badge's certificate that is good, and one that is revoked, as files."""
    ca = authority(tmp_path, algorithm)
    pem(judge, "ca.pem", ca.certificate)
    good = pem(judge, "good.pem", ca.issue_badge(request_for(key_of("p256", 0)), subject(), NOW, 36))
    other = subject(operator_id="jiro_2", guid=bytes(range(2, 18)))
    gone = pem(judge, "gone.pem", ca.issue_badge(request_for(key_of("p256", 1)), other, NOW, 36))
    book = RevokedBook.beside(tmp_path / "ca.pem")
    book.revoke([each for each in ca.book.entries() if each.operator == "jiro_2"], Reason.KEY_COMPROMISE, NOW)
    return ca, good, gone


@pytest.mark.parametrize("algorithm", Algorithm)
def test_openssl_takes_the_list(judge: Bench, tmp_path: Path, algorithm: Algorithm) -> None:
    ca, good, gone = revoked_badge(judge, tmp_path, algorithm)
    beside = tmp_path / "ca.pem"
    judge.write("ca.crl", issue_list(ca, RevokedBook.beside(beside), ListBook.beside(beside), NOW, 7, first=True))
    said = judge.ok(
        "openssl", "crl", "-inform", "DER", "-in", "ca.crl", "-CAfile", "ca.pem", "-verify", "-noout", "-text"
    )
    assert "verify OK" in said
    for line in (
        "Version 2 (0x1)",
        "X509v3 CRL Number: \n                1\n",
        "Key Compromise",
        "X509v3 Authority Key Identifier",
    ):
        assert line in said, line
    judge.ok("openssl", "crl", "-inform", "DER", "-in", "ca.crl", "-out", "crl.pem")
    checked = ("-crl_check", "-CRLfile", "crl.pem")
    assert "OK" in judge.ok(*verify(good, *checked))
    assert "certificate revoked" in judge.fails(*verify(gone, *checked))


def test_openssl_refuses_the_list_of_another_generation(judge: Bench, tmp_path: Path) -> None:
    ca, good, _ = revoked_badge(judge, tmp_path, Algorithm.P256)
    next_key = signer(Algorithm.P384)
    following = create_next_root(next_key, ca.certificate, 10, NOW)
    (tmp_path / "next").mkdir()
    newer = Authority(following, next_key, IssuedBook(tmp_path / "next" / "issued.jsonl"))
    beside = tmp_path / "next" / "ca.pem"
    judge.write("next.crl", issue_list(newer, RevokedBook.beside(beside), ListBook.beside(beside), NOW, 7, first=True))
    judge.ok("openssl", "crl", "-inform", "DER", "-in", "next.crl", "-out", "crl.pem")
    both = x509.load_der_x509_certificate(following).public_bytes(Encoding.PEM) + judge.read("ca.pem")
    judge.write("ca.pem", both)
    assert "OK" in judge.ok(*verify(good)), "both generations are trusted, and each badge finds its own"
    judge.fails(*verify(good, "-crl_check", "-CRLfile", "crl.pem"))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_openssl_takes_the_answers(judge: Bench, tmp_path: Path, algorithm: Algorithm) -> None:
    ca, good, gone = revoked_badge(judge, tmp_path, algorithm)
    own = signer(Algorithm.P256, 7)
    responder = Responder(ca.certificate, appoint(ca, own.public_key, "TEST OCSP", NOW, 30), own)
    books = Books.beside(tmp_path / "ca.pem")
    for leaf, word in ((good, "good"), (gone, "revoked")):
        judge.ok("openssl", "ocsp", "-issuer", "ca.pem", "-cert", leaf, "-no_nonce", "-reqout", "request.der")
        judge.write("response.der", responder.answer(judge.read("request.der"), books, NOW, 24))
        said = judge.ok("openssl", "ocsp", "-reqin", "request.der", "-respin", "response.der", "-issuer", "ca.pem", "-cert", leaf,
                        "-CAfile", "ca.pem", "-no_nonce", *AT_THAT_TIME, "-validity_period", A_LIFETIME, "-text")  # fmt: skip
        assert "Response verify OK" in said
        assert f"{leaf}: {word}" in said
        assert "OCSP No Check" in said


def test_openssl_sees_its_nonce_again(judge: Bench, tmp_path: Path) -> None:
    ca, good, _ = revoked_badge(judge, tmp_path, Algorithm.P256)
    own = signer(Algorithm.P256, 7)
    responder = Responder(ca.certificate, appoint(ca, own.public_key, "TEST OCSP", NOW, 30), own)
    judge.ok("openssl", "ocsp", "-issuer", "ca.pem", "-cert", good, "-nonce", "-reqout", "request.der")
    judge.write("response.der", responder.answer(judge.read("request.der"), Books.beside(tmp_path / "ca.pem"), NOW, 24))
    asked = judge.ok("openssl", "ocsp", "-reqin", "request.der", "-no_nonce", "-req_text")
    said = judge.ok("openssl", "ocsp", "-respin", "response.der", "-noverify", "-resp_text")
    (nonce,) = re.findall(r"OCSP Nonce: *\n +(\w+)", asked)
    assert re.findall(r"OCSP Nonce: *\n +(\w+)", said) == [nonce]
