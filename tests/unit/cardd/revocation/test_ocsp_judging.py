"""When a responder is asked, and what its answer is worth: only where nothing here can tell, and never good by silence (K2, K4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPResponseStatus

from applets_spec.testca.hierarchy import Family, authority
from applets_spec.testca.issue import JpkiCertificates, Operator, issue_badge
from applets_spec.testca.ocsp import GOOD, UNKNOWN, Standing, refuse, revoked
from applets_spec.testca.ocsp_cases import answer, authority_itself, responder
from applets_spec.testca.resident_cases import issued
from cardd.model import KeyRole
from cardd.revocation.answers import AnswerFolder
from cardd.revocation.checking import Checker, Offered
from cardd.revocation.held import HeldLists
from cardd.revocation.inquiry import Inquiry
from cardd.revocation.judge import BadgeJudge, ResidentJudge
from cardd.revocation_settings import RESIDENTS, ListFor, Responder
from certs.profiles.profile import Kind
from certs.validation.verdict import Result
from tests.fixtures.octets import flipped
from tests.unit.cardd.revocation.list_house import DAY, HOUR, NOW, pem
from tests.unit.cardd.revocation.ocsp_house import Desk, Helper
from tests.unit.cardd.revocation.test_judging import EXAMPLE, LOOSE, ROWS, RULE_S, STRICT, Office, from_bytes, refusal
from tests.unit.certs.ca.command_office import Office as CaOffice
from tests.unit.certs.ca.command_office import office as ca_office

__all__ = ["ca_office"]
ABOUT: ListFor = "jpki_signature"


class Asked(Office):
    """The office of `test_judging`, that may ask; `say` is what comes back, None for a note of silence."""

    def __init__(self, folder: Path, *, listed: tuple[ListFor, ...] = (), id_hash: str = "sha1") -> None:
        super().__init__(folder, listed=listed)
        (folder / "desk").mkdir()
        self.desk = Desk(folder / "desk", clock=self.clock)
        self.questions: list[bytes] = []
        self.say: Callable[[], bytes | None] = lambda: None
        responders = [
            Responder.model_validate(
                {
                    "name": about,
                    "for": about,
                    "ca": folder / f"{about}.pem",
                    "url": "http://a.example/",
                    "hash": id_hash,
                }
            )
            for about in ROWS
        ]
        files = {about: (folder / f"{about}.pem",) for about in ROWS}
        self.checker = Checker(
            files, self.held, AnswerFolder(self.desk.answers), test=True, rule_s=RULE_S, listed=frozenset(listed),
            inquiry=Inquiry(responders, self.desk.asking),
        )  # fmt: skip
        policy = from_bytes(EXAMPLE)
        self.judge = ResidentJudge(self.checker, lambda: policy)

    @contextmanager
    def helper(self) -> Iterator[Helper]:
        def does(stem: str, question: bytes) -> None:
            self.questions.append(question)
            content = self.say()
            self.desk.put(f"{stem}.{'silent' if content is None else 'ocsp'}", content or b"")

        with self.desk.helper(does) as running:
            yield running

    def result(self, der: bytes, kind: Kind = Kind.JPKI_SIGNATURE) -> tuple[Result, str]:
        verdict = self.checker.check(Offered(der, kind)).verdict
        return verdict.result, verdict.reason


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Asked]:
    opened = Asked(tmp_path)
    with opened.helper():
        yield opened


@pytest.fixture(scope="module")
def resident() -> JpkiCertificates:
    return issued()


@pytest.fixture(scope="module")
def badge() -> bytes:
    return issue_badge(Operator("SATO HANAKO", "0001"), number=1).slots[0x9A].certificate


def said(
    resident: JpkiCertificates, standing: Standing = GOOD, at: datetime = NOW, *, ends: timedelta = 30 * DAY
) -> bytes:
    about = (resident.signature_certificate, resident.signature_ca)
    return answer(standing, authority_itself(), (at, at + ends), about=about)


# --- what is asked -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("K2")
@pytest.mark.parametrize(("name", "kind"), [("sha1", hashes.SHA1), ("sha256", hashes.SHA256)])
def test_the_question_names_one_certificate_and_has_nothing_else(
    tmp_path: Path, resident: JpkiCertificates, name: str, kind: type[hashes.HashAlgorithm]
) -> None:
    office = Asked(tmp_path, id_hash=name)
    with office.helper():
        office.result(resident.signature_certificate)
    request = ocsp.load_der_ocsp_request(office.questions[0])
    leaf = x509.load_der_x509_certificate(resident.signature_certificate)
    assert request.serial_number == leaf.serial_number
    assert isinstance(request.hash_algorithm, kind)
    assert len(request.extensions) == 0
    fingerprint = hashlib.sha256(resident.signature_certificate).hexdigest()
    assert office.desk.seen == [f"{ABOUT}-{fingerprint}.ask"]


@pytest.mark.proves("K5")
def test_what_a_card_has_behind_a_certificate_is_no_part_of_its_name(office: Asked, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.say = lambda: said(resident)
    assert office.judge(der + bytes(40), KeyRole.SIGNATURE, STRICT).word == "good"
    assert office.result(der)[0] is Result.GOOD
    assert len(office.questions) == 1


# --- when nobody is asked ------------------------------------------------------------------------------------------------


@pytest.mark.proves("K2")
def test_what_a_list_says_is_not_asked(office: Asked, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.put(ABOUT, at=NOW - 5 * HOUR)
    assert office.result(der) == (Result.GOOD, "good")
    office.put(ABOUT, der, number=2)
    assert office.result(der) == (Result.REVOKED, "revoked")
    assert office.questions == []


@pytest.mark.proves("K1", "K2")
def test_of_what_is_refused_in_any_case_nobody_is_told(office: Asked, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    assert office.result(resident.authentication_certificate)[1] == "wrong_kind"
    assert office.result(flipped(der))[0] is Result.REFUSED
    assert office.result(b"\x30\x00") == (Result.REFUSED, "malformed")
    office.clock.at = NOW + 3650 * DAY
    assert office.result(der)[0] is Result.EXPIRED
    assert office.questions == []


def test_of_an_issuer_without_a_responder_nobody_is_asked(tmp_path: Path, resident: JpkiCertificates) -> None:
    office = Asked(tmp_path)
    older = issued(1)
    anchors = pem(authority(Family.SIGNATURE, 1), authority(Family.SIGNATURE, 2))
    (tmp_path / "both.pem").write_bytes(anchors)
    office.checker._files = {ABOUT: (tmp_path / "both.pem",)}
    with office.helper():
        assert office.result(older.signature_certificate) == (Result.NOT_CHECKED, "not_checked")
        assert office.questions == []
        assert office.result(resident.signature_certificate) == (Result.UNKNOWN, "ocsp_silent")
        assert len(office.questions) == 1


def test_a_responder_whose_authority_cannot_be_read_is_asked_when_it_can(
    office: Asked, resident: JpkiCertificates
) -> None:
    file = office.folder / f"{ABOUT}.pem"
    content = file.read_bytes()
    office.checker._files = {ABOUT: (office.folder / "own.pem",)}
    (office.folder / "own.pem").write_bytes(content)
    file.write_bytes(b"no PEM")
    assert office.result(resident.signature_certificate)[0] is Result.NOT_CHECKED
    file.write_bytes(content)
    office.say = lambda: said(resident)
    assert office.result(resident.signature_certificate)[0] is Result.GOOD


# --- what comes of it ----------------------------------------------------------------------------------------------------


@pytest.mark.proves("K2", "K4", "fault 159")
def test_good_revoked_and_unknown(office: Asked, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.say = lambda: said(resident, UNKNOWN)
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "responder_unknown")
    assert office.judge(der, KeyRole.SIGNATURE, LOOSE).word == "not_checked"
    office.say = lambda: said(resident, at=NOW - HOUR)
    finding = office.judge(der, KeyRole.SIGNATURE, STRICT)
    assert (finding.word, finding.list_age_s) == ("good", 3600), "the age is that of its thisUpdate"
    office.put(ABOUT, at=NOW - 2 * HOUR)
    office.say = lambda: said(resident, revoked(NOW - DAY))
    office.clock.at = NOW + timedelta(hours=80)
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, LOOSE)) == ("cert.revoked", None)


@pytest.mark.proves("K4", "fault 169")
def test_a_list_that_is_too_old_is_made_up_for(office: Asked, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.put(ABOUT)
    office.clock.at = NOW + timedelta(hours=80)
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "list_too_old")
    office.clock.boot_s += 100
    office.say = lambda: said(resident, at=office.clock.at)
    finding = office.judge(der, KeyRole.SIGNATURE, STRICT)
    assert (finding.word, finding.list_age_s) == ("good", 0)


@pytest.mark.proves("K2", "K4", "fault 154")
def test_silence_is_not_good_and_does_not_hide_why_the_list_could_not_tell(
    tmp_path: Path, resident: JpkiCertificates
) -> None:
    der = resident.signature_certificate
    office = Asked(tmp_path)
    with office.helper():
        assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "ocsp_silent")
        assert office.judge(der, KeyRole.SIGNATURE, LOOSE).word == "not_checked"
    (tmp_path / "listed").mkdir()
    office = Asked(tmp_path / "listed", listed=(*RESIDENTS, "operator_ca"))
    with office.helper():
        assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "list_missing")


WRONG: dict[str, tuple[Callable[[JpkiCertificates], bytes], str]] = {
    "of another": (
        lambda it: answer(
            GOOD, authority_itself(), (NOW, NOW + DAY), about=(it.authentication_certificate, it.signature_ca)
        ),
        "response_other_certificate",
    ),
    "by a stranger": (
        lambda it: answer(
            GOOD,
            responder(authority(Family.AUTHENTICATION)),
            (NOW, NOW + DAY),
            about=(it.signature_certificate, it.signature_ca),
        ),
        "responder_not_authorised",
    ),
    "damaged": (lambda it: flipped(said(it)), "response_bad_signature"),
    "half": (lambda it: said(it)[:100], "response_malformed"),
    "nothing of OCSP": (lambda _: b"<html>", "response_malformed"),
    "try later": (lambda _: refuse(OCSPResponseStatus.TRY_LATER), "responder_try_later"),
    "unauthorized": (lambda _: refuse(OCSPResponseStatus.UNAUTHORIZED), "responder_refused"),
    "from the future": (lambda it: said(it, at=NOW + HOUR), "response_from_future"),
    "played back": (lambda it: said(it, at=NOW - 2 * DAY, ends=DAY), "response_too_old"),
    "too long ago": (lambda it: said(it, at=NOW - timedelta(hours=73)), "list_too_old"),
}


@pytest.mark.proves("K2", "fault 159")
@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_answer_has_its_word_and_is_asked_for_anew(office: Asked, resident: JpkiCertificates, how: str) -> None:
    make, word = WRONG[how]
    der = resident.signature_certificate
    office.say = lambda: make(resident)
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", word)
    office.say = lambda: said(resident)
    assert office.judge(der, KeyRole.SIGNATURE, STRICT).word == "good"
    assert len(office.questions) == 2


@pytest.mark.proves("K2")
def test_an_answer_is_asked_for_again_as_a_list_is_fetched_again(office: Asked, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.say = lambda: said(resident)
    assert office.result(der)[0] is Result.GOOD
    office.clock.at = NOW + HOUR
    assert office.result(der)[0] is Result.GOOD
    assert len(office.questions) == 1, "until then it will do"
    office.clock.at += timedelta(seconds=1)
    office.say = lambda: None
    assert office.result(der)[0] is Result.GOOD, "silence takes nothing back that still holds"
    assert len(office.questions) == 2
    office.clock.boot_s += 100
    office.say = lambda: said(resident, revoked(NOW), office.clock.at)
    assert office.result(der)[0] is Result.REVOKED
    assert office.result(der)[0] is Result.REVOKED
    assert len(office.questions) == 3


def test_the_rule_of_72_hours_bounds_what_a_kept_back_answer_is_worth(
    office: Asked, resident: JpkiCertificates
) -> None:
    """Without a nonce a helper that was taken over may play an old answer for as long as it holds; for no longer than a list."""
    der = resident.signature_certificate
    office.say = lambda: said(resident)
    assert office.result(der)[0] is Result.GOOD
    office.clock.at = NOW + timedelta(seconds=RULE_S + 1)
    assert office.result(der) == (Result.UNKNOWN, "list_too_old")


# --- badges --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S12", "K2", "K4")
def test_a_badge_goes_by_the_responder_of_the_operator_ca(office: Asked, badge: bytes) -> None:
    def word(*, needs_list: bool = False) -> str:
        office.clock.boot_s += 100
        return BadgeJudge(office.checker, has_lists=True, needs_list=needs_list)(badge, office.clock.at).word

    assert (word(), word(needs_list=True)) == ("not_checked", "ocsp_silent")
    row = ROWS["operator_ca"]
    about = (badge, x509.load_pem_x509_certificate(pem(row)).public_bytes(serialization.Encoding.DER))
    office.say = lambda: answer(GOOD, authority_itself(row), (NOW - HOUR, NOW + DAY), about=about)
    assert word(needs_list=True) == "good"
    office.clock.at = NOW + HOUR
    office.say = lambda: answer(revoked(NOW), authority_itself(row), (NOW + HOUR, NOW + DAY), about=about)
    assert word() == "revoked"


@pytest.mark.proves("K2", "S12")
@pytest.mark.parametrize("id_hash", ["sha1", "sha256"])
def test_the_operator_ca_s_own_responder_answers_our_question(
    ca_office: CaOffice, tmp_path: Path, id_hash: str
) -> None:
    made, gone = ca_office.issue(), ca_office.issue(1, operator="jiro_2", guid="02020304-0506-4708-890a-0b0c0d0e0f10")
    ca_office.ok("revoke", "--operator", "jiro_2", "--reason", "key-compromise")
    ca_office.appoint()
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    desk.clock.at = ca_office.clock
    given = {"name": "badges", "for": "operator_ca", "ca": ca_office.certificate, "url": "http://a.example/"}
    inquiry = Inquiry([Responder.model_validate(given | {"hash": id_hash})], desk.asking)
    held = HeldLists(desk.clock)
    checker = Checker({"operator_ca": (ca_office.certificate,)}, held, AnswerFolder(desk.answers), test=True,
                      rule_s=RULE_S, inquiry=inquiry)  # fmt: skip

    def does(stem: str, question: bytes) -> None:
        done = ca_office.run("ocsp", "respond", *ca_office.responder, secret=b"another good horse\n", given=question)
        desk.put(f"{stem}.ocsp", done.stdout_bytes)

    with desk.helper(does):
        found = [
            checker.check(Offered(each.public_bytes(serialization.Encoding.DER), Kind.OPERATOR_BADGE)).verdict.result
            for each in (made, gone)
        ]
    assert found == [Result.GOOD, Result.REVOKED]
