"""W5 to W10, W12, W14: for each a log that triggers it, and one that just does not."""

import pytest

from cardd.watch_settings import W6, W12, Hours, Watching
from cardd.watching.registry import Lists
from tests.unit.cardd.watching.made import Log, card


@pytest.mark.proves("W5")
@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-16 07:59:59", True), ("2026-11-16 08:00:00", False), ("2026-11-16 17:44:59", False),
        ("2026-11-16 17:45:00", True), ("2026-11-15 10:00:00", True), ("2026-11-23 10:00:00", True),
        ("2026-12-28 10:00:00", False), ("2026-12-29 10:00:00", True), ("2027-01-03 10:00:00", True), ("2027-01-04 10:00:00", False),
    ],
)  # fmt: skip
def test_work_outside_the_opening_hours(at: str, told: bool) -> None:
    log = Log(at)
    log.use()
    assert [dict(hit.about) for hit in log.hits("w5")] == [
        {"operator": "hanako", "seat": "left", "client": "kiosk"}
    ] * told


@pytest.mark.proves("W5")
def test_the_office_says_which_days_are_different() -> None:
    hours = Hours.model_validate({"closed_days": ["2026-11-16"], "open_days": {"2026-11-15": "09:00-12:00"}})
    values = Watching(hours=hours)
    for at, told in (
        ("2026-11-16 10:00", 1),
        ("2026-11-15 12:29", 0),
        ("2026-11-15 12:30", 1),
        ("2026-11-15 08:29", 1),
    ):
        log = Log(at)
        log.use()
        assert len(log.hits("w5", values=values)) == told, at


@pytest.mark.proves("W5")
def test_coming_early_each_morning_hides_no_night() -> None:
    log = Log("2026-11-16 07:30")
    log.login()
    log.minutes(5).login()
    assert len(log.hits("w5")) == 1
    log.at("2026-11-16 21:00").login()
    assert len(log.hits("w5")) == 2
    log.minutes(5).use()
    log.minutes(5).use(card=card(2))
    assert [hit.evidence[-1] for hit in log.hits("w5")] == [2, 6, 8]


@pytest.mark.proves("W5")
def test_what_the_machine_does_by_itself_at_night_is_nobodys_work() -> None:
    log = Log("2026-11-16 23:00")
    for event in (
        "log.key",
        "log.segment",
        "log.opened",
        "daemon.started",
        "daemon.stopped",
        "watch.alarm",
        "clock.step",
    ):
        log.state(event)
    log.state("session.ended", operator="hanako", seat="left", problem="stop")
    log.state("alarm.reader_ignored", problem="virtual")
    log.state("session.logout", operator="hanako", seat="left", request="r-9")
    assert log.hits("w5") == []
    log.state("audit.query", operator="hanako", seat="left", request="r-10")
    assert len(log.hits("w5")) == 1


def busy(log: Log, cards: int, *, minutes: float = 1, **facts: object) -> None:
    for number in range(cards):
        log.use(card=card(number + 1000), case=f"R8-{number}", took_s=0, **facts)
        log.minutes(minutes)


@pytest.mark.proves("W6")
@pytest.mark.parametrize(("cards", "told"), [(30, 0), (31, 1)])
def test_more_than_three_times_the_own_median(cards: int, told: int) -> None:
    log = Log("2026-11-09 09:00")
    for hour in range(20):
        log.at(f"2026-11-{9 + hour // 5:02} {9 + hour % 5:02}:00")
        busy(log, 10)
    log.at("2026-11-16 10:00")
    busy(log, cards)
    assert [hit.count for hit in log.hits("w6")] == [31] * told


@pytest.mark.proves("W6")
def test_a_slow_operator_needs_more_than_twenty() -> None:
    log = Log("2026-11-09 09:00")
    for hour in range(20):
        log.at(f"2026-11-{9 + hour // 5:02} {9 + hour % 5:02}:00")
        busy(log, 2)
    log.at("2026-11-16 10:00")
    busy(log, 20)
    assert log.hits("w6") == []
    busy(log, 20)
    assert log.hits("w6") == [], "the same twenty cards again"
    log.use(card=card(5000))
    assert [hit.count for hit in log.hits("w6")] == [21]


@pytest.mark.proves("W6")
@pytest.mark.parametrize(("cards", "told"), [(60, 0), (61, 1)])
def test_whoever_is_new_has_no_median_yet(cards: int, told: int) -> None:
    log = Log()
    busy(log, cards, minutes=0.9)
    assert len(log.hits("w6")) == told
    assert len(log.hits("w6", values=Watching(w6=W6(cards_without_history=100)))) == 0


@pytest.mark.proves("W7")
def test_a_third_visit_in_one_day() -> None:
    log = Log()
    for visit in range(3):
        log.use(case=f"R8-{visit}")
        log.use("sign", case=f"R8-{visit}", key="signature")
        log.minutes(40)
    (hit,) = log.hits("w7")
    assert dict(hit.about)["problem"] == "visits"
    assert hit.count == 3


@pytest.mark.proves("W7")
def test_many_operations_of_one_case_are_one_visit() -> None:
    log = Log()
    for _ in range(6):
        log.use()
        log.use("certificate")
        log.minutes(25)
    log.use(card=card(2))
    log.minutes(31).use()
    assert log.hits("w7") == []


