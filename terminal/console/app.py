"""The application: the walls, the routes of all screens, and what every page needs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from cardd.wire.fault import Locale
from terminal.console.console import Console
from terminal.console.events import events
from terminal.console.guard import COOKIE, ENTER
from terminal.console.page import Page, screen_route
from terminal.console.problem import incident
from terminal.console.prompts import PROMPT_ROUTES

STATIC: Final = Path(__file__).with_name("static")
_ENTERED: Final = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>cardd</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<meta http-equiv="refresh" content="0;url=/"></head><body><a href="/">cardd</a></body></html>"""


def application(console: Console, secret: str) -> Starlette:
    """All routes; the guard goes around it. `secret`: the cookie of whoever entered."""
    routes: list[BaseRoute] = [
        Route(ENTER, _enter, methods=["POST"]),
        Route("/events", events),
        Route("/favicon.ico", _no_icon),
        screen_route("/part/seat", "seat", _seat_bar, needs="nobody"),
        screen_route("/part/notices", "notices", _notices, needs="nobody"),
        screen_route("/language", "seat", _language, methods=("POST",), needs="nobody"),
        screen_route("/draft", "seat", _draft, methods=("POST",)),
        Route("/picture/{name}", _picture),
        *PROMPT_ROUTES,
        *(route for screen in console.screens for route in screen.routes),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _not_there, Exception: _fault})
    app.state.console = console
    app.state.secret = secret
    return app


async def _enter(request: Request) -> Response:
    """The launch file's token for the cookie. The page leads on by itself: a redirection would not carry a strict cookie."""
    given = (await request.form()).get("token")
    console: Console = request.app.state.console
    if not isinstance(given, str) or not console.entry.takes(given):
        return Response(status_code=403)
    answer = HTMLResponse(_ENTERED)
    answer.set_cookie(COOKIE, request.app.state.secret, httponly=True, samesite="strict", path="/")
    return answer


async def _no_icon(_request: Request) -> Response:
    """Browsers ask for it on pages that name no icon."""
    return Response(status_code=204)


async def _not_there(request: Request, _error: Exception) -> Response:
    if request.headers.get("sec-fetch-dest") != "document":  # no page is to be shown, and none loses the desk for it
        return Response(status_code=404)
    return Page(request.app.state.console, request, "fault").show("fault.html", status=404, kind="gone", incident="")


async def _fault(request: Request, error: Exception) -> Response:
    """A fault of ours."""
    page = Page(request.app.state.console, request, "fault")
    return page.show("fault.html", status=500, kind="fault", incident=incident(error))


async def _seat_bar(page: Page) -> Response:
    return page.part("seat_bar.html")


async def _notices(page: Page) -> Response:
    return page.part("notices.html")


async def _language(page: Page) -> Response:
    wanted: Locale = "en" if (await page.form()).get("locale") == "en" else "ja"
    if wanted != page.desk.locale and page.desk.jobs.running is None:
        page.desk.locale = wanted
        await page.console.link.again()
    return Response(status_code=204, headers={"HX-Refresh": "true"})


async def _draft(page: Page) -> Response:
    """What stands in a form, while it is typed. Never a PIN: those are typed in prompts alone."""
    fields = dict(await page.form())
    place = fields.pop("draft_of", "")
    page.desk.keep_draft(place, fields)
    return Response(status_code=204)


async def _picture(request: Request) -> Response:
    """From a card, once more for each look; what is no picture is no answer."""
    console: Console = request.app.state.console
    found = console.desk.kept.picture(request.path_params["name"])
    if found is None or not console.desk.at_work:
        return Response(status_code=404)
    return Response(found.octets, media_type=found.media_type)
