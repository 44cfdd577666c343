"""What stands under the login field when the machine does not open, in Japanese and English: what happened, and what to do."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cardd.cli.screen import visible
from cardd.cli.texts import Speech
from cardd.client import RemoteError
from cardd.wire.fault import Locale, TwoTexts
from cardd.wire.fault_table import FAULTS

TEXTS: Mapping[str, TwoTexts] = {
    "no_badge": TwoTexts(
        "職員カードがカードリーダーにありません。職員カードを置いて、もう一度暗証番号を入力してください。",
        "There is no badge in the reader. Put your badge in, and type its PIN again.",
    ),
    "two_badges": TwoTexts(
        "職員カードが2枚以上あります。自分のカードだけを置いてください。",
        "More than one badge is in the readers. Leave only your own there.",
    ),
    "put_in": TwoTexts(
        "職員カードをカードリーダーに置いて、その暗証番号を入力してください。",
        "Put your badge into the reader, then type its PIN.",
    ),
    "type": TwoTexts("職員カードの暗証番号を入力してください。", "Type the PIN of your badge."),
    "pad": TwoTexts(
        "カードリーダーのキーで、職員カードの暗証番号を入力してください。", "Type the PIN of your badge at the reader's keys."
    ),
    "no_daemon": TwoTexts(
        "カードの管理プログラム（cardd）が動いていません。情報システム担当に連絡してください。",
        "The card service (cardd) is not running. Call IT.",
    ),
    "no_access": TwoTexts(
        "カードの管理プログラム（cardd）への接続が許可されていません。情報システム担当に連絡してください。",
        "This program may not reach the card service (cardd). Call IT.",
    ),
    "daemon_gone": TwoTexts(
        "カードの管理プログラム（cardd）が途中で終了しました。もう一度操作してください。",
        "The card service (cardd) ended in the middle. Try again.",
    ),
    "daemon_old": TwoTexts(
        "カードの管理プログラム（cardd）の版が古いため、ログインできません。情報システム担当に連絡してください。",
        "The card service (cardd) is too old for this login. Call IT.",
    ),
    "too_slow": TwoTexts(
        "時間内に終わりませんでした。もう一度操作してください。続く場合は、情報システム担当に連絡してください。",
        "It took too long. Try again; call IT if it stays like this.",
    ),
    "empty": TwoTexts(
        "暗証番号が入力されていません。残り回数は減っていません。", "No PIN was typed. No try was spent."
    ),
    "shape": TwoTexts(
        "職員カードの暗証番号は数字6〜8桁です。残り回数は減っていません。",
        "The PIN of a badge has 6 to 8 digits. No try was spent.",
    ),
    "again": TwoTexts(
        "確認の途中で職員カードの状態が変わりました。もう一度操作してください。",
        "The badge changed while it was being asked. Try again.",
    ),
    "wrong_pin": TwoTexts("職員カードの暗証番号が違います（残り{n}回）。", "The badge's PIN is wrong (tries left: {n})."),
    "wrong_pin_last": TwoTexts(
        "残り1回になったため、この職員カードは使えません。システム管理者にロック解除を依頼してください。",
        "With one try left this badge counts as blocked. Ask an administrator to unblock it.",
    ),
    "blocked": TwoTexts(
        "この職員カードはロックされています。システム管理者にロック解除を依頼してください。",
        "This badge is blocked. Ask an administrator to unblock it.",
    ),
    "repeated": TwoTexts(
        "直前と同じ、間違った暗証番号です。残り回数は減っていません。",
        "It is the wrong PIN of a moment ago. No try was spent.",
    ),
    "locked_out": TwoTexts(
        "ログインの失敗が続いたため、止めています。あと{n}分待ってください。",
        "Too many logins failed. Wait {n} min.",
    ),
    "seat_taken": TwoTexts(
        "この窓口では、別の人がログインしています。先にその職員カードを抜いてください。",
        "Somebody else is logged in at this seat. That badge must be taken out first.",
    ),
    "login_running": TwoTexts(
        "この窓口では、別のログインの確認中です。少し待って、もう一度操作してください。",
        "Another login is under way at this seat. Wait a moment and try again.",
    ),
    "emergency": TwoTexts(
        "緊急停止中のため、職員カードではログインできません。責任者に連絡してください。",
        "Emergency stop: no badge opens this machine. Call the supervisor.",
    ),
    "ask_supervisor": TwoTexts(
        "自分のカードとアカウントを確かめてください。正しい場合は、責任者に確認を依頼してください。",
        "Make sure that badge and account are yours. If they are, ask the supervisor to check them.",
    ),
    "user_name": TwoTexts(
        "職員カードで開けるアカウントの名前ではありません。", "No badge opens an account of this name."
    ),
    "not_yours": TwoTexts(
        "このプログラムで開けるのは、自分のアカウントだけです。", "This program opens the account of its own user alone."
    ),
    "ends_soon": TwoTexts(
        "職員カードの有効期限まで、あと{n}日です。", "Your badge ends in {n} days."
    ),
    "internal": TwoTexts(
        "ログインの確認で問題が起きました。情報システム担当に連絡してください（記録: cardd-pam）。",
        "Something went wrong in this login. Call IT (log: cardd-pam).",
    ),
    "wrong_call": TwoTexts(
        "ログインの設定が正しくありません。情報システム担当に連絡してください（記録: cardd-pam）。",
        "The login is set up wrongly. Call IT (log: cardd-pam).",
    ),
}  # fmt: skip
_BY_ERROR: Mapping[str, str] = {
    "card.absent": "no_badge",
    "lockdown.engaged": "emergency",
    "pin.was_blocked": "blocked",
    "pin.now_blocked": "blocked",
    "pin.repeated": "repeated",
    "session.exists": "seat_taken",
    "request.level_unsupported": "daemon_old",
}
_BY_PROBLEM: Mapping[tuple[str, str], str] = {
    ("session.exists", "login_running"): "login_running",
    ("request.bad", "more_than_one"): "two_badges",
    ("request.bad", "extra_forbidden"): "daemon_old",
}
_SUPERVISOR: Final = ("auth.failed", "auth.wrong_account")
LAST_TRY: Final = 1
_SYSTEM_FILES: Final = (Path("/etc/default/locale"), Path("/etc/locale.conf"))
_CONSOLE: Final = re.compile(r"(/dev/)?tty[0-9]+")


class Sentences:
    """The sentences in one language."""

    def __init__(self, locale: Locale) -> None:
        self.locale: Locale = locale

    def __call__(self, key: str, **values: object) -> str:
        return TEXTS[key].of(self.locale).format(**values)

    def of_error(self, error: RemoteError) -> Iterator[str]:
        """What a person reads of an error of the daemon: a sentence of this file, else the daemon's own, its reason and its remedy."""
        data, problem = error.data, str(error.data.get("problem") or "")
        key = _BY_PROBLEM.get((error.name, problem)) or _BY_ERROR.get(error.name)
        if error.name == "pin.rejected":
            yield from self._wrong_pin(_tries(data))
        elif error.name == "auth.locked" and data.get("retry_after_s"):
            yield self("locked_out", n=-(-int(data["retry_after_s"]) // 60))
        elif key is not None:
            yield self(key)
        else:
            # What fails before `hello` comes in English from the daemon; the table of this side knows both languages.
            row = FAULTS.get(error.name)
            yield row.message.of(self.locale) if row else visible(error.message)
            if problem:
                yield visible(Speech(self.locale).why(error.name, problem))
            if error.name in _SUPERVISOR:
                yield self("ask_supervisor")  # the table's remedy is for whoever writes programs
            else:
                yield row.remedy.of(self.locale) if row else visible(error.remedy)

    def _wrong_pin(self, tries: int | None) -> Iterator[str]:
        yield self("wrong_pin", n="?" if tries is None else tries)
        if tries == LAST_TRY:
            yield self("wrong_pin_last")


def _tries(data: Mapping[str, Any]) -> int | None:
    tries = (data.get("pin") or {}).get("tries_left", data.get("tries_left"))
    return tries if isinstance(tries, int) else None


def locale_of_login(environment: Mapping[str, str] = os.environ, files: tuple[Path, ...] = _SYSTEM_FILES) -> Locale:
    """`ja` or `en`: what PAM's environment says, else what the machine is set to (locale(5), `LANG`); Japanese where nobody says.

    The kernel's own console has no Japanese letters: what `login` shows there is English.
    """
    if environment.get("PAM_SERVICE") == "login" and _CONSOLE.fullmatch(environment.get("PAM_TTY", "")):
        return "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return _language(environment[name])
    for file in files:
        if file.exists():
            found = re.search(r'^\s*(?:export\s+)?LANG="?([^"\s]+)', file.read_text(errors="replace"), re.MULTILINE)
            if found:
                return _language(found[1])
    return "ja"


def _language(value: str) -> Locale:
    return "ja" if value.startswith("ja") else "en"
