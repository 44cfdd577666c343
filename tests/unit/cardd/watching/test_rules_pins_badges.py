"""W1 to W4 and W11: for each a log that triggers it, and one that just does not."""

import pytest

from cardd.watch_settings import W2, Rule, Watching
from tests.unit.cardd.watching.made import LOG, Log, card


@pytest.mark.proves("W1")
def test_two_wrong_pins_in_a_row_on_one_card() -> None:
    log = Log()
    first = log.wrong_pin()
    second = log.minutes(5).wrong_pin()
    (hit,) = log.hits("w1")
    assert hit.evidence == (first - 1, first, second - 1, second)
    assert dict(hit.about) == {"card": card(1), "operator": "hanako", "seat": "left"}
    assert hit.count == 2


@pytest.mark.proves("W1")
@pytest.mark.parametrize("between", ["right_pin", "other_card", "next_day", "not_sent"])
def test_one_wrong_pin_is_none_in_a_row(between: str) -> None:
    log = Log()
    log.wrong_pin()
    if between == "right_pin":
        log.use(pin="card_info", pin_outcome="accepted")
    elif between == "next_day":
        log.at("2026-11-17 09:00")
    last = {
        "other_card": {"card": card(2)},
        "not_sent": {"pin_outcome": "untouched"},
    }
    log.wrong_pin(**last.get(between, {}))
    assert log.hits("w1") == []


@pytest.mark.proves("W1")
def test_one_guess_at_each_pin_of_a_card_is_told_too() -> None:
    log = Log()
    log.wrong_pin()
    log.use(pin="signature", pin_outcome="accepted")
    last = log.wrong_pin(pin="authentication")
    (hit,) = log.hits("w1")
    assert (hit.count, hit.evidence[-1]) == (2, last)


@pytest.mark.proves("W1")
def test_the_right_pin_takes_away_its_own_mistakes_alone() -> None:
    log = Log()
    log.wrong_pin()
    log.use(pin="card_info", pin_outcome="accepted")
    log.wrong_pin(pin="signature")
    assert log.hits("w1") == []


@pytest.mark.proves("W1")
def test_the_same_card_is_told_once_a_day() -> None:
    log = Log()
    for _ in range(4):
        log.wrong_pin()
    log.at("2026-11-17 09:00").wrong_pin()
    log.wrong_pin()
    assert len(log.hits("w1")) == 2


@pytest.mark.proves("W2")
def test_five_wrong_pins_over_three_cards_within_an_hour() -> None:
    log = Log()
    for number in (1, 2, 3, 1, 2):
        log.wrong_pin(card=card(number))
        log.minutes(10)
    (hit,) = log.hits("w2")
    assert dict(hit.about) == {"operator": "hanako"}
    assert hit.count == 5


@pytest.mark.proves("W2")
@pytest.mark.parametrize("why", ["four", "two_cards", "slower"])
def test_fewer_wrong_pins_say_nothing(why: str) -> None:
    log = Log()
    numbers = {"four": (1, 2, 3, 4), "two_cards": (1, 2, 1, 2, 1), "slower": (1, 2, 3, 4, 5)}[why]
    for number in numbers:
        log.wrong_pin(card=card(number), took_s=0)
        log.minutes(15 if why == "slower" else 5)
    assert log.hits("w2") == []


@pytest.mark.proves("W2")
def test_several_operators_at_one_seat_are_told_of_the_seat() -> None:
    log = Log()
    for number, who in enumerate(("hanako", "taro", "jiro", "hanako", "taro")):
        log.wrong_pin(card=card(number), operator=who)
    assert [dict(hit.about) for hit in log.hits("w2")] == [{"seat": "left"}]
    assert log.hits("w2", values=Watching(w2=W2(times=6))) == []


