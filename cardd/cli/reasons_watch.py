"""Why an alarm cannot be reviewed, or a list not be changed; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

WATCH_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "policy.denied:own_alarm": TwoTexts(
            "自分についての警告は、ほかの職員が確認します。",
            "Nobody reviews an alarm about themselves: somebody else does.",
        ),
        "audit.unknown:alarm": TwoTexts("この番号の警告はありません。", "There is no alarm with this number."),
        "audit.unavailable:watch_list_broken": TwoTexts(
            "見守り名簿のファイルを読めません。バックアップから戻してください。",
            "The file of the watch list cannot be read. Restore it from the backup.",
        ),
        "audit.unavailable:watch_list_not_written": TwoTexts(
            "見守り名簿を書き込めません。ディスクを確かめてください。",
            "The watch list cannot be written. Look at the disk.",
        ),
        "card.unsupported:no_identity": TwoTexts(
            "このカードには、見分けるための情報がありません。",
            "The card shows nothing by which it could be known again.",
        ),
        "watching:behind": TwoTexts(
            "過去の記録を調べている途中です。", "The records of the last days are still gone over."
        ),
        "watching:damaged": TwoTexts(
            "記録に異常があり、調べられません。", "The record is damaged and cannot be looked at."
        ),
        "watching:unreadable": TwoTexts("記録を読めません。", "The record cannot be read."),
        "watching:list_broken": TwoTexts("見守り名簿のファイルを読めません。", "A watch list cannot be read."),
    }
)
