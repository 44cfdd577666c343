"""`rpc.discover`: the OpenRPC document of the methods that this very table dispatches."""

from functools import lru_cache

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import rpc_discover as words
from cardd.wire.openrpc import Described, openrpc_document


async def handle(services: Services, connection: ConnectionContext, _: Call, __: Nothing) -> words.Result:
    return _result(tuple(connection.offered), services.about.version)


@lru_cache(maxsize=1)
def _result(methods: tuple[Described, ...], version: str) -> words.Result:
    """Made with the first call: it takes some 50 ms of the event loop, which a client could ask for 20 times a second."""
    return words.Result(document=openrpc_document(methods, version))


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
