"""What a clerk reads aloud: moments as Japan writes them, every problem in both languages, nobody named who is not confirmed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cardd.documents.checking.problems import PROBLEMS
from cardd.documents.checking.report import (
    CertificateReport,
    Indication,
    Proof,
    Report,
    SignatureReport,
    Signer,
    StampReport,
)
from cardd.documents.checking.words import AGENCY, LEGAL, NOT_BELIEVED, Language, Spoken, moment, opening, spoken
from cardd.documents.found import Scope
from cardd.documents.model import Format

AT = datetime(2026, 11, 23, 6, 12, 59, tzinfo=UTC)
NAME = "髙橋　花子"
GOOD = CertificateReport(AT, "good", "good", "good", kind="jpki_signature")
PASSED = SignatureReport(Format.PADES, Indication.PASSED, None, signer=Signer(name=NAME, issuer=AGENCY), now=GOOD)
STAMPED = replace(PASSED, stamp=StampReport(Proof.GOOD, AT), then=GOOD)


def said(signature: SignatureReport, language: Language = "ja") -> Spoken:
    (one,) = spoken(report(signature), language)
    return one


def report(*signatures: SignatureReport) -> Report:
    return Report(AT, 1, "00" * 32, signatures)


@pytest.mark.parametrize(
    ("at", "ja", "en"),
    [
        (AT, "2026年11月23日（令和8年）午後3時12分", "23 November 2026, 15:12 JST"),
        (
            datetime(2019, 4, 30, 14, 59, tzinfo=UTC),
            "2019年4月30日（平成31年）午後11時59分",
            "30 April 2019, 23:59 JST",
        ),
        (datetime(2019, 4, 30, 15, 0, tzinfo=UTC), "2019年5月1日（令和元年）午前0時0分", "1 May 2019, 00:00 JST"),
        (datetime(2026, 1, 1, 3, 5, tzinfo=UTC), "2026年1月1日（令和8年）午後0時5分", "1 January 2026, 12:05 JST"),
        (datetime(1926, 12, 24, 0, 0, tzinfo=UTC), "1926年12月24日午前9時0分", "24 December 1926, 09:00 JST"),
    ],
)
def test_moments_are_those_of_japan(at: datetime, ja: str, en: str) -> None:
    assert (moment(at, "ja"), moment(at, "en")) == (ja, en)


def test_a_stamped_signature_is_told_in_plain_sentences() -> None:
    assert opening(report(STAMPED), "ja") == "この文書には1つの署名があります。すべて確かめられました。"
    told = said(STAMPED)
    assert told.verdict == "署名は有効です。"
    assert list(told.sentences) == [
        "署名者は髙橋　花子さん（署名用電子証明書、地方公共団体情報システム機構）です。",
        "署名は2026年11月23日（令和8年）午後3時12分までに行われたもので、時刻は証明されています。",
        "文書は署名のあと変わっていません。",
        "電子証明書はそのとき有効でした。",
        "今も有効です。",
    ]
    assert (told.title, told.remedy, told.note) == ("", "", "")


def test_the_same_in_english() -> None:
    assert opening(report(STAMPED), "en") == "This document has 1 signature. Everything was checked and is good."
    assert list(said(STAMPED, "en").sentences) == [
        f"The signer is {NAME} (signature certificate (JPKI), {AGENCY}).",
        "It was made before 23 November 2026, 15:12 JST; the time is proven.",
        "The document has not changed since.",
        "The certificate was good then.",
        "It still is.",
    ]


@pytest.mark.parametrize(
    ("result", "sentence"), [("revoked", "そのあと失効しました。"), ("expired", "そのあと有効期間が過ぎました。")]
)
def test_what_became_of_the_certificate_since_is_told(result: str, sentence: str) -> None:
    assert said(replace(STAMPED, now=CertificateReport(AT, result, result))).sentences[-1] == sentence


def test_a_claimed_time_is_told_as_a_claim() -> None:
    told = said(replace(PASSED, claimed_at=AT))
    assert told.sentences[1] == (
        "署名者は2026年11月23日（令和8年）午後3時12分に署名したとしていますが、時刻は証明されていません。"
    )
    assert told.sentences[3] == "電子証明書は2026年11月23日（令和8年）午後3時12分の時点で有効です。"
    assert said(PASSED).sentences[1] == "署名の時刻は分かりません。"


def test_a_stamp_that_is_not_trusted_is_told() -> None:
    told = said(replace(PASSED, stamp=StampReport(Proof.NOT_TRUSTED, AT)))
    assert told.sentences[1].endswith("タイムスタンプはありますが、ここで信頼できるものと確かめられません。")


def test_what_was_added_and_what_is_only_a_part_are_told() -> None:
    assert said(replace(PASSED, scope=Scope.EARLIER_REVISION)).sentences[2].startswith("署名のあと、認められた追加")
    assert "（氏名）" in said(replace(PASSED, scope=Scope.PART, covers="氏名")).sentences[2]


def test_names_with_other_characters_and_test_certificates_are_told() -> None:
    assert PASSED.signer is not None
    replaced = replace(PASSED, signer=replace(PASSED.signer, name_replaced=True))
    assert said(replaced).sentences[0].endswith("名前の一部は代わりの文字で書かれています。")
    assert said(replace(PASSED, now=replace(GOOD, test=True))).note.startswith("試験用")
    assert said(replace(PASSED, signer=Signer())).sentences[0].startswith("署名者は名前のない証明書の持ち主")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("problem", sorted(PROBLEMS))
def test_every_problem_is_said_first_and_what_to_do_last(problem: str, language: Language) -> None:
    told = said(replace(PASSED, indication=Indication.INDETERMINATE, problem=problem), language)
    row = PROBLEMS[problem]
    assert told.sentences[0] == (row.ja if language == "ja" else row.en)
    assert told.remedy == (row.ja_remedy if language == "ja" else row.en_remedy)
    assert told.verdict.endswith(("受け付けないでください。", "Do not accept it as it is."))
    named = any(sentence.startswith((f"署名者は{NAME}", f"The signer is {NAME}")) for sentence in told.sentences)
    assert named is (problem not in NOT_BELIEVED)


def test_several_signatures_are_numbered() -> None:
    told = spoken(report(PASSED, replace(PASSED, indication=Indication.FAILED, problem="document_changed")), "ja")
    assert [each.title for each in told] == ["1番目の署名", "2番目の署名"]
    assert opening(report(PASSED, PASSED), "ja").startswith("この文書には2つの署名があります。")
    assert opening(report(*[PASSED] * 12), "ja").startswith("この文書には12個の署名があります。")
    assert opening(report(PASSED, PASSED), "en").startswith("This document has 2 signatures.")


def test_the_law_is_named_by_its_article() -> None:
    assert "第17条第1項" in LEGAL[0]
    assert "Article 17, paragraph 1" in LEGAL[1]
