"""A report in words that a clerk can read aloud, in Japanese or English. What is not certain is said as such.

Names come from certificates: whoever prints them makes them harmless for the terminal first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal

from cardd.documents.checking.problems import PROBLEMS
from cardd.documents.checking.report import (
    CertificateReport,
    Indication,
    Proof,
    Report,
    SignatureReport,
    Signer,
)
from cardd.documents.found import Scope

Language = Literal["ja", "en"]
JAPAN: Final = timezone(timedelta(hours=9), "JST")
_ERAS: Final = ((date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"))
"""First day of an era (元号法)."""

KINDS: Final = {
    "jpki_signature": ("署名用電子証明書", "signature certificate (JPKI)"),
    "jpki_authentication": ("利用者証明用電子証明書", "user authentication certificate (JPKI)"),
    "operator_signature": ("職員カードの署名用証明書", "signature certificate of a badge"),
    "operator_badge": ("職員カードの認証用証明書", "login certificate of a badge"),
}
OTHER_KIND: Final = ("電子証明書", "certificate")
AGENCY: Final = "Japan Agency for Local Authority Information Systems"
"""As the JPKI authorities write themselves in a certificate: 地方公共団体情報システム機構."""
NOT_BELIEVED: Final = frozenset(
    {
        "issuer_unknown",
        "issuer_other_generation",
        "issuer_did_not_sign",
        "issuer_not_valid",
        "issuer_revoked",
        "chain_broken",
        "certificate_malformed",
        "certificate_weak",
    }
)
"""With these the certificate itself is worth nothing, and so is the name in it."""
LEGAL: Final = (
    "公的個人認証法（電子署名等に係る地方公共団体情報システム機構の認証業務に関する法律）により、署名用電子証明書の失効情報の提供を受けて"
    "住民の署名を確かめる業務ができるのは、機構に届け出た署名検証者（第17条第1項）などに限られます。"
    "この表示は、その届出や認定に代わるものではありません。",
    "Japan's Act on JPKI (電子署名等に係る地方公共団体情報システム機構の認証業務に関する法律) gives revocation "
    "information about residents' signature certificates only to signature verifiers who have notified the agency "
    "(Article 17, paragraph 1) and the like. This output stands in for no such notification or accreditation.",
)
"""Source: J-LIS, 失効情報等の提供に関する各種手続きについて, https://www.j-lis.go.jp/jpki/procedure/procedure1_2.html."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One signature in words. `verdict`: the sentence to begin with; `remedy`: what to do, empty when nothing."""

    title: str
    verdict: str
    sentences: Sequence[str] = field(repr=False)
    remedy: str
    note: str = ""


def opening(report: Report, language: Language) -> str:
    """How many signatures there are, and whether all of them hold."""
    number = len(report.signatures)
    if language == "ja":
        counted = f"{number}つ" if number < 10 else f"{number}個"
        return f"この文書には{counted}の署名があります。{_OVERALL_JA[report.indication]}"
    return f"This document has {number} signature{'' if number == 1 else 's'}. {_OVERALL_EN[report.indication]}"


_OVERALL_JA: Final = {
    Indication.PASSED: "すべて確かめられました。",
    Indication.INDETERMINATE: "確かめられない署名があります。",
    Indication.FAILED: "正しくない署名があります。",
}
_OVERALL_EN: Final = {
    Indication.PASSED: "Everything was checked and is good.",
    Indication.INDETERMINATE: "Not every signature could be confirmed.",
    Indication.FAILED: "There is a signature that is wrong.",
}
_VERDICTS: Final = {
    Indication.PASSED: ("署名は有効です。", "The signature is valid."),
    Indication.INDETERMINATE: (
        "署名は確かめられませんでした。このままでは受け付けないでください。",
        "The signature could not be confirmed. Do not accept it as it is.",
    ),
    Indication.FAILED: ("署名は無効です。受け付けないでください。", "The signature is invalid. Do not accept it."),
}


def spoken(report: Report, language: Language) -> list[Spoken]:
    """Each signature in words, in the report's order."""
    several = len(report.signatures) > 1
    return [_one(each, number if several else None, language) for number, each in enumerate(report.signatures, 1)]


def _one(each: SignatureReport, number: int | None, language: Language) -> Spoken:
    column = 0 if language == "ja" else 1
    title = "" if number is None else (f"{number}番目の署名", f"Signature {number}")[column]
    sentences = tuple(_sentences(each, language))
    remedy = note = ""
    if each.problem:
        row = PROBLEMS[each.problem]
        sentences = ((row.ja, row.en)[column], *sentences)
        remedy = (row.ja_remedy, row.en_remedy)[column]
    if any(certificate is not None and certificate.test for certificate in (each.then, each.now)):
        note = (
            "試験用の電子証明書です。実際の手続きには使えません。",
            "A test certificate: worth nothing in real life.",
        )[column]
    return Spoken(title, _VERDICTS[each.indication][column], sentences, remedy, note)


