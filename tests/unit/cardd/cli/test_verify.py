"""`cardctl verify --offline`: each standing of a certificate is a verdict of its own, with its exit status and plain words."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca import resident_cases
from applets_spec.testca.case import Case
from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import Family, authority
from applets_spec.testca.issue import Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm, PrivateKey
from applets_spec.testca.profiles import AUTHENTICATION, DIGITAL_SIGNATURE
from cardd.cli.main import main
from cardd.documents import xades
from cardd.documents.xades_signer import Form, Layout
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.made_cms import attributes_of, signed_data, signer_info
from tests.fixtures.software_signer import SoftwareSigner, operator

NOON = resident_cases.NOON
FIRST_MOMENT = resident_cases.DEFAULT_ISSUE_TIME


@dataclass(frozen=True)
class Situation:
    """One certificate under one document, and what is known of it."""

    certificate: bytes
    key: PrivateKey
    anchors: tuple[bytes, ...]
    at: datetime = NOON
    lists: tuple[bytes, ...] = ()
    options: tuple[str, ...] = field(default=("--test-certificates",))


def listing(*revoked: int, at: datetime = NOON, generation: int = 2, family: Family = Family.SIGNATURE) -> bytes:
    row = authority(family, generation)
    entries = [(serial, at - timedelta(days=1), None) for serial in revoked]
    return issue_crl(row, entries, at - timedelta(hours=1), at + timedelta(hours=23), 7)


def of(case: Case, *lists: bytes, key: PrivateKey | None = None, **more: Any) -> Situation:
    """A case of the test PKI."""
    key = key or resident_cases.issued().signature_key
    return Situation(case.certificate, key, case.anchors, case.at, lists, **more)


def serial(certificate: bytes) -> int:
    return x509.load_der_x509_certificate(certificate).serial_number


def good() -> Situation:
    return of(resident_cases.signature_good(), listing())


def revoked() -> Situation:
    case = resident_cases.signature_good()
    return of(case, listing(serial(case.certificate)))


def expired() -> Situation:
    case = resident_cases.signature_expired()
    return of(case, listing(at=case.at))


def not_yet_valid() -> Situation:
    case = resident_cases.signature_not_yet_valid()
    return of(case, listing(at=case.at))


def wrong_kind() -> Situation:
    case = resident_cases.authentication_as_signature()
    return of(case, listing(family=Family.AUTHENTICATION), key=resident_cases.issued().authentication_key)


def badge_for_logins() -> Situation:
    badge = issue_badge(Operator("試験 花子", "T0001"), KeyAlgorithm.P256)
    slot = badge.slots[AUTHENTICATION]
    return Situation(slot.certificate, slot.key, (badge.ca,), lists=(listing(family=Family.OPERATOR),))


SITUATIONS: dict[str, tuple[Callable[[], Situation], int, str, str | None, str | None]] = {
    "good": (good, 0, "TOTAL-PASSED", None, None),
    "revoked": (revoked, 41, "INDETERMINATE", "REVOKED_NO_POE", "revoked"),
    "expired": (expired, 41, "INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", "expired"),
    "not yet valid": (not_yet_valid, 42, "TOTAL-FAILED", "NOT_YET_VALID", "not_yet_valid"),
    "unknown: no list": (
        lambda: of(resident_cases.signature_good()),
        41, "INDETERMINATE", "TRY_LATER", "revocation_not_checked",
    ),
    "unknown: list too old": (
        lambda: of(resident_cases.signature_good(), listing(at=NOON - timedelta(days=9))),
        41, "INDETERMINATE", "TRY_LATER", "revocation_unknown",
    ),
    "unknown: list of the older CA of this name": (
        lambda: of(resident_cases.signature_good(), listing(generation=1)),
        41, "INDETERMINATE", "TRY_LATER", "revocation_unknown",
    ),
    "unknown issuer": (
        lambda: of(resident_cases.signature_stranger(), listing()),
        41, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "issuer_unknown",
    ),
    "wrong generation of CA": (
        lambda: of(resident_cases.signature_old_generation_not_trusted(), listing(generation=1)),
        41, "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "issuer_other_generation",
    ),
    "older generation, trusted": (
        lambda: of(resident_cases.signature_good_old_generation(), listing(generation=1)),
        0, "TOTAL-PASSED", None, None,
    ),
    "wrong kind": (wrong_kind, 41, "INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE", "wrong_kind"),
    "wrong kind: a badge's key for logins": (
        badge_for_logins, 41, "INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE", "wrong_kind",
    ),
    "SHA-1": (
        lambda: of(resident_cases.signature_sha1(), listing()),
        41, "INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE", "certificate_weak",
    ),
    "a test certificate where none count": (
        lambda: replace(good(), options=()),
        41, "INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE", "test_certificate",
    ),
}  # fmt: skip


@cache
def document_by(certificate: bytes, key: PrivateKey) -> bytes:
    """The application form, signed with this key under this certificate, whatever that is worth."""
    signer = SoftwareSigner(key, certificate, b"", key)
    prepared = xades.prepare(APPLICATION, certificate, at=FIRST_MOMENT)
    return prepared.finish(signer(prepared.order))


def arguments(folder: Path, situation: Situation, document: bytes | None = None) -> list[str]:
    (folder / "shinsei.xml").write_bytes(document or document_by(situation.certificate, situation.key))
    pems = [x509.load_der_x509_certificate(each).public_bytes(Encoding.PEM) for each in situation.anchors]
    (folder / "ca.pem").write_bytes(b"".join(pems))
    given = ["verify", str(folder / "shinsei.xml"), "--offline", "--ca", str(folder / "ca.pem")]
    for number, octets in enumerate(situation.lists):
        (folder / f"{number}.crl").write_bytes(octets)
        given += ["--list", str(folder / f"{number}.crl")]
    return [*given, "--at", situation.at.isoformat(), *situation.options]


def run(*given: str, columns: str = "80") -> Result:
    return CliRunner(env={"COLUMNS": columns, "LANG": "C.UTF-8"}).invoke(main, list(given))


@pytest.mark.parametrize("name", SITUATIONS)
@pytest.mark.proves("K2", "fault 153", "fault 154", "fault 162", "fault 163", "fault 165")
def test_each_standing_of_a_certificate_is_its_own_verdict(name: str, tmp_path: Path) -> None:
    make, status, indication, sub, problem = SITUATIONS[name]
    result = run("--json", *arguments(tmp_path, make()))
    assert result.exit_code == status, result.output
    told = json.loads(result.stdout)
    (signature,) = told["signatures"]
    assert told["indication"] == signature["indication"] == indication
    assert (signature["sub_indication"], signature["problem"]) == (sub, problem)


def test_no_two_bad_standings_say_the_same() -> None:
    problems = {row[4] for row in SITUATIONS.values()} - {None}
    assert len(problems) == 10


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("name", SITUATIONS)
def test_the_words_of_each_fit_the_screen_and_name_nobody_who_is_not_confirmed(
    name: str, locale: str, tmp_path: Path
) -> None:
    from cardd.cli.screen import columns

    make, status, *_, problem = SITUATIONS[name]
    result = run("--locale", locale, *arguments(tmp_path, make()))
    assert result.exit_code == status
    assert all(columns(line) <= 80 for line in result.stdout.splitlines())
    told = result.stdout.replace("\n", "").replace(" ", "")
    assert ("第17条第1項" if locale == "ja" else "Article17,paragraph1") in told
    assert ("次の操作:" if locale == "ja" else "Whattodo:") in told or problem is None
    if status == 0:
        assert ("署名者は試験　太郎さん（署名用電子証明書" if locale == "ja" else "Thesigneris試験　太郎") in told
        assert ("署名は有効です。" if locale == "ja" else "Thesignatureisvalid.") in told
    if problem in ("issuer_unknown", "certificate_weak", "issuer_other_generation"):
        assert "さん（" not in told
        assert "Thesigneris" not in told


def test_a_changed_document_is_failed_and_names_nobody(tmp_path: Path) -> None:
    situation = good()
    changed = document_by(situation.certificate, situation.key).replace("髙橋".encode(), "高橋".encode())
    result = run("--locale", "ja", *arguments(tmp_path, situation, changed))
    assert result.exit_code == 42
    assert "文書は、署名のあとで書き換えられています。" in result.stdout
    assert "TOTAL-FAILED / HASH_FAILURE" in result.stdout
    assert "試験" not in result.stdout


def test_a_detached_signature_needs_its_content(tmp_path: Path) -> None:
    situation = good()
    prepared = xades.prepare(APPLICATION, situation.certificate, Layout(Form.DETACHED), name="a.xml", at=FIRST_MOMENT)
    document = prepared.finish(SoftwareSigner(situation.key, situation.certificate, b"", situation.key)(prepared.order))
    given = arguments(tmp_path, situation, document)
    (tmp_path / "a.xml").write_bytes(APPLICATION)
    (tmp_path / "b.xml").write_bytes(APPLICATION + b" ")
    alone = run("--json", *given)
    assert alone.exit_code == 41
    assert json.loads(alone.stdout)["signatures"][0]["sub_indication"] == "SIGNED_DATA_NOT_FOUND"
    assert run(*given, "--content", str(tmp_path / "a.xml")).exit_code == 0
    assert run(*given, "--content", str(tmp_path / "b.xml")).exit_code == 42


def test_a_name_in_a_certificate_cannot_steer_the_terminal(tmp_path: Path) -> None:
    badge = issue_badge(Operator("\x1b[2J\u202eoria\x07T", "T0001"), KeyAlgorithm.P256)
    slot = badge.slots[DIGITAL_SIGNATURE]
    situation = Situation(slot.certificate, slot.key, (badge.ca,), lists=(listing(family=Family.OPERATOR),))
    result = run("--locale", "ja", *arguments(tmp_path, situation))
    assert result.exit_code == 0
    assert not {"\x1b", "\u202e", "\x07"} & set(result.stdout)
    assert "職員カードの署名用証明書" in result.stdout


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (APPLICATION, "document.no_signature"),
        (b"<!DOCTYPE a><a/>", "document.xml_doctype"),
        (b"plain text", "document.format_unknown"),
        (b"", "document.format_unknown"),
    ],
)
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_what_is_no_signed_document_is_an_error_with_a_remedy(
    content: bytes, name: str, locale: str, tmp_path: Path
) -> None:
    given = arguments(tmp_path, good(), content or b" ")
    (tmp_path / "shinsei.xml").write_bytes(content)
    result = run("--json", "--locale", locale, *given)
    assert result.exit_code == 65
    error = json.loads(result.stdout)["error"]
    assert error["name"] == name
    assert error["message"]
    assert error["remedy"]


def test_files_of_trust_that_are_none_are_named(tmp_path: Path) -> None:
    given = arguments(tmp_path, good())
    (tmp_path / "ca.pem").write_bytes(b"nothing")
    assert json.loads(run("--json", *given).stdout)["error"]["name"] == "document.ca_unreadable"


@pytest.mark.parametrize(
    "options",
    [
        ["--offline"],
        [],
        ["--purpose", "online_signature"],
        ["--purpose", "p", "--case", "c", "--ca", "ca.pem"],
        ["--offline", "--ca", "nothing.pem"],
        ["--offline", "--ca", "ca.pem", "--at", "yesterday"],
    ],
)
def test_who_is_to_be_believed_must_be_said(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments(tmp_path, good())
    monkeypatch.chdir(tmp_path)
    assert run("verify", "shinsei.xml", *options).exit_code == 64


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardd.cli.verify.EXTRA", ("a_package_nobody_has",))
    result = run("--json", *arguments(tmp_path, good()))
    assert result.exit_code == 69
    error = json.loads(result.stdout)["error"]
    assert error["name"] == "documents.not_installed"
    assert "cardd[documents]" in error["remedy"]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_one_bad_signer_of_two_fails_the_whole_and_the_other_is_told_as_good(locale: str, tmp_path: Path) -> None:
    situation, content = good(), "転入届".encode()
    me, other = SoftwareSigner(situation.key, situation.certificate, b"", situation.key), operator()
    bad = attributes_of(other, content, "sha256") | {"message_digest": [bytes(32)]}
    infos = [signer_info(me, attributes_of(me, content, "sha256"), content), signer_info(other, bad, content)]
    given = arguments(tmp_path, situation, signed_data(infos, (me.certificate, other.certificate)))
    (tmp_path / "content").write_bytes(content)
    result = run("--locale", locale, *given, "--content", str(tmp_path / "content"))
    assert result.exit_code == 42, result.output
    assert result.stdout.splitlines()[0] == (
        "この文書には2つの署名があります。正しくない署名があります。"
        if locale == "ja"
        else "This document has 2 signatures. There is a signature that is wrong."
    )
    assert "(TOTAL-PASSED)" in result.stdout
    assert "(TOTAL-FAILED / HASH_FAILURE / digest)" in result.stdout
    assert result.stdout.count("試験　太郎") == 1, "whose signature holds is named, and nobody else"


@pytest.mark.parametrize("form", ["pades", "xades", "jws", "cades"])
def test_signing_without_the_extra_says_so_before_anybody_is_asked(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"a")
    monkeypatch.setattr("cardd.cli.sign_document.EXTRA", ("a_package_nobody_has",))
    result = run("--json", "sign", "--purpose", "p", "--case", "c", "--format", form, str(tmp_path / "a"))
    assert result.exit_code == 69
    assert json.loads(result.stdout)["error"]["name"] == "documents.not_installed"
