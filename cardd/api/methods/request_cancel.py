"""`request.cancel`: end a waiting call of this connection."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.methods import request_cancel as words


async def handle(_: Services, connection: ConnectionContext, __: Call, params: words.Params) -> words.Result:
    """Answers after the call has ended, or as soon as it is plain that a card command must run to its end first."""
    return words.Result(cancelled=await connection.cancel(params.id))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
