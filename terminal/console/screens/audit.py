"""Ask the record: what was done, by whom, for what; one record whole; its proof to take along; the signed head to compare."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from cardd.cli import moments
from cardd.cli.moments import JAPAN
from cardd.client import RemoteError
from terminal.console import records
from terminal.console.console import Screen
from terminal.console.kept import Picture
from terminal.console.page import Page, screen_route
from terminal.console.problem import Problem, of_remote

KEY: Final = "audit"
FORM: Final = "audit"
"""Name of the draft that holds what is asked for: filters stand in no address."""
PROOF: Final = "audit_proof"
PROOF_SECONDS: Final = 300.0
ON_A_PAGE: Final = 50
RESULTS: Final = ("done", "refused", "failed", "unknown", "open")
OPERATIONS: Final = (
    "login", "unlock", "read", "certificate", "pin_status", "token_info", "change_pin", "certificate_check", "sign", "grant",
    "approve", "override", "badge_enrol", "badge_renew", "badge_unblock", "badge_block", "badge_list", "disclose", "watch_list",
    "office_files", "lockdown", "lockdown_release", "audit", "own_day", "audit_review", "audit_export", "audit_cut", "head_export",
)  # fmt: skip
WORDS: Final = ("operator", "approver", "purpose", "case", "operation", "result", "card", "seat")
CURSOR: Final = re.compile(r"[0-9a-f]{32}:[0-9]{1,16}")
JSON_TYPE: Final = "application/json"


async def ask(page: Page) -> Response:
    """The form, and the page of answers to what stands in it."""
    desk, asked = page.desk, page.request.query_params
    fields = desk.draft(FORM)
    number = asked.get("number", "")
    cursor = asked.get("cursor", "")
    filters, wrong = ({"number": int(number)}, None) if number.isascii() and number.isdigit() else filters_of(fields)
    found: Mapping[str, Any] | None = None
    problem: Problem | None = None
    if filters and wrong is None:
        present = _present(page) if fields.get("present") and "number" not in filters else None
        wanted = {**filters, "present": present, "cursor": cursor if CURSOR.fullmatch(cursor) else None}
        found, problem = await _call(page, "audit.query", limit=ON_A_PAGE, **wanted)
    return page.show(
        "audit.html",
        fields=fields,
        number=number,
        wrong=wrong,
        operations=OPERATIONS,
        results=RESULTS,
        found=found,
        lines=[records.of_use(desk, use) for use in found["uses"]] if found is not None else [],
        began=not cursor,
        cards=desk.residents_cards,
        may_export="audit_export" in desk.rights,
        problem=problem.told(desk.locale) if problem is not None else None,
    )


async def search(page: Page) -> Response:
    """Keep what is asked for, and answer it."""
    page.desk.keep_draft(FORM, {**await page.form(), "asked": "yes"})
    return page.go("/audit")


async def forget(page: Page) -> Response:
    """An empty form."""
    page.desk.drop_draft(FORM)
    return page.go("/audit")


def filters_of(fields: Mapping[str, str]) -> tuple[dict[str, Any], str | None]:
    """The filters of `audit.query` that a form says, and the field that is wrong, where one is."""
    if not fields.get("asked"):
        return {}, None
    found: dict[str, Any] = {name: fields[name].strip() for name in WORDS if fields.get(name, "").strip()}
    for name in ("since", "until"):
        given = fields.get(name, "").strip()
        if not given:
            continue
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            return {}, name
        found[name] = moments.on_wire(moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN))
    return found or {"order": "newest"}, None


def _present(page: Page) -> str | None:
    return next((card["card"] for card in page.desk.residents_cards), None)


async def one(page: Page, problem: Problem | None = None) -> Response:
    """One use with all its fields, as they stand in the log."""
    desk, log, number = page.desk, page.request.path_params["log"], page.request.path_params["number"]
    found, failed = await _call(page, "audit.query", number=number, limit=10)
    use = next((each for each in (found or {}).get("uses", ()) if each["log_id"] == log), None)
    problem = problem or failed
    shown = desk.kept.of(PROOF)
    return page.show(
        "audit_one.html",
        log=log,
        number=number,
        use=use,
        line=records.of_use(desk, use) if use is not None else None,
        proof=shown.values if shown is not None and shown.values["of"] == f"{log}/{number}" else None,
        problem=problem.told(desk.locale) if problem is not None else None,
    )


async def prove(page: Page) -> Response:
    """Make the bundle that shows an outsider that this record stands in the log (docs/audit-log.md, proof of one record)."""
    desk, log, number = page.desk, page.request.path_params["log"], page.request.path_params["number"]
    try:
        sequence = int((await page.form()).get("sequence", ""))
        bundle = await _bundle(page, sequence, log)
    except ValueError:
        return await one(page)
    except RemoteError as error:
        return await one(page, of_remote(error))
    octets = json.dumps(bundle, ensure_ascii=False).encode() + b"\n"
    shown = desk.kept.show(PROOF, {"of": f"{log}/{number}", "sequence": sequence}, seconds=PROOF_SECONDS)
    shown.values["name"] = desk.kept.add_picture(PROOF, Picture(JSON_TYPE, octets))
    return await one(page)


async def take(page: Page) -> Response:
    """The bundle as a file."""
    found = page.desk.kept.picture(page.request.path_params["name"])
    if found is None or found.media_type != JSON_TYPE:
        return Response(status_code=404)
    return Response(
        found.octets, media_type=JSON_TYPE, headers={"Content-Disposition": 'attachment; filename="proof.json"'}
    )


async def _bundle(page: Page, sequence: int, log: str) -> dict[str, Any]:
    """As `cardctl audit proof` writes it. Raises `RemoteError`."""
    own = (await page.console.call("audit.head"))["log_id"]
    log_id = None if log == own else log
    told = await page.console.call("audit.proof", sequence=sequence, log_id=log_id)
    told.pop("receipt")
    first_key, keys = await _keys(page, told["head"], log_id)
    return {"form": "cardd-proof/1", **told, "first_key": first_key, "keys": keys}


async def _keys(page: Page, head: str, log_id: str | None) -> tuple[str | None, list[dict[str, str]]]:
    """The first key, and the hand-overs from it to the key that signed `head`."""
    day = head.rpartition("\u2014 ")[2].split(" ")[0].rpartition("/")[2]
    found: list[dict[str, str]] = []
    after: str | None = None
    while True:
        told = await page.console.call("audit.head", keys_after=after, log_id=log_id)
        found += [{"record": row["record"], "head": row["head"]} for row in told["keys"] if row["period"] < day]
        if not told["more_keys"] or told["keys"][-1]["period"] >= day:
            return told["first_key"], found
        after = told["keys"][-1]["period"]


async def head(page: Page) -> Response:
    """The newest signed head as text and as a QR code, to compare it with what lies outside this machine."""
    found, problem = await _call(page, "audit.head")
    drawn = _qr(found["head"]) if found is not None and found["head"] is not None else None
    return page.show(
        "audit_head.html",
        found=found,
        drawn=drawn,
        problem=problem.told(page.desk.locale) if problem is not None else None,
    )


def _qr(text: str) -> Any:
    """Drawn in modules: how large it is, the style says. Level L, as `cardctl audit export-head` prints it."""
    import segno  # noqa: PLC0415  # only here, and seldom
    from markupsafe import Markup  # noqa: PLC0415

    code = segno.make_qr(text.encode(), mode="byte", error="l", boost_error=False)
    return Markup(code.svg_inline(border=4, light="white", svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704  # of dots


async def _call(page: Page, method: str, **wanted: Any) -> tuple[dict[str, Any] | None, Problem | None]:
    try:
        return await page.console.call(method, **wanted), None
    except RemoteError as error:
        return None, of_remote(error)


SCREEN = Screen(
    KEY,
    "/audit",
    "audit",
    (
        screen_route("/audit", KEY, ask),
        screen_route("/audit", KEY, search, methods=("POST",)),
        screen_route("/audit/forget", KEY, forget, methods=("POST",)),
        screen_route("/audit/use/{log:str}/{number:int}", KEY, one),
        screen_route("/audit/use/{log:str}/{number:int}", KEY, prove, methods=("POST",)),
        screen_route("/audit/proof/{name:str}", KEY, take),
    ),
    lambda desk: "audit" in desk.rights,
)
HEAD_SCREEN = Screen(
    "audit_head",
    "/audit/head",
    "audit",
    (screen_route("/audit/head", "audit_head", head),),
    lambda desk: "audit" in desk.rights,
)
