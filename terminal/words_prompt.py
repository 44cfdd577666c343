"""What a prompt says beyond the words of cardctl. A part of `terminal.words`."""

from collections.abc import Mapping
from types import MappingProxyType

PROMPT_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "ask.title": ("暗証番号の入力", "PIN"),
        "ask.title_confirm": ("確認", "Please confirm"),
        "ask.row": ("{label}：{value}", "{label}: {value}"),
        "ask.label": ("暗証番号", "PIN"),
        "ask.shape": ("形", "Shape"),
        "ask.tries": ("残り回数", "Tries left"),
        "ask.tries_left": ("{n}回", "{n}"),
        "ask.last_try": (
            "これが最後の1回です。間違えるとロックされます。",
            "This is the last try. A wrong PIN blocks it.",
        ),
        "ask.operation": ("操作", "For"),
        "ask.card": ("カード", "Card"),
        "ask.reader": ("カードリーダー", "Reader"),
        "ask.client": ("求めているプログラム", "Asked by the program"),
        "ask.origin": ("求めているウェブページ", "Asked by the web page"),
        "ask.about": ("入力すると、次の内容に同意したことになります。", "By typing you agree to this:"),
        "ask.document": ("署名する文書", "Document to be signed"),
        "ask.ok": ("決定", "OK"),
        "ask.cancel": ("取消", "Cancel"),
        "ask.agree": ("同意する", "I agree"),
        "ask.refuse": ("同意しない", "I do not agree"),
        "ask.may_try": (
            "カードの持ち主は、最後の1回を使うことに同意していますか。",
            "Does the holder of the card agree to use the last try?",
        ),
        "ask.may_sign": (
            "署名する人が内容を確かめ、この文書への署名に同意していますか。",
            "Has the person who signs looked at it, and do they agree to sign it?",
        ),
        "ask.type_yes": ("［はい／いいえ］", "[yes/no]"),
        "shape.digits": ("数字{length}桁", "{length} digits"),
        "shape.upper_alnum": (
            "英大文字と数字、{length}文字（小文字は大文字に直します）",
            "{length} capital letters and digits (lower case is turned into capitals)",
        ),
        "shape.printable": ("英数字と記号、{length}文字", "{length} letters, digits and signs"),
        "shape.both": ("{shape}。英字と数字の両方が要ります", "{shape}; at least one of each"),
        "shape.between": ("{shortest}〜{longest}", "{shortest} to {longest}"),
        "problem.alphabet": (
            "使えない文字がありました。もう一度入力してください（残り回数は減っていません）。",
            "There was a character that does not belong there. Type it again; no try was used.",
        ),
        "problem.length": (
            "長さが合いません。もう一度入力してください（残り回数は減っていません）。",
            "The length is not right. Type it again; no try was used.",
        ),
        "problem.letter_and_digit": (
            "英字と数字の両方が要ります。もう一度入力してください（残り回数は減っていません）。",
            "It has both letters and digits. Type it again; no try was used.",
        ),
        "operation.login": ("ログイン", "log in"),
        "operation.unlock": ("ロックの解除", "unlock"),
        "operation.approve": ("承認", "approve"),
        "operation.lockdown_release": ("緊急停止の解除", "lift the emergency stop"),
        "operation.override": ("緊急時の例外利用", "emergency override"),
        "prompt.pinentry_missing": (
            "{program} がないか、実行できません。pinentry のパッケージを入れるか、設定の [agent] pinentry を直してください。",
            "{program} is not there or cannot be run. Install a pinentry, or set [agent] pinentry.",
        ),
        "prompt.pinentry_broken": (
            "{program} が正しく応答しませんでした。",
            "{program} did not answer as a pinentry does.",
        ),
        "prompt.pinentry_ended": ("{program} が途中で終わりました。", "{program} ended before there was an answer."),
        "prompt.pinentry_hangs": ("{program} が応答しません。", "{program} does not answer."),
        "prompt.too_long": (
            "表示する内容が長すぎて、{program} では全部を表示できません。窓口の画面か端末で操作してください。",
            "There is more to be shown than {program} can show. Use the console's page or a terminal.",
        ),
        "prompt.no_terminal": (
            "{program} は端末として使えません。",
            "{program} cannot be used as a terminal.",
        ),
        "prompt.in_background": (
            "このプログラムは端末の後ろで動いているため、入力を受け付けられません。前で動かしてください。",
            "This program runs in the background of its terminal and cannot read from it. Run it in the foreground.",
        ),
    }
)
