"""A repeated idempotency key never makes a second signature."""

import pytest

from cardd.errors import DuplicateId, IdempotencyMismatch, SignOutcomeUnknown
from cardd.signing.idempotency import KEEP_SECONDS, MOST_KEPT, FinishedSignatures

PLACE = (1000, "counter", "key-00001")
PARAMS = b"hash of the parameters"


def test_a_repeat_gets_the_stored_answer() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    assert finished.begin(*PLACE, PARAMS, 0.0) is None
    finished.finish(*PLACE, "signature")
    assert finished.begin(*PLACE, PARAMS, 5.0) == "signature"


@pytest.mark.proves("fault 63")
def test_other_content_under_the_same_key_is_refused() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    finished.begin(*PLACE, PARAMS, 0.0)
    finished.finish(*PLACE, "signature")
    with pytest.raises(IdempotencyMismatch):
        finished.begin(*PLACE, b"another hash", 1.0)


def test_a_second_call_while_the_first_runs_is_refused() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    finished.begin(*PLACE, PARAMS, 0.0)
    with pytest.raises(DuplicateId):
        finished.begin(*PLACE, PARAMS, 1.0)


def test_a_call_broken_off_at_the_card_stays_unknown() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    finished.begin(*PLACE, PARAMS, 0.0)
    finished.fail(*PLACE)
    with pytest.raises(SignOutcomeUnknown):
        finished.begin(*PLACE, PARAMS, 1.0)


def test_a_call_that_ended_before_the_card_leaves_the_key_free() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    finished.begin(*PLACE, PARAMS, 0.0)
    finished.forget(*PLACE)
    assert finished.begin(*PLACE, PARAMS, 1.0) is None


def test_another_user_or_seat_has_its_own_keys() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    finished.begin(*PLACE, PARAMS, 0.0)
    finished.finish(*PLACE, "signature")
    assert finished.begin(1001, "counter", PLACE[2], PARAMS, 1.0) is None
    assert finished.begin(1000, "other", PLACE[2], PARAMS, 1.0) is None


def test_answers_are_forgotten_after_ten_minutes_and_never_more_than_the_bound() -> None:
    finished: FinishedSignatures[str] = FinishedSignatures()
    finished.begin(*PLACE, PARAMS, 0.0)
    finished.finish(*PLACE, "signature")
    assert finished.begin(*PLACE, PARAMS, KEEP_SECONDS + 1) is None
    for number in range(MOST_KEPT + 50):
        finished.begin(1, "counter", f"key-{number:08}", PARAMS, KEEP_SECONDS + 2)
    assert len(finished._entries) <= MOST_KEPT
