"""Alarms: what each rule looks for, what to do about it, and what the page tells by itself."""

from __future__ import annotations

from typing import Final

_RULES: Final[dict[str, tuple[str, str, str, str]]] = {
    # rule: (what it saw, what to do) in Japanese, and in English; docs/watching.md says how each one counts
    "w1": (
        "同じ住民のカードの暗証番号を、1日に続けて誤りました。",
        "カードのご本人かどうか、暗証番号を当てようとしていないかを確かめてください。",
        "On one day, wrong PINs in a row were typed on one resident's card.",
        "Find out whether it was the holder, or somebody who guessed.",
    ),
    "w2": (
        "1人の職員または1つの窓口で、複数のカードの暗証番号を誤りました。",
        "その時間の受付を確かめ、担当者に事情を聞いてください。",
        "One operator, or one seat, had wrong PINs over several cards.",
        "Look at the cases of that time and ask whoever was there.",
    ),
    "w3": (
        "職員カードの本人確認に続けて失敗しました。",
        "カードの持ち主に、自分で入力したかを確かめてください。違うときは利用を停止します。",
        "A badge failed to prove its holder several times.",
        "Ask its holder whether they typed. If not, block the badge.",
    ),
    "w4": (
        "紛失届の出たカード、期限切れのカード、または退職後のカードが使われました。",
        "カードのありかを確かめ、見つけた人と使った人を調べてください。",
        "A badge was used that is reported lost, has expired, or belongs to somebody who left.",
        "Find out where the badge is and who used it.",
    ),
    "w5": (
        "開庁時間外、または閉庁日に利用されました。",
        "時間外勤務の命令や当番の予定と照らし合わせてください。",
        "Work was done outside the opening hours, or on a day when the office is closed.",
        "Compare with overtime that was agreed to and with who was on duty.",
    ),
    "w6": (
        "1時間に扱ったカードが、ふだんより多くなっています。",
        "その時間の受付件数と合うかを確かめてください。",
        "Many more cards than usual were handled within one hour.",
        "See whether that many people came.",
    ),
    "w7": (
        "同じカードが、1日に何度も、または別の日に同じ受付番号で使われました。",
        "再来庁や手続の続きかどうか、受付の控えで確かめてください。",
        "The same card was used on several visits in a day, or on another day under the same number.",
        "See by the slips whether the person came again.",
    ),
    "w8": (
        "職員・家族・同一世帯の名簿にあるカードが使われました。",
        "本人の申請による利用かどうかを確かめてください。",
        "A card on the list of staff, families and households was used.",
        "Find out whether the person applied for something.",
    ),
    "w9": (
        "支援措置の対象者など、保護の名簿にあるカードが使われました。",
        "本人が来庁したかどうかを、その日のうちに確かめてください。",
        "A card on the list of protected or prominent persons was used.",
        "Find out today whether the person came.",
    ),
    "w10": (
        "1日に何度も拒否されたか、その利用目的ではまれな項目が読み取られました。",
        "何をしようとしたのかを担当者に聞き、規則や研修の見直しが要るかを考えてください。",
        "The policy refused an operator several times in a day, or an item was read that is hardly ever needed.",
        "Ask what they wanted to do; the policy, or training, may need a change.",
    ),
    "w11": (
        "1枚の職員カードが、同時に2か所で使われました。",
        "カードの貸し借りや複製がないかを、すぐに確かめてください。",
        "One badge was used at two places at once.",
        "Find out at once whether it was lent or copied.",
    ),
    "w12": (
        "読み取ったあと、事務が完了していないカードが1日に3枚ありました。",
        "受付番号ごとに、何のために読み取ったのかを確かめてください。",
        "Three cards were read in a day, and nothing came of their cases.",
        "Find out, case by case, why they were read.",
    ),
    "w13": (
        "1つの業務システムが、短い時間に何度も拒否されました。",
        "業務システムの担当者に、設定の誤りや不正な動きがないかを確かめてください。",
        "One application was refused many times within minutes.",
        "Ask who runs it whether it is set up wrongly, or misused.",
    ),
    "w14": (
        "読み取った直後にカードを抜くことが続きました。",
        "のぞき見のための読み取りでないかを確かめてください。",
        "Cards were pulled right after they had been read, several times.",
        "Find out whether somebody only wanted to look.",
    ),
    "w15": (
        "時計の変更、記録の中断、開庁時間中の再起動、照合値の外部保管の遅れ、または点検の失敗がありました。",
        "システム担当に、その時間の作業や故障を確かめてください。",
        "A clock step, a gap, a restart in opening hours, late heads, or a check that failed.",
        "Ask IT what was done, or broke, at that time.",
    ),
    "w16": (
        "緊急時の特例が使われました。",
        "翌開庁日までに、災害などの事情と、特例で行ったことを確かめてください。",
        "The emergency override was used.",
        "By the next working day, look at the reason and at all that was done under it.",
    ),
    "w17": (
        "承認が早すぎるか、いつも同じ2人の間で行われています。",
        "内容を見てから承認しているかを、2人に確かめてください。",
        "Approvals came too fast, or always between the same two.",
        "Ask both whether they look before they agree.",
    ),
    "w18": (
        "本番環境で、仮想または不明なカードリーダーが見つかりました。",
        "カードを使うのをやめ、システム担当に機器を確かめてもらってください。",
        "In production there is a virtual or unknown reader.",
        "Use no card there, and have IT look at the machine.",
    ),
}

