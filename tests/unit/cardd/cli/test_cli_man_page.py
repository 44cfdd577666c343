"""The manual page is up to date."""

from pathlib import Path

import pytest

from cardd.cli.main import main
from cardd.cli.man_page import page

PAGE = Path(__file__).parents[4] / "docs" / "man" / "cardctl.1"


def test_the_page_is_made_from_the_commands_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m cardd.cli.man_page > docs/man/cardctl.1"


@pytest.mark.parametrize("command", main.commands)
def test_each_command_stands_in_it(command: str) -> None:
    assert f"\n.SS {command}".replace("-", r"\-") in page()


def test_any_roff_reads_it() -> None:
    assert page().isascii()
    requests = {line.split()[0] for line in page().splitlines() if line.startswith(".")}
    assert requests <= {'.\\"', ".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".BR", ".nf", ".fi", ".ad"}