def _sentences(each: SignatureReport, language: Language) -> Iterator[str]:
    if each.signer is not None:
        yield _who(each, each.signer, language)
        yield _when(each, language)
        if each.problem not in ("changed_since", "part_only"):
            yield _unchanged(each, language)
        yield from _certificate(each, language)


def _who(each: SignatureReport, signer: Signer, language: Language) -> str:
    certificate = each.then or each.now
    kind = KINDS.get((certificate.kind if certificate is not None else None) or "", OTHER_KIND)
    name = signer.name or ("名前のない証明書の持ち主", "a holder without a name")[language == "en"]
    issuer = signer.issuer
    if language == "ja":
        issuer = "地方公共団体情報システム機構" if issuer == AGENCY else issuer
        if each.problem in NOT_BELIEVED:
            return f"電子証明書には「{name}」と書かれていますが、本当かどうか確かめられません。"
        replaced = "名前の一部は代わりの文字で書かれています。" if signer.name_replaced else ""
        return f"署名者は{name}さん（{kind[0]}、{issuer}）です。{replaced}"
    if each.problem in NOT_BELIEVED:
        return f"The certificate says “{name}”, which cannot be confirmed."
    replaced = " Some characters of the name stand for others." if signer.name_replaced else ""
    return f"The signer is {name} ({kind[1]}, {issuer}).{replaced}"


def _when(each: SignatureReport, language: Language) -> str:
    ja = language == "ja"
    if each.stamp.proven is not None:
        told = moment(each.stamp.proven, language)
        return (
            f"署名は{told}までに行われたもので、時刻は証明されています。"
            if ja
            else f"It was made before {told}; the time is proven."
        )
    why = _unproven(each, ja)
    if each.claimed_at is None:
        return ("署名の時刻は分かりません。" if ja else "When it was made is not known.") + why
    told = moment(each.claimed_at, language)
    if ja:
        return f"署名者は{told}に署名したとしていますが、時刻は証明されていません。{why}"
    return f"The signer says that it was made on {told}; the time is not proven.{why}"


def _unproven(each: SignatureReport, ja: bool) -> str:
    if each.stamp.proof is not Proof.NOT_TRUSTED:
        return ""
    return (
        "タイムスタンプはありますが、ここで信頼できるものと確かめられません。"
        if ja
        else " There is a time stamp, but it could not be confirmed here."
    )


def _unchanged(each: SignatureReport, language: Language) -> str:
    ja = language == "ja"
    if each.scope is Scope.EARLIER_REVISION:
        return (
            "署名のあと、認められた追加（別の署名や記入など）だけがあります。"
            if ja
            else "Since then only additions were made that are allowed, such as another signature."
        )
    if each.scope is Scope.PART:
        return (
            f"署名された部分（{each.covers}）は、署名のあと変わっていません。"
            if ja
            else f"The signed part ({each.covers}) has not changed since."
        )
    return "文書は署名のあと変わっていません。" if ja else "The document has not changed since."


def _certificate(each: SignatureReport, language: Language) -> Iterator[str]:
    ja = language == "ja"
    if each.then is not None and each.then.result == "good":
        yield "電子証明書はそのとき有効でした。" if ja else "The certificate was good then."
        if each.now is not None:
            yield from _since(each.now, ja)
    elif each.now is not None and each.now.result == "good":
        told = moment(each.now.at, language)
        yield f"電子証明書は{told}の時点で有効です。" if ja else f"The certificate is good on {told}."


_SINCE: Final = {
    "good": ("今も有効です。", "It still is."),
    "revoked": ("そのあと失効しました。", "It was revoked later."),
    "expired": ("そのあと有効期間が過ぎました。", "It has expired since."),
}


def _since(now: CertificateReport, ja: bool) -> Iterator[str]:
    told = _SINCE.get(now.result)
    if told is not None:
        yield told[0 if ja else 1]


def moment(at: datetime, language: Language) -> str:
    """A moment in Japan, to the minute: 「2026年11月23日（令和8年）午後3時12分」, or `23 November 2026, 15:12 JST`."""
    there = at.astimezone(JAPAN)
    if language == "en":
        return f"{there.day} {_MONTHS[there.month - 1]} {there.year}, {there:%H:%M} JST"
    half, hour = ("午前", there.hour) if there.hour < 12 else ("午後", there.hour - 12)
    return f"{there.year}年{there.month}月{there.day}日{_era(there.date())}{half}{hour}時{there.minute}分"


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _era(day: date) -> str:
    for first, name in _ERAS:
        if day >= first:
            year = day.year - first.year + 1
            return f"（{name}{'元' if year == 1 else year}年）"
    return ""
