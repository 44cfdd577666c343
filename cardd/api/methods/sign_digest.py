"""`sign.digest`: a thin handler; what happens stands in `cardd.signing`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.use_cases import UseCases
from cardd.api.words import document, moment, receipt
from cardd.model import CardHandle, KeyRole
from cardd.ports import Call
from cardd.signing.order import SignOrder
from cardd.wire.methods import sign_digest as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    order = SignOrder(
        card=CardHandle(params.card),
        purpose=params.purpose,
        case=params.case,
        key=KeyRole(params.key),
        hash_name=params.hash,
        digests=tuple(base64.b64decode(digest) for digest in params.digests_base64),
        signature_format=params.signature_format,
        fingerprint=params.fingerprint,
        idempotency_key=params.idempotency_key,
        approval=params.approval,
        grant=params.grant,
        document=document(params.document) if params.document is not None else None,
    )
    answer = await use_cases.signing.sign(call, order)
    signed = answer.performed.result
    return words.Result(
        signatures_base64=tuple(base64.b64encode(signature).decode() for signature in signed.signatures),
        certificate_base64=base64.b64encode(signed.certificate).decode(),
        fingerprint=signed.fingerprint,
        repeated=answer.repeated,
        grant=_left(use_cases, params.grant),
        receipt=receipt(answer.performed.receipt),
    )


def _left(use_cases: UseCases, grant_id: str | None) -> words.GrantLeft | None:
    """What is left of the grant; of one that has just ended, nothing."""
    grant = use_cases.grants.find(grant_id) if grant_id is not None else None
    if grant is None:
        return None
    return words.GrantLeft(grant=grant.id, remaining=grant.remaining, ends_at=moment(grant.ends_us))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
