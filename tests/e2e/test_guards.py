"""What stands between guessing and a card over restarts and terminals: our own counts, the lock of a seat, consent to a last try."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from demo.office import Office
from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running, take_out, untouched
from tests.e2e.people_house import Town, open_town, until
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    QUICK,
    RESIDENT_SLOT,
    ROOMY,
    SIGN_CONTEXT,
    Counter,
    PinScript,
    open_counter,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
STRICTER = (
    QUICK + "wrong_pins_per_insertion = 2\nwrong_pins_per_card_and_day = 3\nwrong_pins_per_operator_and_hour = 5\n"
)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_town(STRICTER) as opened:
        yield opened


def sign(town: Town, pin: str) -> dict[str, Any]:
    """With the signature key, whose PIN has five tries."""
    order = {"key": "signature", "hash": "sha256", "digests_base64": [DIGEST], "signature_format": "pkcs1v15"}
    return town.call("sign.digest", pin, card=town.handle, **order, **SIGN_CONTEXT)


DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def put_in_again(town: Town) -> None:
    take_out(town.counter, RESIDENT_SLOT)
    town.handle = town.counter.insert(town.card, RESIDENT_SLOT)


@pytest.mark.proves("P5", "P2")
def test_our_own_counts_stand_beside_the_card_s_and_survive_a_restart(town: Town) -> None:
    """Two wrong PINs an insertion, three a card and day, five an operator and hour, in this office; the card would take five."""
    town.log_in("sato")
    tries = town.resident.card.references()["jpki.signature"]
    for number in range(2):
        failing("pin.rejected", lambda: sign(town, f"WRONG{number}"))  # noqa: B023
    error = failing("pin.guard", lambda: sign(town, "WRONG2"))
    assert (error.data["problem"], tries.tries, untouched(error)) == ("insertion_limit", 3, True)
    put_in_again(town)
    failing("pin.rejected", lambda: sign(town, "WRONG3"))
    town.restart(signal.SIGKILL)
    town.call("session.login", town.people["sato"].pin, badge=town.handle_in(BADGE_SLOT))
    put_in_again(town)
    error = failing("pin.guard", lambda: sign(town, town.resident.holder.pins.signature))
    assert (error.data["problem"], tries.tries) == ("card_limit", 2)
    assert 86_000 < error.data["retry_after_s"] <= 86_400
    assert town.outcomes("sign.digest")[-1]["problem"] == "card_limit"
    take_out(town.counter, RESIDENT_SLOT)
    other = town.counter.office.resident(number=2)
    handle = town.counter.insert(other.card, RESIDENT_SLOT)
    read = {"card": handle, "items": ["name"], **CONTEXT}
    for number in range(2):
        failing("pin.rejected", lambda: town.call("card.read", f"700{number}", **read))  # noqa: B023
    error = failing("pin.guard", lambda: town.call("card.read", "7003", **read))
    assert error.data["problem"] == "insertion_limit"
    take_out(town.counter, RESIDENT_SLOT)
    third = town.counter.office.resident(number=3)
    read["card"] = town.counter.insert(third.card, RESIDENT_SLOT)
    error = failing("pin.guard", lambda: town.call("card.read", "7004", **read))
    assert error.data["problem"] == "operator_limit"
    take_out(town.counter, BADGE_SLOT)
    town.log_in("kato")
    assert town.call("card.read", third.holder.pins.card_info, **read)["items"], "another operator goes on"
    take_out(town.counter, RESIDENT_SLOT)


@pytest.mark.proves("S5", "fault 87")
def test_a_locked_seat_stays_locked_over_a_restart() -> None:
    with open_town(ROOMY) as town:
        town.badge("sato")
        for number in range(2):
            failing("pin.rejected", lambda: town.call("session.login", f"11111{number}"))  # noqa: B023
        town.badge("kato")
        failing("pin.rejected", lambda: town.call("session.login", "111113"))
        town.restart(signal.SIGKILL)
        town.badge("kato")
        person = PinScript([town.people["kato"].pin])
        error = failing("auth.locked", lambda: town.call("session.login", person=person))
        assert (person.asked, 0 < error.data["retry_after_s"] <= 900) == ([], True)
        assert [each["code"] for each in town.states("session.login")] == ["auth.locked"]
        assert town.states("alarm.login_locked")


@pytest.mark.proves("P3", "fault 100", "fault 102")
def test_two_terminals_that_try_one_card_count_together_and_the_last_try_is_asked_for_at_either() -> None:
    """The card's own counter is what both read, and neither spends the last try without the resident."""

    def hire(office: Office) -> None:
        office.hire("kato", "KATO JIRO", "counter")

    with (
        open_counter(StandInBox, config=ROOMY, prepare=hire) as first,
        open_counter(StandInBox, config=ROOMY, prepare=hire) as second,
    ):
        resident = first.office.resident()
        tries = resident.card.references()["card_info.pin"]
        for terminal in (first, second):
            terminal.log_in(terminal.office.people[0])
        shown = []
        for number, terminal in enumerate((first, second)):
            person = PinScript([f"700{number}"])
            error = failing("pin.rejected", lambda: read_at(terminal, resident, person))  # noqa: B023
            shown.append((person.asked[0]["tries_left"], error.data["tries_left"]))
        assert shown == [(3, 2), (2, 1)]
        for terminal in (first, second):
            person = PinScript([resident.holder.pins.card_info], consents=False)
            assert failing("pin.guard", lambda: read_at(terminal, resident, person)).data["problem"] == "not_agreed"  # noqa: B023
            assert (person.consent_asked, person.asked, tries.tries) == (1, [], 1)
        first.stop(signal.SIGKILL)
        first.socket.unlink()
        first.start()
        first.known_cards(1)
        first.call("session.login", first.office.people[0].pin)
        person = PinScript([resident.holder.pins.card_info], consents=True)
        read_at(first, resident, person)
        assert (person.consent_asked, tries.tries) == (1, 3)
        assert [each.get("last_try_agreed") for each in first.records() if each["phase"] == 2][-1] is True


def read_at(terminal: Counter, resident: Any, person: PinScript) -> None:
    """The card is put in at this terminal, read, and taken out again."""
    handle = terminal.insert(resident.card, RESIDENT_SLOT)
    try:
        with terminal.client(person=person) as client:
            client.call("card.read", card=handle, items=["name"], **CONTEXT)
    finally:
        take_out(terminal, RESIDENT_SLOT)


@pytest.mark.proves("S7", "fault 94")
def test_a_session_ends_with_the_role_that_a_new_policy_does_not_have() -> None:
    with open_town(ROOMY) as town:
        town.log_in("sato")
        policy = (town.counter.folder / "policy.toml").read_text("utf-8")
        new = policy.replace("\nversion = 1\n", "\nversion = 2\n").replace('"supervisor"', '"chief"')
        incoming = town.counter.folder / "state" / "incoming"
        incoming.mkdir(exist_ok=True)
        (incoming / ".policy.toml").write_text(new, encoding="utf-8")
        (incoming / ".policy.toml").rename(incoming / "policy.toml")
        until(lambda: not town.call("session.status")["logged_in"], 60.0)
        (ended,) = town.states("session.ended")
        assert (ended["operator"], ended["problem"]) == ("sato", "policy_changed")
        take_out(town.counter, BADGE_SLOT)
        town.badge("sato")
        error = failing("auth.failed", lambda: town.call("session.login", town.people["sato"].pin))
        assert (error.data["problem"], untouched(error)) == ("role_unknown", True)
