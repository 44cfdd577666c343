"""Sign a document with a resident's card or the operator's badge: choose, look at it, agree, PIN, take it along."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote, unquote

from starlette.responses import FileResponse, Response

from terminal.console.console import Screen
from terminal.console.jobs import Busy, Progress
from terminal.console.kept import Picture
from terminal.console.page import Page, screen_route
from terminal.console.papers import desk as papers

KEY: Final = "sign"
LOOKED: Final = "sign_look"
LONGEST_NAME: Final = 120
_ENDINGS: Final[Mapping[str, str]] = {"pades": "{stem}-signed.pdf", "xades": "{stem}-signed.xml", "cades": "{name}.p7s"}


async def sign(page: Page) -> Response:
    """Where the work on this document stands."""
    desk = page.desk
    if desk.case is None:
        return page.show("need_case.html")
    problem = _take_results(page)
    paper, shown = desk.papers.get(KEY), desk.kept.of(KEY)
    running = desk.jobs.running
    purpose = desk.case.purpose
    return page.show(
        "sign.html",
        paper=paper,
        shown=shown,
        job=running if running is not None and running.key in {KEY, LOOKED} else None,
        problem=problem,
        may_sign=desk.may("sign", purpose),
        resident=next((card for card in desk.residents_cards), None) if _row_for(page, "resident") else None,
        badge=next((card for card in desk.badges), None) if _row_for(page, "badge") else None,
        done=paper is not None and paper.out.exists(),
    )


async def upload(page: Page) -> Response:
    """The body is the document; `X-Name` its name, percent-encoded."""
    desk = page.desk
    name = PurePath(unquote(page.request.headers.get("x-name", ""))).name[:LONGEST_NAME] or "document"
    desk.drop_paper(KEY)
    desk.kept.drop(KEY)
    try:
        paper = desk.papers[KEY] = await papers.take(name, page.request.stream())
    except papers.TooLarge:
        return Response(page.say("paper.too_large"))

    async def work(_progress: Progress) -> Any:
        return await _look(paper)

    with suppress(Busy):
        desk.jobs.start(LOOKED, work)
    return Response(status_code=204)


async def begin(page: Page) -> Response:
    """The child signs; daemon and agent ask the person."""
    desk, given = page.desk, await page.form()
    paper, shown, case = desk.papers.get(KEY), desk.kept.of(KEY), desk.case
    who = given.get("who", "")
    card = next(iter(desk.residents_cards if who == "resident" else desk.badges), None)
    if paper is None or shown is None or case is None or card is None or paper.out.exists():
        return await sign(page)
    task = {
        "do": "sign",
        "file": str(paper.file),
        "out": str(paper.out),
        "name": paper.name,
        "format": shown.values["format"],
        "card": card["card"],
        "key": "signature",
        "purpose": case.purpose,
        "case": case.number,
        "visible": given.get("visible", "").strip()[:LONGEST_NAME],
        "locale": desk.locale,
    }

    async def work(_progress: Progress) -> Any:
        return await papers.do(task)

    desk.kept.longer(KEY)
    with suppress(Busy):
        desk.jobs.start(KEY, work)
    return await sign(page)


async def download(page: Page) -> Response:
    """The signed document."""
    paper, shown = page.desk.papers.get(KEY), page.desk.kept.of(KEY)
    if paper is None or shown is None or not paper.out.exists():
        return Response(status_code=404)
    name = _ENDINGS[shown.values["format"]].format(name=paper.name, stem=PurePath(paper.name).stem)
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return FileResponse(paper.out, media_type="application/octet-stream", headers={"Content-Disposition": disposition})


async def clear(page: Page) -> Response:
    """Away with the document, and with a job that still runs."""
    desk = page.desk
    desk.jobs.cancel()
    for key in (KEY, LOOKED):
        desk.jobs.forget(key)
    desk.kept.drop(KEY)
    desk.drop_paper(KEY)
    return await sign(page)


async def _look(paper: papers.Paper) -> dict[str, Any]:
    answer = await papers.do({"do": "look", "file": str(paper.file), "folder": str(paper.folder), "name": paper.name})
    return {"paper": paper, **answer}


def _take_results(page: Page) -> Any:
    """Put away what a job that ended has brought; what went wrong, as told to people."""
    desk = page.desk
    job = desk.jobs.of(LOOKED) or desk.jobs.of(KEY)
    if job is None or not job.done:
        return None
    problem = job.problem or (None if job.result is None else papers.problem_of(job.result, desk.locale))
    if problem is None and job.result is not None:
        if job.key == LOOKED and desk.papers.get(KEY) is job.result["paper"]:
            _keep_look(page, job.result)
        elif job.key == KEY and desk.kept.of(KEY) is not None:
            desk.kept.longer(KEY)
            desk.kept.of(KEY).values["receipt"] = job.result["receipt"]  # type: ignore[union-attr]
    if problem is not None and job.key == LOOKED:
        desk.drop_paper(KEY)
    desk.jobs.forget(job.key)
    return None if problem is None else problem.told(desk.locale)


def _keep_look(page: Page, result: Mapping[str, Any]) -> None:
    kept, paper = page.desk.kept, result["paper"]
    shown = kept.show(KEY, {**result, "paper": None, "pages": [], "receipt": None})
    for name in result["preview"].get("pictures", ()):
        octets = (paper.folder / PurePath(name).name).read_bytes()
        shown.values["pages"].append(kept.add_picture(KEY, Picture("image/png", octets)))


def _row_for(page: Page, who: str) -> bool:
    """Whether the policy lets this role sign with such a card under the purpose at hand."""
    desk = page.desk
    kinds = {"badge"} if who == "badge" else {"my_number", "juki"}
    return any(
        desk.operator.get("role") in row["roles"]
        and "sign" in row["operations"]
        and desk.case is not None
        and desk.case.purpose in row["purposes"]
        and kinds & set(row["cards"])
        and "signature" in row["keys"]
        for row in desk.policy.get("rows", ())
    )


SCREEN = Screen(
    KEY,
    "/sign",
    "counter",
    (
        screen_route("/sign", KEY, sign),
        screen_route("/upload/sign", KEY, upload, methods=("POST",)),
        screen_route("/sign/begin", KEY, begin, methods=("POST",)),
        screen_route("/sign/clear", KEY, clear, methods=("POST",)),
        screen_route("/sign/download", KEY, download),
    ),
    lambda desk: desk.may("sign"),
)
