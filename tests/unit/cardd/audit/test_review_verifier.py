"""A log that was written by somebody else's hand: the verifier names what is wrong and never breaks over it."""

from pathlib import Path

import pytest

from cardd.audit.chain import SegmentHeader, encode_record, segment_name
from cardd.audit.verifier import main, verify

LOG = bytes(range(16))


def forged(folder: Path, phase: int, content: dict[str, object]) -> Path:
    """A log of one record whose sums are all right."""
    header = SegmentHeader(LOG, 1, bytes(32)).encode()
    record = encode_record(1, 1, phase, bytes(32), {"log": LOG.hex(), **content})
    (folder / segment_name(1)).write_bytes(header + record)
    return folder


@pytest.mark.proves("A6", "A7")
@pytest.mark.parametrize("intent", [[1], {"a": 1}, "1", True, None, 1, 2], ids=repr)
def test_a_result_of_no_intent_is_found_whatever_stands_there(tmp_path: Path, intent: object) -> None:
    finding = verify(forged(tmp_path, 2, {"intent": intent})).finding
    assert finding is not None
    assert finding.problem == "intent"


@pytest.mark.proves("A6")
@pytest.mark.parametrize("items", [5, "name", {"a": 1}, [1, [2]]], ids=repr)
def test_the_table_bears_any_content(tmp_path: Path, items: object, capsys: pytest.CaptureFixture[str]) -> None:
    odd: dict[str, object] = {"event": ["x"], "case": {"a": 1}, "items": items, "tries_after": "many"}
    assert main([str(forged(tmp_path, 3, odd)), "--show"]) == 0
    assert "state" in capsys.readouterr().out
