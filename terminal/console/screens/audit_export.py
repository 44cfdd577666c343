"""Records as a file with its own signed head: asked for, agreed to by a second person, written, taken part by part."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from cardd.client import RemoteError
from terminal.console.console import Console, Screen
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route
from terminal.console.problem import Problem, of_remote
from terminal.console.screens.audit import FORM, filters_of

KEY: Final = "audit_export"
DONE: Final = "audit_export_done"
SECONDS: Final = 900.0
"""So long the daemon keeps an export (docs/api.md)."""
FORMS: Final = ("csv", "jsonl")
REASONS: Final = ("audit", "inspection", "investigation", "court", "archive")
REQUIRED: Final = "approval.required"
MEDIA: Final[Mapping[str, str]] = {"csv": "text/csv", "jsonl": "application/jsonl"}


class Broken(Exception):
    """The file that came is not the one that was signed: the download ends without its last part."""


async def show(page: Page, problem: Problem | None = None) -> Response:
    """What is to be taken out, who has agreed, and the file."""
    desk = page.desk
    job = desk.jobs.of(KEY)
    if job is not None and job.done:
        if job.result is not None:
            desk.kept.show(DONE, job.result, seconds=SECONDS)
            desk.drop_draft(KEY)
            desk.jobs.forget(KEY)
            job = None
        else:
            problem = problem or job.problem
    asked = desk.draft(KEY)
    done = desk.kept.of(DONE)
    filters, wrong = filters_of(desk.draft(FORM))
    return page.show(
        "audit_export.html",
        job=job,
        problem=problem.told(desk.locale) if problem is not None else None,
        asked=asked,
        standing=await _standing(page, asked["approval"]) if asked else None,
        done=done.values if done is not None else None,
        filters=filters,
        wrong=wrong,
        forms=FORMS,
        reasons=REASONS,
    )


async def begin(page: Page) -> Response:
    """Ask for it: nothing is written before a second person has agreed to exactly this."""
    desk, given = page.desk, await page.form()
    filters, wrong = filters_of(desk.draft(FORM))
    if given.get("shape") not in FORMS or given.get("reason") not in REASONS or wrong is not None:
        return await show(page)
    filters.pop("order", None)
    wish = {"form": given["shape"], "reason": given["reason"], **filters}
    desk.jobs.forget(KEY)
    desk.kept.drop(DONE)
    try:
        await page.console.call("audit.export", **wish)
    except RemoteError as error:
        if error.name != REQUIRED:
            return await show(page, of_remote(error))
        desk.keep_draft(KEY, {"wish": json.dumps(wish), "approval": str(error.data["approval"])})
    return page.go("/audit/export")


async def write(page: Page) -> Response:
    """The second person has agreed: have it written and signed."""
    desk = page.desk
    asked = desk.draft(KEY)
    if not asked:
        return await show(page)
    wish, approval = json.loads(asked["wish"]), asked["approval"]

    async def work(progress: Progress) -> Any:
        return await page.console.link.call("audit.export", on_progress=progress, approval=approval, **wish)

    with suppress(Busy):  # pressed twice: the first one runs
        desk.jobs.start(KEY, work)
    return page.go("/audit/export")


async def forget(page: Page) -> Response:
    """Begin again; or stop what runs. A request that still waits is taken back."""
    desk = page.desk
    asked = desk.draft(KEY)
    desk.jobs.cancel()
    desk.jobs.forget(KEY)
    desk.drop_draft(KEY)
    desk.kept.drop(DONE)
    if asked and await _standing(page, asked["approval"]) == "asked":
        with suppress(RemoteError):  # it was agreed to, or is over, in this moment
            await page.console.call("approval.refuse", approval=asked["approval"])
    return page.go("/audit/export")


async def take(page: Page) -> Response:
    """The file or its head, as a download."""
    done = page.desk.kept.of(DONE)
    name, what = page.request.path_params["name"], page.request.path_params["what"]
    if done is None or done.values["export"] != name or what not in {"file", "head"}:
        return Response(status_code=404)
    export = done.values
    beside = f"records.{export['form']}"
    if what == "head":
        return Response(export["note"].encode(), media_type="text/plain", headers=_as_file(f"{beside}.head"))
    headers = {**_as_file(beside), "Content-Length": str(export["size"])}
    return StreamingResponse(parts(page.console, export), media_type=MEDIA[export["form"]], headers=headers)


async def parts(console: Console, export: Mapping[str, Any]) -> AsyncIterator[bytes]:
    """The file's octets; the last part only when all together are what was signed. Raises `Broken`, `RemoteError`, `ConnectionEnded`."""
    seen, offset, last = hashlib.sha256(), 0, False
    while not last:
        part = await console.call("audit.export_part", export=export["export"], offset=offset)
        octets, last = base64.b64decode(part["octets"]), part["last"]
        seen.update(octets)
        offset += len(octets)
        if last and seen.hexdigest() != export["digest"]:
            raise Broken
        yield octets


async def _standing(page: Page, approval: str) -> str:
    """`asked`, `given`, or `over`."""
    found = (await page.console.call("approval.list"))["approvals"]
    return next((str(row["state"]) for row in found if row["approval"] == approval), "over")


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


SCREEN = Screen(
    KEY,
    "/audit/export",
    "audit",
    (
        screen_route("/audit/export", KEY, show),
        screen_route("/audit/export", KEY, begin, methods=("POST",)),
        screen_route("/audit/export/write", KEY, write, methods=("POST",)),
        screen_route("/audit/export/forget", KEY, forget, methods=("POST",)),
        screen_route("/audit/export/{name:str}/{what:str}", KEY, take),
    ),
    lambda desk: "audit_export" in desk.rights,
)
