"""`cardd-ca ocsp`: who answers, what is answered, and what is not."""

from __future__ import annotations

import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from certs.ca.file_key import FileKey
from certs.ca.files import read_certificate
from tests.unit.certs.ca.command_office import GUID, Office, office
from tests.unit.certs.ca.office import DAY, NOW

__all__ = ["office"]


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
def test_good_revoked_and_unknown(office: Office, digest: hashes.HashAlgorithm) -> None:
    made, gone = office.issue(), office.issue(1, operator="jiro_2", guid=GUID.replace("01", "02", 1))
    office.ok("revoke", "--operator", "jiro_2", "--reason", "key-compromise")
    office.appoint()
    good = office.ask(office.question(made, digest, nonce=bytes(range(32))))
    assert (good.certificate_status, good.serial_number) == (ocsp.OCSPCertStatus.GOOD, made.serial_number)
    assert good.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == bytes(range(32))
    revoked = office.ask(office.question(gone, digest))
    assert revoked.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert revoked.revocation_reason is x509.ReasonFlags.key_compromise
    assert len(revoked.extensions) == 0
    never = office.ask(office.question(x509.load_der_x509_certificate(read_certificate(office.certificate)), digest))
    assert never.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_questions_about_another_ca_are_unknown(office: Office) -> None:
    made = office.issue()
    office.appoint()
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        bytes(32), bytes(32), made.serial_number, hashes.SHA256()
    )
    assert office.ask(builder.build().public_bytes(Encoding.DER)).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


@pytest.mark.parametrize("request_der", [b"no request", b"\x30\x00", b"\x30\x80\x00\x00", b"\x30" * 60_000])
def test_what_is_no_request_gets_malformed_request(office: Office, request_der: bytes) -> None:
    office.appoint()
    assert office.ask(request_der).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_nonce_that_is_too_long_gets_malformed_request(office: Office) -> None:
    made = office.issue()
    office.appoint()
    said = office.ask(office.question(made, hashes.SHA256(), nonce=bytes(129)))
    assert said.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_responder_that_has_ended_answers_nothing(office: Office) -> None:
    made = office.issue()
    office.appoint(days=1)
    office.clock += 2 * DAY
    ran = office.run(
        "ocsp",
        "respond",
        *office.responder,
        secret=b"another good horse\n",
        given=office.question(made, hashes.SHA256()),
    )
    assert ran.exit_code == 1
    assert json.loads(ran.output)["error"]["name"] == "responder_not_valid"


def test_a_badge_is_no_responder(office: Office) -> None:
    office.issue()
    words = (
        "ocsp",
        "publish",
        "--responder",
        office.folder / "badge-0.pem",
        "--responder-file",
        office.folder / "ca.key",
        office.folder,
    )
    assert office.refused(*words) == "responder_malformed"
    assert (
        office.refused(*(office.certificate if each == office.folder / "badge-0.pem" else each for each in words))
        == "responder_malformed"
    )


def test_answers_beforehand_are_there_for_each_that_lives(office: Office) -> None:
    made, gone = office.issue(), office.issue(1, operator="jiro_2", guid=GUID.replace("01", "02", 1))
    office.ok("revoke", "--operator", "jiro_2", "--reason", "superseded")
    office.appoint()
    answers = office.folder / "answers"
    answers.mkdir()
    told = office.ok("ocsp", "publish", *office.responder, answers, secret=b"another good horse\n")
    assert told["answers"] == 3, "two badges and the responder itself"
    for leaf, status in ((made, ocsp.OCSPCertStatus.GOOD), (gone, ocsp.OCSPCertStatus.REVOKED)):
        said = ocsp.load_der_ocsp_response((answers / f"{leaf.serial_number:x}.ocsp").read_bytes())
        assert (said.certificate_status, said.serial_number) == (status, leaf.serial_number)
        assert said.next_update_utc == NOW.replace(microsecond=0) + DAY


def test_a_secret_is_asked_for_the_right_key(office: Office) -> None:
    office.appoint()
    FileKey.open(office.folder / "ocsp.key", bytearray(b"another good horse")).close()
    assert (
        office.refused(
            "crl", "--file", office.folder / "ca.key", "--out", office.folder / "x", secret=b"wrong horse battery\n"
        )
        == "passphrase"
    )
