"""What people see of the fleet: tables for administrators and auditors, the sheet for a resident. Japanese and English.

Texts of records are shown as they are, but for what a terminal or a spreadsheet would obey: control and direction characters.
"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from cardd.fleet.alarms import Found
from cardd.fleet.checking import Checked
from cardd.fleet.health import Standing, WatchStanding
from cardd.fleet.questions import Told
from cardd.fleet.terminals import Decision, Enrolled
from cardd.japan_time import JAPAN
from cardd.policy.words import Locale
from cardd.report.data import Names
from cardd.watching.words import name

WORDS = {
    "terminal": ("端末", "terminal"),
    "office": ("団体", "office"),
    "state": ("状態", "state"),
    "records": ("記録数", "records"),
    "behind": ("未着", "behind"),
    "head": ("最新の照合値", "last head"),
    "seen": ("最終連絡", "last seen"),
    "program": ("版", "version"),
    "time": ("日時（JST）", "time (JST)"),
    "number": ("番号", "number"),
    "what": ("内容", "what"),
    "operator": ("職員番号", "operator"),
    "seat": ("窓口", "seat"),
    "purpose": ("目的", "purpose"),
    "case": ("受付番号", "case"),
    "items": ("項目", "items"),
    "result": ("結果", "result"),
    "log": ("記録ID", "log"),
    "role": ("証明書名", "certificate"),
    "blocked": ("停止中", "blocked"),
    "witness": ("証人", "witness"),
    "ended": ("終了", "ended"),
    "by": ("決めた人", "by"),
    "reason": ("理由", "reason"),
    "rule": ("ルール", "rule"),
    "terminals": ("端末", "terminals"),
    "about": ("対象", "about"),
    "evidence": ("根拠の記録", "records"),
    "review": ("確認", "review"),
    "looked": ("最終実行", "last look"),
    "open": ("未確認の警告", "open alarms"),
    "law": ("根拠", "legal basis"),
}
STATES = {
    "good": ("正常", "good"),
    "behind": ("遅れ", "behind"),
    "silent": ("連絡なし", "silent"),
    "problem": ("問題あり", "problem"),
    "never": ("未受信", "never"),
    "blocked": ("停止中", "blocked"),
    "retired": ("終了", "ended"),
    "witness": ("証人の遅れ", "witness late"),
    "watch": ("未確認の警告", "open alarm"),
    "off": ("未実行", "not running"),
    "alarm": ("警告", "ALARM"),
}
VERDICTS = {
    "whole": ("完全", "whole"),
    "damaged": ("破損", "DAMAGED"),
    "unreadable": ("読めない", "cannot be read"),
    "not_run": ("未確認", "not checked"),
}
REVIEWS = {
    "": ("未確認", "not reviewed"),
    "explained": ("説明できた", "explained"),
    "unexplained": ("説明できない", "not explained"),
    "misuse": ("不正利用", "misuse"),
}
DECISIONS = {
    "block": ("停止", "blocked"),
    "unblock": ("停止の解除", "unblocked"),
    "retire": ("終了", "ended"),
    "resume": ("終了の取消し", "resumed"),
}
RESULTS = {
    "done": ("完了", "done"),
    "refused": ("拒否・中止", "refused"),
    "failed": ("失敗", "failed"),
    "unknown": ("結果不明", "outcome unknown"),
    "": ("結果なし", "no result yet"),
}
_JA, _EN = 0, 1


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], locale: str) -> list[str]:
    """Lines of a table; `columns`: keys of `WORDS`."""
    cells = [[WORDS[each][_of(locale)] for each in columns], *([plain(str(each)) for each in row] for row in rows)]
    widths = [max(width(row[place]) for row in cells) for place in range(len(columns))]
    return ["  ".join(_padded(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in cells]


def health(standings: Iterable[Standing], locale: str) -> list[str]:
    """One line a log, and what is wrong in words."""
    rows = [
        (
            each.terminal, each.office, STATES[each.state][_of(locale)], each.records, each.behind, _age(each.head_age_s, locale),
            _age(each.seen_age_s, locale), _witness(each, locale), each.program,
            " ".join(filter(None, (each.problem, *each.alarms))),
        )
        for each in standings
    ]  # fmt: skip
    columns = ("terminal", "office", "state", "records", "behind", "head", "seen", "witness", "program", "what")
    return table(columns, rows, locale)


def watches(standings: Iterable[WatchStanding], locale: str) -> list[str]:
    """One line an office: whether the rules over its terminals are at work, and what nobody has looked at."""
    rows = [
        (each.office, STATES[each.state][_of(locale)], _age(each.looked_age_s, locale), each.open_alarms, " ".join(each.given_up))
        for each in standings
    ]  # fmt: skip
    return table(("office", "state", "looked", "open", "what"), rows, locale)


def alarms(found: Iterable[Found], locale: Locale) -> list[str]:
    """What the rules found: two lines each, as `cardctl audit alarms` shows those of one terminal."""
    lines: list[str] = []
    for each in found:
        about = "  ".join(f"{name}={value}" for name, value in sorted(each.about.items()))
        evidence = ", ".join(f"{terminal}:{number}" for terminal, _, number in each.evidence[-10:])
        lines.append(f"{each.number}  {moment(each.at_us)}  {each.office}  {each.watch} {name(locale, each.watch)}")
        lines.append(
            f"    {WORDS['about'][_of(locale)]}: {plain(about) or '-'}  {WORDS['evidence'][_of(locale)]}: {plain(evidence)}"
        )
        verdict = REVIEWS[each.verdict][_of(locale)]
        by = f"（{each.reason}、{each.reviewer}）" if locale == "ja" else f" ({each.reason}, by {each.reviewer})"
        lines.append(f"    {verdict}{plain(by) if each.verdict else ''}")
    return lines or [("警告はありません。", "There is no alarm.")[_of(locale)]]


def decisions(found: Iterable[Decision], locale: str) -> list[str]:
    """What keepers decided, oldest first."""
    rows = [
        (each.at, each.by, DECISIONS[each.what][_of(locale)], each.terminal, each.log_id, each.reason) for each in found
    ]
    return table(("time", "by", "what", "terminal", "log", "reason"), rows, locale)


def terminals(enrolled: Iterable[Enrolled], locale: str) -> list[str]:
    """Who is enrolled."""
    rows = [
        (
            each.terminal, f"{each.office} {each.office_name}", each.role, "×" if each.blocked else "",
            "×" if each.retired else "", each.log_id,
        )
        for each in enrolled
    ]  # fmt: skip
    return table(("terminal", "office", "role", "blocked", "ended", "log"), rows, locale)


def checks(found: Iterable[Checked], locale: str) -> list[str]:
    """One line a log; under what is not whole, the verifier's own words."""
    lines: list[str] = []
    for each in found:
        verdict = VERDICTS[each.verification.state][_of(locale)]
        lines.append(f"{each.enrolled.terminal}  {each.enrolled.log_id}  {each.records}  {verdict}")
        if not each.is_whole:
            lines += [f"    {plain(line)}" for line in each.verification.said.get(locale, "").splitlines()]
    return lines


