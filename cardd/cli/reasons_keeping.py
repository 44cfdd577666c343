"""Why records may not be cut off; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

KEEPING_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "audit.cut_refused:too_young": TwoTexts(
            "指定した日は、まだ保存期間の中にあります。",
            "The day that was given still lies within the years that are kept.",
        ),
        "audit.cut_refused:nothing": TwoTexts(
            "すべての記録がその日より前のファイルは、まだありません。",
            "There is no file yet all of whose records are older than that day.",
        ),
        "audit.cut_refused:clock": TwoTexts(
            "時計の上では古い記録ですが、記録そのものはまだ保存期間を経ていません。端末の時計を確かめてください。",
            "By the clock the records are old, but the log has not lived through so many years since. Look at the machine's clock.",
        ),
        "audit.cut_refused:damaged": TwoTexts(
            "記録に異常があります。cardd-verify で確かめるまで、何も削除しません。",
            "The record is damaged. Nothing is removed; check it with cardd-verify.",
        ),
        "audit.cut_refused:no_head": TwoTexts(
            "削除する記録を含む照合値がありません。", "No signed head covers the records that would go."
        ),
        "audit.cut_refused:not_outside": TwoTexts(
            "削除する記録を含む照合値が、まだ外部に出ていません（証人への送信、または cardctl audit export-head）。",
            "No head that covers these records has left the machine yet (to a witness, or by `cardctl audit export-head`).",
        ),
        "audit.cut_refused:unreadable": TwoTexts(
            "記録のファイルを読み取れません。", "A file of the record cannot be read."
        ),
        "audit.cut_refused:not_written": TwoTexts(
            "集計のファイルを書き込めないため、何も削除していません。",
            "The file with the counts could not be written. Nothing was removed.",
        ),
        "audit.cut_refused:not_finished": TwoTexts(
            "削除が途中で止まりました。cardd を再起動すると続きから行います。",
            "The removal stopped half way. It goes on when cardd is started again.",
        ),
        "request.bad:no_such_day": TwoTexts("その日付はありません。", "There is no such day."),
    }
)
