"""What a report says, in Japanese and English."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.policy.words import ITEMS, OPERATIONS, RIGHTS, Locale, Two
from cardd.watching.words import NAMES

TEXTS: Mapping[str, Two] = MappingProxyType(
    {
        "title": Two("カード利用記録 月次報告", "Use of cards: monthly report"),
        "language": Two("表示・印刷する言語", "Language shown and printed"),
        "month": Two("対象月", "Month"),
        "office": Two("団体・部署", "Office"),
        "made": Two("作成日時", "Made"),
        "zone": Two(
            "時刻はすべて日本標準時 (Asia/Tokyo)。照合値の日付だけは協定世界時 (UTC)。",
            "All times are Japan Standard Time (Asia/Tokyo); only the days of heads are UTC.",
        ),
        "month_test": Two(
            "試験モードの記録が含まれています。正式な運用の記録ではありません。",
            "Contains records made in test mode: these are not records of regular work.",
        ),
        "seen_by": Two("点検", "Inspected"),
        "seen.1": Two("点検者", "Inspector"),
        "seen.2": Two("責任者", "Supervisor"),
        "seen.3": Two("監査担当", "Auditor"),
        "seen.note": Two("日付・印または署名", "date, seal or signature"),
        # summary
        "summary": Two("1. まとめ", "1. Summary"),
        "level.good": Two("良", "good"),
        "level.look": Two("確認", "look"),
        "level.bad": Two("異常", "bad"),
        "sum.uses": Two("カードの利用 {n} 件 (完了 {done} 件)", "Uses of cards: {n}, of them done: {done}"),
        "sum.no_records": Two("この月の記録はありません。", "There are no records of this month."),
        "sum.cut": Two(
            "{day} より前の記録は保存期間を過ぎて削除されています。この月の数字は、残っている記録だけのものです (第10節)。",
            "Records before {day} were cut off after their years: the figures are of what is left of this month (section 10).",
        ),
        "sum.whole": Two("記録の検証: 異常なし ({n} 端末)", "Verification of the record: nothing wrong (logs: {n})"),
        "sum.damaged": Two(
            "記録の検証: {n} 端末で異常が見つかりました (第10節)",
            "Verification of the record found damage; logs: {n} (section 10)",
        ),
        "sum.unchecked": Two(
            "記録の検証: {n} 端末で検証できませんでした (第10節)",
            "Verification of the record could not be made; logs: {n} (section 10)",
        ),
        "sum.alarms": Two(
            "警告 {n} 件、うち未確認 {open} 件 (第8節)", "Alarms: {n}, of them not reviewed: {open} (section 8)"
        ),
        "sum.misuse": Two("不正利用と判定された警告 {n} 件 (第8節)", "Alarms found to be misuse: {n} (section 8)"),
        "sum.hours": Two("開庁時間外の利用 {n} 件 (第5節)", "Uses out of office hours: {n} (section 5)"),
        "sum.overrides": Two("緊急時の特例 {n} 件 (第7節)", "Uses of the emergency override: {n} (section 7)"),
        "sum.missing": Two("照合値のない日: 延べ {n} 日 (第10節)", "Days without a signed head: {n} (section 10)"),
        "sum.no_missing": Two("すべての日に照合値があります。", "Every day has a signed head."),
        "sum.unreadable": Two(
            "読み取れない照合値のファイル {n} 件 (第10節)", "Files of heads that cannot be read: {n} (section 10)"
        ),
        "sum.unknown": Two(
            "結果が分からない利用 {n} 件 (第2節・第9節)", "Uses whose result is not known: {n} (sections 2 and 9)"
        ),
        "sum.blocked": Two(
            "暗証番号の間違いでロックされたカード {n} 件 (第3節)", "Cards blocked by wrong PINs: {n} (section 3)"
        ),
        "sum.outside": Two(
            "照合値が外部に出た記録のない端末 {n} 台 (第10節)",
            "Logs of which no head is on record to have left the machine: {n} (section 10)",
        ),
        "sum.clock": Two("時計の変更 {n} 回 (第9節)", "Steps of the clock: {n} (section 9)"),
        # terminals
        "terminals": Two("記録の範囲", "What the report rests on"),
        "t.terminal": Two("端末", "Terminal"),
        "t.log": Two("記録のID", "Log id"),
        "t.records": Two("記録の件数・番号", "Records, numbers"),
        "t.span": Two("最初と最後の記録", "First and last record"),
        "t.program": Two("プログラムの版", "Program versions"),
        "t.policy": Two("規則 (SHA-256)", "Policies (SHA-256)"),
        "t.clock": Two("時計の状態", "State of the clock"),
        "t.starts": Two("起動", "Starts"),
        "names_from": Two(
            "役割と利用目的の名称は、規則 {hash} によります。",
            "Names of roles and purposes are those of policy {hash}.",
        ),
        "names_none": Two(
            "規則のファイルが与えられなかったため、役割と利用目的は符号で示します。",
            "No policy file was given: roles and purposes are shown by their codes.",
        ),
        # uses
        "uses": Two("2. 利用の件数", "2. Uses"),
        "uses.note": Two(
            "1件は、カードに対する1回の操作です (ログイン、読み取り、署名など)。カードに触れる前に拒否されたものは第4節にあります。",
            "One use is one operation with a card: a login, a reading, a signature. What was refused before a card was touched"
            " stands in section 4.",
        ),
        "total": Two("計", "total"),
        "done": Two("完了", "done"),
        "refused": Two("拒否・中止", "refused"),
        "failed": Two("失敗", "failed"),
        "unknown": Two("結果不明", "outcome unknown"),
        "open": Two("結果なし", "no result yet"),
        "count": Two("件数", "number"),
        "by_role": Two("役割別", "By role"),
        "by_purpose": Two("利用目的別", "By purpose"),
        "by_operation": Two("操作別", "By operation"),
        "by_day": Two("日別 (斜線: 閉庁日)", "By day (hatched: the office is closed)"),
        "by_weekday": Two("曜日別", "By weekday"),
        "by_hour": Two("時間帯別", "By hour"),
        "by_both": Two("曜日と時間帯 (枠内: 開庁日の開庁時間を含む時間帯)", "Weekday and hour (framed: office hours)"),
        "basis": Two("根拠", "Legal basis"),
        "items": Two("渡したデータ項目", "Items handed out"),
        "nobody": Two("(記録なし)", "(not on record)"),
        "no_purpose": Two("(利用目的のない操作)", "(operations without a purpose)"),
        "day": Two("日", "day"),
        "hour": Two("時", "hour"),
        # pins
        "pins": Two("3. 暗証番号", "3. PINs"),
        "pins.right": Two("正", "right"),
        "pins.wrong": Two("誤り (残り回数が1減)", "wrong (one try used)"),
        "pins.unclear": Two("不明 (減った可能性)", "unclear (a try may be used)"),
        "pins.blocked": Two("ロックされた", "blocked by it"),
        "pins.kind": Two("暗証番号の種類", "PIN"),
        # refusals
        "refusals": Two("4. 拒否の理由", "4. Refusals, by reason"),
        "r.reason": Two("理由", "reason"),
        "r.code": Two("符号", "code"),
        # out of hours
        "hours": Two("5. 開庁時間外の利用", "5. Work out of office hours"),
        "hours.rule": Two(
            "開庁時間: {days}。その前後 {margin} 分を超えるもの、および閉庁日 (祝日、年末年始など) のものを数えます。",
            "Office hours: {days}. Counted is what lies more than {margin} minutes outside, and on days on which it is"
            " closed (public holidays, the New Year).",
        ),
        "comma": Two("、", ", "),
        "two": Two("6. もう1人の承認による利用", "6. Work that a second person approved"),
        "overrides": Two("7. 緊急時の特例", "7. Uses of the emergency override"),
        # alarms
        "alarms": Two("8. 警告とその確認", "8. Alarms and their review"),
        "alarms.order": Two(
            "未確認、不正利用、説明できない、説明できたの順に示します。",
            "Those not reviewed stand first, then misuse, unexplained, explained.",
        ),
        "a.rule": Two("警告", "Alarm"),
        "a.evidence": Two("根拠の記録番号", "Evidence: records"),
        "a.verdict": Two("確認結果", "Review"),
        "a.share": Two("説明できた割合", "Share explained"),
        "verdict.": Two("未確認", "not reviewed"),
        "verdict.open": Two("未確認", "not reviewed"),
        "verdict.explained": Two("説明できた", "explained"),
        "verdict.unexplained": Two("説明できない", "not explained"),
        "verdict.misuse": Two("不正利用", "misuse"),
        "by_whom": Two("{who}、{at}", "{who}, {at}"),
        # machine
        "incidents": Two("9. 機械と記録の出来事", "9. What happened to machine and record"),
        "incidents.note": Two(
            "結果の分からない利用、時計の変更、途中で切れた記録、開庁時間中の起動、異常な停止、緊急停止、プログラムの警告です。",
            "Uses whose result is not known, steps of the clock, torn records, starts in office hours, stops with a problem,"
            " the emergency stop, alarms of the program.",
        ),
        # heads
        "heads": Two("10. 照合値と検証", "10. Signed heads and their verification"),
        "heads.note": Two(
            "照合値は、ある時点までの全記録に対する短い署名付きの要約です。外部に控えた照合値と合えば、そこまでの記録は変えられていません。",
            "A head is a short signed summary of all records up to a moment. Where it agrees with one that was kept elsewhere, the records"
            " up to it were not changed.",
        ),
        "heads.days": Two("日別の照合値の数 (UTC)", "Heads by day (UTC)"),
        "heads.missing": Two("照合値のない日: {days}", "Days without a head: {days}"),
        "heads.none_missing": Two("照合値のない日はありません。", "No day is without a head."),
        "heads.unreadable": Two("読み取れないファイル: {files}", "Files that cannot be read: {files}"),
        "heads.outside": Two(
            "外部に出た照合値: 記録 {n} 番まで", "Heads that left the machine cover records up to {n}"
        ),
        "heads.outside_none": Two(
            "この月に照合値が外部に出た記録はありません。", "No head is on record to have left the machine this month."
        ),
        "heads.newest": Two("最新の照合値 (記録 {n} 件)", "The newest head (records: {n})"),
        "heads.no_newest": Two("照合値はありません。", "There is no head."),
        "heads.qr": Two("左の文と同じ内容", "the same as the text"),
        "verified.whole": Two("検証の結果: 異常なし", "Verification: nothing wrong"),
        "verified.damaged": Two("検証の結果: 異常あり", "Verification: damaged"),
        "verified.unreadable": Two("検証できませんでした", "Verification: could not be made"),
        "verified.not_run": Two("検証していません", "Verification: not made"),
        "verified.own_key": Two(
            "最初の公開鍵は記録自体から取りました。外部に控えた鍵での検証 (--key) のほうが確かです。",
            "The first public key was taken from the log itself. A check with the key kept elsewhere (--key) shows more.",
        ),
        "verified.said": Two("検証プログラムの出力", "What the verifier said"),
        # limits
        "limits": Two("11. この報告で分からないこと", "11. What this report cannot show"),
        "limit.1": Two(
            "この報告は cardd の記録だけから作られています。cardd を通さない利用 (他の端末やプログラム、"
            "カードを使わない業務画面の閲覧) は含みません。",
            "It is made from cardd's own record. Work that did not pass through cardd is not in it: other machines and"
            " programs, screens that need no card.",
        ),
        "limit.2": Two(
            "検証で分かるのは、記録が書かれた後に変えられていないことです。書かれた時点で内容が正しかったこと、利用の理由が本当だったことは分かりません。",
            "The verification shows that records were not changed after they were written. It does not show that what was entered was true,"
            " nor that the reason given was the real one.",
        ),
        "limit.3": Two(
            "外部に出ていない照合値より後の記録は、端末を管理できる者なら末尾から消すことができます。外部に控えた照合値と比べてください。",
            "Whoever controls the machine can cut off records behind the last head that left it. Compare with heads kept elsewhere.",
        ),
        "limit.4": Two(
            "職員の番号は、その職員カードと暗証番号が使われたことを示します。本人が手にしていたことまでは示しません。",
            "An operator's id means that this badge and its PIN were used. It does not prove whose hand held them.",
        ),
        "limit.5": Two(
            "住民を特定できる情報 (カードの仮名、受付番号) は載せていません。個別の確認は cardctl audit query で行います。",
            "Nothing that points to a resident is shown, neither pseudonyms of cards nor reception numbers. Single cases are looked up with"
            " `cardctl audit query`.",
        ),
        "limit.6": Two(
            "端末の時計が誤っていれば、時刻による集計も誤ります。第9節の時計の変更と、端末ごとの時計の状態を確かめてください。",
            "Where the machine's clock was wrong, so are the counts by time. See the clock steps in section 9 and the state of the clock.",
        ),
        # lists
        "at": Two("日時", "Time"),
        "number": Two("番号", "Record"),
        "operator": Two("職員 (役割)", "Operator (role)"),
        "what": Two("操作", "Operation"),
        "purpose": Two("利用目的", "Purpose"),
        "approver": Two("承認者", "Approver"),
        "note": Two("備考", "Note"),
        "event": Two("出来事", "Event"),
        "none": Two("ありません。", "None."),
        "more": Two("ほかに {n} 件あります。", "More that are not listed: {n}"),
    }
)

WORDS: Mapping[str, Two] = MappingProxyType(
    {
        "login": Two("ログイン", "login"),
        "unlock": Two("ロック解除", "unlock"),
        "approve": Two("承認", "approval"),
        "own_day": Two("自分の今日の記録の確認", "looked at their own day"),
        **{word: each.name for word, each in OPERATIONS.items()},
        **RIGHTS,
        "setup.badge": Two("初期設定: 職員カード", "set-up: badge"),
        "setup.sign": Two("初期設定: 署名", "set-up: signature"),
        "emergency.override": Two("緊急時の特例の開始", "emergency override begins"),
        "log.created": Two("記録の開始", "log created"),
        "log.opened": Two("記録の再開", "log opened"),
        "log.continued": Two("別の記録からの引継ぎ", "goes on from another log"),
        "log.cut": Two("古い記録の削除", "old records cut off"),
        "clock.step": Two("時計の変更", "step of the clock"),
        "daemon.started": Two("プログラムの起動", "program started"),
        "daemon.stopped": Two("プログラムの停止", "program stopped"),
        "lockdown.engage": Two("緊急停止", "emergency stop"),
        "lockdown.release": Two("緊急停止の解除", "emergency stop ended"),
        "result.unknown": Two("結果不明", "outcome unknown"),
        "watch.alarm": Two("警告", "alarm"),
    }
)
"""Operations and events; others are shown by their code."""

ITEM_NAMES: Mapping[str, Two] = MappingProxyType({word: each.name for word, each in ITEMS.items()})

PIN_NAMES: Mapping[str, Two] = MappingProxyType(
    {
        "signature": Two("署名用電子証明書", "signature certificate"),
        "authentication": Two("利用者証明用電子証明書", "authentication certificate"),
        "card_info": Two("券面事項入力補助用", "card information"),
        "resident_register": Two("住民基本台帳用", "resident register"),
        "verification_a": Two("照合番号A", "verification number A"),
        "verification_b": Two("照合番号B", "verification number B"),
        "badge": Two("職員カード", "badge"),
        "operator_ca": Two("職員カード発行用の鍵", "key that makes badges"),
    }
)

REASONS: Mapping[str, Two] = MappingProxyType(
    {
        "policy": Two("規則で認められていない", "the policy does not allow it"),
        "pin": Two("暗証番号", "PIN"),
        "card": Two("カードの状態", "the card"),
        "reader": Two("カードリーダー", "the reader"),
        "pcsc": Two("カードリーダーのサービス", "the PC/SC service"),
        "session": Two("ログインが必要", "log in first"),
        "auth": Two("ログインできない", "login refused"),
        "approval": Two("もう1人の承認", "a second person"),
        "audit": Two("記録", "the record"),
        "request": Two("業務プログラムの要求", "the application's request"),
        "lockdown": Two("緊急停止中", "emergency stop"),
        "badge": Two("職員カードの管理", "care of badges"),
        "office": Two("規則・名簿のファイル", "files of the office"),
        "operator": Two("職員の登録", "the register of operators"),
        "sign": Two("署名", "signature"),
        "grant": Two("連続署名", "grant"),
        "cert": Two("電子証明書", "the certificate"),
        "agent": Two("暗証番号の入力画面", "nobody to ask for a PIN"),
        "client": Two("業務プログラム", "the application"),
        "internal": Two("プログラムの誤り", "a fault of the program"),
    }
)
"""By the first word of an error code."""

WATCHES: Mapping[str, Two] = MappingProxyType({word: Two(ja, en) for word, (ja, en) in NAMES.items()})

REVIEW_REASONS: Mapping[str, Two] = MappingProxyType(
    {
        "work": Two("業務上必要", "needed for the work"),
        "resident_asked": Two("本人の申し出", "the resident asked for it"),
        "mistake": Two("操作の誤り", "a mistake"),
        "training": Two("研修", "training"),
        "maintenance": Two("保守作業", "maintenance"),
        "equipment": Two("機器の不具合", "faulty equipment"),
        "agreed_hours": Two("承認された時間外勤務", "agreed working hours"),
        "not_known": Two("不明", "not known"),
        "under_inquiry": Two("調査中", "under inquiry"),
        "curiosity": Two("興味本位の閲覧", "curiosity"),
        "private_use": Two("私的利用", "private use"),
        "badge_lent": Two("職員カードの貸し借り", "a badge was lent"),
        "other": Two("その他", "other"),
    }
)

WEEKDAYS: tuple[Two, ...] = tuple(
    Two(ja, en) for ja, en in zip("月火水木金土日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)


def say(key: str, locale: Locale, **values: object) -> str:
    """One of the texts, filled in."""
    return TEXTS[key].to(locale).format(**values)


def name_of(names: Mapping[str, Two], word: str, locale: Locale) -> str:
    """The name of a word; the word itself where it has none."""
    known = names.get(word)
    return known.to(locale) if known is not None else word
