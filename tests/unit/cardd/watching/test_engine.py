"""The same log gives the same hits, however it is fed; what is remembered stays bounded; one bad rule does not silence the others."""

import gc
import random
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, ModuleType

import pytest

from cardd.audit.records import Phase
from cardd.watch_settings import Watching
from cardd.watching.engine import Engine
from cardd.watching.memory import MOST_EACH, Bounded, Mark, Once, Window
from cardd.watching.registry import WATCHES, Lists, rules
from cardd.watching.rules.people import Overridden
from cardd.watching.seen import MOST_OPEN, Hit, Joiner, Seen
from tests.unit.cardd.watching.made import Log, card, random_day, us

VALUES = Watching.model_validate(
    {"w12": {"clients": ["kiosk"]}, "w10": {"history": 20}, "w6": {"cards_without_history": 3, "cards": 3}}
)
LISTS = Lists(staff={card(1)}, protected={card(2)})


def cut(chance: random.Random, log: Log) -> Iterator[Hit]:
    """Live: batches of any size, looks at the clock in between."""
    engine, at = Engine(VALUES, LISTS), 0
    while at < len(log.entries):
        size = chance.randrange(1, 40)
        batch = log.entries[at : at + size]
        yield from engine.feed(batch)
        at += size
        following = log.entries[at].utc_us if at < len(log.entries) else batch[-1].utc_us
        if following >= batch[-1].utc_us:
            yield from engine.advance(chance.randrange(batch[-1].utc_us, following + 1))
    yield from engine.advance(us("2027-01-01 00:00"))


@pytest.mark.proves("A9")
def test_live_and_replay_give_the_same_hits_whatever_the_batches() -> None:
    seen: set[str] = set()
    for seed in range(40):
        chance = random.Random(seed)
        log = Log("2026-11-16 08:00")
        for _ in random_day(chance, log, 150):
            if chance.randrange(60) == 0:
                log.step_clock(chance.choice([-5000, -3, 4, 90]))
        engine = Engine(VALUES, LISTS)
        replayed = [*engine.feed(log.entries), *engine.advance(us("2027-01-01 00:00"))]
        live = list(cut(chance, log))
        assert {hit.key for hit in live} == {hit.key for hit in replayed}
        assert len({hit.key for hit in replayed}) == len(replayed), "each hit once"
        seen |= {hit.watch for hit in replayed}
    assert len(seen) >= 12, "the logs have something in them for most rules"


@pytest.mark.proves("A9")
def test_each_of_the_eighteen_rules_is_there_and_can_be_switched_off() -> None:
    assert tuple(rules(Watching(), Lists())) == WATCHES
    for watch in WATCHES:
        values = Watching.model_validate({watch: {"enabled": False}})
        assert watch not in rules(values, Lists())


def test_a_rule_that_cannot_bear_a_record_is_given_up_loudly_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Overridden, seen: Seen) -> Iterator[Hit]:
        raise KeyError(seen.sequence)

    monkeypatch.setattr(Overridden, "see", broken)
    log, told = Log("2026-11-16 23:00"), []
    log.use()
    engine = Engine(Watching(), on_failed=lambda watch, error: told.append((watch, type(error))))
    assert [hit.watch for hit in engine.feed(log.entries)] == ["w5"]
    log.use(operator="taro")
    assert [hit.watch for hit in engine.feed(log.entries[2:])] == ["w5"]
    assert told == [("w16", KeyError)]
    with pytest.raises(KeyError):
        list(Engine(Watching()).feed(log.entries))


HOSTILE: list[object] = [None, 0, -1, 2**60, "", "x" * 500, "\x00", [], ["a"], [1], {}, True, 1.5]


@pytest.mark.proves("A9", "fault 105")
def test_hostile_values_in_any_field_break_no_rule() -> None:
    """Somebody else may have written the log; a field may hold anything that JSON can."""
    chance = random.Random(7)
    log = Log()
    for _ in random_day(chance, log, 300):
        for entry in log.entries[-2:]:
            for name in chance.sample(sorted(entry.content), k=min(3, len(entry.content))):
                entry.content[name] = chance.choice(HOSTILE)
    hits = list(Engine(VALUES, LISTS).feed(log.entries))
    assert len({hit.watch for hit in hits}) >= 5


@pytest.mark.proves("A9")
def test_what_is_remembered_does_not_grow_with_the_log() -> None:
    table = Bounded(list, 100)
    window, once = Window(10, most=100, each=5), Once()
    for number in range(1000):
        table[number].append(number)
        window.add(number, Mark(number, (number,)))
        once.first(number, 1)
    assert len(table) == len(window) == 100
    assert table.get(899) is None
    assert table.get(900) == [900]
    for number in range(50):
        marks = window.add("one", Mark(5, (number,)))
    assert [mark.evidence for mark in marks] == [(45,), (46,), (47,), (48,), (49,)]
    joiner = Joiner()
    log = Log()
    for _ in range(MOST_OPEN + 10):
        log.put(Phase.INTENT, event="card.read")
    for entry in log.entries:
        assert list(joiner.see(entry)) == []
    assert len(joiner) == MOST_OPEN
    assert MOST_EACH == 1000


def held(engine: Engine) -> int:
    """How many objects the engine keeps alive: rules, windows, marks, and the numbers and texts in them."""
    seen, waiting = {id(engine)}, [engine]
    while waiting:
        for each in gc.get_referents(waiting.pop()):
            if id(each) not in seen and not isinstance(each, type | ModuleType | FunctionType | BuiltinFunctionType):
                seen.add(id(each))
                waiting.append(each)
    return len(seen)


@pytest.mark.proves("T2", "A9")
def test_an_hour_of_readings_fills_the_rules_and_no_more() -> None:
    """Of one operator within an hour a thousand uses are remembered, and nothing of the others, be they ever so many."""
    log, engine, grown = Log(), Engine(Watching()), []
    for uses in (100, 900, 200, 3000):
        before = len(log.entries)
        for number in range(uses):
            log.use(took_s=0.1, card=card(number % 4))
        assert list(engine.feed(log.entries[before:])) == []
        grown.append(held(engine))
    assert log.us < us("2026-11-16 11:00")
    assert grown[0] < grown[1] <= grown[2] == grown[3]


def test_a_window_forgets_what_lies_ahead_when_the_clock_was_set_back() -> None:
    window = Window(100)
    window.add("k", Mark(1000, (1,)))
    assert [mark.evidence for mark in window.add("k", Mark(500, (2,)))] == [(2,)]
    assert [mark.evidence for mark in window.add("k", Mark(599, (3,)))] == [(2,), (3,)]
    assert [mark.evidence for mark in window.add("k", Mark(600, (4,)))] == [(3,), (4,)]


def test_an_alarm_names_at_most_a_hundred_records() -> None:
    log = Log()
    for _ in range(500):
        log.denied(client="kiosk", operator=None)
    (hit,) = log.hits("w13")
    assert hit.evidence == tuple(range(1, 11))
    log = Log()
    log.denied(client="kiosk")
    values = Watching.model_validate({"w13": {"times": 300}})
    for _ in range(400):
        log.denied(client="kiosk")
    (hit,) = log.hits("w13", values=values)
    assert len(hit.evidence) == 100
    assert hit.evidence[-1] == 300
