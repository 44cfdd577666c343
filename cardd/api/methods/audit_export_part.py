"""`audit.export_part`: a thin handler; what happens stands in `cardd.auditing`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.methods import audit_export_part as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    octets, last = await use_cases.auditing.exports.part(call, params.export, params.offset)
    return words.Result(octets=base64.b64encode(octets).decode("ascii"), last=last)


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
