"""What becomes of a certificate under a purpose: refused with its own word, used, or used as not checked (K2, K4, K6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import Authority, Family, authority
from applets_spec.testca.issue import JpkiCertificates, Operator, issue_badge
from applets_spec.testca.ocsp import GOOD, UNKNOWN, Standing, revoked
from applets_spec.testca.ocsp_cases import answer, authority_itself
from applets_spec.testca.resident_cases import issued
from cardd.errors import CarddError, CertificateUnknown
from cardd.model import KeyRole
from cardd.policy.load import from_bytes
from cardd.policy.rules import Policy
from cardd.revocation.answers import AnswerFolder
from cardd.revocation.checking import Checker, Offered
from cardd.revocation.child import take_in
from cardd.revocation.held import HeldLists
from cardd.revocation.judge import BadgeJudge, ResidentJudge
from cardd.revocation.kept import Kept
from cardd.revocation.question_files import LARGEST_ANSWER
from cardd.revocation_settings import RESIDENTS, ListFor, RevocationList
from certs.profiles.profile import Kind
from certs.validation.verdict import Result, State
from tests.unit.cardd.revocation.list_house import DAY, HOUR, NOW, OPERATOR, TurnedClock, pem

EXAMPLE = (Path(__file__).parents[4] / "cardd/policy/example.toml").read_bytes()
STRICT, LOOSE = "online_signature", "certificate_issue"
ROWS: dict[ListFor, Authority] = {
    "operator_ca": OPERATOR,
    "jpki_signature": authority(Family.SIGNATURE),
    "jpki_authentication": authority(Family.AUTHENTICATION),
}
RULE_S = 72 * 3600


class Office:
    """Anchors, lists and answers of one machine."""

    def __init__(
        self, folder: Path, *, anchors: bool = True, listed: tuple[ListFor, ...] = ("operator_ca", *RESIDENTS)
    ) -> None:
        self.folder, self.clock = folder, TurnedClock()
        self.held = HeldLists(self.clock)
        self.answers = folder / "answers"
        self.answers.mkdir()
        files: dict[ListFor, tuple[Path, ...]] = {}
        for about, row in ROWS.items():
            (folder / f"{about}.pem").write_bytes(pem(row))
            files[about] = (folder / f"{about}.pem",) if anchors or about == "operator_ca" else ()
        self.checker = Checker(
            files, self.held, AnswerFolder(self.answers), test=True, rule_s=RULE_S, listed=frozenset(listed)
        )
        policy = from_bytes(EXAMPLE)
        self.judge = ResidentJudge(self.checker, lambda: policy)

    def put(
        self,
        about: ListFor,
        *certificates: bytes,
        at: datetime = NOW - HOUR,
        ends: timedelta = 30 * DAY,
        number: int = 1,
    ) -> None:
        serials = [x509.load_der_x509_certificate(each).serial_number for each in certificates]
        source = self.folder / "new.crl"
        source.write_bytes(issue_crl(ROWS[about], [(each, at - DAY, None) for each in serials], at, at + ends, number))
        given = RevocationList.model_validate({"name": about, "for": about, "ca": self.folder / f"{about}.pem"})
        kept = Kept(self.folder / "state")
        taken = take_in(source, (given.ca,), kept.folder(about), NOW)
        assert taken.problem is None
        self.held.put([*(each for each in self.held.all if each.name != about), kept.keep(given, taken)])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture(scope="module")
def resident() -> JpkiCertificates:
    return issued()


@pytest.fixture(scope="module")
def badge() -> bytes:
    return issue_badge(Operator("SATO HANAKO", "0001"), number=1).slots[0x9A].certificate


def refusal(judge: Callable[[], object]) -> tuple[str, str | None]:
    with pytest.raises(CarddError) as told:
        judge()
    return told.value.code, told.value.facts.problem


# --- residents -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("K1", "K2", "K4", "fault 153")
def test_good_and_revoked_by_the_list_of_the_machine(office: Office, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.put("jpki_signature")
    finding = office.judge(der, KeyRole.SIGNATURE, STRICT)
    assert (finding.word, finding.list_age_s) == ("good", 3600)
    office.put("jpki_signature", der, number=2)
    for purpose in (STRICT, LOOSE, None):
        assert refusal(lambda purpose=purpose: office.judge(der, KeyRole.SIGNATURE, purpose)) == ("cert.revoked", None)


@pytest.mark.proves("K2", "K4", "fault 154")
def test_without_its_list_the_purpose_decides(office: Office, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.put("jpki_authentication")
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "list_missing")
    finding = office.judge(der, KeyRole.SIGNATURE, LOOSE)
    assert (finding.word, finding.list_age_s) == ("not_checked", None)


@pytest.mark.proves("K4", "fault 169")
def test_a_list_that_is_too_old_answers_only_that_something_is_revoked(
    office: Office, resident: JpkiCertificates
) -> None:
    """72 hours count although the list's own end is weeks away."""
    der, other = resident.signature_certificate, issued(1).signature_certificate
    office.put("jpki_signature", other)
    office.clock.at = NOW - HOUR + timedelta(seconds=RULE_S)
    assert office.judge(der, KeyRole.SIGNATURE, STRICT).word == "good"
    office.clock.at += timedelta(seconds=1)
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "list_too_old")
    finding = office.judge(der, KeyRole.SIGNATURE, LOOSE)
    assert (finding.word, finding.list_age_s) == ("not_checked", RULE_S + 1)
    office.put("jpki_signature", der, number=2)
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, LOOSE)) == ("cert.revoked", None)


