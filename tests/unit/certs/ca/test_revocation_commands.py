"""`cardd-ca issue`, `renew`, `revoke`, `release`, `crl`: what they write, what they refuse, and that the disk knows it first."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certs.ca.__main__ import main
from certs.ca.errors import BookError
from certs.ca.files import read_certificate
from certs.ca.issued import IssuedBook
from certs.ca.revoked import Reason, RevokedBook
from tests.fixtures.softhsm import LABEL, PIN, softhsm
from tests.unit.certs.ca.command_office import GUID, SECRETS, Office, office
from tests.unit.certs.ca.office import DAY, NOW, key_of
from tests.unit.certs.ca.test_ca_command import descriptor

__all__ = ["office"]


def number_of(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


# --- issue and renew


def test_a_request_in_a_file_becomes_a_badges_certificate(office: Office) -> None:
    made = office.issue(role="signature")
    (entry,) = IssuedBook.beside(office.certificate).entries()
    assert (entry.serial, entry.operator, entry.role) == (f"{made.serial_number:x}", "hanako_1", "signature")
    assert made.public_key() == key_of("p256", 0).public_key()


def test_a_request_that_is_none_is_refused(office: Office) -> None:
    (office.folder / "request.der").write_bytes(b"nothing")
    words = (
        "--operator",
        "a",
        "--name",
        "b",
        "--office",
        "c",
        "--guid",
        GUID,
        "--role",
        "signature",
        "--out",
        office.folder / "x",
    )
    refused = office.refused(
        "issue", "--file", office.folder / "ca.key", "--request", office.folder / "request.der", *words
    )
    assert refused == "request_malformed"
    assert IssuedBook.beside(office.certificate).entries() == ()
    assert not (office.folder / "x").exists()


def test_renewal_keeps_holder_office_and_key_and_begins_anew(office: Office) -> None:
    before = office.issue()
    office.clock += 30 * DAY
    told = office.ok(
        "renew",
        "--file",
        office.folder / "ca.key",
        "--previous",
        office.folder / "badge-0.pem",
        "--out",
        office.folder / "next.pem",
    )
    after = x509.load_der_x509_certificate(read_certificate(office.folder / "next.pem"))
    assert after.public_key() == before.public_key()
    assert after.subject.public_bytes() == before.subject.public_bytes()
    assert [each.value for each in after.extensions] == [each.value for each in before.extensions]
    assert after.serial_number != before.serial_number
    assert after.not_valid_after_utc > before.not_valid_after_utc
    assert told["serial"] == f"{after.serial_number:x}"
    assert len(IssuedBook.beside(office.certificate).entries()) == 2


def test_what_is_not_renewed(office: Office) -> None:
    words = ("renew", "--file", office.folder / "ca.key", "--out", office.folder / "next.pem", "--previous")
    office.issue()
    office.ok("revoke", "--operator", "hanako_1", "--reason", "certificate-hold")
    assert office.refused(*words, office.folder / "badge-0.pem") == "revoked"
    office.ok("release", "--operator", "hanako_1")
    office.appoint()
    assert office.refused(*words, office.folder / "ocsp.pem") == "not_a_badge"
    assert office.refused(*words, office.certificate) == "not_issued"
    (office.folder / "none").write_bytes(b"\x30\x00")
    assert office.refused(*words, office.folder / "none") == "previous_malformed"
    office.clock += timedelta(days=3 * 366)
    assert office.refused(*words, office.folder / "badge-0.pem") == "previous_expired"
    assert not (office.folder / "next.pem").exists()


def test_the_next_generation_has_the_name_and_not_the_key(office: Office) -> None:
    (office.folder / "next").mkdir()
    first = x509.load_der_x509_certificate(read_certificate(office.certificate))
    with descriptor(SECRETS) as number:
        words = ["create", "--certificate", str(office.folder / "next" / "ca.pem"), "--file", str(office.folder / "next" / "ca.key"),
                 "--follows", str(office.certificate), "--passphrase-fd", number]  # fmt: skip
        ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 0, ran.output
    second = x509.load_der_x509_certificate(read_certificate(office.folder / "next" / "ca.pem"))
    assert second.subject.public_bytes() == first.subject.public_bytes()
    assert second.public_key() != first.public_key()
    beside = office.run("create", "--follows", office.certificate, "--file", office.folder / "other.key")
    assert beside.exit_code == 1
    assert not (office.folder / "other.key").exists()


# --- revoke and release


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_reaches_the_list(office: Office, reason: Reason) -> None:
    made = office.issue()
    office.ok("revoke", "--serial", f"{made.serial_number:X}", "--reason", reason.value.replace("_", "-"))
    crl = office.list()
    entry = crl.get_revoked_certificate_by_serial_number(made.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == NOW.replace(microsecond=0)
    if reason is Reason.UNSPECIFIED:
        assert len(entry.extensions) == 0
    else:
        said = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert said.name == reason.value
    assert crl.is_signature_valid(x509.load_der_x509_certificate(read_certificate(office.certificate)).public_key())  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["serial", "fingerprint", "operator", "guid"])
def test_each_way_to_name_a_certificate(office: Office, word: str) -> None:
    made, other = office.issue(), office.issue(1, operator="jiro_2", guid=GUID.replace("01", "02", 1))
    value = {
        "serial": f"{made.serial_number:x}",
        "fingerprint": made.fingerprint(hashes.SHA256()).hex(":").upper(),
        "operator": "hanako_1",
        "guid": GUID,
    }[word]
    office.ok("revoke", f"--{word}", value, "--reason", "superseded")
    revoked = {each.serial_number for each in office.list()}
    assert revoked == {made.serial_number}
    assert other.serial_number not in revoked


def test_revoking_twice_is_told_and_changes_nothing(office: Office) -> None:
    office.issue()
    office.ok("revoke", "--operator", "hanako_1", "--reason", "superseded")
    before = (office.folder / "revoked.jsonl").read_bytes()
    office.clock += DAY
    assert office.refused("revoke", "--operator", "hanako_1", "--reason", "key-compromise") == "already_revoked"
    assert office.refused("release", "--operator", "hanako_1") == "not_held"
    assert (office.folder / "revoked.jsonl").read_bytes() == before


def test_what_this_ca_never_issued_is_not_revoked(office: Office) -> None:
    assert office.refused("revoke", "--serial", "4711", "--reason", "superseded") == "not_issued"
    assert office.refused("revoke", "--operator", "nobody", "--reason", "superseded") == "not_issued"
    assert office.run("revoke", "--reason", "superseded").exit_code == 2
    assert office.run("revoke", "--reason", "superseded", "--serial", "no hex").exit_code == 2
    assert not (office.folder / "revoked.jsonl").exists()


def test_a_hold_is_lifted_or_made_final(office: Office) -> None:
    made = office.issue()
    office.ok("revoke", "--operator", "hanako_1", "--reason", "certificate-hold")
    assert len(office.list()) == 1
    assert office.refused("revoke", "--operator", "hanako_1", "--reason", "certificate-hold") == "already_revoked"
    office.ok("release", "--operator", "hanako_1")
    assert len(office.list()) == 0
    office.ok("revoke", "--operator", "hanako_1", "--reason", "certificate-hold")
    office.clock += DAY
    office.ok("revoke", "--operator", "hanako_1", "--reason", "key-compromise")
    entry = office.list().get_revoked_certificate_by_serial_number(made.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == (NOW + DAY).replace(microsecond=0)
    assert office.refused("release", "--operator", "hanako_1") == "not_held"


def test_the_revocation_is_on_the_disk_before_anybody_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.issue()

    def fails(_: int) -> None:
        raise OSError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        assert office.refused("revoke", "--operator", "hanako_1", "--reason", "superseded") == "book_unwritable"
    assert RevokedBook.beside(office.certificate).standing() == {}
    assert len(office.list()) == 0


# --- lists


@pytest.mark.proves("K3")
def test_numbers_rise_and_an_empty_list_is_a_list(office: Office) -> None:
    first, second = office.list(days=1), office.list()
    assert (number_of(first), number_of(second)) == (1, 2)
    assert len(first) == 0
    assert first.last_update_utc == NOW.replace(microsecond=0)
    assert first.next_update_utc == NOW.replace(microsecond=0) + DAY


def test_a_number_is_taken_though_its_list_could_not_be_written(office: Office) -> None:
    nowhere = office.folder / "missing" / "ca.crl"
    words = ("crl", "--file", office.folder / "ca.key", "--out", nowhere)
    assert office.refused(*words, "--first") == "out_unwritable"
    assert number_of(office.list()) == 2


def _next(office: Office, *words: object) -> int:
    """The number of a list that is made elsewhere than the last one."""
    told = office.ok("crl", "--file", office.folder / "ca.key", "--out", office.folder / "elsewhere.crl", *words)
    return int(str(told["number"]))


def _refused(office: Office, *words: object) -> str:
    return office.refused("crl", "--file", office.folder / "ca.key", "--out", office.folder / "x.crl", *words)


@pytest.mark.proves("K3", "fault 156")
def test_a_lost_book_of_lists_is_no_new_book(office: Office) -> None:
    """A list whose number went back would be refused by every machine that had the one before."""
    assert _refused(office) == "lists_missing"
    assert [number_of(office.list()) for _ in range(3)] == [1, 2, 3]
    assert _refused(office, "--first") == "not_first"
    (office.folder / "lists.jsonl").unlink()
    assert _refused(office) == "lists_missing"
    assert not (office.folder / "x.crl").exists()
    assert _next(office, "--after", office.folder / "ca.crl") == 4


@pytest.mark.proves("K3", "fault 156")
def test_the_list_that_is_replaced_remembers_its_number(office: Office) -> None:
    """Each night's list goes where the last one lies: then nobody need notice that the book was lost, or is an older one."""
    book = office.folder / "lists.jsonl"
    office.list()
    older = book.read_bytes()
    office.list()
    office.list()
    book.unlink()
    assert _refused(office, "--first", "--after", office.folder / "ca.crl") == "not_first"
    office.ok("crl", "--file", office.folder / "ca.key", "--out", office.folder / "ca.crl")
    assert number_of(x509.load_der_x509_crl((office.folder / "ca.crl").read_bytes())) == 4
    book.write_bytes(older)
    assert number_of(office.list()) == 5
    assert number_of(office.list()) == 6, "and the book goes on from there"


