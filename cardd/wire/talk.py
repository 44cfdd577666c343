"""The client's half of the conversation, without I/O: numbers the calls, reads answers, notices and the daemon's own calls.

`room`, `received` and `next_message` take octets in; the other methods give octets to send.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cardd.wire.envelope import EnvelopeError, Id, Notification, Request, Response, failure, read, request, success
from cardd.wire.fault import Locale
from cardd.wire.fault_table import INTERNAL, fault
from cardd.wire.framing import RESPONSE_LINE, Frame, FrameReader, FramingError, encode, encode_with_secret, wipe

Message = Request | Notification | Response
_METHOD_NOT_FOUND = fault("request.unknown_method")


class ProtocolError(Exception):
    """The daemon sent something that is no message of this protocol; `problem` is one word."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer as a client reads it. A name unknown here counts as `internal`."""

    name: str
    number: int
    message: str
    remedy: str
    data: dict[str, object] = field(repr=False)


def failure_of(error: Mapping[str, object], locale: Locale) -> Failure:
    """Read the member `error` of an answer; what is missing in it is filled in from the table of this side."""
    told = error.get("data")
    data = dict(told) if isinstance(told, dict) else {}
    row = fault(data.get("name"))
    known = row is not INTERNAL or data.get("name") == INTERNAL.name
    data.setdefault("exit_code", row.exit_code)
    number, message, remedy = error.get("code"), error.get("message"), data.get("remedy")
    return Failure(
        name=row.name if known else INTERNAL.name,
        number=number if isinstance(number, int) else row.number,
        message=message if isinstance(message, str) else row.message.of(locale),
        remedy=remedy if isinstance(remedy, str) else row.remedy.of(locale),
        data=data,
    )


class Talk:
    """One conversation, from the greeting on."""

    def __init__(self) -> None:
        self._reader = FrameReader(line_limit=RESPONSE_LINE)
        self._numbers = count(1)

    def room(self) -> memoryview:
        """Where the next octets from the daemon belong."""
        return self._reader.room()

    def received(self, octets: int) -> None:
        """So many octets were written into `room()`. Time does not matter on this side: a daemon may be silent for hours."""
        self._reader.received(octets, 0.0)

    def next_message(self) -> Message | None:
        """The next whole message; None = more octets are needed. Raises `ProtocolError`."""
        try:
            frame = self._reader.next_frame()
            return None if frame is None else _message(frame)
        except FramingError as error:
            raise ProtocolError(error.problem) from None
        except EnvelopeError:
            raise ProtocolError("not_a_message") from None

    def call(self, method: str, params: Mapping[str, object]) -> tuple[Id, bytes]:
        """A call's number, and the line to send."""
        number = next(self._numbers)
        return number, encode(request(number, method, params))

    def answer(self, asked: Request, result: Mapping[str, object]) -> bytes:
        """The line that answers a call of the daemon."""
        return encode(success(asked.id, result))

    def answer_secret(self, asked: Request, secret: bytearray) -> bytearray:
        """The line and the secret behind it, in one buffer. The caller sends it and wipes both."""
        return encode_with_secret(success(asked.id, {"secret": len(secret)}), secret)

    def agree(self, asked: Request, agreed: bool) -> bytes:
        """The answer to `agent.confirm`. About a document it says what was agreed to: a plain yes may be one to another question."""
        answer: dict[str, Any] = {"agreed": agreed}
        if asked.params.get("question") == "document":
            document: Any = asked.params["document"]
            answer |= {"question": "document", "sha256": document["sha256"]}
        return self.answer(asked, answer)

    def refuse(self, asked: Request) -> bytes:
        """The line that says: no such call here."""
        row = _METHOD_NOT_FOUND
        return encode(failure(asked.id, row.number, row.message.en, {"name": row.name}))

    def close(self) -> None:
        """Wipe what has not been read."""
        self._reader.wipe()


def _message(frame: Frame) -> Message:
    if frame.secret is not None:
        wipe(frame.secret)  # the daemon has no secret for us; the rule of the framing holds all the same
    return read(frame.body)
