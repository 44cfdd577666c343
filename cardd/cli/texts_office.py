"""What cardctl says about files of the office; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

OFFICE_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "file.policy": ("規則（policy）", "Policy"),
        "file.register": ("職員名簿（register）", "Register"),
        "file.block_list": ("利用停止リスト（block_list）", "Block list"),
        "office.file": ("{kind} 第{version}版  SHA-256 {hash}", "{kind}, version {version}, SHA-256 {hash}"),
        "office.differs": ("{path} との違い:", "Against {path}:"),
        "office.no_other": (
            "有効なファイルを読めないため、違いは表示しません（--against で指定できます）。",
            "No difference is shown, for the file in force cannot be read; name one with --against.",
        ),
        "office.one_more": (
            "署名1人目。別の管理者が、同じコマンドで2人目の署名をしてください。",
            "One person signed. Another administrator signs next, with the same command.",
        ),
        "office.complete": (
            "2人の署名がそろいました。次の操作: cardctl office install {path}",
            "Two people signed. Next: cardctl office install {path}",
        ),
        "outcome.in_force": ("{kind} 第{version}版が有効になりました。", "{kind}, version {version}, is in force."),
        "outcome.unchanged": (
            "{kind} 第{version}版は、すでに有効です。",
            "{kind}, version {version}, was in force already.",
        ),
        "outcome.refused": ("{kind}は使えません: {why}", "{kind} is refused: {why}"),
        "p7s_no_signature_file": (".p7s が署名のファイルではありません。", "The .p7s is no file of signatures."),
        "p7s_other_content": (
            "これまでの署名は別の内容に対するものです。--anew で最初から署名し直してください。",
            "The signature that is there is over other content; begin anew with --anew.",
        ),
        "p7s_two_signers": (
            "すでに2人が署名しています。最初から署名し直すときは --anew を付けてください。",
            "Two people signed already; to begin anew, use --anew.",
        ),
        "p7s_same_badge": (
            "この職員カードですでに署名しています。もう1人の管理者のカードで署名してください。",
            "This badge has signed already; the second signature must be another administrator's.",
        ),
        "changed_meanwhile": ("署名の間にファイルが変わりました。", "The file changed while it was being signed."),
        "no_folder": (
            "届け先のフォルダ {path} に書き込めません。root で実行してください。",
            "Nothing can be written to the folder {path}: do it as root.",
        ),
        "office.nothing": ("新しいファイルはありません。", "There is no new file."),
        "outcome.taken": ("cardd が受け取りました。", "cardd has taken it."),
        "outcome.waits": (
            "{path} に置きました。cardd が動くと取り込まれます。",
            "It lies at {path}; cardd takes it when it runs.",
        ),
    }
)
