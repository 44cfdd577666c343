"""`hello`: agree on the API level, the language and the seat of a connection."""

from cardd.api.context import ConnectionContext, Standing
from cardd.api.method import Method
from cardd.api.peer import ClientRow
from cardd.api.services import Services
from cardd.errors import BadRequest, LevelUnsupported, SeatUnknown
from cardd.model import SeatName
from cardd.ports import Call
from cardd.wire.methods import hello as words


async def handle(_: Services, connection: ConnectionContext, __: Call, params: words.Params) -> words.Result:
    """Settle the connection, once. Raises `LevelUnsupported`, `SeatUnknown`, `BadRequest` when it is settled already."""
    if connection.standing is not None:
        raise BadRequest(field="method", problem="said_before")
    if params.level != words.LEVEL:
        raise LevelUnsupported(field="params.level", problem="too_old" if params.level < words.LEVEL else "too_new")
    client = connection.client
    seat = _seat(client, params.seat)
    connection.settle(Standing(params.level, seat, params.locale, f"{params.client} {params.version}"))
    return words.Result(level=params.level, client=client.name, seat=seat, may_prompt=client.may_prompt)


def _seat(client: ClientRow, named: str | None) -> SeatName:
    if named is None and len(client.seats) == 1:
        return client.seats[0]
    if named is None:
        raise SeatUnknown(field="params.seat", problem="must_be_named")
    if named not in client.seats:
        raise SeatUnknown(field="params.seat", problem="not_yours")
    return SeatName(named)


METHOD = Method(words.METHOD, words.Params, words.Result, handle, before_hello=True)
