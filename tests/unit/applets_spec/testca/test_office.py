"""The test JPKI in a folder: OpenSSL judges its lists, answers and time stamps; its books keep what was done."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from applets_spec.cli.main import cli
from applets_spec.holder import Holder
from applets_spec.testca.crl import issue_crl, partition, partition_name
from applets_spec.testca.hierarchy import Family, authority, holder_key_name
from applets_spec.testca.issue import rsa_key
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm
from applets_spec.testca.ledger import LedgerError
from applets_spec.testca.long_list import FILLER_FIRST, filler, write_list
from applets_spec.testca.office import FolderKeys, JpkiOffice, OfficeError

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ROW = authority(Family.SIGNATURE)
HOLDER = Holder.example("long_address")
KEY = rsa_key(DerivedKeys(), holder_key_name(1, "signature")).public_key()


@pytest.fixture
def office(tmp_path: Path) -> JpkiOffice:
    return JpkiOffice.create(tmp_path / "jpki", NOW)


def vcard(*words: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=given)


def ok(*words: object) -> Result:
    ran = vcard(*words)
    assert ran.exit_code == 0, ran.output
    return ran


def openssl(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=False, timeout=120)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == code, said
    return said


def listed(office: JpkiOffice, **options: int) -> x509.CertificateRevocationList:
    out = io.BytesIO()
    office.write_list(out, ROW, (NOW, NOW + DAY), **options)
    return x509.load_der_x509_crl(out.getvalue())


def test_every_name_says_that_it_is_a_test(office: JpkiOffice) -> None:
    for place in office.folder.glob("*/*.pem"):
        if "key" not in place.name and place.parent.name != "keys":
            certificate = x509.load_pem_x509_certificate(place.read_bytes())
            for name in (certificate.subject, certificate.issuer):
                assert any(str(part.value).startswith(("TEST ", "JPKI-TEST")) for part in name), place


def test_two_generations_have_one_name(office: JpkiOffice) -> None:
    for family in ("signature", "authentication"):
        one, two = (
            x509.load_der_x509_certificate((office.folder / "authorities" / f"jpki-{family}-{n}.cer").read_bytes())
            for n in (1, 2)
        )
        assert one.subject.public_bytes() == two.subject.public_bytes()
        assert one.public_key() != two.public_key()


def test_a_written_list_is_the_list_of_the_other_writer(tmp_path: Path) -> None:
    """Byte for byte: what streams and what a certificate library builds."""
    entries = [
        (77, NOW, x509.ReasonFlags.key_compromise),
        (1 << 62, NOW, None),
        (128, NOW, x509.ReasonFlags.superseded),
    ]
    for names, more in ((entries, ()), ([], ()), (entries, (partition(partition_name(ROW, 13)),))):
        out = io.BytesIO()
        count = write_list(out, ROW, lambda names=names: names, (NOW, NOW + DAY), 7, DerivedKeys(), more)  # type: ignore[misc]
        assert count == len(names)
        assert out.getvalue() == issue_crl(ROW, names, NOW, NOW + DAY, 7, DerivedKeys(), more)


def test_made_up_entries_are_nobodys_and_all_differ() -> None:
    serials = [serial for serial, _, _ in filler(5_000, NOW)]
    assert len(set(serials)) == 5_000
    assert min(serials) > FILLER_FIRST > 1 << 32


def test_a_long_list_keeps_what_is_true_in_it(office: JpkiOffice, tmp_path: Path) -> None:
    certificate = office.issue("signature", HOLDER, KEY, NOW)
    office.revoke(certificate, x509.ReasonFlags.affiliation_changed, NOW)
    ok(
        "jpki",
        "crl",
        office.folder,
        "--kind",
        "signature",
        "--entries",
        20_000,
        "--out",
        tmp_path / "long.crl",
        "--at",
        "2026-11-23T07:00:00",
    )
    said = openssl(
        tmp_path,
        "crl",
        "-inform",
        "DER",
        "-in",
        "long.crl",
        "-CAfile",
        "jpki/authorities/jpki-signature-2.pem",
        "-verify",
        "-noout",
    )
    assert "verify OK" in said
    crl = x509.load_der_x509_crl((tmp_path / "long.crl").read_bytes())
    assert len(crl) == 20_001
    assert (
        crl.get_revoked_certificate_by_serial_number(x509.load_der_x509_certificate(certificate).serial_number)
        is not None
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == ["jpki", "long.crl"]


@pytest.mark.slow
def test_a_list_of_a_million_entries_is_a_list(office: JpkiOffice, tmp_path: Path) -> None:
    with (tmp_path / "million.crl").open("wb") as out:
        assert office.write_list(out, ROW, (NOW, NOW + DAY), entries=1_000_000) == (1, 1_000_000)
    crl = x509.load_der_x509_crl((tmp_path / "million.crl").read_bytes())
    assert len(crl) == 1_000_000
    assert crl.is_signature_valid(x509.load_der_x509_certificate(office.certificate_of(ROW)).public_key())  # type: ignore[arg-type]


def test_numbers_rise_for_each_authority_apart(office: JpkiOffice) -> None:
    numbers = [listed(office).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for _ in range(3)]
    assert numbers == [1, 2, 3]
    out = io.BytesIO()
    assert office.write_list(out, authority(Family.SIGNATURE, 1), (NOW, NOW + DAY)) == (1, 0)


def test_a_part_of_the_list_has_its_own_and_says_so(office: JpkiOffice) -> None:
    certificate = office.issue("signature", HOLDER, KEY, NOW)
    office.revoke(certificate, x509.ReasonFlags.superseded, NOW)
    part = int(HOLDER.municipality[:2])
    assert len(listed(office, part=part)) == 1
    assert len(listed(office, part=part - 1)) == 0
    point = listed(office, part=part).extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert point.critical
    leaf = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(x509.CRLDistributionPoints)
    assert leaf.value[0].full_name == point.value.full_name


def test_revoking_twice_and_strangers_are_refused(office: JpkiOffice) -> None:
    certificate = office.issue("authentication", HOLDER, KEY, NOW)
    office.revoke(certificate, x509.ReasonFlags.superseded, NOW)
    with pytest.raises(OfficeError, match="already"):
        office.revoke(certificate, x509.ReasonFlags.superseded, NOW)
    with pytest.raises(OfficeError, match="none of this"):
        office.revoke(
            (office.folder / "authorities" / "time-stamp-1.cer").read_bytes(), x509.ReasonFlags.superseded, NOW
        )


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
def test_answers_good_revoked_and_unknown(office: JpkiOffice, digest: hashes.HashAlgorithm) -> None:
    good, gone = (office.issue("signature", HOLDER, KEY, NOW) for _ in range(2))
    office.revoke(gone, x509.ReasonFlags.affiliation_changed, NOW)
    issuer = x509.load_der_x509_certificate(office.certificate_of(ROW))
    stranger = x509.load_der_x509_certificate(office.certificate_of(authority(Family.SIGNATURE, 2)))
    expected = {
        good: ocsp.OCSPCertStatus.GOOD,
        gone: ocsp.OCSPCertStatus.REVOKED,
        stranger: ocsp.OCSPCertStatus.UNKNOWN,
    }
    for leaf, status in expected.items():
        subject = leaf if isinstance(leaf, x509.Certificate) else x509.load_der_x509_certificate(leaf)
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(subject, issuer, digest)
            .add_extension(x509.OCSPNonce(b"n" * 16), critical=False)
        )
        answer = ocsp.load_der_ocsp_response(office.answer(request.build().public_bytes(Encoding.DER), NOW, DAY))
        assert answer.certificate_status is status
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 16


def test_openssl_believes_an_answer(office: JpkiOffice, tmp_path: Path) -> None:
    certificate = office.issue("signature", HOLDER, KEY, NOW)
    (tmp_path / "leaf.pem").write_bytes(x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM))
    ca = "jpki/authorities/jpki-signature-2.pem"
    openssl(tmp_path, "ocsp", "-issuer", ca, "-cert", "leaf.pem", "-no_nonce", "-reqout", "request.der")
    ran = vcard(
        "jpki", "ocsp", office.folder, "--at", "2026-11-23T06:00:00", given=(tmp_path / "request.der").read_bytes()
    )
    (tmp_path / "response.der").write_bytes(ran.stdout_bytes)
    said = openssl(tmp_path, "ocsp", "-reqin", "request.der", "-respin", "response.der", "-issuer", ca, "-cert", "leaf.pem", "-CAfile", ca,
                   "-no_nonce", "-attime", str(int(NOW.timestamp())), "-validity_period", str(100 * 365 * 86400))  # fmt: skip
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said


@pytest.mark.parametrize("request_der", [b"", b"nothing", b"\x30\x00"])
def test_what_is_no_request_gets_malformed_request(office: JpkiOffice, request_der: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(office.answer(request_der, NOW, DAY))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_question_about_somebody_elses_ca_is_not_answered(office: JpkiOffice) -> None:
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(bytes(20), bytes(20), 1, hashes.SHA1()).build()
    answer = ocsp.load_der_ocsp_response(office.answer(request.public_bytes(Encoding.DER), NOW, DAY))
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_openssl_makes_time_stamps_with_the_test_authority(tmp_path: Path) -> None:
    office = JpkiOffice.create(tmp_path / "jpki", datetime.now(UTC))  # OpenSSL stamps with this machine's time
    (tmp_path / "document").write_bytes(b"document")
    openssl(tmp_path, "ts", "-query", "-data", "document", "-sha256", "-cert", "-out", "query.tsq")
    openssl(office.folder / "tsa", "ts", "-reply", "-config", "openssl.cnf", "-queryfile", str(tmp_path / "query.tsq"),
            "-out", str(tmp_path / "answer.tsr"))  # fmt: skip
    said = openssl(
        tmp_path,
        "ts",
        "-verify",
        "-queryfile",
        "query.tsq",
        "-in",
        "answer.tsr",
        "-CAfile",
        "jpki/authorities/time-stamp-1.pem",
    )
    assert "Verification: OK" in said


def test_the_commands_keep_one_book(office: JpkiOffice, tmp_path: Path) -> None:
    told = json.loads(
        ok(
            "jpki", "issue", office.folder, "--kind", "signature", "--number", 2, "--out", tmp_path / "taro", "--json"
        ).output
    )
    ok("jpki", "renew", office.folder, tmp_path / "taro.cer", "--holder", "latin_name", "--out", tmp_path / "next.cer")
    one, two = (x509.load_der_x509_certificate((tmp_path / f"{name}.cer").read_bytes()) for name in ("taro", "next"))
    assert one.public_key() == two.public_key()
    assert told["serial"] == f"{one.serial_number:x}"
    ok("jpki", "revoke", office.folder, tmp_path / "taro.cer", "--reason", "superseded")
    again = vcard("jpki", "revoke", office.folder, tmp_path / "taro.cer")
    assert again.exit_code == 1
    assert "revoked already" in again.output
    assert [each.serial for each in office.revocations(ROW)] == [one.serial_number]


def test_what_is_no_office_is_told_as_such(tmp_path: Path, office: JpkiOffice) -> None:
    assert (
        "there is no test JPKI" in vcard("jpki", "crl", tmp_path, "--kind", "signature", "--out", tmp_path / "x").output
    )
    assert "already" in vcard("jpki", "create", office.folder).output
    (office.folder / "jpki.json").write_text('{"format": "other"}')
    with pytest.raises(OfficeError, match="another program"):
        JpkiOffice.open(office.folder)


def test_half_a_line_is_cut_and_a_broken_one_is_told(office: JpkiOffice) -> None:
    certificate = office.issue("signature", HOLDER, KEY, NOW)
    book = office.folder / "revoked.jsonl"
    book.write_bytes(b'{"serial": 1, "auth')
    office.revoke(certificate, x509.ReasonFlags.superseded, NOW)
    assert len(book.read_bytes().splitlines()) == 1
    book.write_bytes(b"{\n")
    with pytest.raises(LedgerError, match="damaged"):
        office.revocations(ROW)


def test_fresh_keys_are_the_folders_and_stay(tmp_path: Path) -> None:
    keys = FolderKeys(tmp_path)
    first = keys.key("ca", KeyAlgorithm.P256)
    assert FolderKeys(tmp_path).key("ca", KeyAlgorithm.P256).public_key() == first.public_key()
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    assert FolderKeys(tmp_path).key("ca", KeyAlgorithm.P256).public_key() != first.public_key()
