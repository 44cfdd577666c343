"""The figures of a report equal a naive count over the log."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.entries import Entry, entries
from cardd.audit.records import Phase
from cardd.japan_time import JAPAN
from cardd.report import tally as tallying
from cardd.report.data import EPOCH, MOST_LISTED, Figures, Line, Listed, Month, Opening, Terminal
from cardd.report.source import read_heads, read_month
from cardd.report.tally import Tally
from cardd.watch_settings import Hours
from tests.fixtures.written_log import WrittenLog, us
from tests.unit.cardd.report.month_log import at, month_log

NOVEMBER = Month(2026, 11)
SEEDS = range(8)


def counted(directory: Path, month: Month = NOVEMBER) -> Figures:
    return read_month(directory, month, Opening())


def moment_of(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.utc_us / 1e6, tz=UTC).astimezone(JAPAN)


def in_november(entry: Entry) -> bool:
    return (moment_of(entry).year, moment_of(entry).month) == (2026, 11)


def uses(directory: Path) -> Iterator[tuple[Entry, Entry | None]]:
    """Each use of November with its result, found by looking through the whole log for each."""
    every = [entry for entry, _ in entries(directory)]
    for entry in every:
        if entry.phase is Phase.INTENT and in_november(entry):
            yield entry, next((each for each in every if each.content.get("intent") == entry.sequence), None)


@pytest.mark.proves("A9")
@pytest.mark.parametrize("seed", SEEDS)
def test_uses_are_those_of_a_naive_count(tmp_path: Path, seed: int) -> None:
    month_log(tmp_path, seed)
    figures, naive = counted(tmp_path), list(uses(tmp_path))
    results = Counter(str(end.content["result"]) if end else "open" for _, end in naive)
    for name in ("done", "refused", "failed", "unknown", "open"):
        assert getattr(figures.uses, name) == results[name]
    assert figures.uses.total == len(naive) > 50
    for table, field in (
        (figures.by_role, "role"),
        (figures.by_purpose, "purpose"),
        (figures.by_operation, "operation"),
    ):
        told = Counter((start.text(field) or "", str(end.content["result"]) if end else "open") for start, end in naive)
        assert {
            (word, name): getattr(row, name) for word, row in table.items() for name in results if getattr(row, name)
        } == told
    by_hour = Counter((moment_of(start).weekday(), moment_of(start).hour) for start, _ in naive)
    assert {(day, hour): n for day, row in enumerate(figures.by_hour) for hour, n in enumerate(row) if n} == by_hour
    assert figures.by_day == Counter(moment_of(start).date().isoformat() for start, _ in naive)


@pytest.mark.proves("A9")
@pytest.mark.parametrize("seed", SEEDS)
def test_pins_refusals_and_items_are_those_of_a_naive_count(tmp_path: Path, seed: int) -> None:
    month_log(tmp_path, seed)
    figures, naive = counted(tmp_path), list(uses(tmp_path))
    outcomes = Counter(str(end.content.get("pin_outcome")) for _, end in naive if end)
    pins = figures.pins["card_info"]
    assert (pins.right, pins.wrong, pins.unclear) == (outcomes["accepted"], outcomes["spent"], outcomes["may_be_spent"])
    ends = [end for _, end in naive if end]
    codes = Counter((str(end.content["code"]), "") for end in ends if end.content["result"] in ("refused", "failed"))
    states = [
        entry for entry, _ in entries(tmp_path) if in_november(entry) and entry.content.get("code") == "policy.denied"
    ]
    for entry in states:
        problem = str(entry.content["problem"])
        codes[("policy.denied", "" if problem == "more_of_the_same" else problem)] += int(entry.content.get("count", 1))
    assert figures.refusals == codes
    assert figures.items == Counter(item for end in ends for item in end.content.get("items", ()))


@pytest.mark.proves("A9")
@pytest.mark.parametrize("seed", SEEDS)
def test_alarms_have_their_newest_review_and_the_open_ones_stand_first(tmp_path: Path, seed: int) -> None:
    month_log(tmp_path, seed)
    figures = counted(tmp_path)
    every = [entry for entry, _ in entries(tmp_path)]
    alarms = [entry for entry in every if entry.event == "watch.alarm" and in_november(entry)]
    reviews = {
        entry.content["alarm"]: str(entry.content["verdict"]) for entry in every if entry.event == "watch.review"
    }
    told = {each.line.sequence: each.verdict for each in figures.alarms.lines}
    assert told == {entry.sequence: reviews.get(entry.sequence, "") for entry in alarms}
    order = [["", "misuse", "unexplained", "explained"].index(each.verdict) for each in figures.alarms.lines]
    assert order == sorted(order)
    for watch, row in figures.reviews.items():
        of_watch = Counter(reviews.get(entry.sequence, "open") for entry in alarms if entry.content["watch"] == watch)
        assert (row.open, row.explained, row.unexplained, row.misuse) == tuple(
            of_watch[word] for word in ("open", "explained", "unexplained", "misuse")
        )


def test_a_use_belongs_to_the_month_in_which_it_began(tmp_path: Path) -> None:
    log = WrittenLog(tmp_path, records_per_segment=3)
    october = log.intent(us("2026-10-31T23:59:59.9+09:00"), event="card.read", operation="read")
    november = log.intent(us("2026-11-30T23:59:59.9+09:00"), event="card.read", operation="sign")
    for _ in range(5):
        log.state(us("2026-12-01T08:00:00+09:00"), "daemon.started")
    log.result(us("2026-12-01T09:00:00+09:00"), october)
    log.result(us("2026-12-01T09:00:01+09:00"), november, "refused", code="card.removed")
    alarm = log.intent(us("2026-12-01T00:00:00+09:00"), event="card.read", operation="grant")
    log.result(us("2026-12-01T09:00:02+09:00"), alarm)
    log.close()
    figures = counted(tmp_path)
    assert {word: row.refused for word, row in figures.by_operation.items()} == {"sign": 1}
    assert figures.by_day == {"2026-11-30": 1}


def test_a_signature_in_two_steps_is_one_use_and_what_goes_wrong_in_the_second_is_counted(tmp_path: Path) -> None:
    log = WrittenLog(tmp_path, records_per_segment=3)
    facts: dict[str, Any] = {
        "operation": "sign",
        "operator": "sato",
        "purpose": "online_signature",
        "approver": "kanri",
    }
    for minute, code in ((10, None), (20, "pin.wrong")):
        begun = log.intent(us(f"2026-11-04T10:{minute}:00+09:00"), event="sign.begin", **facts)
        finish = log.intent(us(f"2026-11-04T10:{minute}:05+09:00"), event="sign.finish", pin="badge", **facts)
        how = {"code": code, "pin_outcome": "spent"} if code else {"pin_outcome": "accepted"}
        log.result(us(f"2026-11-04T10:{minute}:06+09:00"), finish, "refused" if code else "done", **how)
        log.result(us(f"2026-11-04T10:{minute}:07+09:00"), begun)
    log.intent(us("2026-11-04T10:30:00+09:00"), event="sign.finish", **facts)
    log.close()
    figures = counted(tmp_path)
    assert {word: (row.done, row.refused, row.open) for word, row in figures.by_operation.items()} == {
        "sign": (2, 0, 0)
    }
    assert (figures.by_day, figures.two_people.total) == ({"2026-11-04": 2}, 2)
    assert figures.refusals == {("pin.wrong", ""): 1}
    assert (figures.pins["badge"].right, figures.pins["badge"].wrong) == (1, 1)


def test_a_review_of_a_later_month_explains_the_alarm(tmp_path: Path) -> None:
    log = WrittenLog(tmp_path, records_per_segment=4)
    alarm = log.state(us("2026-11-30T10:00:00+09:00"), "watch.alarm", watch="w5", evidence=[1])
    for _ in range(9):
        log.state(us("2026-12-03T08:00:00+09:00"), "daemon.started")
    log.state(
        us("2027-02-03T10:00:00+09:00"), "watch.review", alarm=alarm, verdict="explained", reason="other", operator="k"
    )
    log.close()
    (found,) = counted(tmp_path).alarms.lines
    assert (found.verdict, found.reviewer) == ("explained", "k")


@pytest.mark.parametrize(
    ("moment", "outside"),
    [
        ("2026-11-24T07:59:59+09:00", True),
        ("2026-11-24T08:00:00+09:00", False),
        ("2026-11-24T17:44:59+09:00", False),
        ("2026-11-24T17:45:00+09:00", True),
        ("2026-11-23T10:00:00+09:00", True),  # 勤労感謝の日
        ("2026-11-22T10:00:00+09:00", True),  # Sunday
        ("2026-11-27T10:00:00+09:00", True),  # closed by the office
        ("2026-11-28T10:00:00+09:00", False),  # a Saturday that is open
    ],
)
def test_out_of_hours_is_what_the_settings_say(tmp_path: Path, moment: str, outside: bool) -> None:
    log = WrittenLog(tmp_path)
    log.intent(us(moment), event="card.read", operation="read", operator="sato")
    log.close()
    hours = Hours(closed_days=(date(2026, 11, 27),), open_days={date(2026, 11, 28): "09:00-12:00"})
    assert read_month(tmp_path, NOVEMBER, Opening(hours)).out_of_hours.total == outside


def test_segments_outside_the_month_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    month_log(tmp_path, 3)
    read: list[int] = []
    add = Tally.add
    monkeypatch.setattr(Tally, "add", lambda self, entry: (read.append(entry.sequence), add(self, entry))[1])
    counted(tmp_path)
    inside = [entry.sequence for entry, _ in entries(tmp_path) if in_november(entry)]
    assert min(read) > min(inside) - 61
    assert read == sorted(set(read))


def test_a_log_of_ever_new_words_does_not_make_the_report_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "MOST_WORDS", 20)
    monkeypatch.setattr(tallying, "MOST_OPEN", 30)
    log = WrittenLog(tmp_path)
    for number in range(MOST_LISTED + 100):
        log.common["program"] = f"p{number}"
        log.intent(
            at(date(2026, 11, 1), 1) + number, event="x", operation=f"o{number}", role=f"r{number}", approver="a"
        )
        log.state(at(date(2026, 11, 1), 1) + number, "x", code=f"c{number}")
    log.close()
    figures = counted(tmp_path)
    assert len(figures.by_operation) == len(figures.by_role) == len(figures.refusals) == 21
    assert sum(figures.refusals.values()) == figures.uses.total == MOST_LISTED + 100
    assert (len(figures.two_people.lines), figures.two_people.more) == (MOST_LISTED, 100)
    (terminal,) = figures.terminals.values()
    assert len(terminal.programs) == 20


def test_lists_say_how_much_they_leave_out() -> None:
    listed: Listed[Line] = Listed()
    for number in range(MOST_LISTED + 7):
        listed.add(Line("t", number, 0))
    assert (len(listed.lines), listed.total, listed.more) == (MOST_LISTED, MOST_LISTED + 7, 7)


@pytest.mark.proves("fault 112")
def test_days_without_heads_are_named(tmp_path: Path) -> None:
    log = WrittenLog(tmp_path)
    for day in (3, 4, 6, 9):
        log.state(us(f"2026-11-{day:02d}T12:00:00+09:00"), "daemon.started")
        log.head(us(f"2026-11-{day:02d}T12:00:00+09:00"))
    newest = log.head(us("2026-11-09T13:00:00+09:00"))
    log.close()
    (tmp_path / "heads" / "2026-11-08.heads").write_bytes(b"broken")
    heads = read_heads(tmp_path, NOVEMBER, Terminal("t", log.log_id.hex()), us("2026-11-11T09:00:00+09:00"))
    assert heads.missing == ("2026-11-05", "2026-11-07", "2026-11-08", "2026-11-10")
    assert heads.unreadable == ("2026-11-08.heads",)
    assert heads.by_day["2026-11-09"] == 2
    assert (heads.newest, heads.newest_size) == (newest, 4)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-11", "2026-11-01", "", "２０２６-１１"])
def test_a_month_is_written_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


def test_a_month_begins_and_ends_in_japan() -> None:
    assert str(Month.parse("2026-12")) == "2026-12"
    assert Month(2026, 12).first_us == us("2026-12-01T00:00:00+09:00")
    assert Month(2026, 12).end_us == us("2027-01-01T00:00:00+09:00")
    assert EPOCH.year == 1970
