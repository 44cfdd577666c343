"""All procedures, in the order of the menu."""

from __future__ import annotations

from typing import Final

from terminal.console.flows import certificate_issue, move, resident_code, wide_area_copy
from terminal.console.flows.screen import FlowScreen

FLOWS: Final = (wide_area_copy.FLOW, move.MOVE_IN, move.MOVE_OUT, certificate_issue.FLOW, resident_code.FLOW)
FLOW_SCREENS: Final = tuple(FlowScreen(flow).screen() for flow in FLOWS)
