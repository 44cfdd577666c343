"""What a method is: a row of its name, its words and its handler. The rows stand in `cardd.api.methods.registry`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from cardd.api.context import ConnectionContext
from cardd.api.services import Services
from cardd.ports import Call

P = TypeVar("P", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)

Handler = Callable[[Services, ConnectionContext, Call, P], Awaitable[R]]
"""Answers one call, or raises a `CarddError`.

It runs as a task of its own. When nobody wants the answer any more (the client hung up, cancelled, or its deadline
passed) the task is cancelled with the reason as message: `client.gone`, `request.cancelled`, `request.deadline`,
`server.stopping`. Whoever has commands on the way to a card shields them and ends them properly before letting the
cancellation through; the server waits for that.
"""


@dataclass(frozen=True, slots=True)
class Method(Generic[P, R]):
    """One method. `before_hello`: may be called on a connection that has not said hello yet."""

    name: str
    params: type[P]
    result: type[R]
    handler: Handler[P, R]
    before_hello: bool = False


AnyMethod = Method[Any, Any]
