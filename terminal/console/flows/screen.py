"""The pages of a procedure: one address each, whose page follows from what is known (case, card, form, signature)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from cardd.client import RemoteError
from terminal.console.console import Screen
from terminal.console.desk import Case
from terminal.console.flows import after, request, showing, working
from terminal.console.flows.desk_of import FlowDesk
from terminal.console.flows.fields import TICKED, strangers
from terminal.console.flows.flow import Flow, kinds_to_read
from terminal.console.jobs import Busy, Work
from terminal.console.page import Page, screen_route
from terminal.console.problem import of_remote
from terminal.console.screens.case import is_number

CONSENT: Final = "consent"
SHOWN: Final = "shown"
UNFIT: Final = 422
GONE: Final = 404


class FlowScreen:
    """All handlers of one procedure."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._keys = {
            working.read_key(flow): "identify",
            working.sign_key(flow): "sign",
            working.after_key(flow): "done",
        }

    # --- where it stands -------------------------------------------------------------------------------------------

    async def show(self, page: Page) -> Response:
        """The step that comes next, with everything that was typed still there."""
        at = FlowDesk(page.desk, self.flow)
        problem = self._take(page, at)
        if page.desk.kept.of(at.after_key) is not None:
            return page.go(f"{self.flow.path}/after")
        return self._working(page) or await self._next(page, at, problem)

    async def _next(self, page: Page, at: FlowDesk, problem: Any) -> Response:
        if at.done is not None:
            return showing.done(page, at)
        if not at.begun:
            return page.show("flow_begin.html", flow=self.flow, step="identify", wrong=None, number=at.case)
        if at.reading is None:
            return await self._identify(page, at, problem)
        if page.request.query_params.get("step") == "check":
            return self._check(page, at, problem)
        return showing.form(page, at, {}, problem)

    def _working(self, page: Page) -> Response | None:
        running = page.desk.jobs.running
        if running is None or running.key not in self._keys:
            return None
        return page.show("flow_working.html", flow=self.flow, step=self._keys[running.key], job=running)

    def _take(self, page: Page, at: FlowDesk) -> Any:
        """What a job of ours gave; what kept it from giving anything, as people are told."""
        jobs = page.desk.jobs
        job = next((found for found in map(jobs.of, self._keys) if found is not None), None)
        if job is None or not job.done:
            return None
        take = {"identify": working.take_reading, "sign": working.take_signature, "done": after.take_look}
        take[self._keys[job.key]](at, job)
        return job.problem.told(page.desk.locale) if job.problem is not None and not at.approval else None

    async def _identify(self, page: Page, at: FlowDesk, problem: Any) -> Response:
        desk, waits = page.desk, at.approval
        card = next((card["card"] for card in desk.residents_cards), None)
        if waits and waits["card"] not in {each["card"] for each in desk.residents_cards}:
            at.waits_no_more()  # an approval is for this insertion of this card
            waits = {}
        state = await _state_of(page, waits["number"]) if waits else None
        if state == "given" and card is not None:
            at.waits_no_more()
            self._start(
                page, working.read_key(self.flow), working.read_work(at, page.console.link, card, waits["number"])
            )
            return await self.show(page)
        if waits and state == "gone":
            at.waits_no_more()
        return page.show(
            "flow_identify.html",
            flow=self.flow,
            step="identify",
            cards=desk.residents_cards,
            fits=bool(desk.residents_cards)
            and desk.residents_cards[0]["kind"] in kinds_to_read(desk, self.flow.purpose),
            waits=waits if state == "asked" else {},
            over=bool(waits) and state == "gone",
            draft=at.has_draft,
            problem=problem,
        )

    def _check(self, page: Page, at: FlowDesk, problem: Any, *, unticked: bool = False) -> Response:
        read = at.read()
        return (
            showing.form(page, at, read.wrong, problem)
            if read.wrong
            else showing.check(page, at, read, problem, unticked)
        )

    # --- what a person does ----------------------------------------------------------------------------------------

    async def begin(self, page: Page) -> Response:
        """Open a case of this procedure."""
        number = (await page.form()).get("case", "").strip()
        if not is_number(number):
            return page.show("flow_begin.html", flow=self.flow, step="identify", wrong="number", number=number)
        desk, at = page.desk, FlowDesk(page.desk, self.flow)
        desk.kept.clear()
        at.forget()
        desk.case = Case(self.flow.purpose, number)
        desk.told("seat")
        return page.go(self.flow.path)

    async def read(self, page: Page) -> Response:
        """Read the card; the daemon asks for its PIN."""
        at = FlowDesk(page.desk, self.flow)
        card = next((card["card"] for card in page.desk.residents_cards), None)
        if at.begun and card is not None:
            approval = at.approval.get("number")
            self._start(page, working.read_key(self.flow), working.read_work(at, page.console.link, card, approval))
        return await self.show(page)

    async def draft(self, page: Page) -> Response:
        """What stands in the form, while it is typed; the form anew where another question comes or goes by it."""
        at, typed = FlowDesk(page.desk, self.flow), await page.form()
        if strangers(self.flow.fields, typed) or not at.begun:
            return Response(status_code=UNFIT)
        before = at.asked()
        at.keep(typed)
        if before == at.asked() or at.reading is None:
            return Response(status_code=204)
        return showing.form(page, at, {}, None)

    async def send(self, page: Page) -> Response:
        """The form is filled in: what is wrong, or the page that is read aloud."""
        at, typed = FlowDesk(page.desk, self.flow), await page.form()
        if strangers(self.flow.fields, typed):
            return page.show("flow_refused.html", flow=self.flow, step="form", status=UNFIT)
        if not at.begun:
            return page.go(self.flow.path)
        at.keep(typed)
        read = at.read()
        if read.wrong and at.reading is not None:
            return showing.form(page, at, read.wrong, None)
        return page.go(f"{self.flow.path}?step=check")

    async def sign(self, page: Page) -> Response:
        """The person has agreed: make the request and have the badge sign it."""
        at, given = FlowDesk(page.desk, self.flow), await page.form()
        if at.reading is None:
            return page.go(f"{self.flow.path}?step=check")
        read = at.read()
        stopped = any(note.kind == "stop" for note in self.flow.notes(at.facts(read.answers)))
        if read.wrong or stopped or given.get(SHOWN) != at.shown_digest(read.answers):
            return self._check(page, at, None)
        if given.get(CONSENT) != TICKED:
            return self._check(page, at, None, unticked=True)
        content = working.content_of(at, read.answers, request.now())
        link = page.console.link
        self._start(page, working.sign_key(self.flow), working.sign_work(at, link, content, page.console.hand_over))
        return await self.show(page)

    async def longer(self, page: Page) -> Response:
        """It is still being read aloud."""
        at = FlowDesk(page.desk, self.flow)
        page.desk.kept.longer(self.flow.key)
        return await self.show(page) if at.reading is None else self._check(page, at, None)

    async def stop(self, page: Page) -> Response:
        """Let it be: what runs is cancelled, what was typed stays."""
        page.desk.jobs.cancel()
        for key in self._keys:
            page.desk.jobs.forget(key)
        return await self.show(page)

    # --- when the card comes back ----------------------------------------------------------------------------------

    async def after(self, page: Page) -> Response:
        """Put the card in again; what was found on it."""
        at = FlowDesk(page.desk, self.flow)
        problem = self._take(page, at)
        if not at.after:
            return await self._next(page, at, problem)
        working_now = self._working(page)
        if working_now is not None:
            return working_now
        look = page.desk.kept.of(at.after_key)
        rows = look.values["certificates"] if look is not None else ()
        return page.show(
            "flow_after.html",
            flow=self.flow,
            step="done",
            cards=page.desk.residents_cards,
            look=look,
            rows=[(row["key"], after.in_order(row), showing.certificate_lines(row, page.say)) for row in rows],
            problem=problem,
        )

    async def look(self, page: Page) -> Response:
        """Look at the card; the daemon asks for its PINs."""
        at = FlowDesk(page.desk, self.flow)
        card = next((card["card"] for card in page.desk.residents_cards), None)
        if at.after and card is not None:
            keys = tuple(at.after["keys"].split())
            self._start(page, working.after_key(self.flow), after.look_work(at, page.console.link, card, keys))
        return await self.after(page)

    async def record(self, page: Page) -> Response:
        """Have the badge sign what was found."""
        at = FlowDesk(page.desk, self.flow)
        if not at.after or page.desk.kept.of(at.after_key) is None:
            return await self.after(page)
        content, link = after.content_of(at, at.after), page.console.link
        self._start(page, working.sign_key(self.flow), working.sign_work(at, link, content, page.console.hand_over))
        return page.go(self.flow.path)

    # --- what comes out --------------------------------------------------------------------------------------------

    async def file(self, page: Page) -> Response:
        """The signed request, as one file, by a name that only this page knows."""
        done = FlowDesk(page.desk, self.flow).done
        if done is None or page.request.path_params["name"] != done.values["download"]:
            return Response(status_code=GONE)
        done.values["taken"] = True
        page.desk.told("stage")
        name = done.values["name"].removesuffix(".json") + ".zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(done.values["bundle"], media_type="application/zip", headers=headers)

    async def sheet(self, page: Page) -> Response:
        """Show the sheet for the printer, or put it away."""
        at, wish = FlowDesk(page.desk, self.flow), (await page.form()).get("show")
        if at.done is not None and wish == "yes":
            at.show_sheet()
            page.desk.kept.longer(self.flow.done_key)
        else:
            at.hide_sheet()
        return await self.show(page)

    async def finish(self, page: Page) -> Response:
        """The person has what they came for, and the file is where it belongs."""
        FlowDesk(page.desk, self.flow).forget()
        return page.go("/")

    @staticmethod
    def _start(page: Page, key: str, work: Work) -> None:
        with suppress(Busy):  # pressed twice: the first one runs
            page.desk.jobs.start(key, work)

    # --- the menu --------------------------------------------------------------------------------------------------

    def screen(self) -> Screen:
        """As it stands in the menu."""
        path, key = self.flow.path, self.flow.key
        routes: tuple[BaseRoute, ...] = (
            screen_route(path, key, self.show),
            screen_route(f"{path}/begin", key, self.begin, methods=("POST",)),
            screen_route(f"{path}/read", key, self.read, methods=("POST",)),
            screen_route(f"{path}/draft", key, self.draft, methods=("POST",)),
            screen_route(f"{path}/send", key, self.send, methods=("POST",)),
            screen_route(f"{path}/sign", key, self.sign, methods=("POST",)),
            screen_route(f"{path}/longer", key, self.longer, methods=("POST",)),
            screen_route(f"{path}/stop", key, self.stop, methods=("POST",)),
            screen_route(f"{path}/file/{{name}}", key, self.file),
            screen_route(f"{path}/sheet", key, self.sheet, methods=("POST",)),
            screen_route(f"{path}/finish", key, self.finish, methods=("POST",)),
        )
        if self.flow.checks_card_after:
            routes += (
                screen_route(f"{path}/after", key, self.after),
                screen_route(f"{path}/after", key, self.look, methods=("POST",)),
                screen_route(f"{path}/record", key, self.record, methods=("POST",)),
            )
        return Screen(key, path, "jobs", routes, self.flow.offered)


async def _state_of(page: Page, approval: str) -> str:
    """Of a request to a second person: `asked`, `given`, `gone` (used, refused, too old)."""
    try:
        rows = (await page.console.call("approval.list"))["approvals"]
    except RemoteError as error:
        return "asked" if of_remote(error).name == "policy.denied" else "gone"
    return next((row["state"] for row in rows if row["approval"] == approval), "gone")
