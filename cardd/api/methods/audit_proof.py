"""`audit.proof`: a thin handler; what happens stands in `cardd.auditing`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import audit_proof as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    proof, taken = await use_cases.auditing.proofs.proof(call, params.sequence, params.record_hash, params.log_id)
    return words.Result(
        log_id=proof.log_id,
        sequence=proof.sequence,
        record_hash=proof.record_hash,
        record=base64.b64encode(proof.record).decode("ascii"),
        leaf=proof.leaf.hex(),
        index=proof.index,
        inclusion=tuple(each.hex() for each in proof.inclusion),
        head=proof.head.encode().decode("utf-8"),
        receipt=receipt(taken),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