@pytest.mark.proves("K1", "K2", "fault 153", "fault 162")
def test_wrong_in_another_way_is_refused_under_every_purpose(office: Office, resident: JpkiCertificates) -> None:
    office.put("jpki_signature")
    office.put("jpki_authentication")
    both = (resident.signature_certificate, resident.authentication_certificate)
    for purpose in (STRICT, LOOSE):
        found = [
            refusal(lambda der=der, key=key: office.judge(der, key, purpose))  # noqa: B023  # called at once
            for der, key in (
                (both[1], KeyRole.SIGNATURE),
                (both[0], KeyRole.AUTHENTICATION),
                (b"\x30\x00", KeyRole.SIGNATURE),
            )
        ]
        assert found == [("cert.wrong_kind", None), ("cert.wrong_kind", None), ("cert.bad", "malformed")]
    office.clock.at = NOW + 3650 * DAY
    assert refusal(lambda: office.judge(both[0], KeyRole.SIGNATURE, LOOSE))[0] == "cert.expired"


@pytest.mark.proves("K5", "fault 160")
def test_a_certificate_from_a_card_is_mended_and_one_from_elsewhere_is_not(
    office: Office, resident: JpkiCertificates
) -> None:
    office.put("jpki_signature")
    der = resident.signature_certificate
    for octets in (der + bytes(40), b"\x30\x80" + der[4:] + bytes(2)):
        assert office.judge(octets, KeyRole.SIGNATURE, STRICT).word == "good"
        checked = office.checker.check(Offered(octets, Kind.JPKI_SIGNATURE, from_card=True))
        assert checked.authority == office.checker.check(Offered(der, Kind.JPKI_SIGNATURE)).authority
        assert office.checker.check(Offered(octets, Kind.JPKI_SIGNATURE)).verdict.reason == "malformed"
    assert refusal(lambda: office.judge(der + b"\x01", KeyRole.SIGNATURE, STRICT)) == ("cert.bad", "malformed")


@pytest.mark.proves("K2")
def test_without_anchors_nothing_is_asked_and_that_is_said(tmp_path: Path, resident: JpkiCertificates) -> None:
    office = Office(tmp_path, anchors=False, listed=())
    der = resident.signature_certificate
    assert office.judge(der, KeyRole.SIGNATURE, LOOSE).word == "not_checked"
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, STRICT)) == ("cert.unknown", "not_checked")
    assert office.checker.check(Offered(der, Kind.JPKI_SIGNATURE)).verdict.result is Result.NOT_CHECKED


@pytest.mark.proves("K6", "fault 168")
def test_no_verdict_while_the_clock_is_behind_a_list(office: Office, resident: JpkiCertificates, badge: bytes) -> None:
    office.put("jpki_signature")
    office.clock.at = NOW - 2 * HOUR
    der = resident.signature_certificate
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, LOOSE)) == ("cert.unknown", "clock_behind_list")
    finding = BadgeJudge(office.checker, has_lists=False, needs_list=False)(badge, office.clock.at)
    assert finding.word == "clock_behind_list"


@pytest.mark.proves("K1", "H7")
def test_anchors_that_cannot_be_used_refuse_until_they_can(office: Office, resident: JpkiCertificates) -> None:
    der = resident.signature_certificate
    office.put("jpki_signature")
    file = office.folder / "jpki_signature.pem"
    content = file.read_bytes()
    file.unlink()
    assert refusal(lambda: office.judge(der, KeyRole.SIGNATURE, LOOSE)) == ("cert.unknown", "anchors_unusable")
    file.write_bytes(content)
    assert office.judge(der, KeyRole.SIGNATURE, STRICT).word == "good"
    strict = Checker({"jpki_signature": (file,)}, office.held, AnswerFolder(office.answers), test=False, rule_s=RULE_S)
    with pytest.raises(CertificateUnknown):
        strict.check(Offered(der, Kind.JPKI_SIGNATURE))


