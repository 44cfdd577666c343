"""What stands around every message: JSON-RPC 2.0 requests, notifications and answers, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Id = int | str
"""Identifier of a request: a whole number within ±2^53, or 1 to 64 characters."""

_LARGEST_ID = 2**53
_LONGEST_ID = 64
_LONGEST_METHOD = 64
_CALL_MEMBERS = {"jsonrpc", "id", "method", "params"}
_ANSWER_MEMBERS = {"jsonrpc", "id", "result", "error"}


class EnvelopeError(Exception):
    """Not a message; `field` names the member at fault, `id` the request to answer to where it could be read."""

    def __init__(self, field_name: str, request_id: Id | None) -> None:
        self.field = field_name
        self.id = request_id
        super().__init__(field_name)


@dataclass(frozen=True, slots=True)
class Request:
    id: Id
    method: str
    params: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notification:
    method: str
    params: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request: `error` is None where it succeeded. `id` None: the other side could not read ours."""

    id: Id | None
    result: object = field(repr=False)
    error: dict[str, object] | None = field(repr=False)


def read(body: Mapping[str, object]) -> Request | Notification | Response:
    """The message in one JSON object. Raises `EnvelopeError`."""
    request_id = _readable_id(body.get("id"))
    if body.get("jsonrpc") != "2.0":
        raise EnvelopeError("jsonrpc", request_id)
    if "method" in body:
        return _call(body, request_id)
    return _response(body, request_id)


def _call(body: Mapping[str, object], request_id: Id | None) -> Request | Notification:
    if not set(body) <= _CALL_MEMBERS:
        raise EnvelopeError(_first_other(body, _CALL_MEMBERS), request_id)
    method, params = body["method"], body.get("params", {})
    if not isinstance(method, str) or not 1 <= len(method) <= _LONGEST_METHOD:
        raise EnvelopeError("method", request_id)
    if not isinstance(params, dict):
        raise EnvelopeError("params", request_id)
    if "id" not in body:
        return Notification(method, params)
    if request_id is None:
        raise EnvelopeError("id", None)
    return Request(request_id, method, params)


def _response(body: Mapping[str, object], request_id: Id | None) -> Response:
    if not set(body) <= _ANSWER_MEMBERS:
        raise EnvelopeError(_first_other(body, _ANSWER_MEMBERS), request_id)
    if ("result" in body) == ("error" in body):
        raise EnvelopeError("method", request_id)
    if "id" not in body or (request_id is None and body["id"] is not None):
        raise EnvelopeError("id", None)
    error = body.get("error")
    if "error" in body and not isinstance(error, dict):
        raise EnvelopeError("error", request_id)
    return Response(request_id, body.get("result"), error if isinstance(error, dict) else None)


def _first_other(body: Mapping[str, object], known: set[str]) -> str:
    return next(name for name in body if name not in known)


def _readable_id(value: object) -> Id | None:
    if isinstance(value, str) and 1 <= len(value) <= _LONGEST_ID:
        return value
    if type(value) is int and abs(value) <= _LARGEST_ID:
        return value
    return None


def request(request_id: Id, method: str, params: Mapping[str, object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def notification(method: str, params: Mapping[str, object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def success(request_id: Id, result: Mapping[str, object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def failure(request_id: Id | None, number: int, message: str, data: Mapping[str, object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": number, "message": message, "data": data}}