def uses(told: Iterable[Told], names: Names, locale: str) -> list[str]:
    """The answer to a question."""
    rows = [
        (
            moment(each.use.entry.utc_us), each.terminal, each.use.entry.sequence, each.use.entry.event, _word(each, "operator"),
            _word(each, "seat"), _purpose(each, names, locale), _word(each, "case"), _items(each), _result(each, locale),
        )
        for each in told
    ]  # fmt: skip
    columns = ("time", "terminal", "number", "what", "operator", "seat", "purpose", "case", "items", "result")
    return table(columns, rows, locale)


def disclosure(told: Iterable[Told], names: Names, locale: str) -> list[str]:
    """For the resident: when, where, who, why, on which ground, what, and how it ended."""
    lines: list[str] = []
    for number, each in enumerate(told, 1):
        purpose = names.purposes.get(_word(each, "purpose"))
        place = f"{each.terminal} {_word(each, 'seat')}".strip()
        facts = (
            ("time", moment(each.use.entry.utc_us)),
            ("terminal", place),
            ("operator", f"{_word(each, 'operator')} {_role(each, names, locale)}".strip()),
            ("purpose", _purpose(each, names, locale)),
            ("law", purpose.legal_basis if purpose else ""),
            ("items", _items(each)),
            ("result", _result(each, locale)),
            ("number", f"{each.use.entry.sequence}"),
        )
        lines.append(f"{number}.")
        lines += [f"    {WORDS[name][_of(locale)]}: {plain(value)}" for name, value in facts if value]
    nothing = ("この記録の中に、このカードの利用はありません。", "Nothing is on record for this card.")
    return lines or [nothing[_of(locale)]]


def as_line(each: Told) -> str:
    """One use as one line of JSON."""
    result = None if each.use.result is None else each.use.result.content
    entry = each.use.entry
    told = {
        "terminal": each.terminal,
        "log": entry.log_id,
        "sequence": entry.sequence,
        "hash": entry.hash,
        "record": entry.content,
    }
    return json.dumps({**told, "result": result}, ensure_ascii=True)


def moment(utc_us: int) -> str:
    """In Japan, with seconds; what no calendar has is shown as the number."""
    try:
        return datetime.fromtimestamp(utc_us // 1_000_000, JAPAN).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(utc_us)


def plain(text: str) -> str:
    """Nothing in it that a terminal would obey: control, direction and other invisible characters become `?`."""
    return "".join(each if each.isprintable() else "?" for each in text)


def width(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _of(locale: str) -> int:
    return _JA if locale == "ja" else _EN


def _word(each: Told, name: str) -> str:
    value = each.use.told(name)
    return value if isinstance(value, str) else ""


def _purpose(each: Told, names: Names, locale: str) -> str:
    code = _word(each, "purpose")
    known = names.purposes.get(code)
    return code if known is None else known.name.ja if locale == "ja" else known.name.en


def _role(each: Told, names: Names, locale: str) -> str:
    code = _word(each, "role")
    known = names.roles.get(code)
    return code if known is None else known.ja if locale == "ja" else known.en


def _items(each: Told) -> str:
    value = each.use.told("items")
    return " ".join(str(one) for one in value) if isinstance(value, list) else ""


def _result(each: Told, locale: str) -> str:
    word = _word(each, "result")
    told = RESULTS.get(word, (word, word))[_of(locale)]
    if not word and each.use.entry.phase.name == "STATE":
        told = ""
    return " ".join(filter(None, (told, _word(each, "code"), _word(each, "problem"))))


def _witness(each: Standing, locale: str) -> str:
    """How far behind the slowest witness is."""
    if not each.witnessed:
        return "-"
    return ("なし", "none")[_of(locale)] if each.witness_lag_s is None else _age(each.witness_lag_s, locale)


def _age(seconds: int | None, locale: str) -> str:
    """Roughly: a person reads it."""
    if seconds is None:
        return "-"
    for size, word in ((86_400, ("日", "d")), (3600, ("時間", "h")), (60, ("分", "min"))):
        if seconds >= 2 * size:
            return f"{seconds // size} {word[_of(locale)]}"
    return f"{max(0, seconds)} {('秒', 's')[_of(locale)]}"
