"""All screens, in the order of the menu."""

from __future__ import annotations

from typing import Final

from terminal.console.console import Screen
from terminal.console.flows.registry import FLOW_SCREENS
from terminal.console.screens import (
    alarms,
    approvals,
    audit,
    audit_export,
    audit_plots,
    case,
    gate,
    health,
    home,
    my_day,
    pins,
    policy,
    read,
    sign,
    verify,
)

SCREENS: Final[tuple[Screen, ...]] = (
    home.SCREEN,
    case.SCREEN,
    read.SCREEN,
    pins.SCREEN,
    sign.SCREEN,
    verify.SCREEN,
    *FLOW_SCREENS,
    approvals.SCREEN,
    alarms.SCREEN,
    my_day.SCREEN,
    audit.SCREEN,
    audit_plots.SCREEN,
    audit.HEAD_SCREEN,
    audit_export.SCREEN,
    policy.SCREEN,
    health.SCREEN,
    gate.SCREEN,
)
