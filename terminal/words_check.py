"""What `cardd-agent` says at the command line. A part of `terminal.words`."""

from collections.abc import Mapping
from types import MappingProxyType

CHECK_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "help.about": (
            "窓口の暗証番号入力と、職員カードを抜いたときの画面ロックを受け持つプログラムです。画面は出しません。\n"
            "cardd が暗証番号や同意を求めると、pinentry の窓か端末で尋ねます。職員カードが抜かれると、logind に画面のロックを求め、\n"
            "ロックされたことを確かめます。ふつうは systemd のユーザーサービスとして動かします:\n"
            "  systemctl --user enable --now cardd-agent\n"
            "窓口の画面（cardd-console）を使う席では、それが同じ働きをします。二つを同時に動かす必要はありません。",
            "Asks for the PINs of a counter seat, and locks the desktop when the badge is pulled. It has no screen of its own.\n"
            "When cardd wants a PIN or a yes, a window of pinentry or the terminal asks for it. When the badge is pulled,\n"
            "logind is asked to lock the desktop, and it is seen that it happened. It runs as a service of the user:\n"
            "  systemctl --user enable --now cardd-agent\n"
            "Where the counter's page (cardd-console) is used, that does the same; the two are not needed side by side.",
        ),
        "help.more": (
            "例:\n"
            "  cardd-agent --check            この席で使えるかどうかを確かめる（管理者向け）\n"
            "  cardd-agent --prompt tty       この端末で暗証番号を尋ねる\n"
            "終了コード: 0 正常、1 --check で使えないものがあった、78 設定の誤り。詳しくは docs/terminal.md。",
            "Examples:\n"
            "  cardd-agent --check            see whether this seat can be used (for the administrator)\n"
            "  cardd-agent --prompt tty       ask for PINs at this terminal\n"
            "Exit codes: 0 well, 1 --check found something unusable, 78 wrong settings. More in docs/terminal.md.",
        ),
        "help.settings": (
            "設定ファイル（既定: CARDD_TERMINAL か /etc/cardd/terminal.toml）",
            "settings file (default: CARDD_TERMINAL or /etc/cardd/terminal.toml)",
        ),
        "help.prompt": (
            "尋ね方。設定の [agent] prompt より優先",
            "who asks; goes before [agent] prompt of the settings",
        ),
        "help.tty": ("--prompt tty で使う端末（既定: /dev/tty）", "the terminal of --prompt tty (default: /dev/tty)"),
        "help.check": (
            "cardd・窓口・入力プログラム・logind・ロックが使えるかを確かめて終わる",
            "say whether daemon, seat, prompt, logind and lock can be used, and end",
        ),
        "help.json": ("--check の結果を JSON で出す", "the result of --check as JSON"),
        "main.console": (
            "設定の [agent] prompt が console です。窓口の画面（cardd-console）が暗証番号を尋ねるので、cardd-agent は要りません。",
            "[agent] prompt is console: the counter's page (cardd-console) asks for PINs, and cardd-agent is not needed.",
        ),
        "check.good": ("よし", "good"),
        "check.warning": ("注意", "careful"),
        "check.bad": ("だめ", "bad"),
        "check.settings": ("設定", "settings"),
        "check.daemon": ("cardd", "daemon"),
        "check.seat": ("窓口", "seat"),
        "check.prompt": ("入力", "prompt"),
        "check.logind": ("セッション", "session"),
        "check.lock": ("ロック", "lock"),
        "check.settings.read": ("{file} を読みました。", "{file} is read."),
        "check.settings.defaults": (
            "設定ファイルはなく、すべて既定値です。",
            "There is no settings file; every key has its default.",
        ),
        "check.daemon.there": ("cardd {version} が動いています。", "cardd {version} is running."),
        "check.daemon.refused": ("cardd に断られました。{message} {remedy}", "cardd refuses: {message} {remedy}"),
        "check.daemon.no_daemon": (
            "cardd に接続できません。動いているか確かめてください: systemctl status cardd.socket",
            "cardd cannot be reached. See whether it runs: systemctl status cardd.socket",
        ),
        "check.daemon.no_access": (
            "cardd を使う許可がありません。情報システム担当に、cardd-clients グループへの登録を依頼し、ログインし直してください。",
            "You may not use cardd. Ask IT to make you a member of the group cardd-clients, then log in to the machine anew.",
        ),
        "check.seat.may": (
            "窓口 {seat} で暗証番号を尋ねられます。",
            "PINs may be asked for at seat {seat}.",
        ),
        "check.seat.may_not": (
            "窓口 {seat} で暗証番号を尋ねる許可がありません。情報システム担当に、cardd の設定（may_prompt）の確認を依頼してください。",
            "This account may not ask for PINs at seat {seat}. Ask IT to set `may_prompt` in cardd's settings.",
        ),
        "check.seat.unknown": ("cardd に尋ねられないため、分かりません。", "Not known: the daemon could not be asked."),
        "check.prompt.usable": ("{program} が使えます。", "{program} can be used."),
        "check.prompt.console": ("窓口の画面が尋ねます。", "The counter's page asks."),
        "check.prompt.unusable": ("{why}", "{why}"),
        "check.logind.found": (
            "logind のセッション {number}（種類 {kind}）です。",
            "Session {number} of logind, of type {kind}.",
        ),
        "check.logind.trouble": (
            "{why}。logind では画面をロックできません。",
            "{why}: logind cannot lock the desktop.",
        ),
        "check.lock.lock": (
            "職員カードを抜くと画面をロックします。{seconds:g}秒以内にロックの知らせがなければ{otherwise}。",
            "A pulled badge locks the desktop. Where nothing says so within {seconds:g} s, {otherwise}.",
        ),
        "check.lock.command": ("{program} を動かします", "{program} is run"),
        "check.lock.terminate": ("セッションを終了します", "the session is ended"),
        "check.lock.missing": (
            "設定の lock_command の {program} が見つかりません。",
            "{program} of lock_command is not there.",
        ),
        "check.lock.no_systemd_run": (
            "no_new_privs の下では lock_command を systemd-run で動かしますが、systemd-run が見つかりません。",
            "Under no_new_privs lock_command is started by systemd-run, which is not there.",
        ),
        "check.lock.bare": (
            "文字だけの画面なので、職員カードを抜くとセッションを終了します。ロックするには lock_command（vlock など）を設定してください。",
            "A bare console: a pulled badge ends the session. Set lock_command (vlock, say) to have it locked.",
        ),
        "check.lock.none": (
            "このままでは、職員カードを抜いても画面がロックされません。",
            "As it is, a pulled badge would not lock the desktop.",
        ),
        "check.lock.command_only": (
            "職員カードを抜くと {program} を動かします。それが失敗すると、ロックも終了もできません。",
            "A pulled badge runs {program}. If that fails, the desktop can be neither locked nor ended.",
        ),
        "check.lock.end_session": ("職員カードを抜くとセッションを終了します。", "A pulled badge ends the session."),
        "check.lock.nothing": (
            '職員カードを抜いても画面はロックされません（設定 action = "nothing"）。',
            'A pulled badge does not lock the desktop (action = "nothing").',
        ),
    }
)
