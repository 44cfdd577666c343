"""OpenSSL judges the signatures of an office's files, and makes some that cardd must take (S9)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate

from cardd.office.signed import Unverified, verify
from certs.validation.truststore import TrustStore, from_pem
from tests.fixtures.signed_office import NOW, Badge, badge, policy, put, town

CONTENT = policy()


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", "cms", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def signers() -> tuple[Badge, Badge]:
    return badge(), badge(key=rsa.generate_private_key(65537, 2048))


@pytest.fixture
def folder(tmp_path: Path, signers: tuple[Badge, Badge]) -> Path:
    (tmp_path / "ca.pem").write_bytes(town().pem)
    put(tmp_path / "policy.toml", CONTENT, *signers, at=NOW)
    for number, each in enumerate(signers):
        certificate = load_der_x509_certificate(each.certificate)
        key = each.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / f"{number}.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + key)
    return tmp_path


@pytest.fixture
def anchors() -> TrustStore:
    return from_pem([town().pem])


VERIFY = ("-verify", "-binary", "-inform", "DER", "-in", "policy.toml.p7s", "-content", "policy.toml")
TRUST = ("-CAfile", "ca.pem", "-purpose", "any", "-cades")


@pytest.mark.proves("S9")
def test_openssl_verifies_both_signatures(folder: Path) -> None:
    done = openssl(folder, *VERIFY, *TRUST, "-signer", "found.pem", "-out", "/dev/null")
    assert done.returncode == 0, done.stderr
    assert (folder / "found.pem").read_text().count("BEGIN CERTIFICATE") == 2


@pytest.mark.proves("fault 94")
def test_openssl_refuses_a_changed_file(folder: Path) -> None:
    (folder / "policy.toml").write_bytes(CONTENT + b"#")
    assert openssl(folder, *VERIFY, *TRUST, "-out", "/dev/null").returncode != 0


@pytest.mark.proves("S9")
def test_what_openssl_signs_is_taken(folder: Path, anchors: TrustStore, signers: tuple[Badge, Badge]) -> None:
    """An office may sign with another tool: CAdES, detached, DER, without S/MIME capabilities."""
    both = ("-signer", "0.pem", "-signer", "1.pem")
    make = ("-sign", "-cades", "-nosmimecap", "-binary", "-md", "sha256", "-in", "policy.toml", "-outform", "DER")
    assert openssl(folder, *make, *both, "-out", "theirs.p7s").returncode == 0
    found = verify(CONTENT, (folder / "theirs.p7s").read_bytes(), anchors, None)
    assert {each.card_uuid for each in found} == {each.guid for each in signers}


@pytest.mark.proves("S9", "fault 94")
@pytest.mark.parametrize("wrong", [("-nodetach",), ("-noattr",), ("-nocerts",), ("-keyid",)])
def test_what_openssl_signs_otherwise_is_refused(folder: Path, anchors: TrustStore, wrong: tuple[str, ...]) -> None:
    cades = () if wrong == ("-noattr",) else ("-cades",)
    make = ("-sign", *cades, "-nosmimecap", "-binary", "-md", "sha256", "-in", "policy.toml", "-outform", "DER", *wrong)
    assert openssl(folder, *make, "-signer", "0.pem", "-signer", "1.pem", "-out", "theirs.p7s").returncode == 0
    with pytest.raises(Unverified) as error:
        verify(CONTENT, (folder / "theirs.p7s").read_bytes(), anchors, None)
    assert error.value.problem == "bad_signature"
