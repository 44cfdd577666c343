"""No field of a record can hold what must never be in it."""

from typing import Any

import pytest
from pydantic import ValidationError

from cardd.audit.records import IntentRecord, OutcomeRecord, RecordContext, Result, StateRecord

MODELS = (IntentRecord, OutcomeRecord, StateRecord)
PERSONAL: dict[str, Any] = {
    "name": "山田　太郎",
    "roman_name": "Taro Yamada",
    "address": "東京都千代田区霞が関一丁目",
    "my_number_text": "1234 5678 9012",
    "certificate": b"0\x82\x01\x00",
    "long_hex": "30820122300d06092a864886f70d01010105000382010f003082010a0282010100",
    "birth_date": "1980-02-17 ",
}
FREE_TEXT = {"case", "reader"}
"""What the office types, and what a reader is called: the two that no pattern can close."""


@pytest.mark.proves("P7", "A1")
@pytest.mark.parametrize("model", MODELS, ids=[model.__name__ for model in MODELS])
@pytest.mark.parametrize("personal", PERSONAL)
def test_no_field_takes_personal_data(model: type[RecordContext], personal: str) -> None:
    needed: dict[str, Any] = {"result": Result.DONE} if model is OutcomeRecord else {"event": "card.read"}
    for name in set(model.model_fields) - FREE_TEXT:
        with pytest.raises(ValidationError) as caught:
            model(**needed | {name: PERSONAL[personal]})
        assert str(PERSONAL[personal]) not in str(caught.value)


def test_there_is_no_field_of_another_name() -> None:
    with pytest.raises(ValidationError):
        IntentRecord(event="card.read", serial="1")  # type: ignore[call-arg]


@pytest.mark.parametrize("case", ["a\nb", "a\x1bb", "", "x" * 65, "a\u2028b"], ids=range(5))
def test_reception_numbers_have_no_control_characters(case: str) -> None:
    with pytest.raises(ValidationError):
        IntentRecord(event="card.read", case=case)


def test_the_fields_are_those_that_the_documentation_lists() -> None:
    """A new field is a decision: it must be put into this list too."""
    assert set(RecordContext.model_fields) == {
        "event", "operation", "request", "session", "operator", "role", "badge", "approver", "purpose", "case", "seat",
        "reader", "reader_role", "client", "uid", "gid", "owner_uid", "caller_program", "card_kind", "card", "card_source", "items",
        "key", "pin", "digests", "algorithm", "fingerprint_given", "policy", "rule", "last_try_agreed", "emergency",
        "approval", "content", "grant", "subject", "begun", "document", "document_agreed",
        "origin", "extension",
    }  # fmt: skip
    assert set(IntentRecord.model_fields) == set(RecordContext.model_fields)
    assert set(StateRecord.model_fields) - set(RecordContext.model_fields) == {
        "code", "problem", "count", "cut_bytes", "open_intents", "tree", "key_period", "key_public", "step_us", "head_size",
        "head_root", "witness", "lag_s", "after_ms", "watch", "evidence", "alarm", "verdict", "reason", "first_sequence",
        "last_sequence", "last_hash", "previous_log", "filters", "export_root", "uncovered",
        "certificate", "list_name", "list_age_s",
    }  # fmt: skip
    assert set(OutcomeRecord.model_fields) == {
        "result", "code", "problem", "items", "signatures", "pin", "pin_outcome", "tries_before", "tries_after",
        "pin_pad", "last_try_agreed", "card_outcome", "card", "card_source", "session", "operator", "role", "badge",
        "certificate", "list_age_s", "duration_ms", "caller_gone", "proof",
    }  # fmt: skip
