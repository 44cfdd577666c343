"""`readers.list`: the readers that are there."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import readers_list as words


async def handle(services: Services, _: ConnectionContext, __: Call, ___: Nothing) -> words.Result:
    """A snapshot."""
    presence = services.presence
    return words.Result(readers=presence.readers(), pcsc="up" if presence.pcsc_up() else "down")


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
