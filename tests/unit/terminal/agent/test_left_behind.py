"""When a card counts as left behind."""

from __future__ import annotations

from terminal.agent.left_behind import Left, LeftBehind
from terminal.settings import LeftSettings

SETTINGS = LeftSettings(badge_minutes=10, resident_seconds=60)
BADGE = {"card": "c-1", "reader": "Left Reader", "kind": "badge"}
RESIDENT = {"card": "c-2", "reader": "Right Reader", "kind": "my_number"}


def with_cards(*cards: dict[str, str], settings: LeftSettings = SETTINGS, all_are_ours: bool = True) -> LeftBehind:
    left = LeftBehind(settings, all_are_ours=all_are_ours)
    left.snapshot(cards, 0)
    return left


def test_a_residents_card_is_told_once_after_its_last_use() -> None:
    left = with_cards(RESIDENT)
    left.heard("queue", "busy", {"reader": "Right Reader"}, 30)
    assert left.due(89) == []
    assert left.next_due(89) == 1
    assert left.due(90) == [Left("resident_left", "Right Reader")]
    assert left.due(1000) == []
    assert left.next_due(1000) is None


def test_a_new_use_begins_the_time_anew() -> None:
    left = with_cards(RESIDENT)
    left.due(60)
    left.heard("pin", "asked", {"card": "c-2"}, 100)
    assert left.due(159) == []
    assert left.due(160) == [Left("resident_left", "Right Reader")]


def test_a_badge_is_told_when_nobody_has_worked_for_so_long() -> None:
    left = with_cards(BADGE)
    left.heard("session", "started", {}, 100)
    left.heard("session", "locked", {"reason": "inactivity"}, 400)
    assert left.due(999) == []
    assert left.due(1000) == [Left("badge_left", "Left Reader")]


def test_a_card_that_was_taken_is_not_left() -> None:
    left = with_cards(BADGE, RESIDENT)
    left.heard("card", "removed", RESIDENT, 10)
    left.heard("card", "removed", BADGE, 10)
    assert (left.due(10_000), left.next_due(10_000)) == ([], None)


def test_a_card_counts_from_when_it_is_known_what_it_is() -> None:
    left = with_cards()
    left.heard("card", "inserted", {**RESIDENT, "kind": "unknown"}, 5)
    assert left.next_due(5) is None
    left.heard("card", "identified", RESIDENT, 6)
    assert left.due(65) == [Left("resident_left", "Right Reader")]


def test_zero_turns_a_warning_off() -> None:
    left = with_cards(BADGE, RESIDENT, settings=LeftSettings(badge_minutes=0, resident_seconds=0))
    assert (left.due(1e6), left.next_due(0)) == ([], None)


def test_at_a_named_seat_only_cards_that_were_used_here_count() -> None:
    left = with_cards(BADGE, RESIDENT, all_are_ours=False)
    assert left.due(10_000) == []
    left.badge_of_ours("c-1")
    left.heard("pin", "asked", {"card": "c-2"}, 10_000)
    assert left.due(10_060) == [Left("resident_left", "Right Reader")]
    assert left.due(10_600) == [Left("badge_left", "Left Reader")]


def test_a_new_connection_keeps_the_times_of_cards_that_stayed() -> None:
    left = with_cards(RESIDENT)
    left.snapshot([RESIDENT], 59)
    assert left.due(60) == [Left("resident_left", "Right Reader")]
