"""One question for every format, and the time at which a certificate counts, with a real time stamp authority (`openssl ts`)."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.crl import issue_crl
from applets_spec.testca.hierarchy import Family, authority
from applets_spec.testca.issue import issue_jpki
from applets_spec.testca.resident_cases import Somebody
from cardd.documents import cades, jws, pades, xades
from cardd.documents.checking.anchors import Anchors
from cardd.documents.checking.judging import Trust
from cardd.documents.checking.report import Indication, Proof, Report, SubIndication
from cardd.documents.checking.stamp_trust import StampAnchors
from cardd.documents.checking.verify import check_file
from cardd.documents.errors import DocumentError
from cardd.documents.facts import facts_of
from cardd.documents.model import Format, ValidationMaterial
from certs.validation.truststore import from_der
from tests.fixtures import made_pdf
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.software_signer import SoftwareSigner
from tests.fixtures.tsa import Tsa, ca_certificate, ca_key, make_tsa

NOW = datetime.now(UTC).replace(microsecond=0)
"""The time stamp authority goes by this machine's clock, so everything else goes by it too."""
LATER = NOW + timedelta(days=30)


@dataclass(frozen=True)
class Scene:
    """A signer, a time stamp authority, and what is known of both a month later."""

    signer: SoftwareSigner
    tsa: Tsa
    lists: tuple[bytes, ...] = field(default=())

    def trust(self, *, stamps: bool = True, stamp_lists: bool = True) -> Trust:
        anchors = Anchors({"jpki_signature": from_der([self.signer.ca])}, self.lists, test=True)
        known = (stamp_list(),) if stamp_lists else ()
        return Trust(anchors, StampAnchors(from_der([self.tsa.ca]), known)) if stamps else Trust(anchors)


def signer() -> SoftwareSigner:
    """A resident whose certificate is a month old."""
    issued = issue_jpki(Somebody(), 0, issued=NOW - timedelta(days=30))
    return SoftwareSigner(
        issued.signature_key, issued.signature_certificate, issued.signature_ca, issued.signature_key, NOW
    )


def listing(*revoked: tuple[int, datetime], at: datetime = LATER) -> bytes:
    entries = [(serial, when, None) for serial, when in revoked]
    return issue_crl(authority(Family.SIGNATURE), entries, at - timedelta(hours=1), at + timedelta(hours=23), 7)


