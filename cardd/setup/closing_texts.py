"""What the closing of a damaged record says."""

CLOSING: dict[str, tuple[str, str]] = {
    # key: (ja, en)
    "close.damage": (
        "記録 {path} は {sequence} 番で壊れています（{problem}、{file}）。{last} 番までは正しい記録です。",
        "The record in {path} is damaged at number {sequence} ({problem}, {file}). Up to number {last} it is good.",
    ),
    "close.what": (
        "この記録を閉じて保管し、新しい記録を始めます。管理者2名が、次の指示書に職員カードで署名します:",
        "This record will be closed and kept, and a new one begun. Two administrators sign this order with their badges:",
    ),
    "close.put_in": (
        "署名する管理者（あと {n} 名）の職員カードを入れてください。",
        "Put in the badge of an administrator who signs ({n} more).",
    ),
    "close.stranger": (
        "「{reader}」のカードは、署名できる管理者の職員カードではありません（{why}）。",
        "The card in `{reader}` is not the badge of an administrator who can sign ({why}).",
    ),
    "close.last_try": (
        "{name} さんの職員カードは、暗証番号の残りが {n} 回です。これ以上は試しません。",
        "The badge of {name} has {n} tries left: nothing more is tried with it.",
    ),
    "close.done": (
        "記録を閉じました: {closed}\n新しい記録が始まりました。{first_key} を監査担当と、記録の証人に渡してください。\n"
        "閉じた記録には手を加えず、原因を調べてください。cardd を起動できます: systemctl start cardd",
        "The record is closed: {closed}\nA new one has begun. Give {first_key} to the auditor and to the witnesses.\n"
        "Leave the closed record as it is, and look for the cause. cardd may be started: systemctl start cardd",
    ),
    "close.whole": (
        "記録 {path} は壊れていません。閉じる必要はありません。",
        "The record in {path} is whole: there is nothing to close.",
    ),
    "close.no_log": ("{path} に記録がありません。", "There is no record in {path}."),
    "close.files": (
        "規則または職員名簿が使えません。誰が署名できるか分かりません:\n{problems}",
        "Policy or register cannot be used, so nobody knows who may sign:\n{problems}",
    ),
    "close.not_ordered": (
        "{path} には、管理者2名の署名で確かめられる指示がありません（{why}）。新しい記録は始めません。\n"
        "誰がこのファイルを置いたのかを調べ、本来の記録を closed/ から元の場所へ戻してください。",
        "No order that two administrators signed stands behind {path} ({why}): no new record is begun.\n"
        "Find out who put that file there, and put the record itself back from closed/ to its place.",
    ),
    "close.refused": ("この署名では閉じられません（{why}）。", "These signatures do not close it ({why})."),
}
