"""Records of several logs under numbers of their own: what a hit rests on is told by log and number, exactly."""

from cardd.audit.entries import Entry
from cardd.audit.records import Phase
from cardd.fleet.merged import MOST_LOGS, Numbers, spans
from cardd.watching.seen import Hit

ONE, TWO = "a" * 32, "b" * 32


def entry(log_id: str, sequence: int, **content: object) -> Entry:
    return Entry(
        log_id, sequence, 1_790_000_000_000_000, Phase.STATE, "cd" * 32, {"terminal": f"t-{log_id[0]}", **content}, b"x"
    )


def test_numbers_of_two_logs_never_meet_and_lead_back() -> None:
    numbers = Numbers()
    given = [(log, sequence) for sequence in (1, 2, 2**40) for log in (ONE, TWO)]
    told = [numbers.numbered(entry(*each)).sequence for each in given]
    assert len(set(told)) == len(told)
    hit = Hit("w3", ONE, 0, tuple(told), ())
    assert numbers.records(hit) == tuple(given)


def test_a_result_still_finds_its_intent_and_the_record_stays_what_it_was() -> None:
    numbers = Numbers()
    first = entry(ONE, 7, seat="window-1", approval="a1", operator="tanaka")
    intent = numbers.numbered(first)
    assert numbers.numbered(entry(ONE, 8, intent=7)).number("intent") == intent.sequence
    assert numbers.numbered(entry(TWO, 8, intent=7)).number("intent") == 7 * MOST_LOGS + 1
    assert (intent.text("seat"), intent.text("approval"), intent.text("operator")) == (
        "t-a/window-1",
        "t-a/a1",
        "tanaka",
    )
    assert (first.text("seat"), first.sequence, intent.octets, intent.hash) == ("window-1", 7, first.octets, first.hash)


def test_odd_values_in_a_record_are_left_as_they_are() -> None:
    numbered = Numbers().numbered(entry(ONE, 3, intent="7", seat=5, approval=None))
    assert (numbered.content["intent"], numbered.content["seat"], numbered.content["approval"]) == ("7", 5, None)


def test_evidence_elsewhere_comes_first_and_nothing_stands_twice() -> None:
    numbers = Numbers()
    here, there = (numbers.numbered(entry(log, 5)).sequence for log in (ONE, TWO))
    hit = Hit("w11", TWO, 0, (there, there), (), elsewhere=((ONE, here),))
    assert numbers.records(hit) == ((ONE, 5), (TWO, 5))
    assert spans(numbers.records(hit))
    assert not spans([(ONE, 5), (ONE, 6)])
