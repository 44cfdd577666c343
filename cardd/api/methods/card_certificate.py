"""`card.certificate`: a thin handler; what happens stands in `cardd.reading`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt, target
from cardd.model import KeyRole
from cardd.ports import Call
from cardd.wire.methods import card_certificate as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.reading.certificate(call, target(params), KeyRole(params.key))
    return words.Result(
        key=params.key,
        certificate_base64=base64.b64encode(performed.result.der).decode(),
        fingerprint=performed.result.fingerprint,
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