ALARMS: Final[dict[str, tuple[str, str]]] = {
    "screen.alarms": ("警告", "Alarms"),
    "screen.alarms.text": (
        "記録から見つかったことを確かめます。",
        "What was found in the record, and what became of it.",
    ),
    "alarms.lead": (
        "警告は質問です。不正と決まったわけではありません。翌開庁日までに、だれかが確かめて結果を記録します。",
        "An alarm is a question, not a verdict. Somebody answers it by the end of the next working day.",
    ),
    "alarms.state": ("表示", "Show"),
    "alarms.state.open": ("未確認", "Open"),
    "alarms.state.reviewed": ("確認済み", "Reviewed"),
    "alarms.state.all": ("すべて", "All"),
    "alarms.none.open": ("未確認の警告はありません。", "No alarm waits for a review."),
    "alarms.none.reviewed": ("確認済みの警告はありません。", "No alarm has been reviewed."),
    "alarms.none.all": ("警告はありません。", "There is no alarm."),
    "alarms.none.text": ("新しい警告は、この画面に自動で表示されます。", "New alarms appear here by themselves."),
    "alarms.overdue": ("期限を過ぎています", "overdue"),
    "alarms.open": ("未確認", "open"),
    "alarms.reviewed": ("確認済み", "reviewed"),
    "alarms.at": ("見つかった日時", "Found"),
    "alarms.due": ("確認の期限", "Review by"),
    "alarms.number": ("警告の番号", "Number"),
    "alarms.about": ("対象", "About"),
    "alarms.evidence": ("根拠の記録", "Records behind it"),
    "alarms.count": ("件数", "Count"),
    "alarms.saw": ("見つかったこと", "What was seen"),
    "alarms.do": ("すること", "What to do"),
    "alarms.look": ("確かめる", "Look into it"),
    "alarms.look_again": ("内容を見る", "Look at it"),
    "alarms.review": ("確認の結果", "What became of it"),
    "alarms.reviewed_by": ("{verdict}（{reason}） {operator}、{at}", "{verdict} ({reason}), {operator}, {at}"),
    "alarms.save": ("結果を記録する", "Put it on record"),
    "alarms.saved": ("警告 {alarm} 番の確認を記録しました。", "The review of alarm {alarm} is on record."),
    "alarms.may_not": (
        "あなたの役割では、確認の結果を記録できません。",
        "Your role may not say what became of an alarm.",
    ),
    "alarms.closed_log": (
        "前の記録の警告です。確認の結果は、その記録があった端末で見てください。",
        "An alarm of an earlier log; it cannot be reviewed here any more.",
    ),
    "alarms.gone": ("この番号の警告は見つかりません。", "There is no alarm of this number."),
    "alarms.choose": ("結果を1つ選んでください。", "Choose one."),
    "alarms.more": ("続きを見る", "More"),
    "alarms.all_again": ("最初に戻る", "Back to the first"),
    "about.operator": ("職員", "Operator"),
    "about.approver": ("承認した職員", "Approved by"),
    "about.seat": ("窓口", "Seat"),
    "about.client": ("プログラム", "Program"),
    "about.card": ("カード（仮名）", "Card (pseudonym)"),
    "about.badge": ("職員カード（仮名）", "Badge (pseudonym)"),
    "about.reader": ("カードリーダー", "Reader"),
    "about.purpose": ("利用目的", "Purpose"),
    "about.problem": ("内容", "What"),
    # --- told by itself -----------------------------------------------------------------------------------------
    "notice.alarm.watch": ("新しい警告: {name}", "A new alarm: {name}"),
    "notice.alarm.other": (
        "cardd が異常を知らせています。「状態」の画面を見て、システム担当に連絡してください。",
        "cardd raises an alarm. Look at “Health”, and call IT.",
    ),
    "notice.alarm.emergency_override": ("緊急時の特例が使われています。", "The emergency override is in use."),
    "notice.alarm.lockdown_engaged": ("緊急停止が行われました。", "The emergency stop was engaged."),
    "notice.alarm.badge_blocked": (
        "職員カードの紛失届が出され、利用が停止されました。",
        "A badge was reported lost, and is blocked.",
    ),
    "notice.alarm.revocation_list_refused": (
        "証明書の失効リストを受け入れられませんでした。システム担当に連絡してください。",
        "A list of revoked certificates was refused. Call IT.",
    ),
    "notice.alarm.revocation_list_old": (
        "証明書の失効リストが古くなっています。システム担当に連絡してください。",
        "A list of revoked certificates is out of date. Call IT.",
    ),
    "notice.alarm.count_not_kept": (
        "暗証番号の誤りを数えられないため、暗証番号の入力を止めています。システム担当に連絡してください。",
        "Wrong PINs cannot be counted, so nobody is asked for one. Call IT.",
    ),
    "notice.alarm.login_locked": (
        "職員カードの暗証番号の誤りが続いたため、しばらくログインできません。",
        "After too many wrong PINs, nobody can log in there for a while.",
    ),
    "notice.alarm.foreign_session": (
        "ほかの利用者のログインがこの窓口に残っていました。",
        "Another user's session was still open at this seat.",
    ),
    "notice.alarm.reader_ignored": (
        "{reader} は、設定にないため使いません。システム担当に連絡してください。",
        "{reader} is not in the settings and is not used. Call IT.",
    ),
    "notice.alarm.card_not_identified": (
        "{reader} のカードを確認できません。入れ直してください。",
        "The card in {reader} could not be identified. Put it in again.",
    ),
    "notice.alarm.foreign_program": (
        "ほかのプログラムが {reader} を使っています。システム担当に連絡してください。",
        "Another program uses {reader}. Call IT.",
    ),
    "notice.alarm.office_file_refused": (
        "新しい規則や名簿を受け入れられませんでした。システム管理者に連絡してください。",
        "A new policy or register was refused. Tell the administrator.",
    ),
    "notice.alarm.state_lost": (
        "cardd の状態の控えが失われていました。システム管理者に連絡してください。",
        "What cardd must remember was lost. Tell the administrator.",
    ),
    "notice.alarm.log_damaged": (
        "利用記録に異常があります。システム管理者に連絡してください。",
        "The record is damaged. Tell the administrator.",
    ),
    "notice.alarm.witness_overdue": (
        "照合値の外部保管が遅れています。システム担当に連絡してください。",
        "Heads of the record have not left this machine in time. Call IT.",
    ),
    "notice.alarm.witness_answer": (
        "照合値の保管先の返事に異常があります。監査担当に連絡してください。",
        "A witness gave a wrong answer. Tell the auditor.",
    ),
    **{f"watch.{rule}.saw": (each[0], each[2]) for rule, each in _RULES.items()},
    **{f"watch.{rule}.do": (each[1], each[3]) for rule, each in _RULES.items()},
}
