"""`audit.watch_list`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.auditing.watch_list import Put
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import audit_watch_list as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    wanted = Put(CardHandle(params.card), params.list, params.act, params.purpose, params.case, params.approval)
    done = await use_cases.auditing.watch_lists.put(call, wanted)
    known_until = None if done.known_until_us is None else moment(done.known_until_us)
    return words.Result(changed=done.changed, known_until=known_until, receipt=receipt(done.receipt))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
