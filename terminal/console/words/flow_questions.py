"""What each procedure of the counter is called, asks and tells."""

from __future__ import annotations

from typing import Final

_WIDE: Final[dict[str, tuple[str, str]]] = {
    "screen.flow.wide_area_copy": ("住民票の写しの広域交付", "Copy of the residence record (other town)"),
    "screen.flow.wide_area_copy.text": (
        "ほかの市区町村に住む方の住民票の写し。",
        "For a resident of another municipality.",
    ),
    "flow.wide_area_copy.lead": (
        "住所地以外の窓口で、ご本人または同じ世帯の方の住民票の写しを請求します。本籍・筆頭者は載りません。",
        "The person asks, away from home, for a copy for themselves or their household. It has no registered domicile (本籍).",
    ),
    "flow.wide_area_copy.sheet": (
        "住民票の写しの広域交付請求書（控え）",
        "Request for a copy of the residence record",
    ),
    "flow.wide_area_copy.whose": ("どなたの写しですか", "For whom?"),
    "flow.wide_area_copy.whose.self": ("ご本人だけ", "The person alone"),
    "flow.wide_area_copy.whose.household": ("世帯全員", "All of the household"),
    "flow.wide_area_copy.copies": ("通数", "Number of copies"),
    "flow.wide_area_copy.entries": ("希望があれば載せるもの", "Entries on request"),
    "flow.wide_area_copy.entries.hint": (
        "希望がなければ省かれます（住民基本台帳法 第12条の4第4項）。",
        "Left out unless asked for (Basic Resident Registration Act, art. 12-4, par. 4).",
    ),
    "flow.wide_area_copy.entries.relationship": ("世帯主の氏名と続柄", "Head of household and relationship"),
    "flow.wide_area_copy.entries.individual_number": ("個人番号（マイナンバー）", "Individual number (My Number)"),
    "flow.wide_area_copy.entries.individual_number.hint": (
        "提出先が法律で個人番号を扱えるときだけ。番号そのものはここでは扱いません。",
        "Only where the law lets the receiver use it. The number itself is not handled here.",
    ),
    "flow.wide_area_copy.submitted_to": ("提出先", "For whom it is meant"),
}

