"""`badge.unblock_pin`: a thin handler; what happens stands in `cardd.enrolment`."""

from cardd.api.badge_words import badge_place
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import badge_unblock_pin as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.enrolment.unblock(call, badge_place(params), params.operator)
    return words.Result(operator=params.operator, receipt=receipt(performed.receipt))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
