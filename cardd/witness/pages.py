"""What a witness shows to people, as plain text in Japanese and English: nothing in it can be mistaken for a page's own code."""

from datetime import UTC, datetime, timedelta, timezone

from cardd.audit.checkpoint import VerifierKey
from cardd.witness.book import Book, Log
from cardd.witness.protocol import period_of
from cardd.witness.settings import WitnessSettings

JAPAN = timezone(timedelta(hours=9))


def overview(settings: WitnessSettings, key: VerifierKey, book: Book, now_s: float) -> str:
    """All logs, one line each, and the witness's own key."""
    lines = [
        f"証人 / witness: {key.name}",
        f"検証鍵 / verifier key: {key}",
        "",
        "記録 / logs:",
    ]
    for origin, name in settings.names.items():
        log = book.log(origin)
        if log is not None:
            lines.append(f"  {name}\n    {origin}\n    {_standing(log, settings, book, now_s)}")
    return "\n".join(lines) + "\n"


def page_of(origin: str, settings: WitnessSettings, book: Book, now_s: float) -> str | None:
    """One log: standing, keys, newest head, contradictions. None for a log that is not registered."""
    name, log = settings.names.get(origin), book.log(origin)
    if name is None or log is None:
        return None
    lines = [
        f"{name}",
        f"{origin}",
        _standing(log, settings, book, now_s),
        "",
        f"最初の鍵 / first key:  {log.first_key}",
        f"今の鍵   / key of now: {log.key}  ({period_of(log.key)})",
        f"記録の数 / records:    {log.size}",
    ]
    if log.note is not None:
        lines += ["", "最新の照合値 / newest signed head:", "", log.note.decode("utf-8").rstrip()]
    for each in book.conflicts(origin):
        lines += ["", f"!! {each.problem}  {_time(each.seen_s)}  (記録 {each.size} 件のとき / at {each.size} records)"]
        lines += ["持っていた照合値 / what we had:", (each.had or b"-").decode("utf-8").rstrip()]
        lines += ["来た照合値 / what came:", each.came.decode("utf-8").rstrip()]
    return "\n".join(lines) + "\n"


def _standing(log: Log, settings: WitnessSettings, book: Book, now_s: float) -> str:
    conflicts = len(book.conflicts(log.origin))
    if conflicts:
        return f"!! 矛盾 {conflicts} 件：監査担当に連絡 / {conflicts} contradictions: tell the auditors"
    if log.seen_s is None:
        return "まだ何も届いていません / nothing came yet"
    told = f"{_time(log.seen_s)}  {log.size} 件 / records"
    if now_s - log.seen_s > settings.silent_seconds:
        return f"! 途絶 / silent since {told}"
    return f"正常 / good  {told}"


def _time(seconds: int) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.astimezone(JAPAN):%Y-%m-%d %H:%M:%S} JST ({moment:%Y-%m-%dT%H:%M:%SZ})"
