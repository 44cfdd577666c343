"""`lockdown.release`: a thin handler; what happens stands in `cardd.lockdown`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import lockdown_release as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    badge = CardHandle(params.badge) if params.badge is not None else None
    performed = await use_cases.lockdown.release(call, badge)
    release = performed.result
    return words.Result(
        released=release.second_until_us is None,
        operator=release.operator.id,
        second_until=moment(release.second_until_us) if release.second_until_us is not None else None,
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
