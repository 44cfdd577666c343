"""Records for tests of the rules: a small log in memory, with times in Japan."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from cardd.audit.entries import Entry
from cardd.audit.records import Phase
from cardd.japan_time import JAPAN
from cardd.watch_settings import Watching
from cardd.watching.engine import Engine
from cardd.watching.registry import Lists
from cardd.watching.seen import Hit

LOG = "0" * 32
MONDAY = "2026-11-16"
"""A working day like any other; the 23rd is 勤労感謝の日."""


def us(text: str) -> int:
    """`2026-11-16 10:00:00.5` in Japan as microseconds since 1970, UTC."""
    return (
        datetime.fromisoformat(text).replace(tzinfo=JAPAN) - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    ) // (timedelta(microseconds=1))


def card(number: int) -> str:
    """A pseudonym."""
    return f"{number:032x}"


class Log:
    """Grows by what is said; `at` is the time of the next record."""

    def __init__(self, at: str = f"{MONDAY} 10:00", *, log: str = LOG, mode: str = "production") -> None:
        self.entries: list[Entry] = []
        self.us = us(at)
        self._log, self._common = log, {"mode": mode, "boot": "b" * 32, "terminal": f"t{log[:1]}"}
        self._up_us = 10**12

    def at(self, text: str) -> "Log":
        """Go to a time; the clock of the machine goes along."""
        return self.wait(us(text) - self.us)

    def wait(self, step_us: float) -> "Log":
        """Let time pass; microseconds."""
        self.us += int(step_us)
        self._up_us += int(step_us)
        return self

    def minutes(self, number: float) -> "Log":
        return self.wait(number * 60_000_000)

    def step_clock(self, seconds: float) -> "Log":
        """Somebody sets the clock: UTC moves, the time since boot does not."""
        self.us += int(seconds * 1_000_000)
        return self

    def reboot(self) -> "Log":
        self._common, self._up_us = self._common | {"boot": "c" * 32}, 10**6
        return self

    def put(self, phase: Phase, **content: Any) -> int:
        """One record; its number."""
        number = len(self.entries) + 1
        whole = (
            self._common
            | {"up_us": self._up_us}
            | {name: value for name, value in content.items() if value is not None}
        )
        self.entries.append(Entry(self._log, number, self.us, phase, f"{number:064x}", whole, b""))
        return number

    def state(self, event: str, **content: Any) -> int:
        return self.put(Phase.STATE, event=event, **content)

    def use(
        self, operation: str = "read", *, result: str = "done", took_s: float = 1, late: Any = None, **content: Any
    ) -> int:
        """An intent and its result on a resident's card, by `hanako` at `left`; the number of the result."""
        known = {
            "event": f"card.{operation}", "operation": operation, "operator": "hanako", "seat": "left", "client": "kiosk",
            "request": "r-1", "card": card(1), "card_kind": "my_number", "purpose": "juminhyo", "case": "R8-1",
            "items": ["name"] if operation == "read" else None,
        }  # fmt: skip
        outcome = {"pin_outcome", "code", "problem", "certificate", "badge"}
        intent = self.put(
            Phase.INTENT, **known | {name: value for name, value in content.items() if name not in outcome}
        )
        self.wait(took_s * 1_000_000)
        told = {name: value for name, value in content.items() if name in outcome}
        return self.put(Phase.RESULT, intent=intent, result=result, **told | (late or {}))

    def wrong_pin(self, **content: Any) -> int:
        facts = {"pin": "card_info", "pin_outcome": "spent", "code": "pin.rejected", "result": "refused"}
        return self.use(**facts | content)

    def login(self, operator: str | None = "hanako", *, result: str = "done", **content: Any) -> int:
        badge = {
            "event": "session.login", "operator": None, "card_kind": "badge", "card": "b" * 32, "purpose": None, "case": None,
        }  # fmt: skip
        late = {"operator": operator, "badge": content.pop("badge", "e" * 32)}
        return self.use("login", result=result, late=late, **badge | content)

    def denied(self, **content: Any) -> int:
        known = {"operator": "hanako", "seat": "left", "client": "kiosk", "request": "r-1", "operation": "read"}
        return self.state("card.read", **known | {"code": "policy.denied"} | content)

    def hits(
        self, watch: str, *, values: Watching | None = None, lists: Lists | None = None, until: str | None = None
    ) -> list[Hit]:
        """What one rule says of it all."""
        engine = Engine(values or Watching(), lists)
        found = [*engine.feed(self.entries)]
        if until is not None:
            found += engine.advance(us(until))
        return [hit for hit in found if hit.watch == watch]


def random_day(chance: Any, log: Log, uses: int) -> Iterator[None]:
    """Grow a log by a hectic day, so that rules have something to say; yields after each record or pair."""
    for _ in range(uses):
        who, what = chance.choice(["hanako", "taro"]), card(chance.randrange(4))
        act = chance.randrange(9)
        log.wait(chance.randrange(1, 400) * 1_000_000)
        if act <= 2:
            log.use(operator=who, card=what, case=f"R8-{chance.randrange(3)}", items=[chance.choice(["name", "photo"])])
        elif act == 3:
            log.wrong_pin(operator=who, card=what)
        elif act == 4:
            log.denied(operator=who)
        elif act == 5:
            log.login(
                who,
                seat=chance.choice(["left", "right"]),
                result=chance.choice(["done", "refused"]),
                code="auth.failed",
            )
        elif act == 6:
            log.state("card.removed_soon", operator=who, seat="left")
        elif act == 7:
            log.state("case.close", client="kiosk", case=f"R8-{chance.randrange(3)}", operator=who)
        else:
            log.state(chance.choice(["log.opened", "daemon.stopped", "alarm.log_damaged", "watch.alarm"]))
        yield
