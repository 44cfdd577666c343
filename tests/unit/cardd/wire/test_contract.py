"""What is written down about the wire is what the code does: schema, error page, catalogue, registry."""

import json
from pathlib import Path

import pytest

from cardd.api.methods.registry import METHODS as SERVED
from cardd.wire import errors_page, schema
from cardd.wire.base import CardCall, Nothing
from cardd.wire.catalogue import METHODS, NOTIFICATIONS, REVERSE
from cardd.wire.fault_table import ROWS
from cardd.wire.openrpc import openrpc_document
from cardd.wire.strict_json import dump, parse

ERRORS_PAGE = Path(__file__).parents[4] / "docs" / "errors.md"


def test_the_committed_schema_is_the_one_of_the_code() -> None:
    assert schema.committed() == schema.text(), "python -m cardd.wire.schema > cardd/wire/schema.json"


def test_the_check_says_by_its_exit_code_whether_the_schema_is_up_to_date(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert schema.main(["--check"]) == 0
    monkeypatch.setattr(schema, "ROWS", ROWS[1:])
    assert schema.main(["--check"]) == 1
    assert "not up to date" in capsys.readouterr().err


@pytest.mark.proves("I5")
def test_the_error_page_is_the_one_of_the_table() -> None:
    assert ERRORS_PAGE.read_text("utf-8") == errors_page.page(), "python -m cardd.wire.errors_page > docs/errors.md"


@pytest.mark.proves("I5")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_error_has_its_place_on_the_page(row: object) -> None:
    assert f'<a id="{row.doc.split("#")[1]}"></a>' in ERRORS_PAGE.read_text("utf-8")  # type: ignore[attr-defined]


def test_what_is_served_is_in_the_catalogue_with_the_same_words() -> None:
    catalogue = {row.name: (row.params, row.result) for row in METHODS}
    assert {row.name: (row.params, row.result) for row in SERVED} == catalogue


@pytest.mark.proves("I4")
def test_no_method_takes_a_pin_or_a_raw_command() -> None:
    words = json.dumps([row.params.model_json_schema() for row in METHODS])
    for forbidden in ("apdu", "transmit", '"secret"', '"puk"', '"new_pin"', '"old_pin"', "password"):
        assert forbidden not in words.lower()


@pytest.mark.proves("S8")
def test_every_method_that_touches_a_card_wants_purpose_and_case() -> None:
    """A grant and a signature that is begun have a purpose and a case; their ends name none."""
    care = {"badge.enrol", "badge.renew", "badge.unblock_pin"}
    touching = {row for row in METHODS if row.name.startswith(("card.", "sign.")) or row.name in care}
    without = {row.name for row in touching if not issubclass(row.params, CardCall)}
    assert without == {"sign.finish", "sign.revoke_grant"}
    assert {row.name for row in touching} == without | care | {
        *("card.read", "card.certificate", "card.pin_status", "card.token_info", "card.change_pin"),
        *("sign.begin", "sign.digest", "sign.grant"),
    }


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    document = schema.document()
    for text in (json.dumps(document), json.dumps(openrpc_document(METHODS, "1"))):
        known = set(json.loads(text)["components"]["schemas"])
        used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
        assert used <= known
        assert "cardd__" not in text


def test_the_openrpc_document_tells_name_summary_parameters_and_result() -> None:
    document = openrpc_document(METHODS, "0.1.0")
    rows = {row["name"]: row for row in document["methods"]}
    assert set(rows) == {row.name for row in METHODS}
    read = {param["name"]: param["required"] for param in rows["card.read"]["params"]}
    assert (read["card"], read["purpose"], read["items"], read["age"]) == (True, True, True, False)
    assert rows["health"]["params"] == []
    assert all(row["summary"].endswith(".") for row in rows.values())


def test_names_of_messages_are_used_once() -> None:
    names = [row.name for row in (*METHODS, *REVERSE)] + [name for name, _ in NOTIFICATIONS]
    assert len(set(names)) == len(names)


def test_an_empty_message_accepts_no_field() -> None:
    assert Nothing.model_validate_json(dump({})) == Nothing()
    with pytest.raises(ValueError, match="extra_forbidden"):
        Nothing.model_validate_json(dump({"a": 1}))


def test_written_json_is_read_back_the_same() -> None:
    value = {"text": "髙𠮷\u0301", "list": [1, -0.5, None, True, {"deep": []}]}
    assert parse(dump(value)) == value
