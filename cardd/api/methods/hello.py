"""`hello`: agree on the API level, the language and the seat of a connection."""

from cardd.api.context import ConnectionContext, Standing
from cardd.api.method import Method
from cardd.api.peer import ClientRow
from cardd.api.services import Services
from cardd.errors import BadRequest, LevelUnsupported, OriginNotAllowed, SeatUnknown
from cardd.model import SeatName, WebPage
from cardd.ports import Call
from cardd.wire.methods import hello as words


async def handle(_: Services, connection: ConnectionContext, __: Call, params: words.Params) -> words.Result:
    """Settle the connection, once.

    Raises `LevelUnsupported`, `SeatUnknown`, `OriginNotAllowed`, `BadRequest` when it is settled already.
    """
    if connection.standing is not None:
        raise BadRequest(field="method", problem="said_before")
    if params.level != words.LEVEL:
        raise LevelUnsupported(field="params.level", problem="too_old" if params.level < words.LEVEL else "too_new")
    client = connection.client
    seat, page = _seat(client, params.seat), _page(client, params)
    connection.settle(Standing(params.level, seat, params.locale, f"{params.client} {params.version}", page))
    return words.Result(level=params.level, client=client.name, seat=seat, may_prompt=client.may_prompt)


def _seat(client: ClientRow, named: str | None) -> SeatName:
    if named is None and len(client.seats) == 1:
        return client.seats[0]
    if named is None:
        raise SeatUnknown(field="params.seat", problem="must_be_named")
    if named not in client.seats:
        raise SeatUnknown(field="params.seat", problem="not_yours")
    return SeatName(named)


def _page(client: ClientRow, params: words.Params) -> WebPage | None:
    if params.origin is None and params.extension is None:
        return None
    if not client.relays_origins:
        raise OriginNotAllowed()
    if params.origin is None or params.extension is None:
        raise BadRequest(field="params.extension" if params.origin else "params.origin", problem="missing")
    return WebPage(params.origin, params.extension)


METHOD = Method(words.METHOD, words.Params, words.Result, handle, before_hello=True)
