"""A bad day at a counter: people mistype, programs lie about consent, cards are pulled and exchanged, the daemon is killed.

Whether a resident's last try went without the resident's consent on record is judged from the reference cards' own counters.
"""

from __future__ import annotations

import signal
import threading
from collections import Counter as Tally
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from applets_spec.card import Card
from applets_spec.insertion import tell_inserted, tell_pulled
from cardd.client import Client, ConnectionEnded, RemoteError
from cardd.wire import names, remote
from cardd.wire.envelope import Request
from cardd.wire.framing import encode
from demo.office import Office
from tests.e2e.fault_house import DIGEST, take_out
from tests.fixtures.counter import BADGE_SLOT, ROOMY, Counter, until

CONFIG = ROOMY + "pin_seconds = 5\n"
RESIDENT_SLOTS = (1, 2)
VERIFY, CHANGE = 0x20, 0x24
NOBODY_HEARS = bytes.fromhex("6F00")
REFERENCES = {
    "card_info": "card_info.pin",
    "authentication": "jpki.authentication",
    "signature": "jpki.signature",
}
"""What records call a PIN, and what the reference card does."""
GENUINE = {"agreed": True}
LIES: tuple[Any, ...] = (
    {"agreed": False},
    {"agreed": "true"},
    {"agreed": "yes"},
    {"agreed": 1},
    {"agreed": [True]},
    {"agreed": {"agreed": True}},
    {"agreed": None},
    {"agreed": True, "force": True},
    {"agreed": True, "agreed_by": "resident"},
    {"confirmed": True},
    {"Agreed": True},
    {"result": {"agreed": True}},
    {"cancelled": True},
    {},
)
"""What is no consent, however much it looks like one."""
SMUGGLED: tuple[dict[str, Any], ...] = (
    {"consent": True},
    {"last_try_agreed": True},
    {"agreed": True},
    {"force": True},
    {"approval": "a-0123456789abcdef"},
    {"case": "R8-{number} agreed: true"},
)
CALLED_OFF = (RemoteError, ConnectionEnded, OSError)


@dataclass
class Watched:
    """A resident's card in a reader; `spent` tells of each secret that was sent to a PIN with one try left."""

    name: str
    card: Card
    right: Mapping[str, str]
    spent: Tally[str] = field(default_factory=Tally)
    lies_there: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """A command ends before its card is gone: the office sets PINs anew only on a card that nobody talks to."""

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def inserted(self) -> None:
        self.lies_there = True
        tell_inserted(self.card)

    def pulled(self) -> None:
        with self._lock:
            self.lies_there = False
        tell_pulled(self.card)

    def power_on(self) -> bytes:
        return self.card.power_on()

    def reset(self) -> bytes:
        return self.card.reset()

    def power_off(self) -> None:
        self.card.power_off()

    def transmit(self, command: bytes) -> bytes:
        with self._lock:
            if not self.lies_there:
                return NOBODY_HEARS
            before = self.tries()
            answer = self.card.transmit(command)
            if command[1] in (VERIFY, CHANGE) and len(command) > 5:
                after = self.tries()
                self.spent.update(name for name, left in before.items() if left == 1 and after[name] != 1)
            return answer

    def tries(self) -> dict[str, int]:
        return {name: reference.tries for name, reference in self.card.references().items()}

    def set_tries(self, chance: Random) -> None:
        assert not self.lies_there
        for reference in self.card.references().values():
            reference.tries = min(reference.max_tries, chance.choice([0, 1, 1, 1, 2, 3]))


@dataclass
class Use:
    """One call about one card, with a case number of its own."""

    number: int
    method: str
    which: str
    card: Watched | None
    params: dict[str, Any]
    pins: list[str | None]
    consent: Any
    """What is answered to `agent.confirm`: a result, or one word of how else."""
    before: bool = False
    """Say `{"agreed": true}` to questions that nobody has asked yet."""


class Program(Client):
    """A client that answers as it was told, and remembers when it consented in so many words."""

    def __init__(self, socket: Path, use: Use, genuine: set[int]) -> None:
        self._use, self._genuine = use, genuine
        super().__init__(str(socket), "en", self._type, None, None)
        try:
            self.begin(remote.hello_params("fuzz", "1", "en", None))
        except BaseException:
            self.close()
            raise

    def _type(self, _request: Mapping[str, Any]) -> bytearray | None:
        typed = self._use.pins.pop(0) if self._use.pins else None
        return None if typed is None else bytearray(typed.encode())

    def foretell(self) -> None:
        """Answers to calls of the daemon that it has not made: the ids are easy to guess."""
        for number in range(1, 40):
            self._socket.sendall(encode({"jsonrpc": "2.0", "id": f"s-{number}", "result": GENUINE}))

    def _answer(self, asked: Request) -> None:
        if asked.method != names.AGENT_CONFIRM:
            super()._answer(asked)
            return
        said = self._use.consent
        if said == "hang up":
            self.close()
            raise ConnectionEnded("hung up")
        if said == "refuse":
            self._send(self._talk.refuse(asked))
        elif said == "secret":
            self._send(self._talk.answer_secret(asked, bytearray(b"agreed")))
        elif said != "silence":
            if said is GENUINE:
                self._genuine.add(self._use.number)
            self._send(self._talk.answer(asked, said))


