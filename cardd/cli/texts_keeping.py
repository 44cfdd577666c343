"""What cardctl says about cutting off old records; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

KEEPING_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "content.before": ("この日より前の記録（日本時間）", "Records before this day (Japan)"),
        "content.first_record": ("最初の記録番号", "First record"),
        "content.last_record": ("最後の記録番号", "Last record"),
        "content.records": ("記録の件数", "Number of records"),
        "content.last_hash": ("最後の記録のハッシュ値", "Hash of the last record"),
        "no_such_day": ("その日付はありません（例: 2019-11-22）。", "There is no such day; write it like 2019-11-22."),
        "cut_would": (
            "削除の対象: 記録 {first}〜{last}番（{count}件、{first_at} から {last_at} まで）、{segments}ファイル、{size} バイト",
            "These would go: records {first} to {last} ({count}, from {first_at} to {last_at}); files: {segments}, bytes: {size}",
        ),
        "cut_nothing_gone": (
            "まだ何も削除していません。--dry-run を付けずに実行すると、もう1人の承認を求めます。",
            "Nothing is gone yet. Without --dry-run a second person is asked to agree.",
        ),
        "cut_done": (
            "削除しました: 記録 {first}〜{last}番（{count}件、{first_at} から {last_at} まで）、{segments}ファイル、{size} バイト",
            "Cut off: records {first} to {last} ({count}, from {first_at} to {last_at}); files: {segments}, bytes: {size}",
        ),
        "cut_left": (
            "件数の集計と照合値は残っています（cut.json、heads）。この操作は記録 {sequence}番です。",
            "Counts and heads are left (cut.json, heads). What was done stands in record {sequence}.",
        ),
    }
)
