"""Logs of a month with uses of all kinds, made from a seed."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cardd.japan_time import JAPAN
from tests.fixtures.written_log import WrittenLog

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PURPOSES = ("identity_check", "passport", "move_in", None)
PEOPLE = (("sato", "counter"), ("tanaka", "supervisor"), ("suzuki", "card_issuing"))
CASE, CARD = "R8-SECRET-0042", "5ec7e7" * 5 + "00"


def at(day: date, hour: float) -> int:
    """A moment in Japan, in microseconds since 1970."""
    moment = datetime(day.year, day.month, day.day, tzinfo=JAPAN) + timedelta(hours=hour)
    return (moment - EPOCH) // timedelta(microseconds=1)


def month_log(directory: Path, seed: int = 1, *, uses: int = 200, per_segment: int = 60) -> WrittenLog:
    """Uses from 20 October to 10 December 2026; results come up to an hour later, some never; alarms, some reviewed, some late."""
    chance = random.Random(seed)
    log = WrittenLog(directory, records_per_segment=per_segment)
    first = date(2026, 10, 20)
    log.state(at(first, 0), "log.created")
    begun = sorted(at(first + timedelta(days=chance.randrange(52)), chance.uniform(0, 23.9)) for _ in range(uses))
    waiting: list[tuple[int, int]] = []
    for moment in begun:
        while waiting and waiting[0][0] <= moment:
            _close(log, chance, *waiting.pop(0))
        who, role = chance.choice(PEOPLE)
        facts: dict[str, Any] = {"operator": who, "role": role, "operation": chance.choice(("read", "sign"))}
        purpose = chance.choice(PURPOSES)
        facts |= {"case": CASE, "card": CARD} | ({"purpose": purpose} if purpose else {})
        facts |= {"approver": "kanri"} if chance.random() < 0.05 else {}
        facts |= {"emergency": True} if chance.random() < 0.03 else {}
        number = log.intent(moment, event="card.read", pin="card_info", **facts)
        if chance.random() < 0.97:
            waiting.append((moment + chance.randrange(1, 3_600_000_000), number))
            waiting.sort()
        if chance.random() < 0.1:
            log.state(moment, "card.read", code="policy.denied", problem="no_row", **facts)
            log.state(moment, "card.read", code="policy.denied", problem="more_of_the_same", count=3, **facts)
        if chance.random() < 0.1:
            alarm = log.state(moment, "watch.alarm", watch=chance.choice(("w1", "w5")), operator=who, evidence=[number])
            if chance.random() < 0.7:
                verdict = chance.choice(("explained", "unexplained", "misuse"))
                log.state(moment + 5, "watch.review", alarm=alarm, verdict=verdict, reason="other", operator="kansa")
    for moment, number in waiting:
        _close(log, chance, moment, number)
    log.close()
    return log


def _close(log: WrittenLog, chance: random.Random, moment: int, number: int) -> None:
    result = chance.choice(("done", "done", "done", "refused", "failed", "unknown"))
    facts: dict[str, Any] = {"pin_outcome": chance.choice(("accepted", "spent", "may_be_spent", "untouched"))}
    if result == "done":
        facts |= {"items": ["name", "address"]}
    elif result != "unknown":
        facts |= {"code": chance.choice(("pin.rejected", "pin.now_blocked", "card.removed"))}
    log.result(moment, number, result, **facts)
