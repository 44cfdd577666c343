"""PAdES in two phases: what is written, what is refused, and that nothing is written over a wrong answer."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from cardd.documents import pades
from cardd.documents.checking.pades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity, Scope
from cardd.documents.model import Level, Order, ValidationMaterial
from cardd.documents.pades import PdfOptions, Permission, PreparedPdf, prepare
from tests.fixtures.made_pdf import first_free, hybrid, plain, signature_field, with_form
from tests.fixtures.software_signer import SoftwareSigner, operator, resident
from tests.fixtures.tsa import make_tsa

AT = datetime(2026, 4, 1, 1, 2, 3, tzinfo=UTC)


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


def signed(pdf: bytes, signer: SoftwareSigner, **how) -> bytes:
    prepared = prepare(pdf, PdfOptions(**how))
    return prepared.finish(signer(prepared.order))


def dictionary(pdf: bytes, number: int = -1):
    return PdfFileReader(BytesIO(pdf), strict=False).embedded_signatures[number].sig_object


def test_prepare_says_what_is_signed_and_finish_signs_it() -> None:
    pdf = plain(3)
    prepared = prepare(pdf, PdfOptions(at=AT), name="転出届.pdf")
    assert prepared.facts.name == "転出届.pdf"
    assert (prepared.facts.pages, prepared.facts.size) == (3, len(pdf))
    assert prepared.facts.sha256 == hashlib.sha256(pdf).hexdigest()
    assert prepared.order.signature_format == "pades_b"
    made = prepared.finish(resident()(prepared.order))
    assert made.startswith(pdf), "only added to"
    (found,) = check(made)
    assert (found.integrity, found.scope, found.level) == (Integrity.INTACT, Scope.WHOLE, "b")
    assert (found.certificate, found.claimed_at) == (resident().certificate, AT)
    assert dictionary(made)["/SubFilter"] == "/ETSI.CAdES.detached"


def test_nothing_about_the_signer_is_written_but_what_was_given() -> None:
    made = dictionary(signed(plain(), resident()))
    assert not {"/Reason", "/Location", "/ContactInfo", "/Name"} & set(made)
    made = dictionary(signed(plain(), resident(), reason="内容を確認", location="○○市", contact="市民課"))
    assert (made["/Reason"], made["/Location"], made["/ContactInfo"]) == ("内容を確認", "○○市", "市民課")
    assert "/Name" not in made


@pytest.mark.parametrize(
    "pdf", [plain(version="1.3"), plain(version="2.0"), plain(100), hybrid()], ids=["1.3", "2.0", "long", "hybrid"]
)
def test_versions_and_tables_of_all_kinds_are_signed_twice(pdf: bytes) -> None:
    once = signed(pdf, resident())
    twice = signed(once, operator())
    found = check(twice)
    assert [each.integrity for each in found] == [Integrity.INTACT] * 2
    assert [each.scope for each in found] == [Scope.EARLIER_REVISION, Scope.WHOLE]
    assert [each.certificate for each in found] == [resident().certificate, operator().certificate]


def test_the_hybrid_document_is_one() -> None:
    assert PdfFileReader(BytesIO(hybrid())).xrefs.hybrid_xrefs_present


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_every_hash(hash_name) -> None:
    prepared = prepare(plain(), PdfOptions(hash_name=hash_name))
    assert prepared.order.hash_name == hash_name
    (found,) = check(prepared.finish(operator()(prepared.order)))
    assert (found.integrity, found.hash_name) == (Integrity.INTACT, hash_name)


def test_the_state_comes_back_and_shows_nothing() -> None:
    prepared = prepare(plain(), name="秘密.pdf")
    again = pades.loads(prepared.dumps())
    assert again == prepared
    assert check(again.finish(resident()(again.order)))
    assert "秘密" not in repr(prepared)
    assert repr(prepared.kept[:20]) not in repr(prepared)


@pytest.mark.parametrize(
    "where", [("start", 0), ("end", 10**9), ("size", 1), ("level", "lta"), ("kept", "x"), ("in_memory", 1)]
)
def test_a_damaged_state_is_refused(where: tuple[str, object]) -> None:
    import json

    state = json.loads(prepare(plain()).dumps())
    state["rest"][where[0]] = where[1]
    with refused("state_unreadable"):
        pades.loads(json.dumps(state).encode())


# --- the answer --------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ready() -> PreparedPdf:
    return prepare(plain())


@pytest.mark.proves("fault 166")
def test_an_answer_over_another_document_is_refused(ready: PreparedPdf) -> None:
    other = Order("pades_b", "sha256", bytes(32))
    with refused("answer_for_other_document"):
        ready.finish(resident()(other))


def test_an_answer_by_another_hash_is_refused(ready: PreparedPdf) -> None:
    with refused("answer_for_other_document"):
        ready.finish(operator()(Order("pades_b", "sha384", hashlib.sha384(b"").digest())))


def test_a_swapped_certificate_is_refused(ready: PreparedPdf) -> None:
    expected = hashlib.sha256(resident(0).certificate).hexdigest()
    with refused("certificate_swapped"):
        ready.finish(resident(1)(ready.order), expected_fingerprint=expected)
    assert ready.finish(resident(0)(ready.order), expected_fingerprint=expected.upper())


def test_the_certificate_of_another_key_is_refused(ready: PreparedPdf) -> None:
    mixed = replace(resident(0), certificate=resident(1).certificate)
    with refused("signature_wrong"):
        ready.finish(mixed(ready.order))


def test_an_answer_with_the_time_among_its_attributes_is_refused(ready: PreparedPdf) -> None:
    cades = Order("cades_b", "sha256", ready.order.digest)
    with refused("answer_not_for_pdf"):
        ready.finish(resident()(cades))


@pytest.mark.parametrize("answer", [b"", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"PDF"])
def test_an_answer_that_is_none_is_refused(ready: PreparedPdf, answer: bytes) -> None:
    with refused("answer_unreadable"):
        ready.finish(answer)


def test_an_answer_longer_than_the_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = prepare(plain())
    assert ready.room == 16 * 1024
    with refused("answer_too_long"):
        ready.finish(resident()(ready.order) + bytes(16 * 1024))
    length = len(resident()(ready.order))
    for room in (length, length - 1):
        monkeypatch.setattr(pades, "ROOM", {Level.B: room})
        ready = prepare(plain())
        assert ready.room == room
        if room == length:
            assert check(ready.finish(resident()(ready.order)))[0].integrity is Integrity.INTACT
            with refused("answer_too_long"):
                ready.finish(resident()(ready.order), stamper=make_tsa(tmp_path))
        else:
            with refused("answer_too_long"):
                ready.finish(resident()(ready.order))


def test_a_stamp_for_what_was_prepared_without_is_taken_where_it_fits(ready: PreparedPdf, tmp_path: Path) -> None:
    (found,) = check(ready.finish(resident()(ready.order), stamper=make_tsa(tmp_path)))
    assert (found.level, found.scope) == ("t", Scope.WHOLE)


def test_a_document_changed_in_between_is_refused(ready: PreparedPdf) -> None:
    assert isinstance(ready.kept, bytes)
    changed = ready.kept.replace(b"quick", b"quack")
    answer = resident()(ready.order)
    for kept in (changed, ready.kept[:-10]):
        with refused("document_changed"):
            replace(ready, kept=kept).finish(answer)


# --- levels ------------------------------------------------------------------------------------------------------------------------------


def test_level_t_has_a_stamp_over_the_signature(tmp_path: Path) -> None:
    prepared = prepare(plain(), PdfOptions(level=Level.T))
    assert prepared.room == 32 * 1024
    answer = resident()(prepared.order)
    with refused("stamper_missing"):
        prepared.finish(answer)
    (found,) = check(prepared.finish(answer, stamper=make_tsa(tmp_path)))
    assert (found.integrity, found.level, found.scope) == (Integrity.INTACT, "t", Scope.WHOLE)
    assert found.stamp is not None
    assert found.stamped is not None


def test_level_lt_brings_certificates_and_lists_once(tmp_path: Path) -> None:
    tsa = make_tsa(tmp_path)
    material = ValidationMaterial(certificates=(resident().ca, tsa.ca, resident().ca), lists=(a_list(),))
    pdf = plain()
    for count in (1, 2):
        prepared = prepare(pdf, PdfOptions(level=Level.LT))
        answer = resident()(prepared.order)
        with refused("material_missing"):
            prepared.finish(answer, stamper=tsa)
        pdf = prepared.finish(answer, stamper=tsa, material=material)
        found = check(pdf)
        assert [each.level for each in found] == ["lt"] * count
        assert {each.scope for each in found} == {Scope.EARLIER_REVISION}, "the store came after the signature"
        assert found[-1].lists == (a_list(),)
        assert {resident().ca, tsa.ca} <= set(found[-1].others)
    store = PdfFileReader(BytesIO(pdf)).root["/DSS"]
    assert (len(store["/Certs"]), len(store["/CRLs"]), len(store["/VRI"])) == (2, 1, 2)


def test_two_certificates_of_one_name_and_number_are_both_kept(tmp_path: Path) -> None:
    # The two CAs of JPKI have one name; pyHanko's own store tells certificates apart by issuer and serial number.
    from asn1crypto import x509

    twin = x509.Certificate.load(resident().ca)
    twin["signature_value"] = bytes(256)
    material = ValidationMaterial(certificates=(resident().ca, twin.dump(force=True)), lists=(a_list(),))
    prepared = prepare(plain(), PdfOptions(level=Level.LT))
    made = prepared.finish(resident()(prepared.order), stamper=make_tsa(tmp_path), material=material)
    assert set(material.certificates) <= set(check(made)[0].others)


def test_material_that_is_none_is_refused(tmp_path: Path) -> None:
    prepared = prepare(plain(), PdfOptions(level=Level.LT))
    with refused("material_unreadable"):
        prepared.finish(
            resident()(prepared.order), stamper=make_tsa(tmp_path), material=ValidationMaterial(lists=(b"\x30\x00",))
        )


def a_list() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    builder = x509.CertificateRevocationListBuilder().issuer_name(x509.load_der_x509_certificate(resident().ca).subject)
    built = builder.last_update(AT).next_update(AT.replace(year=2027)).sign(resident().ca_key, hashes.SHA256())
    return built.public_bytes(Encoding.DER)


# --- fields, certification ---------------------------------------------------------------------------------------------------------------


def test_the_only_empty_field_is_used_else_one_must_be_named() -> None:
    one = with_form(signature_field(b"Ichiran"))
    assert check(signed(one, resident()))[0].covers == "Ichiran"
    two = with_form(signature_field(b"A"), signature_field(b"B"))
    with refused("field_ambiguous"):
        prepare(two)
    once = signed(two, resident(), field_name="B")
    assert check(once)[0].covers == "B"
    with refused("field_filled"):
        prepare(once, PdfOptions(field_name="B"))
    assert [each.covers for each in check(signed(once, resident()))] == ["B", "A"]
    assert [each.covers for each in check(signed(once, resident(), field_name="署名欄 2"))] == ["B", "署名欄 2"]


@pytest.mark.parametrize("name", ["", ".", "a.b", "a\nb", "x" * 65, "Text"])
def test_a_name_that_no_new_field_can_have_is_refused(name: str) -> None:
    form = with_form(b"<</FT/Tx/T(Text)>>")
    with refused("field_unusable"):
        prepare(form, PdfOptions(field_name=name))


def test_a_new_field_takes_no_name_that_is_there() -> None:
    form = with_form(b"<</FT/Tx/T(Signature1)>>")
    assert check(signed(form, resident()))[0].covers == "Signature2"


def test_a_certified_document_allows_what_it_says() -> None:
    open_ = signed(plain(), resident(), certify=Permission.FILL_AND_SIGN)
    assert PdfFileReader(BytesIO(open_)).root["/Perms"]["/DocMDP"]["/Reference"][0]["/TransformParams"]["/P"] == 2
    assert [each.scope for each in check(signed(open_, operator()))] == [Scope.EARLIER_REVISION, Scope.WHOLE]
    with refused("certify_not_first"):
        prepare(open_, PdfOptions(certify=Permission.FILL_AND_SIGN))
    closed = signed(plain(), resident(), certify=Permission.NOTHING)
    with refused("pdf_no_changes_allowed"):
        prepare(closed)


def test_a_lock_by_an_ordinary_signature_holds() -> None:
    locking = signature_field(b"Last", more=b"/Lock<</Type/SigFieldLock/Action/All/P 1>>")
    locked = signed(with_form(locking), resident())
    with refused("pdf_no_changes_allowed"):
        prepare(locked)
    locking = signature_field(b"First", more=b"/Lock<</Type/SigFieldLock/Action/Include/Fields[(Second)]>>")
    locked = signed(with_form(locking, signature_field(b"Second")), resident(), field_name="First")
    with refused("pdf_field_locked"):
        prepare(locked, PdfOptions(field_name="Second"))
    with refused("pdf_field_locked"):
        prepare(locked)


def test_what_the_forms_author_demands_and_is_not_met() -> None:
    demanding = signature_field(b"S", more=b"/SV<</Type/SV/Ff 8/Reasons[(Approved)]>>")
    with refused("field_demands"):
        prepare(with_form(demanding), PdfOptions(reason="other"))
    assert check(signed(with_form(demanding), resident(), reason="Approved"))


def test_an_xfa_form_is_not_signed() -> None:
    with refused("pdf_xfa"):
        prepare(
            plain(
                catalog=b"/AcroForm<</Fields[]/XFA %d 0 R>>" % first_free(),
                more=[b"<</Length 0>>\nstream\n\nendstream"],
            )
        )


# --- files -------------------------------------------------------------------------------------------------------------------------------


def test_a_file_is_prepared_in_a_copy_and_appears_at_once(tmp_path: Path) -> None:
    source, work, goal = tmp_path / "届.pdf", tmp_path / "work.pdf", tmp_path / "signed.pdf"
    source.write_bytes(plain(5))
    prepared = pades.loads(prepare(source, work=work).dumps())
    assert prepared.facts.name == "届.pdf"
    with refused("work_exists"):
        prepare(source, work=work)
    with refused("certificate_swapped"):
        prepared.finish_file(resident()(prepared.order), goal, expected_fingerprint="00")
    assert not goal.exists()
    in_memory = prepared.finish(resident()(prepared.order))
    prepared.finish_file(resident()(prepared.order), goal)
    assert goal.read_bytes() == in_memory
    assert source.read_bytes() == plain(5)
    assert not work.exists()
    with refused("prepared_file_missing"):
        prepared.finish_file(resident()(prepared.order), goal)


def test_what_is_prepared_is_for_nobody_else_and_a_failed_write_is_named(tmp_path: Path) -> None:
    source, work, goal = tmp_path / "a.pdf", tmp_path / "work.pdf", tmp_path / "folder"
    source.write_bytes(plain())
    prepared = prepare(source, work=work)
    assert work.stat().st_mode & 0o777 == 0o600
    goal.mkdir()
    (goal / "not-empty").touch()
    with refused("write_failed"):
        prepared.finish_file(resident()(prepared.order), goal)
    prepared.finish_file(resident()(prepared.order), tmp_path / "signed.pdf")


def test_what_failed_half_way_can_be_tried_again(tmp_path: Path) -> None:
    source, work, goal = tmp_path / "a.pdf", tmp_path / "work.pdf", tmp_path / "signed.pdf"
    source.write_bytes(plain())
    prepared = prepare(source, work=work)
    with work.open("ab") as file:
        file.write(b"a store that was being written when the power went")
    prepared.finish_file(resident()(prepared.order), goal)
    assert check(goal.read_bytes())[0].scope is Scope.WHOLE


def test_a_changed_work_file_is_refused(tmp_path: Path) -> None:
    source, work = tmp_path / "a.pdf", tmp_path / "work.pdf"
    source.write_bytes(plain())
    prepared = prepare(source, work=work)
    work.write_bytes(work.read_bytes().replace(b"quick", b"quack"))
    with refused("document_changed"):
        prepared.finish_file(resident()(prepared.order), tmp_path / "signed.pdf")


def test_a_refused_file_leaves_nothing(tmp_path: Path) -> None:
    source, work = tmp_path / "a.pdf", tmp_path / "work.pdf"
    source.write_bytes(b"no pdf")
    with refused("pdf_no_pdf"):
        prepare(source, work=work)
    assert not work.exists()
    with refused("work_missing"):
        prepare(source)
    with refused("file_unreadable"):
        prepare(tmp_path / "none.pdf", work=work)
    with refused("work_failed"):
        prepare(source, work=tmp_path / "no-folder" / "work.pdf")
    with refused("prepared_in_memory"):
        prepare(plain()).finish_file(b"", source)
