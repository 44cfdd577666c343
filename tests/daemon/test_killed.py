"""kill -9 in the middle of card work: no confirmed record is lost, and the next start closes what was left open (T6)."""

from __future__ import annotations

import base64
import random
import threading
import time
from typing import Any

import pytest

from applets_spec.card import Card
from cardd.audit.chain import SegmentHeader, segments, walk
from cardd.client import RemoteError
from tests.daemon.test_stop import in_the_background
from tests.daemon.tools import PATIENT_S, Stage, Typist, staged
from tests.fixtures.counter import BADGE_SLOT, CONTEXT, RESIDENT_SLOT, SIGN_CONTEXT, until

INTENT, RESULT = 1, 2
VERIFY = 0x20
STATUS_QUESTION = 5
"""Octets of a VERIFY without a PIN, with Le."""
LATEST_KILL_S = 0.15
SIGN = {
    "key": "authentication",
    "hash": "sha256",
    "digests_base64": [base64.b64encode(bytes(32)).decode()],
    "signature_format": "pkcs1v15",
}


class Clerk:
    """Works without a pause until the daemon dies, and keeps the receipts that were given out."""

    def __init__(self, stage: Stage, typist: Typist) -> None:
        self.stage, self.typist = stage, typist
        self.receipts: list[dict[str, Any]] = []
        self.at_work = threading.Event()

    def work(self) -> None:
        try:
            with self.stage.client(person=self.typist) as client:
                self.keep(client.call("session.login"))
                self.at_work.set()
                card = next(row["card"] for row in client.call("cards.list")["cards"] if row["kind"] == "my_number")
                while True:
                    self.keep(client.call("card.pin_status", card=card, **CONTEXT))
                    self.keep(client.call("card.read", card=card, items=["name"], **CONTEXT))
                    self.keep(client.call("sign.digest", card=card, **SIGN, **SIGN_CONTEXT))
        except (ConnectionError, FileNotFoundError):
            return  # the daemon is dead, as it should be

    def keep(self, result: dict[str, Any]) -> None:
        self.receipts.append(result["receipt"])


class Holds:
    """A card that carries its first VERIFY out and keeps the answer back until `pulled`."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.power_on, self.reset, self.power_off = card.power_on, card.reset, card.power_off
        self.carried_out = threading.Event()
        self._go_on = threading.Event()

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def inserted(self) -> None:
        """The card goes in."""

    def pulled(self) -> None:
        """The card goes out; the test calls it too."""
        self._go_on.set()

    def transmit(self, command: bytes) -> bytes:
        answer = self._card.transmit(command)
        if command[1] == VERIFY and len(command) > STATUS_QUESTION and not self.carried_out.is_set():
            self.carried_out.set()
            self._go_on.wait(PATIENT_S)
        return answer


def hashes(stage: Stage) -> dict[int, str]:
    """SHA-256 of each record by its number, straight from the files."""
    found = {}
    for path in segments(stage.office.audit):
        octets = path.read_bytes()
        for record, _ in walk(octets, SegmentHeader.decode(octets, path.name), file=path.name):
            found[record.sequence] = record.hash.hex()
    return found


def check_record(stage: Stage, receipts: list[dict[str, Any]]) -> int:
    """The chain is whole, every receipt stands in it, every intent has one result; how many were closed as unknown."""
    records, by_number = stage.records(), hashes(stage)
    for receipt in receipts:
        assert by_number[receipt["sequence"]] == receipt["record_hash"]
    intents = {record["seq"] for record in records if record["phase"] == INTENT}
    closings = [record["intent"] for record in records if record["phase"] == RESULT]
    assert sorted(closings) == sorted(intents)
    unknown = [record for record in records if record.get("problem") == "ended_before_result"]
    assert all(record["result"] == "unknown" for record in unknown)
    return len(unknown)


@pytest.mark.proves("T6", "A1", "A2", "fault 124", "fault 126", "fault 136")
@pytest.mark.parametrize("rounds", [25, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(0)])])
def test_killed_at_any_moment(rounds: int) -> None:
    moments = random.Random(rounds)
    with staged() as stage:
        resident = stage.office.resident()
        pins = resident.holder.pins
        person = stage.office.people[0]
        stage.insert(person.badge, BADGE_SLOT, kind="badge")
        stage.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        known = {"badge": person.pin, "card_info": pins.card_info, "authentication": pins.authentication}
        clerk = Clerk(stage, Typist(known))
        slowest = 0.0
        for number in range(rounds):
            clerk.at_work.clear()
            with in_the_background(clerk.work) as raised:
                if number % 4:  # the first login after a start brings the certificate code: kill some before it, too
                    assert clerk.at_work.wait(PATIENT_S)
                time.sleep(moments.uniform(0.0, LATEST_KILL_S))
                stage.running.kill()
                stage.ends()
            assert raised == []
            began = time.monotonic()
            stage.start()
            slowest = max(slowest, time.monotonic() - began)
            until(lambda: {row["kind"] for row in stage.cards()} == {"badge", "my_number"}, PATIENT_S)
        assert stage.stop() == 0
        unknown = check_record(stage, clerk.receipts)
        print(
            f"{rounds} kills: {len(clerk.receipts)} receipts, {unknown} intents closed as unknown, restart {slowest:.2f} s"
        )
        assert clerk.receipts
        assert unknown
        # With a processor of its own the daemon is back in 2 s; this only says that no start hangs.
        assert slowest < PATIENT_S


@pytest.mark.proves("fault 127", "P2")
def test_killed_between_verify_and_its_answer() -> None:
    """The next start says that the outcome is not known; the counter is read anew before anybody is asked for a PIN."""
    with staged() as stage:
        stage.log_in(stage.office.people[0])
        resident = stage.office.resident()
        card = Holds(resident.card)
        handle = stage.insert(card, RESIDENT_SLOT, kind="my_number")
        typist = Typist({"card_info": "0000", "badge": stage.office.people[0].pin})

        def read() -> None:
            with stage.client(person=typist) as client:
                client.call("card.read", card=handle, items=["name"], **CONTEXT)

        with in_the_background(read) as raised:
            assert card.carried_out.wait(PATIENT_S)
            stage.running.kill()
            stage.ends()
            card.pulled()
        assert isinstance(raised[0], ConnectionError)
        stage.start()
        records = stage.records()
        intent = [record for record in records if record["phase"] == INTENT][-1]
        closing = next(record for record in records if record.get("intent") == intent["seq"])
        assert (intent["event"], closing["result"], closing["problem"]) == (
            "card.read",
            "unknown",
            "ended_before_result",
        )
        fresh = until(lambda: [row["card"] for row in stage.cards() if row["kind"] == "my_number"], PATIENT_S)[0]
        until(lambda: "badge" in {row["kind"] for row in stage.cards()}, PATIENT_S)
        with stage.client(person=typist) as client:
            client.call("session.login")
            with pytest.raises(RemoteError) as failure:
                client.call("card.read", card=fresh, items=["name"], **CONTEXT)
        assert typist.asked[-1]["tries_left"] == 2
        assert (failure.value.name, failure.value.data["pin"]["tries_left"]) == ("pin.rejected", 1)
        assert stage.stop() == 0
