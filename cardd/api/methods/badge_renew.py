"""`badge.renew`: a thin handler; what happens stands in `cardd.enrolment`."""

from cardd.api.badge_words import badge_place, made_badge
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.methods import badge_renew as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    return made_badge(await use_cases.enrolment.renew(call, badge_place(params), params.operator))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
