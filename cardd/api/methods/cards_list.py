"""`cards.list`: the cards that are there."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import cards_list as words


async def handle(services: Services, _: ConnectionContext, __: Call, ___: Nothing) -> words.Result:
    """A snapshot; kinds only, nothing of what is on the cards."""
    return words.Result(cards=services.presence.cards())


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
