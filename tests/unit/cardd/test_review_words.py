"""What an error says of itself must fit the record: an outcome that cannot be written leaves its intent open for ever."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.audit.records import OutcomeRecord, Result, StateRecord
from cardd.pcsc.errors import Pcsc, pcsc_error
from cardd.ports import ReaderTraits
from cardd.readers.entries import ReaderEntry
from cardd.readers.roles import Assignment, ReaderRole

SOURCE = Path(__file__).parents[3] / "cardd"


def words() -> Iterator[tuple[str, str]]:
    """Each `problem="…"` of the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.keyword) or node.arg != "problem" or not isinstance(node.value, ast.Constant):
                continue
            if isinstance(node.value.value, str):
                yield f"{path.name}:{node.value.lineno}", node.value.value


@pytest.mark.proves("A1", "H7")
def test_each_word_of_the_source_fits_the_record() -> None:
    found = list(words())
    assert len(found) > 80
    for _place, word in found:
        OutcomeRecord(result=Result.FAILED, problem=word)


@pytest.mark.proves("A1", "H7")
@pytest.mark.parametrize("code", [*Pcsc, 0x80100031, 0x80100004, 0x801000FE, 0x00000016, 0xFFFFFFFF])
def test_each_code_of_pcsc_fits_the_record(code: int) -> None:
    error = pcsc_error(code, "SCardTransmit")
    OutcomeRecord(result=Result.FAILED, code=error.code, problem=error.facts.problem)


@pytest.mark.proves("A1", "C11")
@pytest.mark.parametrize("name", ["読取機 01 00", "x" * 128, "é" * 64], ids=["Japanese", "long", "long and odd"])
def test_each_name_of_a_reader_fits_the_record(name: str) -> None:
    reader = ReaderEntry("raw", name, ReaderTraits(), Assignment(ReaderRole.ANY))  # type: ignore[arg-type]
    assert StateRecord(event="card.read", reader=reader.place).reader
