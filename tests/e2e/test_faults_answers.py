"""A card that answers nonsense, at every single command; and a signature that does not hold."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from tests.e2e.fault_house import (
    DIGEST,
    House,
    Seen,
    attempt,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
)
from tests.fixtures.counter import RESIDENT_SLOT, ROOMY, open_counter
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
MOST_COMMANDS = 60
SIGN = bytes.fromhex("802A0097")
READ_ATTRIBUTES = bytes.fromhex("00B082")
NONSENSE: dict[str, dict[str, Any]] = {
    "no bytes": {"kind": Kind.EMPTY},
    "one byte": {"kind": Kind.ONE_BYTE},
    "garbage": {"kind": Kind.GARBAGE, "data": bytes.fromhex("DEADBEEF" * 4)},
    "success without data": {"kind": Kind.ANSWER, "sw": bytes.fromhex("9000")},
    "filler": {"kind": Kind.ANSWER, "data": b"\xff" * 200, "sw": bytes.fromhex("9000")},
    "6C for ever": {"kind": Kind.WRONG_LE_FOR_EVER, "times": 0},
    "61 for ever": {"kind": Kind.MORE_FOR_EVER},
    "no diagnosis": {"kind": Kind.ANSWER, "sw": bytes.fromhex("6F00"), "times": 2},
}
CARD_ERRORS = {
    "card.bad_answer",
    "card.removed",
    "card.changed",
    "card.wrong_kind",
    "card.item_absent",
    "pin.unknown",
    "sign.mismatch",
}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with open_counter(StandInBox, config=ROOMY) as counter, opened_house(counter) as opened:
        yield opened


def values(read: dict[str, Any]) -> list[Any]:
    return [(item["item"], item["text"], item["date"]) for item in read["items"]]


@pytest.mark.timeout(120)
@pytest.mark.proves("C1", "C2", "C3", "C8", "P4", "fault 6", "fault 7", "fault 18", "fault 19", "fault 21", "fault 27")
@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("job", ["reading", "signing"])
def test_nonsense_at_any_command_ends_in_one_clear_error_or_in_the_right_result(
    house: House, job: str, nonsense: str
) -> None:
    """Some nonsense is survived (a status question in another form, a card cleared by other means): then all is right."""
    house.insert()
    right = house.read() if job == "reading" else house.sign()
    failed = 0
    for at in range(1, MOST_COMMANDS):
        house.insert()
        house.patient.follow(Fault(at=at, **NONSENSE[nonsense]))
        result: list[dict[str, Any]] = []
        error = attempt(lambda: result.append(house.read() if job == "reading" else house.sign()))  # noqa: B023
        assert house.patient.seen.secrets <= 1, f"command {at}: VERIFY was sent twice"
        if error is None:
            same = values(result[0]) == values(right) if job == "reading" else _same_signature(result[0], right)
            assert same, f"command {at}"
        else:
            failed += 1
            assert error.name in CARD_ERRORS, f"command {at}: {error.name}"
            assert error.data["pin"]["outcome"] in _possible(house.patient.seen), f"command {at}"
        if len(house.patient.seen.sent) < at:
            break
    assert failed >= 5
    house.alive()
    house.insert()
    assert house.read()["pins_used"] == ["card_info"], "the reader serves on"


def _same_signature(result: dict[str, Any], right: dict[str, Any]) -> bool:
    return bool(result["signatures_base64"] == right["signatures_base64"])


def _possible(seen: Seen) -> set[str]:
    return {"accepted", "may_be_spent"} if seen.secrets else {"untouched"}


@pytest.mark.proves("C1", "C8", "fault 18")
def test_answers_without_end_are_cut_off(house: House) -> None:
    house.insert()
    house.patient.follow(Fault(Kind.MORE_FOR_EVER, match=READ_ATTRIBUTES))
    error = failing("card.bad_answer", house.read)
    assert error.data["problem"] in ("answer_too_long", "too_many_rounds", "too_many_commands", "too_many_bytes")
    assert len(house.patient.seen.sent) <= 320, "300 commands an operation, the counter's look before it apart"


@pytest.mark.proves("C1", "fault 21")
@pytest.mark.parametrize(
    ("header", "problem"),
    [("FF2082FFFF", "file_size"), ("FF2000", "file_size"), ("30820400", "tlv_tag"), ("FF2084FFFFFFFF", None)],
    ids=["65535 bytes", "no byte", "another tag", "4 GiB"],
)
def test_a_file_that_lies_about_its_size_is_not_believed(house: House, header: str, problem: str | None) -> None:
    house.insert()
    house.patient.follow(
        Fault(Kind.ANSWER, match=READ_ATTRIBUTES, data=bytes.fromhex(header).ljust(64, b"\0"), sw=b"\x90\x00")
    )
    error = failing("card.bad_answer", house.read)
    assert problem in (None, error.data.get("problem"))
    assert error.data["card"] == "cleared"
    assert error.data["pin"]["outcome"] == "accepted"


class FlippedBit(Seen):
    """Changes one bit of each signature."""

    def transmit(self, command: bytes) -> bytes:
        answer = super().transmit(command)
        return answer[:7] + bytes([answer[7] ^ 1]) + answer[8:] if command.startswith(SIGN) else answer


@pytest.mark.proves("fault 166")
@pytest.mark.parametrize("signature_format", ["pkcs1v15", "cades_b"])
def test_a_signature_that_does_not_hold_does_not_leave(house: House, signature_format: str) -> None:
    house.pull()
    resident = house.counter.office.resident(number=5 if signature_format == "cades_b" else 6)
    handle = house.counter.insert(FlippedBit(resident.card), RESIDENT_SLOT)
    order = {"card": handle, "signature_format": signature_format, "idempotency_key": f"flipped-{signature_format}"}
    error = failing("sign.mismatch", lambda: house.sign(**order))
    assert set(error.data) & {"signatures_base64", "certificate_base64", "signatures"} == set()
    record = house.outcomes()[-1]
    assert (record["result"], record["code"]) == ("failed", "sign.mismatch")
    assert "signatures" not in record
    failing("sign.outcome_unknown", lambda: house.sign(**order))


@pytest.mark.proves("C5")
def test_what_was_asked_for_is_what_was_signed(house: House) -> None:
    """The harness itself: without a fault the same call gives a signature of 256 bytes over the same digest."""
    house.insert()
    signed = house.sign()
    assert len(base64.b64decode(signed["signatures_base64"][0])) == 256
    assert base64.b64decode(DIGEST) not in base64.b64decode(signed["signatures_base64"][0])