@pytest.mark.proves("W3")
def test_three_failed_logins_within_a_quarter_of_an_hour() -> None:
    log = Log()
    for _ in range(3):
        log.login(None, result="refused", code="pin.rejected", pin_outcome="spent", took_s=0)
        log.minutes(7)
    (hit,) = log.hits("w3")
    assert dict(hit.about) == {"badge": "e" * 32}, "the seat did nothing that this badge did not do"
    assert hit.count == 3


@pytest.mark.proves("W3")
@pytest.mark.parametrize("why", ["two", "slower", "other_badges_and_seats", "cancelled"])
def test_fewer_failed_logins_say_nothing(why: str) -> None:
    log = Log()
    for number in range(2 if why == "two" else 3):
        fault = (
            {"code": "request.cancelled"} if why == "cancelled" else {"code": "pin.rejected", "pin_outcome": "spent"}
        )
        place = {"badge": f"{number:032x}", "seat": f"s{number}"} if why == "other_badges_and_seats" else {}
        log.login(None, result="refused", took_s=0, **fault, **place)
        log.minutes(7.5 if why == "slower" else 1)
    assert log.hits("w3") == []


@pytest.mark.proves("W3")
def test_three_badges_at_one_seat_are_told_of_the_seat() -> None:
    log = Log()
    for number in range(3):
        log.login(None, result="refused", code="auth.failed", badge=f"{number:032x}")
    assert [dict(hit.about) for hit in log.hits("w3")] == [{"seat": "left"}]


@pytest.mark.proves("W4")
@pytest.mark.parametrize(
    "why", ["badge_blocked", "operator_blocked", "role_ended", "expired", "revoked", "not_registered"]
)
def test_a_badge_that_counts_no_more_was_used(why: str) -> None:
    log = Log()
    log.login("jiro", result="refused", code="auth.failed", problem=why)
    (hit,) = log.hits("w4")
    assert dict(hit.about) == {"badge": "e" * 32, "operator": "jiro", "seat": "left", "problem": why}
    log.login("jiro", result="refused", code="auth.failed", problem=why)
    assert len(log.hits("w4")) == 1
    assert log.hits("w4", values=Watching(w4=Rule(enabled=False))) == []


@pytest.mark.proves("W4")
@pytest.mark.parametrize("why", ["challenge_expired", "badge_signature", "list_old"])
def test_a_badge_that_failed_for_another_reason_did_not_end(why: str) -> None:
    log = Log()
    log.login("jiro", result="refused", code="auth.failed", problem=why)
    log.login("jiro")
    assert log.hits("w4") == []


@pytest.mark.proves("W11")
def test_one_badge_at_two_seats_at_once() -> None:
    log = Log()
    first = log.login(seat="left", session="s-1")
    log.minutes(1).login(seat="right")
    (hit,) = log.hits("w11")
    assert first in hit.evidence
    assert dict(hit.about) == {"badge": "e" * 32, "operator": "hanako", "seat": "right", "problem": "two_seats"}


@pytest.mark.proves("W11")
@pytest.mark.parametrize("how", ["ended", "logout", "same_seat"])
def test_a_badge_that_was_carried_to_another_seat_is_no_two(how: str) -> None:
    log = Log()
    log.login(seat="left")
    if how != "same_seat":
        log.state("session.ended" if how == "ended" else "session.logout", operator="hanako", seat="left")
    log.minutes(1).login(seat="left" if how == "same_seat" else "right")
    assert log.hits("w11") == []


@pytest.mark.proves("W11")
@pytest.mark.parametrize(("pause", "told"), [(4.9, 1), (5.1, 0)])
def test_two_machines_too_soon_after_each_other(pause: float, told: int) -> None:
    """Read together, by time: two logs."""
    here = Log()
    here.login(took_s=0)
    here.state("session.ended", operator="hanako", seat="left")
    there = Log(log="1" * 32)
    there.minutes(pause).login(took_s=0)
    here.entries += there.entries
    hits = here.hits("w11")
    assert [(hit.log[0], hit.elsewhere) for hit in hits] == [("1", ((LOG, 1), (LOG, 2)))] * told