_MOVE_IN: Final[dict[str, tuple[str, str]]] = {
    "screen.flow.move_in": ("転入届（カードを使う特例）", "Moving in, with the card"),
    "screen.flow.move_in.text": (
        "転入届とカードの継続利用を1回で。",
        "Notification and the card's continued use, in one visit.",
    ),
    "flow.move_in.lead": (
        "前の市区町村に転出届を出した方が、カードと暗証番号で転入を届け出ます。転出証明書は要りません。",
        "Somebody who notified the old town moves in here with card and PIN. No paper from the old town is needed.",
    ),
    "flow.move_in.sheet": ("転入届（特例）（控え）", "Notification of moving in"),
    "flow.move_in.moved_on": ("転入した日（住み始めた日）", "Day of the move (first day here)"),
    "flow.move_in.new_address": ("新しい住所", "New address"),
    "flow.move_in.new_address.hint": ("方書（建物名・部屋番号）まで。", "With building and room."),
    "flow.move_in.planned_on": ("届け出てあった転出予定日", "Planned day told to the old town"),
    "flow.move_in.planned_on.hint": (
        "前の市区町村からの通知で分かるとき。期限の計算に使います。",
        "Where the old town's notice says it. Used for the time limit.",
    ),
    "flow.move_in.household": ("世帯", "Household"),
    "flow.move_in.household.head": ("世帯主になる", "Becomes the head of a household"),
    "flow.move_in.household.joins": ("すでにある世帯に入る", "Joins a household"),
    "flow.move_in.head_name": ("世帯主の氏名", "Name of the head of the household"),
    "flow.move_in.relationship": ("世帯主との続柄", "Relationship to the head"),
    "flow.move_in.members": ("一緒に転入する方", "Who else moves in"),
    "flow.move_in.members.hint": ("1行に1人の氏名。", "One name in each line."),
    "flow.move_in.continue_card": ("このカードの継続利用", "Continued use of this card"),
    "flow.move_in.continue_card.now": ("いま手続する（暗証番号は確認済み）", "Now (the PIN was checked)"),
    "flow.move_in.continue_card.later": ("あとで手続する", "Later"),
    "flow.move_in.continue_card.no": ("継続しない", "No"),
    "flow.move_in.other_cards": ("一緒に継続するほかの方のカードの枚数", "Cards of others to be continued, how many"),
    "flow.move_in.note.in_time": (
        "カードを使う転入届の期限は {day} です（転入した日から14日・転出予定日から30日の早い方）。",
        "The special procedure is open until {day} (14 days after the move, 30 after the planned day, whichever is earlier).",
    ),
    "flow.move_in.note.late": (
        "カードを使う転入届の期限（{day}）を過ぎています。転出証明書が要ることがあります。前の市区町村に確かめてください。",
        "The special procedure was open until {day}. A paper from the old town may be needed: ask there.",
    ),
    "flow.move_in.note.later": (
        "継続利用の手続は、転入届から{days}日以内です。過ぎるとカードは使えなくなります。",
        "Continued use must be settled within {days} days, or the card lapses.",
    ),
    "flow.move_in.note.no": ("継続利用をしないカードは、使えなくなります。", "A card that is not continued lapses."),
    "flow.move_in.note.certificate": (
        "住所が変わると、署名用電子証明書は失効します。必要な方は、続けて「電子証明書の発行・更新」を行ってください。",
        "The signature certificate lapses with the old address. Whoever needs it goes on with the issue of certificates.",
    ),
}
_MOVE_OUT: Final[dict[str, tuple[str, str]]] = {
    "screen.flow.move_out": ("転出届（カードを使う特例）", "Moving out, with the card"),
    "screen.flow.move_out.text": ("前の市区町村での届（付記転出届にあたるもの）。", "The counterpart at the old town."),
    "flow.move_out.lead": (
        "ほかの市区町村へ移る方が、あらかじめ届け出ます。カードがあれば、転出証明書なしで転入届ができます。",
        "Somebody who moves to another municipality says so beforehand. With the card no paper is needed there.",
    ),
    "flow.move_out.sheet": ("転出届（控え）", "Notification of moving out"),
    "flow.move_out.planned_on": ("転出の予定日", "Planned day of the move"),
    "flow.move_out.destination": ("転出先の住所", "Address after the move"),
    "flow.move_out.destination.hint": (
        "市区町村名まで分かれば届け出られます。国外のときは国名。",
        "At least the municipality. Abroad: the country.",
    ),
    "flow.move_out.members": ("一緒に転出する方", "Who else moves out"),
    "flow.move_out.members.hint": ("1行に1人の氏名。", "One name in each line."),
    "flow.move_out.transfer": ("転入先での手続", "At the new town"),
    "flow.move_out.transfer.card": ("カードを使う（転出証明書なし）", "With the card (no paper)"),
    "flow.move_out.transfer.paper": ("転出証明書を使う", "With a certificate on paper"),
    "flow.move_out.transfer.abroad": ("国外へ転出する", "Moves abroad"),
    "flow.move_out.note.bring": (
        "転入先の窓口に、カードと暗証番号を持って行ってもらいます。期限は、住み始めた日から14日・{day} の早い方です。",
        "Card and PIN are needed at the new town, within 14 days after the move and not after {day}.",
    ),
    "flow.move_out.note.late": (
        "転出予定日から14日を過ぎています。カードを使う転入届ができないことがあります。",
        "More than 14 days after the planned day: the special procedure may be closed.",
    ),
    "flow.move_out.note.paper": ("転出証明書を交付します。", "A certificate of moving out is handed over."),
    "flow.move_out.note.abroad": (
        "国外への転出には、カードを使う転入届の特例はありません。",
        "There is no special procedure for moves abroad.",
    ),
}
_PROOF: Final[dict[str, tuple[str, str]]] = {
    "asked_by": ("請求する方", "Who asks"),
    "asked_by.self": ("カードのご本人", "The holder of the card"),
    "asked_by.representative": ("法定代理人（親権者・後見人）", "A legal representative (parent, guardian)"),
    "representative_name": ("法定代理人の氏名", "Name of the legal representative"),
    "proof": ("代理権を示す書類", "Proof of the representation"),
    "proof.hint": (
        "書類の種類だけを残します。番号は入力しないでください。",
        "The kind alone is kept. Do not type any number.",
    ),
    "proof.family_register": ("戸籍の証明書", "Family register"),
    "proof.registered_guardian": ("登記事項証明書", "Certificate of registered matters (guardian)"),
    "proof.other": ("その他の公的な書類", "Another official document"),
    "proof_seen": (
        "原本と、代理人の本人確認書類を確かめた",
        "The original, and the representative's own identity, were checked",
    ),
}
_CERTIFICATE: Final[dict[str, tuple[str, str]]] = {
    "screen.flow.certificate_issue": ("電子証明書の発行・更新", "Certificates: issue and renewal"),
    "screen.flow.certificate_issue.text": (
        "申請と、発行後のカードの確認。",
        "The request, and a look at the card afterwards.",
    ),
    "flow.certificate_issue.lead": (
        "申請に職員が署名し、発行端末で発行します。発行後に、この画面でカードを確認します。",
        "The request is signed here and carried out at the issuing terminal. Afterwards the card is looked at here.",
    ),
    "flow.certificate_issue.sheet": ("電子証明書 発行申請（控え）", "Request for certificates"),
    "flow.certificate_issue.checked": ("電子証明書 発行後の確認（控え）", "Certificates: the card after the issue"),
    "flow.certificate_issue.certificates": ("電子証明書", "Certificates"),
    "flow.certificate_issue.certificates.signature": ("署名用電子証明書", "Signature certificate"),
    "flow.certificate_issue.certificates.authentication": ("利用者証明用電子証明書", "Authentication certificate"),
    "flow.certificate_issue.wish": ("手続", "Procedure"),
    "flow.certificate_issue.wish.new": ("新しく発行する", "New"),
    "flow.certificate_issue.wish.renewal": ("更新する（有効期限が近い）", "Renewal (about to expire)"),
    "flow.certificate_issue.wish.reissue": ("発行し直す", "Issue again"),
    "flow.certificate_issue.reason": ("発行し直す理由", "Why again"),
    "flow.certificate_issue.reason.changed": ("氏名・住所などが変わった", "Name, address or the like changed"),
    "flow.certificate_issue.reason.blocked": ("暗証番号がロックされた", "The PIN is blocked"),
    "flow.certificate_issue.reason.lapsed": ("失効した・期限が切れた", "Revoked or expired"),
    "flow.certificate_issue.reason.other": ("その他", "Other"),
    **{f"flow.certificate_issue.{key}": text for key, text in _PROOF.items()},
    "flow.certificate_issue.note.terminal": (
        "この窓口端末は証明書を発行しません。申請ファイルを発行端末に渡し、発行後にカードを確認します。",
        "This console issues nothing. The request goes to the issuing terminal; the card is looked at afterwards.",
    ),
    "flow.certificate_issue.note.no_signature": (
        "署名用電子証明書は、15歳未満の方・成年被後見人の方には原則として発行されません。",
        "A signature certificate is as a rule not issued to persons under 15 or adult wards.",
    ),
    "flow.certificate_issue.note.age_unknown": (
        "カードの生年月日からは年齢が決まりません。15歳未満の方には、署名用電子証明書は原則として発行されません。",
        "The card does not settle the age. Persons under 15 as a rule get no signature certificate.",
    ),
}
_CODE: Final[dict[str, tuple[str, str]]] = {
    "screen.flow.resident_code": ("住民票コードの変更請求", "Change of the resident code"),
    "screen.flow.resident_code.text": ("もう1人の職員の承認が必要です。", "A second person must agree."),
    "flow.resident_code.lead": (
        "ご本人（15歳以上）か法定代理人が請求します。番号は読まず、入力もしません。",
        "The person (15 or older) or a legal representative asks. The number is neither read nor typed.",
    ),
    "flow.resident_code.sheet": (
        "住民票コード変更請求書（控え）",
        "Request for another resident code",
    ),
    **{f"flow.resident_code.{key}": text for key, text in _PROOF.items()},
    "flow.resident_code.age_proved": (
        "15歳以上であることを、ほかの公的な書類で確かめた",
        "Another official document shows that the person is 15 or older",
    ),
    "flow.resident_code.age_proved.hint": (
        "カードの生年月日に不明の部分があり、年齢が決まりません。",
        "Parts of the date of birth on the card are unknown, so it does not settle the age.",
    ),
    "flow.resident_code.note.no_choice": (
        "新しい番号は市区町村が決めます。選ぶことはできません。",
        "The town gives the new number. It cannot be chosen.",
    ),
    "flow.resident_code.note.too_young": (
        "ご本人は{years}歳未満です。法定代理人が請求してください。",
        "The person is under {years}: a legal representative must ask.",
    ),
    "flow.resident_code.note.age_unknown": (
        "カードからは{years}歳以上と分かりません。ほかの公的な書類で確かめて、入力の画面で記録してください。",
        "The card does not say that the person is {years} or older. Look at other proof, and say so in the form.",
    ),
    "flow.resident_code.note.age_proved": (
        "{years}歳以上であることは、職員がほかの書類で確かめました。",
        "That the person is {years} or older was checked by the clerk from other proof.",
    ),
}

FLOW_QUESTIONS: Final[dict[str, tuple[str, str]]] = {**_WIDE, **_MOVE_IN, **_MOVE_OUT, **_CERTIFICATE, **_CODE}
FLOW_QUESTIONS.update(
    {
        f"job.flow.{code}.{word}": text
        for code in ("wide_area_copy", "move_in", "move_out", "certificate_issue", "resident_code")
        for word, text in {
            "read": ("カードで本人を確認しています", "Identifying with the card"),
            "sign": ("職員カードで署名しています", "Signing with the badge"),
            "after": ("カードを確認しています", "Looking at the card"),
        }.items()
    }
)
