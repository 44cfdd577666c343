"""From a request to its handler and back: checks in order, one task a call, cancelling, deadlines, the last resort."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ValidationError

from cardd.api.agent_calls import AgentPrompter, Asking
from cardd.api.context import ConnectionContext
from cardd.api.fault_map import bad_params, error_answer
from cardd.api.limits import Limits, RequestRate
from cardd.api.method import AnyMethod
from cardd.api.services import Services
from cardd.errors import (
    BadRequest,
    Cancelled,
    CarddError,
    DeadlineExceeded,
    DuplicateId,
    HelloRequired,
    Internal,
    TooManyRequests,
    UnknownMethod,
)
from cardd.log import get_logger
from cardd.model import SeatName
from cardd.ports import Call, Caller, Progress
from cardd.wire.base import CallParams
from cardd.wire.envelope import Id, Request, notification, success
from cardd.wire.fault import Locale
from cardd.wire.framing import encode
from cardd.wire.methods.request_cancel import PROGRESS
from cardd.wire.strict_json import dump

CLIENT_GONE = "client.gone"
STOPPING = "server.stopping"
DEADLINE_GRACE_S = 0.1
"""What waits itself knows more about a passed deadline (who holds the card): it gets this long to say so."""
CANCEL_PATIENCE_S = 0.25
"""A call that has not ended this long after it was cancelled has a card command on the way."""


class Line(ConnectionContext, Protocol):
    """A connection as its calls see it."""

    def send(self, body: Mapping[str, object]) -> None: ...

    def send_line(self, line: bytes) -> None: ...

    def call_ended(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What the calls of all connections share."""

    services: Services
    methods: Mapping[str, AnyMethod]
    limits: Limits
    rate: RequestRate
    request_ids: Iterator[str]
    tasks: set[asyncio.Task[None]]
    """Of all calls that still run, also those whose connection is gone: the server waits for them."""


@dataclass(slots=True)
class RunningCall:
    """One call on its way. `given_up`: the error to answer with, once its task has been told to stop."""

    our_id: str
    method: AnyMethod
    task: asyncio.Task[None] | None = None
    given_up: CarddError | None = None
    ended_early: bool = False
    deadline: asyncio.TimerHandle | None = None

    def stop(self, error: CarddError, reason: str) -> None:
        """Tell the task that nobody waits for it any more. It ends in its own time."""
        if self.given_up is None and self.task is not None:
            self.given_up = error
            self.task.cancel(reason)


