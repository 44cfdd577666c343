"""The certificate cases: OpenSSL agrees with each verdict that is about chain, time or signature; the rest is what its name says."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.case import Case, Purpose, Verdict
from applets_spec.testca.cases import CASES
from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, Family, authority
from applets_spec.testca.issue import authority_certificate

JUDGED_BY_OPENSSL = {
    Verdict.GOOD: "OK",
    Verdict.EXPIRED: "certificate has expired",
    Verdict.NOT_YET_VALID: "certificate is not yet valid",
    Verdict.UNKNOWN_ISSUER: "unable to get local issuer certificate",
    Verdict.BAD_SIGNATURE: "certificate signature failure",
    Verdict.REVOKED: "certificate revoked",
}
OTHER_WORDS = {
    "badge-issued-by-badge": "invalid CA certificate",
    "badge-last-second": "certificate has expired",  # OpenSSL counts the last second out, RFC 5280 counts it in
    "badge-stranger": "self-signed certificate in certificate chain",
}


def pem(blobs: tuple[bytes, ...]) -> bytes:
    return b"".join(x509.load_der_x509_certificate(blob).public_bytes(Encoding.PEM) for blob in blobs)


def openssl_verify(case: Case, folder: Path) -> str:
    """What `openssl verify` says of the case; extensions it does not know are left aside, as JPKI has none."""
    (folder / "anchors.pem").write_bytes(pem(case.anchors))
    (folder / "others.pem").write_bytes(pem(case.others))
    (folder / "leaf.pem").write_bytes(pem((case.certificate,)))
    command = ["openssl", "verify", "-attime", str(int(case.at.timestamp())), "-CAfile", str(folder / "anchors.pem")]
    if case.others:
        command += ["-untrusted", str(folder / "others.pem")]
    if case.crls:
        lists = [x509.load_der_x509_crl(crl).public_bytes(Encoding.PEM) for crl in case.crls]
        (folder / "lists.pem").write_bytes(b"".join(lists))
        command += ["-crl_check", "-CRLfile", str(folder / "lists.pem")]
    if case.purpose in (Purpose.JPKI_SIGNATURE, Purpose.BADGE_AUTHENTICATION):
        command += ["-purpose", "any", "-ignore_critical"]
    done = subprocess.run([*command, str(folder / "leaf.pem")], capture_output=True, check=False, timeout=120)
    return (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("name", CASES)
def test_openssl_agrees_with_the_verdict(name: str, tmp_path: Path) -> None:
    case = CASES[name]()
    expected = JUDGED_BY_OPENSSL.get(case.verdict)
    if expected is None:
        assert case.verdict in (Verdict.WRONG_KIND, Verdict.WEAK_ALGORITHM, Verdict.MALFORMED)
        return

    assert OTHER_WORDS.get(name, expected) in openssl_verify(case, tmp_path)


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]().verdict is Verdict.WRONG_KIND])
def test_wrong_kind_is_wrong_in_nothing_but_its_kind(name: str, tmp_path: Path) -> None:
    assert "OK" in openssl_verify(CASES[name](), tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_each_case_draws_its_chain_and_quotes_a_clause(name: str) -> None:
    assert CASES[name].__doc__
    assert CASES[name]().clause
    assert CASES[name]() == CASES[name]()


def test_sha1_case_is_signed_with_sha1_and_the_signature_holds() -> None:
    case = CASES["badge-sha1"]()
    certificate = x509.load_der_x509_certificate(case.certificate)

    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.10045.4.1"


def test_rsa_1024_case_has_a_short_key() -> None:
    certificate = x509.load_der_x509_certificate(CASES["badge-rsa-1024"]().certificate)

    assert certificate.public_key().key_size == 1024  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["encoding-truncated", "encoding-not-a-certificate", "encoding-ber-indefinite-length"])
def test_malformed_certificates_are_refused_by_a_strict_parser(name: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)pars|asn"):
        x509.load_der_x509_certificate(CASES[name]().certificate)


def test_broken_encodings_are_broken_where_they_say() -> None:
    good = CASES["badge-good"]().certificate

    assert CASES["encoding-zero-padded"]().certificate == good + bytes(100)
    assert b"250231000000Z" in CASES["encoding-broken-date"]().certificate
    assert b"\x02\x01\xff" in CASES["encoding-negative-serial"]().certificate
    assert len(CASES["encoding-huge"]().certificate) > 1 << 20
    assert len(CASES["encoding-deeply-nested"]().certificate) > 10_000


def test_list_is_signed_by_its_authority_and_names_the_revoked() -> None:
    row = authority(Family.SIGNATURE)
    crl = x509.load_der_x509_crl(
        issue_crl(row, [(77, DEFAULT_ISSUE_TIME, None)], DEFAULT_ISSUE_TIME, row.not_after, number=1)
    )

    issuer = x509.load_der_x509_certificate(authority_certificate(row))
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert crl.get_revoked_certificate_by_serial_number(77) is not None
    assert crl.get_revoked_certificate_by_serial_number(78) is None
