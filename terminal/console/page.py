"""One request of the page: what a screen's function is given, and how it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cardd.cli import moments
from terminal.console import agreed, people
from terminal.console.console import Console
from terminal.console.desk import Desk
from terminal.console.say import Say, said

TEMPLATES: Final = Path(__file__).with_name("templates")
Needs = Literal["nobody", "daemon", "session"]
"""What must be there before a screen is shown: nothing, a daemon, somebody logged in who has not locked the screen."""
Shows = Callable[["Page"], Awaitable[Response]]
SUPERSEDED: Final = 409
NUMBER: Final = "X-Desk"
"""Header: the change of the desk that a screen was drawn after, so that the page sees what came too late."""


def environment() -> Environment:
    """Escapes everything; a name that a template misspells is an error, never an empty place."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        person=people.person, date=people.date_of, wareki=people.wareki, moment=people.moment, octets=people.octets
    )
    made.filters.update(clock=moments.clock_time, stamp=moments.in_column, said=said)
    made.globals.update(purpose_name=purpose_name, purpose_of=purpose_of, role_name=role_name, agreed_rows=agreed.rows)
    return made


def purpose_name(desk: Desk, say: Say) -> str:
    """Of the case at hand, as the policy names it."""
    return "" if desk.case is None else purpose_of(desk, say, desk.case.purpose)


def purpose_of(desk: Desk, say: Say, code: str) -> str:
    """The name of a purpose; its code where the policy knows none."""
    return next((say.named(row) for row in desk.policy.get("purposes", ()) if row["code"] == code), code)


def role_name(desk: Desk) -> str:
    """Of who is logged in."""
    return str(desk.operator.get(f"role_{desk.locale}") or desk.operator.get("role", ""))


_ENVIRONMENT = environment()


@dataclass(frozen=True, slots=True)
class Page:
    """One request, and what the console knows."""

    console: Console
    request: Request
    screen: str
    """Key of the screen that it belongs to."""

    @property
    def desk(self) -> Desk:
        return self.console.desk

    @property
    def say(self) -> Say:
        return Say(self.console.desk.locale)

    @property
    def is_part(self) -> bool:
        """Whether the page that is there only wants its content anew."""
        return self.request.headers.get("hx-request") == "true"

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """The screen: its content alone for a page that is there, else the whole page with a new tab's name."""
        desk = self.desk
        known = {
            "say": self.say,
            "desk": desk,
            "page": self,
            "path": self.request.url.path,
            "screen": self.screen,
            "screens": [each for each in self.console.screens if each.shown(desk)] if desk.at_work else [],
            **values,
        }
        if self.is_part:
            known["tab"] = desk.tab
            return HTMLResponse(
                _ENVIRONMENT.get_template(template).render(known, layout="part.html"),
                status,
                {NUMBER: str(desk.number)},
            )
        known["tab"], known["number"] = desk.new_tab(), desk.number
        return HTMLResponse(_ENVIRONMENT.get_template(template).render(known, layout="page.html"), status)

    def part(self, template: str, **values: Any) -> Response:
        """A piece of a page, without a layout."""
        known = {"say": self.say, "desk": self.desk, "page": self, "screen": self.screen, **values}
        return HTMLResponse(_ENVIRONMENT.get_template(template).render(known))

    @staticmethod
    def now() -> float:
        """By the clock of `Kept`."""
        return asyncio.get_running_loop().time()

    @staticmethod
    def monotonic() -> float:
        """By the clock of prompts and jobs."""
        return time.monotonic()

    async def form(self) -> Mapping[str, str]:
        """The fields of a form, text alone."""
        given = await self.request.form()
        return {name: value for name, value in given.items() if isinstance(value, str)}

    def go(self, path: str) -> Response:
        """Send the page to another screen of ours."""
        if self.is_part:
            return Response(status_code=204, headers={"HX-Location": quote(path, safe="/?=&-_.")})
        return Response(status_code=303, headers={"Location": quote(path, safe="/?=&-_.")})


def screen_route(
    path: str, screen: str, shows: Shows, *, methods: tuple[str, ...] = ("GET",), needs: Needs = "session"
) -> Route:
    """A route whose function sees a `Page`, and is not called where what it needs is not there."""

    async def answer(request: Request) -> Response:
        console: Console = request.app.state.console
        page = Page(console, request, screen)
        desk = console.desk
        if request.method != "GET" and request.headers.get("x-tab") != desk.tab:
            return Response(status_code=SUPERSEDED)
        met = needs == "nobody" or (desk.connected and (needs == "daemon" or desk.at_work))
        if not met:
            return page.go("/") if request.method != "GET" else await console.gate_screen(page)
        return await shows(page)

    return Route(path, answer, methods=list(methods))
