"""The card is pulled, or exchanged, at every single command of a reading, a signature and a change of PIN.

The loops end by themselves: when the fault lies behind the last command, the job succeeds.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from cardd.client import RemoteError
from tests.e2e.fault_house import (
    House,
    Seen,
    attempt,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    untouched,
)
from tests.fixtures.counter import ROOMY, PinScript, open_counter
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
MOST_COMMANDS = 60

JOBS: dict[str, tuple[str, Callable[[House], dict[str, Any]]]] = {
    "reading": ("card_info.pin", lambda house: house.read()),
    "signing": ("jpki.authentication", lambda house: house.sign()),
    "changing a PIN": (
        "jpki.authentication",
        lambda house: house.change_pin(house.pins.authentication, "4321", "4321"),
    ),
}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=ROOMY) as counter:
        other = Seen(counter.office.resident(number=2).card)
        with opened_house(counter, others={"other": other}) as opened:
            opened.other = other  # type: ignore[attr-defined]
            yield opened


def restore(house: House) -> None:
    """The PIN as it was, whatever a change of PIN came to."""
    house.patient.card.references()["jpki.authentication"].value = house.pins.authentication.encode()


@pytest.mark.timeout(120)
@pytest.mark.proves("C4", "P4", "fault 3", "fault 4", "fault 6", "fault 12")
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_MID_COMMAND], ids=["before the command", "before the answer"])
@pytest.mark.parametrize("job", JOBS)
def test_pulled_at_any_command_nothing_is_given_and_no_secret_is_sent_again(house: House, job: str, kind: Kind) -> None:
    counter, work = JOBS[job]
    seen, met = house.patient.seen, set()
    for at in range(1, MOST_COMMANDS):
        house.insert()
        house.patient.follow(Fault(kind, at=at))
        error = attempt(lambda: work(house))
        restore(house)
        if error is None:
            break
        met.add(_check_pulled(house, error, counter, kind, at))
    assert at == len(seen.sent) + 1, "each command was met once"
    assert met >= {"card.removed", "pin.unknown"}
    house.alive()


def _check_pulled(house: House, error: RemoteError, counter: str, kind: Kind, at: int) -> str:
    where, seen = f"command {at}", house.patient.seen
    assert len(seen.sent) == at, f"{where}: something was sent to a card that was gone"
    assert error.data["card"] == "removed", where
    outcome = error.data["pin"]["outcome"]
    if seen.last_was_secret:
        assert (error.name, outcome) == ("pin.unknown", "may_be_spent"), where
    else:
        assert error.name == "card.removed", where
        assert outcome == ("accepted" if seen.secrets else "untouched"), where
    assert house.patient.tries(counter) == 3, f"{where}: the PIN was right"
    return error.name


@pytest.mark.proves("P4", "fault 4")
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.DROP_MID_COMMAND], ids=["not carried out", "carried out"])
def test_pulled_over_a_wrong_pin_costs_one_try_at_most_and_the_counter_is_read_anew(house: House, kind: Kind) -> None:
    house.insert()
    verify_with_data = bytes.fromhex("0020009104")  # VERIFY, P2 = short identifier 11, Lc = 4
    house.patient.follow(Fault(kind, at=1, match=verify_with_data))
    wrong = house.wrong()
    error = failing("pin.unknown", lambda: house.read(wrong))
    assert error.data["pin"] == {"outcome": "may_be_spent"}
    assert house.patient.seen.secrets == 1
    left = 2 if kind is Kind.DROP_MID_COMMAND else 3
    assert house.patient.tries("card_info.pin") == left
    record = house.outcomes()[-1]
    assert (record["result"], record["code"], record["pin_outcome"]) == ("unknown", "pin.unknown", "may_be_spent")
    assert record["tries_before"] == 3
    assert "tries_after" not in record

    house.pull()
    house.patient.follow()
    house.patient.handle = house.counter.insert(house.patient.seen, 1, kind="my_number")
    person = PinScript([None])
    failing("pin.cancelled", lambda: house.read(person=person))
    assert person.asked[0]["tries_left"] == left
    expected = "pin.repeated" if kind is Kind.DROP_MID_COMMAND else "pin.rejected"
    failing(
        expected, lambda: house.read(wrong)
    )  # the counter told that it had been wrong, or that it had not been tried
    assert house.patient.tries("card_info.pin") == 2


@pytest.mark.proves("P1", "fault 1")
def test_pulled_while_the_pin_is_asked_costs_nothing(house: House) -> None:
    house.insert()

    class Puller(PinScript):
        def pin(self, request: Any) -> bytearray | None:
            house.pull()
            return super().pin(request)

    error = failing("card.removed", lambda: house.read(person=Puller([house.pins.card_info])))
    assert error.data["card"] == "removed"
    assert error.data["pin"]["outcome"] == "untouched"
    assert house.patient.seen.secrets == 0
    record = house.outcomes()[-1]
    assert (record["result"], record["code"], record["card_outcome"]) == ("failed", "card.removed", "removed")


@pytest.mark.proves("fault 1", "fault 12")
def test_a_handle_of_an_insertion_that_is_over_is_stale_for_ever(house: House) -> None:
    old = house.insert()
    house.insert()
    failing("card.changed", lambda: house.read(card=old))
    house.pull()
    failing("card.changed", lambda: house.read(card=house.patient.handle))
    failing("card.absent", lambda: house.read(card=old.rpartition("-")[0] + "-999999"))
    assert house.patient.seen.secrets == 0


@pytest.mark.timeout(120)
@pytest.mark.proves("C4", "C5", "fault 9", "fault 10")
@pytest.mark.parametrize("noticed", [True, False], ids=["noticed", "too quick for the reader"])
@pytest.mark.parametrize("job", ["reading", "signing"])
def test_exchanged_at_any_command_nothing_of_the_second_card_is_given(house: House, job: str, noticed: bool) -> None:
    other: Seen = house.other  # type: ignore[attr-defined]
    for at in range(1, MOST_COMMANDS):
        house.insert()
        other.forget()
        house.patient.follow(Fault(Kind.EXCHANGE, at=at, card="other", noticed=noticed))
        error = attempt(lambda: JOBS[job][1](house))
        if error is None:
            break
        expected = "pin.unknown" if house.patient.seen.last_was_secret else "card.removed"
        assert error.name == expected, f"command {at}"
        again = attempt(lambda: JOBS[job][1](house))
        # An exchange that the reader reports may not have come through yet: then the old card is simply gone.
        assert again is not None
        assert again.name in ({"card.changed", "card.removed"} if noticed else {"card.changed"}), f"command {at}"
        assert untouched(again), f"command {at}"
        assert other.secrets == 0, f"command {at}: a PIN of the first resident went to the second one's card"
    assert at > 10
    house.alive()


@pytest.mark.proves("C5", "fault 9")
def test_exchanged_unseen_while_the_pin_is_asked_the_pin_stays_away_from_the_second_card(house: House) -> None:
    house.insert()
    other: Seen = house.other  # type: ignore[attr-defined]
    other.forget()

    class Exchanger(PinScript):
        def pin(self, request: Any) -> bytearray | None:
            slot = house.counter.box.daemon.slots[1]  # type: ignore[attr-defined]
            other.power_on()
            slot._insertion.card = other  # what a hand does that is quicker than the reader looks
            return super().pin(request)

    error = failing("card.changed", lambda: house.read(person=Exchanger([house.pins.card_info])))
    assert error.data["pin"]["outcome"] == "untouched"
    assert other.secrets == 0
    assert [record["code"] for record in house.outcomes()[-1:]] == ["card.changed"]


@pytest.mark.proves("C5", "fault 9")
def test_exchanged_unseen_while_nothing_runs_the_first_use_finds_out(house: House) -> None:
    other: Seen = house.other  # type: ignore[attr-defined]
    for use in (house.read, house.sign, lambda: house.tries_left("card_info"), lambda: house.tries_left("signature")):
        house.insert()
        other.forget()
        other.power_on()
        house.counter.box.daemon.slots[1]._insertion.card = other  # type: ignore[attr-defined]
        failing("card.changed", use)
        assert other.secrets == 0
