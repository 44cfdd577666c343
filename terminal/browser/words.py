"""What the host says when it refuses, in Japanese and English: like the daemon's errors, a name that never changes, and what to do."""

from dataclasses import dataclass
from typing import Final

from cardd.wire.fault import Actor, Locale, TwoTexts


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. `code`: JSON-RPC's number range for applications, our choice."""

    name: str
    code: int
    actor: Actor
    message: TwoTexts
    remedy: TwoTexts

    def told(self, locale: Locale) -> dict[str, object]:
        """As an error answer has it."""
        data = {"name": self.name, "actor": self.actor, "retryable": False, "remedy": self.remedy.of(locale)}
        return {"code": self.code, "message": self.message.of(locale), "data": data}


_ASK_IT: Final = TwoTexts(
    "情報システム担当に、設定の確認を依頼してください。", "Ask IT to look at /etc/cardd/browser.toml."
)
_ASK_MAKER: Final = TwoTexts("業務アプリケーションの担当者に連絡してください。", "Tell the maker of the application.")

ORIGIN: Final = Refusal(
    "browser.origin_not_allowed", 9001, "it",
    TwoTexts("このウェブページには、カードを使う許可がありません。", "This web page may not use the daemon."), _ASK_IT,
)  # fmt: skip
EXTENSION: Final = Refusal(
    "browser.extension_not_allowed", 9002, "it",
    TwoTexts("このブラウザー拡張機能には、カードを使う許可がありません。", "This browser extension may not use the daemon."), _ASK_IT,
)  # fmt: skip
METHOD: Final = Refusal(
    "browser.method_not_allowed", 9003, "it",
    TwoTexts("このウェブページには、この操作の許可がありません。", "This web page may not call this method."), _ASK_IT,
)  # fmt: skip
MESSAGE: Final = Refusal(
    "browser.bad_message", 9004, "program",
    TwoTexts("ウェブページからの要求の形が正しくありません。", "What the page sent is no request."), _ASK_MAKER,
)  # fmt: skip
TOO_MANY: Final = Refusal(
    "browser.too_many", 9005, "program",
    TwoTexts("ウェブページからの要求が多すぎます。", "The page has too many calls under way."), _ASK_MAKER,
)  # fmt: skip
TOO_LONG: Final = Refusal(
    "browser.answer_too_long", 9006, "program",
    TwoTexts("答えが長すぎて、ブラウザーに渡せません。", "The answer is too long for the browser."), _ASK_MAKER,
)  # fmt: skip
SETTINGS: Final = Refusal(
    "browser.settings", 9007, "it",
    TwoTexts("ブラウザー連携の設定を読めません。", "The settings of the browser host cannot be used."), _ASK_IT,
)  # fmt: skip
TEST_ONLY: Final = Refusal(
    "browser.test_only", 9008, "it",
    TwoTexts("この設定は、試験用の cardd でのみ使えます。", "These settings hold for a daemon in test mode alone."), _ASK_IT,
)  # fmt: skip
DAEMON: Final = Refusal(
    "browser.daemon_gone", 9009, "it",
    TwoTexts("cardd に接続できません。", "The daemon does not answer, or has ended."),
    TwoTexts("しばらく待ってから、もう一度操作してください。", "Connect again after a while."),
)  # fmt: skip
CANCELLED: Final = Refusal(
    "request.cancelled", 1006, "program",
    TwoTexts("要求は取り消されました。", "The request was cancelled."),
    TwoTexts("必要なら、もう一度操作してください。", "Ask again if it is still needed."),
)  # fmt: skip
REFUSALS: Final = (ORIGIN, EXTENSION, METHOD, MESSAGE, TOO_MANY, TOO_LONG, SETTINGS, TEST_ONLY, DAEMON, CANCELLED)
