"""The questions of the set-up, and what is said to an answer that will not do."""

QUESTIONS: dict[str, tuple[str, str]] = {
    # key: (ja, en)
    "yes_no": ("[はい/いいえ]", "[yes/no]"),
    "ask.mode": ("動作モード（production または test）", "Mode (production, or test)"),
    "ask.terminal": ("この端末の名前（記録に残ります）", "Name of this machine, for the record"),
    "ask.users": (
        "窓口アプリケーションを動かすユーザー（空白で区切る）",
        "Users that the counter's programs run as, separated by blanks",
    ),
    "ask.office": ("役所の名前", "Name of the office"),
    "ask.ca_name": ("認証局の名前", "Name of the CA"),
    "ask.time": ("現在は {now} です。合っていますか", "It is {now}. Is that right?"),
    "ask.id": ("{n}人目の管理者の職員番号（英数字）", "Administrator {n}: operator id (letters and digits)"),
    "ask.name": ("{n}人目の管理者の氏名", "Administrator {n}: name"),
    "ask.another_badge": (
        "{name} さんのカードは作りかけです。そのカードの代わりに、このカードで作り直しますか",
        "A badge of {name} was begun. Give that one up and make this one instead?",
    ),
    "ask.reset_pin": (
        "{name} さんのカードの暗証番号は残り {n} 回です。新しい暗証番号を決めますか",
        "The PIN of {name}'s badge has {n} tries left. Set a new PIN?",
    ),
    "ask.new_passphrase": (
        "認証局の鍵の合言葉（12〜64文字）",
        "Passphrase for the CA's key (12 to 64 characters)",
    ),
    "ask.new_passphrase_again": ("もう一度、合言葉", "The same passphrase again"),
    "ask.passphrase": ("認証局の鍵の合言葉", "Passphrase of the CA's key"),
    "ask.token_pin": ("トークンの暗証番号", "PIN of the token"),
    "ask.new_pin": ("{name} さん: 新しい暗証番号", "{name}: new PIN"),
    "ask.new_pin_again": ("{name} さん: もう一度、新しい暗証番号", "{name}: the new PIN again"),
    "ask.pin_to_sign": ("{name} さん: 署名の暗証番号（残り {n} 回）", "{name}: PIN, to sign (tries left: {n})"),
    "secrets_differ": ("  2回の入力が違います。もう一度どうぞ。", "  The two are not the same. Once more, please."),
    "ca_again": ("  {why}", "  {why}"),
    "bad.mode": ("  production か test と入力してください。", "  Type production or test."),
    "bad.terminal": (
        "  英数字と _ . - を64文字まで、英数字で始めてください。",
        "  Up to 64 letters, digits, _ . and -, beginning with a letter or digit.",
    ),
    "bad.users": (
        "  この端末にいるユーザーの名前を入力してください。",
        "  Type names of users of this machine, each once.",
    ),
    "bad.office": ("  1〜64文字で入力してください。", "  1 to 64 characters, none of them invisible."),
    "bad.name": ("  1〜64文字で入力してください。", "  1 to 64 characters, none of them invisible."),
    "bad.id": ("  英数字と _ - を32文字までで入力してください。", "  Up to 32 letters, digits, _ and -."),
    "bad.same_person": (
        "  もう1人の管理者は別の人でなければなりません。",
        "  The second administrator must be another person.",
    ),
    "bad.pin_shape": ("  暗証番号は数字6〜8桁です。", "  A PIN has 6 to 8 digits."),
    "bad.pin_factory_pin": ("  工場出荷時の暗証番号は使えません。", "  That is the factory's PIN; everybody knows it."),
    "bad.pin_all_equal": ("  同じ数字だけの暗証番号は使えません。", "  Not all digits may be the same."),
    "bad.pin_run": ("  続き番号の暗証番号は使えません。", "  Digits in a row are the first to be guessed."),
    "ca.passphrase_short": ("  合言葉は12文字以上にしてください。", "  A passphrase has at least 12 characters."),
    "ca.passphrase_long": ("  合言葉は64文字までです。", "  A passphrase has at most 64 characters."),
    "ca.passphrase_characters": (
        "  合言葉には半角の英数字・記号・空白を使ってください。",
        "  A passphrase is made of letters, digits, signs and spaces of ASCII.",
    ),
    "ca.passphrase": ("合言葉が違います。", "The passphrase is wrong."),
    "ca.key_mismatch": (
        "この鍵は、この証明書の鍵ではありません。",
        "The key is not the one of this certificate.",
    ),
    "ca.token_pin": (
        "トークンの暗証番号が違います。間違えるたびに残り回数が減ります。",
        "The token refused the PIN. Each wrong one counts: do not guess.",
    ),
}
