"""All screens, in the order of the menu."""

from __future__ import annotations

from typing import Final

from terminal.console.console import Screen
from terminal.console.flows.registry import FLOW_SCREENS
from terminal.console.screens import approvals, case, gate, home, pins, read

SCREENS: Final[tuple[Screen, ...]] = (
    home.SCREEN,
    case.SCREEN,
    read.SCREEN,
    pins.SCREEN,
    approvals.SCREEN,
    *FLOW_SCREENS,
    gate.SCREEN,
)
