"""A card that never answers blocks its own reader until it is taken out, and nothing else."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.faults import FaultyCard
from cardd.client import RemoteError
from tests.e2e.fault_house import (
    House,
    Seen,
    attempt,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    take_out,
    untouched,
)
from tests.fixtures.counter import (
    BADGE_SLOT,
    READY_SECONDS,
    RESIDENT_SLOT,
    ROOMY,
    SLOWER,
    PinScript,
    open_counter,
    until,
)
from tests.fixtures.pcscd import RealPcscd, StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
IMPATIENT = ROOMY + "command_seconds = 2\noperation_seconds = 4\n"
VERIFY_CARD_INFO = bytes.fromhex("0020009104")
BADGE_CONTEXT = {"purpose": "badge_care", "case": "R8-0042"}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=IMPATIENT) as counter, opened_house(counter) as opened:
        yield opened


def stuck(house: House) -> bool:
    return any(reader["state"] == "stuck" for reader in house.counter.call("queue.show")["readers"])


@pytest.mark.proves("C7", "P4", "fault 15", "fault 138")
@pytest.mark.parametrize(
    ("silent", "name", "outcome"),
    [
        ({"at": 1}, "card.no_answer", "untouched"),
        ({"match": VERIFY_CARD_INFO}, "pin.unknown", "may_be_spent"),
        ({"match": bytes.fromhex("00B082")}, "card.no_answer", "accepted"),
    ],
    ids=["first command", "VERIFY", "reading"],
)
def test_a_silent_card_is_told_of_in_time_and_the_reader_works_again_once_it_is_out(
    house: House, silent: dict[str, Any], name: str, outcome: str
) -> None:
    house.insert()
    house.patient.follow(Fault(Kind.SILENCE, **silent))
    begun = time.monotonic()
    error = failing(name, house.read)
    assert time.monotonic() - begun < 2.0 * SLOWER, "one command's limit"
    assert error.data["problem"] == ("card_no_answer" if name == "pin.unknown" else "command_limit")
    assert error.data["card"] == "unknown"
    assert error.data["pin"]["outcome"] == outcome
    record = house.outcomes()[-1]
    assert (record["code"], record["pin_outcome"], record["card_outcome"]) == (name, outcome, "unknown")
    assert "tries_after" not in record or outcome != "may_be_spent"
    assert stuck(house)
    sent = len(house.patient.seen.sent)
    assert untouched(failing("reader.stuck", house.read))
    assert len(house.patient.seen.sent) == sent
    own = {"card": house.badge_handle, "pins": ["badge"], **BADGE_CONTEXT}
    assert house.counter.call("card.pin_status", **own)["pins"][0]["tries_left"] == 3, "the other reader serves"
    house.pull()
    until(lambda: not stuck(house), READY_SECONDS)
    house.insert()
    assert house.read()["pins_used"] == ["card_info"]
    house.alive()


@pytest.mark.proves("C7", "fault 16")
def test_an_operation_of_many_slow_commands_ends_at_its_own_limit(house: House) -> None:
    house.insert()
    house.patient.follow(Fault(Kind.DELAY, ms=700))
    error = failing("card.no_answer", house.sign)
    assert error.data["problem"] == "operation_limit"
    house.patient.follow()
    house.pull()
    house.insert()
    house.sign()


@pytest.mark.proves("C7", "fault 15")
def test_a_badge_that_falls_silent_does_not_touch_the_resident_s_reader(house: House) -> None:
    take_out(house.counter, BADGE_SLOT)
    faulty = FaultyCard(house.operator.badge, [])
    badge = house.counter.insert(Seen(faulty), BADGE_SLOT)
    house.counter.call("session.login", house.operator.pin, badge=badge)
    house.insert()
    faulty.follow([Fault(Kind.SILENCE)])
    failures: list[RemoteError | None] = []
    own = {"card": badge, "pins": ["badge"], **BADGE_CONTEXT}
    waiting = threading.Thread(
        target=lambda: failures.append(attempt(lambda: house.counter.call("card.pin_status", **own)))
    )
    waiting.start()
    for _ in range(5):
        house.read()
    waiting.join()
    assert [failure and failure.name for failure in failures] == ["card.no_answer"]
    house.read()
    take_out(house.counter, BADGE_SLOT)
    assert house.counter.call("session.status")["logged_in"] is False
    house.log_in()


@pytest.mark.proves("C7", "P4", "fault 15")
def test_a_card_silent_over_verify_costs_nothing_twice_over_real_pcscd() -> None:
    with open_counter(RealPcscd, config=IMPATIENT) as counter, opened_house(counter) as house:
        house.insert()
        house.patient.follow(Fault(Kind.SILENCE, match=VERIFY_CARD_INFO))
        failing("pin.unknown", house.read)
        failing("reader.stuck", house.read)
        assert house.patient.seen.secrets == 1
        take_out(counter, RESIDENT_SLOT)
        until(lambda: not stuck(house), READY_SECONDS)
        house.insert()
        person = PinScript([house.pins.card_info])
        house.read(person=person)
        assert person.asked[0]["tries_left"] == 3
        house.pull()
