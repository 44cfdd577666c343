"""住民票の写しの広域交付: a copy of the residence record, asked for at another town's counter (住民基本台帳法 第12条の4)."""

from __future__ import annotations

from typing import Final

from terminal.console.flows.fields import Field
from terminal.console.flows.flow import Flow

MOST_COPIES: Final = 20
"""Ours: more is a mistake of the keyboard."""

FLOW: Final = Flow(
    "wide_area_copy",
    ("住民基本台帳法 第12条の4",),
    (
        Field("whose", "choice", choices=("self", "household")),
        Field("copies", "number", least=1, most=MOST_COPIES, start="1"),
        # 第12条の4第4項: left out unless asked for. 戸籍の表示 (本籍・筆頭者) is out by 第1項, and 住民票コード is never asked for here.
        Field("entries", "choices", required=False, choices=("relationship", "individual_number")),
        Field("submitted_to", "text", required=False, longest=100),
    ),
)
