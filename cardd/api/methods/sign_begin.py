"""`sign.begin`: a thin handler; what happens stands in `cardd.signing.begun`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import document, moment, receipt
from cardd.model import CardHandle, KeyRole
from cardd.ports import Call
from cardd.signing.order import BeginOrder
from cardd.wire.methods import sign_begin as words


async def handle(services: Services, connection: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    order = BeginOrder(
        card=CardHandle(params.card),
        purpose=params.purpose,
        case=params.case,
        key=KeyRole(params.key),
        hash_name=params.hash,
        document=document(params.document),
        fingerprint=params.fingerprint,
        approval=params.approval,
    )
    performed = await use_cases.begun.begin(call, order, connection.gone)
    begun = performed.result
    return words.Result(
        begun=begun.id,
        certificate_base64=base64.b64encode(begun.certificate).decode(),
        fingerprint=begun.fingerprint,
        ends_at=moment(begun.ends_us),
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
