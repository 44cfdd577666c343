"""`case.close`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import case_close as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    return words.Result(receipt=receipt(await use_cases.auditing.cases.close(call, params.case)))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