def stamp_list(*revoked: int, at: datetime = LATER) -> bytes:
    """The list of the authority above the time stamp authority."""
    issuer = x509.load_der_x509_certificate(ca_certificate())
    builder = x509.CertificateRevocationListBuilder(issuer.subject, at - timedelta(hours=1), at + timedelta(hours=23))
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key().public_key())
    builder = builder.add_extension(identifier, critical=False).add_extension(x509.CRLNumber(1), critical=False)
    for serial in revoked:
        entry = x509.RevokedCertificateBuilder(serial, at - timedelta(days=20)).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(ca_key(), hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(signer(), make_tsa(tmp_path / "tsa"), (listing(),))


def serial_of(scene: Scene) -> int:
    return x509.load_der_x509_certificate(scene.signer.certificate).serial_number


def written(folder: Path, octets: bytes, name: str = "document") -> Path:
    path = folder / name
    path.write_bytes(octets)
    return path


def stamped(scene: Scene, folder: Path, material: ValidationMaterial | None = None) -> Path:
    prepared = xades.prepare(APPLICATION, scene.signer.certificate, at=NOW)
    return written(folder, prepared.finish(scene.signer(prepared.order), stamper=scene.tsa, material=material))


def outcome(report: Report) -> tuple[Indication, SubIndication | None, str]:
    (each,) = report.signatures
    return each.indication, each.sub_indication, each.problem


PASSED = (Indication.PASSED, None, "")


# --- formats


def of_each_format(signer: SoftwareSigner) -> dict[Format, tuple[bytes, bytes | None]]:
    """A signed document of each format, and what is beside it."""
    content = "申請書".encode()
    cms = cades.prepare(content, "a.txt")
    token = jws.prepare(content, "a.txt", certificate=signer.certificate)
    xml = xades.prepare(APPLICATION, signer.certificate, at=NOW)
    pdf = pades.prepare(made_pdf.plain())
    return {
        Format.CADES: (cms.finish(signer(cms.order)), content),
        Format.JWS: (token.finish(signer(token.order)), None),
        Format.XADES: (xml.finish(signer(xml.order)), None),
        Format.PADES: (pdf.finish(signer(pdf.order)), None),
    }


@pytest.mark.parametrize("name", list(Format))
def test_each_format_is_recognised_and_judged(name: Format, scene: Scene, tmp_path: Path) -> None:
    document, beside = of_each_format(scene.signer)[name]
    content = written(tmp_path, beside, "content") if beside is not None else None
    report = check_file(written(tmp_path, document), content=content, trust=scene.trust(), at=LATER)
    assert outcome(report) == PASSED
    (each,) = report.signatures
    assert each.format is name
    assert each.signer is not None
    assert (each.signer.name, each.signer.address) == (Somebody().name, Somebody().address)
    assert report.as_dict()["signatures"][0]["signer"]["birth_date"] == "1980-02-17"
    assert Somebody().name not in repr(report)


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "format_unknown"),
        (b"text", "format_unknown"),
        (b'{"a": 1}', "format_unknown"),
        (APPLICATION, "no_signature"),
        (made_pdf.plain(), "no_signature"),
    ],
    ids=["empty", "text", "json", "xml", "pdf"],
)
def test_what_is_no_signed_document_is_an_error(octets: bytes, problem: str, scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refused:
        check_file(written(tmp_path, octets), trust=scene.trust())
    assert refused.value.problem == problem


# --- time


def test_a_time_stamp_proves_the_time(scene: Scene, tmp_path: Path) -> None:
    report = check_file(stamped(scene, tmp_path), trust=scene.trust(), at=LATER)
    (each,) = report.signatures
    assert outcome(report) == PASSED
    assert each.level == "t"
    assert each.stamp.proof is Proof.GOOD
    assert each.stamp.time is not None
    assert NOW <= each.stamp.time < LATER
    assert each.stamp.authority == "TEST TSA"
    assert (each.then is not None, each.now is not None) == (True, True)


def test_what_was_revoked_later_was_good_then(scene: Scene, tmp_path: Path) -> None:
    moved = replace(scene, lists=(listing((serial_of(scene), LATER - timedelta(days=10))),))
    (each,) = check_file(stamped(scene, tmp_path), trust=moved.trust(), at=LATER).signatures
    assert each.passed
    assert each.then is not None
    assert each.now is not None
    assert (each.then.result, each.now.result) == ("good", "revoked")


def test_without_the_stamp_the_same_document_does_not_pass(scene: Scene, tmp_path: Path) -> None:
    moved = replace(scene, lists=(listing((serial_of(scene), LATER - timedelta(days=10))),))
    report = check_file(stamped(scene, tmp_path), trust=moved.trust(stamps=False), at=LATER)
    assert outcome(report) == (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE, "revoked")
    assert report.signatures[0].stamp.problem == "stamp_no_anchors"


def test_what_was_revoked_before_the_stamp_does_not_pass(scene: Scene, tmp_path: Path) -> None:
    moved = replace(scene, lists=(listing((serial_of(scene), NOW - timedelta(days=1))),))
    report = check_file(stamped(scene, tmp_path), trust=moved.trust(), at=LATER)
    assert outcome(report) == (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE, "revoked")


def test_a_stamp_whose_authority_may_be_revoked_proves_nothing(scene: Scene, tmp_path: Path) -> None:
    (each,) = check_file(stamped(scene, tmp_path), trust=scene.trust(stamp_lists=False), at=LATER).signatures
    assert (each.stamp.proof, each.stamp.problem) == (Proof.NOT_TRUSTED, "stamp_revocation_unknown")
    assert each.then is None


def test_a_revoked_time_stamp_authority_proves_nothing(scene: Scene, tmp_path: Path) -> None:
    trust = replace(scene.trust(), stamps=StampAnchors(from_der([scene.tsa.ca]), (stamp_list(2),)))
    (each,) = check_file(stamped(scene, tmp_path), trust=trust, at=LATER).signatures
    assert (each.stamp.proof, each.stamp.problem) == (Proof.NOT_TRUSTED, "stamp_revoked")


def test_a_time_stamp_of_another_authority_proves_nothing(scene: Scene, tmp_path: Path) -> None:
    trust = replace(scene.trust(), stamps=StampAnchors(from_der([scene.signer.ca]), (stamp_list(),)))
    (each,) = check_file(stamped(scene, tmp_path), trust=trust, at=LATER).signatures
    assert (each.stamp.proof, each.stamp.problem) == (Proof.NOT_TRUSTED, "stamp_refused")


def test_a_time_stamp_from_the_future_is_wrong(scene: Scene, tmp_path: Path) -> None:
    path = stamped(scene, tmp_path)
    before = replace(scene, lists=(listing(at=NOW - timedelta(days=1)),))
    report = check_file(path, trust=before.trust(), at=NOW - timedelta(days=1))
    assert outcome(report) == (Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE, "stamp_wrong")
    assert report.signatures[0].stamp.problem == "stamp_in_the_future"


def test_a_time_stamp_of_another_signature_is_wrong(scene: Scene, tmp_path: Path) -> None:
    one, other = stamped(scene, tmp_path).read_text(), xades.prepare(b"<a/>", scene.signer.certificate, at=NOW)
    signed = other.finish(scene.signer(other.order), stamper=scene.tsa).decode()
    begin, end = "<xades:EncapsulatedTimeStamp", "</xades:EncapsulatedTimeStamp>"
    token = one[one.index(begin) : one.index(end)]
    mixed = signed[: signed.index(begin)] + token + signed[signed.index(end) :]
    report = check_file(written(tmp_path, mixed.encode()), trust=scene.trust(), at=LATER)
    assert outcome(report)[2] == "stamp_wrong"
    assert report.signatures[0].stamp.proof is Proof.WRONG


def test_level_lt_brings_along_what_a_later_check_needs(scene: Scene, tmp_path: Path) -> None:
    material = ValidationMaterial((scene.signer.ca,), (listing(at=NOW + timedelta(hours=1)),))
    path = stamped(scene, tmp_path, material)
    bare = replace(scene, lists=())
    (each,) = check_file(path, trust=bare.trust(), at=NOW + timedelta(hours=2)).signatures
    assert each.level == "lt"
    assert each.stamp.proof is Proof.NOT_TRUSTED  # the authority's list is of a month later
    assert (each.passed, each.now is not None and each.now.revocation) == (True, "good")


@pytest.mark.parametrize("name", list(Format))
def test_a_file_that_changes_while_it_is_checked_has_no_report(
    name: Format, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, beside = of_each_format(scene.signer)[name]
    content = written(tmp_path, beside, "content") if beside is not None else None
    path = written(tmp_path, document)

    def grows(file: Path, *more: object, **named: object) -> object:
        facts = facts_of(file)
        file.write_bytes(document + b"\n")
        return facts

    monkeypatch.setattr("cardd.documents.checking.verify.facts_of", grows)
    with pytest.raises(DocumentError, match=r"^file_changed$"):
        check_file(path, content=content, trust=scene.trust(), at=LATER)
