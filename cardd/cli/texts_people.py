"""What cardctl says where a second person is needed, and in an emergency; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

PEOPLE_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "head.approval": ("番号", "NUMBER"),
        "head.requester": ("依頼した職員", "ASKED BY"),
        "head.seat": ("窓口", "SEAT"),
        "head.purpose": ("利用目的", "PURPOSE"),
        "head.case": ("受付番号", "CASE"),
        "head.until": ("期限", "UNTIL"),
        "approval_state.asked": ("承認待ち", "waits"),
        "approval_state.given": ("承認済み", "approved"),
        "no_approvals": ("承認を待っているものはありません。", "Nothing waits for a second person."),
        "approval_for": ("承認の依頼 {approval}", "Approval {approval} is asked for this:"),
        "approval_by_typing": (
            "暗証番号を入力すると、次の内容を承認したことになります。",
            "By typing your PIN you agree to this:",
        ),
        "approval_agree": (
            "内容を確かめました。承認しますか [はい/いいえ]: ",
            "Have you looked at it, and do you agree? [yes/no]: ",
        ),
        "approval_not_agreed": ("承認していません。", "Not agreed to; nothing has changed."),
        "approval_needs_terminal": (
            "内容を確かめる端末がありません。プログラムから承認するには、--yes と --content-hash を使います。",
            "There is no terminal to look at it: a program agrees with --yes and --content-hash",
        ),
        "approval_given": (
            "{who} が {approval} を承認しました。{requester} は {until} までに1回使えます。",
            "{who} has approved {approval}. {requester} can use it once, until {until}.",
        ),
        "approval_refused": ("{approval} を取り下げました。", "{approval} is taken back or refused."),
        "approval_next": ("{number}. {who}", "{number}. {who}"),
        "approval_next.other": (
            "別の職員が、自分の職員カードで内容を確かめて承認します（どの窓口でもできます）:",
            "Somebody else looks at it and agrees, with their own badge, at this seat or any other:",
        ),
        "approval_next.you": (
            "そのあと、同じ操作をもう一度行います:",
            "Then you do the same once more:",
        ),
        "between": ("、", ", "),
        "content.operation": ("操作", "Operation"),
        "content.requester": ("依頼した職員", "Asked by"),
        "content.purpose": ("利用目的", "Purpose"),
        "content.case": ("受付番号", "Case"),
        "content.subject": ("対象の職員", "About"),
        "content.operator": ("職員番号", "Operator"),
        "content.name": ("氏名", "Name"),
        "content.role": ("役割", "Role"),
        "content.person": ("本人の職員番号", "Person"),
        "content.unix_user": ("この端末のアカウント", "Account"),
        "content.card_kind": ("カードの種類", "Kind of card"),
        "content.card": ("カード（仮名）", "Card (pseudonym)"),
        "content.insertion": ("カード（今回の挿入）", "Card (this insertion)"),
        "content.items": ("読み取る項目", "Items"),
        "content.age": ("確認する年齢", "Age in question"),
        "content.key": ("使う鍵", "Key"),
        "content.certificate_kind": ("電子証明書の種類", "Kind of certificate"),
        "content.certificate": ("電子証明書 (SHA-256)", "Certificate (SHA-256)"),
        "content.pins": ("暗証番号", "PIN"),
        "content.digests": ("署名する内容（SHA-256）", "What is signed (SHA-256)"),
        "content.document": ("署名する文書（SHA-256）", "Document (SHA-256)"),
        "content.format": ("署名の形式", "Form of the signature"),
        "content.hash": ("ハッシュ関数", "Hash function"),
        "content.count": ("署名の回数", "Signatures at most"),
        "content.seconds": ("秒数", "Seconds at most"),
        "operation.read": ("カードの読み取り", "read a card"),
        "operation.certificate": ("電子証明書の読み取り", "read a certificate"),
        "operation.pin_status": ("暗証番号の残り回数の確認", "look at PIN tries"),
        "operation.certificate_check": ("電子証明書の有効性の確認", "check a certificate"),
        "operation.token_info": ("カード情報の確認", "look at a card's description of itself"),
        "operation.change_pin": ("暗証番号の変更", "change a PIN"),
        "operation.sign": ("署名", "sign"),
        "operation.grant": ("まとめて署名する許可", "several signatures after one PIN"),
        "operation.badge_enrol": ("職員カードの発行", "enrol a badge"),
        "operation.badge_renew": ("職員カードの更新", "renew a badge"),
        "operation.badge_unblock": ("職員カードのロック解除", "unblock a badge"),
        "operation.disclose": ("利用履歴の本人への開示", "tell a resident who used the card"),
        "operation.watch_list": ("見守り名簿への登録", "put a card on a watch list"),
        "operation.audit_export": ("利用記録の書出し", "export records"),
        "operation.audit_cut": ("保存期間を過ぎた記録の削除", "cut old records"),
        # an emergency
        "lockdown_will": (
            "緊急停止: すべての窓口のログインを終了し、カードの操作をすべて止めます。再起動しても続きます。\n"
            "解除には、システム管理者2人の職員カードが必要です。",
            "Emergency stop: all sessions of all seats end and all card work is refused, also after a restart.\n"
            "It takes two administrators with their badges to release it.",
        ),
        "lockdown_sure": ("実行しますか [はい/いいえ]: ", "Engage it? [yes/no]: "),
        "lockdown_not_engaged": ("緊急停止していません。", "Not engaged."),
        "lockdown_needs_yes": (
            "確認する端末がありません。確認なしで実行するには --yes を付けます。",
            "There is no terminal to ask at: --yes engages it without a question",
        ),
        "lockdown_engaged": (
            "緊急停止しました。終了したログイン: {n}件。解除: システム管理者2人が、それぞれ cardctl lockdown release",
            "Emergency stop engaged; sessions ended: {n}. To release it, two administrators each: cardctl lockdown release",
        ),
        "lockdown_released": ("緊急停止を解除しました。", "The emergency stop is released. Log in to go on."),
        "lockdown_second": (
            "{who} の確認を受け付けました。{until} までに、もう1人のシステム管理者が自分の職員カードで行うと解除されます:\n"
            "     cardctl lockdown release",
            "{who} has asked for the release. It is released when another administrator does the same by {until}:\n"
            "     cardctl lockdown release",
        ),
        "override_taken": (
            "緊急時の特例: 利用目的 {purpose}、受付番号 {case} に限り、{until} まで有効です。この利用は後で確認されます。",
            "Emergency override for purpose {purpose} and case {case}, until {until}. Its use will be reviewed.",
        ),
        "unlock_now": (
            "続けるには、職員カードの暗証番号を入力してください。",
            "To go on, type the badge PIN.",
        ),
        "health.lockdown": ("緊急停止", "emergency stop"),
        "snapshot_lockdown": ("緊急停止中です。", "The emergency stop is in force."),
    }
)
