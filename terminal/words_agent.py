"""What the agent tells: its news. A part of `terminal.words`."""

from collections.abc import Mapping
from types import MappingProxyType

AGENT_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "news.connected": ("cardd につながりました（窓口 {seat}）。", "Connected to cardd (seat {seat})."),
        "news.no_daemon": (
            "cardd が動いていません。動き出すまで待ちます。",
            "cardd is not running. Waiting until it is.",
        ),
        "news.no_access": (
            "cardd を使う許可がありません。情報システム担当に、cardd-clients グループへの登録を依頼し、ログインし直してください。",
            "You may not use cardd. Ask IT to make you a member of the group cardd-clients, then log in to the machine anew.",
        ),
        "news.daemon_gone": (
            "cardd との接続が切れました。つながるまで繰り返します。",
            "The connection to cardd has ended. Trying again until it is back.",
        ),
        "news.refused": ("cardd に断られました。{message} {remedy}", "cardd refuses: {message} {remedy}"),
        "news.registered": (
            "この窓口の暗証番号の入力を受け付けます。",
            "This program now asks for the PINs of this seat.",
        ),
        "news.taken": (
            "この窓口の暗証番号入力プログラムは、すでに動いています。それが終わったら引き継ぎます。",
            "This seat has a PIN agent already. This one takes over when the other ends.",
        ),
        "news.asking": ("暗証番号か同意を求めています。", "A person is being asked."),
        "news.asked_no_more": ("問い合わせが終わりました。", "The question is over."),
        "news.prompt_broken": ("暗証番号の入力画面を出せませんでした。{why}", "The PIN could not be asked for. {why}"),
        "news.wrong_shape": (
            "暗証番号の形が合わないので、もう一度尋ねます。残り回数は減っていません。",
            "The PIN did not have the right shape and is asked for again. No try was used.",
        ),
        "news.session_started": ("ログインしました。", "Somebody has logged in."),
        "news.session_ended": ("ログインが終わりました（{reason}）。", "The login has ended ({reason})."),
        "news.session_locked": ("ロックされました（{reason}）。", "The login is locked ({reason})."),
        "news.session_unlocked": ("ロックが解除されました。", "The login is unlocked."),
        "news.lockdown_engaged": ("緊急停止中です。", "The emergency stop is in force."),
        "news.lockdown_released": ("緊急停止は解除されました。", "The emergency stop is lifted."),
        "news.locking": ("画面のロックを求めました。", "The desktop was asked to lock."),
        "news.locked": ("画面がロックされました。", "The desktop is locked."),
        "news.locked_by_command": (
            "画面が応答しなかったため、設定のコマンドでロックしました。",
            "The desktop did not answer; it was locked by the configured command.",
        ),
        "news.session_terminated": (
            "画面をロックできなかったため、ログインしていた作業画面を終了しました（{why}）。",
            "The desktop could not be locked, so the desktop session was ended ({why}).",
        ),
        "news.lock_failed": (
            "画面をロックすることも終了することもできませんでした（{why}）。席を離れる前に、手でロックしてください。",
            "The desktop could be neither locked nor ended ({why}). Lock it by hand before you leave.",
        ),
        "news.left_alone": (
            "設定により、画面はロックしません。",
            "By the settings the desktop is not locked.",
        ),
        "news.badge_left": (
            "職員カードがカードリーダー（{reader}）に残っています。席を離れるときは抜いてください。",
            "An operator's badge is still in the reader {reader}. Take it with you when you leave.",
        ),
        "news.resident_left": (
            "住民のカードがカードリーダー（{reader}）に残っています。お返ししてください。",
            "A resident's card is still in the reader {reader}. Give it back.",
        ),
        "end.logout": ("ログアウト", "logged out"),
        "end.badge_removed": ("職員カードが抜かれた", "badge pulled"),
        "end.reader_lost": ("カードリーダーが外れた", "reader gone"),
        "end.pcsc_lost": ("カードリーダーのサービスが止まった", "the PC/SC service went"),
        "end.too_old": ("時間切れ", "too long ago"),
        "end.suspended": ("端末がスリープした", "the machine slept"),
        "end.lockdown": ("緊急停止", "emergency stop"),
        "end.policy_changed": ("利用規則の変更", "the policy changed"),
        "end.role_ended": ("役割の終了", "the role ended"),
        "end.blocked": ("職員カードの利用停止", "the badge is blocked"),
        "end.stop": ("cardd の停止", "cardd stops"),
        "end.inactivity": ("操作がなかった", "nothing was done"),
        "end.asked": ("操作による", "as asked"),
        "why.no_bus": (
            "システムバス（D-Bus）につながりません",
            "the system bus (D-Bus) is not there",
        ),
        "why.no_session": ("logind のセッションが見つかりません", "logind knows no session of yours"),
        "why.not_locked": (
            "ロックされたという知らせが来ませんでした",
            "nothing said that it was locked",
        ),
        "why.command_failed": (
            "ロックのコマンドも失敗しました",
            "the lock command failed too",
        ),
        "why.bare_console": ("文字だけの画面にはロックがありません", "a bare console has no lock"),
        "why.configured": ("設定による", "as configured"),
        "why.refused": ("logind に断られました", "logind refused"),
        "notify.title": ("カードの置き忘れ", "A card was left behind"),
    }
)
