"""Every word of `DocumentError` has its sentences, and no sentence is there for nothing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import cardd
from cardd.documents import sentences
from cardd.documents.sentences import SENTENCES, TABLES

ROOM = Path(cardd.__file__).parent
PASSED_ON = {
    # Functions that raise the word they are given: the words stand where they are called.
    "cades_cms.py": "trying",
    "pades_opening.py": "reading",
}

FOUND_ONLY = {
    # Caught where a PDF's signature is judged: they become `Found.problem`, whose sentences are in `checking.problems`.
    "pades.py": {"signature_dictionary", "subfilter_unknown", "time", "store"},
    "pades_coverage.py": {
        "byte_range_missing",
        "byte_range_wrong",
        "byte_range_gap",
        "contents_missing",
        "changed_after",
    },
}


def words() -> Iterator[tuple[str, str]]:
    """Every word that is raised as a DocumentError anywhere in the package, with the file it stands in."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in {"DocumentError", *PASSED_ON.values()}:
                for word in _constants(node):
                    yield word, path.name
            if isinstance(node, ast.FunctionDef) and node.name in PASSED_ON.values():
                for default in node.args.defaults:
                    yield from ((word, path.name) for word in _texts(default))
            if (
                path.name == "cades_answer.py"
                and isinstance(node, ast.Assign)
                and _name(node.targets[0]) == "_PROBLEMS"
            ):
                yield from ((word, path.name) for word in _texts(node.value))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _constants(call: ast.Call) -> list[str]:
    if _name(call.func) == "DocumentError":
        return [word for each in call.args for word in _branches(each)]
    return [
        word for each in (*call.args[-1:], *(keyword.value for keyword in call.keywords)) for word in _branches(each)
    ]


def _branches(node: ast.expr) -> list[str]:
    """The words of an argument: itself, or both sides of a choice."""
    if isinstance(node, ast.IfExp):
        return _branches(node.body) + _branches(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _texts(node: ast.expr) -> list[str]:
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


ALL = frozenset(words())
RAISED = sorted({(word, file) for word, file in ALL if word not in FOUND_ONLY.get(file, ())})


def test_the_walk_finds_the_words() -> None:
    found = {word for word, _ in RAISED}
    # One of each way of raising: by name, in a choice, as an argument, as a default, from a table.
    assert {"document_changed", "pdf_no_pdf", "cms_unreadable", "pdf_damaged", "certificate_swapped"} <= found
    assert len(found) > 60


@pytest.mark.parametrize(("word", "file"), RAISED)
def test_every_word_that_is_raised_has_its_sentences(word: str, file: str) -> None:
    assert word in SENTENCES, f"{word} of {file}"


@pytest.mark.parametrize("word", sorted(SENTENCES))
def test_every_row_is_needed_and_whole(word: str) -> None:
    assert word in {raised for raised, _ in RAISED}, "nobody raises it"
    row = SENTENCES[word]
    for text in (row.ja, row.ja_remedy):
        assert text.endswith("。")
        assert any("\u3040" <= letter <= "\u9fff" for letter in text)
    for text in (row.en, row.en_remedy):
        assert text.endswith(".")
        assert text.isascii()


def test_what_is_only_found_is_still_raised_there() -> None:
    assert all((word, file) in ALL for file, caught in FOUND_ONLY.items() for word in caught)


def test_no_word_stands_in_two_tables() -> None:
    counted = Counter(chain.from_iterable(TABLES))
    assert [word for word, count in counted.items() if count > 1] == []


def test_only_listed_functions_raise_a_word_they_are_given() -> None:
    found = set()
    for path in (ROOM / "documents").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) == "DocumentError" and not _constants(node):
                found.add(path.name)
    assert found == {*PASSED_ON, "cades_answer.py"}


def test_the_table_is_read_only() -> None:
    with pytest.raises(TypeError):
        sentences.SENTENCES["new"] = SENTENCES["too_large"]  # type: ignore[index]
