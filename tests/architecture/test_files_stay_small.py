"""What keeps the house readable: small files, functions that fit a screen, packages that say one sentence and import nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SHIPPED = ("cardd", "certs", "terminal", "applets_spec")
FILE_LINES = 400
FUNCTION_LINES = 60
IN_ONE_PIECE = {"cardd/audit/verifier.py"}
"""An auditor carries this one file to another machine, so it may be as long as it must; its functions may not."""

# Programs whose output is for a person or a pipe; everything else answers with values or logs.
PRINTS = ("cardd/cli/", "cardd/audit/verifier.py", "/__main__.py", "cardd/wire/schema.py")


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_there_is_something_to_look_at() -> None:
    assert len(modules(*SHIPPED)) > 100
    assert modules("tests")


def test_no_file_is_longer_than_a_sitting() -> None:
    every = modules(*SHIPPED, "tests", "tools", "bench", "demo")
    counts = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in every}
    assert {name: count for name, count in counts.items() if count > FILE_LINES and name not in IN_ONE_PIECE} == {}


def test_every_function_fits_a_screen() -> None:
    every = modules(*SHIPPED, "tests", "tools", "bench", "demo")
    long = {
        f"{named(path)}:{node.lineno} {node.name}": lines_of(node)
        for path in every
        for node in functions(path)
        if lines_of(node) > FUNCTION_LINES
    }
    assert long == {}


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    full = []
    for path in modules(*SHIPPED):
        if path.name == "__init__.py":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            if len(body) != 1 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Constant):
                full.append(named(path))
    assert full == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        named(path) for path in modules(*SHIPPED) if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_nothing_shipped_prints_by_the_way() -> None:
    printing = [
        f"{named(path)}:{node.lineno}"
        for path in modules(*SHIPPED)
        if not any(place in named(path) for place in PRINTS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "HACK"])
def test_nothing_is_put_off_in_a_comment(word: str) -> None:
    found = [
        f"{named(path)}:{number}"
        for path in modules(*SHIPPED, "bench", "demo")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if word in line.split() or f"{word}:" in line
    ]
    assert found == []


def test_no_exception_is_swallowed_without_a_word() -> None:
    """`except: pass` hides; who expects an error says so with contextlib.suppress or a comment on the line."""
    silent = []
    for path in modules(*SHIPPED):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
                said = any("#" in line for line in lines[node.lineno - 1 : node.body[0].lineno])
                if not said:
                    silent.append(f"{named(path)}:{node.lineno}")
    assert silent == []
