"""My records of today: what the record has of whoever is logged in, as the record has it (`audit.own_day`)."""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.responses import Response

from cardd.client import RemoteError
from terminal.console import records
from terminal.console.console import Screen
from terminal.console.page import Page, screen_route
from terminal.console.problem import of_remote

KEY: Final = "my_day"
ON_A_PAGE: Final = 50
CURSOR: Final = re.compile(r"[0-9a-f]{32}:[0-9]{1,16}")


async def my_day(page: Page) -> Response:
    """The newest first. Not refreshed by itself: each look is on record."""
    cursor = page.request.query_params.get("cursor", "")
    wanted = cursor if CURSOR.fullmatch(cursor) else None
    desk, problem = page.desk, None
    found: dict[str, Any] = {"day": "", "uses": (), "cursor": None}
    try:
        found = await page.console.call("audit.own_day", cursor=wanted, limit=ON_A_PAGE)
    except RemoteError as error:
        problem = of_remote(error).told(desk.locale)
    return page.show(
        "my_day.html",
        day=found["day"],
        lines=[records.of_own(desk, use) for use in found["uses"]],
        cursor=found["cursor"],
        began=wanted is None,
        problem=problem,
    )


SCREEN = Screen(KEY, "/my-day", "supervise", (screen_route("/my-day", KEY, my_day),), lambda _: True)
