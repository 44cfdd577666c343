"""What cardctl says about operators' badges; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

BADGE_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "pin.operator_ca": (
            "認証局の鍵のパスフレーズ（トークンの場合は暗証番号）",
            "Passphrase of the operator CA's key (or PIN of its token)",
        ),
        "badge_preparing": (
            "職員カードに番号とPUKと暗証番号を設定しています…",
            "Giving the badge its number, PUK and PIN…",
        ),
        "badge_keys": (
            "職員カードの中で鍵を作り、電子証明書を発行しています…",
            "Making keys on the badge, and their certificates…",
        ),
        "badge_writing": ("職員カードに電子証明書を書き込んでいます…", "Writing the certificates to the badge…"),
        "badge_proving": ("職員カードの動作を確かめています…", "Letting the badge prove that it works…"),
        "badge_resumed": (
            "途中で止まっていた作業の続きから行いました。",
            "An earlier run that was broken off has been finished.",
        ),
        "badge_enrolled": (
            "{operator} の職員カードを発行しました（{until} まで有効）。すぐにログインできます。",
            "{operator} has a badge, until {until}. It is let in from now on.",
        ),
        "badge_renewed": (
            "{operator} の職員カードを更新しました（{until} まで有効）。",
            "The badge of {operator} is renewed, until {until}.",
        ),
        "badge_factory_key": (
            "注意: このカードの管理鍵は工場出荷時のままです（カードに変更の機能がありません）。"
            "手元を離れたカードの電子証明書は書き換えられるおそれがあります。",
            "Note: this badge keeps the factory's management key; it has no command to change it. "
            "Whoever holds it can overwrite its certificates.",
        ),
        "badge_unblocked": (
            "{operator} の職員カードに新しい暗証番号を設定しました。",
            "The badge of {operator} has a new PIN.",
        ),
        "badge_blocked": (
            "{operator} の職員カードの利用を停止しました。今から使えません。",
            "The badge of {operator} is blocked: it is let in no more.",
        ),
        "badge_session_ended": (
            "このカードで開かれていたログインを{n}件終了しました。",
            "Sessions ended that were opened with it: {n}.",
        ),
        "no_badges": ("職員カードはありません。", "There are no badges."),
        "several_badges": (
            "自分のカード以外に、職員カードが複数あります。--card で指定してください: {handles}",
            "More than one badge beside yours is there; name one with --card: {handles}",
        ),
        "head.operator": ("職員番号", "OPERATOR"),
        "head.name": ("氏名", "NAME"),
        "head.duty": ("役割", "ROLE"),
        "head.badge": ("職員カード", "BADGE"),
        "head.expires": ("有効期限", "UNTIL"),
        "head.days": ("残り日数", "DAYS LEFT"),
        "head.management_key": ("管理鍵", "MANAGEMENT KEY"),
        "badge_status.active": ("有効", "active"),
        "badge_status.blocked": ("利用停止", "blocked"),
        "badge_status.ended": ("期間終了", "ended"),
        "badge_status.incomplete": ("作成途中", "incomplete"),
        "management_key.own": ("独自", "own"),
        "management_key.factory": ("工場出荷時", "factory"),
    }
)