@pytest.mark.proves("W7")
@pytest.mark.parametrize(("case", "day", "told"), [("R8-1", 17, 1), ("R8-2", 17, 0), ("R8-1", 30, 1), ("R8-1", 31, 0)])
def test_a_second_day_without_a_new_reception_number(case: str, day: int, told: int) -> None:
    log = Log("2026-11-16 10:00")
    log.use(case="R8-1")
    log.at("2026-12-01 10:00" if day == 31 else f"2026-11-{day} 10:00").use(case=case)
    assert [dict(hit.about)["problem"] for hit in log.hits("w7")] == ["same_case"] * told


@pytest.mark.proves("W8", "W9")
@pytest.mark.parametrize("watch", ["w8", "w9"])
def test_a_card_on_a_list(watch: str) -> None:
    lists = Lists(staff={card(7)}) if watch == "w8" else Lists(protected={card(7)})
    log = Log()
    log.use(card=card(6))
    log.use("watch_list", card=card(7))
    assert log.hits(watch, lists=lists) == [], "another card; and what puts it on the list"
    log.use(card=card(7), result="refused", code="pin.cancelled")
    log.use(card=card(7))
    log.use(card=card(7), operator="taro")
    assert [dict(hit.about)["operator"] for hit in log.hits(watch, lists=lists)] == ["hanako", "taro"]


@pytest.mark.proves("W8", "W9", "A11")
@pytest.mark.parametrize(("watch", "told"), [("w8", 0), ("w9", 1)])
def test_a_list_of_uses_that_is_asked_for_with_a_protected_card_is_looked_at(watch: str, told: int) -> None:
    log = Log()
    log.use("disclose", card=card(7))
    assert len(log.hits(watch, lists=Lists(staff={card(7)}, protected={card(7)}))) == told


@pytest.mark.proves("W9")
def test_a_refusal_before_the_card_was_touched_counts_too() -> None:
    log = Log()
    log.denied(card=card(7), card_kind="my_number")
    assert len(log.hits("w9", lists=Lists(protected={card(7)}))) == 1


@pytest.mark.proves("W10")
def test_three_refusals_in_a_day() -> None:
    log = Log()
    log.denied()
    log.minutes(60).denied()
    log.denied(operator="taro")
    log.at("2026-11-17 10:00").denied()
    log.denied()
    assert log.hits("w10") == []
    log.denied(problem="more_of_the_same", count=3)
    (hit,) = log.hits("w10")
    assert hit.count == 5
    assert dict(hit.about) == {"operator": "hanako", "seat": "left", "problem": "refusals"}


@pytest.mark.proves("W10")
@pytest.mark.parametrize(("photos", "told"), [(1, 1), (2, 0)])
def test_an_item_that_the_purpose_hardly_ever_needs(photos: int, told: int) -> None:
    log = Log()
    for number in range(100):
        log.use(card=card(number), case=f"c{number}", items=["name", "photo"] if number < photos else ["name"])
        log.minutes(2)
    log.use(card=card(900), items=["photo"])
    found = [dict(hit.about) for hit in log.hits("w10")]
    wanted = {"operator": "hanako", "purpose": "juminhyo", "seat": "left", "problem": "rare_photo"}
    assert found == [wanted] * told


@pytest.mark.proves("W10")
def test_a_new_purpose_has_no_rare_items_yet() -> None:
    log = Log()
    for number in range(99):
        log.use(card=card(number), case=f"c{number}")
    log.use(card=card(900), items=["photo"])
    assert log.hits("w10") == []
    log.use(card=card(901), items=["photo"])
    assert len(log.hits("w10")) == 1, "1 of 100"


def reads(log: Log, number: int) -> list[int]:
    found = []
    for each in range(number):
        found.append(log.use(card=card(each), case=f"c{each}", took_s=0))
        log.minutes(1)
    return found


@pytest.mark.proves("W12")
def test_three_readings_and_no_case_closed() -> None:
    log = Log()
    log.state("case.close", client="kiosk", case="c-0")
    numbers = reads(log, 3)
    log.at("2026-11-16 10:31").state("session.ended")
    assert log.hits("w12", until="2026-11-16 10:31:59") == [], "the third has 30 minutes like the others"
    (hit,) = log.hits("w12", until="2026-11-16 10:32:00")
    assert hit.evidence[-1] == numbers[-1]
    assert dict(hit.about) == {"operator": "hanako", "seat": "left", "client": "kiosk"}


@pytest.mark.proves("W12")
def test_a_case_that_is_closed_in_time_is_no_curiosity() -> None:
    log = Log()
    log.state("case.close", client="kiosk", case="c-0")
    reads(log, 3)
    log.at("2026-11-16 10:29:59").state("case.close", client="kiosk", case="c1")
    assert log.hits("w12", until="2026-11-16 18:00") == []
    log.state("case.close", client="kiosk", case="c2", code="session.required")
    assert log.hits("w12", until="2026-11-16 18:00") == []


@pytest.mark.proves("W12")
def test_an_application_that_never_told_says_nothing_by_its_silence() -> None:
    log = Log()
    reads(log, 5)
    assert log.hits("w12", until="2026-11-16 18:00") == []
    assert len(log.hits("w12", values=Watching(w12=W12(clients=("kiosk",))), until="2026-11-16 18:00")) == 1


@pytest.mark.proves("W14")
@pytest.mark.parametrize(("cards", "pause", "told"), [(5, 14, 1), (4, 1, 0), (5, 15, 0)])
def test_cards_pulled_right_after_reading(cards: int, pause: float, told: int) -> None:
    log = Log()
    for number in range(cards):
        log.state("card.removed_soon", operator="hanako", seat="left", card=card(number), after_ms=900)
        log.minutes(pause)
    assert [hit.count for hit in log.hits("w14")] == [5] * told
