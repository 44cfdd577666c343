"""Why the set-up stops before its end, and what to do then."""

ENDINGS: dict[str, tuple[str, str]] = {
    # key: (ja, en)
    "not_root": (
        "初期設定は root で行います: sudo cardctl setup",
        "The set-up is root's: sudo cardctl setup",
    ),
    "no_user": (
        "ユーザー {user} がいません。systemd-sysusers を実行してください（docs/installation.md）。",
        "There is no user {user}. Run systemd-sysusers first (docs/installation.md).",
    ),
    "time": (
        "時計が合っていません（{now}）。合わせてから、もう一度実行してください。",
        "The clock is wrong ({now}). Set it first: certificates and signatures carry its date for ever.",
    ),
    "answer_missing": ("回答ファイルに答えがありません: {question}", "The answers file does not answer: {question}"),
    "nobody_answers": ("質問に答える人がいません。", "There is nobody to answer."),
    "secret.secret_missing": ("合言葉または暗証番号が渡されていません。", "No passphrase or PIN was given."),
    "secret.secret_long": ("64文字を超えています。", "More than 64 characters were given."),
    "secret.no_terminal": (
        "暗証番号を入力する端末がありません。--pin-fd を使ってください。",
        "There is no terminal to type at. Use --pin-fd.",
    ),
    "settings_broken": ("設定ファイルに誤りがあります:\n{problems}", "The settings cannot be used:\n{problems}"),
    "other_state": (
        "設定ファイルの state_directory は {path} です。--state-directory と合いません。",
        "The settings name {path} as state_directory, not what --state-directory says.",
    ),
    "no_ca_key": (
        "設定ファイルに認証局の鍵の場所がありません。次の行を加えてください:\n{lines}",
        "The settings do not say where the operator CA's key is. Add these lines:\n{lines}",
    ),
    "other_ca_place": (
        "設定ファイルの badges.ca_key と、コマンドのトークンの指定が違います。",
        "The settings name another place for the CA's key (badges.ca_key) than the command line.",
    ),
    "folder_rights": (
        "{path} の所有者か権限が違います: chown {owner} {path} && chmod {mode} {path}",
        "{path} has another owner or is open to others: chown {owner} {path} && chmod {mode} {path}",
    ),
    "no_folder": ("{path} はフォルダーではありません。", "{path} is no folder."),
    "daemon_runs": (
        "cardd が動いています（{path}）。先に止めてください: systemctl stop cardd.socket cardd.service",
        "cardd is running (it holds {path}). Stop it first: systemctl stop cardd.socket cardd.service",
    ),
    "state_broken": (
        "{path} が使えません。バックアップから戻してください。",
        "{path} cannot be used. Restore it from the backup.",
    ),
    "no_record": (
        "記録を書けません（{path}）。記録がなければ初期設定はできません。",
        "The record cannot be written ({path}), and nothing is done without it.",
    ),
    "was_set_up": (
        "この端末は設定済みですが、{path} がありません。バックアップから戻してください。",
        "This machine was set up before, and {path} is gone. Restore it and its .p7s from the backup.",
    ),
    "register_there": (
        "職員名簿がすでにありますが、使えません:\n{problems}",
        "There is a register already, and it cannot be used:\n{problems}",
    ),
    "register_unsigned": (
        "署名のない職員名簿 {path} があります。初期設定で作り直すには、別の場所に移してください。",
        "{path} is there and not signed. Move it away to let the set-up make one.",
    ),
    "foreign_pcscd": (
        "{variable} が設定されています。production では使えません。",
        "{variable} is set: in production only the real pcscd counts. Unset it.",
    ),
    "pcscd_down": (
        "カードリーダーのサービス（pcscd）に接続できません: systemctl start pcscd.socket",
        "pcscd does not answer, or does not let us in: systemctl start pcscd.socket",
    ),
    "key_unusable": (
        "{path} は鍵として使えません。中身を確かめ、別の場所に移してください。",
        "{path} is no key that can be used. See what it is, and move it away.",
    ),
    "ca_unusable": ("認証局（{path}）が使えません: {why}", "The operator CA ({path}) cannot be used: {why}"),
    "ca_key_missing": (
        "認証局の証明書 {certificate} はありますが、鍵 {path} がありません。バックアップから戻してください。",
        "The CA's certificate {certificate} is there and its key {path} is not. Restore it from the backup.",
    ),
    "other_anchor": (
        "{path} に別の認証局の証明書があります。確かめて、移すか、設定の operator_ca を直してください。",
        "{path} holds the certificate of another CA. See whose it is; move it away, or correct `operator_ca`.",
    ),
    "other_policy": (
        "署名する規則の案 {path} がすでにあります。--policy の内容と違います。",
        "Another policy is waiting to be signed: {path}. Remove it to begin with the one of --policy.",
    ),
    "policy_broken": ("規則に誤りがあります:\n{problems}", "The policy cannot be used:\n{problems}"),
    "policy_without_administrator": (
        "規則に、office_files の権限を持つ役割がありません。",
        "No role of this policy has the right `office_files`: nobody could ever sign the next one.",
    ),
    "not_issued": ("認証局が証明書を発行できません（{why}）。", "The CA does not certify this badge ({why})."),
    "badge_not_proven": (
        "カードの署名が電子証明書と合いません。次の実行で鍵を作り直します。",
        "The badge's signature does not fit its certificate. The next run makes new keys.",
    ),
    "drafts_refused": (
        "規則と名簿を cardd が受け付けません:\n{problems}",
        "cardd would not start with these files:\n{problems}",
    ),
    "check_config": (
        "cardd --check-config が問題を見つけました:\n{problems}",
        "cardd --check-config found:\n{problems}",
    ),
}
