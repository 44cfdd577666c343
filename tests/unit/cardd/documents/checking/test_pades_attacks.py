"""What is done to signed PDFs, and what the checker says: the published attacks, and changes that are allowed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from cardd.cards.card_type import PublicKeyKind
from cardd.documents.checking.pades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.pades import PdfOptions, prepare
from cardd.signing import cms
from tests.fixtures.by_pyhanko import signed_by_pyhanko
from tests.fixtures.made_pdf import plain, updated
from tests.fixtures.software_signer import operator, p384, resident, with_attributes

AT = datetime(2026, 4, 1, 1, 2, 3, tzinfo=UTC)
FONT, CONTENT, PAGE, CATALOG = 3, 5, 4, 1
"""Objects of `plain()`."""


def signed(pdf: bytes | None = None) -> bytes:
    prepared = prepare(pdf or plain(), PdfOptions(at=AT))
    return prepared.finish(resident()(prepared.order))


def only(pdf: bytes) -> Found:
    (found,) = check(pdf)
    return found


def told(pdf: bytes) -> tuple[Integrity, Scope, str]:
    found = only(pdf)
    return found.integrity, found.scope, found.problem


def size(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).trailer["/Size"])


def signature_object(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).embedded_signatures[0].sig_field.raw_get("/V").idnum)


def body_of(pdf: bytes, number: int) -> bytes:
    """The last form of an object, as it stands in the file."""
    return re.findall(rb"(?s)\n%d 0 obj\s*(.*?)\s*endobj" % number, pdf)[-1]


def rewritten(pdf: bytes, number: int, old: bytes, new: bytes) -> bytes:
    """An update that writes one object anew, with `old` replaced."""
    body = body_of(pdf, number)
    assert len(re.findall(old, body)) == 1
    return updated(pdf, {number: re.sub(old, new, body)}, size=size(pdf))


# --- what others make --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signer", [resident(), operator(), p384()], ids=["rsa", "p256", "p384"])
@pytest.mark.parametrize("subfilter", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
def test_signatures_of_others_are_accepted(signer, subfilter: SigSeedSubFilter) -> None:
    pdf = signed_by_pyhanko(plain(100), signer, subfilter=subfilter)
    found = only(pdf)
    assert (found.integrity, found.scope, found.problem) == (Integrity.INTACT, Scope.WHOLE, "")
    assert (found.certificate, found.others) == (signer.certificate, (signer.ca,))


def test_two_signatures_of_others() -> None:
    once = signed_by_pyhanko(plain(), resident())
    found = check(signed_by_pyhanko(once, operator(), field_name="Second"))
    assert [(each.integrity, each.scope) for each in found] == [
        (Integrity.INTACT, Scope.EARLIER_REVISION),
        (Integrity.INTACT, Scope.WHOLE),
    ]


def test_a_form_without_a_signed_reference_is_older_than_etsis() -> None:
    # adbe.pkcs7.detached asks for no signing-certificate-v2; ETSI.CAdES.detached does.
    for subfilter, expected in (
        (b"/adbe.pkcs7.detached", (Integrity.INTACT, Scope.WHOLE, "")),
        (b"/ETSI.CAdES.detached", (Integrity.WRONG_CERTIFICATE, Scope.WHOLE, "reference_missing")),
    ):
        prepared = prepare(plain())
        assert isinstance(prepared.kept, bytes)
        kept = prepared.kept.replace(b"/ETSI.CAdES.detached", subfilter)
        digest = hashlib.sha256(kept[: prepared.start] + kept[prepared.end :]).digest()
        made = cms.prepare(resident().certificate, PublicKeyKind.RSA_2048, digest, "sha256", AT)
        bare = with_attributes(made, lambda each: each["type"].native in ("content_type", "message_digest"))
        answer = cms.finish(bare, resident().sign_digest(bare.digest, "sha256"))
        room = answer.hex().encode().ljust(2 * prepared.room, b"0")
        assert told(kept[: prepared.start + 1] + room + kept[prepared.end - 1 :]) == expected


@pytest.mark.proves("fault 163")
def test_sha_1_proves_nothing() -> None:
    assert told(signed_by_pyhanko(plain(), resident(), hash_name="sha1"))[0] is Integrity.WEAK
    old = signed_by_pyhanko(plain(), resident()).replace(b"/ETSI.CAdES.detached", b"/adbe.pkcs7.sha1    ")
    assert told(old) == (Integrity.WEAK, Scope.CHANGED_SINCE, "hash")


def test_a_form_of_signature_that_is_not_known() -> None:
    other = signed().replace(b"/ETSI.CAdES.detached", b"/Somebody.else.made ")
    assert told(other) == (Integrity.UNREADABLE, Scope.CHANGED_SINCE, "subfilter_unknown")


def test_an_unsigned_document_has_none() -> None:
    assert check(plain()) == ()


# --- changes to what was signed ----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 166")
def test_a_changed_byte_is_a_changed_document() -> None:
    assert told(signed().replace(b"quick", b"quack", 1))[:2] == (Integrity.CHANGED, Scope.WHOLE)


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (CONTENT, b"<</Length 4>>\nstream\nBT ET\nendstream"),
        (FONT, b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"),
        (PAGE, b"<</Type/Page/Parent 2 0 R/Contents 5 0 R>>"),
        (2, b"<</Type/Pages/Count 2/Kids[4 0 R 4 0 R]/MediaBox[0 0 9 9]>>"),
    ],
    ids=["content", "font", "page", "pages"],
)
def test_incremental_saving_is_seen(number: int, body: bytes) -> None:
    pdf = signed()
    assert told(updated(pdf, {number: body}, size=size(pdf))) == (
        Integrity.INTACT,
        Scope.CHANGED_SINCE,
        "changed_after",
    )


def test_a_second_signature_over_a_change_does_not_make_the_first_one_good() -> None:
    """Who signs last vouches for the change; who signed first never saw it."""
    pdf = signed()
    changed = updated(pdf, {CONTENT: b"<</Length 5>>\nstream\nBT ET\nendstream"}, size=size(pdf))
    found = check(signed_by_pyhanko(changed, operator(), field_name="Second", obey=False))
    assert [(each.integrity, each.scope, each.problem) for each in found] == [
        (Integrity.INTACT, Scope.CHANGED_SINCE, "changed_after"),
        (Integrity.INTACT, Scope.WHOLE, ""),
    ]


@pytest.mark.parametrize(
    "catalog",
    [
        b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"/OpenAction<</S/Launch/F(cmd.exe)>>",
        b"/AA<</WC<</S/JavaScript/JS(1)>>>>",
        b"/OCProperties<</OCGs[]/D<</OFF[3 0 R]>>>>",
    ],
    ids=["script", "launch", "on closing", "layers"],
)
def test_what_acts_or_hides_cannot_be_added_after_signing(catalog: bytes) -> None:
    pdf = signed()
    body = body_of(pdf, 1)
    assert body.startswith(b"<<")
    found = told(updated(pdf, {1: b"<<" + catalog + body[2:]}, size=size(pdf)))
    assert found == (Integrity.INTACT, Scope.CHANGED_SINCE, "changed_after")


def test_a_note_laid_over_the_page_is_seen() -> None:
    pdf = signed()
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 500 800]/Contents(Another price)/F 4>>"
    page = body_of(pdf, PAGE).replace(b"/Annots", b"/Annots ")
    page = re.sub(rb"/Annots\s*\[(.*?)\]", rb"/Annots [\1 %d 0 R]" % size(pdf), page)
    assert b"%d 0 R]" % size(pdf) in page
    found = told(updated(pdf, {PAGE: page, size(pdf): note}, size=size(pdf) + 1))
    assert found == (Integrity.INTACT, Scope.CHANGED_SINCE, "changed_after")


def test_a_signature_behind_a_forbidding_one_is_a_violation() -> None:
    closed = signed_by_pyhanko(plain(), resident(), certify=MDPPerm.NO_CHANGES)
    found = check(signed_by_pyhanko(closed, operator(), field_name="Second", obey=False))
    assert [(each.integrity, each.scope, each.problem) for each in found] == [
        (Integrity.INTACT, Scope.CHANGED_SINCE, "docmdp_violated"),
        (Integrity.INTACT, Scope.WHOLE, ""),
    ]


def test_a_signature_behind_an_allowing_one_is_none() -> None:
    open_ = signed_by_pyhanko(plain(), resident(), certify=MDPPerm.FILL_FORMS)
    found = check(signed_by_pyhanko(open_, operator(), field_name="Second"))
    assert [each.scope for each in found] == [Scope.EARLIER_REVISION, Scope.WHOLE]


# --- forged dictionaries -----------------------------------------------------------------------------------------------------------------


def test_universal_forgery_is_unreadable() -> None:
    pdf = signed()
    number = signature_object(pdf)
    for old, new, problem in (
        (rb"/ByteRange\s*\[[^\]]*\]", b"", "byte_range_missing"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange null", "byte_range_missing"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange []", "byte_range_wrong"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange [0 0 0 0]", "byte_range_wrong"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange [0 -5 10 20]", "byte_range_wrong"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange [0 10 20 99999999]", "byte_range_wrong"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange [1 10 20 30]", "byte_range_wrong"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange [0 10 20 30 40 50]", "byte_range_wrong"),
        (rb"/ByteRange\s*\[[^\]]*\]", b"/ByteRange [0 10 20 30]", "byte_range_gap"),
        (rb"/Contents\s*<[0-9A-Fa-f]*>", b"", "contents_missing"),
        (rb"/Contents\s*<[0-9A-Fa-f]*>", b"/Contents <>", "contents_missing"),
        (rb"/Contents\s*<[0-9A-Fa-f]*>", b"/Contents null", "contents_missing"),
    ):
        found = check(rewritten(pdf, number, old, new))
        # The signature as it was has gone from its place: that is told as well.
        assert {(each.integrity, each.scope) for each in found} == {(Integrity.UNREADABLE, Scope.CHANGED_SINCE)}
        assert found[0].problem == problem


def test_a_wrapped_signature_is_seen() -> None:
    # What was signed in the second part is moved back, the attacker's objects stand between, and an update tells a byte range that
    # leaves them out: the digest is right (signature wrapping).
    pdf = signed()
    _, gap, behind, length = (int(each) for each in re.findall(rb"/ByteRange\s*\[(\d+) (\d+) (\d+) (\d+)\]", pdf)[0])
    attackers = b"\n%d 0 obj\n<</Another /Price>>\nendobj\n" % size(pdf)
    table = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    moved = pdf[:behind] + attackers + pdf[behind:]
    entry = (b"startxref\n%d" % table, b"startxref\n%d" % (table + len(attackers)))
    told_range = b"/ByteRange [0 %d %d %d]" % (gap, behind + len(attackers), length)
    number = signature_object(pdf)
    body = re.sub(rb"/ByteRange\s*\[[^\]]*\]", told_range, body_of(pdf, number))
    wrapped = updated(moved.replace(*entry), {number: body}, size=size(pdf))
    # The update's own way back leads to the moved table; what was signed is as it was.
    found = check(wrapped.replace(*reversed(entry), 1))
    assert (found[0].integrity, found[0].scope, found[0].problem) == (
        Integrity.UNREADABLE,
        Scope.CHANGED_SINCE,
        "byte_range_gap",
    )


def test_something_else_in_the_gap_is_seen() -> None:
    pdf = signed()
    _, gap, behind, _ = (int(each) for each in re.findall(rb"/ByteRange\s*\[(\d+) (\d+) (\d+) (\d+)\]", pdf)[0])
    room = pdf[gap:behind]
    hidden = room[:-61] + b"> /Hidden <" + room[-50:]
    assert len(hidden) == len(room)
    assert told(pdf[:gap] + hidden + pdf[behind:])[2] == "byte_range_gap"


def test_a_signature_that_ends_within_its_revision_covers_none() -> None:
    """Whoever signs all but the last bytes leaves them to others; a later revision does not heal that (ISO 32000-2, 12.8.1)."""
    prepared = prepare(plain())
    kept = prepared.kept
    assert isinstance(kept, bytes)
    (old,) = re.findall(rb"/ByteRange\s*\[[^\]]*\]", kept)
    told_range = b"/ByteRange [0 %d %d %d" % (prepared.start, prepared.end, prepared.size - prepared.end - 4)
    kept = kept.replace(old, told_range.ljust(len(old) - 1) + b"]")
    digest = hashlib.sha256(kept[: prepared.start] + kept[prepared.end : -4]).digest()
    value = operator()(replace(prepared.order, digest=digest)).hex().encode()
    short = kept[: prepared.start + 1] + value + kept[prepared.start + 1 + len(value) :]
    expected = (Integrity.INTACT, Scope.CHANGED_SINCE, "revision_not_covered")
    assert told(short) == expected
    first, second = check(signed_by_pyhanko(short, operator(), field_name="Second"))
    assert (first.integrity, first.scope, first.problem) == expected
    assert second.scope is Scope.WHOLE


def test_a_signature_of_no_sense_is_unreadable() -> None:
    pdf = signed()
    place = pdf.index(b"<3082") + 1
    for junk in (b"0" * 8, b"30800000", b"FFFFFFFF", b"3084FFFF"):
        broken = pdf[:place] + junk + pdf[place + 8 :]
        assert told(broken)[:2] == (Integrity.UNREADABLE, Scope.CHANGED_SINCE)


# --- signatures that went ----------------------------------------------------------------------------------------------------------------


def test_a_removed_signature_is_told() -> None:
    pdf = signed()
    bare = updated(pdf, {CATALOG: b"<</Type/Catalog/Pages 2 0 R>>"}, size=size(pdf))
    assert told(bare) == (Integrity.UNREADABLE, Scope.CHANGED_SINCE, "signature_removed")


def test_a_signature_put_in_anothers_place_is_told() -> None:
    pdf = signed()
    field = PdfFileReader(BytesIO(pdf)).embedded_signatures[0].sig_field.container_ref.idnum
    emptied = rewritten(pdf, field, rb"/V \d+ 0 R", b"")
    found = check(signed_by_pyhanko(emptied, operator()))
    assert [(each.integrity, each.scope, each.problem) for each in found] == [
        (Integrity.INTACT, Scope.WHOLE, ""),
        (Integrity.UNREADABLE, Scope.CHANGED_SINCE, "signature_removed"),
    ]
    assert found[0].certificate == operator().certificate


@pytest.mark.parametrize("most", ["MOST_SIGNATURES", "MOST_REVISIONS"])
def test_more_signatures_than_anybody_makes_are_refused(most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"cardd.documents.checking.pades.{most}", 1)
    with pytest.raises(DocumentError, match=r"\Apdf_too_many_signatures\Z"):
        check(signed(signed()))


# --- readers that disagree ---------------------------------------------------------------------------------------------------------------


def test_tables_that_disagree_leave_only_a_whole_signature_whole() -> None:
    # The table says two objects fewer than there are: lenient readers go on, strict ones stop.
    loose = plain().replace(b"trailer\n<</Size 6", b"trailer\n<</Size 4")
    with pytest.raises(DocumentError):
        prepare(loose)
    found = check(loose)
    assert found == ()


def test_what_is_appended_and_no_revision_changes_nothing() -> None:
    assert told(signed() + b"\r\n") == (Integrity.INTACT, Scope.EARLIER_REVISION, "")


@pytest.mark.parametrize(("written", "expected"), [(b"D:20260401010203", None), (b"yesterday..........", None)])
def test_a_claimed_time_that_is_no_moment_is_none(written: bytes, expected: None) -> None:
    pdf = signed()
    old = re.findall(rb"/M\s*\(([^)]*)\)", pdf)[0]
    claimed = only(pdf.replace(old, written.ljust(len(old)))).claimed_at
    assert claimed is expected
