"""Asking a time stamp authority: each wrong answer by name (RFC 3161, 2.4.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardd.documents.cades_cms import read_signed_data
from cardd.documents.checking.stamps import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.stamps import make_request, stamped, token_of
from tests.fixtures.made_cms import attributes_of, response, signed_data, signer_info, token
from tests.fixtures.software_signer import SoftwareSigner, operator
from tests.fixtures.tsa import ca_certificate, ca_key, make_tsa, tsa_certificate, tsa_key

OCTETS = b"a signature value"
NONCE = 0x1234567890ABCDEF
AUTHORITY = SoftwareSigner(tsa_key(), tsa_certificate(), ca_certificate(), ca_key())


def with_certificate(**how: Any) -> SoftwareSigner:
    return SoftwareSigner(tsa_key(), tsa_certificate(**how), ca_certificate(), ca_key())


def _content(made: bytes) -> bytes:
    content = read_signed_data(made).content
    assert content is not None
    return content


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("ess", ["sha256", "sha1"])
def test_openssl_stamps_and_we_believe_it(tmp_path: Path, hash_name, ess: str) -> None:
    tsa = make_tsa(tmp_path, ess=ess)
    found = check(stamped(tsa, OCTETS, hash_name=hash_name), OCTETS)
    assert (found.integrity, found.certificate) == (Integrity.INTACT, tsa.certificate)
    assert found.at is not None
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=10)


def test_a_request_asks_for_nonce_and_certificate() -> None:
    asked = []

    def stamper(request: bytes) -> bytes:
        read = tsp.TimeStampReq.load(request)
        asked.append(read["nonce"].native)
        assert read["cert_req"].native is True
        assert read["version"].native == "v1"
        return response(token(AUTHORITY, OCTETS, nonce=read["nonce"].native))

    stamped(stamper, OCTETS)
    stamped(stamper, OCTETS)
    assert asked[0] != asked[1]


def test_the_token_of_an_answer() -> None:
    made = token(AUTHORITY, OCTETS, nonce=NONCE)
    assert token_of(response(made), OCTETS, NONCE) == made
    assert token_of(response(made, "granted_with_mods"), OCTETS, NONCE) == made


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (response(None, "rejection"), "stamp_refused"),
        (response(token(AUTHORITY, OCTETS, nonce=NONCE), "rejection"), "stamp_refused"),
        (response(None), "stamp_unreadable"),
        (b"", "stamp_unreadable"),
        (b"<html>", "stamp_unreadable"),
        (b"\x30\x84\xff\xff\xff\xff", "stamp_unreadable"),
        (response(token(AUTHORITY, OCTETS, nonce=NONCE + 1)), "stamp_for_other_request"),
        (response(token(AUTHORITY, OCTETS)), "stamp_for_other_request"),
        (response(token(AUTHORITY, b"another", nonce=NONCE)), "stamp_for_other_request"),
        (response(token(AUTHORITY, OCTETS, nonce=NONCE, certificates=())), "stamp_wrong"),
        (response(token(AUTHORITY, OCTETS, nonce=NONCE, hash_name="sha1")), "stamp_wrong"),
        (response(token(operator(), OCTETS, nonce=NONCE)), "stamp_wrong"),
    ],
)
def test_a_wrong_answer_is_not_used(answer: bytes, problem: str) -> None:
    with refused(problem):
        token_of(answer, OCTETS, NONCE)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (token(AUTHORITY, OCTETS), (Integrity.INTACT, "")),
        (token(AUTHORITY, OCTETS, imprint_hash="sha512"), (Integrity.INTACT, "")),
        (token(AUTHORITY, b"another"), (Integrity.CHANGED, "digest")),
        (token(AUTHORITY, OCTETS, imprint_hash="sha1"), (Integrity.WEAK, "hash")),
        (token(AUTHORITY, OCTETS, hash_name="sha1"), (Integrity.WEAK, "hash")),
        (token(operator(), OCTETS), (Integrity.WRONG_CERTIFICATE, "stamp_purpose")),
        (token(with_certificate(critical=False), OCTETS), (Integrity.WRONG_CERTIFICATE, "stamp_purpose")),
        (token(with_certificate(usages=()), OCTETS), (Integrity.WRONG_CERTIFICATE, "stamp_purpose")),
        (
            token(
                with_certificate(usages=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)), OCTETS
            ),
            (Integrity.WRONG_CERTIFICATE, "stamp_purpose"),
        ),
        (token(AUTHORITY, OCTETS, certificates=()), (Integrity.WRONG_CERTIFICATE, "certificate_missing")),
    ],
)
def test_a_token_is_judged_by_itself(made: bytes, expected: tuple[Integrity, str]) -> None:
    found = check(made, OCTETS)
    assert (found.integrity, found.problem) == expected
    assert found.at == datetime(2026, 4, 2, tzinfo=UTC)


def test_the_certificate_may_come_from_elsewhere() -> None:
    made = token(AUTHORITY, OCTETS, certificates=())
    assert check(made, OCTETS, certificates=(AUTHORITY.certificate,)).integrity is Integrity.INTACT


def test_a_token_with_a_changed_time_does_not_hold() -> None:
    made = token(AUTHORITY, OCTETS)
    later = made.replace(b"20260402000000Z", b"20260401000000Z")
    assert later != made
    found = check(later, OCTETS)
    assert (found.integrity, found.problem) == (Integrity.CHANGED, "digest")


def test_a_token_over_the_attributes_of_another_kind_is_refused() -> None:
    content = tsp.TSTInfo.load(_content(token(AUTHORITY, OCTETS))).dump()
    one = signer_info(AUTHORITY, attributes_of(AUTHORITY, content))
    made = signed_data([one], [AUTHORITY.certificate], content, "tst_info", "v3")
    found = check(made, OCTETS)
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "content_type")


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x30\x80",
        make_request(OCTETS, NONCE),
        signed_data([signer_info(AUTHORITY, attributes_of(AUTHORITY, OCTETS))], [AUTHORITY.certificate], OCTETS),
        signed_data([], [AUTHORITY.certificate], _content(token(AUTHORITY, OCTETS)), "tst_info", "v3"),
        token(AUTHORITY, OCTETS, changes={"version": 2}),
    ],
)
def test_what_is_no_token_is_refused_by_name(octets: bytes) -> None:
    with refused("stamp_unreadable"):
        check(octets, OCTETS)


def test_a_token_with_two_signers_is_none() -> None:
    content = _content(token(AUTHORITY, OCTETS))
    both = [signer_info(each, attributes_of(each, content, "sha256", "tst_info")) for each in (AUTHORITY, operator())]
    with refused("stamp_unreadable"):
        check(signed_data(both, [AUTHORITY.certificate], content, "tst_info", "v3"), OCTETS)
