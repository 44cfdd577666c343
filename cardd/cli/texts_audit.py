"""What cardctl says about the record: questions, proofs, exports, and the list that a resident gets; a part of `cardd.cli.texts`."""

from collections.abc import Mapping
from types import MappingProxyType

AUDIT_TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # key: (ja, en)
        "health.audit_index": ("記録の索引", "index of the record"),
        "health.clock": ("時計", "clock"),
        "head.sequence": ("番号", "NUMBER"),
        "head.moment": ("日時（JST）", "TIME (JST)"),
        "head.what": ("内容", "WHAT"),
        "head.outcome": ("結果", "OUTCOME"),
        "audit_no_head": ("照合値はまだありません。", "There is no head yet."),
        "audit_first_key": (
            "最初の鍵（監査担当が控えておくもの）: {key}",
            "First key, from which an auditor starts: {key}",
        ),
        "audit_nothing": ("該当する記録はありません。", "Nothing in the record fits."),
        "audit_more": ("続きがあります: --cursor {cursor}", "There is more: --cursor {cursor}"),
        "audit_proof": (
            "記録 {sequence} は、記録 {size} 件の照合値に含まれています。",
            "Record {sequence} stands under the head over {size} records.",
        ),
        "audit_exported": (
            "{path} に {lines} 行（{size} バイト）を書き出しました。照合値は {path}.head にあります。",
            "{lines} lines, {size} bytes, are in {path}; its head is {path}.head.",
        ),
        "export_broken": (
            "書き出したファイルが途中で変わりました。もう一度行ってください。",
            "The file that came is not the one that was exported. Do it once more.",
        ),
        "audit_result.done": ("完了", "done"),
        "audit_result.refused": ("拒否・中止", "refused"),
        "audit_result.failed": ("失敗", "failed"),
        "audit_result.unknown": ("結果不明", "outcome unknown"),
        "audit_result.open": ("結果なし", "no result yet"),
        "audit_result.noted": ("記録のみ", "noted"),
        "used.read": ("カードの内容の読み取り", "The card was read"),
        "used.certificate": ("電子証明書の読み取り", "A certificate was read"),
        "used.pin_status": ("暗証番号の残り回数の確認", "The tries left of PINs were looked at"),
        "used.token_info": ("カードの種類の確認", "The card's description of itself was looked at"),
        "used.change_pin": ("暗証番号の変更", "A PIN was changed"),
        "used.sign": ("電子署名", "Something was signed with the card"),
        "used.disclose": ("この利用履歴の開示", "Such a list as this was made"),
        "used.watch_list": ("見守り名簿への登録", "The card was put on a watch list"),
        "used.audit": (
            "利用記録の調査（カードは使っていない）",
            "Somebody looked into the record; the card was not used",
        ),
        "disclosure_title": (
            "カードの利用履歴（今年と過去{years}年、新しい順）",
            "Uses of your card, this year and {years} years before, newest first",
        ),
        "disclosure_about": ("カード: {kind}   件数: {count}", "Card: {kind}   Uses: {count}"),
        "disclosure_made": ("受付番号: {case}   作成: {at}", "Reception number: {case}   Made: {at}"),
        "disclosure_zone": ("日時はすべて日本時間（JST）です。", "All times are times in Japan (JST)."),
        "disclosure_this": ("この一覧を作った今回の開示です。", "This is the making of this very list."),
        "disclosure_none": (
            "この端末の記録に、このカードの利用はありません。",
            "The record of this machine has no use of this card.",
        ),
        "disclosure_use": ("{number}. {at}  {what}", "{number}. {at}  {what}"),
        "disclosure_result": ("   結果: {result}", "   Outcome: {result}"),
        "disclosure_given": ("渡した項目: {items}。", "Handed out: {items}."),
        "disclosure_because": ("{result}。{why}", "{result}. {why}"),
        "disclosure_who": ("   担当: {who}", "   By: {who}"),
        "disclosure_approver": ("   承認: {who}", "   Approved by: {who}"),
        "disclosure_where": ("   場所: {where}", "   Where: {where}"),
        "disclosure_why": ("   目的: {why}", "   Why: {why}"),
        "disclosure_here": (
            "この一覧は、この端末で行われた利用です。",
            "This list has what was done at this machine.",
        ),
        "disclosure_known": (
            "{day} より前に、更新前の電子証明書で行われた利用は載っていません。それについては窓口にお尋ねください。",
            "Uses before {day}, under an earlier certificate of the card, are not in it: ask the office for these.",
        ),
        "disclosure_renewed": (
            "電子証明書を更新したカードでは、更新前の利用は載っていません。それについては窓口にお尋ねください。",
            "Of a card whose certificates were renewed, uses before that are not in it: ask the office for these.",
        ),
        "kept_since": (
            "この端末の記録は {day} からのものです。",
            "The record of this machine begins on {day}.",
        ),
        "kept_cut": (
            "{day} より前の記録は、保存期間を過ぎたため {at} に削除されました（記録 {sequence}番）。",
            "Records before {day} were cut off on {at}, their years being over (record {sequence}).",
        ),
        "query_known": (
            "{day} より前の、更新前の電子証明書での利用は、このカードからは探せません。",
            "Uses before {day}, under an earlier certificate, are not found by this card.",
        ),
        "disclosure_log": ("この開示は利用記録 {log} に残ります。", "This list is itself on record, in log {log}."),
        "disclosure_receipt": ("控え {receipt}", "Receipt {receipt}"),
        "content.form": ("ファイルの形式", "Form of the file"),
        "content.reason": ("理由", "Reason"),
        "content.filter_operator": ("絞り込み: 職員番号", "Only: operator"),
        "content.filter_subject": ("絞り込み: 対象の職員", "Only: about operator"),
        "content.filter_approver": ("絞り込み: 承認者", "Only: approved by"),
        "content.filter_badge": ("絞り込み: 職員カード（仮名）", "Only: badge (pseudonym)"),
        "content.filter_cards": ("絞り込み: カード（仮名）", "Only: card (pseudonym)"),
        "content.filter_purpose": ("絞り込み: 利用目的", "Only: purpose"),
        "content.filter_case": ("絞り込み: 受付番号", "Only: reception number"),
        "content.filter_seat": ("絞り込み: 窓口", "Only: seat"),
        "content.filter_terminal": ("絞り込み: 端末", "Only: terminal"),
        "content.filter_client": ("絞り込み: プログラム", "Only: program"),
        "content.filter_event": ("絞り込み: 出来事", "Only: event"),
        "content.filter_operation": ("絞り込み: 操作", "Only: operation"),
        "content.filter_result": ("絞り込み: 結果", "Only: outcome"),
        "content.filter_code": ("絞り込み: エラー", "Only: error"),
        "content.filter_number": ("絞り込み: 記録の番号", "Only: number of a record"),
        "content.filter_since": ("期間の始め", "From"),
        "content.filter_until": ("期間の終わり（この時刻は含まない）", "Before"),
    }
)
