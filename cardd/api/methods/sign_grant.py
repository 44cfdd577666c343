"""`sign.grant`: a thin handler; what happens stands in `cardd.signing.grants`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.model import CardHandle, KeyRole
from cardd.ports import Call
from cardd.signing.order import GrantOrder
from cardd.wire.methods import sign_grant as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    order = GrantOrder(
        card=CardHandle(params.card),
        purpose=params.purpose,
        case=params.case,
        key=KeyRole(params.key),
        hash_name=params.hash,
        count=params.count,
        seconds=params.seconds,
        digests=tuple(base64.b64decode(digest) for digest in params.digests_base64),
        approval=params.approval,
    )
    performed = await use_cases.grants.give(call, order)
    grant = performed.result
    return words.Result(
        grant=grant.id,
        remaining=grant.remaining,
        ends_at=moment(grant.ends_us),
        certificate_base64=base64.b64encode(grant.certificate).decode(),
        fingerprint=grant.fingerprint,
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
