"""Check a signed document: who signed, when, and whether it was good then, in words to be read aloud."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import unquote

from starlette.responses import Response

from terminal.console.console import Screen
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route
from terminal.console.papers import desk as papers
from terminal.console.screens.sign import LONGEST_NAME

KEY: Final = "verify"


async def verify(page: Page) -> Response:
    """What was found out, or the form."""
    desk = page.desk
    if desk.case is None:
        return page.show("need_case.html")
    job, problem = desk.jobs.of(KEY), None
    if job is not None and job.done:
        wrong = job.problem or (None if job.result is None else papers.problem_of(job.result, desk.locale))
        if wrong is None and job.result is not None:
            desk.kept.show(KEY, job.result)
        problem = None if wrong is None else wrong.told(desk.locale)
        desk.jobs.forget(KEY)
        job = None
    return page.show(
        "verify.html",
        job=job,
        problem=problem,
        paper=desk.papers.get(KEY),
        shown=desk.kept.of(KEY),
    )


async def upload(page: Page) -> Response:
    """A signed document; `X-Beside: 1` says that it is what a detached signature is over."""
    desk, headers = page.desk, page.request.headers
    name = PurePath(unquote(headers.get("x-name", ""))).name[:LONGEST_NAME] or "document"
    beside = desk.papers.get(KEY) if headers.get("x-beside") == "1" else None
    if beside is None:
        desk.drop_paper(KEY)
    desk.kept.drop(KEY)
    try:
        desk.papers[KEY] = await papers.take(name, page.request.stream(), beside=beside)
    except papers.TooLarge:
        return Response(page.say("paper.too_large"))
    desk.told("stage")
    return Response(status_code=204)


async def begin(page: Page) -> Response:
    """The child reads it; the daemon judges the certificates."""
    desk = page.desk
    paper, case = desk.papers.get(KEY), desk.case
    if paper is None or case is None:
        return await verify(page)
    task = {
        "do": "verify",
        "file": str(paper.file),
        "content": str(paper.content) if paper.content.exists() else None,
        "purpose": case.purpose,
        "case": case.number,
        "locale": desk.locale,
    }

    async def work(_progress: Progress) -> Any:
        return await papers.do(task)

    with suppress(Busy):
        desk.jobs.start(KEY, work)
    return await verify(page)


async def clear(page: Page) -> Response:
    """Away with it."""
    desk = page.desk
    desk.jobs.cancel()
    desk.jobs.forget(KEY)
    desk.kept.drop(KEY)
    desk.drop_paper(KEY)
    return await verify(page)


SCREEN = Screen(
    KEY,
    "/verify",
    "counter",
    (
        screen_route("/verify", KEY, verify),
        screen_route("/upload/verify", KEY, upload, methods=("POST",)),
        screen_route("/verify/begin", KEY, begin, methods=("POST",)),
        screen_route("/verify/clear", KEY, clear, methods=("POST",)),
    ),
    lambda desk: desk.may("certificate_check"),
)