@pytest.mark.proves("K3")
def test_a_list_that_went_out_shows_what_the_books_have_lost(office: Office) -> None:
    office.issue()
    office.ok("revoke", "--operator", "hanako_1", "--reason", "superseded")
    office.list()
    for name in ("lists.jsonl", "revoked.jsonl"):
        (office.folder / name).unlink()
    assert _refused(office, "--after", office.folder / "ca.crl") == "revoked_damaged"


def test_a_hold_that_was_lifted_is_not_lost(office: Office) -> None:
    office.issue()
    office.ok("revoke", "--operator", "hanako_1", "--reason", "certificate-hold")
    office.list()
    office.ok("release", "--operator", "hanako_1")
    (office.folder / "lists.jsonl").unlink()
    assert _next(office, "--after", office.folder / "ca.crl") == 2


def test_the_list_of_another_ca_says_nothing_about_this_one_s_numbers(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    other = Office(tmp_path / "other", monkeypatch)
    theirs = other.folder / "ca.crl"
    other.list()
    assert _refused(office, "--after", theirs) == "list_other_ca"
    assert _refused(office, "--after", office.folder / "none.crl") == "list_unreadable"
    (office.folder / "text").write_bytes(b"no list")
    assert _refused(office, "--after", office.folder / "text") == "list_other_ca"
    (office.folder / "ca.crl").write_bytes(theirs.read_bytes())
    assert number_of(office.list()) == 1, "what lies there is replaced"


def test_a_clock_behind_the_published_list_makes_none(office: Office) -> None:
    office.list()
    (office.folder / "lists.jsonl").unlink()
    office.clock -= timedelta(seconds=2)
    assert _refused(office, "--after", office.folder / "ca.crl") == "clock_behind"


def test_a_clock_that_fell_back_makes_no_list(office: Office) -> None:
    office.list()
    office.clock -= timedelta(seconds=2)
    out = office.folder / "ca.crl"
    before = out.read_bytes()
    assert office.refused("crl", "--file", office.folder / "ca.key", "--out", out) == "clock_behind"
    assert out.read_bytes() == before


def test_a_book_of_revocations_that_lost_lines_publishes_nothing(office: Office) -> None:
    made = office.issue()
    office.ok("revoke", "--operator", "hanako_1", "--reason", "superseded")
    office.list()
    office.appoint()
    (office.folder / "revoked.jsonl").unlink()
    assert (
        office.refused("crl", "--file", office.folder / "ca.key", "--out", office.folder / "x.crl") == "revoked_damaged"
    )
    assert not (office.folder / "x.crl").exists()
    ran = office.run(
        "ocsp",
        "respond",
        *office.responder,
        secret=b"another good horse\n",
        given=office.question(made, hashes.SHA256()),
    )
    assert ran.exit_code == 1


@pytest.mark.parametrize("line", [b"[]\n", b'{"serial": "1"}\n', b'{"serial": "zz", "reason": "superseded", "time": "2026-11-22T09:00Z"}\n',
                                  b'{"serial": "1", "reason": "mood", "time": "2026-11-22T09:00Z"}\n', b"no json\n"])  # fmt: skip
def test_damage_in_the_book_of_revocations_is_no_empty_book(office: Office, line: bytes) -> None:
    office.issue()
    (office.folder / "revoked.jsonl").write_bytes(line)
    with pytest.raises(BookError):
        RevokedBook.beside(office.certificate).standing()
    assert _refused(office, "--first").endswith("_damaged")


def test_damage_in_the_book_of_lists_publishes_nothing(office: Office) -> None:
    (office.folder / "lists.jsonl").write_bytes(
        b'{"number": 0, "this_update": "2026-11-22T09:00:30Z", "revocations": 0}\n'
    )
    assert (
        office.refused("crl", "--file", office.folder / "ca.key", "--out", office.folder / "x.crl") == "lists_damaged"
    )


def test_a_key_in_a_token_signs_lists(tmp_path: Path) -> None:
    (tmp_path / "hsm").mkdir()
    with softhsm(tmp_path / "hsm") as hsm:
        token = (
            "--pkcs11",
            hsm.module,
            "--token",
            LABEL,
            "--key-label",
            "ca",
            "--certificate",
            tmp_path / "ca.pem",
            "--json",
        )
        for words in (("create", "--name", "TEST"), ("crl", "--first", "--out", tmp_path / "ca.crl")):
            with descriptor(PIN + b"\n") as number:
                ran = CliRunner().invoke(main, [str(each) for each in (*words, *token)] + ["--passphrase-fd", number])
            assert ran.exit_code == 0, ran.output
    issuer = x509.load_der_x509_certificate(read_certificate(tmp_path / "ca.pem"))
    crl = x509.load_der_x509_crl((tmp_path / "ca.crl").read_bytes())
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
