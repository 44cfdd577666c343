"""`card.token_info`: a thin handler; what happens stands in `cardd.reading`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt, target
from cardd.ports import Call
from cardd.wire.methods import card_token_info as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.reading.token_info(call, target(params))
    kind, token = performed.result
    return words.Result(
        kind=kind.value,
        label=token.label,
        manufacturer=token.manufacturer,
        model=token.model,
        has_signature_certificate=token.has_signature_certificate,
        has_authentication_certificate=token.has_authentication_certificate,
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
