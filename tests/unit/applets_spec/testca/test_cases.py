"""The certificate cases: OpenSSL agrees with each verdict that is about chain, time or signature; the rest is what its name says."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from applets_spec.testca.case import UNDECIDED, Case, Purpose, Verdict
from applets_spec.testca.cases import CASES, REVOCATION_CASES
from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, Family, authority
from applets_spec.testca.issue import authority_certificate
from applets_spec.testca.revocation_cases import NEW

EVERY = {**CASES, **REVOCATION_CASES}

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
    "signature-stranger": "self-signed certificate in certificate chain",
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
        command += ["-purpose", "any"]
        command += [] if case.crls else ["-ignore_critical"]
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


@pytest.mark.parametrize("name", EVERY)
def test_each_case_draws_its_chain_and_quotes_a_clause(name: str) -> None:
    assert EVERY[name].__doc__
    assert EVERY[name]().clause
    assert EVERY[name]() == EVERY[name]()


def test_no_case_goes_by_two_names() -> None:
    assert not CASES.keys() & REVOCATION_CASES.keys()
    assert len(set(EVERY.values())) == len(EVERY)


SEES_NO_WRONG = {"list-sha1"}
"""OpenSSL at its default security level takes SHA-1 below a list."""
SEES_REVOKED = {"list-too-old-but-revoked": "CRL has expired"}
LIST_WORDS = {
    "list-with-unknown-critical-extension": "unhandled critical CRL extension",
    "list-from-future": "CRL is not yet valid",
    "list-by-impostor": "CRL signature failure",
    "list-flipped-bit": "CRL signature failure",
    "list-in-its-last-second": "CRL has expired",  # OpenSSL counts the last second out
    "list-other-part": "different CRL scope",
}


@pytest.mark.parametrize("name", [name for name in REVOCATION_CASES if name.startswith("list-")])
def test_openssl_agrees_with_the_verdict_on_lists(name: str, tmp_path: Path) -> None:
    case = REVOCATION_CASES[name]()
    assert case.verdict in UNDECIDED | {Verdict.GOOD, Verdict.REVOKED}
    assert "OK" in openssl_verify(replace(case, crls=()), tmp_path), "but for the list nothing is wrong"
    if name == "list-malformed":
        with pytest.raises(ValueError, match=r"(?i)pars|asn"):
            x509.load_der_x509_crl(case.crls[0])
        return
    said = openssl_verify(case, tmp_path)
    words = {Verdict.GOOD: "OK", Verdict.REVOKED: "certificate revoked", Verdict.LIST_TOO_OLD: "CRL has expired"}
    if name in SEES_NO_WRONG:
        assert x509.load_der_x509_crl(case.crls[0]).signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.5"
        return
    assert (LIST_WORDS | SEES_REVOKED).get(name, words.get(case.verdict, "unable to get certificate CRL")) in said


UNSIGNED = frozenset({Verdict.RESPONDER_TRY_LATER, Verdict.RESPONDER_REFUSED, Verdict.RESPONSE_MALFORMED})
A_LIFETIME = str(100 * 365 * 86400)
"""Seconds by which OpenSSL may find an answer out of date: it goes by this machine's clock, and no option moves that."""
RESPONSE_WORDS = {
    Verdict.GOOD: "leaf.pem: good",
    Verdict.REVOKED: "leaf.pem: revoked",
    Verdict.RESPONDER_UNKNOWN: "leaf.pem: unknown",
    Verdict.RESPONDER_TRY_LATER: "Responder Error: trylater",
    Verdict.RESPONDER_REFUSED: "Responder Error: ",
    Verdict.RESPONSE_MALFORMED: "Error reading OCSP response",
    Verdict.RESPONSE_OTHER_CERTIFICATE: "leaf.pem: ERROR: No Status found",
    Verdict.RESPONSE_OTHER_NONCE: "leaf.pem: good",  # `openssl ocsp` compares nonces with questions of its own alone: below
    Verdict.RESPONSE_FROM_FUTURE: "leaf.pem: good",  # times: below
    Verdict.RESPONSE_TOO_OLD: "leaf.pem: good",
    Verdict.RESPONSE_BAD_SIGNATURE: "Response Verify Failure",
    Verdict.RESPONDER_NOT_AUTHORISED: "Response Verify Failure",
}


@pytest.mark.proves("fault 159")
@pytest.mark.parametrize("name", [name for name in REVOCATION_CASES if name.startswith("ocsp-")])
def test_openssl_agrees_with_the_verdict_on_responses(name: str, tmp_path: Path) -> None:
    case = REVOCATION_CASES[name]()
    said = openssl_ocsp(case, tmp_path)

    assert RESPONSE_WORDS[case.verdict] in said
    answers = case.verdict in UNSIGNED
    unauthorised = case.verdict in (Verdict.RESPONSE_BAD_SIGNATURE, Verdict.RESPONDER_NOT_AUTHORISED)
    other_key = name == "ocsp-other-issuer"  # whom OpenSSL lets answer depends on the issuer that the answer names
    assert ("Response verify OK" in said) is not (answers or unauthorised or other_key)


def test_nonces_are_what_the_cases_say() -> None:
    for name in ("ocsp-good-with-nonce", "ocsp-old-nonce"):
        case = REVOCATION_CASES[name]()
        said = ocsp.load_der_ocsp_response(case.responses[0]).extensions.get_extension_for_class(x509.OCSPNonce)
        assert (said.value.nonce == case.nonce) is (case.verdict is Verdict.GOOD)


def test_responses_of_other_times_are_of_other_times() -> None:
    for name, wrong in (("ocsp-from-future", "this_update_utc"), ("ocsp-too-old", "next_update_utc")):
        case = REVOCATION_CASES[name]()
        response = ocsp.load_der_ocsp_response(case.responses[0])
        assert (next(response.responses).__getattribute__(wrong) > case.at) is (wrong == "this_update_utc")
        assert response.produced_at_utc == next(response.responses).this_update_utc


def openssl_ocsp(case: Case, folder: Path) -> str:
    """What `openssl ocsp` says of the response; the question is made anew, with the nonce that the case names."""
    issuer = next(one for one in case.anchors if x509.load_der_x509_certificate(one).serial_number == NEW.serial)
    (folder / "issuer.pem").write_bytes(pem((issuer,)))
    (folder / "anchors.pem").write_bytes(pem(case.anchors))
    (folder / "leaf.pem").write_bytes(pem((case.certificate,)))
    (folder / "response.der").write_bytes(case.responses[0])
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(case.certificate), x509.load_der_x509_certificate(issuer), hashes.SHA1()
    )
    if case.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(case.nonce), critical=False)
    (folder / "request.der").write_bytes(builder.build().public_bytes(Encoding.DER))
    command = ["openssl", "ocsp", "-issuer", "issuer.pem", "-cert", "leaf.pem", "-reqin", "request.der", "-no_nonce",
               "-respin", "response.der", "-CAfile", "anchors.pem", "-attime", str(int(case.at.timestamp())),
               "-validity_period", A_LIFETIME]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    return (done.stdout + done.stderr).decode()


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
