"""The question whether a person agrees to sign a document: what the agent is told, and that only a plain yes is one."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from cardd.api.limits import Limits
from cardd.model import CardKind, KeyRole, ReaderName
from cardd.ports import Call, DocumentFacts, DocumentPrompt
from cardd.wire.base import DocumentName
from cardd.wire.methods import sign_begin
from tests.unit.cardd.api.house import House, running
from tests.unit.cardd.api.test_agent_calls import SHORT_WAIT
from tests.unit.cardd.wire.test_plain_text import INVISIBLE

NAME = "転出届　髙橋太郎.pdf"
PROMPT = DocumentPrompt(
    DocumentFacts(NAME, 1_234_567, "ab" * 32, 12),
    CardKind.MY_NUMBER,
    ReaderName("R"),
    KeyRole.SIGNATURE,
    "online_signature",
    "R8-1",
)
DOCUMENT = {"name": NAME, "size": 1_234_567, "sha256": "ab" * 32, "pages": 12}
YES = {"agreed": True, "question": "document", "sha256": "ab" * 32}
BEGIN = {
    "card": "c-0000-1", "purpose": "online_signature", "case": "R8-1", "key": "signature", "hash": "sha256",
    "document": DOCUMENT,
}  # fmt: skip


def asking(house: House) -> None:
    async def behave(call: Call) -> str:
        return str(await call.prompter.agrees_to_document(PROMPT))

    house.probe.behave = behave


async def asked(tmp_path: Path, *, limits: Limits | None = None, answer: dict[str, Any] | None) -> tuple[Any, Any]:
    """What the agent was asked, and what the call made of its answer."""
    async with running(tmp_path, limits or Limits(requests_per_second=1000)) as house, house.ready() as raw:
        asking(house)
        await raw.result("agent.register", scope="connection")
        raw.ask("probe.text")
        question = await raw.line()
        if answer is None:
            assert (await raw.line())["method"] == "agent.cancel"
        else:
            raw.send({"jsonrpc": "2.0", "id": question["id"], **answer})
        return question, (await raw.line())["result"]["text"]


async def test_the_agent_is_told_name_size_pages_digest_purpose_and_key(tmp_path: Path) -> None:
    question, said = await asked(tmp_path, answer={"result": YES})
    assert question["method"] == "agent.confirm"
    told = question["params"]
    assert told.pop("prompt")
    assert told == {
        "question": "document", "which": None, "card_kind": "my_number", "reader": "R", "purpose": "online_signature",
        "case": "R8-1", "key": "signature", "document": DOCUMENT, "client": "counter-app", "origin": None,
        "locale": "en", "seconds": 60,
    }  # fmt: skip
    assert said == "True"


@pytest.mark.parametrize(
    "answer",
    [
        {"result": {"agreed": False}},
        {"result": {"agreed": "yes"}},
        {"result": {"agreed": True}},
        {"result": {"agreed": True, "question": "last_try"}},
        {"result": YES | {"question": "last_try"}},
        {"result": YES | {"sha256": "0" * 64}},
        {"result": YES | {"agreed": 1}},
        {"result": YES | {"agreed": False}},
        {"result": YES | {"more": 1}},
        {"result": {"agreed": True, "sha256": YES["sha256"]}},
        {"result": {"cancelled": True}},
        {"result": True},
        {"result": None},
        {"error": {"code": -32601, "message": "unknown question"}},
    ],
    ids=json.dumps,
)
async def test_anything_else_is_a_no(tmp_path: Path, answer: dict[str, Any]) -> None:
    assert (await asked(tmp_path, answer=answer))[1] == "False"


async def test_silence_is_a_no(tmp_path: Path) -> None:
    assert (await asked(tmp_path, limits=SHORT_WAIT, answer=None))[1] == "False"


async def test_without_an_agent_nobody_is_asked(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        asking(house)
        assert (await raw.error("probe.text"))["data"]["name"] == "agent.none"


# --- the words on the wire ---------------------------------------------------------------------------------------------


@pytest.mark.proves("S9", "fault 66")
def test_a_name_holds_nothing_that_the_eye_does_not_see() -> None:
    name, passed = TypeAdapter[str](DocumentName), []
    for char in INVISIBLE:
        try:
            name.validate_python(f"a{char}b")
        except ValidationError:
            continue
        passed.append(hex(ord(char)))
    assert passed == []


@pytest.mark.parametrize("name", ["転出届　髙橋太郎.pdf", "葛\U000e0100城.xml", "a" * 120])
def test_names_of_files_pass(name: str) -> None:
    assert sign_begin.Params.model_validate(BEGIN | {"document": DOCUMENT | {"name": name}}).document.name == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a" * 121},
        {"name": "a\nb"},
        {"size": -1},
        {"size": 2**53},
        {"sha256": "AB" * 32},
        {"sha256": "ab" * 31},
        {"pages": 0},
        {"path": "/home"},
    ],
    ids=json.dumps,
)
def test_anything_else_is_refused_without_being_repeated(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        sign_begin.Params.model_validate(BEGIN | {"document": DOCUMENT | wrong})
    assert NAME not in str(caught.value)


def test_a_message_with_a_document_has_no_text_of_its_own() -> None:
    params = sign_begin.Params.model_validate(BEGIN)
    assert NAME not in repr(params) + str(params) + repr(params.document) + str(params.document)