class Calls:
    """The calls of one connection. Owns their tasks."""

    def __init__(self, desk: Desk, line: Line) -> None:
        self._desk = desk
        self._line = line
        self._running: dict[Id, RunningCall] = {}
        self._stopping = False

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, request: Request) -> None:
        """Start the call, or answer at once why not."""
        our_id = next(self._desk.request_ids)
        try:
            method = self._admit(request)
            params = _checked(method, request.params)
        except CarddError as error:
            self._line.send(error_answer(error, request.id, self._locale(), our_id))
            return
        running = RunningCall(our_id, method)
        self._running[request.id] = running
        running.task = asyncio.get_running_loop().create_task(self._answer(request.id, running, params), name=our_id)
        self._desk.tasks.add(running.task)
        running.task.add_done_callback(self._desk.tasks.discard)

    async def cancel(self, request_id: Id) -> bool:
        """Tell a call to stop; whether it ended for that."""
        running = self._running.get(request_id)
        if running is None or running.task is None or running.task is asyncio.current_task():
            return False
        running.stop(Cancelled(), Cancelled.code)
        await asyncio.wait({running.task}, timeout=CANCEL_PATIENCE_S)
        return running.ended_early

    def stop_all(self, reason: str) -> None:
        """Tell every call to stop, and take no more."""
        self._stopping = True
        for running in self._running.values():
            running.stop(Cancelled(problem=reason.replace(".", "_")), reason)

    # --- before it runs ----------------------------------------------------------------------------------------------

    def _admit(self, request: Request) -> AnyMethod:
        desk = self._desk
        if not desk.rate.admit(self._line.peer.uid, asyncio.get_running_loop().time()):
            raise TooManyRequests(limit=desk.limits.requests_per_second, retry_after_s=1)
        if self._stopping:
            raise Cancelled(problem=STOPPING.replace(".", "_"))
        if request.id in self._running:
            raise DuplicateId(field="id")
        if len(self._running) >= desk.limits.calls_in_flight:
            raise TooManyRequests(limit=desk.limits.calls_in_flight, retry_after_s=1)
        method = desk.methods.get(request.method)
        if method is None:
            raise UnknownMethod(field="method")
        return method

    # --- while it runs -----------------------------------------------------------------------------------------------

    async def _answer(self, request_id: Id, running: RunningCall, params: BaseModel) -> None:
        """The outermost edge of one call: whatever happens inside becomes one answer."""
        incident: str | None = None
        failed: CarddError | None = None
        line = b""
        try:
            line = await self._handle(request_id, running, params)
        except asyncio.CancelledError:
            running.ended_early = True
            failed = running.given_up or Cancelled()
        except CarddError as error:
            failed = error
        except Exception as error:  # the last resort: our own bug must not end the daemon or leave a caller waiting
            failed, incident = Internal(), _note_incident(error, running)
        self._forget(request_id, running)
        if failed is None:
            self._line.send_line(line)
        else:
            self._line.send(error_answer(failed, request_id, self._locale(), running.our_id, incident))
        self._line.call_ended()

    async def _handle(self, request_id: Id, running: RunningCall, params: BaseModel) -> bytes:
        method, standing = running.method, self._line.standing
        if standing is None and not method.before_hello:
            raise HelloRequired()
        call = self._call(request_id, running, params)
        result: BaseModel = await method.handler(self._desk.services, self._line, call, params)
        line = encode(success(request_id, result.model_dump(mode="json")))
        if len(line) > self._desk.limits.response_line_bytes:
            raise Internal(problem="answer_too_long", limit=self._desk.limits.response_line_bytes)
        return line

    def _call(self, request_id: Id, running: RunningCall, params: BaseModel) -> Call:
        line, desk, standing, client = self._line, self._desk, self._line.standing, self._line.client
        seat = standing.seat if standing is not None else SeatName("")
        limit_s = desk.limits.agent_seconds
        page = standing.page if standing is not None else None
        asking = Asking(client.name, page.origin if page is not None else None, running.our_id)
        prompter = AgentPrompter(desk.services.agents, line.agent, seat, limit_s, asking)
        return Call(
            request_id=running.our_id,
            method=running.method.name,
            caller=Caller(line.peer, client.name, seat, self._locale(), client.private_sector, page),
            prompter=prompter,
            progress=lambda progress: self._tell(request_id, progress),
            deadline=self._start_deadline(running, params),
        )

    def _start_deadline(self, running: RunningCall, params: BaseModel) -> float | None:
        if not isinstance(params, CallParams) or params.deadline_ms is None:
            return None
        seconds = params.deadline_ms / 1000
        running.deadline = asyncio.get_running_loop().call_later(
            seconds + DEADLINE_GRACE_S, running.stop, DeadlineExceeded(), DeadlineExceeded.code
        )
        return self._desk.services.clock.boottime() + seconds

    def _tell(self, request_id: Id, progress: Progress) -> None:
        if request_id not in self._running:
            return
        facts = {"place": progress.place, "holder": progress.holder, "percent": progress.percent}
        known = {name: fact for name, fact in facts.items() if fact is not None}
        self._line.send(notification(PROGRESS, {"id": request_id, "state": progress.state, **known}))

    def _forget(self, request_id: Id, running: RunningCall) -> None:
        del self._running[request_id]
        if running.deadline is not None:
            running.deadline.cancel()

    def _locale(self) -> Locale:
        standing = self._line.standing
        return "en" if standing is None else standing.locale


def _checked(method: AnyMethod, params: Mapping[str, object]) -> BaseModel:
    """The parameters as their model. Strict JSON rules hold only for JSON text, so they are written out once more."""
    try:
        checked: BaseModel = method.params.model_validate_json(dump(params))
    except ValidationError as error:
        raise bad_params(error) from None
    except RecursionError:
        raise BadRequest(field="params", problem="nested_too_deep") from None
    return checked


def _note_incident(error: Exception, running: RunningCall) -> str:
    """Log where it broke. `cardd.log` writes types and places of an exception, never its text, which may hold values."""
    incident = f"i-{secrets.token_hex(4)}"
    get_logger().error(
        "incident", incident=incident, method=running.method.name, request=running.our_id, exc_info=error
    )
    return incident
