"""`sign.finish`: a thin handler; what happens stands in `cardd.signing.begun`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.signing.order import FinishOrder
from cardd.wire.methods import sign_finish as words


async def handle(services: Services, connection: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    order = FinishOrder(
        params.begun, base64.b64decode(params.digest_base64), params.signature_format, params.idempotency_key
    )
    answer = await use_cases.begun.finish(call, order, connection.gone)
    signed = answer.performed.result
    return words.Result(
        signature_base64=base64.b64encode(signed.signatures[0]).decode(),
        certificate_base64=base64.b64encode(signed.certificate).decode(),
        fingerprint=signed.fingerprint,
        repeated=answer.repeated,
        receipt=receipt(answer.performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