# --- answers of a responder ----------------------------------------------------------------------------------------------


def response(certificate: bytes, standing: Standing, ca: bytes) -> bytes:
    return answer(standing, authority_itself(), (NOW - HOUR, NOW + DAY), about=(certificate, ca))


@pytest.mark.proves("K2", "fault 159")
@pytest.mark.parametrize(
    ("standing", "result"),
    [(GOOD, Result.GOOD), (revoked(NOW - DAY), Result.REVOKED), (UNKNOWN, Result.UNKNOWN)],
    ids=["good", "revoked", "unknown"],
)
def test_an_answer_in_the_folder_counts_for_its_certificate(
    office: Office, resident: JpkiCertificates, standing: Standing, result: Result
) -> None:
    import hashlib

    der = resident.signature_certificate
    name = f"jpki-{hashlib.sha256(der).hexdigest()}.ocsp"
    (office.answers / name).write_bytes(response(der, standing, resident.signature_ca))
    assert office.checker.check(Offered(der, Kind.JPKI_SIGNATURE)).verdict.result is result
    (office.answers / name).write_bytes(bytes(LARGEST_ANSWER + 1))
    (office.answers / f"link{name}").symlink_to(office.answers / name)
    assert office.checker.check(Offered(der, Kind.JPKI_SIGNATURE)).verdict.result is Result.UNKNOWN


def test_a_folder_that_is_not_there_has_no_answers(tmp_path: Path) -> None:
    assert AnswerFolder(tmp_path / "none").about("0" * 64) == ()


# --- badges --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S12", "K2", "K4")
def test_a_badge_goes_by_the_operator_ca_s_list(office: Office, badge: bytes) -> None:
    def words(**more: bool) -> str:
        judge = BadgeJudge(office.checker, **({"has_lists": True, "needs_list": False} | more))
        return judge(badge, office.clock.at).word

    assert (words(), words(needs_list=True)) == ("not_checked", "list_missing")
    office.put("operator_ca", ends=5 * DAY)
    assert words(needs_list=True) == "good"
    office.clock.at = NOW + 4 * DAY
    assert words(needs_list=True) == "good", "its own end counts for badges, not our 72 hours"
    office.clock.at = NOW + 6 * DAY
    assert (words(), words(needs_list=True)) == ("not_checked", "list_too_old")
    office.put("operator_ca", badge, number=2)
    assert (words(), words(has_lists=False)) == ("revoked", "revoked")


def test_without_a_list_of_the_operator_ca_the_block_list_alone_says_who_is_revoked(
    tmp_path: Path, badge: bytes
) -> None:
    office = Office(tmp_path, listed=())
    assert BadgeJudge(office.checker, has_lists=False, needs_list=False)(badge, NOW).word == "good"


# --- certificate.check ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("K2")
def test_any_kind_goes_to_any_anchor_and_says_who_issued_it(
    office: Office, resident: JpkiCertificates, badge: bytes
) -> None:
    for about in ROWS:
        office.put(about)
    for der, ca in ((resident.signature_certificate, "digital signature"), (badge, "TEST Operator CA")):
        checked = office.checker.check(Offered(der, None))
        assert checked.verdict.result is Result.GOOD
        assert checked.authority is not None
        assert ca in checked.authority.name
    stranger = office.checker.check(Offered(badge, Kind.JPKI_SIGNATURE))
    assert (stranger.verdict.chain.state, stranger.authority) == (State.BAD, None)


def test_lists_that_come_along_count_beside_our_own(tmp_path: Path, resident: JpkiCertificates) -> None:
    office = Office(tmp_path, listed=())
    der = resident.signature_certificate
    serial = x509.load_der_x509_certificate(der).serial_number
    at = NOW - HOUR
    brought = issue_crl(ROWS["jpki_signature"], [(serial, at - DAY, None)], at, at + DAY, 5)
    assert office.checker.check(Offered(der, Kind.JPKI_SIGNATURE, lists=(brought,))).verdict.result is Result.REVOKED


def test_the_shipped_policy_is_strict_where_residents_sign() -> None:
    policy: Policy = from_bytes(EXAMPLE)
    assert {code for code, each in policy.purposes.items() if each.certificate_status == "require"} == {STRICT}
