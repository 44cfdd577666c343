"""What backup and restoration say: Japanese and English."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- questions
    "ask.first_new": (
        "1人目の方: 新しい合言葉（12〜64文字、英数字と記号）",
        "First person: a new passphrase (12 to 64 characters, ASCII)",
    ),
    "ask.first_new_again": ("1人目の方: もう一度、合言葉", "First person: the same passphrase again"),
    "ask.second_new": (
        "2人目の方: 新しい合言葉（1人目と別のもの）",
        "Second person: a new passphrase (not the first person's)",
    ),
    "ask.second_new_again": ("2人目の方: もう一度、合言葉", "Second person: the same passphrase again"),
    "ask.first": ("1人目の方: 復旧キーの合言葉", "First person: passphrase of the recovery key"),
    "ask.second": ("2人目の方: 復旧キーの合言葉", "Second person: passphrase of the recovery key"),
    "differ": ("2回の入力が違います。もう一度入力してください。", "The two were not the same. Please type it again."),
    "passphrase_short": ("合言葉が短すぎます（12文字以上）。", "The passphrase is too short (12 characters or more)."),
    "passphrase_long": ("合言葉が長すぎます（64文字まで）。", "The passphrase is too long (at most 64 characters)."),
    "passphrase_characters": (
        "英数字と記号（ASCII）だけを使ってください。",
        "Use letters, digits and signs of ASCII only.",
    ),
    # --- results
    "key_made": (
        "復旧キーを作りました: {path}\n"
        "  この端末の印: {fingerprint}\n"
        "  復旧キーと上の印を紙に控え、端末とは別の場所（金庫など）に保管してください。合言葉は、2人がそれぞれ自分の分だけを覚えます。\n"
        "  復旧キーか合言葉の一方でも失うと、バックアップは誰にも開けません。",
        "The recovery key is made: {path}\n"
        "  Seal of this machine: {fingerprint}\n"
        "  Keep the recovery key, and this seal on paper, away from the machine (a safe).\n"
        "  Each person remembers only their own passphrase.\n"
        "  Without the recovery key, or without one of the passphrases, nobody can open the backups.",
    ),
    "key_added": (
        "この端末のバックアップキーを作りました。\n  この端末の印: {fingerprint}\n  紙に控えてください。復旧のときに確かめます。",
        "This machine has its backup key.\n  Seal of this machine: {fingerprint}\n"
        "  Write it down: it is compared when a backup is restored.",
    ),
    "taken": (
        "バックアップを作りました: {path}（{files} ファイル、記録 {last} 件まで）",
        "Backup made: {path} ({files} files, the record up to number {last})",
    ),
    "inspected": (
        "このバックアップは壊れていません。\n  端末 {terminal}、作成 {made}、cardd {program}、{files} ファイル\n"
        "  記録 {log}、最後の番号 {last}、最後の記録のハッシュ {hash}",
        "This backup is whole.\n  Terminal {terminal}, made {made}, by cardd {program}, {files} files\n"
        "  Record {log}, last number {last}, hash of the last record {hash}",
    ),
    "restored": (
        "復元しました。これまでの記録は閉じて保管してあります: {closed}\n"
        "新しい記録は、次に cardd が起動するときに始まり、この記録の続きであることを最初に書きます。\n"
        "次にすること:\n"
        "  1. cardd --check-config で設定を確かめる\n"
        "  2. systemctl start cardd\n"
        "  3. {first_key} を監査担当と、記録の証人に渡す（新しい記録の鍵です）\n"
        "  4. バックアップのあとで止めた職員カードがあれば、もう一度止める（cardctl badge block）\n"
        "  5. バックアップのあとで署名された規則・職員名簿・利用停止リストがあれば、もう一度入れる（cardctl office install）",
        "Restored. The record so far is closed and kept: {closed}\n"
        "The new record begins when cardd starts, and its first words say that it goes on from this one.\n"
        "What to do next:\n"
        "  1. cardd --check-config\n"
        "  2. systemctl start cardd\n"
        "  3. give {first_key} to the auditor and to the witnesses (the new record's key)\n"
        "  4. block again whatever badges were blocked after the backup was made (cardctl badge block)\n"
        "  5. install again whatever policy, register or block list was signed after it (cardctl office install)",
    ),
    "already": ("（{n} ファイルは同じものがすでにありました）", "({n} files were there already, the same)"),
    # --- what stops it
    "no_age": (
        "age のライブラリーがありません。pip install 'cardd[backup]' を行ってください。",
        "The age library is missing: pip install 'cardd[backup]'.",
    ),
    "not_root": ("root で実行してください。", "Run this as root."),
    "no_user": ("ユーザー {user} がありません。", "There is no user {user}."),
    "settings_broken": ("設定ファイルに誤りがあります。\n{problems}", "The settings are wrong.\n{problems}"),
    "no_settings": ("バックアップに設定ファイルがありません。", "The backup has no settings in it."),
    "same_passphrase": (
        "2人の合言葉が同じです。別の合言葉にしてください。",
        "Both passphrases are the same: each person needs their own.",
    ),
    "secret_missing": ("合言葉が入力されませんでした。", "No passphrase was given."),
    "secret_long": ("合言葉が長すぎます（64文字まで）。", "The passphrase is too long (at most 64 characters)."),
    "no_terminal": ("合言葉を入力する端末がありません。", "There is no terminal to type a passphrase at."),
    "key_exists": (
        "この端末にはバックアップキーがすでにあります: {path}。上書きはしません。",
        "This machine has a backup key: {path}. Nothing is written over.",
    ),
    "recovery_exists": (
        "{path} がすでにあります。上書きはしません。",
        "{path} is there already. Nothing is written over.",
    ),
    "no_backup_key": (
        "バックアップキーがありません（{path}）。2人で cardctl backup-key new を行ってください。",
        "There is no backup key ({path}). Two people make it: cardctl backup-key new.",
    ),
    "backup_key_broken": (
        "バックアップキーのファイルが壊れているか、組になっていません。",
        "The files of the backup key are damaged, or do not belong together.",
    ),
    "newer_key": ("このキーは、新しい版の cardd のものです。", "This key is of a newer cardd."),
    "no_answer": (
        "cardd が state.db の写しを作りませんでした。cardctl health と journalctl -u cardd を見てください。",
        "cardd did not make a copy of state.db. Look at cardctl health and journalctl -u cardd.",
    ),
    "state_broken": ("{path} が壊れています。", "{path} is damaged."),
    "newer_state": (
        "state.db は新しい版（形式 {version}）のものです。cardd を新しくしてから、もう一度行ってください。",
        "This state.db is of a newer cardd (form {version}). Install that version, then repeat this.",
    ),
    "record_broken": (
        "記録 {path} の {sequence} 番が壊れています（{problem}）。cardd-verify で確かめてください。",
        "Record {sequence} in {path} is damaged ({problem}). Check it with cardd-verify.",
    ),
    "no_record": (
        "{path} に記録がありません。初期設定（cardctl setup）がまだのようです。",
        "There is no record in {path}: nobody has set this machine up yet (cardctl setup).",
    ),
    "file_shrank": (
        "{path} が読み取りの途中で短くなりました。もう一度行ってください。",
        "{path} became shorter while it was read. Repeat this.",
    ),
    "wrong_passphrases": (
        "復旧キーが開きません。どちらかの合言葉が違うか、復旧キーのファイルが壊れています。",
        "The recovery key does not open: one of the passphrases is wrong, or its file is damaged.",
    ),
    "recovery_broken": ("復旧キーの中身が壊れています。", "What is in the recovery key is damaged."),
    "wrong_recovery": (
        "このバックアップは、別の復旧キーで開くものです（または壊れています）。",
        "This backup opens with another recovery key (or is damaged).",
    ),
    "wrong_seal": (
        "このバックアップの印は、復旧キーの知る端末のものではありません: {fingerprint}\n"
        "紙に控えた印と同じであれば、--seal でその印を指定してください。違うときは使わないでください。",
        "The seal of this backup is not of the machine that the recovery key knows: {fingerprint}\n"
        "Where it is what the paper says, give it with --seal. Where it is not, do not use this backup.",
    ),
    "bad_seal": ("--seal は、紙に控えた印（32文字）です。", "--seal is the seal on paper, 32 characters."),
    "archive_damaged": (
        "バックアップが壊れています。何も変更していません。",
        "The backup is damaged. Nothing was changed.",
    ),
    "newer_archive": ("このバックアップは、新しい版の cardd のものです。", "This backup is of a newer cardd."),
    "not_empty": (
        "{path} がすでにあり、内容が違います。復元は空の端末に行います。何も変更していません。",
        "{path} is there and is not the same. A backup is restored onto an empty machine. Nothing was changed.",
    ),
    "disk": ("{path}: {why}", "{path}: {why}"),
    "interrupted": ("中断しました。もう一度同じコマンドを行うと続けます。", "Interrupted. The same command goes on."),
}
