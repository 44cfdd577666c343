"""XAdES in two phases: what is prepared, what is refused, what comes out."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents import xades
from cardd.documents.checking.xades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity, Scope
from cardd.documents.xades_signer import Form, Layout
from cardd.documents.xades_xml import DEEPEST, read_xml
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.software_signer import SoftwareSigner, operator, p384, resident

WHEN = datetime(2026, 4, 1, 1, 2, 3, tzinfo=UTC)
SIGNERS = {"rsa": resident, "p256": operator, "p384": p384}


def signed(
    document: bytes = APPLICATION, signer: SoftwareSigner | None = None, layout: Layout = xades.ENVELOPED
) -> bytes:
    signer = signer or resident()
    prepared = xades.prepare(document, signer.certificate, layout, name="申請書.xml", at=WHEN)
    return prepared.finish(signer(prepared.order))


def problem_of(error: pytest.ExceptionInfo[DocumentError]) -> str:
    return error.value.problem


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("kind", SIGNERS)
def test_a_signature_of_each_form_and_key_is_intact_over_the_whole_document(form: Form, kind: str) -> None:
    signer = SIGNERS[kind]()
    document = signed(signer=signer, layout=Layout(form))
    (found,) = check(document, content=APPLICATION if form is Form.DETACHED else None)
    assert (found.integrity, found.scope, found.problem) == (Integrity.INTACT, Scope.WHOLE, "")
    assert found.certificate == signer.certificate
    assert (found.claimed_at, found.level) == (WHEN, "b")


@pytest.mark.parametrize("hash_name", ["sha384", "sha512"])
def test_other_hashes_hold_as_well(hash_name: str) -> None:
    signer = resident()
    prepared = xades.prepare(APPLICATION, signer.certificate, hash_name=hash_name)
    assert len(prepared.order.digest) == hashlib.new(hash_name).digest_size
    (found,) = check(prepared.finish(signer(prepared.order)))
    assert (found.integrity, found.hash_name) == (Integrity.INTACT, hash_name)


def test_what_the_document_says_stays_as_it_was() -> None:
    root = read_xml(signed())
    assert root.tag == "{urn:example:shinsei}申請書"
    assert [child.tag.partition("}")[2] for child in root] == ["氏名", "住所", "添付書類", "Signature"]
    assert root[0].text == "髙橋　花子"
    assert root.getprevious().getprevious().text.endswith('href="shinsei.xsl"')


def test_the_state_between_the_phases_is_all_that_is_needed() -> None:
    signer = operator()
    prepared = xades.prepare(APPLICATION, signer.certificate, name="申請書.xml", at=WHEN)
    kept = xades.loads(prepared.dumps())
    assert kept == prepared
    assert kept.facts.sha256 == hashlib.sha256(APPLICATION).hexdigest()
    (found,) = check(kept.finish(signer(kept.order)))
    assert found.integrity is Integrity.INTACT


def test_a_detached_signature_takes_a_file_of_any_kind_and_never_opens_it_again(tmp_path: Path) -> None:
    path = tmp_path / "図面.bin"
    path.write_bytes(b"\x00\xff" * 5000)
    signer = resident()
    prepared = xades.prepare(path, signer.certificate, Layout(Form.DETACHED))
    document = prepared.finish(signer(prepared.order))
    assert check(document)[0].integrity is Integrity.CONTENT_MISSING
    assert check(document, content=path.read_bytes())[0].integrity is Integrity.INTACT
    assert check(document, content=b"\x00\xfe" * 5000)[0].integrity is Integrity.CHANGED


def test_several_people_sign_one_document_side_by_side() -> None:
    first = signed(layout=Layout(beside_others=True))
    second = signed(first, operator())
    third = signed(second, operator(KeyAlgorithm.RSA_2048))
    found = check(third)
    assert [(each.integrity, each.scope) for each in found] == [(Integrity.INTACT, Scope.WHOLE)] * 3
    assert [each.certificate for each in found] == [
        resident().certificate,
        operator().certificate,
        operator(KeyAlgorithm.RSA_2048).certificate,
    ]


def test_a_signature_that_would_break_another_is_not_made() -> None:
    with pytest.raises(DocumentError) as refused:
        signed(signed(), operator())
    assert problem_of(refused) == "xml_signed_whole"


def test_a_part_may_be_signed_and_is_told_as_a_part() -> None:
    document = signed(layout=Layout(element="name"))
    (found,) = check(document)
    assert (found.integrity, found.scope, found.covers) == (Integrity.INTACT, Scope.PART, "氏名")
    more = signed(document, operator(), Layout(element="attachment"))
    assert [each.covers for each in check(more)] == ["氏名", "添付書類"]
    assert {each.integrity for each in check(more)} == {Integrity.INTACT}


@pytest.mark.parametrize(
    ("document", "element", "problem"),
    [
        (APPLICATION, "nothing", "xml_no_such_id"),
        (b'<a><b Id="x"/><c ID="x"/></a>', "x", "xml_duplicate_id"),
        (b'<a Id="x"/>', "x", "xml_no_such_id"),
    ],
)
def test_a_part_must_be_there_once(document: bytes, element: str, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        signed(document, layout=Layout(element=element))
    assert problem_of(refused) == problem


# --- between prepare and finish


def test_an_answer_over_another_document_is_refused() -> None:
    signer = resident()
    prepared = xades.prepare(APPLICATION, signer.certificate)
    other = xades.prepare(b"<other/>", signer.certificate)
    with pytest.raises(DocumentError) as refused:
        prepared.finish(signer(other.order))
    assert problem_of(refused) == "answer_for_other_document"


@pytest.mark.parametrize("answer", [b"", b"\x00" * 256, b"\x01" * 10])
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_an_answer_that_is_no_signature_is_refused(answer: bytes, kind: str) -> None:
    prepared = xades.prepare(APPLICATION, SIGNERS[kind]().certificate)
    with pytest.raises(DocumentError) as refused:
        prepared.finish(answer)
    assert problem_of(refused) == "signature_wrong"


def test_a_certificate_swapped_between_is_refused() -> None:
    signer = resident()
    prepared = xades.prepare(APPLICATION, signer.certificate)
    answer = signer(prepared.order)
    with pytest.raises(DocumentError) as refused:
        prepared.finish(answer, expected_fingerprint="00" * 32)
    assert problem_of(refused) == "certificate_swapped"
    with pytest.raises(DocumentError) as refused:
        replace(prepared, certificate=operator().certificate).finish(answer)
    assert problem_of(refused) == "signature_wrong"
    expected = hashlib.sha256(signer.certificate).hexdigest()
    assert check(prepared.finish(answer, expected_fingerprint=expected))[0].integrity is Integrity.INTACT


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("髙橋　花子", "髙橋　次郎"),
        ("2026-04-01T01:02:03Z", "2026-04-02T01:02:03Z"),
        ("</ds:SignedInfo>", " </ds:SignedInfo>"),
        ("ds:SignatureValue", "ds:SignatureValues"),
    ],
)
def test_a_document_changed_between_never_comes_out_signed(was: str, becomes: str) -> None:
    signer = resident()
    prepared = xades.prepare(APPLICATION, signer.certificate, at=WHEN)
    assert was in prepared.xml.decode()
    changed = replace(prepared, xml=prepared.xml.decode().replace(was, becomes).encode())
    with pytest.raises(DocumentError) as refused:
        changed.finish(signer(prepared.order))
    assert problem_of(refused) == "prepared_changed"


@pytest.mark.parametrize("place", [-1, 1, 7])
def test_a_place_without_a_signature_is_refused(place: int) -> None:
    signer = resident()
    prepared = xades.prepare(APPLICATION, signer.certificate)
    with pytest.raises(DocumentError) as refused:
        replace(prepared, place=place).finish(signer(prepared.order))
    assert problem_of(refused) == "prepared_changed"


# --- bad input


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
PARAMETER = b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/x.dtd"> %b;]><a/>'
IN_ATTRIBUTE = b'<!DOCTYPE a [<!ENTITY b "x">]><a c="&b;"/>'


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (LAUGHS, "xml_doctype"),
        (OUTSIDE, "xml_doctype"),
        (PARAMETER, "xml_doctype"),
        (IN_ATTRIBUTE, "xml_doctype"),
        (b"<!DOCTYPE a><a/>", "xml_doctype"),
        (b'<!DOCTYPE a SYSTEM "a.dtd"><a/>', "xml_doctype"),
        (b"<a>&b;</a>", "xml_unreadable"),
        (b"", "xml_unreadable"),
        (b"<a>", "xml_unreadable"),
        (b"<a/><b/>", "xml_unreadable"),
        (b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "xml_too_complex"),
        (b"<a>" + b"<b/>" * 200_000 + b"</a>", "xml_too_complex"),
        (b"<a " + b" ".join(b'b%d=""' % n for n in range(1_001)) + b"/>", "xml_too_complex"),
        ('<?xml version="1.0" encoding="Shift_JIS"?><a>あ</a>'.encode("shift_jis"), "xml_encoding"),
        ('<?xml version="1.0" encoding="EUC-JP"?><a>あ</a>'.encode("euc-jp"), "xml_encoding"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a/>', "xml_encoding"),
        (b'<a xmlns:b="relative"/>', "xml_canonical"),
    ],
)
def test_xml_with_tricks_is_refused_before_anything_is_expanded_or_fetched(document: bytes, problem: str) -> None:
    with pytest.raises(DocumentError) as refused:
        signed(document)
    assert problem_of(refused) == problem


def test_a_large_document_is_refused_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cardd.documents.xades_xml.LARGEST", 10)
    with pytest.raises(DocumentError) as refused:
        check(b"<a>12345678</a>")
    assert problem_of(refused) == "too_large"


def test_utf_16_is_read() -> None:
    (found,) = check(signed('<?xml version="1.0" encoding="UTF-16"?><申請/>'.encode("utf-16")))
    assert found.integrity is Integrity.INTACT


def test_a_detached_signature_needs_the_name_of_its_file() -> None:
    with pytest.raises(DocumentError) as refused:
        xades.prepare(APPLICATION, resident().certificate, Layout(Form.DETACHED))
    assert problem_of(refused) == "name_missing"


def test_nothing_personal_in_what_is_printed() -> None:
    prepared = xades.prepare(APPLICATION, resident().certificate, Layout(element="name"), name="髙橋花子.xml")
    assert "髙橋" not in repr(prepared)
    assert "氏名" not in repr(check(prepared.finish(resident()(prepared.order))))
