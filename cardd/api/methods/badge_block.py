"""`badge.block`: a thin handler; what happens stands in `cardd.enrolment`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import badge_block as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    blocked = await use_cases.enrolment.block(call, params.operator, params.reason)
    return words.Result(
        operator=blocked.operator, sessions_ended=blocked.sessions_ended, receipt=receipt(blocked.receipt)
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