class Day:
    """What happens in the order that `seed` says."""

    def __init__(self, counter: Counter, seed: int, start: Callable[[Counter], None] = Counter.start) -> None:
        self.counter, self.chance, self._start = counter, Random(seed), start
        self.genuine: set[int] = set()
        self.uses: dict[int, Use] = {}
        self.ends: Tally[str] = Tally()
        self.broken: list[BaseException] = []
        self._numbers, self._typed = count(1), count(1)
        self._running: set[Future[None]] = set()
        self._lock = threading.Lock()
        self.lies: dict[int, Watched] = {}
        self.handles: dict[str, Watched] = {}
        self.slots: dict[int, str] = {}
        self.residents = [self._resident(number) for number in (1, 2, 3)]
        self.operator = ""

    def _resident(self, number: int) -> Watched:
        resident = self.counter.office.resident(number=number)
        pins = resident.holder.pins
        right = {"card_info": pins.card_info, "authentication": pins.authentication, "signature": pins.signature}
        return Watched(f"resident {number}", resident.card, right)

    def passes(self, acts: int) -> None:
        """So many things happen, several at once."""
        happenings = {
            self.somebody_uses_a_card: 60,
            self.a_card_is_exchanged: 24,
            self.somebody_pulls_a_card: 4,
            self.another_operator_comes: 4,
            self.the_daemon_restarts: 2,
            self.all_is_quiet: 20,
        }
        with ThreadPoolExecutor(3) as self._pool:
            self.another_operator_comes()
            for slot in RESIDENT_SLOTS:
                self._exchange(slot)
            for _ in range(acts):
                self.chance.choices(list(happenings), list(happenings.values()))[0]()
                while len(self._running) > 3:
                    self._settle(one=True)
            self.all_is_quiet()

    # --- what happens ------------------------------------------------------------------------------------------------

    def somebody_uses_a_card(self) -> None:
        use = self._use()
        with self._lock:
            self.uses[use.number] = use
        self._running.add(self._pool.submit(self._do, use))

    def all_is_quiet(self) -> None:
        while self._running:
            self._settle()

    def a_card_is_exchanged(self) -> None:
        if self.chance.random() < 0.7:
            self.all_is_quiet()
        self._exchange(self.chance.choice(RESIDENT_SLOTS))

    def somebody_pulls_a_card(self) -> None:
        slot = self.chance.choice(RESIDENT_SLOTS)
        if slot in self.lies:
            self.counter.pull(slot)
            del self.lies[slot]

    def another_operator_comes(self) -> None:
        """A supervisor, who may spend a last try, or a clerk, who may not."""
        self.all_is_quiet()
        person = self.chance.choice(self.counter.office.people)
        take_out(self.counter, BADGE_SLOT)
        self.counter.log_in(person)
        self.operator = person.role

    def the_daemon_restarts(self) -> None:
        if self.chance.random() < 0.5:
            self.all_is_quiet()
        self.counter.stop(self.chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
        self.all_is_quiet()
        self.counter.socket.unlink(missing_ok=True)
        self._start(self.counter)
        self.counter.known_cards(len(self.lies) + 1)
        rows = {row["reader"]: row["card"] for row in self.counter.cards()}
        for slot, card in self.lies.items():
            self.slots[slot] = rows[self.counter.box.readers[slot]]
            self.handles[self.slots[slot]] = card
        badge = rows[self.counter.box.readers[BADGE_SLOT]]
        pin = self.counter.office.people[0].pin
        self.counter.call("session.login", pin, badge=badge)

    # --- one use -----------------------------------------------------------------------------------------------------

    def _use(self) -> Use:
        chance, number = self.chance, next(self._numbers)
        slot = chance.choice(list(self.lies) if self.lies and chance.random() < 0.9 else RESIDENT_SLOTS)
        handle = self.slots.get(slot) if chance.random() < 0.97 else chance.choice(list(self.handles))
        which = chance.choice(list(REFERENCES))
        method, params = self._order(which)
        params |= {"card": handle or "c-0000-1", "case": f"R8-{number}"}
        if chance.random() < 0.1:
            smuggled = chance.choice(SMUGGLED)
            params |= {word: said.format(number=number) if word == "case" else said for word, said in smuggled.items()}
        card = self.handles.get(params["card"])
        right = card.right[which] if card is not None and chance.random() < 0.25 else None
        # The new PIN of a change is the old one with a digit changed back and forth: never set, for the old one is wrong.
        pins = [right or self._wrong(which), self._wrong(which), self._wrong(which)]
        consent = GENUINE if chance.random() < 0.35 else chance.choice([*LIES, "refuse", "secret", "hang up"])
        if chance.random() < 0.01:
            consent = "silence"
        if method == "card.change_pin":
            pins = [self._wrong(which), "9753", "9753"]
        return Use(number, method, which, card, params, list(pins), consent, before=chance.random() < 0.15)

    def _order(self, which: str) -> tuple[str, dict[str, Any]]:
        if which == "card_info":
            if self.chance.random() < 0.2:
                return "card.change_pin", {"which": which, "purpose": "certificate_issue"}
            return "card.read", {"items": ["name"], "purpose": "identity_check"}
        order = {"key": which, "hash": "sha256", "digests_base64": [DIGEST], "signature_format": "pkcs1v15"}
        return "sign.digest", {**order, "purpose": "online_signature"}

    def _wrong(self, which: str) -> str:
        """One that nobody has typed yet: the same one would be refused for 30 seconds."""
        number = next(self._typed)
        return f"WRONG{number:05}" if which == "signature" else f"{number % 9000 + 500:04}"

    def _do(self, use: Use) -> None:
        try:
            with Program(self.counter.socket, use, self.genuine) as program:
                program.call(names.AGENT_REGISTER, scope="connection")
                if use.before:
                    program.foretell()
                program.call(use.method, **use.params)
            end = "ok"
        except CALLED_OFF as error:
            end = error.name if isinstance(error, RemoteError) else "hung up"
        except BaseException as error:
            end = "broken"
            self.broken.append(error)
        with self._lock:
            self.ends[end] += 1

    # --- inside ------------------------------------------------------------------------------------------------------

    def _settle(self, *, one: bool = False) -> None:
        _, self._running = wait(self._running, 30.0, "FIRST_COMPLETED" if one else "ALL_COMPLETED")

    def _exchange(self, slot: int) -> None:
        take_out(self.counter, slot)
        self.lies.pop(slot, None)
        free = [each for each in self.residents if each not in self.lies.values()]
        card = self.chance.choice(free)
        card.set_tries(self.chance)
        handle = self.counter.insert(card, slot)
        self.lies[slot], self.slots[slot], self.handles[handle] = card, handle, card


def hire(office: Office) -> None:
    office.hire("kato", "KATO JIRO", "counter")


# --- the judge -------------------------------------------------------------------------------------------------------


@dataclass
class Verdict:
    """What the cards' counters and the record say of the whole day."""

    spent: int
    """Last tries that went."""
    wrongs: list[str]


def judge(day: Day) -> Verdict:
    """Compare what the cards saw with what stands on record. `wrongs` is empty on a good day."""
    records = day.counter.records()
    consents = [record for record in records if record["phase"] == 3 and record.get("last_try_agreed")]
    wrongs = []
    agreed: Tally[tuple[str, str]] = Tally()
    for record in consents:
        number = int(record["case"].removeprefix("R8-").partition(" ")[0])
        use = day.uses[number]
        if number not in day.genuine:
            wrongs.append(f"the record says that the resident agreed, and nobody did: {use.method} {use.consent}")
        if record["role"] != "supervisor":
            wrongs.append(f"consent under a role that may not spend the last try: {record['role']}")
        assert use.card is not None
        agreed[use.card.name, REFERENCES[record["pin"]]] += 1
    spent = {(card.name, reference): times for card in day.residents for reference, times in card.spent.items()}
    for place, times in spent.items():
        if times > agreed[place]:
            wrongs.append(f"{place}: {times} last tries went, {agreed[place]} consents on record")
    for record in records:
        sent = record.get("pin_outcome") in ("spent", "accepted", "may_be_spent")
        if record.get("tries_before") == 1 and sent and not record.get("last_try_agreed"):
            wrongs.append(f"an outcome with a last try and no consent: {record}")
    return Verdict(sum(spent.values()), wrongs)


__all__ = ["CONFIG", "Day", "Verdict", "hire", "judge", "until"]
