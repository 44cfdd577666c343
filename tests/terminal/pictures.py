"""The pictures of the console in docs/images/console: `./dev pictures` draws them from a console that runs, with virtual cards."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser

from tests.terminal import pictures_flows
from tests.terminal.console_house import ConsoleDesk, open_browser
from tests.terminal.tour_house import open_town_hall, seated, tour

FOLDER: Final = Path(__file__).parents[2] / "docs/images/console"
ENGLISH: Final = frozenset({"gate", "home", "pin-keypad", "read-result"})
"""Screens that are drawn in English as well."""
COLOURS: Final = (256, 128, 64, 32)
LARGEST: Final = 120 * 1024
"""Bytes of one picture."""


def draw(browser: Browser, folder: Path) -> list[Path]:
    """Every screen as `NAME.png`, some as `NAME-en.png`; the files."""
    drawn: list[Path] = []
    with open_town_hall() as (counter, resident):
        for locale in ("ja", "en"):
            with seated(counter, browser, locale) as desk:
                tour(desk, resident, partial(_look, desk, folder, locale, drawn))
    return drawn


def _look(desk: ConsoleDesk, folder: Path, locale: str, drawn: list[Path], name: str) -> None:
    if locale == "ja" or name in ENGLISH:
        place = folder / f"{name}{'' if locale == 'ja' else '-en'}.png"
        desk.page.mouse.move(0, 0)
        desk.picture(place)
        drawn.append(place)


def slim(place: Path) -> None:
    """With as few colours as it takes to be small enough. Raises `ValueError` for one that stays too large."""
    with Image.open(place) as opened:
        whole = opened.convert("RGB")
    for colours in COLOURS:
        whole.quantize(colours, dither=Image.Dither.NONE).save(place, optimize=True)
        if place.stat().st_size <= LARGEST:
            return
    raise ValueError(f"{place.name} stays larger than {LARGEST} bytes")


def main() -> None:
    """Draw all, tell each, and take away what no screen has any more."""
    parser = argparse.ArgumentParser(prog="./dev pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        drawn = [*draw(browser, folder), *pictures_flows.draw(browser, folder)]
    for place in drawn:
        slim(place)
        print(f"{place.stat().st_size // 1024:4} KB  {place.name}")
    for place in set(folder.glob("*.png")) - set(drawn):
        place.unlink()


if __name__ == "__main__":
    main()
