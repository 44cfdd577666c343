"""The guide for vendors shows nothing that the wire would not say."""

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from cardd.wire.catalogue import METHODS, NOTIFICATIONS, REVERSE
from cardd.wire.faults import FAULTS, ErrorData
from cardd.wire.framing import REQUEST_LINE, FrameReader

GUIDE = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")
CALLS = {words.name: words for words in (*METHODS, *REVERSE)}
NOTICES: dict[str, type[BaseModel]] = dict(NOTIFICATIONS)
TRACE = [line for block in re.findall(r"^```trace\n(.*?)^```$", GUIDE, re.M | re.S) for line in block.splitlines()]
CALLED = {
    message["id"]: message["method"]
    for message in (json.loads(line[2:]) for line in TRACE if line.startswith("→"))
    if "method" in message
}


@pytest.mark.parametrize("line", TRACE)
def test_each_line_of_the_traces_fits_the_schema(line: str) -> None:
    arrow, _, text = line.partition(" ")
    message = json.loads(text)
    if "params" in message and message["method"] in NOTICES:
        assert arrow == "←"
        NOTICES[message["method"]].model_validate_json(json.dumps(message["params"]))
    elif "params" in message:
        assert arrow == ("←" if message["method"].startswith("agent.") else "→")
        CALLS[message["method"]].params.model_validate_json(json.dumps(message["params"]))
    elif "error" in message:
        data = ErrorData.model_validate(message["error"]["data"])
        row = FAULTS[data.name]
        assert (message["error"]["code"], message["error"]["message"]) == (row.number, row.message.ja)
        assert (data.remedy, data.exit_code, data.actor) == (row.remedy.ja, row.exit_code, row.actor)
    elif arrow == "→":
        CALLS["agent.pin"].result.model_validate_json(json.dumps(message["result"]))
    else:
        CALLS[CALLED[message["id"]]].result.model_validate_json(json.dumps(message["result"]))


def test_each_call_of_the_traces_has_a_number_of_its_own() -> None:
    """Else an answer would be held against the wrong method."""
    calls = [line for line in TRACE if line.startswith("→") and '"method":' in line]
    assert len(calls) == len(CALLED)


def test_each_method_that_follows_the_rules_is_shown() -> None:
    families = ("approval.", "badge.", "emergency.", "lockdown.", "office.")
    of_rules = {name for name in CALLS if name.startswith(families)}
    assert of_rules | {"session.unlock", "session.activity", "policy.explain", "sign.grant"} <= set(CALLED.values())


@pytest.mark.proves("P4")
def test_the_hexdump_is_a_frame_with_its_secret() -> None:
    (dump,) = re.findall(r"^```hexdump\n(.*?)^```$", GUIDE, re.M | re.S)
    octets = b"".join(bytes.fromhex(line[10:58]) for line in dump.splitlines())
    reader = FrameReader(line_limit=REQUEST_LINE)
    reader.room()[: len(octets)] = octets
    reader.received(len(octets), 0.0)
    frame = reader.next_frame()
    assert frame is not None
    assert frame.secret == b"1234"
    assert frame.body["result"] == {"secret": 4}
    assert reader.next_frame() is None


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z]+\.[a-z_]+)`", GUIDE))))
def test_each_name_that_is_mentioned_exists(name: str) -> None:
    assert name in {*CALLS, *NOTICES, *FAULTS, "cardd.client", "pin.outcome"}
