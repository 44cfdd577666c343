"""The first screen after the login: what can be done here, which readers and cards are there, what waits."""

from __future__ import annotations

from starlette.responses import Response

from terminal.console.console import Screen
from terminal.console.page import Page, screen_route


async def home(page: Page) -> Response:
    """The menu in large tiles."""
    page.desk.jobs.forget("gate")
    return page.show("home.html")


SCREEN = Screen("home", "/", "counter", (screen_route("/", "home", home),), lambda _: True)
