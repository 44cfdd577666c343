"""`badge.enrol`: a thin handler; what happens stands in `cardd.enrolment`."""

from cardd.api.badge_words import badge_place, made_badge
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.enrolment.order import NewOperator
from cardd.ports import Call
from cardd.wire.methods import badge_enrol as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    who = NewOperator(params.operator, params.name, params.role, params.person, params.unix_user)
    return made_badge(await use_cases.enrolment.enrol(call, badge_place(params), who))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
