"""The counter's procedures: what all of them say. What each one asks stands in `flow_questions`."""

from __future__ import annotations

from typing import Final

FLOWS: Final[dict[str, tuple[str, str]]] = {
    "flow.steps": ("手順", "Steps"),
    "flow.step.identify": ("本人確認", "Identify"),
    "flow.step.form": ("内容の入力", "Fill in"),
    "flow.step.check": ("読み上げて確認", "Read aloud"),
    "flow.step.sign": ("職員の署名", "Sign"),
    "flow.step.done": ("引き渡し", "Hand over"),
    "flow.optional": ("任意", "optional"),
    "flow.none": ("なし", "none"),
    "flow.yes": ("はい", "yes"),
    "flow.no": ("いいえ", "no"),
    "flow.note.info": ("案内:", "Note:"),
    "flow.note.warning": ("注意:", "Take care:"),
    "flow.note.stop": ("▲ 受け付けられません:", "▲ Cannot be taken:"),
    # --- identify -----------------------------------------------------------------------------------------------
    "flow.identify.text": (
        "氏名・住所・生年月日・性別を読みます。暗証番号（数字4桁）は、カードのご本人に入力してもらいます。",
        "Name, address, date of birth and sex are read. The holder of the card types the PIN (4 digits).",
    ),
    "flow.identify.read": ("カードで本人を確認する", "Identify with the card"),
    "flow.again": (
        "入力した内容は残っています。続けるには、カードをもう一度読み取ってください。",
        "What you typed is kept. Read the card once more to go on.",
    ),
    "flow.two_cards": (
        "住民の方のカードが2枚入っています。手続をする方のカードだけを残してください。",
        "There are two residents' cards. Leave the one of the person who is here.",
    ),
    "flow.unfit_card": (
        "このカードでは、この手続の本人確認ができません。別の種類のカードを入れてください。",
        "This kind of card cannot be used for this procedure. Insert another kind of card.",
    ),
    "flow.approval.head": ("もう1人の承認を待っています", "Waiting for a second person"),
    "flow.approval.text": (
        "カードは入れたままにしてください。別の職員が「承認」の画面で内容を確かめ、自分の職員カードで承認します。承認されると、自動で次に進みます。",
        "Leave the card in. Somebody else agrees under Approvals, with their own badge. Then this goes on by itself.",
    ),
    "flow.approval.number": ("承認番号", "Approval"),
    "flow.approval.look": ("承認されたか確かめる", "Look whether it was given"),
    "flow.approval.over": (
        "承認の依頼は、拒否されたか、時間が過ぎました。もう一度読み取りから始めてください。",
        "The request was refused, or its time is over. Begin with the reading again.",
    ),
    # --- form ---------------------------------------------------------------------------------------------------
    "flow.kept": (
        "カードを抜くか、しばらく操作しないと、この表示は消えます。入力した内容は残ります。",
        "This goes when the card is pulled, or when nothing is done for a while. What you typed stays.",
    ),
    "flow.to_check": ("確認へ進む", "Go on to the check"),
    "flow.date.hint": ("例: R8.11.16 または 2026-11-16", "For example 2026-11-16, or R8.11.16"),
    "flow.wrong.head": ("次の項目を直してください", "Please mend these"),
    "flow.wrong.missing": ("入力してください。", "This is needed."),
    "flow.wrong.choice": ("選び直してください。", "Choose again."),
    "flow.wrong.not_ticked": ("確認してからチェックを入れてください。", "Tick this once it is so."),
    "flow.wrong.number": ("{least}から{most}までの数字を入れてください。", "Give a number from {least} to {most}."),
    "flow.wrong.date": (
        "この年月日はありません。例のように入れてください。",
        "There is no such day. Write it as in the example.",
    ),
    "flow.wrong.date_early": ("日付が早すぎます。年を確かめてください。", "The date is too early. Look at the year."),
    "flow.wrong.date_late": ("日付が先すぎます。年を確かめてください。", "The date is too late. Look at the year."),
    "flow.wrong.long": ("長すぎます。短くしてください。", "This is too long."),
    "flow.wrong.characters": (
        "見えない文字が入っています。入れ直してください。",
        "There is a character that cannot be seen. Type it again.",
    ),
    "flow.wrong.lines": ("{most}人までです。", "No more than {most} persons."),
    "flow.wrong.consent": (
        "読み上げて、ご本人の同意を得てからチェックを入れてください。",
        "Read it aloud, and tick this once the person agrees.",
    ),
    "flow.refused": (
        "この手続にない項目が送られたので、受け付けませんでした。何も保存していません。",
        "A field was sent that this procedure does not have. It was refused, and nothing was kept.",
    ),
    # --- check and sign -----------------------------------------------------------------------------------------
    "flow.check.text": (
        "次の内容を読み上げて、ご本人に確かめてもらってください。",
        "Read this aloud, and let the person check it.",
    ),
    "flow.applicant": ("手続をする方（カードから）", "The person (from the card)"),
    "flow.asked": ("申請の内容", "What is asked for"),
    "flow.found": ("確認の結果", "What was found"),
    "flow.consent": ("読み上げた内容で申請することに、ご本人が同意した", "The person agrees to what was read aloud"),
    "flow.sign.hint": (
        "職員カードの署名の暗証番号を入力します。住民の方のカードは、署名が済むまで抜かないでください。",
        "You type your badge's PIN. Leave the resident's card in until it is signed.",
    ),
    "flow.sign": ("職員カードで署名する", "Sign with the badge"),
    "flow.mend": ("内容を直す", "Change it"),
    # --- done ---------------------------------------------------------------------------------------------------
    "flow.done.signed": ("署名しました。申請ファイルを保存してください。", "Signed. Save the request file now."),
    "flow.done.checked": (
        "確認の結果に署名しました。結果のファイルを保存してください。",
        "What was found is signed. Save that file now.",
    ),
    "flow.after.text": (
        "発行端末での手続が終わったら、カードを入れてください。",
        "Insert the card once the issuing terminal is done with it.",
    ),
    "flow.after.ready": (
        "証明書が読めるか、有効期限、カードの氏名・住所などとの一致を確かめます。暗証番号は、ご本人に入力してもらいます。",
        "Whether each certificate can be read, until when it holds, and whether it agrees with the card. The holder types the PINs.",
    ),
    "flow.after.look": ("カードを確認する", "Look at the card"),
    "flow.after.again": ("もう一度確認する", "Look again"),
    "flow.after.record": ("職員カードで署名して記録する", "Sign what was found"),
    "flow.after.hint": (
        "▲ がある場合も、結果をそのまま記録できます。発行端末の担当に伝えてください。",
        "With ▲, too, the result can be signed as it is. Tell whoever runs the issuing terminal.",
    ),
    "flow.after.unreadable": ("証明書として読めません。", "It cannot be read as a certificate."),
    "flow.after.until": ("有効期限: {day}", "Holds until {day}"),
    "flow.after.status": ("失効の確認: {result}", "Revocation: {result}"),
    "flow.after.same": (
        "氏名・住所・生年月日・性別は、カードと一致しています。",
        "Name, address, date of birth and sex agree with the card.",
    ),
    "flow.after.differs": ("カードと違う項目: {items}", "Not as on the card: {items}"),
    "flow.after.silent": ("氏名などを持たない証明書です。", "This certificate says nothing of the person."),
    "flow.done.taken": ("署名して、引き渡しました。", "Signed and handed over."),
    "flow.done.handed": (
        "住民記録システムの受け渡しフォルダーに入れました。",
        "It lies in the hand-over folder of the town's system.",
    ),
    "flow.done.not_handed": (
        "受け渡しフォルダーに入れられませんでした。下のボタンで保存し、システム担当に連絡してください。",
        "It could not be put into the hand-over folder. Save it with the button below, and tell IT.",
    ),
    "flow.done.download": ("申請ファイルを保存する", "Save the request file"),
    "flow.done.sheet": ("控えを印刷する", "Print the sheet"),
    "flow.done.after": ("発行後のカードを確認する", "Check the card after the issue"),
    "flow.done.kept": (
        "申請ファイルは10分間だけメモリーに残ります。職員カードを抜く・ロックする・受付を終えると、すぐに消えます。",
        "The file stays in memory for 10 minutes. It goes at once when the badge is pulled, the screen locked or the case ended.",
    ),
    "flow.file": ("ファイル", "File"),
    "flow.digest": ("SHA-256", "SHA-256"),
    "flow.record": ("記録", "Record"),
    "flow.record.text": (
        "読み取り {read}番・署名 {signed}番（ログ {log}）",
        "reading no. {read}, signature no. {signed} (log {log})",
    ),
    "flow.finish": ("この手続を終える", "Finish this procedure"),
    "flow.sheet.print": ("印刷する", "Print"),
    "flow.sheet.text": (
        "紙に出た個人情報は、職員が管理してください。この表示は、戻ると消えます。",
        "Take care of what is on the paper. It goes from the screen when you go back.",
    ),
    "flow.sheet.day": ("申請日", "Day"),
    "flow.sheet.line": ("署名（申請者）", "Signature of the applicant"),
    "flow.sheet.by": ("受付した職員・窓口", "Taken by, at"),
}
