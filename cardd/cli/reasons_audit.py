"""Why a question about the record got no answer; a part of `cardd.cli.reasons`."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.wire.fault import TwoTexts

AUDIT_REASONS: Mapping[str, TwoTexts] = MappingProxyType(
    {
        "audit.unknown:sequence": TwoTexts(
            "その番号の記録はまだありません。", "There is no record of this number yet."
        ),
        "audit.unknown:cut_off": TwoTexts(
            "その記録は保存期間を過ぎて削除されています。", "This record was cut off when its years were over."
        ),
        "audit.unknown:other_hash": TwoTexts(
            "その番号にあるのは別の記録です。控えを確かめてください。",
            "Another record stands at this number: the receipt is of another log, or it was changed.",
        ),
        "audit.unknown:no_head": TwoTexts("照合値がまだありません。", "There is no signed head yet."),
        "audit.unknown:log": TwoTexts("その利用記録はこの端末にありません。", "This log is not kept here."),
        "audit.unknown:export": TwoTexts(
            "その書き出しはありません。15分を過ぎたか、ほかの職員のものです。",
            "There is no such export: its 15 minutes are over, or it is another session's.",
        ),
        "audit.unknown:disclosure": TwoTexts(
            "開示の続きは出せません。5分を過ぎたか、別のログインまたは別の受付のものです。はじめから開示してください。",
            "This list cannot be gone on with: its 5 minutes are over, or it is another session's or case's. Begin it anew.",
        ),
        "audit.unknown:other_card": TwoTexts(
            "はじめの開示とは別のカードです。", "This is another card than the one that the list began with."
        ),
        "audit.indexing:indexing": TwoTexts(
            "記録を初めから読み直しています。", "The record is being read from its beginning."
        ),
        "audit.indexing:behind": TwoTexts(
            "最新の記録がまだ索引に入っていません。", "The newest records are not in the index yet."
        ),
        "audit.indexing:index_damaged": TwoTexts(
            "索引が壊れていたため、作り直しています。", "The index was damaged and is being built again."
        ),
        "audit.indexing:index_unwritable": TwoTexts(
            "索引を保存できません。ディスクの空きと権限を確かめてください。",
            "The index cannot be written: look at the disk's room and permissions.",
        ),
        "audit.indexing:unreadable": TwoTexts(
            "記録のファイルを読めません。", "The files of the record cannot be read."
        ),
        "audit.unavailable:heads_behind": TwoTexts(
            "記録の照合値を保存できない状態が続いているため、受け付けません。",
            "Signed heads of the record cannot be written any more, so no work is taken.",
        ),
        "audit.unavailable:clock_far_ahead": TwoTexts(
            "端末の時計が記録より 400 日以上進んでいます。時計を直してください。",
            "The clock is more than 400 days ahead of the record: set it right.",
        ),
        "audit.unavailable:clock_unsure": TwoTexts(
            "端末の時計が記録よりずっと進んでいて、正しいと確かめられません。時計を確かめ、時刻を合わせてください。",
            "The clock is far ahead of the record, and nothing keeps it right: compare it with another one, and have it synchronised.",
        ),
        "audit.unavailable:log_changed": TwoTexts(
            "記録のファイルが後から変わっています。cardd-verify で調べてください。",
            "A file of the record has changed since it was written: let cardd-verify look at it.",
        ),
        "audit.unavailable:heads_changed": TwoTexts(
            "照合値のファイルが変わっています。cardd-verify で調べてください。",
            "The files of heads have changed: let cardd-verify look at them.",
        ),
        "audit.unavailable:export_not_written": TwoTexts(
            "書き出しの場所に保存できません。", "The export cannot be written to its folder."
        ),
        "audit.unavailable:export_unreadable": TwoTexts(
            "書き出したファイルを読めません。", "The exported file cannot be read."
        ),
        "audit.unavailable:given_up": TwoTexts("書き出しは途中でやめました。", "The export was given up."),
        "request.bad:too_much": TwoTexts(
            "書き出す量が多すぎます。期間を短くしてください。", "That is too much for one file: ask for a shorter time."
        ),
        "request.bad:card_given_twice": TwoTexts(
            "カードの指定が二重です。", "The card is given twice: by its pseudonym and by the reader."
        ),
        "clock:not_synchronised": TwoTexts(
            "前の記録から7日より長く空いていて、時刻同期がありません。時計が正しいか確かめてください。",
            "More than 7 days since the record before, and nothing keeps the clock right: compare it with another one.",
        ),
        "clock:key_ahead": TwoTexts(
            "時計が、記録の署名鍵の日付より前です。一度進んでいた時計を戻したときは、その日が来るまで同じ鍵を使います。",
            "The clock is before the day of the record's key: where it was ahead and was set back, the key stays until that day.",
        ),
        "audit_index:indexing": TwoTexts("索引を作成中です。", "The index of the record is being built."),
        "audit_index:index_damaged": TwoTexts(
            "索引が壊れていたため、作り直しています。", "The index was damaged and is being built again."
        ),
        "audit_index:index_unwritable": TwoTexts(
            "索引を保存できません。ディスクの空きと権限を確かめてください。",
            "The index cannot be written: look at the disk's room and permissions.",
        ),
        "audit_index:unreadable": TwoTexts("記録のファイルを読めません。", "The files of the record cannot be read."),
        "audit_index:log_json": TwoTexts(
            "記録の中身が壊れています。cardd-verify で調べてください。",
            "A record does not hold together: let cardd-verify look at it.",
        ),
    }
)
